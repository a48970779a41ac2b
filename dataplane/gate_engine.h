// SPDX-License-Identifier: BSD-3-Clause
// The engine of one virtual L2 network: ARP (RFC 826) and neighbour discovery (RFC 4861) for Junction's own inner
// addresses and, by proxy, for devices; who is where among the peers; and whether the gateway is there. Pure: no DPDK, no
// allocation, no clock, no global. Called by the worker that owns the gate alone; what other workers read are the way words.
// Addresses, MACs and frames are in network order; all else is in host order. Times are nanoseconds since the epoch.
#pragma once

#include "gate.h"
#include "parse.h"

#define JN_GATE_FRAME_MAX 90u // bytes of the longest frame that the engine makes, but for echo replies

// A gate as the policy has it, and what is known of it. Everything is the caller's; state and counters are written.
struct jn_gate_engine {
    const struct jn_gate *gate;
    const struct jn_gate_peer *peers[JN_GATE_PEERS]; // by place; NULL: none there
    uint16_t peer_mask;                              // places whose outer address has a route: the others get nothing
    const struct jn_prefix *subnets;                 // of the devices
    uint32_t subnet_count;
    struct jn_gate_state *state;
    struct jn_gate_counters *counters;
};

// What is to be sent: one frame, to the peers of a mask (head-end replication, RFC 7348 section 4.2).
struct jn_gate_send {
    uint8_t *frame; // caller's memory, `room` bytes of it
    uint32_t room;
    uint32_t length; // 0: nothing is to be sent. Without padding
    uint16_t places; // bit mask of peers
};

// Main thread, with every policy that has the gate, before any worker uses it: named hosts that the policy has are opened
// (INCOMPLETE), those that it has no longer, or under another address, are closed; health of a gateway or standby that is
// another one than before starts anew; all that was known of the rest stays. With another VNI everything starts anew.
void jn_gate_open(const struct jn_gate_engine *engine, uint64_t now_ns);

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

// Let time pass: probes, requests for hosts, ageing, and the way word. At most one frame a call; called every round,
// costs one comparison while nothing is due (state->due_ns). Returns true when a frame is to be sent.
bool jn_gate_tick(const struct jn_gate_engine *engine, uint64_t now_ns, struct jn_gate_send *send);

// A device wants to reach that host, which no one has asked for yet, or which was not known when asked last: ask.
// Any worker may find it so; only the owner calls. No entry is made for what is outside the gate's subnets.
void jn_gate_want(const struct jn_gate_engine *engine, uint8_t family, const uint8_t address[16], uint64_t now_ns);

// The way word of a host, or 0 when it is not known. Any worker.
uint64_t jn_gate_host_way(const struct jn_gate_state *state, uint8_t family, const uint8_t address[16]);
