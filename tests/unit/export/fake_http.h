// SPDX-License-Identifier: BSD-3-Clause
// struct world_http, clocks and a lane of the test's own: it sees each request, and answers as it likes.
#pragma once

#include <errno.h>

#include "sink.h"
#include "test.h"
#include "world.h"
#include "world_http.h"

enum { FAKE_EXCHANGES = 8, FAKE_DOCUMENTS = 20000 };

static struct {
    struct http_request requests[FAKE_EXCHANGES]; // begun and not done, oldest first
    unsigned int count, begun;
    char header[256];       // of the client
    bool cut_answer;        // the same
    char first_header[256]; // of the request begun last
    uint64_t steady_ns, wall_ns;
    uint8_t acknowledged[FAKE_DOCUMENTS], refused[FAKE_DOCUMENTS]; // by opaque: how often
    char reason[512];
    bool answers_wait;
    struct http_answer answer; // of the oldest one, given at the next poll
} fake;

static int
fake_start(struct http_client *client, const struct http_request *request) {
    (void)client;
    assert_true(fake.count < FAKE_EXCHANGES);
    fake.requests[fake.count++] = *request;
    fake.begun++;
    snprintf(fake.first_header, sizeof(fake.first_header), "%s", request->headers[0]);
    return 0;
}

static struct http_client *
fake_open(const struct http_options *options, char err[JN_ERR_MAX]) {
    (void)err;
    fake.header[0] = '\0';
    fake.cut_answer = options->cut_answer;
    if (options->header_count > 0)
        snprintf(fake.header, sizeof(fake.header), "%s", options->headers[0]);
    return (struct http_client *)&fake;
}

static void
fake_poll(struct http_client *client) {
    (void)client;
    if (!fake.answers_wait)
        return;
    struct http_request request = fake.requests[0];
    fake.answers_wait = false;
    fake.count--;
    memmove(fake.requests, fake.requests + 1, fake.count * sizeof(fake.requests[0]));
    request.done(request.context, &fake.answer);
}

static void
fake_close(struct http_client *client) {
    (void)client;
    fake.count = 0;
}

static const struct world_http fake_http = {fake_open, fake_start, fake_poll, fake_close};

static uint64_t
fake_steady(void) {
    return fake.steady_ns;
}

static uint64_t
fake_wall(void) {
    return fake.wall_ns;
}

static const struct world_clock fake_clock = {fake_steady, fake_wall};
static const struct world fake_world = {.clock = &fake_clock, .http = &fake_http};

static void
fake_acknowledge(void *lane, uint64_t opaque) {
    (void)lane;
    fake.acknowledged[opaque]++;
}

static void
fake_refuse(void *lane, uint64_t opaque, const char *reason) {
    (void)lane;
    fake.refused[opaque]++;
    snprintf(fake.reason, sizeof(fake.reason), "%s", reason);
}

static inline void
fake_begin(void) {
    memset(&fake, 0, sizeof(fake));
    fake.steady_ns = UINT64_C(1000000000000);
    fake.wall_ns = UINT64_C(1795741322123456789); // 2026-11-27T01:02:02
    world = &fake_world;
}

static inline void
fake_lane(struct sink *sink) {
    sink->acknowledge = fake_acknowledge;
    sink->refuse = fake_refuse;
}

static inline void
pass_ms(struct sink *sink, uint64_t ms) {
    fake.steady_ns += ms * 1000000u;
    assert_int_equal(sink->operations->poll(sink), 0);
}

// The oldest request is done, so. The next poll has already been made.
static inline void
fake_done(struct sink *sink, const struct http_answer *answer) {
    assert_true(fake.count > 0);
    fake.answer = *answer;
    fake.answer.words = answer->words != NULL ? answer->words : "";
    fake.answer.type = fake.answer.location = "";
    fake.answer.location = answer->location != NULL ? answer->location : "";
    fake.answer.body = answer->body != NULL ? answer->body : "";
    fake.answer.length = strlen(fake.answer.body);
    fake.answers_wait = true;
    assert_int_equal(sink->operations->poll(sink), 0);
}

static inline void
fake_status(struct sink *sink, unsigned int status, const char *body) {
    fake_done(sink, &(struct http_answer){.outcome = HTTP_ANSWERED, .sent = true, .status = status, .body = body});
}

static inline void
fake_cut(struct sink *sink) {
    fake_done(sink, &(struct http_answer){.outcome = HTTP_CUT, .sent = true, .words = "the connection is cut"});
}

static inline unsigned int
count_of(const uint8_t *counts) {
    unsigned int count = 0;
    for (unsigned int i = 0; i < FAKE_DOCUMENTS; i++) {
        assert_in_range(counts[i], 0, 1);
        count += counts[i];
    }
    return count;
}
