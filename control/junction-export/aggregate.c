// SPDX-License-Identifier: BSD-3-Clause
#include "aggregate.h"

#include <errno.h>

#include "aggregate_flow.h"
#include "log.h"
#include "redo.h"

static uint64_t
ordinal_of(const struct state_region *region, uint64_t boot) {
    for (uint64_t i = 0; i < STATE_BOOTS && i < region->last_ordinal; i++)
        if (region->boots[(region->last_ordinal - i) % STATE_BOOTS] == boot)
            return region->last_ordinal - i;
    return 0;
}

static struct state_key
key_of(const struct state_region *region, const struct jn_record *record) {
    return (struct state_key){ordinal_of(region, record->boot), record->interval};
}

static void
learn_boot(struct aggregator *a, uint64_t boot) {
    struct state_region *region = a->state.region;
    struct redo redo = redo_begin(&a->state);
    redo_put(&redo, &region->boots[(region->last_ordinal + 1) % STATE_BOOTS], boot);
    redo_put(&redo, &region->last_ordinal, region->last_ordinal + 1);
    redo_commit(&redo);
}

int
aggregate_open(struct aggregator *a, const char *instance, uint64_t flow_capacity, char err[JN_ERR_MAX]) {
    *a = (struct aggregator){0};
    return state_open(&a->state, instance, flow_capacity, err);
}

static void
attach_ring(struct aggregator *a, struct state_ring *ring, uint64_t aggregated, bool anew) {
    static const struct state_key none;
    struct redo redo = redo_begin(&a->state);
    redo_put(&redo, &ring->aggregated, aggregated);
    if (anew) {
        redo_put(&redo, &ring->next_sequence, UINT64_MAX);
        redo_put(&redo, &ring->ended, 0);
        redo_put_key(&redo, &ring->key, &none);
        redo_put_key(&redo, &ring->former, &none);
    }
    redo_commit(&redo);
}

bool
aggregate_attach(struct aggregator *a, uint64_t records_boot, unsigned int workers, const uint64_t *tails,
                 const uint64_t *heads) {
    struct state_region *region = a->state.region;
    bool anew = region->records_boot != records_boot;
    if (anew && aggregate_in_use(a) != 0)
        return false;
    a->workers = workers;
    for (unsigned int w = 0; w < workers; w++) {
        struct state_ring *ring = &region->rings[w];
        bool inside = ring->aggregated - tails[w] <= heads[w] - tails[w];
        if (!anew && !inside)
            jn_log(JN_LOG_WARNING, "ring of worker %u: was read up to %lu, holds %lu to %lu: read from its start again",
                   w, (unsigned long)ring->aggregated, (unsigned long)tails[w], (unsigned long)heads[w]);
        if (anew || !inside)
            attach_ring(a, ring, tails[w], anew);
    }
    struct redo redo = redo_begin(&a->state);
    redo_put(&redo, &region->records_boot, records_boot);
    redo_put(&redo, &region->workers, workers);
    redo_commit(&redo);
    return true;
}

unsigned int
aggregate_in_use(const struct aggregator *a) {
    unsigned int mask = 0;
    for (unsigned int i = 0; i < STATE_INTERVALS; i++)
        mask |= a->state.region->intervals[i].use != STATE_FREE ? 1u << i : 0;
    return mask;
}

static int
find_interval(const struct state_region *region, const struct state_key *key) {
    for (unsigned int i = 0; i < STATE_INTERVALS; i++)
        if (region->intervals[i].use != STATE_FREE && state_key_equal(&region->intervals[i].key, key))
            return (int)i;
    return -1;
}

int
aggregate_find(const struct aggregator *a, const struct jn_record *record) {
    struct state_key key = key_of(a->state.region, record);
    return find_interval(a->state.region, &key);
}

// Every worker's bit, of the records region that the rings speak of.
static uint64_t
everyone(const struct aggregator *a) {
    uint64_t workers = a->state.region->workers;
    return workers == 0 || workers > JN_MAX_WORKERS ? UINT64_MAX : (UINT64_C(1) << workers) - 1;
}

// Has the worker ended its stream in the boot of this interval, or a later one?
static bool
has_ended_stream(const struct state_ring *ring, const struct state_key *key) {
    return ring->ended != 0 && ring->ended >= key->ordinal;
}

// Will a ring that has come to `now`, from `former`, have nothing more of this interval? A worker closes the interval that it
// was in while it writes of the next, and need not have written of that one before: only what is before `former` has ended.
static bool
is_past(const struct state_key *key, const struct state_key *now, const struct state_key *former) {
    return key->ordinal < now->ordinal || state_key_before(key, former);
}

// Workers that will write nothing more of this interval. cut: one of them was killed before it said so.
static uint64_t
past_workers(const struct aggregator *a, const struct state_key *key, bool *cut) {
    uint64_t mask = 0;
    *cut = false;
    for (unsigned int w = 0; w < a->workers; w++) {
        const struct state_ring *ring = &a->state.region->rings[w];
        bool ended = has_ended_stream(ring, key);
        mask |= ended || is_past(key, &ring->key, &ring->former) ? UINT64_C(1) << w : 0;
        *cut |= !ended && ring->key.ordinal > key->ordinal;
    }
    return mask;
}

// A place for one more interval, or -1. A worker that has come far must leave two to one that is behind: that one may still
// need an interval which nobody else has, and the one before it; else both would wait for each other. none: there is no
// place, and every interval that is open is a later one: none will be closed before this one.
static int
find_place(const struct state_region *region, const struct state_key *key, bool *none) {
    unsigned int free_places = 0, earlier = 0;
    int place = -1;
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        const struct state_interval *interval = &region->intervals[i];
        if (interval->use == STATE_FREE) {
            place = place < 0 ? (int)i : place;
            free_places++;
        } else
            earlier += state_key_before(&interval->key, key);
    }
    *none = free_places == 0 && earlier == 0;
    return earlier < 2 || free_places > 2 ? place : -1;
}

static int
open_interval(struct aggregator *a, const struct state_key *key, const struct jn_record *record, bool *none) {
    int interval_idx = find_place(a->state.region, key, none);
    if (interval_idx < 0)
        return -EAGAIN;
    bool cut;
    uint64_t past = past_workers(a, key, &cut);
    struct state_interval *interval = &a->state.region->intervals[interval_idx];
    struct redo redo = redo_begin(&a->state);
    redo_put_key(&redo, &interval->key, key);
    redo_put(&redo, &interval->boot, record->boot);
    redo_put(&redo, &interval->start, record->interval_start);
    redo_put(&redo, &interval->end, record->interval_end);
    redo_put(&redo, &interval->marks, record->marks | (cut ? JN_INTERVAL_CUT : 0));
    redo_put(&redo, &interval->ended, past);
    redo_put(&redo, &interval->lost, 0);
    redo_put(&redo, &interval->vpg_count, 0);
    redo_put(&redo, &interval->flow_count, 0);
    redo_put(&redo, &interval->vpgs_beyond, 0);
    redo_put(&redo, &interval->use, STATE_OPEN);
    redo_commit(&redo);
    return interval_idx;
}

// This worker writes nothing more of the interval. When it is of a former boot, whose stream has no end, it was killed in it.
static void
end_for(struct redo *redo, struct state_interval *interval, const struct state_ring *ring, unsigned int number,
        bool of_former_boot) {
    uint64_t bit = UINT64_C(1) << number;
    if (of_former_boot && !(interval->ended & bit) && !has_ended_stream(ring, &interval->key))
        redo_put(redo, &interval->marks, interval->marks | JN_INTERVAL_CUT);
    redo_put(redo, &interval->ended, interval->ended | bit);
}

// The ring has come to a later interval. What is missing before may be of those that it leaves.
static void
move_ring(struct aggregator *a, unsigned int ring, const struct state_key *key, const struct jn_record *record) {
    struct state_region *region = a->state.region;
    struct state_key former = region->rings[ring].key;
    uint64_t gap = aggregate_gap(&region->rings[ring], record->sequence);
    struct redo redo = redo_begin(&a->state);
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &region->intervals[i];
        if (interval->use != STATE_OPEN || !is_past(&interval->key, key, &former))
            continue;
        if (gap != 0 && !(interval->ended >> ring & 1))
            redo_put(&redo, &interval->lost, interval->lost + gap);
        end_for(&redo, interval, &region->rings[ring], ring, interval->key.ordinal < key->ordinal);
    }
    redo_put_key(&redo, &region->rings[ring].former, &former);
    redo_put_key(&redo, &region->rings[ring].key, key);
    redo_commit(&redo);
}

static void
take_counters(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record,
              int interval_idx) {
    struct state_interval *interval = &a->state.region->intervals[interval_idx];
    struct state_vpg *vpg = aggregate_vpg(&a->state, (unsigned int)interval_idx, record->vpg_id, NULL);
    struct redo redo = redo_begin(&a->state);
    for (unsigned int i = 0; vpg != NULL && i < JN_VPG_COUNTER_COUNT - 1; i++)
        redo_put(&redo, &vpg->counters[i], vpg->counters[i] + record->counters[i]);
    uint64_t *largest = vpg != NULL ? &vpg->counters[JN_VPG_COUNTER_COUNT - 1] : NULL; // size_max, the list's last
    if (largest != NULL && record->counters[JN_VPG_COUNTER_COUNT - 1] > *largest)
        redo_put(&redo, largest, record->counters[JN_VPG_COUNTER_COUNT - 1]);
    if (vpg == NULL)
        redo_put(&redo, &interval->vpgs_beyond, interval->vpgs_beyond + 1);
    aggregate_advance(&redo, a->state.region, ring, position, record, interval_idx);
    redo_commit(&redo);
}

static void
take_last(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record,
          int interval_idx) {
    struct state_vpg *vpg = aggregate_vpg(&a->state, (unsigned int)interval_idx, record->vpg_id, NULL);
    struct redo redo = redo_begin(&a->state);
    if (vpg != NULL && record->last_ns > vpg->last_ns)
        redo_put(&redo, &vpg->last_ns, record->last_ns);
    aggregate_advance(&redo, a->state.region, ring, position, record, interval_idx);
    redo_commit(&redo);
}

// What the worker left before it began the interval that ends here has ended too.
static void
end_earlier(struct redo *redo, struct state_region *region, unsigned int ring, const struct state_key *key) {
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &region->intervals[i];
        if (interval->use == STATE_OPEN && state_key_before(&interval->key, key))
            end_for(redo, interval, &region->rings[ring], ring, interval->key.ordinal < key->ordinal);
    }
    if (state_key_before(&region->rings[ring].former, key))
        redo_put_key(redo, &region->rings[ring].former, key);
}

static void
take_interval_end(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record,
                  int interval_idx) {
    struct state_interval *interval = &a->state.region->intervals[interval_idx];
    struct redo redo = redo_begin(&a->state);
    end_earlier(&redo, a->state.region, ring, &interval->key);
    redo_put(&redo, &interval->ended, interval->ended | UINT64_C(1) << ring);
    redo_put(&redo, &interval->start, record->interval_start); // as it came to be, not as it was planned
    redo_put(&redo, &interval->end, record->interval_end);
    redo_put(&redo, &interval->marks, interval->marks | record->marks);
    aggregate_advance(&redo, a->state.region, ring, position, record, interval_idx);
    redo_commit(&redo);
}

// A worker that was held up has no place, and others wait for it. What it was in last, or just before, is left open.
static int
give_up_places(struct aggregator *a, unsigned int ring, const struct state_key *key) {
    struct state_region *region = a->state.region;
    struct redo redo = redo_begin(&a->state);
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &region->intervals[i];
        if (interval->use == STATE_OPEN && !(interval->ended >> ring & 1) && state_key_before(&interval->key, key) &&
            !state_key_equal(&interval->key, &region->rings[ring].former) && interval->key.number + 1 != key->number)
            end_for(&redo, interval, &region->rings[ring], ring, interval->key.ordinal < key->ordinal);
    }
    redo_commit(&redo);
    return -EAGAIN;
}

static void
take_end_of_stream(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record) {
    struct state_region *region = a->state.region;
    uint64_t ordinal = ordinal_of(region, record->boot);
    struct redo redo = redo_begin(&a->state);
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &region->intervals[i];
        if (interval->use == STATE_OPEN && interval->key.ordinal <= ordinal)
            end_for(&redo, interval, &region->rings[ring], ring, interval->key.ordinal < ordinal);
    }
    redo_put(&redo, &region->rings[ring].key.ordinal, ordinal);
    redo_put(&redo, &region->rings[ring].ended, ordinal);
    aggregate_advance(&redo, region, ring, position, record, -1);
    redo_commit(&redo);
}

static void
take_late(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record) {
    static struct jn_log_limit limit;
    if (record->type != JN_RECORD_INTERVAL_END) {
        a->late++;
        jn_log_limited(&limit, 1, JN_LOG_WARNING,
                       "worker %u: record %lu belongs to an interval whose summary was made already: in no summary",
                       ring, (unsigned long)record->sequence);
    }
    struct redo redo = redo_begin(&a->state);
    aggregate_advance(&redo, a->state.region, ring, position, record, -1);
    redo_commit(&redo);
}

int
aggregate_record(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record) {
    struct state_region *region = a->state.region;
    if (position < region->rings[ring].aggregated)
        return 0;
    if (ordinal_of(region, record->boot) == 0)
        learn_boot(a, record->boot);
    if (record->type == JN_RECORD_END_OF_STREAM) {
        take_end_of_stream(a, ring, position, record);
        return 0;
    }
    struct state_key key = key_of(region, record);
    int interval_idx = find_interval(region, &key);
    bool late = interval_idx < 0 ? !state_key_before(&region->last_closed, &key)
                                 : region->intervals[interval_idx].use != STATE_OPEN;
    if (state_key_before(&region->rings[ring].key, &key)) // before it waits for a place: others may wait for this one
        move_ring(a, ring, &key, record);
    if (interval_idx < 0 && !late && (interval_idx = open_interval(a, &key, record, &late)) < 0 && !late)
        return give_up_places(a, ring, &key);
    if (late) {
        take_late(a, ring, position, record);
    } else if (record->type == JN_RECORD_FLOW)
        aggregate_flow(a, ring, position, record, (unsigned int)interval_idx);
    else if (record->type == JN_RECORD_VPG_INTERVAL)
        take_counters(a, ring, position, record, interval_idx);
    else if (record->type == JN_RECORD_VPG_LAST)
        take_last(a, ring, position, record, interval_idx);
    else
        take_interval_end(a, ring, position, record, interval_idx);
    return 0;
}

void
aggregate_skip(struct aggregator *a, unsigned int ring, uint64_t position) {
    if (position < a->state.region->rings[ring].aggregated)
        return;
    struct redo redo = redo_begin(&a->state);
    redo_put(&redo, &a->state.region->rings[ring].aggregated, position + 1);
    redo_commit(&redo);
}

bool
aggregate_all_ended(const struct aggregator *a) {
    for (unsigned int w = 0; w < a->workers; w++)
        if (a->state.region->rings[w].ended == 0 ||
            a->state.region->rings[w].ended != a->state.region->rings[w].key.ordinal)
            return false;
    return true;
}

void
aggregate_end_all(struct aggregator *a) {
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &a->state.region->intervals[i];
        bool cut = interval->use == STATE_OPEN && (interval->ended & everyone(a)) != everyone(a);
        struct redo redo = redo_begin(&a->state);
        redo_put(&redo, &interval->marks, interval->marks | (cut ? JN_INTERVAL_CUT : 0));
        redo_put(&redo, &interval->ended, UINT64_MAX);
        redo_commit(&redo);
    }
}

int
aggregate_complete(struct aggregator *a) {
    struct state_interval *oldest = NULL;
    uint64_t all = a->workers == 0 ? UINT64_MAX : everyone(a);
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &a->state.region->intervals[i];
        if (interval->use != STATE_FREE && (oldest == NULL || state_key_before(&interval->key, &oldest->key)))
            oldest = interval;
    }
    if (oldest == NULL || (oldest->use == STATE_OPEN && (oldest->ended & all) != all))
        return -1;
    struct redo redo = redo_begin(&a->state);
    redo_put(&redo, &oldest->use, STATE_COMPLETE);
    redo_commit(&redo);
    return (int)(oldest - a->state.region->intervals);
}

void
aggregate_close_interval(struct aggregator *a, unsigned int number) {
    struct state_interval *interval = &a->state.region->intervals[number];
    struct redo redo = redo_begin(&a->state);
    redo_put_key(&redo, &a->state.region->last_closed, &interval->key);
    redo_put(&redo, &interval->use, STATE_CLEARING);
    redo_commit(&redo);
    state_clear(&a->state, number);
}

void
aggregate_close(struct aggregator *a, bool remove) {
    state_close(&a->state, remove);
}
