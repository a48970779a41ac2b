// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_record.h"

#include <string.h>
#include <time.h>

#include "policy/ruleset.h"

enum {
    ENDS = 2,
    FULL_WAIT_NS = 200000,
    STALLED_WAITS = 15000,
    MAX_FULL_WAITS = 40000
}; // 3 s without a record acknowledged, 8 s in all

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
    for (int waits = 0; waits < STALLED_WAITS && worker->flow->full_waits < MAX_FULL_WAITS;
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

// closed: of the interval being closed, not of the current one.
static struct jn_record *
start_record(struct jn_worker *worker, enum jn_record_type type, uint16_t vpg_idx, bool closed) {
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
    const struct jn_interval *interval = &flow->interval;
    r->sequence = flow->ring->next_sequence;
    r->interval_start = closed ? interval->closed_start : interval->start;
    r->interval_end = closed ? interval->closed_end : interval->end;
    r->type = type;
    r->worker = worker->index;
    r->boot = flow->boot;
    r->generation = worker->rules != NULL ? worker->rules->policy->generation : 0;
    if (vpg_idx != JN_NO_VPG)
        memcpy(r->vpg_id, worker->flow->vpgs[vpg_idx].id, sizeof(r->vpg_id));
    else
        memset(r->vpg_id, 0, sizeof(r->vpg_id));
    return r;
}

static void
commit_record(struct jn_worker *worker) {
    jn_ring_commit(worker->flow->ring);
    jn_count(&worker->counters->records_written, 1);
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
    f->flags = entry->flags;
    f->verdict = entry->verdict;
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
    memset(f->reserved2, 0, sizeof(f->reserved2));
}

void
jn_record_write_flow(struct jn_worker *worker, struct jn_flow_entry *entry, enum jn_end_reason reason) {
    uint32_t *mirrored = worker->flow->copies[entry - worker->flow->table.entries];
    struct jn_flow_through *through = &worker->flow->through[entry - worker->flow->table.entries];
    if ((entry->verdict & JN_VERDICT_INSPECT) && (entry->packets[0] | entry->packets[1] | through->returned) != 0) {
        struct jn_record *r = start_record(worker, JN_RECORD_FLOW, jn_flow_vpg(entry),
                                           entry->current.interval != worker->flow->interval.number);
        if (r != NULL) {
            fill_flow_record(&r->flow, entry, mirrored, through, reason);
            commit_record(worker);
        }
        jn_store(&entry->flags, entry->flags | JN_FLOW_REPORTED);
    }
    for (int end = 0; end < 2; end++) {
        jn_store(&entry->packets[end], 0);
        jn_store(&entry->bytes[end], 0);
        jn_store(&entry->tcp_flags[end], 0);
    }
    // Of most flows nothing is there: their memory is never written, so that it is none.
    if ((mirrored[0] | mirrored[1]) != 0)
        mirrored[0] = mirrored[1] = 0;
    if ((through->sent | through->returned) != 0)
        *through = (struct jn_flow_through){0};
}

void
jn_record_write_vpg(struct jn_worker *worker, uint16_t vpg_idx) {
    struct jn_record *r = start_record(worker, JN_RECORD_VPG_INTERVAL, vpg_idx, true);
    if (r == NULL)
        return;
    memcpy(r->counters, worker->flow->vpgs[vpg_idx].closed, sizeof(r->counters));
    commit_record(worker);
}

static bool
write_end_record(struct jn_worker *worker, enum jn_record_type type) {
    struct jn_record *r = start_record(worker, type, JN_NO_VPG, true);
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
}
