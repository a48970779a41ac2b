// SPDX-License-Identifier: BSD-3-Clause
// The outer header of many packets to one peer: what they have in common is put together once, and each packet's header is
// made of words in registers, so that no byte is written twice. It says what jn_vxlan_write_packet says: the fuzzer compares.
#pragma once

#include "tunnel/vxlan.h"

enum { JN_VXLAN_READY_BYTES = 64 }; // Ethernet without tag, IPv4, UDP, VXLAN, inner Ethernet

struct jn_vxlan_ready {
    uint32_t sum; // of the IPv4 header without its length
    uint16_t port_first, port_mask;
    bool quick;                                             // one of JN_VXLAN_READY_BYTES: `word` holds it
    uint64_t word[JN_VXLAN_READY_BYTES / sizeof(uint64_t)]; // as it stands in memory; fields of a packet are 0
};

// state_mac, gateway: as in struct jn_vxlan_send.
static inline void
jn_vxlan_make_ready(struct jn_vxlan_ready *ready, const struct jn_vxlan *v, uint64_t state_mac, uint64_t gateway) {
    uint64_t outer = htobe64(state_mac << 16 | v->source_head), inner = htobe64(gateway << 16 | v->inner_head);
    uint8_t *header = (uint8_t *)ready->word;
    ready->sum = v->sum;
    ready->port_first = v->port_first;
    ready->port_mask = v->port_mask;
    ready->quick = v->length == JN_VXLAN_READY_BYTES && !v->v6;
    if (!ready->quick)
        return;
    memcpy(header, v->header + JN_VXLAN_ROOM - JN_VXLAN_READY_BYTES, JN_VXLAN_READY_BYTES);
    memcpy(header, &outer, sizeof(outer));
    memcpy(header + JN_VXLAN_READY_BYTES - 14, &inner, sizeof(inner));
}

// The two bytes of a big-endian field at that place of a word in memory.
static inline uint64_t
jn_vxlan_field(uint32_t value, unsigned int at) {
    uint64_t big = htobe16((uint16_t)value);
#if __BYTE_ORDER == __LITTLE_ENDIAN
    return big << 8 * at;
#else
    return big << 8 * (6 - at);
#endif
}

// As jn_vxlan_write_packet, by a quick header, of a packet with that length, hash and EtherType. JN_VXLAN_READY_BYTES before
// `packet` are written.
static inline void
jn_vxlan_write_quick(const struct jn_vxlan_ready *ready, uint8_t *packet, uint32_t length, uint32_t hash,
                     uint16_t type) {
    uint8_t *out = packet - JN_VXLAN_READY_BYTES;
    uint32_t udp_length = length + 30, sum = ready->sum + udp_length + 20; // of two 16-bit numbers: one fold is enough
    uint32_t port = ready->port_first + (jn_vxlan_spread(hash) & ready->port_mask);
    uint64_t total = ready->word[2] | jn_vxlan_field(udp_length + 20, 0);
    uint64_t checksum = ready->word[3] | jn_vxlan_field(~((sum & 0xffff) + (sum >> 16)), 0);
    uint64_t udp = ready->word[4] | jn_vxlan_field(port, 2) | jn_vxlan_field(udp_length, 6);
    uint64_t last = ready->word[7] | jn_vxlan_field(type, 6);
    memcpy(out, ready->word, 16);
    memcpy(out + 16, &total, 8);
    memcpy(out + 24, &checksum, 8);
    memcpy(out + 32, &udp, 8);
    memcpy(out + 40, &ready->word[5], 16);
    memcpy(out + 56, &last, 8);
}
