// SPDX-License-Identifier: BSD-3-Clause
// Bursts of the benchmarks: packets that come by port 0 and are to go by port 1, each in memory of its own.
#pragma once

#include <rte_mbuf.h>

#include "core/burst.h"

// A packet of `length` bytes that lie in the frame, which stays the caller's and as it is as long as the packet is used.
static inline void
bench_packet(struct rte_mbuf *mbuf, uint8_t *frame, uint32_t length) {
    *mbuf = (struct rte_mbuf){
        .buf_addr = frame, .data_len = (uint16_t)length, .pkt_len = length, .nb_segs = 1, .refcnt = 1};
}

// All JN_BURST packets, as a port gives them to the first stage.
static inline void
bench_fill(struct jn_burst *burst, struct rte_mbuf *packets) {
    burst->count = JN_BURST;
    burst->port_in = 0;
    burst->port_out = 1;
    burst->link_type = JN_LINKTYPE_ETHERNET;
    burst->lazy = true; // as without gates and with one worker
    for (uint32_t i = 0; i < JN_BURST; i++) {
        burst->mbuf[i] = &packets[i];
        burst->data[i] = packets[i].buf_addr;
        burst->length[i] = burst->bytes[i] = packets[i].data_len;
    }
}
