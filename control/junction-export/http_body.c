// SPDX-License-Identifier: BSD-3-Clause
#include "http_body.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_ROOM = 65536, LEVEL = 1, GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };

bool
http_body_open(struct http_body *body, bool gzip) {
    *body = (struct http_body){.gzip = gzip, .room = FIRST_ROOM, .bytes = malloc(FIRST_ROOM)};
    if (gzip && deflateInit2(&body->stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(body->bytes);
        *body = (struct http_body){0};
    }
    return body->bytes != NULL;
}

void
http_body_close(struct http_body *body) {
    if (body->gzip)
        deflateEnd(&body->stream);
    free(body->bytes);
    *body = (struct http_body){0};
}

void
http_body_begin(struct http_body *body) {
    body->length = 0;
    body->failed = false;
    if (body->gzip)
        deflateReset(&body->stream);
}

static bool
make_room(struct http_body *body, size_t more) {
    size_t room = body->room;
    while (room - body->length < more)
        room *= 2;
    char *bytes = room > body->room ? realloc(body->bytes, room) : body->bytes;
    if (bytes == NULL) {
        body->failed = true;
        return false;
    }
    body->bytes = bytes;
    body->room = room;
    return true;
}

static void
compress_all(struct http_body *body, int flush) {
    int rc = Z_OK;
    while (!body->failed && rc == Z_OK && (body->stream.avail_in > 0 || flush == Z_FINISH)) {
        if (!make_room(body, 1024))
            return;
        body->stream.next_out = (Bytef *)body->bytes + body->length;
        body->stream.avail_out = (uInt)(body->room - body->length);
        rc = deflate(&body->stream, flush);
        body->length = (size_t)((char *)body->stream.next_out - body->bytes);
    }
    body->failed = body->failed || (rc != Z_OK && rc != Z_STREAM_END);
}

void
http_body_add(struct http_body *body, const void *bytes, size_t length) {
    if (body->gzip) {
        body->stream.next_in = (Bytef *)(uintptr_t)bytes; // zlib only reads it
        body->stream.avail_in = (uInt)length;
        compress_all(body, Z_NO_FLUSH);
    } else if (!body->failed && make_room(body, length)) {
        memcpy(body->bytes + body->length, bytes, length);
        body->length += length;
    }
}

bool
http_body_end(struct http_body *body) {
    if (body->gzip)
        compress_all(body, Z_FINISH);
    return !body->failed;
}
