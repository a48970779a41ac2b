// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/mss.h"

#include "packet/checksum.h"
#include "packet/ip.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_MSS_BYTES = 4 };

static enum jn_mss_outcome
clamp_option(uint8_t *tcp, uint32_t at, uint16_t most) {
    uint16_t said = jn_be16(tcp + at);
    if (said <= most)
        return JN_MSS_KEPT;
    jn_put_be16(tcp + at, most);
    bool odd = at % 2 != 0; // a value's bytes stand in the other halves of their words there
    uint16_t before = odd ? __builtin_bswap16(said) : said, after = odd ? __builtin_bswap16(most) : most;
    jn_put_be16(tcp + 16, jn_checksum_update(jn_be16(tcp + 16), before, after));
    return JN_MSS_CLAMPED;
}

// Receivers differ in which of several MSS options they heed: all are clamped.
static enum jn_mss_outcome
clamp_options(uint8_t *tcp, uint32_t end, uint16_t most) {
    enum jn_mss_outcome outcome = JN_MSS_NONE;
    for (uint32_t at = JN_TCP_BYTES; at < end && tcp[at] != OPTION_END;) {
        if (tcp[at] == OPTION_NOP) {
            at++;
            continue;
        }
        if (end - at < 2 || tcp[at + 1] < 2 || tcp[at + 1] > end - at)
            break;
        if (tcp[at] == OPTION_MSS && tcp[at + 1] == OPTION_MSS_BYTES) {
            enum jn_mss_outcome one = clamp_option(tcp, at + 2, most);
            outcome = one > outcome ? one : outcome;
        }
        at += tcp[at + 1];
    }
    return outcome;
}

enum jn_mss_outcome
jn_mss_clamp(uint8_t *frame, uint32_t length, const struct jn_packet *packet, uint32_t mtu) {
    if (!(packet->flags & JN_PACKET_TCP) || !(packet->tcp_flags & JN_TCP_SYN))
        return JN_MSS_NONE;
    uint32_t headers = jn_ip_header_bytes(jn_packet_family(packet)) + JN_TCP_BYTES,
             end = packet->l3_offset + packet->ip_length;
    if (end > length)
        end = length;
    if (mtu <= headers || packet->l4_offset + JN_TCP_BYTES > end)
        return JN_MSS_NONE;
    uint8_t *tcp = frame + packet->l4_offset;
    uint32_t tcp_header = (tcp[12] >> 4) * 4u;
    if (tcp_header > end - packet->l4_offset)
        return JN_MSS_NONE;
    uint32_t most = mtu - headers;
    return clamp_options(tcp, tcp_header, most < UINT16_MAX ? (uint16_t)most : UINT16_MAX);
}
