// SPDX-License-Identifier: BSD-3-Clause
#include "packet/unfinished.h"

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/ip.h"
#include "packet/parse.h"

enum { TUNNELS_MAX = 4, TCP_FIELD = 16, UDP_FIELD = 6, SCTP_FIELD = 8, SCTP_BYTES = 12, ROUTING_SRH = 4 };
enum { GRE_CHECKSUM = 0x8000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000, GRE_VERSION = 0x0007 };
enum { VXLAN_OLD_PORT = 8472, VXLAN_GPE_PORT = 4790, GENEVE_PORT = 6081, TUNNEL_BYTES = 8 };

// The transport of a packet that lies whole in the frame.
struct transport {
    const uint8_t *ip;
    const struct jn_packet *packet;
    const uint8_t *at;
    uint32_t length;
};

static bool find(const uint8_t *data, uint32_t length, const struct jn_packet *packet, unsigned int depth,
                 struct jn_finish *finish);

// The destination is the last one of a route that is not at its end (RFC 8200 section 8.1). A segment list (RFC 8754)
// stands in reverse order.
static const uint8_t *
last_destination(const struct transport *t) {
    const uint8_t *header = t->ip + JN_IPV6_BYTES, *destination = t->ip + 24;
    uint8_t next = t->ip[6];
    while (header < t->at) {
        uint32_t size = next == JN_IP_AH         ? (header[1] + 2u) * 4u
                        : next == JN_IP_FRAGMENT ? JN_IPV6_FRAGMENT_BYTES
                                                 : (header[1] + 1u) * 8u;
        if (next == JN_IP_ROUTING && header[3] != 0 && size >= 24)
            destination = header[2] == ROUTING_SRH ? header + 8 : header + (size - 8) / 16 * 16 - 8;
        next = header[0];
        header += size;
    }
    return destination;
}

static uint16_t
pseudo_header(const struct transport *t, uint8_t protocol, uint32_t length) {
    uint32_t rest = (uint32_t)jn_checksum_add(length >> 16, length & 0xffff) + protocol;
    if (!(t->packet->flags & JN_PACKET_IPV6))
        return jn_checksum_add(jn_checksum_sum(t->ip + 12, 8), rest);
    if (t->at == t->ip + JN_IPV6_BYTES)
        return jn_checksum_add(jn_checksum_sum(t->ip + 8, 32), rest);
    uint16_t ends = jn_checksum_add(jn_checksum_sum(t->ip + 8, 16), jn_checksum_sum(last_destination(t), 16));
    return jn_checksum_add(ends, rest);
}

// covered: bytes from the header on.
static bool
finish_sum(const struct transport *t, uint8_t protocol, uint32_t field, uint32_t covered, struct jn_finish *finish) {
    uint16_t found = jn_be16(t->at + field), checksum;
    if (found != pseudo_header(t, protocol, covered))
        return false;
    checksum = jn_checksum(t->at, covered);
    if (checksum == found || (checksum == 0 && found == 0xffff)) // right by chance, 0 written either way
        return false;
    if (checksum == 0 && protocol == JN_IP_UDP) // 0 says that there is none (RFC 768)
        checksum = 0xffff;
    *finish =
        (struct jn_finish){.at = field, .length = 2, .bytes = {(uint8_t)(checksum >> 8), (uint8_t)(checksum & 0xff)}};
    return true;
}

// CRC32c (RFC 9260 appendix A), four bits at a time.
static uint32_t
crc32c(const uint8_t *bytes, uint32_t length) {
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

// The kernel leaves 0. Who sends 0 by agreement (RFC 9653) reads a right one as well.
static bool
finish_sctp(const struct transport *t, struct jn_finish *finish) {
    if (t->length <= SCTP_BYTES || jn_be32(t->at + SCTP_FIELD) != 0)
        return false;
    uint32_t crc = crc32c(t->at, t->length);
    *finish = (struct jn_finish){.at = SCTP_FIELD, .length = 4};
    for (unsigned int i = 0; i < 4; i++)
        finish->bytes[i] = (uint8_t)(crc >> i * 8);
    return true;
}

// What is `skip` bytes behind the transport header, of an EtherType: bridged frames and IP.
static bool
find_inner(const struct transport *t, uint32_t skip, uint16_t type, unsigned int depth, struct jn_finish *finish) {
    uint8_t family = jn_family_of_type(type);
    struct jn_packet inner;
    if (depth == TUNNELS_MAX || skip >= t->length || (family == 0 && type != JN_ETHER_BRIDGED))
        return false;
    const uint8_t *data = t->at + skip;
    uint32_t length = t->length - skip;
    jn_parse_frame(data, length, length,
                   family == 4   ? JN_LINKTYPE_IPV4
                   : family == 6 ? JN_LINKTYPE_IPV6
                                 : JN_LINKTYPE_ETHERNET,
                   &inner);
    if (!find(data, length, &inner, depth + 1, finish))
        return false;
    finish->at += skip;
    return true;
}

// VXLAN (RFC 7348), its generic extension and Geneve (RFC 8926): the port tells.
static bool
find_in_udp(const struct transport *t, uint32_t covered, unsigned int depth, struct jn_finish *finish) {
    static const uint16_t gpe_types[] = {0, JN_ETHER_IPV4, JN_ETHER_IPV6, JN_ETHER_BRIDGED};
    const uint8_t *tunnel = t->at + JN_UDP_BYTES;
    uint32_t skip = JN_UDP_BYTES + TUNNEL_BYTES;
    uint16_t port = jn_be16(t->at + 2), type = JN_ETHER_BRIDGED;
    if (covered <= skip)
        return false;
    if (port == GENEVE_PORT) {
        type = jn_be16(tunnel + 2);
        skip += (tunnel[0] & 63u) * 4u;
    } else if (port == VXLAN_GPE_PORT) {
        type = tunnel[3] < sizeof(gpe_types) / sizeof(gpe_types[0]) ? gpe_types[tunnel[3]] : 0;
    } else if (port != JN_VXLAN_PORT && port != VXLAN_OLD_PORT) {
        return false;
    }
    if (!find_inner(t, skip, type, depth, finish))
        return false;
    // The kernel's outer checksum is one that becomes right when the inner one is finished.
    bool right = jn_checksum_add(pseudo_header(t, JN_IP_UDP, covered), jn_checksum_sum(t->at, covered)) == UINT16_MAX;
    return jn_be16(t->at + UDP_FIELD) == 0 || !right;
}

static bool
find_udp(const struct transport *t, unsigned int depth, struct jn_finish *finish) {
    uint32_t covered = t->length >= JN_UDP_BYTES ? jn_be16(t->at + 4) : 0;
    if (covered < JN_UDP_BYTES || covered > t->length)
        return false;
    return finish_sum(t, JN_IP_UDP, UDP_FIELD, covered, finish) || find_in_udp(t, covered, depth, finish);
}

// GRE (RFC 2784, RFC 2890); ERSPAN of type II has a sequence number and 8 bytes, type III 12 and maybe 8 more.
static bool
find_in_gre(const struct transport *t, unsigned int depth, struct jn_finish *finish) {
    uint32_t skip = 4;
    if (t->length < skip + 4 * 3 + 12)
        return false;
    uint16_t flags = jn_be16(t->at), type = jn_be16(t->at + 2);
    if (flags & GRE_VERSION)
        return false;
    skip += (flags & GRE_CHECKSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) + (flags & GRE_SEQUENCE ? 4 : 0);
    if (type == JN_ETHER_ERSPAN2 || type == JN_ETHER_ERSPAN3) {
        bool more = type == JN_ETHER_ERSPAN3 && (t->at[skip + 11] & 1);
        skip += type == JN_ETHER_ERSPAN3 ? (more ? 20 : 12) : flags & GRE_SEQUENCE ? 8 : 0;
        type = JN_ETHER_BRIDGED;
    }
    if (!find_inner(t, skip, type, depth, finish))
        return false;
    return !(flags & GRE_CHECKSUM) || jn_checksum(t->at, t->length) != 0;
}

static bool
find_in_transport(const struct transport *t, unsigned int depth, struct jn_finish *finish) {
    switch (t->packet->protocol) {
    case JN_IP_TCP: return t->length >= JN_TCP_BYTES && finish_sum(t, JN_IP_TCP, TCP_FIELD, t->length, finish);
    case JN_IP_UDP: return find_udp(t, depth, finish);
    case JN_IP_SCTP: return finish_sctp(t, finish);
    case JN_IP_GRE: return find_in_gre(t, depth, finish);
    case JN_IP_IPIP: return find_inner(t, 0, JN_ETHER_IPV4, depth, finish);
    case JN_IP_IPV6: return find_inner(t, 0, JN_ETHER_IPV6, depth, finish);
    default: return false;
    }
}

static bool
find(const uint8_t *data, uint32_t length, const struct jn_packet *packet, unsigned int depth,
     struct jn_finish *finish) {
    if (packet->l4_offset == 0 || (packet->flags & (JN_PACKET_IP | JN_PACKET_FRAGMENT)) != JN_PACKET_IP)
        return false;
    uint32_t header = (uint32_t)packet->l4_offset - packet->l3_offset;
    if (packet->ip_length < header || packet->ip_length > length - packet->l3_offset)
        return false;
    const struct transport t = {.ip = data + packet->l3_offset,
                                .packet = packet,
                                .at = data + packet->l4_offset,
                                .length = packet->ip_length - header};
    if (!find_in_transport(&t, depth, finish))
        return false;
    finish->at += packet->l4_offset;
    return true;
}

bool
jn_find_unfinished(const uint8_t *frame, uint32_t length, const struct jn_packet *packet, struct jn_finish *finish) {
    return find(frame, length, packet, 0, finish);
}
