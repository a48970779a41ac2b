// SPDX-License-Identifier: BSD-3-Clause
// The template of a peer's outer header.
#include "encap.h"

#include <netinet/in.h>

#define GRE_KEY_PRESENT      0x2000u
#define GRE_SEQUENCE_PRESENT 0x1000u

#define ERSPAN3_ETHERNET  0x8000u // P: the payload is an Ethernet frame
#define ERSPAN3_GRA_100NS (1u << 1)

#define MAX_IP_PACKET 65535u
#define MIN_MTU       68u // RFC 791; every outer header fits in it, and so does a fragment

// Headers are made front to back in a scratch of their own, and then moved to the room's end.
struct writer {
    uint8_t bytes[JN_ENCAP_ROOM];
    uint32_t length;
};

static void
put(struct writer *w, const void *bytes, uint32_t length) {
    memcpy(w->bytes + w->length, bytes, length);
    w->length += length;
}

static void
put16(struct writer *w, uint32_t value) {
    jn_encap_put16(w->bytes + w->length, value);
    w->length += 2;
}

static void
put32(struct writer *w, uint32_t value) {
    jn_encap_put32(w->bytes + w->length, value);
    w->length += 4;
}

static void
put_ethernet(struct writer *w, const uint8_t source_mac[6], uint16_t vlan, uint8_t family) {
    static const uint8_t nobody[6] = {0};
    put(w, nobody, sizeof(nobody));
    put(w, source_mac, 6);
    if (vlan != JN_ANY_VLAN) {
        put16(w, 0x8100);
        put16(w, vlan);
    }
    put16(w, family == 4 ? 0x0800 : 0x86dd);
}

static uint16_t
sum_words(const uint8_t *bytes, uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

// Identification 0 and DF: an atomic datagram, RFC 6864 section 4.1.
static void
put_ipv4(struct writer *w, struct jn_encap *e, const struct jn_peer *peer, const uint8_t source[16]) {
    uint32_t start = w->length;
    put16(w, 0x4500u | (uint32_t)peer->dscp << 2);
    e->length_at = (uint8_t)w->length;
    put16(w, 0);
    put32(w, 0x4000);
    put16(w, (uint32_t)peer->ttl << 8 | IPPROTO_GRE);
    e->checksum_at = (uint8_t)w->length;
    put16(w, 0);
    put(w, source, 4);
    put(w, peer->address, 4);
    e->sum = sum_words(w->bytes + start, 10);
}

static void
put_ipv6(struct writer *w, struct jn_encap *e, const struct jn_peer *peer, const uint8_t source[16]) {
    put32(w, 0x60000000u | (uint32_t)peer->dscp << 22);
    e->length_at = (uint8_t)w->length;
    put16(w, 0);
    put16(w, (uint32_t)IPPROTO_GRE << 8 | peer->ttl);
    put(w, source, 16);
    put(w, peer->address, 16);
}

static void
put_gre(struct writer *w, struct jn_encap *e, const struct jn_peer *peer) {
    static const uint16_t protocols[][2] = {
        [JN_ENCAP_GRETAP] = {0x6558, 0x6558},
        [JN_ENCAP_GRE] = {0x0800, 0x86dd},
        [JN_ENCAP_ERSPAN2] = {0x88be, 0x88be},
        [JN_ENCAP_ERSPAN3] = {0x22eb, 0x22eb},
    };
    bool key = (peer->flags & JN_PEER_KEY) && !e->erspan;
    bool sequence = (peer->flags & JN_PEER_SEQUENCE) || e->erspan;
    put16(w, (key ? GRE_KEY_PRESENT : 0) | (sequence ? GRE_SEQUENCE_PRESENT : 0));
    e->protocol_at = (uint8_t)w->length;
    memcpy(e->protocol, protocols[peer->encapsulation], sizeof(e->protocol));
    put16(w, 0);
    if (key)
        put32(w, peer->key);
    if (sequence) {
        e->sequence_at = (uint8_t)w->length;
        put32(w, 0);
    }
}

static void
put_erspan(struct writer *w, const struct jn_encap *e, const struct jn_peer *peer) {
    if (e->erspan == 0)
        return;
    put32(w, (uint32_t)e->erspan << 28 | (peer->session & 0x3ffu));
    put32(w, 0); // II: index; III: timestamp
    if (e->erspan == 2)
        put32(w, ERSPAN3_ETHERNET | ERSPAN3_GRA_100NS);
}

void
jn_encap_prepare(struct jn_encap *e, const struct jn_peer *peer, const uint8_t source_address[16], uint16_t vlan,
                 const uint8_t source_mac[6], uint32_t mtu) {
    struct writer w = {.length = 0};
    memset(e, 0, sizeof(*e));
    e->erspan = peer->encapsulation == JN_ENCAP_ERSPAN2 ? 1 : peer->encapsulation == JN_ENCAP_ERSPAN3 ? 2 : 0;
    e->ip_only = peer->encapsulation == JN_ENCAP_GRE;
    e->too_long = peer->too_long;
    e->snap = peer->snap_length != 0 ? peer->snap_length : UINT32_MAX;
    e->mtu = mtu;
    e->source_head = (uint16_t)(source_mac[0] << 8 | source_mac[1]);

    put_ethernet(&w, source_mac, vlan, peer->family);
    uint32_t ip = w.length;
    if (peer->family == 4)
        put_ipv4(&w, e, peer, source_address);
    else
        put_ipv6(&w, e, peer, source_address);
    uint32_t gre = w.length;
    put_gre(&w, e, peer);
    put_erspan(&w, e, peer);

    // Fields that this header has move with it; those it has not keep 0, the room's start, where no header reaches.
    uint32_t shift = JN_ENCAP_ROOM - w.length;
    memcpy(e->header + shift, w.bytes, w.length);
    uint8_t *const places[] = {&e->length_at, &e->checksum_at, &e->protocol_at, &e->sequence_at};
    for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (*places[i] != 0)
            *places[i] = (uint8_t)(*places[i] + shift);
    e->length = (uint8_t)w.length;
    e->length_add = (uint16_t)(w.length - (peer->family == 4 ? ip : gre));
    e->whole = (uint16_t)(MAX_IP_PACKET - (w.length - ip));
    if (mtu >= MIN_MTU)
        e->room = mtu < MAX_IP_PACKET ? mtu - (w.length - ip) : e->whole;
}

enum jn_encap_outcome
jn_encap_too_long(const struct jn_encap *e, struct jn_encap_part *part) {
    bool fragment = e->too_long == JN_TOO_LONG_FRAGMENT;
    if (e->room == 0 || e->too_long == JN_TOO_LONG_DROP)
        return JN_ENCAP_TOO_LONG;
    uint32_t most = fragment ? e->whole : e->room;
    if (part->length > most) {
        part->length = most;
        part->truncated = true;
    }
    // The largest IP packet may fit the MTU itself, and was only cut.
    return fragment && part->length > e->room ? JN_ENCAP_FRAGMENT : JN_ENCAP_CUT;
}
