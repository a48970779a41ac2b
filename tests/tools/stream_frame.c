// SPDX-License-Identifier: BSD-3-Clause
#include <string.h>

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/headers.h"
#include "stream.h"

size_t
stream_build(uint8_t *frame, const struct stream_shape *shape, uint32_t flow, uint32_t direction, uint64_t sequence) {
    static const uint8_t macs[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
    const uint32_t devices = shape->devices != 0 ? shape->devices : UINT32_MAX, of_device = flow / devices;
    const uint32_t device = 0x0a810000u + flow % devices, server = 0xc6120002u;
    const uint16_t port[2] = {(uint16_t)(20000 + (flow % devices + of_device) % 1000), 4000};
    const uint32_t size = shape->size + (shape->vary != 0 ? (uint32_t)(sequence * 37 % (shape->vary + 1)) : 0);
    uint8_t *at = frame;
    memcpy(at, macs[1 - direction], 6);
    memcpy(at + 6, macs[direction], 6);
    at += 12;
    if (shape->vlan >= 0)
        at = jn_put_be16(jn_put_be16(at, JN_ETHER_VLAN), (uint32_t)shape->vlan);
    uint8_t *ip = jn_put_be16(at, JN_ETHER_IPV4), *udp = ip + JN_IPV4_BYTES;
    uint16_t total = (uint16_t)(size - (size_t)(ip - frame));
    memset(ip, 0, total);
    ip[0] = 0x45;
    jn_put_be16(ip + 2, total);
    ip[8] = 64;
    ip[9] = JN_IP_UDP;
    jn_put_be32(jn_put_be32(ip + 12, direction == 0 ? device : server), direction == 0 ? server : device);
    jn_put_be16(ip + 10, jn_checksum(ip, JN_IPV4_BYTES));
    jn_put_be16(jn_put_be16(udp, port[direction]), port[1 - direction]);
    jn_put_be16(udp + 4, (uint16_t)(total - JN_IPV4_BYTES)); // checksum 0: none, RFC 768
    const struct stream_stamp stamp = {STREAM_MAGIC, sequence, flow, direction};
    memcpy(udp + JN_UDP_BYTES, &stamp, sizeof(stamp));
    return size;
}

bool
stream_read(const uint8_t *frame, size_t length, int stripped_vlan, const struct stream_shape *shape,
            struct stream_stamp *stamp) {
    size_t at = JN_ETHERNET_BYTES;
    int vlan = stripped_vlan;
    if (length >= JN_ETHERNET_BYTES + JN_VLAN_TAG_BYTES && jn_be16(frame + 12) == JN_ETHER_VLAN) {
        vlan = jn_be16(frame + 14);
        at += JN_VLAN_TAG_BYTES;
    }
    at += JN_IPV4_BYTES + JN_UDP_BYTES;
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
