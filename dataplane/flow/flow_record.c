// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_record.h"

#include <string.h>
#include <time.h>

#include "flow/unreported.h"
#include "policy/ruleset.h"

enum {
    ENDS = 2,
    FULL_WAIT_NS = 200000,
    STALLED_WAITS = 15000
}; // 3 s without a record acknowledged; in all, see JN_RECORD_WAITS_MOST

// What the exporter has taken so far; what it cannot have taken is counted.
static uint64_t
ask_consumer(struct jn_worker *worker) {
    struct jn_flow_state *flow = worker->flow;
    const struct jn_consumed *consumed = __atomic_load_n(&flow->consumed, __ATOMIC_ACQUIRE);
    uint64_t refused = jn_ring_believe(flow->ring, consumed, flow->region_boot);
    if (refused != UINT64_MAX && refused != flow->refused_tail)
        jn_count(&worker->counters->exceptions[JN_EXCEPTION_CONSUMER_INDEX], 1);
    flow->refused_tail = refused;
    return flow->ring->tail;
}

static void
block_while_full(struct jn_worker *worker) {
    const struct jn_ring *ring = worker->flow->ring;
    uint64_t last_tail = UINT64_MAX;
    for (int waits = 0; waits < STALLED_WAITS && worker->flow->full_waits < JN_RECORD_WAITS_MOST;
         waits++, worker->flow->full_waits++) {
        uint64_t tail = ask_consumer(worker);
        if (ring->head - tail < worker->flow->record_capacity - ENDS)
            return;
        if (tail != last_tail)
            waits = 0;
        last_tail = tail;
        if (worker->flow->wait_for_room != NULL)
            worker->flow->wait_for_room(worker);
        nanosleep(&(struct timespec){.tv_nsec = FULL_WAIT_NS}, NULL);
    }
    jn_store(&worker->flow->block_when_full, false);
}

bool
jn_record_has_room(struct jn_worker *worker) {
    struct jn_flow_state *flow = worker->flow;
    uint64_t head = flow->ring->head, most = flow->record_capacity - flow->record_capacity / 4;
    if (head - flow->cached_tail >= most)
        flow->cached_tail = ask_consumer(worker);
    return head - flow->cached_tail < most;
}

// closed: of the interval being closed, not of the current one. vpg_id: NULL for none.
static struct jn_record *
start_record(struct jn_worker *worker, enum jn_record_type type, const char *vpg_id, bool closed) {
    struct jn_flow_state *flow = worker->flow;
    // The last entries are for ends of intervals and of the stream: a reader needs them to see which records were dropped.
    uint64_t spare = type == JN_RECORD_INTERVAL_END || type == JN_RECORD_END_OF_STREAM ? 0 : ENDS;
    if (__atomic_load_n(&flow->block_when_full, __ATOMIC_RELAXED))
        block_while_full(worker);
    if (flow->ring->head - flow->cached_tail >= flow->record_capacity - spare)
        ask_consumer(worker);
    struct jn_record *r = jn_ring_reserve(flow->records, flow->record_capacity, flow->ring, &flow->cached_tail, spare);
    if (r == NULL) {
        jn_count(&worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST], 1);
        return NULL;
    }
    const struct jn_interval_bounds *bounds = closed ? &flow->interval.closed : &flow->interval.current;
    r->sequence = flow->ring->next_sequence;
    r->interval = (uint32_t)bounds->number;
    r->interval_start = bounds->wall_start;
    r->interval_end = bounds->wall_end;
    r->type = (uint8_t)type;
    r->worker = (uint8_t)worker->index;
    r->marks = (uint16_t)bounds->marks;
    r->boot = flow->boot;
    r->generation = worker->rules != NULL ? worker->rules->policy->generation : 0;
    if (vpg_id != NULL)
        memcpy(r->vpg_id, vpg_id, sizeof(r->vpg_id));
    else
        memset(r->vpg_id, 0, sizeof(r->vpg_id));
    return r;
}

static void
commit_record(struct jn_worker *worker) {
    jn_ring_commit(worker->flow->ring);
    jn_count(&worker->counters->records_written, 1);
}

// What the wall clock said at that time. A time of the record's own lies within its interval, also where that clock was set.
static uint64_t
wall_time(uint64_t now_ns, const struct jn_interval_bounds *bounds, bool within) {
    uint64_t wall_ns = now_ns + (bounds->wall_start - bounds->start);
    if ((int64_t)wall_ns < 0 || (within && wall_ns < bounds->wall_start))
        return within ? bounds->wall_start : 0;
    return within && wall_ns >= bounds->wall_end ? bounds->wall_end - 1 : wall_ns;
}

// The interval's bounds are those of the workers' time: the wall clock's take their place.
static void
set_wall_times(struct jn_record_flow *f, const struct jn_interval_bounds *bounds) {
    f->flow_start_ns = wall_time(f->flow_start_ns, bounds, false);
    f->start_ns = wall_time(f->start_ns, bounds, true);
    f->end_ns = wall_time(f->end_ns, bounds, true);
}

static void
fill_flow_record(struct jn_record_flow *f, const struct jn_flow_entry *entry, const uint32_t *mirrored,
                 const struct jn_flow_through *through, enum jn_end_reason reason) {
    memcpy(f->address, entry->address, sizeof(f->address));
    memcpy(f->mac, entry->mac, sizeof(f->mac));
    for (int end = 0; end < 2; end++) {
        f->port[end] = jn_flow_port(entry, end);
        f->bytes[end] = entry->bytes[end];
        f->packets[end] = entry->packets[end];
        f->tcp_flags[end] = entry->tcp_flags[end];
        f->mirrored[end] = mirrored[end];
    }
    f->flow_start_ns = entry->start_ns;
    f->start_ns = jn_flow_delta_start(entry);
    f->end_ns = entry->last_ns;
    f->flags = entry->flags & (uint16_t) ~(JN_FLOW_SAMPLED | JN_FLOW_BESIDE);
    f->verdict = entry->verdict & JN_VERDICTS_ALL;
    f->vlan_tci = entry->vlan_tci;
    f->protocol = jn_flow_protocol(entry);
    f->end_reason = (uint8_t)reason;
    f->ingress = entry->port;
    f->reserved = 0;
    f->rule = entry->rule;
    f->application = entry->application;
    f->redirected = through->sent;
    f->returned = through->returned;
    f->returned_bytes = through->returned_bytes;
    f->rtt_us = JN_RTT_NONE;
    memset(f->retransmissions, 0, sizeof(f->retransmissions));
    f->vlan_id = jn_flow_vlan_id(entry);
    f->rule_generation = entry->current.generation;
    f->version = entry->version;
}

// Whose annotations are the flow's: an entry of no table has none.
static void
fill_application(const struct jn_worker *worker, struct jn_record_flow *f, uint32_t flow_idx) {
    const struct jn_flow_application of =
        flow_idx != JN_FLOW_NONE ? jn_application_of(worker, flow_idx) : (struct jn_flow_application){0};
    f->application_master = of.master;
    f->application_category = of.category;
    f->application_confidence = of.confidence;
    f->flow_idx = flow_idx;
}

// In packets and bytes: documents and what was lost are all that passed.
static void
count_lost(struct jn_worker *worker, uint64_t packets, uint64_t bytes) {
    struct jn_ring *ring = worker->flow->ring;
    jn_count(&ring->lost_packets, packets);
    jn_count(&ring->lost_bytes, bytes);
    jn_count(&worker->counters->lost_packets, packets);
    jn_count(&worker->counters->lost_bytes, bytes);
}

static uint64_t
packets_of(const struct jn_flow_entry *entry) {
    return (uint64_t)entry->packets[0] + entry->packets[1];
}

// What is counted of a flow beside the table.
struct beside {
    const uint32_t *copies;
    const struct jn_flow_through *through;
};

static const uint32_t no_copies[JN_VPG_PEERS];
static const struct jn_flow_through no_through;
static const struct beside nothing_beside = {no_copies, &no_through};

static struct beside
beside_of(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    uint64_t flow_idx = (uint64_t)(entry - worker->flow->table.entries);
    if (!(entry->flags & JN_FLOW_BESIDE))
        return nothing_beside;
    return (struct beside){worker->flow->copies[flow_idx], &worker->flow->through[flow_idx]};
}

static void
write_flow_record(struct jn_worker *worker, const struct jn_flow_entry *entry, uint32_t flow_idx,
                  const struct beside *beside, enum jn_end_reason reason) {
    const struct jn_interval *interval = &worker->flow->interval;
    const char *vpg_id = jn_ruleset_vpg_id(worker->rules, jn_flow_vpg(entry), entry->current.generation);
    bool closed = entry->current.interval != interval->number;
    struct jn_record *r = start_record(worker, JN_RECORD_FLOW, vpg_id, closed);
    if (r == NULL) {
        count_lost(worker, packets_of(entry), entry->bytes[0] + entry->bytes[1]);
        return;
    }
    fill_flow_record(&r->flow, entry, beside->copies, beside->through, reason);
    fill_application(worker, &r->flow, flow_idx);
    if (interval->clock != NULL && interval->length_ns != 0)
        set_wall_times(&r->flow, closed ? &interval->closed : &interval->current);
    commit_record(worker);
}

void
jn_record_write_apart(struct jn_worker *worker, const struct jn_flow_entry *entry, enum jn_end_reason reason) {
    write_flow_record(worker, entry, JN_FLOW_NONE, &nothing_beside, reason);
}

// Where nothing is there, the lines are not written.
static void
clear_beside(struct jn_flow_state *flow, uint64_t flow_idx) {
    uint32_t *copies = flow->copies[flow_idx];
    struct jn_flow_through *through = &flow->through[flow_idx];
    if ((copies[0] | copies[1]) != 0)
        copies[0] = copies[1] = 0;
    if ((through->sent | through->returned) != 0)
        *through = (struct jn_flow_through){.heard = {through->heard[0], through->heard[1]}};
}

void
jn_record_clear_flow(struct jn_worker *worker, struct jn_flow_entry *entry) {
    for (int end = 0; end < 2; end++) {
        jn_store(&entry->packets[end], 0);
        jn_store(&entry->bytes[end], 0);
        jn_store(&entry->tcp_flags[end], 0);
    }
    if (entry->flags & JN_FLOW_BESIDE)
        clear_beside(worker->flow, (uint64_t)(entry - worker->flow->table.entries));
}

bool
jn_record_is_due(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    const struct beside beside = beside_of(worker, entry);
    // A copy that waited for its next hop may leave after the flow's last packet.
    uint64_t counted =
        entry->packets[0] | entry->packets[1] | beside.through->returned | beside.copies[0] | beside.copies[1];
    return (entry->verdict & JN_VERDICT_INSPECT) && counted != 0;
}

void
jn_record_write_flow(struct jn_worker *worker, struct jn_flow_entry *entry, enum jn_end_reason reason) {
    uint64_t flow_idx = (uint64_t)(entry - worker->flow->table.entries);
    const struct beside beside = beside_of(worker, entry);
    bool due = jn_record_is_due(worker, entry);
    if (due) {
        jn_report_begin(worker->flow, JN_REPORT_FLOW, (uint32_t)flow_idx, packets_of(entry),
                        entry->bytes[0] + entry->bytes[1]);
        // What lingers over an interval's end has ended in it: without late packets there is no other record of it.
        bool ended = reason == JN_END_ACTIVE && jn_tcp_is_closed(entry);
        write_flow_record(worker, entry, (uint32_t)flow_idx, &beside, ended ? JN_END_DETECTED : reason);
        jn_store(&entry->flags, entry->flags | JN_FLOW_REPORTED);
        jn_unreported_order();
    }
    jn_record_clear_flow(worker, entry);
    if (due)
        jn_report_end(worker->flow);
}

void
jn_record_write_vpg(struct jn_worker *worker, const char id[JN_VPG_ID_MAX],
                    const uint64_t counters[JN_VPG_COUNTER_COUNT], bool closed) {
    struct jn_record *r = start_record(worker, JN_RECORD_VPG_INTERVAL, id, closed);
    if (r == NULL)
        return;
    memcpy(r->counters, counters, sizeof(r->counters));
    commit_record(worker);
}

void
jn_record_write_last(struct jn_worker *worker, const char id[JN_VPG_ID_MAX], uint64_t last_ns) {
    struct jn_record *r = start_record(worker, JN_RECORD_VPG_LAST, id, true);
    if (r == NULL)
        return;
    memset(r->raw, 0, sizeof(r->raw));
    r->last_ns = last_ns;
    commit_record(worker);
}

static bool
write_end_record(struct jn_worker *worker, enum jn_record_type type) {
    struct jn_record *r = start_record(worker, type, NULL, true);
    if (r == NULL)
        return false;
    memset(r->raw, 0, sizeof(r->raw));
    commit_record(worker);
    return true;
}

void
jn_record_write_interval_end(struct jn_worker *worker) {
    if (write_end_record(worker, JN_RECORD_INTERVAL_END))
        jn_count(&worker->counters->intervals_closed, 1);
}

void
jn_record_write_end_of_stream(struct jn_worker *worker) {
    write_end_record(worker, JN_RECORD_END_OF_STREAM);
    jn_unreported_order();
    worker->flow->unreported->ended = 1;
}
