// SPDX-License-Identifier: BSD-3-Clause
#include "aggregate_flow.h"

#include <string.h>

#include "ends.h"
#include "log.h"
#include "redo.h"

static uint64_t
hash_words(uint64_t seed, const uint64_t *words, unsigned int count) {
    uint64_t hash = seed;
    for (unsigned int i = 0; i < count; i++) {
        unsigned __int128 product = (unsigned __int128)(hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    unsigned __int128 last = (unsigned __int128)(hash ^ seed) * UINT64_C(0xd6e8feb86659fd93);
    return (uint64_t)last ^ (uint64_t)(last >> 64);
}

static void
add_vpg(struct state *state, unsigned int interval, uint64_t *bucket, uint64_t hash,
        const uint64_t words[JN_VPG_ID_MAX / 8]) {
    struct state_interval *i = &state->region->intervals[interval];
    struct redo redo = redo_begin(state);
    uint64_t *id = (uint64_t *)(void *)state->tables[interval].vpgs[i->vpg_count].id;
    for (unsigned int w = 0; w < JN_VPG_ID_MAX / 8; w++)
        redo_put(&redo, &id[w], words[w]);
    redo_put(&redo, bucket, hash >> 32 << 32 | (i->vpg_count + 1));
    redo_put(&redo, &i->vpg_count, i->vpg_count + 1);
    redo_commit(&redo);
}

struct state_vpg *
aggregate_vpg(struct state *state, unsigned int interval, const char *id, uint64_t *number) {
    uint64_t words[JN_VPG_ID_MAX / 8] = {0};
    memcpy(words, id, strnlen(id, JN_VPG_ID_MAX - 1)); // what follows the NUL does not count
    uint64_t hash = hash_words(state->region->seed, words, JN_VPG_ID_MAX / 8);
    struct state_interval *i = &state->region->intervals[interval];
    struct state_tables *t = &state->tables[interval];
    for (uint64_t step = 0; step < STATE_VPG_BUCKETS; step++) {
        uint64_t *bucket = &t->vpg_buckets[(hash + step) % STATE_VPG_BUCKETS];
        if (*bucket == 0 && i->vpg_count == JN_MAX_VPGS)
            return NULL;
        if (*bucket == 0)
            add_vpg(state, interval, bucket, hash, words);
        uint64_t at = (*bucket & UINT32_MAX) - 1;
        if (*bucket >> 32 != hash >> 32 || at >= i->vpg_count || memcmp(t->vpgs[at].id, words, sizeof(words)) != 0)
            continue;
        if (number != NULL)
            *number = at;
        return &t->vpgs[at];
    }
    return NULL;
}

enum { INFO_VLAN_SHIFT = 48 };

// The words of an entry from `address` to `ends`, and the VLAN ID as it stands in `info`.
static void
flow_identity(const struct jn_record_flow *flow, uint64_t vpg, uint64_t identity[6]) {
    bool v6 = flow->flags & JN_FLOW_IPV6;
    memset(identity, 0, 4 * sizeof(*identity));
    identity[5] = (uint64_t)flow->vlan_id << INFO_VLAN_SHIFT;
    for (int end = 0; end < 2; end++)
        memcpy(&identity[2 * end], flow->address[end], jn_address_bytes(jn_family(v6)));
    identity[4] = (uint64_t)flow->port[0] | (uint64_t)flow->port[1] << 16 | (uint64_t)flow->protocol << 32 |
                  (uint64_t)v6 << 40 | (uint64_t)((flow->flags & JN_FLOW_ONE_WAY) != 0) << 41 |
                  (uint64_t)((flow->flags & JN_FLOW_NO_PORTS) != 0) << 42 | vpg << 48;
}

// What a flow's entry says of the application and the place in its worker's table, beside what tells flows apart.
static uint64_t
info_of(const struct jn_record *record, const struct application *application, uint64_t flags) {
    return flags | state_application_word(application) | (uint64_t)record->worker << 41 |
           (uint64_t)record->flow.vlan_id << INFO_VLAN_SHIFT;
}

static uint64_t
entry_of(const struct jn_record *record) {
    return (uint64_t)record->flow.version << 32 | record->flow.flow_idx;
}

static void
count_flow(struct redo *redo, struct state_vpg *vpg, const struct application *application) {
    struct state_sum *sum = &vpg->applications[application->number];
    uint64_t *used = &vpg->used[application->number / 64];
    redo_put(redo, &sum->flows, sum->flows + 1);
    redo_put(redo, used, *used | UINT64_C(1) << (application->number % 64));
    redo_put(redo, &vpg->guessed, vpg->guessed + application->guessed);
}

static struct state_flow *
add_flow(struct state *state, unsigned int interval, uint64_t *bucket, uint64_t hash, const uint64_t identity[6],
         const struct jn_record *record, struct state_vpg *vpg) {
    struct state_interval *i = &state->region->intervals[interval];
    struct state_flow *entry = &state->tables[interval].flows[i->flow_count];
    struct application application = protocols_application(&record->flow);
    struct redo redo = redo_begin(state);
    for (unsigned int w = 0; w < 4; w++)
        redo_put(&redo, &entry->address[w], identity[w]);
    redo_put(&redo, &entry->ends, identity[4]);
    redo_put(&redo, &entry->info, info_of(record, &application, record->flow.flags));
    redo_put(&redo, &entry->packets, 0);
    redo_put(&redo, &entry->bytes, 0);
    redo_put(&redo, &entry->entry, entry_of(record));
    redo_put(&redo, &entry->own_packets, 0);
    redo_put(&redo, &entry->own_bytes, 0);
    redo_put(&redo, &entry->own_application, state_application_word(&application));
    redo_put(&redo, bucket, hash >> 32 << 32 | (i->flow_count + 1));
    redo_put(&redo, &i->flow_count, i->flow_count + 1);
    redo_put(&redo, &vpg->flows, vpg->flows + 1);
    count_flow(&redo, vpg, &application);
    redo_commit(&redo);
    return entry;
}

// The flow's entry, made when it has none yet. NULL when there is no room.
static struct state_flow *
find_flow(struct state *state, unsigned int interval, const struct jn_record *record, struct state_vpg *vpg,
          uint64_t vpg_at) {
    const struct jn_record_flow *flow = &record->flow;
    uint64_t identity[6], mask = 2 * state->flow_capacity - 1;
    flow_identity(flow, vpg_at, identity);
    uint64_t hash = hash_words(state->region->seed, identity, 6);
    struct state_interval *i = &state->region->intervals[interval];
    struct state_tables *t = &state->tables[interval];
    for (uint64_t step = 0; step <= mask; step++) {
        uint64_t *bucket = &t->buckets[(hash + step) & mask], number = (*bucket & UINT32_MAX) - 1;
        if (*bucket == 0)
            return i->flow_count < state->flow_capacity ? add_flow(state, interval, bucket, hash, identity, record, vpg)
                                                        : NULL;
        if (*bucket >> 32 == hash >> 32 && number < i->flow_count &&
            memcmp(t->flows[number].address, identity, 5 * sizeof(*identity)) == 0 &&
            state_flow_vlan_id(&t->flows[number]) == flow->vlan_id)
            return &t->flows[number];
    }
    return NULL;
}

static void
say_beyond(struct aggregator *a) {
    static struct jn_log_limit limit;
    a->beyond++;
    jn_log_limited(
        &limit, 1, JN_LOG_WARNING,
        "more than %lu flows in an interval: summaries count the packets and bytes of further ones, but know them "
        "no longer one by one",
        (unsigned long)a->state.flow_capacity);
}

// The gateway alone has sent something, or a copy left late: a packet counts when it comes from the wire, so there is nothing to add.
static void
pass_returned(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record,
              unsigned int interval) {
    struct redo redo = redo_begin(&a->state);
    aggregate_advance(&redo, a->state.region, ring, position, record, (int)interval);
    redo_commit(&redo);
}

static void
add_to_sum(struct redo *redo, struct state_vpg *vpg, uint16_t application, uint64_t packets, uint64_t bytes) {
    struct state_sum *sum = &vpg->applications[application];
    uint64_t *used = &vpg->used[application / 64];
    redo_put(redo, &sum->packets, sum->packets + packets);
    redo_put(redo, &sum->bytes, sum->bytes + bytes);
    redo_put(redo, used, *used | UINT64_C(1) << (application % 64));
}

// The flow of these ends counts as one of the application `to`, which the record's packets are added to.
static void
move_flow(struct redo *redo, struct state_vpg *vpg, const struct application *from, const struct application *to) {
    if (from->guessed != to->guessed)
        redo_put(redo, &vpg->guessed, vpg->guessed + to->guessed - from->guessed);
    if (from->number == to->number)
        return;
    redo_put(redo, &vpg->applications[from->number].flows, vpg->applications[from->number].flows - 1);
    redo_put(redo, &vpg->applications[to->number].flows, vpg->applications[to->number].flows + 1);
}

// What the flow alone has in this interval goes with it to the application that it turned out to be: `counted` was there before.
static void
move_sums(struct redo *redo, struct state_vpg *vpg, const struct state_sum *counted, uint16_t from, uint16_t to,
          const struct state_sum *more) {
    struct state_sum *sum = &vpg->applications[from];
    if (from == to || counted->packets == 0) {
        add_to_sum(redo, vpg, to, more->packets, more->bytes);
        return;
    }
    redo_put(redo, &sum->packets, sum->packets - counted->packets);
    redo_put(redo, &sum->bytes, sum->bytes - counted->bytes);
    add_to_sum(redo, vpg, to, counted->packets + more->packets, counted->bytes + more->bytes);
}

// Whoever writes what a killed dataplane had counted knows the application alone, not what carried it or how it was found.
static bool
says_less(const struct jn_record *record, const struct application *application, const struct application *before) {
    return (record->marks & JN_INTERVAL_SALVAGED) != 0 && application->number == before->number;
}

static bool
was_seen(const struct application *application) {
    return application->number != 0 && !application->guessed;
}

// Is the record of the flow that the latest one was of, and not of another with the same ends? An interval is of one boot.
static bool
is_of_same_flow(const struct state_flow *entry, const struct jn_record *record) {
    return entry->entry == entry_of(record) && state_flow_worker(entry) == record->worker;
}

// The latest record says what its flow's application is, but for a guess after it was seen. What other flows of these ends
// had stays where it is. more: of the record.
static void
update_flow(struct redo *redo, struct state_vpg *vpg, struct state_flow *entry, const struct jn_record *record,
            const struct state_sum *more) {
    struct application shown = state_application(entry->info), before = state_application(entry->own_application),
                       now = protocols_application(&record->flow);
    struct state_sum counted = {0};
    if (is_of_same_flow(entry, record)) {
        counted = (struct state_sum){.packets = entry->own_packets, .bytes = entry->own_bytes};
        if (says_less(record, &now, &before) || (was_seen(&before) && !was_seen(&now)))
            now = before;
    }
    struct application shows = was_seen(&shown) && !was_seen(&now) ? shown : now;
    redo_put(redo, &entry->packets, entry->packets + more->packets);
    redo_put(redo, &entry->bytes, entry->bytes + more->bytes);
    redo_put(redo, &entry->info, info_of(record, &shows, entry->info & UINT16_MAX));
    redo_put(redo, &entry->entry, entry_of(record));
    redo_put(redo, &entry->own_packets, counted.packets + more->packets);
    redo_put(redo, &entry->own_bytes, counted.bytes + more->bytes);
    redo_put(redo, &entry->own_application, state_application_word(&now));
    move_flow(redo, vpg, &shown, &shows);
    move_sums(redo, vpg, &counted, before.number, now.number, more);
}

void
aggregate_flow(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record,
               unsigned int interval) {
    const struct jn_record_flow *flow = &record->flow;
    struct state_interval *i = &a->state.region->intervals[interval];
    uint64_t number = 0, packets = (uint64_t)flow->packets[0] + flow->packets[1],
             bytes = flow->bytes[0] + flow->bytes[1];
    if (packets == 0) {
        pass_returned(a, ring, position, record, interval);
        return;
    }
    struct state_vpg *vpg = aggregate_vpg(&a->state, interval, record->vpg_id, &number);
    struct state_flow *entry = vpg != NULL ? find_flow(&a->state, interval, record, vpg, number) : NULL;
    struct redo redo = redo_begin(&a->state);
    if (entry != NULL) {
        update_flow(&redo, vpg, entry, record, &(struct state_sum){.packets = packets, .bytes = bytes});
    } else if (vpg != NULL) {
        redo_put(&redo, &vpg->flows_beyond, vpg->flows_beyond + 1);
        add_to_sum(&redo, vpg, protocols_application(flow).number, packets, bytes);
        say_beyond(a);
    }
    if (vpg != NULL) {
        redo_put(&redo, &vpg->last_ns, flow->end_ns > vpg->last_ns ? flow->end_ns : vpg->last_ns);
    } else
        redo_put(&redo, &i->vpgs_beyond, i->vpgs_beyond + 1);
    aggregate_advance(&redo, a->state.region, ring, position, record, (int)interval);
    redo_commit(&redo);
}
