// SPDX-License-Identifier: BSD-3-Clause
// What Elasticsearch's and OpenSearch's bulk API and their search are asked: URLs and bodies.
#pragma once

#include "config/config.h"
#include "document.h"
#include "http_body.h"

enum { BULK_URL_MAX = 2048, BULK_INDEX_MAX = JN_SINK_INDEX_MAX + 16 };

// Where documents go: the name of their kind, of a data stream or of the index of their own day.
struct bulk_target {
    const char *names[DOCUMENT_KIND_COUNT];
    bool data_streams;
    const char *pipeline; // NULL or "": none
};

void bulk_index_name(const struct bulk_target *target, const struct document *document, char name[BULK_INDEX_MAX]);

// base: a sound URL, with or without a slash at its end. False: too long.
bool bulk_url(const struct bulk_target *target, const char *base, char url[BULK_URL_MAX]);
bool bulk_refresh_url(const struct bulk_target *target, enum document_kind kind, const char *base,
                      char url[BULK_URL_MAX]);
bool bulk_search_url(const struct bulk_target *target, enum document_kind kind, const char *base,
                     char url[BULK_URL_MAX]);

// Bytes that the document takes in a request, about.
size_t bulk_size(const struct document *document);

// One document more: created, so that one that is there stays as it is.
void bulk_add(struct http_body *body, const struct bulk_target *target, const struct document *document);

// Which documents of these ids are there? Each piece one after the other.
void bulk_search_begin(struct http_body *body);
void bulk_search_add(struct http_body *body, const struct document *document, bool first);
void bulk_search_end(struct http_body *body);
