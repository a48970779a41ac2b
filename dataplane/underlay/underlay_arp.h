// SPDX-License-Identifier: BSD-3-Clause
// ARP, as it is heard and said.
#pragma once

#include "underlay/underlay.h"

struct underlay_frame;

enum jn_underlay_outcome jn_underlay_arp(struct jn_underlay *u, struct underlay_frame *f);

// Ask for target from own address `own`: by broadcast, or of `mac` alone. Bytes written.
uint32_t jn_underlay_arp_request(const uint8_t own_mac[6], const struct jn_underlay_address *own,
                                 const uint8_t target[4], const uint8_t *mac, uint8_t *frame);
