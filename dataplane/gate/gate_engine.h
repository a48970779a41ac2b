// SPDX-License-Identifier: BSD-3-Clause
// The engine of one virtual L2 network: ARP (RFC 826) and neighbour discovery (RFC 4861) for Junction's own inner
// addresses and, by proxy, for devices; who is where among the peers; and whether the gateway is there. Pure: no DPDK, no
// allocation, no clock, no global. Called by the worker that owns the gate alone; what other workers read are the way words.
// When a policy comes that gives the gate to another worker, both may call for a moment: one at a time is let in, and the
// one with the older policy no more once the newer is in use.
// Addresses, MACs and frames are in network order; all else is in host order. Times are nanoseconds since the epoch.
#pragma once

#include "gate.h"
#include "packet/parse.h"

#define JN_GATE_FRAME_MAX   90u // bytes of the longest frame that the engine makes, but for echo replies
#define JN_GATE_REST_MAX_NS UINT64_C(1000000000) // it is never left alone for longer: the clock may have been set back

// A gate as the policy has it, and what is known of it. Everything is the caller's; state and counters are written.
struct jn_gate_engine {
    const struct jn_gate *gate;
    const struct jn_gate_peer *peers[JN_GATE_PEERS]; // by place; NULL: none there
    uint16_t peer_mask;                              // places whose outer address has a route: the others get nothing
    const struct jn_prefix *subnets;                 // of the devices
    uint32_t subnet_count;
    struct jn_gate_state *state;
    struct jn_gate_counters *counters;
    uint64_t identity; // of the VPG: what was known of another one in the same slot is nothing to it
    uint64_t edition;  // by jn_gate_open
};

// What is to be sent: one frame, to the peers of a mask (head-end replication, RFC 7348 section 4.2).
struct jn_gate_send {
    uint8_t *frame; // caller's memory, `room` bytes of it
    uint32_t room;
    uint32_t length; // 0: nothing is to be sent. Without padding
    uint16_t places; // bit mask of peers
};

// Main thread, with every policy that has the gate, before any worker uses it. Numbers the policy and changes nothing
// else: the one before is still at work, and this one may never be in force.
void jn_gate_open(struct jn_gate_engine *engine);

// Take a policy that has not been in use yet into use, as all that follows here does first: named hosts that it has are
// opened (INCOMPLETE), those that it has no longer, or under another address, are closed; all that was known of the rest
// stays. With another VNI or VPG everything starts anew.
void jn_gate_apply(const struct jn_gate_engine *engine);

// Main thread, once no worker uses it: the VPG has no gate any more.
void jn_gate_close(struct jn_gate_state *state);

// An ARP or neighbour discovery frame from the peer at `place`, as jn_vxlan_parse let it pass (JN_VXLAN_ARP, JN_VXLAN_ND;
// parsed: what it found, NULL for ARP). A reply, if any, is for that peer alone: send->places says so. Returns
// JN_GATE_LOSS_COUNT, or why the frame was refused (counted by the caller): JN_GATE_LOST_POISON, JN_GATE_LOST_NEIGHBOUR.
enum jn_gate_loss jn_gate_neighbour(const struct jn_gate_engine *engine, unsigned int place, const uint8_t *frame,
                                    uint32_t length, const struct jn_packet *parsed, uint64_t now_ns,
                                    struct jn_gate_send *send);

// An IP packet to one of our own inner addresses (Ethernet frame, as jn_vxlan_parse let it pass with JN_VXLAN_PACKET):
// echo requests are answered, all else is refused with JN_GATE_LOST_NEIGHBOUR.
enum jn_gate_loss jn_gate_own_packet(const struct jn_gate_engine *engine, unsigned int place, const uint8_t *frame,
                                     uint32_t length, const struct jn_packet *parsed, uint64_t now_ns,
                                     struct jn_gate_send *send);

// Is there anything to do for jn_gate_tick?
static inline bool
jn_gate_is_due(const struct jn_gate_engine *engine, uint64_t now_ns) {
    const struct jn_gate_state *state = engine->state;
    uint64_t due_ns = __atomic_load_n(&state->due_ns, __ATOMIC_RELAXED);
    return __atomic_load_n(&state->applied, __ATOMIC_RELAXED) != engine->edition ||
           due_ns - now_ns - 1 >= JN_GATE_REST_MAX_NS;
}

// Let time pass: probes, requests for hosts, ageing, and the way word. At most one frame a call; called every round,
// costs two comparisons while nothing is due. Returns true when a frame is to be sent.
bool jn_gate_tick(const struct jn_gate_engine *engine, uint64_t now_ns, struct jn_gate_send *send);

// A device wants to reach that host, which no one has asked for yet, or which was not known when asked last: ask.
// Any worker may find it so; only the owner calls. No entry is made for what is outside the gate's subnets.
void jn_gate_want(const struct jn_gate_engine *engine, uint8_t family, const uint8_t address[16], uint64_t now_ns);

// The way word of a host, or 0 when it is not known. Any worker.
uint64_t jn_gate_host_way(const struct jn_gate_state *state, uint8_t family, const uint8_t address[16]);
