// SPDX-License-Identifier: BSD-3-Clause
#include "flow/fragment.h"

#include <string.h>

// What the first fragment tells of the flow, beside protocol and ports.
#define TOLD (JN_PACKET_PORTS | JN_PACKET_ONE_WAY | JN_PACKET_HEADERLESS)

static uint64_t
hash_datagram(const struct jn_fragment_table *table, const struct jn_packet *packet, uint32_t id) {
    uint64_t source = jn_hash_address_and(&table->key, packet->address[0], id);
    return jn_hash_address_and(&table->key, packet->address[1], source);
}

static bool
same_datagram(const struct jn_fragment *f, const struct jn_packet *packet, uint32_t id, uint16_t vpg) {
    bool v6 = packet->flags & JN_PACKET_IPV6;
    return f->id == id && f->vpg == vpg && f->vlan_id == packet->vlan_id &&
           (f->flags & JN_PACKET_IPV6) == (packet->flags & JN_PACKET_IPV6) && (v6 || f->named == packet->protocol) &&
           memcmp(f->address, packet->address, sizeof(f->address)) == 0;
}

// The datagram's entry, or the one to give it: a free or timed-out way, else the one that would time out first.
static struct jn_fragment *
find_datagram(struct jn_fragment_table *table, const struct jn_packet *packet, uint32_t id, uint16_t vpg, bool *known) {
    struct jn_fragment *bucket =
        table->entries + (hash_datagram(table, packet, id) & (table->bucket_count - 1)) * JN_FRAGMENT_WAYS;
    struct jn_fragment *oldest = bucket;
    *known = true;
    for (struct jn_fragment *f = bucket; f < bucket + JN_FRAGMENT_WAYS; f++) {
        if (f->expires_ns != 0 && same_datagram(f, packet, id, vpg))
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

// The part joins what it overlaps or touches. Where there is no room for one more span it is not kept: the datagram then
// stays until it times out.
static void
add_span(struct jn_fragment *f, const struct jn_fragment_part *part) {
    // Only the last fragment may end within a unit.
    uint32_t from = part->offset / 8, to = (part->offset + part->length + (part->more ? 0 : 7)) / 8;
    if (to <= from)
        return;
    if (!part->more && to > f->end)
        f->end = (uint16_t)to;
    for (unsigned int i = 0; i < f->span_count;) {
        struct jn_fragment_span *span = &f->spans[i];
        if (span->from > to || span->to < from) {
            i++;
            continue;
        }
        from = span->from < from ? span->from : from;
        to = span->to > to ? span->to : to;
        *span = f->spans[--f->span_count];
    }
    if (f->span_count < JN_FRAGMENT_SPANS)
        f->spans[f->span_count++] = (struct jn_fragment_span){(uint16_t)from, (uint16_t)to};
}

static bool
is_complete(const struct jn_fragment *f) {
    for (unsigned int i = 0; i < f->span_count; i++)
        if (f->spans[i].from == 0)
            return f->end != 0 && f->spans[i].to >= f->end;
    return false;
}

// Another first fragment than before begins another datagram, of which nothing was seen yet.
static void
take_first(struct jn_fragment_table *table, struct jn_fragment *f, struct jn_packet *packet,
           const struct jn_fragment_part *part, struct jn_fragment *taken) {
    if (f->pending_packets != 0) {
        take_off_account(table, f, taken);
        taken->first_seen = true;
    }
    if ((packet->flags & JN_PACKET_HEADERLESS) || f->lowest < part->header_end)
        jn_packet_make_headerless(packet);
    uint32_t told = packet->flags & TOLD;
    if (f->first_seen && (told != (f->flags & TOLD) || f->protocol != packet->protocol ||
                          memcmp(f->port, packet->port, sizeof(f->port)) != 0))
        f->span_count = f->end = 0;
    f->first_seen = true;
    f->flags = (f->flags & JN_PACKET_IPV6) | told;
    f->protocol = packet->protocol;
    f->header_end = part->header_end > f->header_end ? (uint16_t)part->header_end : f->header_end;
    memcpy(f->port, packet->port, sizeof(f->port));
}

// RFC 5722: overlapping fragments are never sound. Only one that overwrites the header would get past the rules.
static void
take_later(struct jn_fragment *f, struct jn_packet *packet, const struct jn_fragment_part *part) {
    f->lowest = part->offset < f->lowest ? (uint16_t)part->offset : f->lowest;
    if (f->first_seen && part->offset < f->header_end) {
        jn_packet_make_headerless(packet);
        f->flags = (f->flags & JN_PACKET_IPV6) | (packet->flags & TOLD);
        f->protocol = packet->protocol;
        memset(f->port, 0, sizeof(f->port));
    }
    packet->flags |= f->flags & TOLD;
    packet->protocol = f->protocol;
    memcpy(packet->port, f->port, sizeof(f->port));
}

static void
put_on_account(struct jn_fragment_table *table, struct jn_fragment *f, const struct jn_packet *packet, uint32_t bytes,
               const struct jn_fragment_origin *origin) {
    if (f->pending_packets++ == 0) {
        table->pending++;
        f->vlan_tci = packet->vlan_tci;
        f->dscp = packet->dscp;
        f->period = origin->period;
        f->port_in = origin->port_in;
        f->from_network = origin->from_network;
    }
    f->pending_bytes += bytes;
}

enum jn_fragment_outcome
jn_fragment_track(struct jn_fragment_table *table, struct jn_packet *packet, const struct jn_fragment_part *part,
                  uint16_t vpg, uint32_t bytes, uint64_t now_ns, const struct jn_fragment_origin *origin,
                  struct jn_fragment *taken) {
    bool known;
    struct jn_fragment *f = find_datagram(table, packet, part->id, vpg, &known);
    taken->pending_packets = 0;
    if (known && f->period != origin->period)
        take_off_account(table, f, taken);
    // A timed-out datagram's identification may be in use again: it is another datagram.
    if (!known || f->expires_ns <= now_ns) {
        table->forgotten += f->expires_ns > now_ns;
        take_off_account(table, f, taken);
        *f = (struct jn_fragment){.expires_ns = now_ns + table->timeout_ns,
                                  .id = part->id,
                                  .vpg = vpg,
                                  .vlan_id = packet->vlan_id,
                                  .flags = packet->flags & JN_PACKET_IPV6,
                                  .named = packet->protocol,
                                  .protocol = packet->protocol,
                                  .lowest = UINT16_MAX};
        memcpy(f->address, packet->address, sizeof(f->address));
    }
    if (packet->flags & JN_PACKET_LATER_FRAGMENT)
        take_later(f, packet, part);
    else
        take_first(table, f, packet, part, taken);
    add_span(f, part);
    if (!f->first_seen) {
        put_on_account(table, f, packet, bytes, origin);
        return JN_FRAGMENT_PENDING;
    }
    if (is_complete(f))
        f->expires_ns = 0;
    return JN_FRAGMENT_KNOWN;
}

void
jn_fragment_withdraw(struct jn_fragment_table *table, const struct jn_packet *packet, uint32_t id, uint16_t vpg,
                     uint32_t bytes) {
    bool known;
    struct jn_fragment *f = find_datagram(table, packet, id, vpg, &known);
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
    return taken->pending_packets != 0;
}
