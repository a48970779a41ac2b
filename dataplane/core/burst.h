// SPDX-License-Identifier: BSD-3-Clause
// A burst: what the stages learn about up to 64 packets that came in by one port. Structure of arrays.
#pragma once

#include "packet/parse.h"

#define JN_BURST     64u
#define JN_NO_VPG    0xffffu
#define JN_NO_PORT   0xffffu
#define JN_FLOW_NONE UINT32_MAX

struct jn_worker;
struct rte_mbuf;

struct jn_burst {
    unsigned int count;
    uint16_t port_in, port_out; // port_out: JN_NO_PORT when port_in belongs to no wire
    uint16_t wire;
    bool from_network;
    bool captured; // a replay's: what is not at `data` is nowhere; else it is in the frame's further buffers
    bool lazy;     // packets are mostly not asked for: jn_parse_burst
    bool placed;   // vlan_id[] is known
    enum jn_link_type link_type; // Ethernet but in a replay
    uint32_t exceptions;         // of all its packets together
    struct rte_mbuf *mbuf[JN_BURST];
    const uint8_t *data[JN_BURST];
    uint32_t length[JN_BURST];  // bytes to be read at data
    uint32_t bytes[JN_BURST];   // of the frame on the wire: no fewer
    uint16_t vpg_idx[JN_BURST]; // index of its VPG, or JN_NO_VPG
    uint16_t verdict[JN_BURST]; // enum jn_verdict_bits
    uint32_t flow[JN_BURST];    // entry number, or JN_FLOW_NONE
    uint16_t vlan_id[JN_BURST]; // as jn_packet has it; by the flow stage
    struct jn_columns columns;
    struct jn_packet parsed[JN_BURST]; // by jn_burst_packet; of IPv6 always written
};
_Static_assert(JN_BURST == JN_PARSED_MAX, "a column has room for a burst");

// Stage: what each packet of the burst is, by its bytes alone.
static inline void
jn_stage_parse(struct jn_worker *worker, struct jn_burst *burst) {
    (void)worker;
    burst->placed = false;
    burst->exceptions = jn_parse_burst(burst->data, burst->length, burst->bytes, burst->link_type, burst->parsed,
                                       &burst->columns, burst->count, burst->lazy);
}

// Write what the parser has left.
static inline void
jn_burst_write(struct jn_burst *burst, unsigned int i) {
    jn_parse_frames(&burst->data[i], &burst->length[i], &burst->bytes[i], burst->link_type, &burst->parsed[i], 1);
    if (burst->placed)
        burst->parsed[i].vlan_id = burst->vlan_id[i];
    burst->columns.unwritten &= ~(UINT64_C(1) << i);
}

// Packet i, until its frame leaves. Where it is not written yet, it is now, also of a burst that nothing else is changed in.
static inline struct jn_packet *
jn_burst_packet(const struct jn_burst *burst, unsigned int i) {
    struct jn_burst *b = (struct jn_burst *)(uintptr_t)burst;
    if (__builtin_expect(b->columns.unwritten >> i & 1, 0))
        jn_burst_write(b, i);
    return &b->parsed[i];
}

// Packet `from` becomes packet `to`, as it was received and parsed: what is not kept leaves the burst.
static inline void
jn_burst_move(struct jn_burst *burst, unsigned int to, unsigned int from) {
    burst->parsed[to] = *jn_burst_packet(burst, from);
    burst->columns.unwritten &= ~(UINT64_C(1) << to);
    burst->mbuf[to] = burst->mbuf[from];
    burst->data[to] = burst->data[from];
    burst->length[to] = burst->length[from];
    burst->bytes[to] = burst->bytes[from];
    jn_columns_set(&burst->columns, to, &burst->parsed[to]);
}
