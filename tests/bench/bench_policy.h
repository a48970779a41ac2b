// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "policy.h"

// The policy of a wire and a tunnel port with room for so many VPGs, and these in it: what stands between the brackets of a
// configuration's "vpgs". Ends the program when it is refused.
struct jn_policy *bench_policy(const char *vpgs, unsigned int room, unsigned int interval_s, unsigned int idle_s,
                               const struct jn_policy *previous);
