// SPDX-License-Identifier: BSD-3-Clause
#include "flow/fragment_orphan.h"

#include <string.h>

#include "flow/flow_live.h"

enum { ENTRIES_A_ROUND = 4 };

void
jn_orphan_add(struct jn_worker *worker, const struct jn_fragment *taken) {
    struct jn_packet packet = {.flags = JN_PACKET_IP | JN_PACKET_FRAGMENT | (taken->flags & JN_PACKET_IPV6),
                               .vlan_tci = taken->vlan_tci,
                               .dscp = taken->dscp,
                               .protocol = taken->protocol};
    const struct jn_flow_origin origin = {.port = taken->port_in, .from_network = taken->from_network};
    struct jn_flow_key key;
    memcpy(packet.address, taken->address, sizeof(packet.address));
    jn_flow_key(&worker->flow->table, &packet, taken->vpg, &key);
    uint32_t flow_idx = jn_flow_find_or_begin(worker, &key, &origin);
    const struct jn_flow_present present = jn_flow_present(worker);
    if (jn_flow_needs_slow_path(&present, &worker->flow->table.entries[flow_idx], &packet))
        flow_idx = jn_flow_slow_path(worker, flow_idx, &key, &origin);
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    jn_store(&entry->packets[key.swapped], entry->packets[key.swapped] + taken->pending_packets);
    jn_store(&entry->bytes[key.swapped], entry->bytes[key.swapped] + taken->pending_bytes);
    jn_store(&entry->last_ns, worker->now_ns);
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
jn_orphan_flush(struct jn_worker *worker) {
    struct jn_fragment taken;
    while (jn_fragment_flush(&worker->flow->fragments, &taken))
        jn_orphan_add(worker, &taken);
}
