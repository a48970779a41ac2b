// SPDX-License-Identifier: BSD-3-Clause
#include "aggregate.h"

#include <errno.h>
#include <time.h>

#include "aggregate_flow.h"
#include "log.h"
#include "redo.h"

static bool
key_before(const struct state_key *a, const struct state_key *b) {
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal;
    return a->start != b->start ? a->start < b->start : a->end < b->end;
}

static bool
key_equal(const struct state_key *a, const struct state_key *b) {
    return a->ordinal == b->ordinal && a->start == b->start && a->end == b->end;
}

static uint64_t
ordinal_of(const struct state_region *region, uint64_t boot) {
    for (uint64_t i = 0; i < STATE_BOOTS && i < region->last_ordinal; i++)
        if (region->boots[(region->last_ordinal - i) % STATE_BOOTS] == boot)
            return region->last_ordinal - i;
    return 0;
}

static struct state_key
key_of(const struct state_region *region, const struct jn_record *record) {
    return (struct state_key){ordinal_of(region, record->boot), record->interval_start, record->interval_end};
}

static void
put_key(struct redo *redo, struct state_key *field, const struct state_key *key) {
    redo_put(redo, &field->ordinal, key->ordinal);
    redo_put(redo, &field->start, key->start);
    redo_put(redo, &field->end, key->end);
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
        put_key(&redo, &ring->key, &none);
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
        if (region->intervals[i].use != STATE_FREE && key_equal(&region->intervals[i].key, key))
            return (int)i;
    return -1;
}

int
aggregate_find(const struct aggregator *a, const struct jn_record *record) {
    struct state_key key = key_of(a->state.region, record);
    return find_interval(a->state.region, &key);
}

// Workers that will write nothing more of this interval: of a later boot, or at the end of their stream.
static uint64_t
past_workers(const struct aggregator *a, const struct state_key *key) {
    uint64_t mask = 0;
    for (unsigned int w = 0; w < a->workers; w++) {
        const struct state_ring *ring = &a->state.region->rings[w];
        bool past = ring->key.ordinal > key->ordinal || (ring->ended && ring->key.ordinal >= key->ordinal);
        mask |= past ? UINT64_C(1) << w : 0;
    }
    return mask;
}

static int
open_interval(struct aggregator *a, const struct state_key *key, uint64_t boot) {
    int interval_idx = -1;
    for (unsigned int i = 0; i < STATE_INTERVALS && interval_idx < 0; i++)
        if (a->state.region->intervals[i].use == STATE_FREE)
            interval_idx = (int)i;
    if (interval_idx < 0)
        return -EAGAIN;
    struct state_interval *interval = &a->state.region->intervals[interval_idx];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct redo redo = redo_begin(&a->state);
    put_key(&redo, &interval->key, key);
    redo_put(&redo, &interval->boot, boot);
    redo_put(&redo, &interval->ended, past_workers(a, key));
    redo_put(&redo, &interval->opened_ns, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
    redo_put(&redo, &interval->lost, 0);
    redo_put(&redo, &interval->vpg_count, 0);
    redo_put(&redo, &interval->flow_count, 0);
    redo_put(&redo, &interval->vpgs_beyond, 0);
    redo_put(&redo, &interval->use, STATE_OPEN);
    redo_commit(&redo);
    return interval_idx;
}

// The ring has come to a later interval. Of the one it was in, records and the end may still follow, while the worker
// closes it; those before have ended, said so or not (a dataplane that was killed, or an INTERVAL_END that was lost).
static void
move_ring(struct aggregator *a, unsigned int ring, const struct state_key *key) {
    struct state_region *region = a->state.region;
    struct state_key former = region->rings[ring].key;
    struct redo redo = redo_begin(&a->state);
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &region->intervals[i];
        bool ended = interval->key.ordinal < key->ordinal || key_before(&interval->key, &former);
        if (interval->use == STATE_OPEN && ended)
            redo_put(&redo, &interval->ended, interval->ended | UINT64_C(1) << ring);
    }
    put_key(&redo, &region->rings[ring].key, key);
    redo_put(&redo, &region->rings[ring].ended, 0);
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
    redo_put(&redo, &interval->lost, interval->lost + aggregate_gap(&a->state.region->rings[ring], record->sequence));
    aggregate_advance(&redo, &a->state.region->rings[ring], position, record);
    redo_commit(&redo);
}

static void
take_last(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record,
          int interval_idx) {
    struct state_interval *interval = &a->state.region->intervals[interval_idx];
    struct state_vpg *vpg = aggregate_vpg(&a->state, (unsigned int)interval_idx, record->vpg_id, NULL);
    struct redo redo = redo_begin(&a->state);
    if (vpg != NULL && record->last_ns > vpg->last_ns)
        redo_put(&redo, &vpg->last_ns, record->last_ns);
    redo_put(&redo, &interval->lost, interval->lost + aggregate_gap(&a->state.region->rings[ring], record->sequence));
    aggregate_advance(&redo, &a->state.region->rings[ring], position, record);
    redo_commit(&redo);
}

static void
take_interval_end(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record,
                  int interval_idx) {
    struct state_interval *interval = &a->state.region->intervals[interval_idx];
    struct redo redo = redo_begin(&a->state);
    redo_put(&redo, &interval->ended, interval->ended | UINT64_C(1) << ring);
    redo_put(&redo, &interval->lost, interval->lost + aggregate_gap(&a->state.region->rings[ring], record->sequence));
    aggregate_advance(&redo, &a->state.region->rings[ring], position, record);
    redo_commit(&redo);
}

static void
take_end_of_stream(struct aggregator *a, unsigned int ring, uint64_t position, const struct jn_record *record) {
    struct state_region *region = a->state.region;
    uint64_t ordinal = ordinal_of(region, record->boot);
    struct redo redo = redo_begin(&a->state);
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &region->intervals[i];
        if (interval->use == STATE_OPEN && interval->key.ordinal <= ordinal)
            redo_put(&redo, &interval->ended, interval->ended | UINT64_C(1) << ring);
    }
    redo_put(&redo, &region->rings[ring].key.ordinal, ordinal);
    redo_put(&redo, &region->rings[ring].ended, 1);
    aggregate_advance(&redo, &region->rings[ring], position, record);
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
    aggregate_advance(&redo, &a->state.region->rings[ring], position, record);
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
    bool late =
        interval_idx < 0 ? !key_before(&region->last_closed, &key) : region->intervals[interval_idx].use != STATE_OPEN;
    if (interval_idx < 0 && !late && (interval_idx = open_interval(a, &key, record->boot)) < 0)
        return interval_idx;
    if (key_before(&region->rings[ring].key, &key) || region->rings[ring].ended)
        move_ring(a, ring, &key);
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
        if (!a->state.region->rings[w].ended)
            return false;
    return true;
}

void
aggregate_end_all(struct aggregator *a) {
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &a->state.region->intervals[i];
        struct redo redo = redo_begin(&a->state);
        redo_put(&redo, &interval->ended, UINT64_MAX);
        redo_commit(&redo);
    }
}

int
aggregate_complete(struct aggregator *a) {
    struct state_interval *oldest = NULL;
    uint64_t everyone = a->workers == 0 ? UINT64_MAX : (UINT64_C(1) << a->workers) - 1;
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct state_interval *interval = &a->state.region->intervals[i];
        if (interval->use != STATE_FREE && (oldest == NULL || key_before(&interval->key, &oldest->key)))
            oldest = interval;
    }
    if (oldest == NULL || (oldest->use == STATE_OPEN && (oldest->ended & everyone) != everyone))
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
    put_key(&redo, &a->state.region->last_closed, &interval->key);
    redo_put(&redo, &interval->use, STATE_CLEARING);
    redo_commit(&redo);
    state_clear(&a->state, number);
}

void
aggregate_close(struct aggregator *a, bool remove) {
    state_close(&a->state, remove);
}
