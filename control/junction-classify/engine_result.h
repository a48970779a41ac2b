// SPDX-License-Identifier: BSD-3-Clause
// What nDPI made of a flow, as answers have it.
#pragma once

#include "engine_flow.h"

// nDPI's guess by port and address, from what it noted with the first packet.
void engine_result_guess(const struct engine *engine, const struct flow_search *search, struct jn_answer *answer);

// What nDPI has found.
void engine_result_found(const struct engine *engine, const struct flow_search *search, struct jn_answer *answer);

// Is one of the two protocols that nDPI has found this one?
bool engine_result_is(const struct flow_search *search, uint16_t protocol);

// Has nDPI read a hello of TLS or QUIC into what it knows of the flow?
bool engine_result_has_tls(const struct flow_search *search);
