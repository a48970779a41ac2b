// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "policy.h"

// The policy of a configuration, the caller's to free; previous: the one before it, or NULL. Aborts when it is refused.
struct jn_policy *policy_of(const char *configuration, const struct jn_policy *previous);
