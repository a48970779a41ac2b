// SPDX-License-Identifier: BSD-3-Clause
// The end of TCP flows by FIN of both sides or by RST. Each lingers for a second: last acknowledgements and
// retransmissions must not begin a new flow.
#pragma once

#include "flow/flow_state.h"

// Note the FIN or RST of the flow's packet, which has one. What closes the flow lets it linger.
void jn_tcp_close(struct jn_worker *worker, uint32_t flow_idx, const struct jn_flow_key *key);

// End flows that have lingered long enough, the oldest first, as many as the round may.
void jn_tcp_end_lingering(struct jn_worker *worker);
