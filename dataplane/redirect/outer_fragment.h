// SPDX-License-Identifier: BSD-3-Clause
// Outer packets of gate peers that come in fragments, or in chains of buffers: made whole, or counted for the gate whose
// peer sent them.
#pragma once

#include "core/worker.h"
#include "gate.h"

struct jn_packet;
struct rte_mbuf;

// Take a fragment (Ethernet frame to one of our underlay addresses; packet: what jn_parse_frame found in it). Returns the
// whole frame in one piece once all have come, else NULL. A fragment that becomes part of nothing is counted.
struct rte_mbuf *jn_outer_fragment_add(struct jn_worker *worker, struct rte_mbuf *mbuf, const struct jn_packet *packet);

// A copy of the frame in one buffer of Junction's own, or NULL: *why says whether no buffer was free or none is so long.
struct rte_mbuf *jn_whole_copy(struct jn_worker *worker, const struct rte_mbuf *frame, enum jn_gate_drop *why);

// A frame of a gate's peer that is a chain of buffers (mbuf->l2_len: of its link header), in one; NULL: no buffer takes it, and
// it is counted.
struct rte_mbuf *jn_in_one_piece(struct jn_worker *worker, struct rte_mbuf *chain);

// What has waited too long is given up, and counted. Called every round.
void jn_outer_fragment_expire(struct jn_worker *worker);
