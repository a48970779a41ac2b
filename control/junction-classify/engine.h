// SPDX-License-Identifier: BSD-3-Clause
// What one thread of junction-classify knows of nDPI, and of the flows that it looks at. A thread has an engine of its own;
// none shares anything with another.
#pragma once

#include "annotations.h"

#define ENGINE_TEXTS 32u // of one sample at most

// What a sample brought. Each part is complete: the caller gives it its ring alone.
struct engine_output {
    bool answered; // `answer` is to be written
    struct jn_answer answer;
    unsigned int annotation_count;
    struct jn_annotation annotations[ENGINE_TEXTS]; // `boot` is the caller's to fill in
};

struct engine;

// flows: held at once; the one longest without a sample goes for a new one. counters: written by the thread that uses the
// engine. Loads nDPI, which allocates and opens nothing later. NULL with a sentence in err.
struct engine *engine_make(uint32_t flows, struct jn_classify_counters *counters, char err[JN_ERR_MAX]);
void engine_free(struct engine *engine);

// Is it what a worker may write? A sample that is not is never looked at. sample: a private copy.
bool engine_sample_is_sound(const struct jn_sample *sample);

// Look at a sound sample of that worker. Of JN_SAMPLE_END the answer says what nDPI makes of the flow in the end, by port and
// address if need be, and the flow is forgotten. answers_all: of a replay; an answer then also when nothing is new.
void engine_take(struct engine *engine, unsigned int worker, const struct jn_sample *sample, bool answers_all,
                 struct engine_output *out);

// The answer that was made last for that flow found no room: it is given again with the flow's next sample.
void engine_answer_lost(struct engine *engine, unsigned int worker, const struct jn_flow_identity *flow);

// The worker's flows are gone: the dataplane has another life.
void engine_forget_worker(struct engine *engine, unsigned int worker);
