// SPDX-License-Identifier: BSD-3-Clause
// Requests: to which server, and what is asked. With data streams, documents that may have been delivered are looked up
// before: each kind's stream is refreshed, for a search sees only what was there then, and searched for their ids.
#include "elastic_send.h"

#include "elastic_settle.h"
#include "world.h"

// The one in use, or another once that failed. NULL: none is to be asked for now.
static struct elastic_endpoint *
choose_endpoint(struct elastic_sink *s, uint64_t now) {
    for (unsigned int i = 0; i < s->endpoint_count; i++) {
        unsigned int index = (s->endpoint + i) % s->endpoint_count;
        if (s->endpoints[index].pause.until_ns <= now) {
            s->endpoint = index;
            return &s->endpoints[index];
        }
    }
    return NULL;
}

// At least one document, and no more bytes than the servers take.
static unsigned int
portion_of(const struct elastic_batch *batch) {
    unsigned int count = 0, most = batch->portion < batch->count ? batch->portion : batch->count;
    for (size_t bytes = 0; count < most; count++) {
        bytes += bulk_size(&batch->items[count]->document);
        if (count > 0 && bytes > batch->sink->batch_bytes)
            break;
    }
    return count;
}

static bool
find_unsure(struct elastic_batch *batch, unsigned int portion) {
    batch->asked_count = 0;
    for (unsigned int i = 0; i < portion; i++) {
        const struct elastic_item *item = batch->items[i];
        if (item->unsure && batch->asked_count == 0)
            batch->kind = item->document.kind;
        if (item->unsure && item->document.kind == batch->kind)
            batch->asked[batch->asked_count++] = &item->document;
    }
    return batch->asked_count > 0;
}

static bool
make_bulk(struct elastic_batch *batch, unsigned int portion) {
    const struct bulk_target *target = &batch->sink->target;
    batch->step = ELASTIC_BULK;
    batch->asked_count = portion;
    batch->bytes = 0;
    http_body_begin(&batch->body);
    for (unsigned int i = 0; i < portion; i++) {
        batch->asked[i] = &batch->items[i]->document;
        batch->bytes += bulk_size(batch->asked[i]);
        bulk_add(&batch->body, target, batch->asked[i]);
    }
    return http_body_end(&batch->body) && bulk_url(target, batch->endpoint->url, batch->url);
}

static bool
make_refresh(struct elastic_batch *batch) {
    batch->step = ELASTIC_REFRESH;
    http_body_begin(&batch->search);
    return http_body_end(&batch->search) &&
           bulk_refresh_url(&batch->sink->target, batch->kind, batch->endpoint->url, batch->url);
}

static bool
make_search(struct elastic_batch *batch) {
    batch->step = ELASTIC_SEARCH;
    bulk_search_begin(&batch->search);
    for (unsigned int i = 0; i < batch->asked_count; i++)
        bulk_search_add(&batch->search, batch->asked[i], i == 0);
    bulk_search_end(&batch->search);
    return http_body_end(&batch->search) &&
           bulk_search_url(&batch->sink->target, batch->kind, batch->endpoint->url, batch->url);
}

static bool
make_request(struct elastic_batch *batch) {
    unsigned int portion = portion_of(batch);
    if (batch->refreshed)
        return make_search(batch);
    return find_unsure(batch, portion) ? make_refresh(batch) : make_bulk(batch, portion);
}

void
elastic_send(struct elastic_batch *batch, uint64_t now) {
    static const char *const lines[] = {"Content-Type: application/x-ndjson", "Content-Encoding: gzip"};
    static const char *const json[] = {"Content-Type: application/json"};
    struct elastic_sink *s = batch->sink;
    batch->endpoint = choose_endpoint(s, now);
    if (batch->endpoint == NULL || !make_request(batch))
        return; // out of memory: at the next poll
    bool bulk = batch->step == ELASTIC_BULK;
    const struct http_body *body = bulk ? &batch->body : &batch->search;
    const struct http_request request = {
        .method = "POST",
        .url = batch->url,
        .headers = bulk ? lines : json,
        .header_count = bulk && body->gzip ? 2 : 1,
        .body = body->bytes,
        .length = body->length,
        .done = elastic_settle,
        .context = batch,
    };
    if (world->http->start(s->client, &request) < 0)
        return;
    batch->in_flight = true;
    batch->sent_ns = now;
    jn_sink_add(&s->sink.view->counters[JN_SINK_COUNTER_REQUESTS], 1);
}
