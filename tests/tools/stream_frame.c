// SPDX-License-Identifier: BSD-3-Clause
#include <arpa/inet.h>
#include <string.h>

#include "stream.h"

enum { ETHERNET = 14, TAG = 4, IPV4 = 20, UDP = 8 };

static void
put16(uint8_t *at, uint16_t value) {
    value = htons(value);
    memcpy(at, &value, sizeof(value));
}

static void
put32(uint8_t *at, uint32_t value) {
    value = htonl(value);
    memcpy(at, &value, sizeof(value));
}

static uint16_t
checksum(const uint8_t *data, size_t length) {
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

size_t
stream_build(uint8_t *frame, const struct stream_shape *shape, uint32_t flow, uint32_t direction, uint64_t sequence) {
    static const uint8_t macs[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
    const uint32_t device = 0x0a810000u + flow, server = 0xc6120002u;
    const uint16_t port[2] = {(uint16_t)(20000 + flow % 1000), 4000};
    uint8_t *at = frame;
    memcpy(at, macs[1 - direction], 6);
    memcpy(at + 6, macs[direction], 6);
    at += 12;
    if (shape->vlan >= 0) {
        put16(at, 0x8100);
        put16(at + 2, (uint16_t)shape->vlan);
        at += TAG;
    }
    put16(at, 0x0800);
    uint8_t *ip = at + 2, *udp = ip + IPV4;
    uint16_t total = (uint16_t)(shape->size - (size_t)(ip - frame));
    memset(ip, 0, total);
    ip[0] = 0x45;
    put16(ip + 2, total);
    ip[8] = 64;
    ip[9] = 17;
    put32(ip + 12, direction == 0 ? device : server);
    put32(ip + 16, direction == 0 ? server : device);
    put16(ip + 10, checksum(ip, IPV4));
    put16(udp, port[direction]);
    put16(udp + 2, port[1 - direction]);
    put16(udp + 4, (uint16_t)(total - IPV4)); // checksum 0: none, RFC 768
    const struct stream_stamp stamp = {STREAM_MAGIC, sequence, flow, direction};
    memcpy(udp + UDP, &stamp, sizeof(stamp));
    return shape->size;
}

bool
stream_read(const uint8_t *frame, size_t length, int stripped_vlan, const struct stream_shape *shape,
            struct stream_stamp *stamp) {
    size_t at = ETHERNET;
    int vlan = stripped_vlan;
    if (length >= ETHERNET + TAG && frame[12] == 0x81 && frame[13] == 0) {
        vlan = frame[14] << 8 | frame[15];
        at += TAG;
    }
    at += IPV4 + UDP;
    if (length < at + sizeof(*stamp))
        return false;
    memcpy(stamp, frame + at, sizeof(*stamp));
    return stamp->magic == STREAM_MAGIC && stamp->direction < 2 && vlan == shape->vlan;
}

void
stream_flow_account(struct stream_flow *flow, uint64_t sequence) {
    uint64_t *word = &flow->seen[sequence % STREAM_WINDOW / 64];
    const uint64_t bit = UINT64_C(1) << sequence % 64;
    if (sequence >= flow->next) {
        // Bits between the newest and this one belong to sequences a window ago: forget them.
        for (uint64_t s = flow->next; s < sequence && s < flow->next + STREAM_WINDOW; s++)
            flow->seen[s % STREAM_WINDOW / 64] &= ~(UINT64_C(1) << s % 64);
        flow->next = sequence + 1;
        *word |= bit;
        flow->received++;
    } else if (sequence + STREAM_WINDOW >= flow->next && !(*word & bit)) {
        *word |= bit;
        flow->received++;
        flow->reordered++;
    } else {
        flow->duplicated++;
    }
}
