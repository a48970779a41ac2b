// SPDX-License-Identifier: BSD-3-Clause
// Frames built from a description.
#pragma once

#include <stdint.h>
#include <string.h>

struct frame_spec {
    uint32_t source, destination; // host order
    uint16_t source_port, destination_port;
    uint8_t protocol; // 6 or 17
    uint8_t tcp_flags;
    uint8_t dscp;
    uint16_t vlan;     // 0: untagged
    uint16_t fragment; // flags and offset as in the header
    uint16_t id;
    uint16_t payload; // bytes behind the transport header
};

static inline uint8_t *
frame_put16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

static inline uint8_t *
frame_put32(uint8_t *p, uint32_t v) {
    return frame_put16(frame_put16(p, (uint16_t)(v >> 16)), (uint16_t)v);
}

// The IPv4 header checksum over `length` bytes, of which the field counts as it stands.
static inline uint16_t
frame_checksum(const uint8_t *header, uint32_t length) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < length; i += 2)
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

// The frame's length; a later fragment carries payload alone.
static inline uint32_t
frame_build(const struct frame_spec *s, uint8_t *out) {
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a};
    uint16_t transport = s->fragment & 0x1fff ? 0 : s->protocol == 6 ? 20 : 8;
    uint8_t *p = out;
    memcpy(p, macs, sizeof(macs));
    p += 12;
    if (s->vlan != 0)
        p = frame_put16(frame_put16(p, 0x8100), s->vlan);
    p = frame_put16(p, 0x0800);
    uint8_t *header = p;
    *p++ = 0x45;
    *p++ = (uint8_t)(s->dscp << 2);
    p = frame_put16(p, (uint16_t)(20 + transport + s->payload));
    p = frame_put16(frame_put16(p, s->id), s->fragment);
    *p++ = 64;
    *p++ = s->protocol;
    p = frame_put16(p, 0);
    p = frame_put32(frame_put32(p, s->source), s->destination);
    frame_put16(header + 10, frame_checksum(header, 20));
    memset(p, 0, transport + s->payload);
    if (transport != 0)
        frame_put16(frame_put16(p, s->source_port), s->destination_port);
    if (transport == 20) {
        p[12] = 0x50;
        p[13] = s->tcp_flags;
    }
    return (uint32_t)(p - out) + transport + s->payload;
}
