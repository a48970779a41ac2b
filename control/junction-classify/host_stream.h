// SPDX-License-Identifier: BSD-3-Clause
// The host that a TCP connection's client names, by a ClientHello or a request of HTTP: finds where one begins, and gives its reader the
// bytes that follow in their order. One segment that came too early is held back for it.
#pragma once

#include "http_host.h"
#include "packet_payload.h"
#include "tls_name.h"

#define HOST_SEGMENT_MOST 1500u

enum host_stream_reader { HOST_STREAM_NONE, HOST_STREAM_TLS, HOST_STREAM_HTTP };

// Zeroes are one at the start.
struct host_stream {
    uint8_t reading;      // enum host_stream_reader: who reads now
    bool http_done;       // a request was read
    bool answered;        // the other end spoke while it was read: what is missing will not come
    uint16_t held_length; // 0: no segment is held back
    uint32_t held_seq;
    uint32_t next; // sequence number that is to come
    union {
        struct tls_name tls;
        struct http_host http;
    };
    uint8_t held[HOST_SEGMENT_MOST];
};

// A segment with payload, by the client or by the other end, which names nobody. What was found by it, or NONE: then `tls` or `http` hold it until the next call.
enum host_stream_reader host_stream_take(struct host_stream *stream, bool by_client,
                                         const struct packet_payload *segment);

// Has a hello or a request begun whose name may still come?
static inline bool
host_stream_pending(const struct host_stream *stream) {
    return stream->reading != HOST_STREAM_NONE && !stream->answered;
}
