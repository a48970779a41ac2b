// SPDX-License-Identifier: BSD-3-Clause
// Which samples the engine believes, and how it holds flows: by version, as many as there is room for, the same on every run.
#include "test.h"

#include "applications/applications.h"
#include "classify/hello.h"
#include "classify/make_sample.h"
#include "engine.h"
#include "engine_flow.h"
#include "engine_memory.h"

static struct jn_classify_counters counters;
static struct engine *engine;
static struct engine_output out;

static void
begin(uint32_t flows) {
    char err[JN_ERR_MAX];
    memset(&counters, 0, sizeof(counters));
    engine = engine_make(flows, &counters, err);
    assert_non_null(engine);
}

static struct flow_of
flow_make(uint32_t flow_idx) {
    return (struct flow_of){
        .family = 4, .protocol = 6, .port = {40000, 443}, .flow_idx = flow_idx, .version = 2, .seq = {1000, 9000}};
}

static void
give(struct flow_of *flow, unsigned int worker, const void *payload, size_t length) {
    struct jn_sample sample;
    sample_packet(&sample, flow, false, payload, length);
    assert_true(engine_sample_is_sound(&sample));
    engine_take(engine, worker, &sample, false, &out);
}

static void
finish(struct flow_of *flow, unsigned int worker) {
    struct jn_sample sample;
    sample_end(&sample, flow);
    engine_take(engine, worker, &sample, false, &out);
}

static void
impossible_samples_are_not_sound(void **state) {
    struct jn_sample good, bad;
    struct flow_of v4 = flow_make(0), v6 = flow_make(0);
    v6.family = 6;
    sample_packet(&good, &v4, true, "x", 1);
    assert_true(engine_sample_is_sound(&good));
    sample_packet(&bad, &v6, false, "x", 1);
    assert_true(engine_sample_is_sound(&bad));
#define WITH(change)                                                                                                   \
    bad = good;                                                                                                        \
    change;                                                                                                            \
    assert_false(engine_sample_is_sound(&bad))
    WITH(bad.kind = 0);
    WITH(bad.kind = 3);
    WITH(bad.kind = JN_SAMPLE_END); // with a length
    WITH(bad.family = 5);
    WITH(bad.family = 6);
    WITH(bad.from_b = 0); // another end than the packet says
    WITH(bad.from_b = 2);
    WITH(bad.initiator_b = 2);
    WITH(bad.metadata = JN_METADATA_NONE);
    WITH(bad.number = 0);
    WITH(bad.number = JN_SAMPLES_A_FLOW + 1);
    WITH(bad.flow.version = 3);
    WITH(bad.length = 19);
    WITH(bad.length = JN_SAMPLE_BYTES + 1);
    WITH(bad.ip_length = bad.length - 1u);
    WITH(bad.bytes[0] = 0x44);
    WITH(bad.bytes[0] = 0x60);
    WITH(bad.address[0][0] = 11);
    sample_end(&good, &v4);
    assert_true(engine_sample_is_sound(&good));
    (void)state;
}

static void
answers_come_when_there_is_news(void **state) {
    uint8_t hello[HELLO_MOST];
    struct flow_of flow = flow_make(7);
    size_t length = hello_make(hello, "www.example.org", 15, 16384);
    begin(16);
    give(&flow, 0, hello, 60);
    assert_true(out.answered); // the first one, with a guess
    assert_int_equal(out.answer.flags, 0);
    assert_int_equal(out.answer.flow.flow_idx, 7);
    assert_string_equal(jn_application_by_number(out.answer.application)->name, "TLS");
    give(&flow, 0, hello + 60, length - 60);
    assert_true(out.answered && out.answer.flags & JN_ANSWER_DECIDED);
    assert_string_equal(out.answer.name, "www.example.org");
    flow.seq[0] -= 5;
    give(&flow, 0, hello + length - 5, 5); // the same once more
    assert_false(out.answered);
    finish(&flow, 0);
    assert_true(out.answered && out.answer.flags & JN_ANSWER_LAST);
    assert_string_equal(out.answer.name, "www.example.org");
    assert_int_equal(counters.flows_held, 0);
    engine_free(engine);
    (void)state;
}

static void
the_search_ends_with_the_last_sample(void **state) {
    struct flow_of flow = flow_make(7);
    flow.port[1] = 9999;
    begin(16);
    for (unsigned int i = 1; i < JN_SAMPLES_A_FLOW && !(out.answer.flags & JN_ANSWER_LAST); i++)
        give(&flow, 0, "\x5a\x5a\x5a", 3);
    flow.number = JN_SAMPLES_A_FLOW - 1;
    give(&flow, 0, "\x5a\x5a\x5a", 3);
    assert_int_equal(out.answer.flags, JN_ANSWER_LAST);
    assert_int_equal(out.answer.application, 0);
    assert_int_equal(counters.flows_unknown, 1);
    flow.number = 3;
    give(&flow, 0, "\x5a", 1); // the answer may have been lost
    assert_true(out.answered && out.answer.flags == JN_ANSWER_LAST);
    assert_int_equal(counters.flows, 1);
    engine_free(engine);
    (void)state;
}

static void
an_entry_has_one_flow_after_another(void **state) {
    struct flow_of flow = flow_make(7), other = flow_make(7);
    uint8_t hello[HELLO_MOST];
    size_t length = hello_make(hello, "www.example.org", 15, 16384);
    begin(16);
    give(&flow, 0, hello, length);
    give(&other, 1, "x", 1); // of another worker: another flow
    assert_int_equal(counters.flows_held, 2);
    other = flow_make(7);
    other.version = 4;
    give(&other, 0, "GET / HTTP/1.1\r\n", 16);
    assert_int_equal(out.answer.flow.version, 4);
    assert_int_equal(out.answer.name_length, 0);
    assert_int_equal(counters.flows_held, 2);
    assert_int_equal(counters.flows_forgotten, 1);
    engine_forget_worker(engine, 0);
    assert_int_equal(counters.flows_held, 1);
    engine_free(engine);
    (void)state;
}

static void
the_flow_longest_without_a_sample_goes(void **state) {
    enum { ROOM = 32 };
    uint8_t hello[HELLO_MOST];
    size_t length = hello_make(hello, "www.example.org", 15, 16384);
    struct flow_of flows[ROOM + 1];
    begin(ROOM);
    for (uint32_t i = 0; i < ROOM; i++) {
        flows[i] = flow_make(i * 1000);
        give(&flows[i], i % 3, hello, 60);
    }
    give(&flows[0], 0, hello + 60, 20); // not the oldest any more
    flows[ROOM] = flow_make(99);
    give(&flows[ROOM], 0, hello, 60);
    assert_int_equal(counters.flows_held, ROOM);
    assert_int_equal(counters.flows_forgotten, 1);
    give(&flows[0], 0, hello + 80, length - 80);
    assert_string_equal(out.answer.name, "www.example.org");
    give(&flows[1], 1, hello + 60, length - 60); // forgotten: its hello has no begin
    assert_int_equal(out.answer.name_length, 0);
    for (uint32_t i = 0; i <= ROOM; i++)
        finish(&flows[i], i == ROOM ? 0 : i % 3);
    assert_int_equal(counters.flows_held, 0);
    engine_free(engine);
    (void)state;
}

// A thousand flows of which nDPI keeps a hello that does not end: the oldest go before memory does.
static void
memory_has_a_bound(void **state) {
    static uint8_t hello[HELLO_MOST];
    static char name[60000];
    memset(name, 'x', sizeof(name));
    begin(1024);
    hello_make(hello, name, sizeof(name), 60000);
    for (uint32_t i = 0; i < 1024; i++) {
        struct flow_of flow = flow_make(i);
        for (unsigned int s = 0; s + 1 < JN_SAMPLES_A_FLOW; s++)
            give(&flow, 0, hello + 1460 * s, 1460);
    }
    assert_in_range(counters.flows_forgotten, 300, 1000);
    assert_int_equal(counters.flows_held, 1024 - counters.flows_forgotten);
    engine_free(engine);
    (void)state;
}

// Memory of a flow is counted until it is gone, and beyond if nDPI forgot it.
static void
what_ndpi_forgets_is_counted(void **state) {
    struct flow_of flow = flow_make(7);
    uint8_t hello[HELLO_MOST];
    hello_make(hello, "www.example.org", 15, 16384);
    begin(16);
    give(&flow, 0, hello, 60);
    assert_in_range(engine->memory, 1000, 20000);
    struct flow_search *search = flows_find(engine->flows, 0, &out.answer.flow)->search;
    engine_memory_count(&search->memory);
    void *forgotten = ndpi_malloc(100000);
    engine_memory_count(NULL);
    finish(&flow, 0);
    assert_int_equal(engine->memory, 0);
    assert_in_range(engine->lost, 100000, 300000);
    ndpi_free(forgotten);
    engine_free(engine);
    (void)state;
}

// Everything that is said of the same samples, as one number.
static uint64_t
say_all(void) {
    static uint8_t hello[HELLO_MOST];
    uint64_t hash = 1;
    uint32_t noise = 1;
    begin(64);
    size_t length = hello_make(hello, "www.example.org", 15, 16384);
    for (uint32_t i = 0; i < 2000; i++) {
        struct flow_of flow = flow_make(i % 97);
        flow.version = i / 97 * 2 + 2;
        flow.protocol = i % 5 == 0 ? 17 : 6;
        flow.port[1] = (uint16_t)(i % 7 == 0 ? 53 : i);
        for (unsigned int s = 0; s < 3; s++) {
            noise = noise * 1664525u + 1013904223u;
            hello[noise >> 8 & 127] ^= (uint8_t)(i % 3 == 0 ? noise >> 24 : 0);
            give(&flow, i % 2, hello, length);
            for (size_t b = 0; b < sizeof(out.answer); b++)
                hash = hash * 31 + ((const uint8_t *)&out.answer)[b];
            for (unsigned int a = 0; a < out.annotation_count; a++)
                for (size_t b = 0; b < sizeof(out.annotations[a]); b++)
                    hash = hash * 31 + ((const uint8_t *)&out.annotations[a])[b];
        }
    }
    engine_free(engine);
    return hash;
}

static void
the_same_samples_say_the_same(void **state) {
    assert_true(say_all() == say_all());
    (void)state;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_samples_are_not_sound),       cmocka_unit_test(answers_come_when_there_is_news),
        cmocka_unit_test(the_search_ends_with_the_last_sample),   cmocka_unit_test(an_entry_has_one_flow_after_another),
        cmocka_unit_test(the_flow_longest_without_a_sample_goes), cmocka_unit_test(memory_has_a_bound),
        cmocka_unit_test(what_ndpi_forgets_is_counted),           cmocka_unit_test(the_same_samples_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
