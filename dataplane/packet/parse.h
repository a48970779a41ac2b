// SPDX-License-Identifier: BSD-3-Clause
// From a frame's bytes to what the later stages need. Pure: no state, no DPDK, nothing read beyond `length`.
#pragma once

#include "packet/packet.h"

#define JN_PARSED_MAX 64u

// What later stages ask of each packet of a burst, a column each, so that vectors take several at once. It says nothing that
// the packet does not.
struct jn_columns {
    uint64_t unwritten; // bit i: packet i was not written, being IPv4 of which the columns say all that is mostly asked
    uint32_t kind[JN_PARSED_MAX];      // jn_packet_kind
    uint32_t ip_length[JN_PARSED_MAX]; // bytes; of what is no IP 0
    uint64_t addresses[JN_PARSED_MAX]; // of IPv4 alone: source, destination, 4 bytes each as in the frame
    uint32_t ports[JN_PARSED_MAX];     // port[] of the packet, each in network order
    uint16_t vlan_tci[JN_PARSED_MAX];
    uint8_t tcp_flags[JN_PARSED_MAX];
};

// Parse `count` frames as jn_parse_frame does, with a fast path for common frames. Returns the exceptions of all of
// them.
uint32_t jn_parse_frames(const uint8_t *const *data, const uint32_t *length, const uint32_t *wire_length,
                         enum jn_link_type link_type, struct jn_packet *packets, unsigned int count);

// The same for up to JN_PARSED_MAX frames, and their columns. lazily: the packets of common frames of IPv4 are not written,
// which costs a cache line each; columns->unwritten tells.
__attribute__((nonnull)) uint32_t jn_parse_burst(const uint8_t *const *data, const uint32_t *length,
                                                 const uint32_t *wire_length, enum jn_link_type link_type,
                                                 struct jn_packet *packets, struct jn_columns *columns,
                                                 unsigned int count, bool lazily);

// Packet i has changed since it was parsed: its columns.
void jn_columns_set(struct jn_columns *columns, unsigned int i, const struct jn_packet *packet);

// Parse the first `length` bytes of a frame that had `wire_length` bytes on the wire (a capture may hold fewer). The two may
// contradict each other: a frame had at least `length` bytes, whatever `wire_length` says.
// Never fails: what cannot be parsed has its bit in `exceptions` and lacks the flags that depend on it.
void jn_parse_frame(const uint8_t *data, uint32_t length, uint32_t wire_length, enum jn_link_type link_type,
                    struct jn_packet *packet);

// Where a fragment lies in its datagram, in bytes of what was fragmented.
struct jn_fragment_part {
    uint32_t id;         // identification
    uint32_t offset;     // a multiple of 8
    uint32_t length;     // as the IP header says
    uint32_t header_end; // of a first fragment: where what rules look at ends, if other headers come before it; else 0
    bool more;
};

// Of a packet with JN_PACKET_FRAGMENT that jn_parse_frame found in that frame.
void jn_parse_fragment(const uint8_t *frame, const struct jn_packet *packet, struct jn_fragment_part *part);
