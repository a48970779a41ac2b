// SPDX-License-Identifier: BSD-3-Clause
// What the check of a policy shares with those who publish and copy it.
#pragma once

#include "policy.h"

// Of everything after the field `crc`, for `length` bytes of policy.
uint32_t jn_policy_checksum(const struct jn_policy *policy);

// "policy: WHAT (NUMBER)" into err; returns -EPROTO.
int jn_policy_refuse(char err[JN_ERR_MAX], const char *what, uint32_t number);
