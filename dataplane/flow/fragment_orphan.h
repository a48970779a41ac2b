// SPDX-License-Identifier: BSD-3-Clause
// Later fragments whose first fragment never came, or whose flow has another verdict than they had: they are counted into a
// flow without ports.
#pragma once

#include "flow/flow_state.h"

// Count what jn_fragment_track or jn_fragment_expire took off the account into its flow without ports.
void jn_orphan_add(struct jn_worker *worker, const struct jn_fragment *taken);

// Fragment entry `number`: what it has on account of a former interval or policy is reported there.
void jn_orphan_sweep(struct jn_worker *worker, uint32_t number);

// Look at a few fragments for timed-out ones.
void jn_orphan_expire(struct jn_worker *worker);

// Nothing stays on account: all ends here. Later fragments of the same datagrams go on account anew.
void jn_orphan_flush(struct jn_worker *worker);
