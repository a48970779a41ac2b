// SPDX-License-Identifier: BSD-3-Clause
// A VPG's virtual network in words.
#pragma once

#include <jansson.h>

#include "policy.h"

json_t *describe_gate(const struct jn_policy *policy, const struct jn_vpg *vpg); // null: closed
