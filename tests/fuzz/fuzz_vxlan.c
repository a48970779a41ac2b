// SPDX-License-Identifier: BSD-3-Clause
// First byte: settings; the rest: a frame that a peer sent, by its link header on. What is believed of it lies within it,
// and all that is then done with an inner packet writes packets that are right.
#include "fuzz.h"
#include "packet/parse.h"
#include "tunnel/ip_fragment.h"
#include "tunnel/mss.h"
#include "tunnel/too_big.h"
#include "tunnel/vxlan_ready.h"

static uint8_t *
copy(const uint8_t *bytes, uint32_t length) {
    uint8_t *out = malloc(length != 0 ? length : 1);
    memcpy(out, bytes, length);
    return out;
}

static void
check_clamp(const uint8_t *inner, uint32_t length, const struct jn_packet *packet, uint32_t mtu) {
    uint8_t *frame = copy(inner, length);
    enum jn_mss_outcome outcome = jn_mss_clamp(frame, length, packet, mtu);
    demand((memcmp(frame, inner, length) != 0) <= (outcome == JN_MSS_CLAMPED));
    demand(outcome != JN_MSS_CLAMPED || jn_mss_clamp(frame, length, packet, mtu) == JN_MSS_KEPT);
    free(frame);
}

static void
check_answer(const uint8_t *inner, uint32_t length, const struct jn_packet *packet, uint32_t mtu) {
    static const uint8_t router[16] = {10, 254, 0, 1};
    uint8_t answer[JN_TOO_BIG_MAX];
    struct jn_packet parsed;
    uint32_t n = jn_too_big(inner, length, packet, router, mtu, answer);
    if (n == 0)
        return;
    jn_parse_frame(answer, n, n, JN_LINKTYPE_ETHERNET, &parsed);
    demand(n <= JN_TOO_BIG_MAX && parsed.exceptions == 0 && parsed.l3_offset + parsed.ip_length == n);
    demand(memcmp(parsed.address[1], packet->address[0], 16) == 0);
    demand(jn_too_big(answer, n, &parsed, router, 68, answer) == 0);
}

static void
check_fragments(const uint8_t *packet, uint32_t length, uint32_t mtu) {
    struct jn_fragments f;
    uint32_t count = jn_inner_fragments_begin(&f, packet, length, mtu), done = 0, found = 0, n;
    uint8_t *out = malloc(mtu + 1);
    while ((n = jn_fragments_next(&f, out)) != 0) {
        demand(n <= mtu && jn_be16(out + 2) == n && jn_checksum_sum(out, f.header) == 0xffff);
        demand(done + n - f.header <= f.length && memcmp(out + f.header, packet + f.header + done, n - f.header) == 0);
        done += n - f.header;
        found++;
    }
    demand(found == count && done == f.length);
    free(out);
}

// The header that is made ready once a burst is the same.
static void
check_ready(const struct jn_vxlan *v, const struct jn_vxlan_send *send, const uint8_t *outer) {
    struct jn_vxlan_ready ready;
    uint8_t *room = malloc(JN_VXLAN_READY_BYTES); // of exactly its size
    jn_vxlan_make_ready(&ready, v, send->state_mac, send->gateway);
    demand(ready.quick == !v->v6);
    if (ready.quick) {
        jn_vxlan_write_quick(&ready, room + JN_VXLAN_READY_BYTES, send->length, send->hash, send->type);
        demand(memcmp(room, outer, JN_VXLAN_READY_BYTES) == 0);
    }
    free(room);
}

// Sent on to a peer, and parsed as that peer does: the same packet comes out.
static void
check_round_trip(const uint8_t *packet, uint32_t length, uint16_t type, uint8_t settings) {
    struct jn_vxlan v;
    struct jn_vxlan_settings s = {
        .family = settings & 1 ? 6 : 4, .ttl = 1, .vlan_tci = JN_VLAN_TCI_NONE, .vni = 7, .mtu = 1500};
    struct jn_vxlan_expected vnet = {.vni = 7, .mac = {2, 9}};
    struct jn_vxlan_send send = {0, UINT64_C(0x020900000000), length, settings, type};
    struct jn_vxlan_inner inner;
    struct jn_packet outer;
    s.inner_mac[0] = 2;
    uint8_t *memory = malloc(JN_VXLAN_ROOM + length), *at = memory + JN_VXLAN_ROOM;
    memcpy(at, packet, length);
    jn_vxlan_prepare(&v, &s);
    uint32_t header = jn_vxlan_write_packet(&v, at, &send);
    check_ready(&v, &send, at - header);
    jn_parse_frame(at - header, header + length, header + length, JN_LINKTYPE_ETHERNET, &outer);
    enum jn_vxlan_outcome outcome = jn_vxlan_parse(&vnet, at - header, header + length, &outer, &inner);
    demand(outcome == JN_VXLAN_PACKET || outcome == JN_VXLAN_ND);
    demand(inner.offset == header - 14 && inner.length == length + 14);
    free(memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct jn_vxlan_expected vnet = {.vni = 10, .mac = {6, 7, 0, 0, 0x0f, 1}, .zero_checksum_ipv6 = data[0] & 2};
    struct jn_vxlan_inner inner;
    struct jn_packet outer;
    uint32_t length = (uint32_t)size - 1, mtu = 20 + data[0] * 6u;
    const uint8_t *frame = data + 1;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &outer);
    // As the caller does: nothing but UDP comes here.
    if (!(outer.flags & JN_PACKET_IP) || outer.protocol != 17)
        return 0;
    enum jn_vxlan_outcome outcome = jn_vxlan_parse(&vnet, frame, length, &outer, &inner);
    if (outcome >= JN_VXLAN_FIRST_REFUSAL)
        return 0;
    demand(inner.length >= 14 && inner.offset + inner.length <= length);
    uint8_t *at = copy(frame + inner.offset, inner.length); // of exactly its size
    demand(inner.group == (at[0] & 1) && memcmp(at + 6, vnet.mac, 6) != 0);
    if (outcome != JN_VXLAN_ARP) {
        const struct jn_packet *p = &inner.packet;
        demand(p->l3_offset == 14 && 14 + p->ip_length <= inner.length);
        check_clamp(at, inner.length, p, mtu);
        check_answer(at, inner.length, p, mtu);
        check_fragments(at + 14, inner.length - 14, mtu);
        check_round_trip(at + 14, p->ip_length, jn_be16(at + 12), data[0]);
    }
    free(at);
    return 0;
}
