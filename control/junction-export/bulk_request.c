// SPDX-License-Identifier: BSD-3-Clause
#include "bulk_request.h"

#include <stdarg.h>
#include <stdio.h>

// Parts of an answer that are looked at: with thousands of documents the rest is most of it.
#define BULK_FILTER "filter_path=error,status,errors,items.*._id,items.*.status,items.*.error"

void
bulk_index_name(const struct bulk_target *target, const struct document *document, char name[BULK_INDEX_MAX]) {
    const char *date = document->date;
    if (target->data_streams)
        snprintf(name, BULK_INDEX_MAX, "%s", target->names[document->kind]);
    else
        snprintf(name, BULK_INDEX_MAX, "%s-%.4s.%.2s.%.2s", target->names[document->kind], date, date + 5, date + 8);
}

// RFC 3986: what is not unreserved is escaped.
static void
escape(const char *text, char *into, size_t size) {
    size_t length = 0;
    for (; *text != '\0' && length + 4 <= size; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~';
        length += (size_t)snprintf(into + length, size - length, plain ? "%c" : "%%%02X", c);
    }
    into[length < size ? length : size - 1] = '\0';
}

static bool __attribute__((format(printf, 3, 4)))
make_url(char url[BULK_URL_MAX], const char *base, const char *format, ...) {
    va_list arguments;
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    int written = snprintf(url, BULK_URL_MAX, "%.*s/", (int)length, base);
    if (written >= BULK_URL_MAX)
        return false;
    va_start(arguments, format);
    int more = vsnprintf(url + written, (size_t)(BULK_URL_MAX - written), format, arguments);
    va_end(arguments);
    return more < BULK_URL_MAX - written;
}

bool
bulk_url(const struct bulk_target *target, const char *base, char url[BULK_URL_MAX]) {
    char pipeline[3 * 256];
    escape(target->pipeline != NULL ? target->pipeline : "", pipeline, sizeof(pipeline));
    return make_url(url, base, "_bulk?" BULK_FILTER "%s%s", pipeline[0] != '\0' ? "&pipeline=" : "", pipeline);
}

bool
bulk_refresh_url(const struct bulk_target *target, enum document_kind kind, const char *base, char url[BULK_URL_MAX]) {
    char name[3 * JN_SINK_INDEX_MAX];
    escape(target->names[kind], name, sizeof(name));
    return make_url(url, base, "%s/_refresh?ignore_unavailable=true", name);
}

bool
bulk_search_url(const struct bulk_target *target, enum document_kind kind, const char *base, char url[BULK_URL_MAX]) {
    char name[3 * JN_SINK_INDEX_MAX];
    escape(target->names[kind], name, sizeof(name));
    return make_url(url, base, "%s/_search?ignore_unavailable=true&allow_partial_search_results=false", name);
}

size_t
bulk_size(const struct document *document) {
    return document->length + document->id_length + 96;
}

void
bulk_add(struct http_body *body, const struct bulk_target *target, const struct document *document) {
    char name[BULK_INDEX_MAX];
    bulk_index_name(target, document, name);
    http_body_add_text(body, "{\"create\":{\"_index\":\"");
    http_body_add_text(body, name); // without a character that JSON escapes: no index has one
    http_body_add_text(body, "\",\"_id\":\"");
    http_body_add(body, document->id, document->id_length); // escaped, as it stands in the document
    http_body_add_text(body, "\"}}\n");
    http_body_add(body, document->text, document->length);
    http_body_add_text(body, "\n");
}

void
bulk_search_begin(struct http_body *body) {
    http_body_begin(body);
    http_body_add_text(body, "{\"size\":10000,\"_source\":false,\"query\":{\"ids\":{\"values\":[");
}

void
bulk_search_add(struct http_body *body, const struct document *document, bool first) {
    http_body_add_text(body, first ? "\"" : ",\"");
    http_body_add(body, document->id, document->id_length);
    http_body_add_text(body, "\"");
}

void
bulk_search_end(struct http_body *body) {
    http_body_add_text(body, "]}}}");
}
