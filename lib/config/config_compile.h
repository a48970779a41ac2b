// SPDX-License-Identifier: BSD-3-Clause
// From the configuration to the policy.
#pragma once

#include "config/config.h"

// Compile the policy (lib/policy.h), generation 0, CRC unset: jn_policy_publish sets both. Caller frees.
// previous: the policy in force, or NULL: a VPG keeps its index there (by id), and its peers theirs (by address); an
// index that was just freed is assigned last. NULL with a sentence in err (too many rules once port lists are expanded,
// too large, memory).
struct jn_policy *jn_config_compile(const struct jn_config *config, const struct jn_policy *previous,
                                    char err[JN_ERR_MAX]);
