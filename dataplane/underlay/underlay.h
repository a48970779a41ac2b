// SPDX-License-Identifier: BSD-3-Clause
// The underlay engine: ARP (RFC 826), neighbour discovery (RFC 4861) and ICMP for Junction's own addresses, and the way
// to a peer. Pure: no DPDK, no allocation, no clock, no global; whoever owns the struct calls it from one thread. It
// serves a tunnel port, and any other Ethernet that is given to it as a port.
// Addresses, MACs and frames are in network order, an IPv4 address in the first four bytes; all else is in host order.
// Times are nanoseconds since the epoch.
#pragma once

#include "neighbour.h"
#include "packet/headers.h"
#include "packet/parse.h"

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
};

enum jn_underlay_outcome {
    JN_UNDERLAY_NOT_OURS, // nothing for us, or nothing to be believed that others too may read: goes its way
    JN_UNDERLAY_LEARNED,  // taken note of, and it belongs to others as well: goes its way
    JN_UNDERLAY_CONSUMED, // for us alone: done with, or ignored and counted
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
    uint8_t peer[16]; // where the packet was going that the error quotes
    uint8_t family;   // 4 or 6
    uint32_t mtu;     // with TOO_BIG, as the sender says (anyone can send one): 0 when it says nothing
};

// Look at a frame of `length` bytes that came in by `port` (Ethernet, no FCS). parsed: what jn_parse_frame found in it;
// NULL: found out here if need be. Frames to another unicast MAC cost one comparison. The caller sends the reply.
enum jn_underlay_outcome jn_underlay_input(struct jn_underlay *u, uint16_t port, const uint8_t *frame, uint32_t length,
                                           const struct jn_packet *parsed, uint64_t now_ns,
                                           struct jn_underlay_result *result);

// Let time pass: age entries, and make at most one request that is due now, in frame (JN_UNDERLAY_REQUEST_MAX bytes of
// room). Its length, to be sent by *port, or 0: none is due. Call it every round of a loop: it looks through the table
// once a millisecond. An INCOMPLETE entry is asked for at once, then after 1, 1, 1, 2 and 4 s; a REACHABLE one unconfirmed
// for 5 s becomes PROBE, and is asked by unicast every second (RFC 1122 2.3.2.1, RFC 4861 7.3.3); the third time
// unanswered it becomes INCOMPLETE again.
uint32_t jn_underlay_tick(struct jn_underlay *u, uint64_t now_ns, uint8_t frame[JN_UNDERLAY_REQUEST_MAX],
                          uint16_t *port);

// The way to a destination.
struct jn_underlay_path {
    uint8_t next_hop[16]; // gateway, or the destination itself
    uint8_t source[16];   // own address there
    uint8_t family;       // of all three
    uint16_t port;
    uint16_t vlan; // 802.1Q tag, or JN_ANY_VLAN: untagged
};

// Longest prefix match over the connected subnets of own addresses, and static routes; of equal length the connected
// one, then the first. A route whose gateway is in no connected subnet of its port (nor link-local, IPv6) is passed over.
// 0, -ENETUNREACH (no route), or -EINVAL: no address to send to (own, multicast, broadcast, loopback, unspecified).
// Main thread; reads nothing but its arguments.
int jn_underlay_route(const struct jn_underlay_address *addresses, uint32_t address_count,
                      const struct jn_route *routes, uint32_t route_count, const uint8_t destination[16],
                      uint8_t family, struct jn_underlay_path *path);

// Main thread: the number of the path's next hop in the table, found, or made as INCOMPLETE in the lowest free entry.
// -ENOSPC when none is free.
int jn_neighbour_open(struct jn_neighbour *neighbours, uint32_t count, const struct jn_underlay_path *path);

// Main thread: let go of an entry. It may be opened again for another next hop only when every worker has passed a round
// since (its acknowledgement of a policy says so): one may just be writing to it.
void jn_neighbour_close(struct jn_neighbour *neighbour);
