// SPDX-License-Identifier: BSD-3-Clause
// ClientHellos of TLS, for tests.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HELLO_MOST 80000u

static inline uint8_t *
hello_put16(uint8_t *at, size_t value) {
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

static inline uint8_t *
hello_put24(uint8_t *at, size_t value) {
    *at++ = (uint8_t)(value >> 16);
    return hello_put16(at, value & 0xffff);
}

// A ClientHello with that name (NULL: without the extension), in records of at most `record` bytes. Its length.
static inline size_t
hello_make(uint8_t out[HELLO_MOST], const void *name, size_t length, size_t record) {
    static uint8_t hello[HELLO_MOST];
    size_t extensions = 8 + 7 + (name == NULL ? 0 : length + 9), body = 2 + 32 + 1 + 32 + 2 + 8 + 2 + 2 + extensions;
    static const uint8_t ciphers[] = {0x13, 0x01, 0x13, 0x02, 0xc0, 0x2f, 0xc0, 0x30};
    static const uint8_t groups[] = {0, 10, 0, 4, 0, 2, 0, 29}, versions[] = {0, 43, 0, 3, 2, 3, 4};
    uint8_t *at = hello;
    *at++ = 1;
    at = hello_put24(at, body);
    at = hello_put16(at, 0x0303);
    memset(at, 0x5a, 32);
    at += 32;
    *at++ = 32;
    memset(at, 0xa5, 32);
    at += 32;
    at = hello_put16(at, sizeof(ciphers));
    memcpy(at, ciphers, sizeof(ciphers));
    at += sizeof(ciphers);
    *at++ = 1;
    *at++ = 0;
    at = hello_put16(at, extensions);
    memcpy(at, groups, sizeof(groups));
    at += sizeof(groups);
    if (name != NULL) {
        at = hello_put16(at, 0);
        at = hello_put16(at, length + 5);
        at = hello_put16(at, length + 3);
        *at++ = 0;
        at = hello_put16(at, length);
        memcpy(at, name, length);
        at += length;
    }
    memcpy(at, versions, sizeof(versions));
    at += sizeof(versions);
    uint8_t *to = out;
    for (size_t done = 0, total = (size_t)(at - hello), part; done < total; done += part) {
        part = total - done < record ? total - done : record;
        *to++ = 22;
        to = hello_put16(to, 0x0301);
        to = hello_put16(to, part);
        memcpy(to, hello + done, part);
        to += part;
    }
    return (size_t)(to - out);
}
