// SPDX-License-Identifier: BSD-3-Clause
// The body of a POST request: SORACOM Funnel's envelope around documents, and the key by which a service may know that it
// had them before.
#pragma once

#include "document.h"
#include "http_body.h"

#define WEB_KEY_LENGTH 32

struct web_envelope {
    char *begin;  // to the timestamp
    char *middle; // from there to the first document
};

// False: no memory. url and operator_id: any text.
bool web_envelope_open(struct web_envelope *envelope, const char *operator_id, const char *url);
void web_envelope_close(struct web_envelope *envelope);

// {operatorId, timestamp, destination, payloads}. timestamp_ms: since the epoch. False: no memory.
bool web_body(struct http_body *body, const struct web_envelope *envelope, uint64_t timestamp_ms,
              const struct document *const *documents, size_t count);

// The same for the same documents in the same order, 32 hexadecimal digits.
void web_key(const struct document *const *documents, size_t count, char key[WEB_KEY_LENGTH + 1]);
