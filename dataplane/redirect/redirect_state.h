// SPDX-License-Identifier: BSD-3-Clause
// What each worker keeps of redirection: buffers of its own, what came back in this burst, and whose its counters are.
#pragma once

#include "core/burst.h"
#include "core/rate.h"
#include "core/worker.h"
#include "flow/flow_table.h"
#include "gate/resolution.h"
#include "gate/vnet.h"

#define JN_REINJECT_MAX 64u                   // as many as a burst has
#define JN_RELEARN_NS   UINT64_C(60000000000) // every packet is looked at for so long

struct jn_reassembly;

// Packets from virtual networks that wait for reinjection, in their order; structure of arrays. Those that have a flow have a
// key, which names them by its `at`.
struct jn_reinject {
    unsigned int count, keys;
    struct rte_mbuf *mbuf[JN_REINJECT_MAX];
    const struct jn_vnet *vnet[JN_REINJECT_MAX];
    uint16_t
        inner_at[JN_REINJECT_MAX]; // 0: mbuf is at the inner frame; else how far behind it is, and nothing is parsed
    uint16_t ip_length[JN_REINJECT_MAX];
    struct jn_flow_key key[JN_REINJECT_MAX];
    struct jn_packet packet[JN_REINJECT_MAX];
};

// Whose a gate's counters are: hashes of VPG and peers' outer addresses.
struct jn_gate_counted {
    uint64_t vnet, peer[JN_GATE_PEERS];
    uint32_t attached; // to the network of the policy with that generation; 0: never
};

struct jn_redirect {
    struct jn_gate_counters *counters;  // by VPG index; this worker's in the region
    struct jn_resolutions *resolutions; // shared
    struct jn_reassembly *reassembly;   // of outer fragments; NULL: none is done
    uint64_t relearn_until_ns;          // until then every packet's MAC addresses are compared with its flow's
    uint32_t cursor;                    // next gate to look after
    struct jn_rate *answers;            // by VPG index: ICMP answers that may still be sent
    struct jn_gate_counted *counted;    // by VPG index
    struct jn_reinject reinject;
};
