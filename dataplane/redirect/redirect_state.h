// SPDX-License-Identifier: BSD-3-Clause
// What each worker keeps of redirection: buffers of its own, what came back in this burst, and whose its counters are.
#pragma once

#include "core/burst.h"
#include "core/worker.h"
#include "gate/network.h"
#include "gate/want.h"

#define JN_RETURNED   64u                   // as many as a burst has
#define JN_RELEARN_NS UINT64_C(60000000000) // every packet is looked at for so long

struct jn_reassembly;

// What is let in from a network and waits to be sent on, structure of arrays. mbuf: at the inner frame.
struct jn_returned {
    unsigned int count;
    struct rte_mbuf *mbuf[JN_RETURNED];
    const struct jn_network *network[JN_RETURNED];
    uint16_t slot[JN_RETURNED];
    struct jn_packet packet[JN_RETURNED];
};

// ICMP answers that may still be sent.
struct jn_answers {
    uint64_t filled_ns;
    uint32_t tokens;
};

// Whose a gate's counters are: hashes of VPG and peers' outer addresses.
struct jn_met {
    uint64_t network, peer[JN_GATE_PEERS];
};

struct jn_redirect {
    struct jn_gate_counters *counters; // by slot; this worker's in the region
    struct jn_wants *wants;            // shared
    struct jn_reassembly *reassembly;  // of outer fragments; NULL: none is done
    uint64_t relearn_until_ns;  // flows are to be shown to have the Ethernet addresses of their packets till then
    uint32_t cursor;            // next gate to look after
    struct jn_answers *answers; // by slot
    struct jn_met *met;         // by slot
    struct jn_returned returned;
};
