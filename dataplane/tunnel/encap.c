// SPDX-License-Identifier: BSD-3-Clause
#include "tunnel/encap.h"

#include "contract.h"
#include "packet/put_headers.h"

#define GRE_KEY_PRESENT      0x2000u
#define GRE_SEQUENCE_PRESENT 0x1000u

#define ERSPAN3_ETHERNET  0x8000u // P: the payload is an Ethernet frame
#define ERSPAN3_GRA_100NS (1u << 1)

#define ERSPAN2_LENGTH   8u
#define ERSPAN3_LENGTH   12u
#define ERSPAN2_IN_FRAME (3u << 11) // En: the tag is preserved in the frame
#define TRUNCATED        (1u << 10)
#define ERSPAN3_EGRESS   (1u << 3)
#define TICK_NS          100u // Gra 1

#define MIN_MTU 68u // RFC 791; every outer header fits in it, and so does a fragment

// A header is made front to back in a scratch of its own, and then moved to the room's end.
static uint8_t
offset_of(const uint8_t *scratch, const uint8_t *field) {
    return (uint8_t)(field - scratch);
}

static uint8_t *
put_outer_ip(struct jn_encap *e, const uint8_t *scratch, uint8_t *at, const struct jn_peer *peer,
             const uint8_t source[16]) {
    uint8_t *ip = at, traffic_class = (uint8_t)(peer->dscp << 2);
    at = jn_put_ip_template(at, peer->family, traffic_class, peer->ttl, JN_IP_GRE, source, peer->address);
    e->length_at = offset_of(scratch, ip + (peer->family == 6 ? 4 : 2));
    if (peer->family == 6)
        return at;
    e->checksum_at = offset_of(scratch, ip + 10);
    e->sum = jn_checksum_sum(ip, JN_IPV4_BYTES);
    return at;
}

static uint8_t *
put_gre(struct jn_encap *e, const uint8_t *scratch, uint8_t *at, const struct jn_peer *peer) {
    static const uint16_t protocols[][2] = {
        [JN_ENCAP_GRETAP] = {JN_ETHER_BRIDGED, JN_ETHER_BRIDGED},
        [JN_ENCAP_GRE] = {JN_ETHER_IPV4, JN_ETHER_IPV6},
        [JN_ENCAP_ERSPAN2] = {JN_ETHER_ERSPAN2, JN_ETHER_ERSPAN2},
        [JN_ENCAP_ERSPAN3] = {JN_ETHER_ERSPAN3, JN_ETHER_ERSPAN3},
    };
    bool key = (peer->flags & JN_PEER_KEY) && !e->erspan;
    bool sequence = (peer->flags & JN_PEER_SEQUENCE) || e->erspan;
    at = jn_put_be16(at, (key ? GRE_KEY_PRESENT : 0) | (sequence ? GRE_SEQUENCE_PRESENT : 0));
    e->protocol_at = offset_of(scratch, at);
    memcpy(e->protocol, protocols[peer->encapsulation], sizeof(e->protocol));
    at = jn_put_be16(at, 0);
    if (key)
        at = jn_put_be32(at, peer->key);
    if (!sequence)
        return at;
    e->sequence_at = offset_of(scratch, at);
    return jn_put_be32(at, 0);
}

static uint8_t *
put_erspan(uint8_t *at, const struct jn_encap *e, const struct jn_peer *peer) {
    if (e->erspan == 0)
        return at;
    at = jn_put_be32(at, (uint32_t)e->erspan << 28 | (peer->session & 0x3ffu));
    at = jn_put_be32(at, 0); // II: index; III: timestamp
    return e->erspan == 2 ? jn_put_be32(at, ERSPAN3_ETHERNET | ERSPAN3_GRA_100NS) : at;
}

void
jn_encap_prepare(struct jn_encap *e, const struct jn_peer *peer, const uint8_t source_address[16], uint16_t vlan_tci,
                 const uint8_t source_mac[6], uint32_t mtu) {
    static const uint8_t nobody[6];
    uint8_t scratch[JN_ENCAP_ROOM];
    jn_require((peer->family == 4 || peer->family == 6) && peer->encapsulation <= JN_ENCAP_ERSPAN3);
    memset(e, 0, sizeof(*e));
    e->erspan = peer->encapsulation == JN_ENCAP_ERSPAN2 ? 1 : peer->encapsulation == JN_ENCAP_ERSPAN3 ? 2 : 0;
    e->ip_only = peer->encapsulation == JN_ENCAP_GRE;
    e->too_long = peer->too_long;
    e->snap = peer->snap_length != 0 ? peer->snap_length : UINT32_MAX;
    e->source_head = (uint16_t)(source_mac[0] << 8 | source_mac[1]);

    uint8_t *ip = jn_put_ethernet(scratch, nobody, source_mac, vlan_tci, jn_ether_type_of(peer->family));
    uint8_t *gre = put_outer_ip(e, scratch, ip, peer, source_address);
    uint8_t *end = put_erspan(put_gre(e, scratch, gre, peer), e, peer);
    uint32_t length = (uint32_t)(end - scratch);

    // Fields that this header has move with it; those it has not keep 0, the room's start, where no header reaches.
    uint32_t shift = JN_ENCAP_ROOM - length;
    memcpy(e->header + shift, scratch, length);
    uint8_t *const offsets[] = {&e->length_at, &e->checksum_at, &e->protocol_at, &e->sequence_at};
    for (unsigned int i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
        if (*offsets[i] != 0)
            *offsets[i] = (uint8_t)(*offsets[i] + shift);
    e->length = (uint8_t)length;
    e->length_add = (uint16_t)(end - (peer->family == 4 ? ip : gre));
    // What the length field of the IP header can count: all of an IPv4 packet, and what follows an IPv6 header.
    e->whole = (uint16_t)(UINT16_MAX - e->length_add);
    jn_encap_set_mtu(e, mtu);
}

void
jn_encap_set_mtu(struct jn_encap *e, uint32_t mtu) {
    bool v6 = e->checksum_at == 0;
    uint32_t ip_bytes = e->length_add + (v6 ? jn_ip_header_bytes(6) : 0); // of all outer headers but Ethernet's
    uint32_t room = mtu < MIN_MTU ? 0 : mtu - ip_bytes < e->whole ? mtu - ip_bytes : e->whole;
    __atomic_store_n(&e->room, room, __ATOMIC_RELAXED);
    __atomic_store_n(&e->mtu, mtu, __ATOMIC_RELAXED);
}

bool
jn_encap_is_quoted(const struct jn_encap *e, const struct jn_quote *quote) {
    bool v6 = e->checksum_at == 0;
    const uint8_t *ip = e->header + (v6 ? e->length_at - 4 : e->checksum_at - 10);
    const uint8_t *gre = ip + jn_ip_header_bytes(jn_family(v6)), *quoted = quote->transport;
    uint16_t protocol = jn_be16(quoted + 2);
    if (!jn_quote_has_header(quote, ip) || memcmp(quoted, gre, 2) != 0)
        return false;
    if (protocol != e->protocol[0] && protocol != e->protocol[1])
        return false;
    return (jn_be16(gre) & GRE_KEY_PRESENT) == 0 || memcmp(quoted + 4, gre + 4, 4) == 0;
}

enum jn_encap_outcome
jn_encap_too_long(const struct jn_encap *e, struct jn_encap_part *part) {
    uint32_t room = __atomic_load_n(&e->room, __ATOMIC_RELAXED);
    if (room == 0 || e->too_long == JN_TOO_LONG_DROP)
        return JN_ENCAP_TOO_LONG;
    if (e->too_long == JN_TOO_LONG_FRAGMENT)
        return part->length <= e->whole ? JN_ENCAP_FRAGMENT : JN_ENCAP_TOO_LONG;
    part->length = room;
    part->truncated = true;
    return JN_ENCAP_TRUNCATED;
}

// Uplink is ingress (0) and downlink egress (1): in type III that is the D bit, in type II, which has none, the index. The
// frame keeps its own VLAN tags.
void
jn_encap_write_erspan(unsigned int version, uint8_t *payload, const struct jn_encap_frame *frame, bool truncated) {
    bool tagged = frame->vlan_tci != JN_VLAN_TCI_NONE;
    uint32_t vlan_cos = tagged ? (frame->vlan_tci & 0xfffu) << 16 | (frame->vlan_tci & 0xe000u) : 0;
    uint32_t about = vlan_cos | (truncated ? TRUNCATED : 0);
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
