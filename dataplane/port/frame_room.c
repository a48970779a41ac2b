// SPDX-License-Identifier: BSD-3-Clause
#include "port/frame_room.h"

#include <stdbool.h>
#include <stdio.h>

const char *
jn_frame_room_text(uint16_t mtu, uint32_t longest, char *text, size_t size) {
    uint32_t tagged = (uint32_t)mtu + JN_ETHERNET + JN_TAG_ROOM, labelled = tagged + JN_LABEL_ROOM;
    text[0] = '\0';
    if (longest < labelled)
        snprintf(text, size, "frames longer than %u bytes are lost: two VLAN tags%s at MTU %u need %u", longest,
                 longest < tagged ? "" : " and four MPLS labels", mtu, longest < tagged ? tagged : labelled);
    return text;
}
