// SPDX-License-Identifier: BSD-3-Clause
// What peers say and ask on a virtual network.
#pragma once

#include "gate/gate_types.h"
#include "packet/packet.h"

// An ARP or neighbour discovery frame from the peer at `peer_idx`, as jn_vxlan_parse let it pass (JN_VXLAN_ARP, JN_VXLAN_ND;
// parsed: what it found, NULL for ARP). A reply, if any, is for that peer alone, as send->peer_bits says. Returns
// JN_GATE_DROP_COUNT, or why the frame was refused (counted by the caller): JN_GATE_DROP_NEIGHBOUR_SPOOFING,
// JN_GATE_DROP_NEIGHBOUR.
enum jn_gate_drop jn_gate_neighbour(const struct jn_gate_engine *engine, unsigned int peer_idx, const uint8_t *frame,
                                    uint32_t length, const struct jn_packet *parsed, uint64_t now_ns,
                                    struct jn_gate_send *send);

// An IP packet to one of our own inner addresses (Ethernet frame, as jn_vxlan_parse let it pass with JN_VXLAN_PACKET):
// echo requests are answered, all else is refused with JN_GATE_DROP_NEIGHBOUR.
enum jn_gate_drop jn_gate_own_packet(const struct jn_gate_engine *engine, unsigned int peer_idx, const uint8_t *frame,
                                     uint32_t length, const struct jn_packet *parsed, uint64_t now_ns,
                                     struct jn_gate_send *send);
