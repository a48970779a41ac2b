// SPDX-License-Identifier: BSD-3-Clause
// Mirroring peers and gates of a sample (status_sample.h), and their losses: those that the policy names.
#pragma once

#include "gate.h"
#include "status_thing.h"

void status_add_mirrors(struct status_things *things, const struct jn_policy *policy, const struct jn_shm *neighbours);
void status_add_gates(struct status_things *things, const struct jn_policy *policy, const struct jn_shm *gates);
