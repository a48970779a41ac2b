// SPDX-License-Identifier: BSD-3-Clause
// Right checksums, which no fuzzer finds by itself.
#pragma once

#include "packet/parse.h"
#include "underlay/underlay_frame.h"

static inline void
repair_checksums(uint8_t *frame, uint32_t length) {
    struct jn_packet p;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &p);
    bool v6 = p.flags & JN_PACKET_IPV6;
    uint32_t header = p.l4_offset - p.l3_offset, message = p.l3_offset + p.ip_length - p.l4_offset;
    if (!(p.flags & JN_PACKET_IP) || p.l4_offset == 0 || p.exceptions != 0)
        return;
    uint8_t *l3 = frame + p.l3_offset, *l4 = frame + p.l4_offset;
    if (!v6) {
        jn_put_be16(l3 + 10, 0);
        jn_put_be16(l3 + 10, jn_checksum(l3, header));
    }
    if (p.protocol != (v6 ? JN_IP_ICMPV6 : JN_IP_ICMP) || message < 4)
        return;
    jn_put_be16(l4 + 2, 0);
    jn_put_be16(l4 + 2, v6 ? jn_checksum_icmp6(l3 + 8, l3 + 24, l4, message) : jn_checksum(l4, message));
}
