// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "policy.h"

// The policy of two ports, one wire and these VPGs, the "vpgs" array of a configuration. Aborts when it is refused.
struct jn_policy *policy_from_text(const char *vpgs, const struct jn_policy *previous);
