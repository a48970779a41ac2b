// SPDX-License-Identifier: BSD-3-Clause
// A peer's settings, then a frame: any option and any frame give an outer packet that is right and within the MTU.
#include "fuzz.h"
#include "packet/parse.h"
#include "rig/frame.h"
#include "tunnel/encap_ready.h"
#include "tunnel/ip_fragment.h"

#define MAX_MTU 2000u

struct settings {
    uint8_t family, encapsulation, flags, too_long, ttl, dscp, downlink, repeat;
    uint16_t session, vlan, mtu, snap_length;
    uint32_t key, sequence;
    uint8_t address[16], source[16], mac[6];
} __attribute__((packed));

// What a receiver checks first. Returns the packet's length.
static uint32_t
check_ip(const uint8_t *ip, bool v6) {
    if (v6) {
        demand(ip[0] >> 4 == 6);
        return jn_be16(ip + 4) + 40;
    }
    demand(ip[0] == 0x45);
    demand(frame_sum(ip, 20) == 0xffff);
    return jn_be16(ip + 2);
}

static void
check_fragments(const struct jn_encap *e, const uint8_t *outer, uint32_t length, uint32_t mtu,
                uint32_t identification) {
    struct jn_fragments f;
    uint8_t *out = malloc(18 + mtu); // of exactly its size: nothing is written beyond
    uint32_t count = jn_fragments_begin(&f, outer, length, mtu, identification), done = 0, found = 0, n;
    demand(count > 1 && f.header < e->length);
    while ((n = jn_fragments_next(&f, out)) != 0) {
        uint32_t header = f.header + (f.v6 ? 8 : 0);
        demand(n - f.ip_at <= mtu && check_ip(out + f.ip_at, f.v6) == n - f.ip_at);
        demand(done + n - header <= f.length && memcmp(out + header, outer + f.header + done, n - header) == 0);
        done += n - header;
        found++;
    }
    demand(found == count && done == f.length);
    free(out);
}

// The header that is made ready once a burst is the same.
static void
check_ready(const struct settings *s, const struct jn_encap *e, const uint8_t *payload, uint32_t length) {
    struct jn_encap_ready ready;
    uint8_t *room = malloc(JN_ENCAP_READY_BYTES); // of exactly its size
    if (jn_encap_can_be_ready(e)) {
        jn_encap_make_ready(&ready, e, 0);
        jn_encap_write_ready(&ready, room + JN_ENCAP_READY_BYTES, length, s->sequence);
        demand(ready.length == e->length);
        demand(memcmp(room + JN_ENCAP_READY_BYTES - ready.length, payload - e->length, e->length) == 0);
    }
    free(room);
}

static void
check_copy(const struct settings *s, const struct jn_encap *e, const uint8_t *frame, const struct jn_encap_frame *facts,
           uint32_t mtu) {
    struct jn_encap_part part;
    enum jn_encap_outcome outcome = jn_encap_choose(e, facts, &part);
    if (outcome == JN_ENCAP_NOT_IP || outcome == JN_ENCAP_TOO_LONG)
        return;
    demand(part.offset + part.length <= facts->length);
    demand(part.truncated || part.length == facts->wire_length);
    demand(s->snap_length == 0 || part.length <= s->snap_length);
    uint8_t *buffer = malloc(JN_ENCAP_ROOM + part.length), *payload = buffer + JN_ENCAP_ROOM;
    memcpy(payload, frame + part.offset, part.length);
    uint32_t header = jn_encap_write(e, payload, 0, s->sequence, facts, &part);
    uint32_t link_bytes = s->vlan % 4096 == 4095 ? 14 : 18;
    uint8_t *outer = payload - header;
    demand(header == e->length && header <= JN_ENCAP_ROOM);
    demand(memcmp(payload, frame + part.offset, part.length) == 0);
    demand(check_ip(outer + link_bytes, s->family & 1) == header - link_bytes + part.length);
    check_ready(s, e, payload, part.length);
    if (outcome == JN_ENCAP_FRAGMENT)
        check_fragments(e, outer, header + part.length, mtu, s->key);
    else
        demand(header - link_bytes + part.length <= mtu);
    free(buffer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct settings s;
    if (size <= sizeof(s)) // no device delivers an empty frame
        return 0;
    memcpy(&s, data, sizeof(s));
    // Long frames from short inputs: the input's frame, repeated.
    uint32_t piece = (uint32_t)(size - sizeof(s)), length = piece * (1 + s.repeat), mtu = s.mtu % MAX_MTU;
    uint8_t *frame = malloc(length != 0 ? length : 1);
    for (uint32_t at = 0; at < length; at += piece)
        memcpy(frame + at, data + sizeof(s), piece);
    struct jn_packet packet;
    uint32_t wire_length = length + (s.downlink >> 1) * 31u;
    jn_parse_frame(frame, length, wire_length, JN_LINKTYPE_ETHERNET, &packet);
    struct jn_encap_frame facts = {
        .time_ns = s.key * UINT64_C(977),
        .length = length,
        .wire_length = wire_length,
        .ip_length = packet.ip_length,
        .l3_offset = packet.l3_offset,
        .vlan_tci = packet.vlan_tci,
        .downlink = s.downlink & 1,
        .ip = (packet.flags & JN_PACKET_IPV6) ? 6
              : (packet.flags & JN_PACKET_IP) ? 4
                                              : 0,
    };
    struct jn_peer peer = {
        .family = (s.family & 1) ? 6 : 4,
        .encapsulation = s.encapsulation % 4,
        .flags = s.flags,
        .too_long = s.too_long % 3,
        .ttl = s.ttl,
        .dscp = s.dscp & 63,
        .session = s.session & 1023,
        .key = s.key,
        .snap_length = s.snap_length,
    };
    struct jn_encap e;
    memcpy(peer.address, s.address, sizeof(peer.address));
    jn_encap_prepare(&e, &peer, s.source, s.vlan % 4096 == 4095 ? JN_VLAN_TCI_NONE : s.vlan % 4096, s.mac, mtu);
    check_copy(&s, &e, frame, &facts, mtu);
    free(frame);
    return 0;
}
