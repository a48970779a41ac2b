// SPDX-License-Identifier: BSD-3-Clause
// Fragments of outer packets: RFC 791, and RFC 8200 section 4.5.
#include "encap.h"

#include <netinet/in.h>

#define VLAN_TYPE       0x8100u
#define IPV4_TYPE       0x0800u
#define IPV4_HEADER     20u // our own have no options
#define IPV6_HEADER     40u
#define FRAGMENT_HEADER 8u
#define MORE_IPV4       0x2000u
#define MORE_IPV6       1u

static uint32_t
get16(const uint8_t *at) {
    return (uint32_t)at[0] << 8 | at[1];
}

uint32_t
jn_fragments_begin(struct jn_fragments *f, const uint8_t *frame, uint32_t length, uint32_t mtu,
                   uint32_t identification) {
    bool tagged = get16(frame + 12) == VLAN_TYPE;
    f->frame = frame;
    f->ip_at = tagged ? 18 : 14;
    f->v6 = get16(frame + f->ip_at - 2) != IPV4_TYPE;
    f->header = f->ip_at + (f->v6 ? IPV6_HEADER : IPV4_HEADER);
    f->length = length - f->header;
    f->done = 0;
    f->identification = identification;
    uint32_t headers = f->v6 ? IPV6_HEADER + FRAGMENT_HEADER : IPV4_HEADER;
    f->last = mtu > headers ? mtu - headers : 0;
    f->step = f->last & ~7u;
    if (f->step == 0) {
        f->done = f->length;
        return 0;
    }
    return f->length <= f->last ? 1 : 1 + (f->length - f->last + f->step - 1) / f->step;
}

static void
write_ipv4_checksum(uint8_t *ip) {
    uint32_t sum = 0;
    jn_encap_put16(ip + 10, 0);
    for (uint32_t i = 0; i < IPV4_HEADER; i += 2)
        sum += get16(ip + i);
    sum = (sum & 0xffff) + (sum >> 16);
    jn_encap_put16(ip + 10, ~((sum & 0xffff) + (sum >> 16)));
}

// The header of a fragment that carries `take` bytes: to `out`, where the outer header already is. Returns its length.
static uint32_t
write_header(const struct jn_fragments *f, uint8_t *out, uint32_t take) {
    bool more = f->done + take < f->length;
    uint8_t *ip = out + f->ip_at;
    if (!f->v6) {
        jn_encap_put16(ip + 2, IPV4_HEADER + take);
        jn_encap_put16(ip + 4, f->identification);
        jn_encap_put16(ip + 6, f->done / 8 | (more ? MORE_IPV4 : 0)); // DF is clear
        write_ipv4_checksum(ip);
        return f->header;
    }
    uint8_t *extension = ip + IPV6_HEADER;
    jn_encap_put16(ip + 4, FRAGMENT_HEADER + take);
    extension[0] = ip[6];
    extension[1] = 0;
    ip[6] = IPPROTO_FRAGMENT;
    jn_encap_put16(extension + 2, f->done | (more ? MORE_IPV6 : 0)); // in units of 8 bytes, shifted by 3
    jn_encap_put32(extension + 4, f->identification);
    return f->header + FRAGMENT_HEADER;
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
