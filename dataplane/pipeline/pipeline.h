// SPDX-License-Identifier: BSD-3-Clause
// The path of a packet: the stages in their order. All have one signature, so that worker loop, replay, unit test,
// fuzzer and benchmark run the very same code.
#pragma once

#include "core/burst.h"
#include "flow/flow_stage.h"
#include "flow/inspect.h"
#include "forward/forward.h"
#include "mirror/mirror.h"
#include "mirror/mirror_send.h"
#include "redirect/redirect.h"

// All stages but the first, for a burst that is parsed.
static inline void
jn_pipeline_parsed(struct jn_worker *worker, struct jn_burst *burst) {
    jn_stage_flow(worker, burst);
    jn_stage_inspect(worker, burst);
    jn_stage_mirror(worker, burst);
    jn_stage_redirect(worker, burst);
    jn_stage_forward(worker, burst);
    jn_mirror_send(worker); // copies leave after the originals
}

// All stages, for a received burst.
static inline void
jn_pipeline(struct jn_worker *worker, struct jn_burst *burst) {
    jn_stage_parse(worker, burst);
    jn_pipeline_parsed(worker, burst);
}
