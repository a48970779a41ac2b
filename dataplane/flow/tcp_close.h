// SPDX-License-Identifier: BSD-3-Clause
// The end of TCP flows by FIN of both sides or by RST. Each lingers until nothing has come for as long as a retransmission
// may take: last acknowledgements, and FINs that are sent again, must not begin a new flow. A SYN does (flow_live.c).
#pragma once

#include "flow/flow_state.h"

// Room for as many flows as the table has. 0 or -ENOMEM.
int jn_tcp_linger_make(struct jn_tcp_linger *linger, uint32_t capacity);
void jn_tcp_linger_free(struct jn_tcp_linger *linger);

// Note the FIN or RST of the flow's packet, which has one. What closes the flow lets it linger.
void jn_tcp_close(struct jn_worker *worker, uint32_t flow_idx, const struct jn_flow_key *key);

// End flows that have lingered long enough, the oldest first, as many as the round may.
void jn_tcp_end_lingering(struct jn_worker *worker);
