// SPDX-License-Identifier: BSD-3-Clause
#include "flow/sweep.h"

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/fragment_orphan.h"
#include "flow/unreported.h"
#include "flow/vpg_count.h"
#include "policy/ruleset.h"

enum { FRAGMENTS_A_ROUND = 64, VPGS_A_ROUND = 32 };
#define LEAVING_NS UINT64_C(1000000000)

static void
begin(struct jn_worker *worker, bool closes) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    sweep->part = JN_SWEEP_FRAGMENTS;
    sweep->cursor = 0;
    sweep->closes = closes;
    sweep->since_ns = worker->steady_ns;
}

static void
end(struct jn_worker *worker) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    if (sweep->closes)
        jn_record_write_interval_end(worker);
    sweep->part = JN_SWEEP_NONE;
    jn_unreported_note_intervals(worker->flow);
    if (sweep->again)
        begin(worker, false);
    else if (worker->rules != NULL)
        __atomic_store_n(&sweep->done, worker->rules->policy->generation, __ATOMIC_RELEASE);
    sweep->again = false;
}

void
jn_sweep_close_interval(struct jn_worker *worker) {
    begin(worker, true);
}

void
jn_sweep_take_rules(struct jn_worker *worker) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    if (sweep->part != JN_SWEEP_NONE)
        sweep->again |= worker->rules->departed;
    else if (worker->rules->departed)
        begin(worker, false);
    else
        __atomic_store_n(&sweep->done, worker->rules->policy->generation, __ATOMIC_RELEASE);
}

// Has it waited long enough for room? It may wait as long as nothing waits for it: the next boundary, or a policy.
static bool
is_overdue(const struct jn_worker *worker) {
    const struct jn_interval *interval = &worker->flow->interval;
    const struct jn_sweep *sweep = &worker->flow->sweep;
    bool long_ago = worker->steady_ns - sweep->since_ns >= LEAVING_NS;
    bool boundary = worker->now_ns >= interval->current.end;
    bool policy = __atomic_load_n(&sweep->awaited, __ATOMIC_RELAXED);
    return sweep->at_once || (boundary && (sweep->closes || long_ago)) || (policy && long_ago);
}

// The part is finished: true.
static bool
sweep_fragments(struct jn_worker *worker, bool overdue) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    struct jn_fragment_table *table = &worker->flow->fragments;
    uint32_t total = table->pending == 0 ? 0 : table->bucket_count * JN_FRAGMENT_WAYS;
    uint32_t most = sweep->at_once ? UINT32_MAX : FRAGMENTS_A_ROUND;
    for (; most > 0 && sweep->cursor < total; most--, sweep->cursor++) {
        if (!overdue && !jn_record_has_room(worker))
            return false;
        jn_orphan_sweep(worker, sweep->cursor);
    }
    return sweep->cursor >= total;
}

static void
sweep_flow(struct jn_worker *worker, uint32_t flow_idx) {
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    if (jn_flow_is_free(entry))
        return;
    if (jn_ruleset_has_left(worker->rules, jn_flow_vpg(entry), entry->current.generation))
        jn_flow_end(worker, flow_idx, JN_END_FORCED);
    else if (entry->current.interval != worker->flow->interval.number)
        // What this reports starts its new delta with its next packet, which finds the old number and sets it.
        jn_record_write_flow(worker, entry, JN_END_ACTIVE);
}

static bool
sweep_flows(struct jn_worker *worker, bool overdue) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    uint32_t total = worker->flow->table.header->high_water;
    bool late =
        overdue || (worker->now_ns - worker->flow->interval.current.start) * 2 > worker->flow->interval.length_ns;
    uint32_t share = jn_flows_a_round(worker) / 2; // the other half is for flows that linger or are idle
    uint32_t most = late || sweep->left < share ? sweep->left : share;
    for (; most > 0 && sweep->cursor < total; most--, sweep->cursor++) {
        if (!overdue && !jn_record_has_room(worker))
            return false;
        sweep_flow(worker, sweep->cursor);
        sweep->left--;
    }
    return sweep->cursor >= total;
}

static bool
sweep_vpgs(struct jn_worker *worker, bool overdue) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    uint32_t most = sweep->at_once ? UINT32_MAX : VPGS_A_ROUND;
    for (; most > 0 && sweep->cursor < worker->flow->vpg_used; most--, sweep->cursor++) {
        if (!overdue && !jn_record_has_room(worker))
            return false;
        jn_vpg_counters(worker, (uint16_t)sweep->cursor);
        jn_vpg_write(worker, (uint16_t)sweep->cursor);
    }
    return sweep->cursor >= worker->flow->vpg_used;
}

void
jn_sweep_run(struct jn_worker *worker) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    bool overdue = is_overdue(worker), finished = false;
    uint32_t cursor = sweep->cursor;
    sweep->moves = false;
    switch (sweep->part) {
    case JN_SWEEP_NONE: return;
    case JN_SWEEP_FRAGMENTS: finished = sweep_fragments(worker, overdue); break;
    case JN_SWEEP_FLOWS: finished = sweep_flows(worker, overdue); break;
    case JN_SWEEP_VPGS: finished = sweep_vpgs(worker, overdue); break;
    }
    sweep->moves = finished || sweep->cursor != cursor;
    if (!finished)
        return;
    sweep->cursor = 0;
    if (sweep->part++ == JN_SWEEP_VPGS)
        end(worker);
}

void
jn_sweep_finish(struct jn_worker *worker) {
    struct jn_sweep *sweep = &worker->flow->sweep;
    bool at_once = sweep->at_once;
    sweep->at_once = true;
    while (sweep->part != JN_SWEEP_NONE) {
        sweep->left = UINT32_MAX;
        jn_sweep_run(worker);
    }
    sweep->at_once = at_once;
}
