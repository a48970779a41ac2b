// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/worker.h"
#include "gate.h"

struct rte_mbuf;

// A packet ends here: counted for the gate of the VPG in that slot and among the worker's drops; its mbuf is gone.
void jn_gate_lose(struct jn_worker *worker, uint16_t slot, enum jn_gate_loss why, struct rte_mbuf *mbuf);
