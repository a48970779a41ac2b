// SPDX-License-Identifier: BSD-3-Clause
// The outer headers of mirrored copies: GRE (RFC 2784, 2890) over IPv4 or IPv6, carrying Ethernet frames, IP packets or
// ERSPAN (draft-foschiano-erspan-03). All that stays the same for a peer is a template, made once a policy; a copy costs
// a move of fixed size and a few stores. Pure: no DPDK, no state.
#pragma once

#include <stdbool.h>
#include <string.h>

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "policy.h"
#include "tunnel/quote.h"

// Scratch that stands right before a copy's payload: the header is its end, and what is before the header is overwritten.
#define JN_ENCAP_ROOM 96u

// What is known of a frame, for all its copies.
struct jn_encap_frame {
    uint64_t time_ns;     // epoch
    uint32_t length;      // bytes at hand
    uint32_t wire_length; // bytes it had on the wire
    uint32_t ip_length;   // of its IP packet without link padding, when ip is not 0
    uint16_t l3_offset;
    uint16_t vlan_tci; // its outer tag's TCI, or JN_VLAN_TCI_NONE: untagged
    uint8_t ip;        // 4, 6, or 0: no IP packet that can be believed
    bool downlink;
};

// The bytes of a frame that one copy carries.
struct jn_encap_part {
    uint32_t offset, length;
    bool truncated; // fewer than the frame had, by snap_length, by the MTU or because no more were at hand
};

enum jn_encap_outcome {
    JN_ENCAP_SEND,
    JN_ENCAP_TRUNCATED, // send: shortened to the MTU
    JN_ENCAP_FRAGMENT,  // send, in fragments
    JN_ENCAP_NOT_IP,    // no copy
    JN_ENCAP_TOO_LONG,  // no copy
};

// A peer's outer header. Right-aligned in its room, so that where it ends never depends on options.
struct jn_encap {
    uint8_t header[JN_ENCAP_ROOM];
    uint32_t room; // payload bytes that the MTU leaves. Relaxed: a worker that learns a path's MTU changes it, and mtu
    uint32_t snap; // UINT32_MAX: all
    uint32_t mtu;
    uint16_t whole; // payload bytes that an IP packet leaves, in however many fragments: fragments never carry more
    uint16_t protocol[2]; // GRE protocol of a payload that is not IPv6, and of one that is
    uint16_t length_add;  // what the IP header's length field counts beside the payload
    uint16_t sum;         // of the IPv4 header with length, identification and checksum 0
    uint16_t source_head; // first two bytes of the source MAC
    uint8_t length;       // of the header
    // Places in the room; a field that the header lacks is written to the room's start, where no header reaches.
    uint8_t length_at, checksum_at, protocol_at, sequence_at;
    uint8_t erspan;   // version field: 1 (type II) or 2 (type III); 0: none
    uint8_t too_long; // enum jn_too_long
    bool ip_only;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct jn_encap) == 128, "two cache lines");

// `mtu`: of the underlay, in bytes of the outer IP packet. An ERSPAN header never has a key: the draft leaves K at 0.
void jn_encap_prepare(struct jn_encap *e, const struct jn_peer *peer, const uint8_t source_address[16],
                      uint16_t vlan_tci, const uint8_t source_mac[6], uint32_t mtu);

// The path's MTU, as given to jn_encap_prepare, is another now. Any worker, while others use the header.
void jn_encap_set_mtu(struct jn_encap *e, uint32_t mtu);

static inline uint32_t
jn_encap_mtu(const struct jn_encap *e) {
    return __atomic_load_n(&e->mtu, __ATOMIC_RELAXED);
}

// Does an ICMP error quote a packet with this header: addresses, GRE flags and protocol, and the key as far as it is quoted?
bool jn_encap_is_quoted(const struct jn_encap *e, const struct jn_quote *quote);

// Of jn_encap_choose: a part that is longer than the MTU leaves room for.
enum jn_encap_outcome jn_encap_too_long(const struct jn_encap *e, struct jn_encap_part *part);

// Of jn_encap_write: the fields of an ERSPAN header, which ends where the payload begins.
void jn_encap_write_erspan(unsigned int version, uint8_t *payload, const struct jn_encap_frame *frame, bool truncated);

// Which bytes of the frame a copy carries: no more than snap_length from the first that the encapsulation carries, and no
// more than the MTU allows. `part` holds when a copy is to be sent.
static inline enum jn_encap_outcome
jn_encap_choose(const struct jn_encap *e, const struct jn_encap_frame *frame, struct jn_encap_part *part) {
    uint32_t offset = 0, length = frame->length;
    if (e->ip_only) {
        if (frame->ip == 0 || frame->l3_offset >= length)
            return JN_ENCAP_NOT_IP;
        offset = frame->l3_offset;
        length -= offset;
        if (frame->ip_length < length)
            length = frame->ip_length;
    }
    if (length > e->snap)
        length = e->snap;
    part->offset = offset;
    part->length = length;
    part->truncated = length < frame->wire_length;
    return __builtin_expect(length <= __atomic_load_n(&e->room, __ATOMIC_RELAXED), 1) ? JN_ENCAP_SEND
                                                                                      : jn_encap_too_long(e, part);
}

// Write the outer header of one copy before its payload; JN_ENCAP_ROOM bytes before `payload` are overwritten. Returns
// the header's length. `state_mac`: of the next hop, MAC in its low 48 bits, first byte highest (struct jn_neighbour).
static inline uint32_t
jn_encap_write(const struct jn_encap *e, uint8_t *payload, uint64_t state_mac, uint32_t sequence,
               const struct jn_encap_frame *frame, const struct jn_encap_part *part) {
    uint8_t *room = payload - JN_ENCAP_ROOM;
    uint64_t macs = htobe64(state_mac << 16 | e->source_head);
    uint32_t total = part->length + e->length_add;
    uint32_t sum = e->sum + total; // of two 16-bit numbers: one fold is enough
    memcpy(room, e->header, JN_ENCAP_ROOM);
    memcpy(payload - e->length, &macs, sizeof(macs));
    jn_put_be16(room + e->length_at, total);
    jn_put_be16(room + e->checksum_at, ~((sum & 0xffff) + (sum >> 16)));
    jn_put_be16(room + e->protocol_at, e->protocol[frame->ip == 6]);
    jn_put_be32(room + e->sequence_at, sequence);
    if (e->erspan != 0)
        jn_encap_write_erspan(e->erspan, payload, frame, part->truncated);
    return e->length;
}
