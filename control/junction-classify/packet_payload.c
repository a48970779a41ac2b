// SPDX-License-Identifier: BSD-3-Clause
#include "packet_payload.h"

#include "byte_span.h"
#include "ip_numbers.h"

static uint32_t
number32(const uint8_t *at) {
    return (uint32_t)number16(at) << 16 | number16(at + 2);
}

static bool
skip_ipv4(struct byte_span *span, uint8_t *protocol) {
    if (span->left < 20 || (span->at[0] & 0x0f) < 5 || number16(span->at + 6) & 0x1fff)
        return false;
    size_t total = number16(span->at + 2);
    if (total != 0 && total < span->left) // 0: cut by the sender's device
        span->left = total;
    *protocol = span->at[9];
    return byte_span_skip(span, 4u * (span->at[0] & 0x0f));
}

static bool
skip_ipv6(struct byte_span *span, uint8_t *protocol) {
    enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60, MOBILITY = 135 };
    if (span->left < 40)
        return false;
    size_t total = number16(span->at + 4);
    if (total != 0 && total + 40 < span->left)
        span->left = total + 40;
    *protocol = span->at[6];
    byte_span_skip(span, 40);
    for (;;) { // each header takes 8 bytes or more
        bool fragment = *protocol == FRAGMENT;
        if (!fragment && *protocol != HOP_BY_HOP && *protocol != ROUTING && *protocol != DESTINATION &&
            *protocol != MOBILITY)
            return true;
        if (span->left < 8 || (fragment && number16(span->at + 2) & 0xfff8))
            return false;
        *protocol = span->at[0];
        if (!byte_span_skip(span, fragment ? 8 : 8u * (span->at[1] + 1u)))
            return false;
    }
}

static bool
skip_tcp(struct byte_span *span, struct packet_payload *out) {
    if (span->left < 20 || span->at[12] >> 4 < 5)
        return false;
    out->seq = number32(span->at + 4);
    out->ack = number32(span->at + 8);
    out->tcp_flags = span->at[13];
    return byte_span_skip(span, 4u * (span->at[12] >> 4));
}

bool
packet_payload_find(const uint8_t *bytes, size_t length, struct packet_payload *out) {
    struct byte_span span = {bytes, length};
    *out = (struct packet_payload){0};
    if (length == 0 || !(bytes[0] >> 4 == 4   ? skip_ipv4(&span, &out->protocol)
                         : bytes[0] >> 4 == 6 ? skip_ipv6(&span, &out->protocol)
                                              : false))
        return false;
    if (out->protocol == JN_IP_TCP || out->protocol == JN_IP_UDP) {
        if (span.left < 8)
            return false;
        out->port[0] = number16(span.at);
        out->port[1] = number16(span.at + 2);
        if (!(out->protocol == JN_IP_TCP ? skip_tcp(&span, out) : byte_span_skip(&span, 8)))
            return false;
    }
    out->bytes = span.at;
    out->length = span.left;
    return true;
}
