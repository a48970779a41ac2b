// SPDX-License-Identifier: BSD-3-Clause
// Indices or data streams of Elasticsearch 7.10 to 9 and of OpenSearch, by their bulk API. Documents are created under their
// event.id: one that is sent again changes nothing, so whatever is not answered for sure is sent again.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>

#include "elastic_list.h"
#include "elastic_send.h"
#include "text.h"
#include "world.h"

enum { TIMEOUT_MS = 120000, ANSWER_BYTES = 16 << 20 };

// Of a life before, or of the sink before this one: it may have been sent.
static bool
may_be_sent(const struct elastic_sink *s, const struct document *document) {
    return s->target.data_streams && (document->earlier || memcmp(document->date, s->opened, sizeof(s->opened)) <= 0);
}

static int
submit_elastic(struct sink *sink, const struct document *document, uint64_t opaque) {
    struct elastic_sink *s = (struct elastic_sink *)sink;
    struct elastic_item *item = elastic_list_take(&s->unused);
    if (item == NULL)
        return -EAGAIN;
    *item = (struct elastic_item){.document = *document, .opaque = opaque, .unsure = may_be_sent(s, document)};
    if (s->fresh.count == 0)
        s->fresh_ns = world->clock->steady_ns();
    s->fresh_bytes += bulk_size(document);
    elastic_list_add(&s->fresh, item);
    return 0;
}

static int
poll_elastic(struct sink *sink) {
    struct elastic_sink *s = (struct elastic_sink *)sink;
    world->http->poll(s->client);
    uint64_t now = world->clock->steady_ns();
    bool sent = false;
    for (unsigned int i = 0; i < ELASTIC_BATCHES; i++) {
        struct elastic_batch *batch = &s->batches[i];
        if (batch->in_flight)
            continue;
        if (batch->count == 0)
            elastic_fill(s, batch, now);
        if (batch->count > 0 && batch->until_ns <= now)
            elastic_send(batch, now);
        sent = sent || batch->in_flight;
    }
    if (sent)
        world->http->poll(s->client);
    jn_sink_set(&sink->view->gauges[JN_SINK_GAUGE_QUEUE], s->fresh.count + s->again.count);
    return 0;
}

static void
close_elastic(struct sink *sink) {
    struct elastic_sink *s = (struct elastic_sink *)sink;
    if (s->client != NULL)
        world->http->close(s->client);
    for (unsigned int i = 0; i < ELASTIC_BATCHES; i++) {
        http_body_close(&s->batches[i].body);
        http_body_close(&s->batches[i].search);
    }
    free(s);
}

static const struct sink_operations operations = {submit_elastic, poll_elastic, close_elastic};

// "Authorization: ...", or "" where nothing was given. Not longer than what the configuration allows.
static bool
authorization(const struct jn_config_elasticsearch *config, char *header, size_t size) {
    const char *key = config->api_key.value, *user = config->username.value, *password = config->password.value;
    header[0] = '\0';
    if (key != NULL)
        return (size_t)snprintf(header, size, "Authorization: ApiKey %s", key) < size;
    if (user == NULL)
        return true;
    char plain[2 * JN_SECRET_MAX + 2], encoded[BASE64_ENCODE_RAW_LENGTH(sizeof(plain)) + 1];
    size_t length = (size_t)snprintf(plain, sizeof(plain), "%s:%s", user, password != NULL ? password : "");
    bool fits = length < sizeof(plain) && strchr(user, ':') == NULL;
    if (fits) {
        base64_encode_raw(encoded, length, (const uint8_t *)plain);
        encoded[BASE64_ENCODE_RAW_LENGTH(length)] = '\0';
        fits = (size_t)snprintf(header, size, "Authorization: Basic %s", encoded) < size;
    }
    explicit_bzero(plain, sizeof(plain));
    explicit_bzero(encoded, sizeof(encoded));
    return fits;
}

static bool
open_client(struct elastic_sink *s, char err[JN_ERR_MAX]) {
    char header[3 * JN_SECRET_MAX];
    const char *const headers[] = {header};
    if (!authorization(s->config, header, sizeof(header))) {
        snprintf(err, JN_ERR_MAX, "elasticsearch.%s: too long, or a user's name with a colon",
                 s->config->api_key.value != NULL ? "api_key" : "username");
        explicit_bzero(header, sizeof(header));
        return false;
    }
    const struct http_options options = {
        .ca_file = s->config->ca_file[0] != '\0' ? s->config->ca_file : NULL,
        .headers = headers,
        .header_count = header[0] != '\0',
        .timeout_ms = TIMEOUT_MS,
        .answer_max = ANSWER_BYTES,
    };
    s->client = world->http->open(&options, err);
    explicit_bzero(header, sizeof(header));
    return s->client != NULL;
}

static void
open_endpoints(struct elastic_sink *s) {
    for (unsigned int i = 0; i < s->config->url_count; i++)
        s->endpoints[s->endpoint_count++] = (struct elastic_endpoint){.url = s->config->urls[i]};
}

static bool
open_lists(struct elastic_sink *s, char err[JN_ERR_MAX]) {
    elastic_list_clear(&s->unused);
    elastic_list_clear(&s->fresh);
    elastic_list_clear(&s->again);
    for (unsigned int i = 0; i < ELASTIC_ITEMS; i++)
        elastic_list_add(&s->unused, &s->pool[i]);
    for (unsigned int i = 0; i < ELASTIC_BATCHES; i++) {
        struct elastic_batch *batch = &s->batches[i];
        batch->sink = s;
        if (!http_body_open(&batch->body, s->config->compression == JN_SINK_GZIP) ||
            !http_body_open(&batch->search, false)) {
            snprintf(err, JN_ERR_MAX, "no memory");
            return false;
        }
    }
    return true;
}

static void
note_start(struct elastic_sink *s) {
    struct time_cache cache = {0};
    char text[TIME_TEXT_LENGTH];
    uint64_t wall = world->clock->wall_ns();
    put_time(&cache, text, wall + ELASTIC_MARGIN_NS);
    memcpy(s->opened, text, sizeof(s->opened));
    s->random = wall | 1;
}

static struct sink *
open_elastic(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    const struct jn_config_elasticsearch *e = &config->elasticsearch;
    char why[JN_ERR_MAX];
    struct elastic_sink *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        snprintf(err, JN_ERR_MAX, "sink %s: no memory", config->name);
        return NULL;
    }
    s->sink = (struct sink){.operations = &operations, .view = view};
    s->config = e;
    s->target = (struct bulk_target){
        .names = {[DOCUMENT_FLOW] = e->index_flow, [DOCUMENT_SUMMARY] = e->index_summary},
        .data_streams = e->data_streams,
        .pipeline = e->pipeline,
    };
    s->batch_bytes = ELASTIC_BATCH_BYTES;
    note_start(s);
    open_endpoints(s);
    if (open_lists(s, why) && open_client(s, why))
        return &s->sink;
    snprintf(err, JN_ERR_MAX, "sink %s: %.400s", config->name, why);
    close_elastic(&s->sink);
    return NULL;
}

const struct sink_type sink_elasticsearch = {.open = open_elastic, .network = true};
