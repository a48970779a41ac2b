// SPDX-License-Identifier: BSD-3-Clause
// What an ERSPAN header says of each frame (draft-foschiano-erspan-03). Uplink is ingress (0) and downlink egress (1): in
// type III that is the D bit, in type II, which has none, the index. The frame keeps its own VLAN tags.
#include "tunnel/encap_erspan.h"

#include "packet/bytes.h"
#include "policy.h"

#define ERSPAN2_LENGTH   8u
#define ERSPAN3_LENGTH   12u
#define ERSPAN2_IN_FRAME (3u << 11) // En: the tag is preserved in the frame
#define TRUNCATED        (1u << 10)
#define ERSPAN3_EGRESS   (1u << 3)
#define TICK_NS          100u // Gra 1

// VLAN and COS of the first word.
static uint32_t
tag(uint16_t vlan_tci) {
    return (vlan_tci & 0xfffu) << 16 | (vlan_tci & 0xe000u);
}

void
jn_encap_write_erspan(unsigned int version, uint8_t *payload, const struct jn_encap_frame *frame, bool truncated) {
    bool tagged = frame->vlan_tci != JN_VLAN_TCI_NONE;
    uint32_t about = (tagged ? tag(frame->vlan_tci) : 0) | (truncated ? TRUNCATED : 0);
    if (version == 1) {
        uint8_t *header = payload - ERSPAN2_LENGTH;
        jn_put_be32(header, jn_be32(header) | about | (tagged ? ERSPAN2_IN_FRAME : 0));
        jn_put_be32(header + 4, frame->downlink);
    } else {
        uint8_t *header = payload - ERSPAN3_LENGTH;
        jn_put_be32(header, jn_be32(header) | about);
        jn_put_be32(header + 4, (uint32_t)(frame->time_ns / TICK_NS));
        jn_put_be32(header + 8, jn_be32(header + 8) | (frame->downlink ? ERSPAN3_EGRESS : 0));
    }
}
