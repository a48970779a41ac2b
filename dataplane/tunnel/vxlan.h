// SPDX-License-Identifier: BSD-3-Clause
// VXLAN (RFC 7348) over IPv4 or IPv6: the outer header of what goes to a peer of the virtual L2 network, and the checks of
// what comes from one. All that stays the same for a peer is a template, made once a policy; a packet costs a move of
// fixed size and a few stores, over IPv6 also a sum over its bytes. Pure: no DPDK, no state, no allocation.
// Addresses, MACs and frames are in network order, an IPv4 address in the first four bytes; all else is in host order.
#pragma once

#include "gate.h"
#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/packet.h"
#include "tunnel/quote.h"

// Scratch before an inner IP packet, or before a whole inner frame: the header is its end, what is before the header is
// overwritten.
#define JN_VXLAN_ROOM       96u
#define JN_VXLAN_FRAME_ROOM (JN_VXLAN_ROOM - 14u)

#define JN_VXLAN_FIRST_PORT 49152u // RFC 7348 section 5: source ports are from 49152-65535

struct jn_vxlan_settings {
    uint8_t source[16], peer[16]; // outer addresses
    uint8_t family;               // of both: 4 or 6
    uint8_t ttl, dscp;            // of the outer header; its ECN bits are 0 (RFC 6040 section 4.1, compatibility mode)
    bool fixed_port;              // source port 4789 instead of one by flow
    uint8_t source_mac[6];        // of the tunnel port
    uint8_t inner_mac[6];         // own, on the virtual network
    uint16_t vlan_tci;            // TCI of the underlay's tag, or JN_VLAN_ID_NONE: untagged
    uint32_t vni;                 // up to JN_VXLAN_MAX_VNI
    uint32_t mtu;                 // of the underlay: bytes of the longest outer IP packet
};

// A peer's header, right-aligned in its room: every field after the outer IP header stands at a fixed place.
struct jn_vxlan {
    uint8_t header[JN_VXLAN_ROOM]; // ends with the inner Ethernet header
    uint16_t inner_mtu;            // longest inner IP packet whose outer one fits the underlay's MTU; 0: none does
    uint16_t inner_whole;          // longest inner IP packet that an outer one holds, in however many fragments
    uint16_t overhead;             // outer IP packet beyond the inner IP packet: 50 bytes, or 70 over IPv6
    uint16_t sum; // IPv4: of the header with length and checksum 0; IPv6: of what of the UDP sum is known
    uint16_t inner_mac_sum;
    uint16_t source_head, inner_head; // first two bytes of the two source MACs
    uint16_t port_first, port_mask;   // source port: first, plus as much of the hash as the mask leaves
    uint8_t length;                   // of the header, inner Ethernet header with it
    bool v6;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct jn_vxlan) == 128, "two cache lines");

// Main thread. Identification 0 and DF on outer IPv4 (an atomic datagram, RFC 6864 section 4.1), its UDP checksum 0
// (RFC 7348 section 5). An outer frame that is to be fragmented after all goes through jn_fragments_begin (ip_fragment.h).
void jn_vxlan_prepare(struct jn_vxlan *v, const struct jn_vxlan_settings *settings);

// Does an ICMP error quote a packet with this header: addresses, ports and lengths of UDP, and flags and VNI as far as they are
// quoted?
bool jn_vxlan_is_quoted(const struct jn_vxlan *v, const struct jn_quote *quote);

// UDP source port for a flow's hash: both directions of a flow have one hash, so they have one port. Every bit of the
// hash counts: the port is 49152 + (hash * 0x9e3779b1 mod 2^32) / 2^18.
static inline uint32_t
jn_vxlan_spread(uint32_t hash) {
    return hash * 0x9e3779b1u >> 18;
}

static inline uint16_t
jn_vxlan_source_port(const struct jn_vxlan *v, uint32_t hash) {
    return (uint16_t)(v->port_first + (jn_vxlan_spread(hash) & v->port_mask));
}

// One packet or frame on its way to a peer.
struct jn_vxlan_send {
    uint64_t state_mac; // outer next hop, as jn_neighbour_state_mac has it: MAC in the low 48 bits, first byte highest
    uint64_t gateway;   // inner destination MAC, in the same form. Not used for a whole frame
    uint32_t length;    // bytes of the IP packet or of the frame
    uint32_t hash;      // of its flow
    uint16_t type;      // EtherType of the IP packet. Not used for a whole frame
};

// The sum of a MAC's three words, not folded.
static inline uint32_t
jn_vxlan_mac_sum(uint64_t state_mac) {
    return (uint32_t)((state_mac >> 32 & 0xffff) + (state_mac >> 16 & 0xffff) + (state_mac & 0xffff));
}

// Of the two functions below: fill in the outer header that ends before `inner`. `frame_length`, `sum`: of the inner
// frame, its Ethernet header with it; `sum` not yet folded, only over IPv6.
static inline void
jn_vxlan_patch(const struct jn_vxlan *v, uint8_t *inner, const struct jn_vxlan_send *send, uint32_t frame_length,
               uint32_t sum) {
    uint8_t *udp = inner - 16, *ethernet = inner + 14 - v->length;
    uint64_t macs = htobe64(send->state_mac << 16 | v->source_head);
    uint32_t udp_length = 16 + frame_length, port = jn_vxlan_source_port(v, send->hash);
    memcpy(ethernet, &macs, sizeof(macs));
    jn_put_be16(udp, port);
    jn_put_be16(udp + 4, udp_length);
    if (!v->v6) {
        sum = v->sum + udp_length + 20; // of two 16-bit numbers: one fold is enough
        jn_put_be16(udp - 18, udp_length + 20);
        jn_put_be16(udp - 10, ~((sum & 0xffff) + (sum >> 16)));
        return;
    }
    jn_put_be16(udp - 36, udp_length);
    sum += v->sum + port + 2 * udp_length; // the length counts in the pseudo-header, and in the UDP header
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    jn_put_be16(udp + 6, sum != 0 ? sum : 0xffff); // RFC 8200 section 8.1
}

// As jn_vxlan_write_packet, for a packet in pieces (jn_checksum_join): `sum` of all its bytes; any value over IPv4.
static inline uint32_t
jn_vxlan_write_packet_summed(const struct jn_vxlan *v, uint8_t *packet, const struct jn_vxlan_send *send,
                             uint16_t sum) {
    uint8_t *inner = packet - 14;
    uint64_t macs = htobe64(send->gateway << 16 | v->inner_head);
    memcpy(packet - JN_VXLAN_ROOM, v->header, JN_VXLAN_ROOM);
    memcpy(inner, &macs, sizeof(macs));
    jn_put_be16(inner + 12, send->type);
    jn_vxlan_patch(v, inner, send, 14 + send->length,
                   (uint32_t)sum + jn_vxlan_mac_sum(send->gateway) + v->inner_mac_sum + send->type);
    return v->length;
}

// Write the outer and the inner Ethernet header before an IP packet of send->length bytes, which are at hand in one piece
// and are not written. JN_VXLAN_ROOM bytes before `packet` are overwritten. Returns how many bytes before it the outer
// frame begins. The caller has compared the length: up to v->inner_mtu, or v->inner_whole when the outer frame is to be
// fragmented.
static inline uint32_t
jn_vxlan_write_packet(const struct jn_vxlan *v, uint8_t *packet, const struct jn_vxlan_send *send) {
    return jn_vxlan_write_packet_summed(v, packet, send, v->v6 ? jn_checksum_sum(packet, send->length) : 0);
}

// Write the outer header before a whole inner frame (ARP, neighbour discovery) of send->length bytes in one piece.
// JN_VXLAN_FRAME_ROOM bytes before `frame` are overwritten. Returns how many bytes before it the outer frame begins.
static inline uint32_t
jn_vxlan_write_frame(const struct jn_vxlan *v, uint8_t *frame, const struct jn_vxlan_send *send) {
    memcpy(frame - JN_VXLAN_FRAME_ROOM, v->header, JN_VXLAN_FRAME_ROOM);
    jn_vxlan_patch(v, frame, send, send->length, v->v6 ? jn_checksum_sum(frame, send->length) : 0);
    return v->length - 14u;
}

enum jn_vxlan_outcome {
    JN_VXLAN_PACKET, // an IP packet to our own MAC
    JN_VXLAN_ARP,    // to our own MAC or to a group, as `group` says; what is behind the Ethernet header is not checked
    JN_VXLAN_ND,     // neighbour solicitation or advertisement, likewise
#define X(id, word, text) JN_VXLAN_REFUSED_##id,
    JN_VXLAN_REFUSALS(X)
#undef X
        JN_VXLAN_OUTCOMES
};
#define JN_VXLAN_FIRST_REFUSAL JN_VXLAN_REFUSED_OUTER_FRAGMENT

// The word of a refusal, as in the list; "unknown" for all else.
const char *jn_vxlan_refusal_word(unsigned int outcome);

// What is expected of packets from one virtual network.
struct jn_vxlan_expected {
    uint32_t vni;
    uint8_t mac[6];          // own, on the virtual network
    bool zero_checksum_ipv6; // RFC 6935: outer IPv6 packets may come without UDP checksum
};

struct jn_vxlan_inner {
    uint32_t offset;         // of the inner frame, from the outer frame's first byte
    uint32_t length;         // of the inner frame; it may be longer than its IP packet
    bool group;              // to a group MAC
    struct jn_packet packet; // of IP: what jn_parse_frame found, offsets from the inner frame's first byte
};

// Check what came from a peer: `frame`, `length`: the outer Ethernet frame, in one piece; `outer`: what jn_parse_frame
// found in it. That it is UDP to one of our addresses and port 4789, from a peer's address, the caller has seen. `inner` is
// set when the outcome is no refusal. Reserved flags and fields of the VXLAN header are ignored (RFC 7348 section 5).
// An inner packet may have exceptions about what follows its IP header: like any such packet it is forwarded.
enum jn_vxlan_outcome jn_vxlan_parse(const struct jn_vxlan_expected *vnet, const uint8_t *frame, uint32_t length,
                                     const struct jn_packet *outer, struct jn_vxlan_inner *inner);
