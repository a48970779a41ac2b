// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "web_batch.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <nettle/sha2.h>

// A JSON string with its quotes; the caller frees it.
static char *
quoted(const char *text) {
    json_t *string = json_string_nocheck(text);
    char *result = json_dumps(string, JSON_ENCODE_ANY);
    json_decref(string);
    return result;
}

bool
web_envelope_open(struct web_envelope *envelope, const char *operator_id, const char *url) {
    char *operator_text = quoted(operator_id), *url_text = quoted(url);
    *envelope = (struct web_envelope){0};
    if (operator_text != NULL && url_text != NULL &&
        (asprintf(&envelope->begin, "{\"operatorId\":%s,\"timestamp\":", operator_text) < 0 ||
         asprintf(&envelope->middle,
                  ",\"destination\":{\"provider\":\"junction\",\"service\":\"http\",\"resourceUrl\":%s},\"payloads\":[",
                  url_text) < 0))
        web_envelope_close(envelope);
    free(operator_text);
    free(url_text);
    return envelope->middle != NULL;
}

void
web_envelope_close(struct web_envelope *envelope) {
    free(envelope->begin);
    free(envelope->middle);
    *envelope = (struct web_envelope){0};
}

bool
web_body(struct http_body *body, const struct web_envelope *envelope, uint64_t timestamp_ms,
         const struct document *const *documents, size_t count) {
    char number[24];
    snprintf(number, sizeof(number), "%lu", (unsigned long)timestamp_ms);
    http_body_begin(body);
    http_body_add_text(body, envelope->begin);
    http_body_add_text(body, number);
    http_body_add_text(body, envelope->middle);
    for (size_t i = 0; i < count; i++) {
        http_body_add(body, ",", i > 0);
        http_body_add(body, documents[i]->text, documents[i]->length);
    }
    http_body_add_text(body, "]}");
    return http_body_end(body);
}

void
web_key(const struct document *const *documents, size_t count, char key[WEB_KEY_LENGTH + 1]) {
    struct sha256_ctx hash;
    uint8_t digest[WEB_KEY_LENGTH / 2];
    sha256_init(&hash);
    for (size_t i = 0; i < count; i++) {
        sha256_update(&hash, documents[i]->id_length, (const uint8_t *)documents[i]->id);
        sha256_update(&hash, 1, (const uint8_t *)"\n");
    }
    sha256_digest(&hash, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(key + 2 * i, 3, "%02x", digest[i]);
}
