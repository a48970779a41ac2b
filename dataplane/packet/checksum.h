// SPDX-License-Identifier: BSD-3-Clause
// The Internet checksum (RFC 1071). All values are in host order: the sum of the bytes as big-endian words.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// The one's-complement sum, folded to 16 bits, of bytes that start at an even place of what is summed.
uint16_t jn_checksum_sum(const uint8_t *bytes, uint32_t length);

// Over a pseudo-header of IPv6 (RFC 8200 section 8.1) and a message whose checksum field counts as it stands: what goes into
// a field of 0, and 0 for a message that is right. length: at most 65,535 bytes.
uint16_t jn_checksum_icmp6(const uint8_t source[16], const uint8_t destination[16], const uint8_t *message,
                           uint32_t length);

// Likewise of ICMP for either family; IPv4 has no pseudo-header for it.
uint16_t jn_checksum_icmp(uint8_t family, const uint8_t *source, const uint8_t *destination, const uint8_t *message,
                          uint32_t length);

// The sum of two folded sums, folded.
static inline uint16_t
jn_checksum_add(uint32_t a, uint32_t b) {
    uint32_t sum = a + b;
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

// The sum of bytes in pieces: `sum` of the first `length` bytes, and `next` of those that follow.
static inline uint16_t
jn_checksum_join(uint16_t sum, uint32_t length, uint16_t next) {
    // At an odd place every byte stands in the other half of its word (RFC 1071 section 2 (B)).
    return jn_checksum_add(sum, length % 2 != 0 ? __builtin_bswap16(next) : next);
}

// The checksum of bytes: what goes into a field of 0, and 0 for bytes that hold a right one.
static inline uint16_t
jn_checksum(const uint8_t *bytes, uint32_t length) {
    return (uint16_t)~jn_checksum_sum(bytes, length);
}

// The checksum of a sum that was not folded yet: at most 65,536 words.
static inline uint16_t
jn_checksum_fold(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

// A checksum of which one word changes (RFC 1624 equation 3): a wrong one stays wrong.
static inline uint16_t
jn_checksum_update(uint16_t checksum, uint16_t before, uint16_t after) {
    return jn_checksum_fold((uint32_t)(uint16_t)~checksum + (uint16_t)~before + after);
}

// Is the checksum of an IPv4 header without options right?
static inline bool
jn_checksum_is_right_ipv4(const uint8_t header[20]) {
    uint64_t sum = 0;
    for (unsigned int i = 0; i < 5; i++) {
        uint32_t word;
        memcpy(&word, header + 4 * i, sizeof(word));
        sum += word;
    }
    return sum != 0 && sum % UINT16_MAX == 0; // folded to 16 bits a number that is not 0 keeps what it leaves
}
