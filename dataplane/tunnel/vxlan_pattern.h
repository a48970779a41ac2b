// SPDX-License-Identifier: BSD-3-Clause
// What the outer headers of a peer's packets must be, as words to compare and which of their bits: made once a policy, so
// that a look at a packet is a few comparisons and no branch. It lets in no packet that jn_vxlan_parse and the underlay would
// not: what it does not let in is for them to judge. Pure.
#pragma once

#include "tunnel/vxlan.h"

enum { JN_VXLAN_PATTERN_WORDS = 12, JN_VXLAN_LEAST_UDP = 8 + 8 + 14 + 20 };

typedef uint64_t jn_vxlan_words __attribute__((vector_size(32)));

struct jn_vxlan_pattern {
    // From the outer frame's first byte.
    uint64_t want[JN_VXLAN_PATTERN_WORDS] __attribute__((aligned(32)));
    uint64_t looked_at[JN_VXLAN_PATTERN_WORDS] __attribute__((aligned(32)));
    uint64_t own_mac, inner_mac; // as jn_vxlan_mac_at has them
    uint32_t bytes;              // that are looked at; UINT32_MAX: nothing matches
    uint16_t inner_at;           // where the inner frame begins
    uint16_t ends_sum;           // IPv6: of both addresses and the protocol
    bool v6, zero_checksum;      // zero_checksum: as in struct jn_vxlan_expected
};

// Main thread. From the settings of what is sent to that peer; nothing matches where the underlay has a tag.
void jn_vxlan_pattern_prepare(struct jn_vxlan_pattern *pattern, const struct jn_vxlan_settings *to, bool zero_checksum);

// Of jn_vxlan_pattern_matches: lengths and checksums.
bool jn_vxlan_pattern_sound_ipv6(const struct jn_vxlan_pattern *pattern, const uint8_t *frame, uint32_t length);

static inline bool
jn_vxlan_pattern_sound_ipv4(const uint8_t *frame, uint32_t length) {
    uint32_t total = jn_be16(frame + 16), udp_length = jn_be16(frame + 38);
    return total <= length - JN_ETHERNET_BYTES && udp_length + JN_IPV4_BYTES <= total &&
           udp_length >= JN_VXLAN_LEAST_UDP && jn_checksum_is_right_ipv4(frame + JN_ETHERNET_BYTES);
}

// Six bytes, whatever order they have then. Two bytes behind them are read.
static inline uint64_t
jn_vxlan_mac_at(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word << 16;
}

// Bits that differ among the words from the first-th on, added to those of before.
static inline void
jn_vxlan_pattern_differs(const struct jn_vxlan_pattern *pattern, const uint8_t *frame, unsigned int first,
                         jn_vxlan_words *differs) {
    jn_vxlan_words words;
    memcpy(&words, frame + first * sizeof(uint64_t), sizeof(words));
    *differs |= (words ^ *(const jn_vxlan_words *)(pattern->want + first)) &
                *(const jn_vxlan_words *)(pattern->looked_at + first);
}

// Does a frame in one piece come from the peer, with an inner frame to our own MAC that is not empty?
static inline bool
jn_vxlan_pattern_matches(const struct jn_vxlan_pattern *pattern, const uint8_t *frame, uint32_t length) {
    if (length < pattern->bytes)
        return false;
    jn_vxlan_words differs = {0};
    jn_vxlan_pattern_differs(pattern, frame, 0, &differs);
    jn_vxlan_pattern_differs(pattern, frame, 4, &differs);
    if (pattern->v6)
        jn_vxlan_pattern_differs(pattern, frame, 8, &differs);
    if ((differs[0] | differs[1] | differs[2] | differs[3]) != 0)
        return false;
    uint64_t outer = jn_vxlan_mac_at(frame + 6), inner = jn_vxlan_mac_at(frame + pattern->inner_at + 6);
    return outer != 0 && outer != pattern->own_mac && inner != 0 && inner != pattern->inner_mac &&
           (pattern->v6 ? jn_vxlan_pattern_sound_ipv6(pattern, frame, length)
                        : jn_vxlan_pattern_sound_ipv4(frame, length));
}

// Of a frame that matches: bytes of the inner frame.
static inline uint32_t
jn_vxlan_pattern_inner(const struct jn_vxlan_pattern *pattern, const uint8_t *frame) {
    return jn_be16(frame + pattern->inner_at - 12) - 16u;
}
