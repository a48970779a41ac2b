// SPDX-License-Identifier: BSD-3-Clause
// Answers of an index, from anybody: whatever they say, each document is acknowledged, refused or still the sink's, once;
// and all are acknowledged when the index answers well again.
#define _GNU_SOURCE
#include <stdio.h>

#include "config/config_load.h"
#include "fuzz.h"
#include "log.h"
#include "sink.h"
#include "world.h"
#include "world_http.h"

enum { DOCUMENTS = 8 };

static uint64_t steady = UINT64_C(1000000000000);
static struct http_request requests[4];
static unsigned int request_count;
static unsigned int settled[DOCUMENTS]; // how often a document was acknowledged or refused
static char ids[DOCUMENTS][8], texts[DOCUMENTS][16];

static int
start(struct http_client *client, const struct http_request *request) {
    (void)client;
    demand(request_count < 4);
    requests[request_count++] = *request;
    return 0;
}

static struct http_client *
open_client(const struct http_options *options, char err[JN_ERR_MAX]) {
    (void)options, (void)err;
    request_count = 0;
    return (struct http_client *)&steady;
}

static void
nothing(struct http_client *client) {
    (void)client;
}

static uint64_t
read_steady(void) {
    return steady;
}

static uint64_t
read_wall(void) {
    return UINT64_C(1795741322123456789);
}

static const struct world_http http = {open_client, start, nothing, nothing};
static const struct world_clock clocks = {read_steady, read_wall};
static const struct world fuzzed = {.clock = &clocks, .http = &http};

static void
settle(void *lane, uint64_t opaque) {
    (void)lane;
    demand(opaque < DOCUMENTS && settled[opaque]++ == 0);
}

static void
refuse(void *lane, uint64_t opaque, const char *reason) {
    demand(strlen(reason) < 1024);
    settle(lane, opaque);
}

static void
answer(const struct http_answer *said) {
    struct http_request request = requests[0];
    memmove(requests, requests + 1, --request_count * sizeof(requests[0]));
    request.done(request.context, said);
}

// One answer: how it ended, its status, a length, the body.
static size_t
answer_by(const uint8_t *data, size_t size) {
    static const unsigned int statuses[] = {200, 200, 200, 201, 302, 400, 401, 403,
                                            404, 413, 429, 500, 503, 100, 600, 0};
    size_t length = (size_t)data[2] << 8 | data[3];
    length = length < size - 4 ? length : size - 4;
    char *body = malloc(length + 1);
    demand(body != NULL);
    memcpy(body, data + 4, length);
    body[length] = '\0';
    enum http_outcome outcome = data[0] < 192 ? HTTP_ANSWERED : data[0] % HTTP_OUTCOME_COUNT;
    const struct http_answer said = {.outcome = outcome,
                                     .sent = data[0] & 1,
                                     .kept = data[0] & 2,
                                     .words = "w",
                                     .status = outcome == HTTP_ANSWERED ? statuses[data[1] & 15] : 0,
                                     .retry_after = data[1] >> 4 == 15 ? UINT64_MAX : data[1] >> 4,
                                     .type = "",
                                     .location = "",
                                     .body = body,
                                     .length = length};
    answer(&said);
    free(body);
    return 4 + length;
}

// What was asked, done: of a bulk request every document is created; nothing is found.
static void
answer_well(void) {
    char body[1024] = "{\"timed_out\":false,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[]}}";
    if (strstr(requests[0].url, "/_bulk") != NULL) {
        char *to = body + sprintf(body, "{\"items\":[");
        const char *at = requests[0].body, *end = at + requests[0].length;
        for (; at < end; at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1) {
            const char *id = memmem(at, (size_t)(end - at), "\"_id\":\"", 7) + 7;
            to += sprintf(to, "%s{\"create\":{\"_id\":\"%.3s\",\"status\":201}}", to[-1] == '[' ? "" : ",", id);
            at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
        }
        strcpy(to, "]}");
    }
    const struct http_answer said = {.outcome = HTTP_ANSWERED,
                                     .status = 200,
                                     .words = "",
                                     .type = "",
                                     .location = "",
                                     .body = body,
                                     .length = strlen(body)};
    answer(&said);
}

static void
submit_all(struct sink *sink) {
    for (unsigned int i = 0; i < DOCUMENTS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "d-%u", i);
        snprintf(texts[i], sizeof(texts[i]), "{\"n\":%u}", i);
        const struct document document = {.text = texts[i],
                                          .length = strlen(texts[i]),
                                          .id = ids[i],
                                          .id_length = 3,
                                          .date = "2026-11-27T01:02:03.000000000Z",
                                          .kind = i % 2 == 0 ? DOCUMENT_FLOW : DOCUMENT_SUMMARY};
        settled[i] = 0;
        demand(sink->operations->submit(sink, &document, i) == 0);
    }
}

static bool
all_settled(void) {
    for (unsigned int i = 0; i < DOCUMENTS; i++)
        if (settled[i] == 0)
            return false;
    return true;
}

static void
step(struct sink *sink, uint64_t ns) {
    steady += ns;
    demand(sink->operations->poll(sink) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct jn_sink_view view;
    struct jn_config_sink config = {
        .name = "index",
        .elasticsearch = {.urls = {"http://a"}, .url_count = 1, .index_flow = "f", .index_summary = "s"}};
    char err[JN_ERR_MAX];
    if (size < 1)
        return 0;
    jn_log_set_level(JN_LOG_ERROR);
    world = &fuzzed;
    config.elasticsearch.data_streams = data[0] & 1;
    struct sink *sink = sink_elasticsearch.open(&config, &view, err);
    demand(sink != NULL);
    sink->acknowledge = settle;
    sink->refuse = refuse;
    submit_all(sink);
    step(sink, UINT64_C(1000000000));
    for (data++, size--; size > 4;) {
        for (unsigned int i = 0; i < 400 && request_count == 0; i++)
            step(sink, UINT64_C(1000000000));
        if (request_count == 0)
            break;
        size_t used = answer_by(data, size);
        data += used;
        size -= used;
        step(sink, 0);
    }
    for (unsigned int i = 0; i < 1000 && !all_settled(); i++) {
        if (request_count > 0)
            answer_well();
        step(sink, UINT64_C(1000000000));
    }
    for (unsigned int i = 0; i < DOCUMENTS; i++)
        demand(settled[i] == 1);
    sink->operations->close(sink);
    return 0;
}
