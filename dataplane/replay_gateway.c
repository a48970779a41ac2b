// SPDX-License-Identifier: BSD-3-Clause
#include "replay_gateway.h"

#include <string.h>

#include "packet/ip.h"
#include "packet/parse.h"

enum { UDP_AND_VXLAN = 16 };

static void
exchange(uint8_t *a, uint8_t *b, size_t length) {
    uint8_t kept[16];
    memcpy(kept, a, length);
    memcpy(a, b, length);
    memcpy(b, kept, length);
}

bool
jn_replay_reflect(uint8_t *frame, uint32_t length) {
    struct jn_packet outer;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &outer);
    bool later = outer.flags & JN_PACKET_LATER_FRAGMENT;
    uint32_t inner = outer.l4_offset + (uint32_t)UDP_AND_VXLAN;
    if (!(outer.flags & JN_PACKET_IP) || outer.protocol != JN_IP_UDP ||
        (!later && (outer.port[1] != JN_VXLAN_PORT || inner + 12 > length)))
        return false;
    uint8_t *ip = frame + outer.l3_offset, *source = ip + jn_ip_source_at(ip);
    size_t bytes = jn_address_bytes(jn_packet_family(&outer));
    exchange(frame, frame + 6, 6);
    exchange(source, source + bytes, bytes);
    if (!later)
        exchange(frame + inner, frame + inner + 6, 6);
    return true;
}
