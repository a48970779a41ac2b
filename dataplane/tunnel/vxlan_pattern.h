// SPDX-License-Identifier: BSD-3-Clause
// What the outer headers of a peer's packets must be, as words to compare and which of their bits: made once a policy, so
// that a look at a packet is a few comparisons and no branch. It lets in no packet that jn_vxlan_parse and the underlay would
// not: what it does not let in is for them to judge. Pure.
#pragma once

#include "tunnel/vxlan.h"

enum { JN_VXLAN_PATTERN_WORDS = 12, JN_VXLAN_LEAST_UDP = 8 + 8 + 14 + 20 };

typedef uint64_t jn_vxlan_words __attribute__((vector_size(16)));

struct jn_vxlan_pattern {
    // From the outer frame's first byte.
    uint64_t want[JN_VXLAN_PATTERN_WORDS] __attribute__((aligned(16)));
    uint64_t looked_at[JN_VXLAN_PATTERN_WORDS] __attribute__((aligned(16)));
    uint64_t own_mac, inner_mac; // as jn_vxlan_source_at has them, 0 for the EtherType
    uint32_t bytes;              // that are looked at; UINT32_MAX: nothing matches
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

// Where the inner frame begins.
static inline uint32_t
jn_vxlan_inner_at(bool v6) {
    return JN_ETHERNET_BYTES + (v6 ? JN_IPV6_BYTES : JN_IPV4_BYTES) + 8 + 8;
}

// The source MAC and the EtherType behind it of the Ethernet header at that place, whatever order the bytes have then.
static inline uint64_t
jn_vxlan_source_at(const uint8_t *ethernet) {
    uint64_t word;
    memcpy(&word, ethernet + 6, sizeof(word));
    return word;
}

// Is what differs nothing that is looked at? v6: the pattern's.
static inline bool
jn_vxlan_pattern_fits(const struct jn_vxlan_pattern *pattern, const uint8_t *frame, bool v6) {
    jn_vxlan_words differs = {0};
    for (unsigned int i = 0; i < (v6 ? JN_VXLAN_PATTERN_WORDS : 8); i += 2) {
        jn_vxlan_words words;
        memcpy(&words, frame + i * sizeof(uint64_t), sizeof(words));
        differs |=
            (words ^ *(const jn_vxlan_words *)(pattern->want + i)) & *(const jn_vxlan_words *)(pattern->looked_at + i);
    }
    return (differs[0] | differs[1]) == 0;
}

// Are both sources, as jn_vxlan_source_at has them, somebody's and not our own?
static inline bool
jn_vxlan_pattern_macs(const struct jn_vxlan_pattern *pattern, uint64_t outer, uint64_t inner) {
    const uint64_t mac = htobe64(UINT64_MAX << 16);
    return (outer & mac) != 0 && (outer & mac) != pattern->own_mac && (inner & mac) != 0 &&
           (inner & mac) != pattern->inner_mac;
}

static inline bool
jn_vxlan_pattern_sound(const struct jn_vxlan_pattern *pattern, const uint8_t *frame, uint32_t length, bool v6) {
    return v6 ? jn_vxlan_pattern_sound_ipv6(pattern, frame, length) : jn_vxlan_pattern_sound_ipv4(frame, length);
}

// Does a frame in one piece come from the peer, with an inner frame to our own MAC that is not empty?
static inline bool
jn_vxlan_pattern_matches(const struct jn_vxlan_pattern *pattern, const uint8_t *frame, uint32_t length) {
    bool v6 = pattern->v6;
    return length >= pattern->bytes && jn_vxlan_pattern_fits(pattern, frame, v6) &&
           jn_vxlan_pattern_macs(pattern, jn_vxlan_source_at(frame),
                                 jn_vxlan_source_at(frame + jn_vxlan_inner_at(v6))) &&
           jn_vxlan_pattern_sound(pattern, frame, length, v6);
}

// Of a frame that matches: bytes of the inner frame.
static inline uint32_t
jn_vxlan_pattern_inner(const uint8_t *frame, bool v6) {
    return jn_be16(frame + jn_vxlan_inner_at(v6) - 12) - 16u;
}
