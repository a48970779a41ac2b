// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/vxlan_pattern.h"

#include "packet/put_headers.h"

// The bytes at that place must be these, or have those bits of them.
static void
want(struct jn_vxlan_pattern *pattern, unsigned int at, const void *bytes, unsigned int length) {
    memcpy((uint8_t *)pattern->want + at, bytes, length);
    memset((uint8_t *)pattern->looked_at + at, 0xff, length);
}

static void
want_bits(struct jn_vxlan_pattern *pattern, unsigned int at, uint8_t value, uint8_t bits) {
    ((uint8_t *)pattern->want)[at] = value;
    ((uint8_t *)pattern->looked_at)[at] = bits;
}

// No options, no fragment.
static unsigned int
want_ipv4(struct jn_vxlan_pattern *pattern, const struct jn_vxlan_settings *to) {
    want(pattern, 12, (const uint8_t[]){0x08, 0x00, 0x45}, 3);
    want_bits(pattern, 20, 0, (JN_IPV4_MF | JN_IPV4_OFFSET) >> 8);
    want_bits(pattern, 21, 0, 0xff);
    want_bits(pattern, 23, JN_IP_UDP, 0xff);
    want(pattern, 26, to->peer, 4);
    want(pattern, 30, to->source, 4);
    return JN_ETHERNET_BYTES + JN_IPV4_BYTES;
}

static unsigned int
want_ipv6(struct jn_vxlan_pattern *pattern, const struct jn_vxlan_settings *to) {
    want(pattern, 12, (const uint8_t[]){0x86, 0xdd}, 2);
    want_bits(pattern, 14, 0x60, 0xf0);
    want_bits(pattern, 20, JN_IP_UDP, 0xff);
    want(pattern, 22, to->peer, 16);
    want(pattern, 38, to->source, 16);
    pattern->ends_sum =
        jn_checksum_add(jn_checksum_add(jn_checksum_sum(to->peer, 16), jn_checksum_sum(to->source, 16)), JN_IP_UDP);
    return JN_ETHERNET_BYTES + JN_IPV6_BYTES;
}

void
jn_vxlan_pattern_prepare(struct jn_vxlan_pattern *pattern, const struct jn_vxlan_settings *to, bool zero_checksum) {
    uint8_t field[4];
    memset(pattern, 0, sizeof(*pattern));
    pattern->bytes = UINT32_MAX;
    if (to->vlan_tci != JN_VLAN_TCI_NONE)
        return;
    pattern->v6 = to->family == 6;
    pattern->zero_checksum = zero_checksum;
    want(pattern, 0, to->source_mac, 6);
    want_bits(pattern, 6, 0, 1);
    unsigned int udp = pattern->v6 ? want_ipv6(pattern, to) : want_ipv4(pattern, to);
    jn_put_be16(field, JN_VXLAN_PORT);
    want(pattern, udp + 2, field, 2);
    if (!pattern->v6)
        want(pattern, udp + 6, (const uint8_t[]){0, 0}, 2); // one with a checksum is for jn_vxlan_parse
    want_bits(pattern, udp + 8, 0x08, 0x08);
    jn_put_be32(field, to->vni << 8);
    want(pattern, udp + 12, field, 3);
    unsigned int inner = jn_vxlan_inner_at(pattern->v6);
    want(pattern, inner, to->inner_mac, 6);
    want_bits(pattern, inner + 6, 0, 1);
    memcpy(&pattern->own_mac, to->source_mac, 6);
    memcpy(&pattern->inner_mac, to->inner_mac, 6);
    pattern->bytes = (pattern->v6 ? JN_VXLAN_PATTERN_WORDS : 8) * sizeof(uint64_t);
}

bool
jn_vxlan_pattern_sound_ipv6(const struct jn_vxlan_pattern *pattern, const uint8_t *frame, uint32_t length) {
    const uint8_t *udp = frame + JN_ETHERNET_BYTES + JN_IPV6_BYTES;
    uint32_t payload = jn_be16(frame + 18), udp_length = jn_be16(udp + 4);
    if (payload > length - JN_ETHERNET_BYTES - JN_IPV6_BYTES || udp_length > payload || udp_length < JN_VXLAN_LEAST_UDP)
        return false;
    if (jn_be16(udp + 6) == 0)
        return pattern->zero_checksum;
    return jn_checksum_add(jn_checksum_add(pattern->ends_sum, udp_length), jn_checksum_sum(udp, udp_length)) == 0xffff;
}
