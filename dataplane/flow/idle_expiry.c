// SPDX-License-Identifier: BSD-3-Clause
#include "flow/idle_expiry.h"

#include <errno.h>
#include <stdlib.h>

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/tcp_close.h"
#include "policy/ruleset.h"

#define SWEEP_NS         UINT64_C(2000000000)
#define LONGEST_DELTA_NS (UINT64_C(1) << 46) // less than an entry's delta_start can tell
#define FAR_BEHIND       0x4000u
// MOST: of a round. UNSEEN: no group is left alone for longer, in units of time: counters must not wrap.
enum { BESIDES = 64, MOST = 128, UNIT_SHIFT = 20, UNSEEN = 15000 };

static uint32_t
groups_for(uint32_t flows) {
    return (uint32_t)(((uint64_t)flows + JN_EXPIRY_GROUP - 1) / JN_EXPIRY_GROUP);
}

int
jn_expiry_make(struct jn_expiry *expiry, uint32_t capacity) {
    uint32_t room = groups_for(capacity);
    *expiry = (struct jn_expiry){.groups = calloc(room, sizeof(*expiry->groups)), .room = room};
    return expiry->groups != NULL ? 0 : -ENOMEM;
}

void
jn_expiry_free(struct jn_expiry *expiry) {
    free(expiry->groups);
    expiry->groups = NULL;
}

// How many groups are due since the last round: the sweep keeps its pace whatever the load.
static uint32_t
groups_due(struct jn_worker *worker, uint32_t groups) {
    struct jn_expiry *expiry = &worker->flow->expiry;
    uint64_t elapsed = worker->now_ns - expiry->ran_ns;
    expiry->ran_ns = worker->now_ns;
    if (elapsed > SWEEP_NS / 64)
        elapsed = SWEEP_NS / 64;
    expiry->credit += elapsed * ((((uint64_t)groups + BESIDES) << 16) / (SWEEP_NS >> 16));
    uint64_t due = expiry->credit >> 32;
    expiry->credit &= UINT32_MAX;
    return due > MOST ? MOST : (uint32_t)due;
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

static bool
is_idle(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    return !jn_flow_is_free(entry) && worker->now_ns - entry->last_ns >= worker->flow->idle_timeout_ns;
}

// So many policies after one another ask for a look at all flows, whatever time these took.
static void
follow_generation(struct jn_worker *worker) {
    struct jn_expiry *expiry = &worker->flow->expiry;
    uint16_t generation = worker->rules->generation;
    if ((uint16_t)(generation - expiry->generation) < FAR_BEHIND / 2)
        return;
    expiry->generation = generation;
    expiry->noted = (uint32_t)(worker->now_ns >> UNIT_SHIFT);
}

// May one of its flows be idle, or has none been looked at for long, or many policies?
static bool
wants_look(const struct jn_worker *worker, uint32_t group) {
    const struct jn_expiry *expiry = &worker->flow->expiry;
    const struct jn_expiry_group *known = &expiry->groups[group];
    uint32_t now = (uint32_t)(worker->now_ns >> UNIT_SHIFT), unseen = now - known->looked;
    return now - known->silent >= worker->flow->idle_timeout_ns >> UNIT_SHIFT || unseen >= UNSEEN ||
           unseen > now - expiry->noted;
}

// Those after it, which are next: a cache miss each.
static void
prefetch_group(const struct jn_worker *worker, uint32_t group) {
    const struct jn_flow_entry *entry = &worker->flow->table.entries[group * JN_EXPIRY_GROUP];
    for (unsigned int i = 0; i < JN_EXPIRY_GROUP; i++)
        __builtin_prefetch(&entry[i]);
}

static void
look_at_group(struct jn_worker *worker, uint32_t group) {
    const struct jn_flow_table *table = &worker->flow->table;
    uint32_t first = group * JN_EXPIRY_GROUP, end = first + JN_EXPIRY_GROUP;
    if (end > table->header->high_water)
        end = table->header->high_water;
    for (uint32_t flow_idx = first; flow_idx < end; flow_idx++)
        if (is_idle(worker, &table->entries[flow_idx]))
            jn_flow_table_prefetch(table, flow_idx);
    uint64_t silent_ns = worker->now_ns;
    for (uint32_t flow_idx = first; flow_idx < end; flow_idx++) {
        const struct jn_flow_entry *entry = &table->entries[flow_idx];
        look_at(worker, flow_idx);
        if (!jn_flow_is_free(entry) && entry->last_ns < silent_ns)
            silent_ns = entry->last_ns;
    }
    worker->flow->expiry.groups[group] = (struct jn_expiry_group){.silent = (uint32_t)(silent_ns >> UNIT_SHIFT),
                                                                  .looked = (uint32_t)(worker->now_ns >> UNIT_SHIFT)};
}

void
jn_flow_expire(struct jn_worker *worker) {
    struct jn_expiry *expiry = &worker->flow->expiry;
    uint32_t groups = groups_for(worker->flow->table.header->high_water), *left = &worker->flow->sweep.left;
    jn_tcp_end_lingering(worker);
    if (groups == 0)
        return;
    follow_generation(worker);
    for (uint32_t due = groups_due(worker, groups); due > 0; due--) {
        uint32_t group = expiry->cursor < groups ? expiry->cursor : 0;
        bool wanted = wants_look(worker, group);
        if (wanted && *left < JN_EXPIRY_GROUP)
            return;
        expiry->cursor = group + 1;
        if (expiry->cursor < groups && wants_look(worker, expiry->cursor))
            prefetch_group(worker, expiry->cursor);
        if (!wanted)
            continue;
        look_at_group(worker, group);
        *left -= JN_EXPIRY_GROUP;
    }
}
