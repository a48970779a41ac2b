// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/ip_fragment.h"

#include <string.h>

#include "packet/checksum.h"
#include "packet/ip.h"

#define MORE_IPV6 1u // the M flag of a Fragment header

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_COPIED = 0x80 };

// Returns how many fragments there will be. headers: of each, from the IP header on.
static uint32_t
set_sizes(struct jn_fragments *f, uint32_t mtu, uint32_t headers) {
    f->last = mtu > headers ? mtu - headers : 0;
    f->step = f->last & ~7u;
    if (f->step == 0) {
        f->length = 0;
        return 0;
    }
    return f->length <= f->last ? 1 : 1 + (f->length - f->last + f->step - 1) / f->step;
}

uint32_t
jn_fragments_begin(struct jn_fragments *f, const uint8_t *frame, uint32_t length, uint32_t mtu,
                   uint32_t identification) {
    uint16_t ip_at = jn_be16(frame + 12) == JN_ETHER_VLAN ? 18 : 14;
    bool v6 = jn_be16(frame + ip_at - 2) != JN_ETHER_IPV4;
    uint32_t ip_bytes = jn_ip_header_bytes(jn_family(v6)), header = ip_at + ip_bytes;
    *f = (struct jn_fragments){.frame = frame,
                               .ip_at = ip_at,
                               .v6 = v6,
                               .header = header,
                               .length = length > header ? length - header : 0,
                               .identification = identification};
    return set_sizes(f, mtu, ip_bytes + (v6 ? JN_IPV6_FRAGMENT_BYTES : 0));
}

uint32_t
jn_inner_fragments_begin(struct jn_fragments *f, const uint8_t *packet, uint32_t length, uint32_t mtu) {
    memset(f, 0, sizeof(*f));
    if (length < JN_IPV4_BYTES || jn_ip_family(packet) != 4)
        return 0;
    uint32_t header = jn_ip_header_length(packet), total = jn_ip_length(packet), field = jn_be16(packet + 6);
    if (header < JN_IPV4_BYTES || total < header || total > length || (field & JN_IPV4_DF) ||
        jn_checksum(packet, header) != 0)
        return 0; // a wrong checksum would be made right
    uint32_t payload = total - header;
    // A piece beyond the longest datagram would have an offset that no field holds.
    if (payload == 0 || (field & JN_IPV4_OFFSET) * 8 + payload > JN_LONGEST_IP_PACKET ||
        ((field & JN_IPV4_MF) && payload % 8 != 0))
        return 0;
    *f = (struct jn_fragments){.frame = packet,
                               .header = header,
                               .length = payload,
                               .identification = jn_be16(packet + 4),
                               .offset = field & JN_IPV4_OFFSET,
                               .more = field & JN_IPV4_MF};
    return set_sizes(f, mtu, header);
}

// Options that only the first fragment carries become no-operations, so that all headers have one length.
static void
blank_options(uint8_t *options, uint32_t length) {
    for (uint32_t at = 0; at < length && options[at] != OPTION_END;) {
        uint32_t size = options[at] == OPTION_NOP ? 1 : length - at < 2 ? 0 : options[at + 1];
        if (size == 0 || size > length - at || (size == 1 && options[at] != OPTION_NOP))
            return;
        if (!(options[at] & OPTION_COPIED))
            memset(options + at, OPTION_NOP, size);
        at += size;
    }
}

// The header of a fragment that carries `take` bytes: to `out`, where the whole packet's already is. Returns its length.
static uint32_t
write_header(const struct jn_fragments *f, uint8_t *out, uint32_t take) {
    bool more = f->more || f->done + take < f->length;
    uint8_t *ip = out + f->ip_at;
    uint32_t ip_bytes = f->header - f->ip_at;
    if (!f->v6) {
        if (f->done != 0)
            blank_options(ip + JN_IPV4_BYTES, ip_bytes - JN_IPV4_BYTES);
        jn_put_be16(ip + 2, ip_bytes + take);
        jn_put_be16(ip + 4, f->identification);
        jn_put_be16(ip + 6, (f->offset + f->done / 8) | (more ? JN_IPV4_MF : 0)); // DF is clear
        jn_put_be16(ip + 10, 0);
        jn_put_be16(ip + 10, jn_checksum(ip, ip_bytes));
        return f->header;
    }
    uint8_t *extension = ip + JN_IPV6_BYTES;
    jn_put_be16(ip + 4, JN_IPV6_FRAGMENT_BYTES + take);
    extension[0] = ip[6];
    extension[1] = 0;
    ip[6] = JN_IP_FRAGMENT;
    jn_put_be16(extension + 2, f->done | (more ? MORE_IPV6 : 0)); // in units of 8 bytes, shifted by 3
    jn_put_be32(extension + 4, f->identification);
    return f->header + JN_IPV6_FRAGMENT_BYTES;
}

uint32_t
jn_fragments_next(struct jn_fragments *f, uint8_t *out) {
    uint32_t left = f->length - f->done, take = left <= f->last ? left : f->step;
    if (left == 0)
        return 0;
    memcpy(out, f->frame, f->header);
    uint32_t header = write_header(f, out, take);
    memcpy(out + header, f->frame + f->header + f->done, take);
    f->done += take;
    return header + take;
}
