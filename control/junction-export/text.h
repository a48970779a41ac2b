// SPDX-License-Identifier: BSD-3-Clause
// Pieces of JSON text written straight into a buffer that the caller knows to be large enough. Each returns the new
// end.
#pragma once

#include "text_pieces.h"

#define TEXT_STRING_MAX  128u                   // bytes of a string that are written; the rest is cut
#define TEXT_STRING_ROOM (TEXT_STRING_MAX * 6u) // escaped
#define TEXT_IP_ROOM     46u

#define PUT(at, literal) ((char *)memcpy((at), (literal), sizeof(literal) - 1) + (sizeof(literal) - 1))

static inline char *
put_bytes(char *at, const char *text, size_t length) {
    return (char *)memcpy(at, text, length) + length;
}

char *put_hex16(char *at, uint64_t value);

// As inet_ntop: RFC 5952. No byte behind TEXT_IP_ROOM is written, of IPv4 as well.
char *put_ipv6(char *at, const uint8_t address[16]);

static inline char *
put_address(char *at, uint8_t family, const uint8_t *address) {
    return family == 6 ? put_ipv6(at, address) : put_ipv4(at, address);
}

// The inside of a JSON string: escaped, and valid UTF-8 whatever the bytes are. At most TEXT_STRING_MAX of them. Up to seven
// bytes behind the new end are written too.
char *put_escaped(char *at, const char *text, size_t length);

// The same of all of them: six times the room.
char *put_escaped_whole(char *at, const char *text, size_t length);

// Length of the well-formed UTF-8 sequence at `text`, 0 when it is not one (RFC 3629).
size_t text_utf8_length(const uint8_t *text, size_t left);

// Every byte that is of none becomes a question mark.
void text_make_utf8(char *text);

#define TIME_TEXT_LENGTH 30u // 2026-01-02T03:04:05.678901234Z: epoch nanoseconds by RFC 3339 in UTC

// The date part of the day that was written last: nearly all times of a stream fall into one day.
struct time_cache {
    uint64_t day;                    // since the epoch, plus one; 0 while empty
    char midnight[TIME_TEXT_LENGTH]; // at its beginning
};

// Writes TIME_TEXT_LENGTH characters; returns the new end.
char *put_time(struct time_cache *cache, char *at, uint64_t ns);
