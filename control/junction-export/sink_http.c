// SPDX-License-Identifier: BSD-3-Clause
// POST requests to a web service. One is in flight at a time, and the next follows when it was taken: documents keep their
// order. A request whose answer is lost comes again with the same body and the same Idempotency-Key.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backoff.h"
#include "http_trouble.h"
#include "sink.h"
#include "web_batch.h"
#include "world.h"

enum {
    ITEMS = 4096,
    BATCH_DOCUMENTS = 500,
    BATCH_BYTES = 512 << 10, // many services take no more than 1 MiB
    LINGER_NS = 200000000,
    TIMEOUT_MS = 60000,
    ANSWER_BYTES = 1 << 20,
    REFUSED_IN_A_ROW = 100, // then it is the service that is wrong, not its documents
};

struct web_item {
    struct document document;
    uint64_t opaque;
};

struct web_sink {
    struct sink sink;
    const struct jn_config_http *config;
    struct http_client *client;
    struct web_envelope envelope;
    struct http_body body;
    char key[sizeof("Idempotency-Key: ") + WEB_KEY_LENGTH];
    char host[JN_SINK_URL_MAX]; // of the URL without its path, which may be secret
    struct web_item items[ITEMS];
    uint64_t first, end;  // numbers; an item's place is its number modulo ITEMS
    unsigned int count;   // documents of the request; 0: none is made
    unsigned int portion; // the most documents of a request: less than all while a culprit is looked for
    size_t batch_bytes;   // the most bytes of a request, as far as is known
    size_t bytes;         // of the request
    unsigned int refused; // since the last that was taken
    bool in_flight;
    uint64_t fresh_ns; // since when the first waits
    uint64_t sent_ns;
    uint64_t random;
    struct backoff pause;
};

static struct web_item *
item_at(struct web_sink *s, uint64_t number) {
    return &s->items[number % ITEMS];
}

static int
submit_web(struct sink *sink, const struct document *document, uint64_t opaque) {
    struct web_sink *s = (struct web_sink *)sink;
    if (s->end - s->first == ITEMS)
        return -EAGAIN;
    if (s->end == s->first)
        s->fresh_ns = world->clock->steady_ns();
    *item_at(s, s->end++) = (struct web_item){*document, opaque};
    return 0;
}

// The first `count` have left.
static void
drop_first(struct web_sink *s, unsigned int count, uint64_t now) {
    s->first += count;
    s->fresh_ns = now;
    s->count = 0;
}

static void
taken(struct web_sink *s, uint64_t now) {
    for (unsigned int i = 0; i < s->count; i++)
        s->sink.acknowledge(s->sink.lane, item_at(s, s->first + i)->opaque);
    drop_first(s, s->count, now);
    s->refused = 0;
    s->portion = s->portion < BATCH_DOCUMENTS ? s->portion * 2 : s->portion;
    s->batch_bytes += s->batch_bytes < BATCH_BYTES ? s->batch_bytes / 256 + 1 : 0;
    backoff_well(&s->pause);
    sink_well(s->sink.view);
}

static void
failed(struct web_sink *s, uint64_t now, uint64_t first_ns, uint64_t asked_s) {
    uint64_t *counters = s->sink.view->counters;
    jn_sink_add(&counters[JN_SINK_COUNTER_ERRORS], 1);
    jn_sink_add(&counters[JN_SINK_COUNTER_RETRIED], s->count);
    if (first_ns > 0)
        backoff_failed(&s->pause, now, first_ns, asked_s, &s->random);
}

static const char *
advice_of(unsigned int status) {
    if (status == 401 || status == 403)
        return "look at the headers, which have what the service knows us by";
    if (status == 429 || status == 408 || status == 425)
        return "it has more to do than it can: documents wait";
    return status >= 500 ? "look at the service's log" : "look at the URL: does it take POST requests of JSON?";
}

static void
say_status(struct web_sink *s, const struct http_answer *answer) {
    char text[101] = "";
    for (size_t i = 0; i < answer->length && i < sizeof(text) - 1; i++)
        text[i] =
            (unsigned char)answer->body[i] >= 0x20 && (unsigned char)answer->body[i] < 0x7f ? answer->body[i] : '.';
    sink_trouble(s->sink.view, advice_of(answer->status), "%s answers %u%s%s", s->host, answer->status,
                 text[0] != '\0' ? ": " : "", text);
}

// The request, or one of its documents, is wrong: half of it is sent. A document that is wrong alone is refused for good.
static void
look_for_culprit(struct web_sink *s, const struct http_answer *answer, uint64_t now) {
    bool too_large = answer->status == 413;
    if (s->count > 1) {
        s->portion = s->count / 2;
        s->batch_bytes = too_large ? s->bytes / 2 : s->batch_bytes;
        s->count = 0;
        failed(s, now, 0, 0);
    } else if (too_large || s->refused < REFUSED_IN_A_ROW) {
        char reason[160];
        snprintf(reason, sizeof(reason), "the service answers %u%s%.100s", answer->status,
                 answer->length > 0 ? ": " : "", answer->body);
        s->refused += !too_large;
        s->sink.refuse(s->sink.lane, item_at(s, s->first)->opaque, reason);
        drop_first(s, 1, now);
    } else {
        say_status(s, answer);
        failed(s, now, BACKOFF_SLOW_NS, 0);
    }
}

static void
settle(void *context, const struct http_answer *answer) {
    struct web_sink *s = context;
    uint64_t now = world->clock->steady_ns();
    unsigned int status = answer->status;
    s->in_flight = false;
    jn_sink_set(&s->sink.view->gauges[JN_SINK_GAUGE_RTT_US], (now - s->sent_ns) / 1000);
    if (answer->outcome == HTTP_CUT && answer->kept) {
        failed(s, now, 0, 0); // it was closed while nothing was asked: no news of the service
    } else if (answer->outcome != HTTP_ANSWERED || (status >= 300 && status < 400)) {
        http_trouble(s->sink.view, s->host, answer);
        failed(s, now, answer->outcome == HTTP_ANSWERED ? BACKOFF_SLOW_NS : BACKOFF_FIRST_NS, 0);
    } else if (status >= 200 && status < 300) {
        taken(s, now);
    } else if (status == 400 || status == 413 || status == 422) {
        look_for_culprit(s, answer, now);
    } else {
        bool soon = status == 408 || status == 425 || status == 429 || status >= 500;
        say_status(s, answer);
        failed(s, now, soon ? BACKOFF_FIRST_NS : BACKOFF_SLOW_NS, answer->retry_after);
    }
}

// Enough documents, or they have waited: as many as go into one request, at least one.
static bool
due(const struct web_sink *s, uint64_t now) {
    uint64_t waiting = s->end - s->first;
    return waiting > 0 && (s->sink.hurry || waiting >= BATCH_DOCUMENTS || s->portion < BATCH_DOCUMENTS ||
                           now - s->fresh_ns >= LINGER_NS);
}

static bool
make_request(struct web_sink *s) {
    static const struct document *documents[BATCH_DOCUMENTS];
    uint64_t waiting = s->end - s->first;
    unsigned int count = 0, most = s->portion < BATCH_DOCUMENTS ? s->portion : BATCH_DOCUMENTS;
    char key[WEB_KEY_LENGTH + 1];
    s->bytes = 0;
    while (count < most && count < waiting) {
        documents[count] = &item_at(s, s->first + count)->document;
        if (count > 0 && s->bytes + documents[count]->length > s->batch_bytes)
            break;
        s->bytes += documents[count++]->length;
    }
    web_key(documents, count, key);
    snprintf(s->key, sizeof(s->key), "Idempotency-Key: %s", key);
    if (!web_body(&s->body, &s->envelope, world->clock->wall_ns() / 1000000u, documents, count))
        return false;
    s->count = count;
    return true;
}

static bool
configured(const struct web_sink *s, const char *name) {
    for (size_t i = 0; i < s->config->header_count; i++)
        if (strcasecmp(s->config->headers[i].name, name) == 0)
            return true;
    return false;
}

static void
send_request(struct web_sink *s, uint64_t now) {
    const char *headers[3];
    size_t count = 0;
    if (!configured(s, "Idempotency-Key"))
        headers[count++] = s->key;
    if (!configured(s, "Content-Type"))
        headers[count++] = "Content-Type: application/json";
    if (s->body.gzip)
        headers[count++] = "Content-Encoding: gzip";
    const struct http_request request = {
        .method = "POST",
        .url = s->config->url,
        .headers = headers,
        .header_count = count,
        .body = s->body.bytes,
        .length = s->body.length,
        .done = settle,
        .context = s,
    };
    s->in_flight = world->http->start(s->client, &request) == 0;
    s->sent_ns = now;
    jn_sink_add(&s->sink.view->counters[JN_SINK_COUNTER_REQUESTS], s->in_flight);
}

static int
poll_web(struct sink *sink) {
    struct web_sink *s = (struct web_sink *)sink;
    world->http->poll(s->client);
    uint64_t now = world->clock->steady_ns();
    if (s->in_flight || now < s->pause.until_ns)
        return 0;
    if (s->count == 0 && (!due(s, now) || !make_request(s)))
        return 0;
    send_request(s, now);
    world->http->poll(s->client);
    jn_sink_set(&sink->view->gauges[JN_SINK_GAUGE_QUEUE], s->end - s->first - s->count);
    return 0;
}

static void
close_web(struct sink *sink) {
    struct web_sink *s = (struct web_sink *)sink;
    if (s->client != NULL)
        world->http->close(s->client);
    http_body_close(&s->body);
    web_envelope_close(&s->envelope);
    free(s);
}

static const struct sink_operations operations = {submit_web, poll_web, close_web};

// "Name: value" of each; they may be secret. False: no memory.
static bool
make_headers(const struct jn_config_http *config, char *headers[JN_MAX_SINK_HEADERS]) {
    for (size_t i = 0; i < config->header_count; i++) {
        const char *name = config->headers[i].name, *value = config->headers[i].value;
        bool empty = value == NULL || value[0] == '\0'; // libcurl has a sign of its own for that
        if (asprintf(&headers[i], "%s%s%s", name, empty ? ";" : ": ", empty ? "" : value) < 0) {
            headers[i] = NULL;
            return false;
        }
    }
    return true;
}

static bool
open_client(struct web_sink *s, char err[JN_ERR_MAX]) {
    char *headers[JN_MAX_SINK_HEADERS] = {NULL};
    snprintf(err, JN_ERR_MAX, "no memory");
    if (make_headers(s->config, headers)) {
        const struct http_options options = {
            .ca_file = s->config->ca_file[0] != '\0' ? s->config->ca_file : NULL,
            .headers = (const char *const *)headers,
            .header_count = s->config->header_count,
            .timeout_ms = TIMEOUT_MS,
            .answer_max = ANSWER_BYTES,
            .cut_answer = true, // the status decides, also where a service echoes what it was sent
        };
        s->client = world->http->open(&options, err);
    }
    for (size_t i = 0; i < s->config->header_count && headers[i] != NULL; i++) {
        explicit_bzero(headers[i], strlen(headers[i]));
        free(headers[i]);
    }
    return s->client != NULL;
}

static bool
open_all(struct web_sink *s, char err[JN_ERR_MAX]) {
    const struct jn_config_http *config = s->config;
    int length = (int)(strstr(config->url, "://") + 3 - config->url);
    length += (int)strcspn(config->url + length, "/?#");
    snprintf(s->host, sizeof(s->host), "%.*s", length, config->url);
    if (web_envelope_open(&s->envelope, config->operator_id, config->url) &&
        http_body_open(&s->body, config->compression == JN_SINK_GZIP))
        return open_client(s, err);
    snprintf(err, JN_ERR_MAX, "no memory");
    return false;
}

static struct sink *
open_web(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    char why[JN_ERR_MAX] = "no memory";
    struct web_sink *s = calloc(1, sizeof(*s));
    if (s != NULL) {
        s->sink = (struct sink){.operations = &operations, .view = view};
        s->config = &config->http;
        s->portion = BATCH_DOCUMENTS;
        s->batch_bytes = BATCH_BYTES;
        s->random = world->clock->wall_ns() | 1;
        if (open_all(s, why))
            return &s->sink;
        close_web(&s->sink);
    }
    snprintf(err, JN_ERR_MAX, "sink %s: %.400s", config->name, why);
    return NULL;
}

const struct sink_type sink_http = {.open = open_web, .network = true};
