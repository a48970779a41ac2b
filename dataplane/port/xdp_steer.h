// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdbool.h>

#include "policy.h"

// Tell the program of a shared interface which addresses are Junction's: those of that port number, and no others any
// longer. False when it has no such program (a wire's takes everything anyway).
bool jn_xdp_steer(const char *interface, const struct jn_underlay_address *addresses, uint32_t count, uint16_t port);
