// SPDX-License-Identifier: BSD-3-Clause
#include "core/parse_stage.h"

#include "packet/parse.h"

void
jn_stage_parse(struct jn_worker *worker, struct jn_burst *burst) {
    (void)worker;
    burst->exceptions =
        jn_parse_frames(burst->data, burst->length, burst->bytes, burst->link_type, burst->packet, burst->count);
}
