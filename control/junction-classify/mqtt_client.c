// SPDX-License-Identifier: BSD-3-Clause
#include "mqtt_client.h"

#include <string.h>

#include "byte_span.h"

// Variable byte integer: at most four bytes of seven bits, lowest first.
static bool
take_length(struct byte_span *span, uint32_t *value) {
    *value = 0;
    for (unsigned int i = 0; i < 4 && i < span->left; i++) {
        *value |= (uint32_t)(span->at[i] & 0x7f) << (7 * i);
        if (!(span->at[i] & 0x80))
            return byte_span_skip(span, i + 1);
    }
    return false;
}

static bool
take_number16(struct byte_span *span, uint16_t *value) {
    if (span->left < 2)
        return false;
    *value = number16(span->at);
    return byte_span_skip(span, 2);
}

// Name and level; which of them a server speaks is not ours to judge.
static bool
take_protocol(struct byte_span *span, uint8_t *level) {
    uint16_t length;
    if (!take_number16(span, &length) || length > span->left)
        return false;
    bool known =
        (length == 4 && memcmp(span->at, "MQTT", 4) == 0) || (length == 6 && memcmp(span->at, "MQIsdp", 6) == 0);
    if (!known || !byte_span_skip(span, length) || span->left == 0)
        return false;
    *level = span->at[0];
    return byte_span_skip(span, 1);
}

bool
mqtt_client_find(const uint8_t *bytes, size_t length, const uint8_t **client, size_t *kept) {
    enum { CONNECT = 0x10, FLAGS_AND_KEEP_ALIVE = 3, LEVEL_5 = 5 };
    struct byte_span span = {bytes, length};
    uint32_t remaining, properties;
    uint8_t level;
    uint16_t told;
    if (length == 0 || bytes[0] != CONNECT || !byte_span_skip(&span, 1) || !take_length(&span, &remaining))
        return false;
    if (remaining < span.left)
        span.left = remaining;
    if (!take_protocol(&span, &level) || !byte_span_skip(&span, FLAGS_AND_KEEP_ALIVE))
        return false;
    if (level >= LEVEL_5 && (!take_length(&span, &properties) || !byte_span_skip(&span, properties)))
        return false;
    if (!take_number16(&span, &told) || told == 0 || span.left == 0)
        return false;
    *client = span.at;
    *kept = told < span.left ? told : span.left;
    return true;
}
