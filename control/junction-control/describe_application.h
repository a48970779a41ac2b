// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <jansson.h>

#include "policy.h"

// Into the rule's object: `application`, `category`, `server_name`, `risk` (null: it says nothing of them), `new_flows_only`.
void describe_application(json_t *object, const struct jn_policy *policy, const struct jn_rule *rule);
