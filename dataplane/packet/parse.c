// SPDX-License-Identifier: BSD-3-Clause
// IPv4 and IPv6 with extension headers, fragments, and the first bytes of the transport header.
#include "packet/parse.h"

#include <string.h>

#include "packet/ip.h"
#include "packet/parse_common.h"
#include "packet/parse_link.h"

enum { LONGEST_FRAME = 1 << 30, PORTS_BYTES = 4 };

// Type that answers an ICMP type, as Community ID v1 pairs them; 0 when it has none.
static uint8_t
icmp_counterpart(uint8_t type, bool v6, bool *found) {
    static const uint8_t pairs4[][2] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
    static const uint8_t pairs6[][2] = {{128, 129}, {133, 134}, {135, 136}, {130, 131}, {144, 145}, {139, 140}};
    const uint8_t(*pairs)[2] = v6 ? pairs6 : pairs4;
    unsigned int count = v6 ? sizeof(pairs6) / 2 : sizeof(pairs4) / 2;
    *found = true;
    for (unsigned int i = 0; i < count; i++) {
        if (pairs[i][0] == type)
            return pairs[i][1];
        if (pairs[i][1] == type)
            return pairs[i][0];
    }
    *found = false;
    return 0;
}

// Fewer than `needed` bytes are at hand of a header. It is missing from a fragment where the IP packet itself ends before,
// not where a capture was cut.
static void
cut_short(const struct cursor *c, struct jn_packet *packet, uint32_t needed, enum jn_exception why) {
    add_exception(packet, why);
    if ((packet->flags & JN_PACKET_FRAGMENT) && c->at + needed > packet->l3_offset + packet->ip_length)
        packet->flags |= JN_PACKET_HEADERLESS;
}

static void
parse_icmp(const struct cursor *c, struct jn_packet *packet) {
    if (!has(c, 2)) {
        cut_short(c, packet, 2, JN_EXCEPTION_L4_TRUNCATED);
        return;
    }
    bool two_way;
    uint8_t other = icmp_counterpart(here(c)[0], packet->protocol == JN_IP_ICMPV6, &two_way);
    packet->port[0] = here(c)[0];
    packet->port[1] = two_way ? other : here(c)[1];
    packet->flags |= JN_PACKET_PORTS | (two_way ? 0 : JN_PACKET_ONE_WAY);
}

static void
parse_transport(const struct cursor *c, struct jn_packet *packet) {
    packet->l4_offset = (uint16_t)c->at;
    switch (packet->protocol) {
    case JN_IP_ICMP:
    case JN_IP_ICMPV6: parse_icmp(c, packet); return;
    case JN_IP_TCP:
    case JN_IP_UDP:
    case JN_IP_UDP_LITE:
    case JN_IP_SCTP:
        if (!has(c, PORTS_BYTES)) {
            cut_short(c, packet, PORTS_BYTES, JN_EXCEPTION_L4_TRUNCATED);
            return;
        }
        packet->port[0] = jn_be16(here(c));
        packet->port[1] = jn_be16(here(c) + 2);
        packet->flags |= JN_PACKET_PORTS;
        if (packet->protocol != JN_IP_TCP)
            return;
        if (!has(c, 14)) {
            add_exception(packet, JN_EXCEPTION_L4_TRUNCATED);
            return;
        }
        packet->tcp_flags = here(c)[13];
        packet->flags |= JN_PACKET_TCP;
    }
}

// Offset in bytes, whether more follow, payload bytes: the rest of the packet has no transport header unless offset is 0.
static void
parse_fragment(const struct cursor *c, struct jn_packet *packet, uint32_t offset, bool more, uint32_t payload) {
    if (offset != 0 || more) {
        packet->flags |= JN_PACKET_FRAGMENT;
        packet->fragment_at = packet->l3_offset;
        if (payload == 0)
            add_exception(packet, JN_EXCEPTION_FRAG_ZERO);
    }
    if (offset != 0)
        packet->flags |= JN_PACKET_LATER_FRAGMENT;
    else
        parse_transport(c, packet);
}

// The transport may not reach into padding behind the IP packet.
static void
clip(struct cursor *c, const struct jn_packet *packet) {
    if (c->length - packet->l3_offset > packet->ip_length) // the IP header was seen: l3_offset is inside
        c->length = packet->l3_offset + packet->ip_length;
}

static void
parse_ipv4(struct cursor *c, uint32_t wire_left, struct jn_packet *packet) {
    const uint8_t *ip = here(c);
    if (!has(c, JN_IPV4_BYTES)) {
        add_exception(packet, JN_EXCEPTION_IP_TRUNCATED);
        return;
    }
    uint32_t header = (ip[0] & 15u) * 4u;
    packet->ip_length = jn_be16(ip + 2);
    if (packet->ip_length == 0) // segmentation offload leaves it zero: the frame tells
        packet->ip_length = wire_left;
    if (header < JN_IPV4_BYTES || packet->ip_length < header) {
        add_exception(packet, header < JN_IPV4_BYTES ? JN_EXCEPTION_IP_BAD_IHL : JN_EXCEPTION_IP_BAD_LENGTH);
        return;
    }
    if (packet->ip_length > wire_left)
        add_exception(packet, JN_EXCEPTION_IP_BAD_LENGTH);
    packet->flags |= JN_PACKET_IP;
    packet->dscp = ip[1] >> 2;
    packet->protocol = ip[9];
    memcpy(packet->address[0], ip + 12, 4);
    memcpy(packet->address[1], ip + 16, 4);
    clip(c, packet);
    uint16_t fragment = jn_be16(ip + 6);
    if (!has(c, header)) {
        add_exception(packet, JN_EXCEPTION_IP_TRUNCATED);
        return;
    }
    c->at += header;
    parse_fragment(c, packet, (fragment & JN_IPV4_OFFSET) * 8u, fragment & JN_IPV4_MF, packet->ip_length - header);
}

// What a fragment header says. False: nothing behind it is a header.
static bool
parse_fragment_header(const struct cursor *c, const uint8_t *header, struct jn_packet *packet) {
    uint16_t field = jn_be16(header + 2);
    if ((field & (JN_IPV6_OFFSET | JN_IPV6_MF)) == 0) // an atomic fragment (RFC 6946) is none
        return true;
    packet->flags |= JN_PACKET_FRAGMENT;
    packet->fragment_at = (uint16_t)(header - c->data);
    if (packet->ip_length <= c->at - packet->l3_offset)
        add_exception(packet, JN_EXCEPTION_FRAG_ZERO);
    if ((field & JN_IPV6_OFFSET) == 0)
        return true;
    packet->protocol = header[0];
    packet->flags |= JN_PACKET_LATER_FRAGMENT;
    return false;
}

// RFC 8200 section 4: walk to the transport header or the first fragment header. The chain has no limit but the packet: what
// is not looked through would pass by the rules.
static void
parse_extensions(struct cursor *c, uint8_t next, struct jn_packet *packet) {
    while (jn_ip_is_extension(next) || next == JN_IP_FRAGMENT) {
        packet->protocol = next;
        if (!has(c, 8)) {
            cut_short(c, packet, 8, JN_EXCEPTION_EXT_TRUNCATED);
            return;
        }
        const uint8_t *header = here(c);
        uint32_t size = next == JN_IP_FRAGMENT ? 8u : next == JN_IP_AH ? (header[1] + 2u) * 4u : (header[1] + 1u) * 8u;
        if (!has(c, size)) {
            cut_short(c, packet, size, JN_EXCEPTION_EXT_TRUNCATED);
            return;
        }
        if (c->at + size > UINT16_MAX) { // l4_offset tells no more
            add_exception(packet, JN_EXCEPTION_EXT_TOO_MANY);
            return;
        }
        bool fragment = next == JN_IP_FRAGMENT;
        if (fragment && (packet->flags & JN_PACKET_FRAGMENT)) { // a fragment of a fragment: no host sends or takes it
            packet->flags |= JN_PACKET_HEADERLESS;
            return;
        }
        next = header[0];
        c->at += size;
        if (fragment && !parse_fragment_header(c, header, packet))
            return;
    }
    packet->protocol = next;
    if (next != JN_IP_NO_NEXT)
        parse_transport(c, packet);
}

static void
parse_ipv6(struct cursor *c, uint32_t wire_left, struct jn_packet *packet) {
    const uint8_t *ip = here(c);
    if (!has(c, JN_IPV6_BYTES)) {
        add_exception(packet, JN_EXCEPTION_IP_TRUNCATED);
        return;
    }
    uint32_t payload = jn_be16(ip + 4);
    packet->ip_length = payload == 0 && ip[6] == JN_IP_HOP_BY_HOP ? wire_left : payload + JN_IPV6_BYTES;
    if (packet->ip_length > wire_left)
        add_exception(packet, JN_EXCEPTION_IP_BAD_LENGTH);
    packet->flags |= JN_PACKET_IP | JN_PACKET_IPV6;
    packet->dscp = (uint8_t)(jn_be16(ip) >> 6 & 63);
    memcpy(packet->address[0], ip + 8, 16);
    memcpy(packet->address[1], ip + 24, 16);
    clip(c, packet);
    c->at += JN_IPV6_BYTES;
    parse_extensions(c, ip[6], packet);
}

void
jn_parse_frame(const uint8_t *data, uint32_t length, uint32_t wire_length, enum jn_link_type link_type,
               struct jn_packet *packet) {
    struct cursor c = {.data = data, .length = length};
    unsigned int version;
    // Whatever a capture says, a frame had the bytes that are there. The upper bound keeps sums of lengths in 32 bits.
    wire_length = wire_length < length ? length : wire_length < LONGEST_FRAME ? wire_length : LONGEST_FRAME;
    *packet = (struct jn_packet){.vlan_tci = JN_VLAN_TCI_NONE};
    if (!jn_parse_link(&c, link_type, packet, &version))
        return;
    packet->l3_offset = (uint16_t)c.at;
    uint32_t wire_left = wire_length - c.at; // the link header was seen
    if (!has(&c, 1))
        add_exception(packet, JN_EXCEPTION_IP_TRUNCATED);
    else if (here(&c)[0] >> 4 != version || (version != 4 && version != 6))
        add_exception(packet, JN_EXCEPTION_IP_BAD_VERSION);
    else if (version == 4)
        parse_ipv4(&c, wire_left, packet);
    else
        parse_ipv6(&c, wire_left, packet);
}

void
jn_columns_set(struct jn_columns *columns, unsigned int i, const struct jn_packet *packet) {
    const uint16_t ports[2] = {htobe16(packet->port[0]), htobe16(packet->port[1])};
    columns->kind[i] = jn_packet_kind(packet);
    columns->ip_length[i] = packet->flags & JN_PACKET_IP ? packet->ip_length : 0;
    memcpy(&columns->addresses[i], packet->address[0], 4);
    memcpy((uint8_t *)&columns->addresses[i] + 4, packet->address[1], 4);
    memcpy(&columns->ports[i], ports, sizeof(ports));
    columns->vlan_tci[i] = packet->vlan_tci;
    columns->tcp_flags[i] = packet->tcp_flags;
}

static inline __attribute__((always_inline)) uint32_t
parse_all(const uint8_t *const *data, const uint32_t *length, const uint32_t *wire_length, enum jn_link_type link_type,
          struct jn_packet *packets, struct jn_columns *columns, unsigned int count, enum jn_common_asked asked) {
    uint32_t exceptions = 0;
    bool ethernet = link_type == JN_LINKTYPE_ETHERNET;
    for (size_t i = 0; i < count; i++) {
        while (ethernet && i < count &&
               jn_parse_common(data[i], length[i], wire_length[i], asked, &packets[i], columns, i))
            i++;
        if (i == count)
            break;
        jn_parse_frame(data[i], length[i], wire_length[i], link_type, &packets[i]);
        if (asked != JN_ASKED_PACKETS)
            jn_columns_set(columns, (unsigned int)i, &packets[i]);
        if (asked == JN_ASKED_COLUMNS)
            columns->unwritten &= ~(UINT64_C(1) << i);
        exceptions |= packets[i].exceptions;
    }
    return exceptions;
}

uint32_t
jn_parse_frames(const uint8_t *const *data, const uint32_t *length, const uint32_t *wire_length,
                enum jn_link_type link_type, struct jn_packet *packets, unsigned int count) {
    return parse_all(data, length, wire_length, link_type, packets, NULL, count, JN_ASKED_PACKETS);
}

uint32_t
jn_parse_burst(const uint8_t *const *data, const uint32_t *length, const uint32_t *wire_length,
               enum jn_link_type link_type, struct jn_packet *packets, struct jn_columns *columns, unsigned int count,
               bool lazily) {
    memset(columns->vlan_tci, 0xff, sizeof(columns->vlan_tci)); // untagged, as most are
    columns->unwritten = 0;
    if (!lazily)
        return parse_all(data, length, wire_length, link_type, packets, columns, count, JN_ASKED_BOTH);
    columns->unwritten = count < JN_PARSED_MAX ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
    return parse_all(data, length, wire_length, link_type, packets, columns, count, JN_ASKED_COLUMNS);
}

void
jn_parse_fragment(const uint8_t *frame, const struct jn_packet *packet, struct jn_fragment_part *part) {
    const uint8_t *at = frame + packet->fragment_at;
    bool v6 = packet->flags & JN_PACKET_IPV6;
    uint16_t field = jn_be16(at + (v6 ? 2 : 6));
    uint32_t from = packet->fragment_at + (v6 ? JN_IPV6_FRAGMENT_BYTES : jn_ip_header_length(at));
    uint32_t end = packet->l3_offset + packet->ip_length;
    part->id = v6 ? jn_be32(at + 4) : jn_be16(at + 4);
    part->offset = v6 ? field & JN_IPV6_OFFSET : (field & JN_IPV4_OFFSET) * 8u;
    part->more = field & (v6 ? JN_IPV6_MF : JN_IPV4_MF);
    part->length = end > from ? end - from : 0;
    part->header_end = 0;
    if (packet->l4_offset > from)
        part->header_end = packet->l4_offset - from + (packet->flags & JN_PACKET_PORTS ? PORTS_BYTES : 0);
}
