// SPDX-License-Identifier: BSD-3-Clause
// The check of a policy, for those who publish and copy it.
#pragma once

#include "policy.h"

// Check every offset, count, string, range and the checksum of a policy held in private memory. 0 or -EPROTO + err.
int jn_policy_validate(const struct jn_policy *policy, size_t available, char err[JN_ERR_MAX]);

// Of everything after the field `crc`, for `length` bytes of policy.
uint32_t jn_policy_checksum(const struct jn_policy *policy);

// "policy: WHAT (NUMBER)" into err; returns -EPROTO.
int jn_policy_error(char err[JN_ERR_MAX], const char *what, uint32_t number);
