// SPDX-License-Identifier: BSD-3-Clause
// An engine, and what it is given and says: for tests that see one flow after another. Included once a program.
#pragma once

#include "classify/make_sample.h"
#include "classify/quic_initial.h"
#include "engine.h"
#include "test.h"

enum { FLOWS = 64 };

static struct jn_classify_counters counters;
static struct engine *engine;
static struct engine_output out;

static int
begin(void **state) {
    char err[JN_ERR_MAX];
    memset(&counters, 0, sizeof(counters));
    engine = engine_make(FLOWS, &counters, err);
    (void)state;
    return engine == NULL;
}

static int
end(void **state) {
    engine_free(engine);
    (void)state;
    return 0;
}

static struct flow_of
flow_make(uint8_t protocol, uint16_t client, uint16_t server) {
    return (struct flow_of){
        .family = 4, .protocol = protocol, .port = {client, server}, .version = 2, .seq = {1000, 9000}};
}

static void
give(struct flow_of *flow, bool from_b, const void *payload, size_t length) {
    struct jn_sample sample;
    sample_packet(&sample, flow, from_b, payload, length);
    assert_true(engine_sample_is_sound(&sample));
    engine_take(engine, 0, &sample, true, &out);
}

static void
finish(struct flow_of *flow) {
    struct jn_sample sample;
    sample_end(&sample, flow);
    assert_true(engine_sample_is_sound(&sample));
    engine_take(engine, 0, &sample, true, &out);
}

// Text of that kind in the last output, or "".
static const char *
told(unsigned int kind) {
    for (unsigned int i = 0; i < out.annotation_count; i++)
        if (out.annotations[i].kind == kind)
            return out.annotations[i].text;
    return "";
}

#define BYTES(bytes) bytes, sizeof(bytes) - 1
