// SPDX-License-Identifier: BSD-3-Clause
// The server name in a ClientHello of TLS (RFC 8446, 4.1.2; RFC 6066, 3), read byte by byte as the connection brings it: a
// hello may come in any pieces, of records and of segments, and nothing but the name is kept. nDPI keeps the last 79 bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_NAME_MOST 255u

enum tls_name_result {
    TLS_NAME_MORE,  // the hello goes on
    TLS_NAME_FOUND, // the name is there
    TLS_NAME_NONE,  // the hello has none, or is none
};

// Zeroes are one at the start.
struct tls_name {
    uint8_t step;    // of the hello: enum in tls_name.c
    uint8_t got;     // bytes of `value` that came
    bool in_record;  // past the record's header
    uint8_t result;  // enum tls_name_result
    uint32_t value;  // the number that is being read
    uint32_t record; // bytes of the record, or of its header, that came
    uint32_t record_left;
    uint32_t hello_left, extensions_left, extension_left;
    uint32_t skip;        // bytes that say nothing
    uint16_t extension;   // type
    uint16_t name_length; // that the hello says
    uint16_t kept;        // bytes of the name that are here
    char name[TLS_NAME_MOST + 1];
};

// May a connection's bytes from here on be a ClientHello? At least one byte.
bool tls_name_begins(const uint8_t *bytes, size_t length);

// The next bytes of the connection. Not asked again once the answer was another than MORE.
enum tls_name_result tls_name_take(struct tls_name *tls, const uint8_t *bytes, size_t length);

// Of a name that was found: is it longer than what is kept?
static inline bool
tls_name_is_cut(const struct tls_name *tls) {
    return tls->name_length > tls->kept;
}
