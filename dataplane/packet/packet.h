// SPDX-License-Identifier: BSD-3-Clause
// What is known of a packet once its frame is parsed. Pure: no state, no DPDK.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "address.h"
#include "packet/headers.h"
#include "packet/keyed_hash.h"

// Link types of captures: X(ID, LINKTYPE_ number, "name"). A port has Ethernet alone.
#define JN_LINK_TYPES(X)                                                                                               \
    X(BSD_LOOPBACK, 0, "BSD loopback")                                                                                 \
    X(ETHERNET, 1, "Ethernet")                                                                                         \
    X(PPP, 9, "PPP")                                                                                                   \
    X(RAW_IP_12, 12, "raw IP")                                                                                         \
    X(RAW_IP_14, 14, "raw IP")                                                                                         \
    X(PPP_HDLC, 50, "PPP in HDLC")                                                                                     \
    X(PPPOE, 51, "PPPoE")                                                                                              \
    X(RAW_IP, 101, "raw IP")                                                                                           \
    X(CISCO_HDLC, 104, "Cisco HDLC")                                                                                   \
    X(OPENBSD_LOOPBACK, 108, "OpenBSD loopback")                                                                       \
    X(COOKED_V1, 113, "Linux cooked v1")                                                                               \
    X(PPP_PPPD, 166, "PPP of pppd")                                                                                    \
    X(PPP_DIRECTION, 204, "PPP with direction")                                                                        \
    X(IPV4, 228, "raw IPv4")                                                                                           \
    X(IPV6, 229, "raw IPv6")                                                                                           \
    X(COOKED_V2, 276, "Linux cooked v2")

enum jn_link_type {
#define X(id, number, name) JN_LINKTYPE_##id = (number),
    JN_LINK_TYPES(X)
#undef X
};

static inline bool
jn_link_type_known(unsigned int number) {
    switch (number) {
#define X(id, number, name) case JN_LINKTYPE_##id:
        JN_LINK_TYPES(X)
#undef X
        return true;
    default: return false;
    }
}

enum jn_packet_flags {
    JN_PACKET_IP = 1u << 0, // an IPv4 or IPv6 header that can be believed
    JN_PACKET_IPV6 = 1u << 1,
    JN_PACKET_VLAN = 1u << 2,
    JN_PACKET_MPLS = 1u << 3,
    JN_PACKET_PPPOE = 1u << 4,
    JN_PACKET_FRAGMENT = 1u << 5,
    JN_PACKET_LATER_FRAGMENT = 1u << 6, // offset not zero: no transport header
    JN_PACKET_PORTS = 1u << 7,          // port[] holds ports, or type and counterpart or code of ICMP
    JN_PACKET_ONE_WAY = 1u << 8,        // ICMP type without a counterpart
    JN_PACKET_TCP = 1u << 9,            // tcp_flags is valid
    // A first fragment that ends before what rules look at: the datagram goes on, and its ports come in another one. The flow
    // stage also finds packets whose headers are out of reach.
    JN_PACKET_HEADERLESS = 1u << 10,
};

struct jn_packet {
    uint32_t flags;      // enum jn_packet_flags
    uint32_t exceptions; // bit mask of enum jn_exception: what could not be understood
    uint32_t ip_length;  // IPv4 total length, IPv6 payload length + 40; of a jumbogram (RFC 2675) what the frame holds
    uint16_t l3_offset;
    uint16_t l4_offset;   // 0 when there is none
    uint16_t vlan_tci;    // outer tag's TCI, JN_VLAN_TCI_NONE when untagged
    uint16_t port[2];     // source, destination; host order
    uint16_t fragment_at; // of a fragment: offset of the IPv4 header or of the IPv6 fragment header
    uint16_t vlan_id;     // of its flow's identity (jn_vlan_flow_id): the VPG says it, not the bytes
    uint8_t protocol;     // IPv4 protocol, or the last IPv6 next header
    uint8_t dscp;
    uint8_t tcp_flags;
    uint8_t reserved[3];
    uint8_t address[2][16]; // source, destination; network order, IPv4 in the first four bytes
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct jn_packet) == 64, "one cache line");

// Of a packet with JN_PACKET_IP.
static inline uint8_t
jn_packet_family(const struct jn_packet *packet) {
    return jn_family(packet->flags & JN_PACKET_IPV6);
}

// Nobody knows what a packet without transport header is: protocol 44 (IPv6-Frag), and no ports.
static inline void
jn_packet_make_headerless(struct jn_packet *packet) {
    packet->flags = (packet->flags & ~(uint32_t)(JN_PACKET_PORTS | JN_PACKET_ONE_WAY)) | JN_PACKET_HEADERLESS;
    packet->protocol = JN_IP_FRAGMENT;
    packet->port[0] = packet->port[1] = 0;
}

// Is it a neighbour solicitation or advertisement?
static inline bool
jn_packet_is_nd(const struct jn_packet *packet) {
    return packet->protocol == JN_IP_ICMPV6 && (packet->flags & JN_PACKET_PORTS) && (packet->flags & JN_PACKET_IPV6) &&
           (packet->port[0] == JN_ICMP6_NEIGHBOUR_SOLICITATION || packet->port[0] == JN_ICMP6_NEIGHBOUR_ADVERTISEMENT);
}

// The protocol a packet is counted under: that of its IP header chain as it stands in this packet. An IPv4 later fragment
// names its transport; an IPv6 one ends in a Fragment header (44), as RFC 8200 section 4.5 has it, and so it is counted.
static inline uint8_t
jn_packet_counted_protocol(const struct jn_packet *packet) {
    bool v6_later = (packet->flags & JN_PACKET_IPV6) && (packet->flags & JN_PACKET_LATER_FRAGMENT);
    return v6_later ? JN_IP_FRAGMENT : packet->protocol;
}

// What counters ask of each packet, in one word: its flags in the low half, and of IP the protocol that it is counted under.
#define JN_KIND_PROTOCOL_SHIFT 16u

static inline uint32_t
jn_packet_kind(const struct jn_packet *packet) {
    uint32_t protocol = packet->flags & JN_PACKET_IP ? jn_packet_counted_protocol(packet) : 0;
    return packet->flags | protocol << JN_KIND_PROTOCOL_SHIFT;
}

// A hash of both addresses, the same either way round, for all packets of a flow and for its fragments.
static inline uint32_t
jn_packet_address_hash(const struct jn_hash_key *key, const struct jn_packet *packet) {
    uint64_t a = jn_hash_address(key, packet->address[0]), b = jn_hash_address(key, packet->address[1]);
    return (uint32_t)(jn_hash_mix(a ^ key->word[2], b ^ key->word[2]) >>
                      32); // a sum would be the same for one sum of addresses
}
