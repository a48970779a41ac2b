// SPDX-License-Identifier: BSD-3-Clause
// The body of a request, written in pieces, compressed as it grows.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <zlib.h>

struct http_body {
    char *bytes;
    size_t length, room;
    bool gzip;
    bool failed; // no memory
    z_stream stream;
};

// False: no memory.
bool http_body_open(struct http_body *body, bool gzip);
void http_body_close(struct http_body *body);

// Begin anew, add, end. Whether there was memory for all of it is known at the end.
void http_body_begin(struct http_body *body);
void http_body_add(struct http_body *body, const void *bytes, size_t length);
bool http_body_end(struct http_body *body);

static inline void
http_body_add_text(struct http_body *body, const char *text) {
    http_body_add(body, text, strlen(text));
}
