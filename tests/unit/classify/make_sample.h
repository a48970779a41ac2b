// SPDX-License-Identifier: BSD-3-Clause
// Samples as a worker writes them, for tests: packets of one flow between 10.128.0.1 (end a, the client) and 198.18.0.1 (end b),
// or their like of IPv6.
#pragma once

#include <string.h>

#include "samples.h"

struct flow_of {
    uint8_t family, protocol;
    uint16_t port[2]; // of client and server
    uint32_t flow_idx, version;
    uint32_t seq[2]; // that comes next of each end
    uint8_t number, metadata;
};

static inline void
sample_put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void
sample_put32(uint8_t *at, uint32_t value) {
    sample_put16(at, value >> 16);
    sample_put16(at + 2, value & 0xffff);
}

static inline size_t
sample_headers(struct jn_sample *s, struct flow_of *flow, bool from_b, size_t payload) {
    bool v4 = flow->family == 4, tcp = flow->protocol == 6, udp = flow->protocol == 17;
    uint8_t *ip = s->bytes, *transport = ip + (v4 ? 20 : 40);
    size_t width = v4 ? 4 : 16, header = tcp ? 20 : udp ? 8 : 0;
    ip[0] = v4 ? 0x45 : 0x60;
    sample_put16(ip + (v4 ? 2 : 4), header + payload + (v4 ? 20 : 0));
    ip[v4 ? 9 : 6] = flow->protocol;
    ip[v4 ? 8 : 7] = 64;
    memcpy(ip + (v4 ? 12 : 8), s->address[from_b], width);
    memcpy(ip + (v4 ? 12 : 8) + width, s->address[!from_b], width);
    if (header == 0)
        return (size_t)(transport - ip);
    sample_put16(transport, flow->port[from_b]);
    sample_put16(transport + 2, flow->port[!from_b]);
    if (udp)
        sample_put16(transport + 4, 8 + payload);
    if (tcp) {
        sample_put32(transport + 4, flow->seq[from_b]);
        sample_put32(transport + 8, flow->seq[!from_b]);
        transport[12] = 0x50;
        transport[13] = 0x18;
        flow->seq[from_b] += (uint32_t)payload;
    }
    return (size_t)(transport + header - ip);
}

// The end of the flow: no packet.
static inline void
sample_end(struct jn_sample *s, const struct flow_of *flow) {
    static const uint8_t v4[2][4] = {{10, 128, 0, 1}, {198, 18, 0, 1}};
    memset(s, 0, sizeof(*s));
    s->flow = (struct jn_flow_identity){1700000000000000000u, flow->flow_idx, flow->version};
    s->time_ns = s->flow.start_ns + flow->number * UINT64_C(1000000);
    for (int end = 0; end < 2; end++) {
        if (flow->family == 4)
            memcpy(s->address[end], v4[end], 4);
        else
            memcpy(s->address[end], (const uint8_t[]){0xfd, [15] = (uint8_t)(end + 1)}, 16);
        s->port[end] = flow->port[end];
    }
    s->kind = JN_SAMPLE_END;
    s->family = flow->family;
    s->protocol = flow->protocol;
    s->metadata = flow->metadata;
    s->number = flow->number;
    if (flow->protocol == 6)
        memcpy(s->tcp_flags, "\x1a\x12", 2);
}

// The next packet, as much of its payload as a sample has.
static inline void
sample_packet(struct jn_sample *s, struct flow_of *flow, bool from_b, const void *payload, size_t length) {
    flow->number++;
    sample_end(s, flow);
    s->kind = JN_SAMPLE_PACKET;
    s->from_b = from_b;
    size_t headers = sample_headers(s, flow, from_b, length), here = JN_SAMPLE_BYTES - headers;
    here = here < length ? here : length;
    memcpy(s->bytes + headers, payload, here);
    s->length = (uint16_t)(headers + here);
    s->ip_length = (uint32_t)(headers + length);
}
