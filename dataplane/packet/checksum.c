// SPDX-License-Identifier: BSD-3-Clause
#include "packet/checksum.h"

#include <endian.h>

#include "packet/headers.h"

uint16_t
jn_checksum_sum(const uint8_t *bytes, uint32_t length) {
    uint64_t low = 0, high = 0, word;
    uint32_t half = 0;
    uint16_t quarter = 0, last = 0;
    // Two sums of 32-bit halves: compilers make vector instructions of it, which chained carries would prevent.
    for (; length >= 8; length -= 8, bytes += 8) {
        memcpy(&word, bytes, 8);
        low += (uint32_t)word;
        high += word >> 32;
    }
    if (length & 4) {
        memcpy(&half, bytes, 4);
        bytes += 4;
    }
    if (length & 2) {
        memcpy(&quarter, bytes, 2);
        bytes += 2;
    }
    if (length & 1)
        memcpy(&last, bytes, 1); // the other half of its word counts as 0
    uint64_t sum = low + high + half + quarter + last;
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return be16toh((uint16_t)sum);
}

uint16_t
jn_checksum_icmp6(const uint8_t source[16], const uint8_t destination[16], const uint8_t *message, uint32_t length) {
    uint32_t ends = (uint32_t)jn_checksum_sum(source, 16) + jn_checksum_sum(destination, 16);
    return jn_checksum_fold(ends + JN_IP_ICMPV6 + length + jn_checksum_sum(message, length));
}

uint16_t
jn_checksum_icmp(uint8_t family, const uint8_t *source, const uint8_t *destination, const uint8_t *message,
                 uint32_t length) {
    return family == 6 ? jn_checksum_icmp6(source, destination, message, length) : jn_checksum(message, length);
}
