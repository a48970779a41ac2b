// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/inner_fragment.h"

#include "packet/checksum.h"
#include "packet/ip.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_COPIED = 0x80,
};

uint32_t
jn_inner_fragments_begin(struct jn_inner_fragments *f, const uint8_t *packet, uint32_t length, uint32_t mtu) {
    memset(f, 0, sizeof(*f));
    if (length < JN_IPV4_BYTES || jn_ip_family(packet) != 4)
        return 0;
    uint32_t header = jn_ip_header_length(packet), total = jn_ip_length(packet), field = jn_be16(packet + 6);
    if (header < JN_IPV4_BYTES || total < header || total > length || (field & JN_IPV4_DF) ||
        jn_checksum(packet, header) != 0)
        return 0; // a wrong checksum would be made right
    uint32_t last = mtu > header ? mtu - header : 0, step = last & ~7u, payload = total - header;
    // A piece beyond the longest datagram would have an offset that no field holds.
    if (step == 0 || payload == 0 || (field & JN_IPV4_OFFSET) * 8 + payload > JN_LONGEST_IP_PACKET)
        return 0;
    if ((field & JN_IPV4_MF) && payload % 8 != 0)
        return 0;
    *f = (struct jn_inner_fragments){.packet = packet,
                                     .header = header,
                                     .length = payload,
                                     .step = step,
                                     .last = last,
                                     .offset = field & JN_IPV4_OFFSET,
                                     .more = field & JN_IPV4_MF};
    return payload <= last ? 1 : 1 + (payload - last + step - 1) / step;
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

uint32_t
jn_inner_fragments_next(struct jn_inner_fragments *f, uint8_t *out) {
    uint32_t left = f->length - f->done, take = left <= f->last ? left : f->step;
    if (take == 0)
        return 0;
    memcpy(out, f->packet, f->header);
    if (f->done != 0)
        blank_options(out + JN_IPV4_BYTES, f->header - JN_IPV4_BYTES);
    bool more = f->more || take < left;
    jn_put_be16(out + 2, f->header + take);
    jn_put_be16(out + 6, (f->offset + f->done / 8) | (more ? JN_IPV4_MF : 0));
    jn_put_be16(out + 10, 0);
    jn_put_be16(out + 10, jn_checksum(out, f->header));
    memcpy(out + f->header, f->packet + f->header + f->done, take);
    f->done += take;
    return f->header + take;
}
