// SPDX-License-Identifier: BSD-3-Clause
// Question and addresses of a message of DNS (RFC 1035), also of mDNS and LLMNR. nDPI keeps one answer. A message without a
// question, as answers of mDNS are (RFC 6762 section 6), is about the name of its first record: that stands for it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MOST    255u
#define DNS_ANSWERS_MOST 8u

struct dns_address {
    uint8_t family; // 4 or 6
    uint8_t bytes[16];
};

struct dns_answers {
    uint16_t question_length; // 0: none, or the root
    uint8_t count;
    char question[DNS_NAME_MOST + 1]; // labels with dots between; a dot within a label is '_'
    struct dns_address addresses[DNS_ANSWERS_MOST];
};

// Read a message that may be cut anywhere and say anything. False: its question is not whole, or it is no message. tcp: two
// bytes of length stand before it.
bool dns_answers_read(const uint8_t *bytes, size_t length, bool tcp, struct dns_answers *out);
