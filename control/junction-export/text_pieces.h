// SPDX-License-Identifier: BSD-3-Clause
// What flow documents are made of, written without a branch: copied whole and cut by its length, so that up to TEXT_SLACK
// bytes behind the new end are written too. The next piece overwrites them; behind the last one the buffer must have them.
// Multi-byte stores put the lowest byte first, as x86 does.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TEXT_SLACK 64u

// A short text whose length is not known where it is written.
struct text_piece {
    char text[TEXT_SLACK - 1]; // zeroes behind it
    uint8_t length;
};
#define TEXT_PIECE(literal)                                                                                            \
    { literal, sizeof(literal) - 1 }

static inline char *
put_piece(char *at, const struct text_piece *piece) {
    return (char *)memcpy(at, piece, sizeof(*piece)) + piece->length;
}

// A text of any length in an array of which TEXT_SLACK bytes behind it may be read.
static inline char *
put_padded(char *at, const char *text, size_t length) {
    for (size_t i = 0; i < length; i += TEXT_SLACK)
        memcpy(at + i, text + i, TEXT_SLACK);
    return at + length;
}

enum { TEXT_EIGHT_DIGITS = 100000000 };

// The eight decimal digits of a number below 10^8, a byte each from 0 to 9, the first one highest. A number that is `n` times
// a quotient and a rest becomes both side by side when the quotient is added as often as it stands higher than `n`; halves of
// one width are taken apart at once, by reciprocals of 100 and 10 that are exact for so small ones.
static inline uint64_t
text_digits(uint32_t value) {
    uint64_t fours = value + (uint64_t)(value / 10000) * ((UINT64_C(1) << 32) - 10000);
    uint64_t twos = fours + (fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f)) * ((1u << 16) - 100);
    return twos + (twos * 103 >> 10 & UINT64_C(0x000f000f000f000f)) * ((1u << 8) - 10);
}

#define TEXT_ZEROES UINT64_C(0x3030303030303030) // "00000000"

// All eight.
static inline char *
put_eight(char *at, uint32_t value) {
    uint64_t text = __builtin_bswap64(text_digits(value)) | TEXT_ZEROES;
    return (char *)memcpy(at, &text, sizeof(text)) + sizeof(text);
}

// From 10^8.
char *put_large(char *at, uint64_t value);

static inline char *
put_u64(char *at, uint64_t value) {
    if (value >= TEXT_EIGHT_DIGITS)
        return put_large(at, value);
    uint64_t digits = text_digits((uint32_t)value);
    unsigned int leading = (unsigned int)__builtin_clzll(digits | 1) & 56; // bits of the zeroes that are not written
    uint64_t text = __builtin_bswap64(digits << leading) | TEXT_ZEROES;
    return (char *)memcpy(at, &text, sizeof(text)) + sizeof(text) - leading / 8;
}

// An octet in decimal with a dot behind it.
struct text_octet {
    char text[4];
    uint32_t length; // with the dot
};
extern const struct text_octet text_octets[256];

// As inet_ntop: dotted quad.
static inline char *
put_ipv4(char *at, const uint8_t address[4]) {
    for (int i = 0; i < 4; i++) {
        const struct text_octet *octet = &text_octets[address[i]];
        memcpy(at, octet->text, sizeof(octet->text));
        at += octet->length;
    }
    return at - 1;
}

// "02-00-00-00-00-01", as ECS has it (RFC 7042).
extern const char text_mac_bytes[256][4]; // two upper-case digits and a dash
static inline char *
put_mac(char *at, const uint8_t mac[6]) {
    for (int i = 0; i < 6; i++, at += 3)
        memcpy(at, text_mac_bytes[mac[i]], 4);
    return at - 1;
}

// Two lower-case digits a byte.
extern const char text_hex_bytes[256][2];
