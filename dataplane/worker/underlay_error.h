// SPDX-License-Identifier: BSD-3-Clause
// What becomes of an ICMP error about a packet that went to a peer.
#pragma once

#include "core/worker.h"
#include "underlay/underlay.h"

// Count the error for every peer and gate that it may be about, and lower the path MTU of those that learn it.
// result: of JN_UNDERLAY_ERROR, its frame still at hand.
void jn_underlay_error(struct jn_worker *worker, const struct jn_underlay_result *result);
