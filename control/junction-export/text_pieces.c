// SPDX-License-Identifier: BSD-3-Clause
// What each value of a byte looks like.
#include "text_pieces.h"

#define FOUR(X, n)      X(n), X((n) + 1), X((n) + 2), X((n) + 3)
#define SIXTEEN(X, n)   FOUR(X, n), FOUR(X, (n) + 4), FOUR(X, (n) + 8), FOUR(X, (n) + 12)
#define SIXTYFOUR(X, n) SIXTEEN(X, n), SIXTEEN(X, (n) + 16), SIXTEEN(X, (n) + 32), SIXTEEN(X, (n) + 48)
#define ALL(X)          SIXTYFOUR(X, 0), SIXTYFOUR(X, 64), SIXTYFOUR(X, 128), SIXTYFOUR(X, 192)

// The i-th character of the decimal digits of n, of which there are `length`, and of the dot behind them.
#define LENGTH(n)     ((n) >= 100 ? 3 : (n) >= 10 ? 2 : 1)
#define POWER(i)      ((i) == 2 ? 100 : (i) == 1 ? 10 : 1)
#define DECIMAL(n, i) ((i) == LENGTH(n) ? '.' : (i) > LENGTH(n) ? '\0' : '0' + (n) / POWER(LENGTH(n) - 1 - (i)) % 10)
#define OCTET(n)                                                                                                       \
    { {DECIMAL(n, 0), DECIMAL(n, 1), DECIMAL(n, 2), DECIMAL(n, 3)}, LENGTH(n) + 1 }

const struct text_octet text_octets[256] = {ALL(OCTET)};

#define DIGIT(n, ten) ((n) < 10 ? '0' + (n) : (ten) + (n)-10)
#define MAC_BYTE(n)                                                                                                    \
    { DIGIT((n) >> 4, 'A'), DIGIT((n)&15, 'A'), '-', '\0' }
#define HEX_BYTE(n)                                                                                                    \
    { DIGIT((n) >> 4, 'a'), DIGIT((n)&15, 'a') }

const char text_mac_bytes[256][4] = {ALL(MAC_BYTE)};
const char text_hex_bytes[256][2] = {ALL(HEX_BYTE)};

char *
put_large(char *at, uint64_t value) {
    at = put_u64(at, value / TEXT_EIGHT_DIGITS);
    return put_eight(at, (uint32_t)(value % TEXT_EIGHT_DIGITS));
}
