// SPDX-License-Identifier: BSD-3-Clause
#include "flow/fragment.h"

#include <string.h>

static uint64_t
hash_datagram(const struct jn_fragment_table *table, const struct jn_packet *packet) {
    uint64_t source = jn_hash_address_and(&table->key, packet->address[0], packet->fragment_id);
    return jn_hash_address_and(&table->key, packet->address[1], source);
}

static bool
same_datagram(const struct jn_fragment *f, const struct jn_packet *packet, uint16_t vpg) {
    return f->id == packet->fragment_id && f->vpg == vpg && f->vlan_id == packet->vlan_id &&
           f->protocol == packet->protocol && (f->flags & JN_PACKET_IPV6) == (packet->flags & JN_PACKET_IPV6) &&
           memcmp(f->address, packet->address, sizeof(f->address)) == 0;
}

// The datagram's entry, or the one to give it: a free or timed-out way, else the one that would time out first.
static struct jn_fragment *
find_datagram(struct jn_fragment_table *table, const struct jn_packet *packet, uint16_t vpg, bool *known) {
    struct jn_fragment *bucket =
        table->entries + (hash_datagram(table, packet) & (table->bucket_count - 1)) * JN_FRAGMENT_WAYS;
    struct jn_fragment *oldest = bucket;
    *known = true;
    for (struct jn_fragment *f = bucket; f < bucket + JN_FRAGMENT_WAYS; f++) {
        if (f->expires_ns != 0 && same_datagram(f, packet, vpg))
            return f;
        if (f->expires_ns < oldest->expires_ns)
            oldest = f;
    }
    *known = false;
    return oldest;
}

static void
take_off_account(struct jn_fragment_table *table, struct jn_fragment *f, struct jn_fragment *taken) {
    if (f->pending_packets == 0)
        return;
    table->pending--;
    *taken = *f;
    f->pending_packets = 0;
    f->pending_bytes = 0;
}

enum jn_fragment_outcome
jn_fragment_track(struct jn_fragment_table *table, struct jn_packet *packet, uint16_t vpg, uint32_t bytes,
                  uint64_t now_ns, const struct jn_fragment_origin *origin, struct jn_fragment *taken) {
    bool known;
    struct jn_fragment *f = find_datagram(table, packet, vpg, &known);
    taken->pending_packets = 0;
    if (known && f->period != origin->period)
        take_off_account(table, f, taken);
    // A timed-out datagram's identification may be in use again: it is another datagram.
    if (!known || f->expires_ns <= now_ns) {
        table->forgotten += f->expires_ns > now_ns;
        f->flags &= ~(uint32_t)JN_PACKET_PORTS;
        take_off_account(table, f, taken);
        *f = (struct jn_fragment){.expires_ns = now_ns + table->timeout_ns,
                                  .id = packet->fragment_id,
                                  .vpg = vpg,
                                  .vlan_id = packet->vlan_id,
                                  .flags = packet->flags & JN_PACKET_IPV6,
                                  .protocol = packet->protocol};
        memcpy(f->address, packet->address, sizeof(f->address));
    }
    if (!(packet->flags & JN_PACKET_LATER_FRAGMENT)) {
        memcpy(f->port, packet->port, sizeof(f->port));
        f->flags |= JN_PACKET_PORTS;
        take_off_account(table, f, taken);
        return JN_FRAGMENT_PORTS;
    }
    if (f->flags & JN_PACKET_PORTS) {
        memcpy(packet->port, f->port, sizeof(f->port));
        packet->flags |= JN_PACKET_PORTS;
        return JN_FRAGMENT_PORTS;
    }
    if (f->pending_packets++ == 0) {
        table->pending++;
        f->vlan_tci = packet->vlan_tci;
        f->dscp = packet->dscp;
        f->period = origin->period;
        f->port_in = origin->port_in;
        f->from_network = origin->from_network;
    }
    f->pending_bytes += bytes;
    return JN_FRAGMENT_PENDING;
}

void
jn_fragment_withdraw(struct jn_fragment_table *table, const struct jn_packet *packet, uint16_t vpg, uint32_t bytes) {
    bool known;
    struct jn_fragment *f = find_datagram(table, packet, vpg, &known);
    if (!known || f->pending_packets == 0)
        return;
    table->pending -= --f->pending_packets == 0;
    f->pending_bytes -= bytes;
}

bool
jn_fragment_expire(struct jn_fragment_table *table, uint64_t now_ns, uint32_t count, struct jn_fragment *taken) {
    uint32_t total = table->bucket_count * JN_FRAGMENT_WAYS;
    taken->pending_packets = 0;
    for (uint32_t i = 0; i < count && taken->pending_packets == 0; i++) {
        struct jn_fragment *f = &table->entries[table->sweep];
        table->sweep = (table->sweep + 1) % total;
        if (f->expires_ns == 0 || f->expires_ns > now_ns)
            continue;
        f->flags &= ~(uint32_t)JN_PACKET_PORTS;
        take_off_account(table, f, taken);
        f->expires_ns = 0;
    }
    return taken->pending_packets != 0;
}

bool
jn_fragment_take_old(struct jn_fragment_table *table, uint32_t number, uint32_t period, struct jn_fragment *taken) {
    struct jn_fragment *f = &table->entries[number];
    taken->pending_packets = 0;
    if (f->period != period)
        take_off_account(table, f, taken);
    return taken->pending_packets != 0;
}

bool
jn_fragment_flush(struct jn_fragment_table *table, struct jn_fragment *taken) {
    uint32_t total = table->bucket_count * JN_FRAGMENT_WAYS;
    taken->pending_packets = 0;
    while (table->pending != 0 && taken->pending_packets == 0) {
        struct jn_fragment *f = &table->entries[table->flush];
        table->flush = (table->flush + 1) % total;
        take_off_account(table, f, taken);
    }
    taken->flags &= ~(uint32_t)JN_PACKET_PORTS;
    return taken->pending_packets != 0;
}
