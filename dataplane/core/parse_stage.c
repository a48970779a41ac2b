// SPDX-License-Identifier: BSD-3-Clause
#include "core/parse_stage.h"

#include "packet/parse.h"

void
jn_stage_parse(struct jn_worker *worker, struct jn_burst *burst) {
    (void)worker;
    burst->notices =
        jn_parse_frames(burst->data, burst->length, burst->bytes, burst->link, burst->packet, burst->count);
}
