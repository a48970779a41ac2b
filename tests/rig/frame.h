// SPDX-License-Identifier: BSD-3-Clause
// Frames built from a description.
#pragma once

#include <stdint.h>
#include <string.h>

#include "packet/bytes.h"
#include "packet/headers.h"

struct frame_spec {
    uint32_t source, destination; // host order
    uint16_t source_port, destination_port;
    uint8_t protocol; // TCP or UDP
    uint8_t tcp_flags;
    uint8_t dscp;
    uint16_t vlan;     // 0: untagged
    uint16_t fragment; // flags and offset as in the header
    uint16_t id;
    uint16_t payload; // bytes behind the transport header
};

// The other direction of the same flow.
static inline struct frame_spec
frame_answer(const struct frame_spec *spec) {
    struct frame_spec answer = *spec;
    answer.source = spec->destination;
    answer.destination = spec->source;
    answer.source_port = spec->destination_port;
    answer.destination_port = spec->source_port;
    return answer;
}

// The one's-complement sum of bytes, one by one: not packet/checksum.h, so that tests have something to compare that with.
static inline uint16_t
frame_sum(const uint8_t *bytes, uint32_t length) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < length; i++) {
        sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

// The IPv4 header checksum over `length` bytes, of which the field counts as it stands.
static inline uint16_t
frame_checksum(const uint8_t *header, uint32_t length) {
    return (uint16_t)~frame_sum(header, length);
}

// The frame's length; a later fragment carries payload alone.
static inline uint32_t
frame_build(const struct frame_spec *s, uint8_t *out) {
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a};
    uint16_t transport = s->fragment & JN_IPV4_OFFSET ? 0 : s->protocol == JN_IP_TCP ? JN_TCP_BYTES : JN_UDP_BYTES;
    uint8_t *p = out;
    memcpy(p, macs, sizeof(macs));
    p += 12;
    if (s->vlan != 0)
        p = jn_put_be16(jn_put_be16(p, JN_ETHER_VLAN), s->vlan);
    p = jn_put_be16(p, JN_ETHER_IPV4);
    uint8_t *header = p;
    *p++ = 0x45;
    *p++ = (uint8_t)(s->dscp << 2);
    p = jn_put_be16(p, JN_IPV4_BYTES + transport + s->payload);
    p = jn_put_be16(jn_put_be16(p, s->id), s->fragment);
    *p++ = 64;
    *p++ = s->protocol;
    p = jn_put_be16(p, 0);
    p = jn_put_be32(jn_put_be32(p, s->source), s->destination);
    jn_put_be16(header + 10, frame_checksum(header, 20));
    memset(p, 0, transport + s->payload);
    if (transport != 0)
        jn_put_be16(jn_put_be16(p, s->source_port), s->destination_port);
    if (transport == JN_TCP_BYTES) {
        p[12] = 0x50;
        p[13] = s->tcp_flags;
    }
    return (uint32_t)(p - out) + transport + s->payload;
}
