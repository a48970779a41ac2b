// SPDX-License-Identifier: BSD-3-Clause
#include "host_stream.h"

#include <string.h>

static void
hold(struct host_stream *stream, uint32_t seq, const uint8_t *bytes, size_t length) {
    if (length > HOST_SEGMENT_MOST)
        return;
    memcpy(stream->held, bytes, length);
    stream->held_length = (uint16_t)length;
    stream->held_seq = seq;
}

static bool
begin(struct host_stream *stream, const struct packet_payload *segment) {
    bool tls = tls_name_begins(segment->bytes, segment->length);
    if (!tls && (stream->http_done || !http_host_begins(segment->bytes, segment->length)))
        return false;
    if (tls)
        stream->tls = (struct tls_name){0};
    else
        stream->http = (struct http_host){0};
    stream->reading = tls ? HOST_STREAM_TLS : HOST_STREAM_HTTP;
    stream->answered = false;
    stream->next = segment->seq;
    return true;
}

// Bytes in their order. What was found, or NONE; the reader may have come to its end.
static enum host_stream_reader
read_bytes(struct host_stream *stream, const uint8_t *bytes, size_t length) {
    enum host_stream_reader reading = (enum host_stream_reader)stream->reading;
    stream->next += (uint32_t)length;
    if (reading == HOST_STREAM_TLS) {
        enum tls_name_result result = tls_name_take(&stream->tls, bytes, length);
        if (result != TLS_NAME_MORE)
            stream->reading = HOST_STREAM_NONE;
        return result == TLS_NAME_FOUND ? reading : HOST_STREAM_NONE;
    }
    enum http_host_result result = http_host_take(&stream->http, bytes, length);
    if (result != HTTP_HOST_MORE) {
        stream->reading = HOST_STREAM_NONE;
        stream->http_done = true;
    }
    return result == HTTP_HOST_FOUND ? reading : HOST_STREAM_NONE;
}

// A segment of which a part may have come before. One that comes too early is held back.
static enum host_stream_reader
read_segment(struct host_stream *stream, uint32_t seq, const uint8_t *bytes, size_t length) {
    uint32_t known = stream->next - seq;
    if (known > UINT32_MAX / 2) {
        hold(stream, seq, bytes, length);
        return HOST_STREAM_NONE;
    }
    return known < length ? read_bytes(stream, bytes + known, length - known) : HOST_STREAM_NONE;
}

enum host_stream_reader
host_stream_take(struct host_stream *stream, bool by_client, const struct packet_payload *segment) {
    if (segment->length == 0)
        return HOST_STREAM_NONE;
    if (!by_client) {
        stream->answered = stream->reading != HOST_STREAM_NONE;
        return HOST_STREAM_NONE;
    }
    if (stream->reading == HOST_STREAM_NONE && !begin(stream, segment)) {
        hold(stream, segment->seq, segment->bytes, segment->length);
        return HOST_STREAM_NONE;
    }
    enum host_stream_reader found = read_segment(stream, segment->seq, segment->bytes, segment->length);
    if (stream->reading == HOST_STREAM_NONE || stream->held_length == 0 ||
        stream->next - stream->held_seq > UINT32_MAX / 2)
        return found;
    uint16_t length = stream->held_length;
    stream->held_length = 0;
    return read_segment(stream, stream->held_seq, stream->held, length);
}
