// SPDX-License-Identifier: BSD-3-Clause
// Packets in tables are strings of hexadecimal digits.
#pragma once

#include <stdint.h>
#include <stdlib.h>

// Digits to bytes, of which it returns how many; spaces are skipped.
static inline uint32_t
hex_decode(const char *hex, uint8_t *out) {
    uint32_t n = 0;
    while (*hex != '\0') {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        out[n++] = (uint8_t)strtoul((char[]){hex[0], hex[1], 0}, NULL, 16);
        hex += 2;
    }
    return n;
}
