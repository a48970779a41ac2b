// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "underlay/underlay.h"

struct underlay_frame;

// ICMP and ICMPv6 but for neighbour discovery; the destination is own, the checksum right.
enum jn_underlay_outcome jn_underlay_icmp(struct jn_underlay *u, struct underlay_frame *f);
