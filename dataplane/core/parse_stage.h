// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "core/burst.h"
#include "packet/parse.h"

struct jn_worker;

// Stage: what each packet of the burst is, by its bytes alone.
static inline void
jn_stage_parse(struct jn_worker *worker, struct jn_burst *burst) {
    (void)worker;
    burst->exceptions =
        jn_parse_frames(burst->data, burst->length, burst->bytes, burst->link_type, burst->packet, burst->count);
}
