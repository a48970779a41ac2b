// SPDX-License-Identifier: BSD-3-Clause
// Later fragments find their flow by what the first fragment told: nothing is reassembled, nothing waits.
// A later fragment that overtook its first one is forwarded at once and kept on account: when the first comes, its flow
// is credited; if it never does, the fragments are handed back as orphans, so that no packet is missing from the sums.
#pragma once

#include "packet/parse.h"

#define JN_FRAGMENT_WAYS  4u
#define JN_FRAGMENT_SPANS 10u

// Bytes of a datagram that were seen, in units of 8.
struct jn_fragment_span {
    uint16_t from, to;
};

// A datagram that is not complete. IPv4: source, destination, protocol and identification name it (RFC 791 section 3.2);
// IPv6: the first, second and last alone, for fragments may differ in their Next Header (RFC 8200 section 4.5).
struct jn_fragment {
    uint8_t address[2][16]; // source, destination
    uint64_t expires_ns;    // 0 when free
    uint64_t pending_bytes;
    uint32_t pending_packets;
    uint32_t id;
    uint32_t flags;  // JN_PACKET_IPV6; of the first fragment: _PORTS, _ONE_WAY, _HEADERLESS
    uint32_t period; // of the packets on account
    uint16_t vpg;
    uint16_t vlan_id;  // as in the packet
    uint16_t port[2];  // of the first fragment
    uint16_t vlan_tci; // of the first packet on account, with the port it came in by
    uint8_t named;     // protocol, or of IPv6 the Next Header, of the fragment that was heard first
    uint8_t protocol;  // the same until the first fragment has come, then its protocol
    uint8_t dscp;      // of the first packet on account
    uint8_t port_in;
    bool from_network;
    bool first_seen;
    uint8_t span_count;
    uint16_t end;                                     // units of 8 bytes; 0: the last fragment was not seen
    uint16_t header_end;                              // as in jn_fragment_part, of the first fragment
    uint16_t lowest;                                  // offset of a later fragment, bytes
    struct jn_fragment_span spans[JN_FRAGMENT_SPANS]; // apart from each other
};
_Static_assert(sizeof(struct jn_fragment) == 128, "two cache lines");

struct jn_fragment_table {
    struct jn_fragment *entries; // bucket_count times JN_FRAGMENT_WAYS
    uint32_t bucket_count;       // power of two
    uint32_t sweep;              // next entry that jn_fragment_expire looks at
    uint32_t pending;            // entries with packets on account
    uint32_t forgotten;          // live datagrams that had to make room; the caller counts and clears it
    uint32_t flush;              // next entry that jn_fragment_flush looks at
    uint64_t timeout_ns;
    struct jn_hash_key key;
};

// Where a fragment came in, and when. period: policy and interval in force; packets of different ones never stand on one
// account, for they belong to different sums.
struct jn_fragment_origin {
    uint8_t port_in;
    bool from_network;
    uint32_t period;
};

enum jn_fragment_outcome {
    JN_FRAGMENT_KNOWN,   // the packet has what names its flow: protocol, ports, and the flags about them
    JN_FRAGMENT_PENDING, // on account: the packet belongs to no flow yet
};

// Take one fragment (JN_PACKET_FRAGMENT) of `bytes` frame bytes into account. A complete datagram is forgotten at once: its
// identification may name another one from then on.
// A datagram whose first fragment lacks the transport header, or has it overwritten by a later fragment, is known as one of
// protocol 44 (IPv6-Frag), without ports: nobody knows what it is.
// taken: what this call took off the account; pending_packets is 0 for nothing. With first_seen it is the credit for the
// flow of this first fragment. Without, it is the orphans of a datagram that was evicted, or of
// another period.
enum jn_fragment_outcome jn_fragment_track(struct jn_fragment_table *table, struct jn_packet *packet,
                                           const struct jn_fragment_part *part, uint16_t vpg, uint32_t bytes,
                                           uint64_t now_ns, const struct jn_fragment_origin *origin,
                                           struct jn_fragment *taken);

// Take back the packet that was put on account last for this datagram: it is not to be credited to any flow.
void jn_fragment_withdraw(struct jn_fragment_table *table, const struct jn_packet *packet, uint32_t id, uint16_t vpg,
                          uint32_t bytes);

// Look at up to `count` entries; stop at the first that timed out with packets on account, and hand it back.
// False when there was none. The clock's end (UINT64_MAX) brings everything back.
bool jn_fragment_expire(struct jn_fragment_table *table, uint64_t now_ns, uint32_t count, struct jn_fragment *taken);

// Take the packets of entry `number` off the account if they are of another period. False: they are not, or there are none.
bool jn_fragment_take_old(struct jn_fragment_table *table, uint32_t number, uint32_t period, struct jn_fragment *taken);

// Take the next entry's packets off the account, timed out or not; what the entry knows stays. False: none are left.
bool jn_fragment_flush(struct jn_fragment_table *table, struct jn_fragment *taken);
