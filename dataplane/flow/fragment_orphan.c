// SPDX-License-Identifier: BSD-3-Clause
#include "flow/fragment_orphan.h"

#include <string.h>

#include "flow/flow_live.h"
#include "flow/flow_record.h"

enum { ENTRIES_A_ROUND = 4 };

// The interval or the policy is another one by now, and so may be the verdict of the flow without ports: a record of their
// own, as of then. They were counted as inspected.
static void
report_late(struct jn_worker *worker, const struct jn_fragment *taken, const struct jn_flow_key *key) {
    const struct jn_interval *interval = &worker->flow->interval;
    const union jn_flow_current then = {.both = taken->period};
    bool closed = then.interval != interval->number && interval->closed.number != 0;
    uint64_t time_ns = closed ? interval->closed.end - 1 : worker->now_ns;
    struct jn_flow_entry entry = {.key0 = key->key0,
                                  .key1 = key->key1,
                                  .last_ns = time_ns,
                                  .current = then,
                                  .verdict = JN_VERDICT_INSPECT,
                                  .rule = JN_RULE_DEFAULT,
                                  .flags = (uint16_t)((key->v6 ? JN_FLOW_IPV6 : 0) | JN_FLOW_NO_PORTS |
                                                      (key->swapped ? JN_FLOW_INITIATOR_B : 0) |
                                                      (taken->from_network ? JN_FLOW_FROM_NETWORK : 0)),
                                  .start_ns = time_ns,
                                  .vlan_tci = taken->vlan_tci,
                                  .port = taken->port_in,
                                  .dscp = taken->dscp};
    entry.packets[key->swapped] = taken->pending_packets;
    entry.bytes[key->swapped] = taken->pending_bytes;
    memcpy(entry.address[0], taken->address[key->swapped], sizeof(entry.address[0]));
    memcpy(entry.address[1], taken->address[!key->swapped], sizeof(entry.address[1]));
    jn_flow_set_delta_start(&entry, time_ns);
    jn_record_write_apart(worker, &entry, JN_END_FORCED);
}

static void
count_into_flow(struct jn_worker *worker, const struct jn_fragment *taken, const struct jn_flow_key *key) {
    const struct jn_flow_origin origin = {.port = taken->port_in, .from_network = taken->from_network};
    uint32_t flow_idx = jn_flow_find_or_begin(worker, key, &origin);
    const struct jn_flow_present present = jn_flow_present(worker);
    if (jn_flow_needs_slow_path(&present, &worker->flow->table.entries[flow_idx], key->packet))
        flow_idx = jn_flow_slow_path(worker, flow_idx, key, &origin);
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    jn_store(&entry->packets[key->swapped], entry->packets[key->swapped] + taken->pending_packets);
    jn_store(&entry->bytes[key->swapped], entry->bytes[key->swapped] + taken->pending_bytes);
    jn_store(&entry->last_ns, worker->now_ns);
}

void
jn_orphan_add(struct jn_worker *worker, const struct jn_fragment *taken) {
    struct jn_packet packet = {.flags = JN_PACKET_IP | JN_PACKET_FRAGMENT | (taken->flags & JN_PACKET_IPV6),
                               .vlan_tci = taken->vlan_tci,
                               .vlan_id = taken->vlan_id,
                               .dscp = taken->dscp,
                               .protocol = taken->protocol};
    struct jn_flow_key key;
    memcpy(packet.address, taken->address, sizeof(packet.address));
    jn_flow_key(&worker->flow->table, &packet, taken->vpg, &key);
    if (taken->period == jn_flow_present(worker).current.both)
        count_into_flow(worker, taken, &key);
    else
        report_late(worker, taken, &key);
    if (!taken->first_seen)
        jn_count(&worker->counters->exceptions[JN_EXCEPTION_FRAG_ORPHAN], taken->pending_packets);
}

void
jn_orphan_expire(struct jn_worker *worker) {
    struct jn_fragment taken;
    if (worker->flow->fragments.pending != 0 &&
        jn_fragment_expire(&worker->flow->fragments, worker->now_ns, ENTRIES_A_ROUND, &taken))
        jn_orphan_add(worker, &taken);
}

void
jn_orphan_sweep(struct jn_worker *worker, uint32_t number) {
    struct jn_fragment taken;
    uint32_t period = jn_flow_present(worker).current.both;
    if (jn_fragment_take_old(&worker->flow->fragments, number, period, &taken))
        jn_orphan_add(worker, &taken);
}

void
jn_orphan_flush(struct jn_worker *worker) {
    struct jn_fragment taken;
    while (jn_fragment_flush(&worker->flow->fragments, &taken))
        jn_orphan_add(worker, &taken);
}
