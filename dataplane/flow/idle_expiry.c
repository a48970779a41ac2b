// SPDX-License-Identifier: BSD-3-Clause
#include "flow/idle_expiry.h"

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/tcp_close.h"
#include "policy/ruleset.h"

#define SWEEP_NS         UINT64_C(2000000000)
#define LONGEST_DELTA_NS (UINT64_C(1) << 46) // less than an entry's delta_start can tell
#define FAR_BEHIND       0x4000u
#define AHEAD            8u // entries, which take a cache miss each to look at

// How many entries are due since the last round, in parts of 2^-32: the sweep keeps its pace whatever the load.
static uint32_t
entries_due(struct jn_worker *worker) {
    uint64_t elapsed = worker->now_ns - worker->flow->expire_ns;
    worker->flow->expire_ns = worker->now_ns;
    if (elapsed > SWEEP_NS / 64)
        elapsed = SWEEP_NS / 64;
    worker->flow->expire_credit +=
        elapsed * ((((uint64_t)worker->flow->table.header->high_water + 64) << 16) / (SWEEP_NS >> 16));
    uint64_t due = worker->flow->expire_credit >> 32;
    worker->flow->expire_credit &= UINT32_MAX;
    return due > worker->flow->sweep.left ? worker->flow->sweep.left : (uint32_t)due;
}

// Has its delta to end before one of its fields wraps? Only without intervals can it last for too long.
static bool
nearly_full(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    return (entry->packets[0] | entry->packets[1]) >> 31 ||
           (worker->flow->interval.length_ns == 0 && entry->last_ns - jn_flow_delta_start(entry) > LONGEST_DELTA_NS);
}

// A silent flow's generation must not come to look like a much later one with the same low bits.
static void
keep_behind(const struct jn_worker *worker, struct jn_flow_entry *entry) {
    uint16_t generation = worker->rules->generation;
    if ((uint16_t)(generation - entry->current.generation) > FAR_BEHIND)
        jn_store(&entry->current.generation, (uint16_t)(generation - FAR_BEHIND));
}

// While the record ring is short of room an idle flow may stay, for as long again.
static bool
may_end(struct jn_worker *worker, uint64_t idle_ns) {
    return worker->flow->sweep.at_once || jn_record_has_room(worker) || idle_ns / 2 >= worker->flow->idle_timeout_ns;
}

static void
look_at(struct jn_worker *worker, uint32_t flow_idx) {
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    if (jn_flow_is_free(entry))
        return;
    uint64_t idle_ns = worker->now_ns - entry->last_ns, timeout_ns = worker->flow->idle_timeout_ns;
    if (idle_ns >= timeout_ns && !may_end(worker, idle_ns))
        return;
    if (idle_ns >= timeout_ns) {
        jn_flow_end(worker, flow_idx, jn_tcp_is_closed(entry) ? JN_END_DETECTED : JN_END_IDLE);
        return;
    }
    keep_behind(worker, entry);
    if (nearly_full(worker, entry)) {
        // The next packet starts a new delta as at a new interval.
        jn_record_write_flow(worker, entry, JN_END_ACTIVE);
        jn_store(&entry->current.interval, (uint16_t)(worker->flow->interval.number - 1));
    }
}

// A little later look_at comes to it.
static void
look_ahead(const struct jn_worker *worker, uint32_t flow_idx) {
    const struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    if (!jn_flow_is_free(entry) && worker->now_ns - entry->last_ns >= worker->flow->idle_timeout_ns)
        jn_flow_table_prefetch(&worker->flow->table, flow_idx);
}

void
jn_flow_expire(struct jn_worker *worker) {
    uint32_t high_water = worker->flow->table.header->high_water;
    jn_tcp_end_lingering(worker);
    if (high_water == 0)
        return;
    for (uint32_t due = entries_due(worker); due > 0; due--, worker->flow->sweep.left--) {
        if (worker->flow->expire_cursor >= high_water)
            worker->flow->expire_cursor = 0;
        if (worker->flow->expire_cursor + AHEAD < high_water)
            look_ahead(worker, worker->flow->expire_cursor + AHEAD);
        look_at(worker, worker->flow->expire_cursor++);
    }
}
