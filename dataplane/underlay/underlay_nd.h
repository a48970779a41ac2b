// SPDX-License-Identifier: BSD-3-Clause
// Neighbour discovery, as it is heard and said.
#pragma once

#include "underlay/underlay.h"

struct underlay_frame;

enum jn_underlay_outcome jn_underlay_nd(struct jn_underlay *u, struct underlay_frame *f);

// Ask for target from own address `own`: by solicited-node multicast, or of `mac` alone. Bytes written.
uint32_t jn_underlay_solicitation(const uint8_t own_mac[6], const struct jn_underlay_address *own,
                                  const uint8_t target[16], const uint8_t *mac, uint8_t *frame);
