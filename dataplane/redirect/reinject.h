// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/worker.h"
#include "gate/l2_rewrite.h"
#include "gate/vnet.h"

struct rte_mbuf;

// Packets of virtual networks wait here, in their order, for jn_reinject_send: at most JN_REINJECT_MAX of them. The mbuf is
// taken over.
void jn_reinject_add(struct jn_worker *worker, const struct jn_vnet *vnet, struct rte_mbuf *mbuf,
                     const struct jn_packet *packet);

// What has come back leaves by the side that it belongs to.
void jn_reinject_send(struct jn_worker *worker);

// Put an Ethernet header before an inner packet (network order; vlan: TCI or JN_VLAN_TCI_NONE) that begins l3_offset behind the
// buffer's data, and cut or pad the frame to its length.
void jn_reinject_frame(struct rte_mbuf *mbuf, const struct jn_packet *packet, const uint8_t to[6],
                       const uint8_t from[6], uint16_t vlan_tci);

// A way out for an inner packet: the wire, and the frame's header there.
struct jn_reinject_way {
    struct jn_l2_rewrite l2;
    uint16_t wire;
};

// The way of an inner packet that no flow's entry tells. False: not known.
bool jn_reinject_find_way(const struct jn_worker *worker, const struct jn_vnet *vnet, const struct jn_packet *packet,
                          bool to_device, struct jn_reinject_way *way);
