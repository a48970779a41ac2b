// SPDX-License-Identifier: BSD-3-Clause
// The underlay engine: ARP (RFC 826), neighbour discovery (RFC 4861) and ICMP for Junction's own addresses, and the way
// to a peer. Pure: no DPDK, no allocation, no clock, no global; whoever owns the struct calls it from one thread. It
// serves a tunnel port, and any other Ethernet that is given to it as a port.
// Addresses, MACs and frames are in network order, an IPv4 address in the first four bytes; all else is in host order.
// Times are nanoseconds since the epoch.
#pragma once

#include "core/rate.h"
#include "neighbour.h"
#include "packet/headers.h"
#include "packet/packet.h"
#include "underlay/answer_limit.h"

#define JN_UNDERLAY_REQUEST_MAX 90u // bytes of the longest request: Ethernet, tag, IPv6, solicitation with its option

struct jn_underlay_port {
    uint8_t mac[6];
    uint16_t mtu; // bytes of the longest IP packet
};

// One engine. Writer of what it points to: as said at each; of the rest: the thread that calls.
struct jn_underlay {
    struct jn_underlay_port port[JN_MAX_PORTS]; // by port number
    // Bit mask: the ports whose neighbours are this engine's. Of other ports it may be given what is neither ARP nor ICMPv6.
    uint32_t ports;
    const struct jn_underlay_address *addresses; // Junction's own; never written, may be replaced between calls
    uint32_t address_count;
    struct jn_neighbour *neighbours; // entries come and go by jn_neighbour_open and _close alone, never by a packet
    uint32_t neighbour_count;        // up to the highest one in use: each packet for us looks through so many
    struct jn_underlay_counters *counters; // writer: this engine, relaxed
    uint32_t cursor;                       // next neighbour to look at
    uint64_t sweep_ns;                     // when the table was last looked through
    struct jn_rate errors;                 // ICMP errors that are still looked at
    struct jn_answer_limits *limits;       // of answers to each source; NULL: none
    uint32_t network;                      // of these sources, as in struct jn_answer_source
    uint32_t answers_a_second;             // to a source's ARP and neighbour discovery; 0: 100
};

enum jn_underlay_outcome {
    JN_UNDERLAY_NOT_OURS, // not for us, or invalid and addressed to others, too: the packet goes on
    JN_UNDERLAY_LEARNED,  // learned from, and addressed to others, too: the packet goes on
    JN_UNDERLAY_CONSUMED, // for us alone: handled, or ignored and counted
    JN_UNDERLAY_REPLY,    // consumed, and the reply is to be sent by the same port
    JN_UNDERLAY_TUNNEL,   // GRE, UDP to port 4789, or a UDP fragment, to an own address (IPv4 header checksum is right)
    JN_UNDERLAY_ERROR,    // consumed: an ICMP error about what we sent to a peer, see jn_underlay_result
};

enum jn_underlay_error_kind { JN_UNDERLAY_UNREACHABLE, JN_UNDERLAY_TOO_BIG };

struct jn_underlay_result {
    uint8_t *reply;        // caller's memory, not overlapping the frame; a reply is never longer than the frame it
    uint32_t reply_room;   // answers and 8 bytes. One that does not fit in the room is not made, but counted
    uint32_t reply_length; // set with JN_UNDERLAY_REPLY; without padding to Ethernet's 60 bytes
    // Set with JN_UNDERLAY_ERROR.
    enum jn_underlay_error_kind kind;
    uint8_t peer[16];      // where the packet was going that the error quotes
    uint8_t family;        // 4 or 6
    const uint8_t *quoted; // that packet from its IP header on, in the frame: `quoted_length` bytes of it
    uint32_t quoted_length;
    uint32_t mtu; // with TOO_BIG, as the sender says (anyone can send one): 0 when it says nothing
};
