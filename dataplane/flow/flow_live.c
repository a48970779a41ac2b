// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_live.h"

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/flow_verdict.h"
#include "flow/tcp_close.h"
#include "gate/l2_rewrite.h"
#include "packet/headers.h"

// Both ends as the first packet's Ethernet header has them.
static void
learn_macs(struct jn_flow_entry *entry, const uint8_t *ethernet, bool source_is_b) {
    if (ethernet == NULL)
        return;
    jn_seq_store(entry->mac[source_is_b], ethernet + 6, 6);
    jn_seq_store(entry->mac[!source_is_b], ethernet, 6);
}

// A policy may have given the VPG another VLAN, and so its wire's other end another address. What comes by the wrong side,
// spoofed or looped, tells nothing of that end.
static void
relearn_macs(struct jn_flow_entry *entry, const struct jn_flow_key *key, const struct jn_flow_origin *origin) {
    bool to_b = !key->swapped;
    jn_store(&entry->vlan_tci, key->packet->vlan_tci);
    if (origin->ethernet != NULL && (jn_flow_access_is_b(entry) == to_b) == origin->from_network)
        jn_seq_store(entry->mac[to_b], origin->ethernet, 6);
}

static void
classify_flow(struct jn_worker *worker, struct jn_flow_entry *entry, const struct jn_flow_origin *origin, bool begins) {
    jn_flow_judge(worker, entry, begins);
    jn_store(&entry->current.generation, worker->rules->generation);
    // The virtual network has no VLANs: of a VPG that takes several, it is for the untagged frames.
    if (worker->rules->vnet[jn_flow_vpg(entry)] != NULL && !(entry->flags & JN_FLOW_RETURNED) &&
        jn_flow_vlan_id(entry) == JN_FLOW_VLAN_ID_NONE)
        jn_l2_rewrite_learn_wire(
            worker->flow->l2_table, entry,
            (const uint8_t[2]){
                [0] = origin->from_network ? 0 : origin->wire, [1] = origin->from_network ? origin->wire : 0},
            worker->now_ns);
}

static uint32_t
add_making_room(struct jn_worker *worker, const struct jn_flow_key *key) {
    uint32_t flow_idx = jn_flow_table_add(&worker->flow->table, key);
    if (flow_idx != JN_FLOW_NONE)
        return flow_idx;
    flow_idx = jn_flow_table_oldest(&worker->flow->table, key);
    bool closed = jn_tcp_is_closed(&worker->flow->table.entries[flow_idx]);
    jn_count(&worker->counters->exceptions[JN_EXCEPTION_FLOW_TABLE_FULL], !closed);
    jn_flow_end(worker, flow_idx, closed ? JN_END_DETECTED : JN_END_RESOURCES);
    return jn_flow_table_add(&worker->flow->table, key);
}

static uint32_t
begin_flow(struct jn_worker *worker, const struct jn_flow_key *key, const struct jn_flow_origin *origin) {
    const struct jn_packet *packet = key->packet;
    uint32_t flow_idx = add_making_room(worker, key);
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    uint64_t now_ns = worker->now_ns;
    jn_store(&entry->start_ns, now_ns);
    jn_store(&entry->last_ns, now_ns);
    jn_flow_set_delta_start(entry, now_ns);
    jn_store(&entry->current.interval, worker->flow->interval.number);
    jn_store(&entry->vlan_tci, packet->vlan_tci);
    jn_store(&entry->dscp, packet->dscp);
    jn_store(&entry->port, origin->port);
    uint16_t flags =
        (uint16_t)((key->v6 ? JN_FLOW_IPV6 : 0) | (packet->flags & JN_PACKET_PORTS ? 0 : JN_FLOW_NO_PORTS) |
                   (key->swapped ? JN_FLOW_INITIATOR_B : 0) | (origin->from_network ? JN_FLOW_FROM_NETWORK : 0) |
                   (packet->flags & JN_PACKET_ONE_WAY ? JN_FLOW_ONE_WAY : 0) |
                   (origin->returned ? JN_FLOW_RETURNED : 0));
    jn_store(&entry->flags, flags);
    learn_macs(entry, origin->ethernet, key->swapped);
    classify_flow(worker, entry, origin, true);
    jn_count(&worker->counters->flows_created, 1);
    return flow_idx;
}

uint32_t
jn_flow_find_or_begin(struct jn_worker *worker, const struct jn_flow_key *key, const struct jn_flow_origin *origin) {
    uint32_t flow_idx = jn_flow_table_find(&worker->flow->table, key);
    return flow_idx != JN_FLOW_NONE ? flow_idx : begin_flow(worker, key, origin);
}

// A connection opened again between the same ports, silence for longer than the timeout, or another VPG of the same index:
// another flow. An end that has closed its side and sends a SYN opens a new one, whatever of the other end was seen.
static bool
begins_anew(const struct jn_worker *worker, const struct jn_flow_entry *entry, const struct jn_flow_key *key,
            enum jn_end_reason *reason) {
    bool left = jn_ruleset_has_left(worker->rules, jn_flow_vpg(entry), entry->current.generation);
    bool reopens = (key->packet->tcp_flags & (JN_TCP_SYN | JN_TCP_ACK)) == JN_TCP_SYN &&
                   (entry->flags & (key->swapped ? JN_FLOW_CLOSING_B : JN_FLOW_CLOSING_A));
    *reason = left ? JN_END_FORCED : reopens || jn_tcp_is_closed(entry) ? JN_END_DETECTED : JN_END_IDLE;
    return left || reopens || worker->now_ns - entry->last_ns >= worker->flow->idle_timeout_ns;
}

void
jn_flow_begin_delta(struct jn_worker *worker, struct jn_flow_entry *entry) {
    jn_record_write_flow(worker, entry, JN_END_ACTIVE);
    jn_store(&entry->current.interval, worker->flow->interval.number);
    jn_flow_set_delta_start(entry, worker->now_ns);
}

uint32_t
jn_flow_slow_path(struct jn_worker *worker, uint32_t flow_idx, const struct jn_flow_key *key,
                  const struct jn_flow_origin *origin) {
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    enum jn_end_reason reason;
    if (begins_anew(worker, entry, key, &reason)) {
        struct jn_flow_origin again = *origin;
        again.returned |= (entry->flags & JN_FLOW_RETURNED) != 0; // an answer to the gateway is no flow of the wire's
        jn_flow_end(worker, flow_idx, reason);
        flow_idx = begin_flow(worker, key, &again);
        entry = &worker->flow->table.entries[flow_idx];
    }
    jn_flow_close_interval(worker, entry);
    if (entry->current.generation != worker->rules->generation) {
        relearn_macs(entry, key, origin);
        classify_flow(worker, entry, origin, false);
    }
    if (key->packet->tcp_flags & (JN_TCP_FIN | JN_TCP_RST))
        jn_tcp_close(worker, flow_idx, key);
    return flow_idx;
}
