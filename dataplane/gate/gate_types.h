// SPDX-License-Identifier: BSD-3-Clause
// The engine of one virtual L2 network: ARP (RFC 826) and neighbour discovery (RFC 4861) for Junction's own inner
// addresses and, by proxy, for devices; who is where among the peers; and whether the gateway is there. Pure: no DPDK, no
// allocation, no clock, no global. The worker that owns the gate calls it; other workers only read redirect targets.
// While a policy moves the gate to another worker, both may call. jn_gate_enter then admits one at a time, and refuses
// the older policy once the newer is in use.
// Addresses, MACs and frames are in network order; all else is in host order. Times are nanoseconds since the epoch.
#pragma once

#include "gate.h"

#define JN_GATE_FRAME_MAX   90u // bytes of the longest frame that the engine makes, but for echo replies
#define JN_GATE_REST_MAX_NS UINT64_C(1000000000) // timers run at least this often: the clock may have been set back

// A gate as the policy has it, and what is known of it. Everything is the caller's; state and counters are written.
struct jn_answer_limits;

struct jn_gate_engine {
    const struct jn_gate *gate;
    const struct jn_gate_peer *peers[JN_GATE_PEERS]; // by peer index; NULL: none there
    uint16_t peer_mask;                              // peers whose outer address has a route: the others get nothing
    const struct jn_prefix *subnets;                 // of the devices
    uint32_t subnet_count;
    struct jn_gate_state *state;
    struct jn_gate_counters *counters;
    struct jn_answer_limits *limits; // of the worker that calls; NULL: none
    uint64_t identity;               // of the VPG: state of a former VPG with the same index is discarded
    uint64_t edition;                // by jn_gate_open
    uint64_t tag_seed;               // random, the same for every engine of the process
};

// What is to be sent: one frame, to the peers of a mask (head-end replication, RFC 7348 section 4.2).
struct jn_gate_send {
    uint8_t *frame; // caller's memory, `room` bytes of it
    uint32_t room;
    uint32_t length;    // 0: nothing is to be sent. Without padding
    uint16_t peer_bits; // bit mask of peers
    bool probe;         // of gateway or standby: their health hangs on it
};
