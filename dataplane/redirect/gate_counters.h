// SPDX-License-Identifier: BSD-3-Clause
// A worker's counters of gates.
#pragma once

#include "core/worker.h"
#include "gate.h"

struct rte_mbuf;

// A packet ends here: counted for the gate of the VPG with that index and among the worker's drops; its mbuf is gone.
void jn_gate_drop_packet(struct jn_worker *worker, uint16_t vpg_idx, enum jn_gate_drop why, struct rte_mbuf *mbuf);

// Rules come into force: counters start at zero for a network of another VPG, and for a peer with another outer
// address.
void jn_vnet_attach(struct jn_worker *worker, const struct jn_ruleset *next);
