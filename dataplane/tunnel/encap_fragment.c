// SPDX-License-Identifier: BSD-3-Clause
// Fragments of outer packets: RFC 791, and RFC 8200 section 4.5.
#include "tunnel/encap_fragment.h"

#include <string.h>

#include "packet/checksum.h"
#include "packet/ip.h"

#define MORE_IPV6 1u // the M flag of a Fragment header

uint32_t
jn_fragments_begin(struct jn_fragments *f, const uint8_t *frame, uint32_t length, uint32_t mtu,
                   uint32_t identification) {
    bool tagged = jn_be16(frame + 12) == JN_ETHER_VLAN;
    f->frame = frame;
    f->ip_at = tagged ? 18 : 14;
    f->v6 = jn_be16(frame + f->ip_at - 2) != JN_ETHER_IPV4;
    uint32_t ip_bytes = jn_ip_header_bytes(jn_family(f->v6));
    f->header = f->ip_at + ip_bytes;
    f->length = length - f->header;
    f->done = 0;
    f->identification = identification;
    uint32_t headers = ip_bytes + (f->v6 ? JN_IPV6_FRAGMENT_BYTES : 0);
    f->last = mtu > headers ? mtu - headers : 0;
    f->step = f->last & ~7u;
    if (f->step == 0) {
        f->done = f->length;
        return 0;
    }
    return f->length <= f->last ? 1 : 1 + (f->length - f->last + f->step - 1) / f->step;
}

// The header of a fragment that carries `take` bytes: to `out`, where the outer header already is. Returns its length.
static uint32_t
write_header(const struct jn_fragments *f, uint8_t *out, uint32_t take) {
    bool more = f->done + take < f->length;
    uint8_t *ip = out + f->ip_at;
    if (!f->v6) {
        jn_put_be16(ip + 2, JN_IPV4_BYTES + take);
        jn_put_be16(ip + 4, f->identification);
        jn_put_be16(ip + 6, f->done / 8 | (more ? JN_IPV4_MF : 0)); // DF is clear
        jn_put_be16(ip + 10, 0);
        jn_put_be16(ip + 10, jn_checksum(ip, JN_IPV4_BYTES));
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
    uint32_t left = f->length - f->done;
    if (left == 0)
        return 0;
    uint32_t take = left <= f->last ? left : f->step;
    memcpy(out, f->frame, f->header);
    uint32_t header = write_header(f, out, take);
    memcpy(out + header, f->frame + f->header + f->done, take);
    f->done += take;
    return header + take;
}
