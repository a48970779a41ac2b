// SPDX-License-Identifier: BSD-3-Clause
// The sink "elasticsearch" from within. A document is an item from submit until it is acknowledged or refused; it is in one
// place at a time: in the list of the new, in the list of those that are tried again, or in one of the batches.
#pragma once

#include "backoff.h"
#include "bulk_answer.h"
#include "bulk_request.h"
#include "sink.h"
#include "world_http.h"

enum {
    ELASTIC_BATCHES = 2, // in flight at a time
    ELASTIC_BATCH_DOCUMENTS = 2000,
    ELASTIC_BATCH_BYTES = 5 << 20,
    ELASTIC_LEAST_BYTES = 64 << 10, // of the largest request, whatever a server refused
    ELASTIC_GROWTH = 256,           // of the largest request: by a part in so many with each that is taken
    ELASTIC_ITEMS = 3 * ELASTIC_BATCH_DOCUMENTS,
    ELASTIC_LINGER_NS = 200000000,
    ELASTIC_POISON_TRIES = 10,
    ELASTIC_BLOCKED = 32, // indices that are blocked at a time, of which that is known
};
#define ELASTIC_POISON_NS UINT64_C(300000000000)

// How long an index of an old day is blocked, while later ones take documents, until its documents are refused: long enough
// for somebody to be called and to open it, and short of what a spool holds. Where nothing else is sent any more because of
// it, others wait, too, so that it is not waited for as long.
#define ELASTIC_BLOCKED_NS UINT64_C(3600000000000)
#define ELASTIC_HELD_UP_NS UINT64_C(300000000000)

#define ELASTIC_SETTLE_NS UINT64_C(1000000000)  // for what was asked and cut to come to its end, before it is looked up
#define ELASTIC_MARGIN_NS UINT64_C(60000000000) // what is dated up to so long after the start may be an earlier life's

struct elastic_item {
    struct elastic_item *next;
    struct document document;
    uint64_t opaque;
    struct backoff pause;
    uint64_t unknown_ns;        // since when the same error comes, whose cause may be the document; 0: it does not
    unsigned int unknown_tries; // how often it came
    uint32_t unknown_hash;      // of the error's type
    bool unsure;                // with data streams: an earlier request may have delivered it
};

struct elastic_list {
    struct elastic_item *first, **end;
    unsigned int count;
};

struct elastic_endpoint {
    const char *url; // base
    struct backoff pause;
};

// An index that took nothing when it was asked last. Dates begin with the day.
struct elastic_index {
    enum document_kind kind;
    char day[10];
    uint64_t since_ns;   // 0: this place is free
    uint64_t asked_ns;   // last
    uint64_t blocked_ns; // while later ones took documents
    bool given_up;       // what comes for it is asked once
};

// Of what was delivered last.
struct elastic_day {
    char day[10];
    uint64_t ns;
};

enum elastic_step { ELASTIC_BULK, ELASTIC_REFRESH, ELASTIC_SEARCH };

struct elastic_batch {
    struct elastic_sink *sink;
    struct elastic_item *items[ELASTIC_BATCH_DOCUMENTS];
    const struct document *asked[ELASTIC_BATCH_DOCUMENTS]; // documents of the request, in its order
    unsigned int count;
    unsigned int portion;     // items of the next request, from the first: less than all while a culprit is looked for
    unsigned int asked_count; // of the request: of its portion, or those that are looked up
    size_t bytes;             // of the request, uncompressed, about
    enum elastic_step step;   // of the request
    enum document_kind kind;  // that is looked up
    bool in_flight;
    bool refreshed;    // the stream that is to be searched
    uint64_t until_ns; // not sent before
    uint64_t sent_ns;
    struct elastic_endpoint *endpoint;
    char url[BULK_URL_MAX];
    struct http_body body, search;
};

struct elastic_sink {
    struct sink sink;
    const struct jn_config_elasticsearch *config;
    struct bulk_target target;
    struct http_client *client;
    struct elastic_endpoint endpoints[JN_MAX_SINK_URLS];
    unsigned int endpoint_count, endpoint; // the one that is used
    struct elastic_list unused, fresh, again;
    size_t fresh_bytes;             // of the requests that the new will be in
    uint64_t fresh_ns;              // since when the first of the new waits
    uint64_t again_ns;              // when the first of those that are tried again is due
    uint64_t delivered_ns;          // when a document was delivered last
    size_t batch_bytes;             // the largest request that the servers take, as far as is known
    char opened[DOCUMENT_DATE_MIN]; // with data streams, what is dated later was sent by no earlier life
    struct elastic_index blocked[ELASTIC_BLOCKED];
    struct elastic_day taken[DOCUMENT_KIND_COUNT];
    uint64_t random;
    struct elastic_item pool[ELASTIC_ITEMS];
    struct elastic_batch batches[ELASTIC_BATCHES];
};
