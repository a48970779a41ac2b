// SPDX-License-Identifier: BSD-3-Clause
// Host and path of a request of HTTP/1 (RFC 9112), read byte by byte as the connection brings it: up to the Host line, at
// most HTTP_HEAD_MOST bytes. nDPI keeps the last 79 bytes of a host.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HOST_MOST 255u
#define HTTP_PATH_MOST 255u
#define HTTP_HEAD_MOST 16384u

enum http_host_result {
    HTTP_HOST_MORE,  // the request's head goes on
    HTTP_HOST_FOUND, // the host is there, or one in the target, and the path
    HTTP_HOST_NONE,  // the head has none, or is none
};

// Zeroes are one at the start.
struct http_host {
    uint8_t step;    // enum in http_host.c
    uint8_t result;  // enum http_host_result
    uint8_t matched; // bytes of the field's name that are "host"'s
    bool host_cut;
    uint16_t host_length, path_length;
    uint32_t taken; // bytes
    char host[HTTP_HOST_MOST + 1];
    char path[HTTP_PATH_MOST + 1]; // the request's target as it stands, its first bytes
};

// May a connection's bytes from here on be a request? At least one byte. One by a method that nobody knows has its first line
// whole.
bool http_host_begins(const uint8_t *bytes, size_t length);

// The next bytes of the connection. Not asked again once the answer was another than MORE. A host that was found is without
// its port.
enum http_host_result http_host_take(struct http_host *http, const uint8_t *bytes, size_t length);

// The host that the target itself names, without port: of a request to a proxy. It is the one that counts, whatever the Host
// line says (RFC 9112, 3.2.2). Length 0: it names none. cut: it was longer than is here.
const char *http_host_target(const struct http_host *http, size_t *length, bool *cut);

// Of the target: the path alone, without scheme, host and query. Length 0: it has none.
const char *http_host_path(const struct http_host *http, size_t *length);
