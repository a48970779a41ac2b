// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/tx.h"
#include "core/worker.h"
#include "gate/vnet.h"

// Run the timers of a few of this worker's networks: probes, requests. Called every round. False: more may be due, so the
// worker must not sleep.
bool jn_vnet_run_timers(struct jn_worker *worker);

// Send an inner frame of the engine's to the peers of the mask.
void jn_vnet_send_frame(struct jn_worker *worker, const struct jn_vnet *vnet, const uint8_t *frame, uint32_t length,
                        uint16_t peer_bits, enum jn_own_kind kind);
