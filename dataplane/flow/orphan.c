// SPDX-License-Identifier: BSD-3-Clause
#include "flow/orphan.h"

#include <string.h>

#include "flow/flow_live.h"

enum { ENTRIES_A_ROUND = 4 };

void
jn_orphan_book(struct jn_worker *worker, const struct jn_fragment *settled) {
    struct jn_packet packet = {.flags = JN_PACKET_IP | JN_PACKET_FRAGMENT | (settled->flags & JN_PACKET_IPV6),
                               .vlan = settled->vlan,
                               .dscp = settled->dscp,
                               .protocol = settled->protocol};
    const struct jn_flow_origin origin = {.port = settled->port_in, .from_network = settled->from_network};
    struct jn_flow_key key;
    memcpy(packet.address, settled->address, sizeof(packet.address));
    jn_flow_key(&worker->flow->table, &packet, settled->vpg, &key);
    uint32_t number = jn_flow_find_or_begin(worker, &key, &origin);
    const struct jn_flow_present present = jn_flow_present(worker);
    if (jn_flow_is_news(&present, &worker->flow->table.entries[number], &packet))
        number = jn_flow_settle_news(worker, number, &key, &origin);
    struct jn_flow_entry *entry = &worker->flow->table.entries[number];
    jn_store(&entry->packets[key.swapped], entry->packets[key.swapped] + settled->pending_packets);
    jn_store(&entry->bytes[key.swapped], entry->bytes[key.swapped] + settled->pending_bytes);
    jn_store(&entry->last_ns, worker->now_ns);
    jn_count(&worker->counters->notices[JN_NOTICE_FRAG_ORPHAN], settled->pending_packets);
}

void
jn_orphan_expire(struct jn_worker *worker) {
    struct jn_fragment settled;
    if (worker->flow->fragments.pending != 0 &&
        jn_fragment_expire(&worker->flow->fragments, worker->now_ns, ENTRIES_A_ROUND, &settled))
        jn_orphan_book(worker, &settled);
}

void
jn_orphan_flush(struct jn_worker *worker) {
    struct jn_fragment settled;
    while (jn_fragment_flush(&worker->flow->fragments, &settled))
        jn_orphan_book(worker, &settled);
}
