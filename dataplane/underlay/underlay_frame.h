// SPDX-License-Identifier: BSD-3-Clause
// Inside the underlay engine: the frame at hand, addresses compared, headers written.
#pragma once

#include <string.h>

#include "parse_link.h"
#include "underlay.h"

enum {
    ETHER_IPV4 = 0x0800,
    ETHER_ARP = 0x0806,
    ETHER_VLAN = 0x8100,
    ETHER_IPV6 = 0x86dd,
    IP_ICMP = 1,
    IP_UDP = 17,
    IP_GRE = 47,
    IP_ICMPV6 = 58,
    ND_SOLICITATION = 135,
    ND_ADVERTISEMENT = 136,
};

struct underlay_frame {
    const uint8_t *data;
    uint32_t length;
    uint32_t l3; // offset of the ARP or IP header
    uint16_t port;
    uint16_t vlan; // VLAN ID, or JN_ANY_VLAN: untagged, or only priority-tagged
    bool group;    // to a multicast or broadcast MAC, so that others read it too
    uint64_t now_ns;
    const struct jn_packet *packet; // NULL with ARP
    const uint8_t *icmp;            // its message of icmp_length bytes, at least 8; NULL if it is something else
    uint32_t icmp_length;
    struct jn_underlay_result *result;
};

enum jn_underlay_outcome jn_underlay_arp(struct jn_underlay *u, struct underlay_frame *f);
enum jn_underlay_outcome jn_underlay_nd(struct jn_underlay *u, struct underlay_frame *f);
// ICMP and ICMPv6 but for neighbour discovery; the destination is own, the checksum right.
enum jn_underlay_outcome jn_underlay_icmp(struct jn_underlay *u, struct underlay_frame *f);

// Ask for target from own address `own`: by broadcast or solicited-node multicast, or of `mac` alone. Bytes written.
uint32_t jn_underlay_arp_request(const uint8_t own_mac[6], const struct jn_underlay_address *own,
                                 const uint8_t target[4], const uint8_t *mac, uint8_t *frame);
uint32_t jn_underlay_solicitation(const uint8_t own_mac[6], const struct jn_underlay_address *own,
                                  const uint8_t target[16], const uint8_t *mac, uint8_t *frame);

struct jn_neighbour *jn_underlay_find(struct jn_underlay *u, const struct underlay_frame *f, uint8_t family,
                                      const uint8_t *address);
// A neighbour said where it is; confirmed: in answer to us, which shows that it hears us too (RFC 4861 7.3.1).
void jn_underlay_heard(struct jn_neighbour *n, const uint8_t mac[6], bool confirmed, uint64_t now_ns);
// Somebody contradicted what is known of it (RFC 4861 7.2.5): it is used still, and asked.
void jn_underlay_doubt(struct jn_neighbour *n);

// The one's-complement sum of RFC 1071, not yet folded; `bytes` starts at an even place of what is summed.
uint32_t jn_underlay_sum(const uint8_t *bytes, uint32_t length, uint32_t sum);
// ICMPv6 checksum (RFC 8200 8.1) over a message whose checksum field counts as it stands: 0 for one that is right.
uint16_t jn_underlay_sum6(const uint8_t source[16], const uint8_t destination[16], const uint8_t *message,
                          uint32_t length);

static inline uint16_t
fold(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

static inline void
count(uint64_t *counter) {
    __atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

// What cannot be believed is no reason to keep it from others that it was sent to as well.
static inline enum jn_underlay_outcome
ignore(const struct underlay_frame *f, uint64_t *counter) {
    count(counter);
    return f->group ? JN_UNDERLAY_NOT_OURS : JN_UNDERLAY_CONSUMED;
}

static inline size_t
address_bytes(uint8_t family) {
    return family == 4 ? 4 : 16;
}

static inline bool
same_address(uint8_t family, const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, address_bytes(family)) == 0;
}

static inline bool
prefix_holds(const uint8_t *prefix, unsigned int length, const uint8_t *address) {
    unsigned int whole = length / 8, rest = length % 8;
    return whole <= 16 && memcmp(prefix, address, whole) == 0 &&
           (rest == 0 || ((prefix[whole] ^ address[whole]) >> (8 - rest)) == 0);
}

static inline bool
is_link_local(uint8_t family, const uint8_t *address) {
    return family == 6 && address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

// Can a host have it? Not unspecified, "this network", loopback, multicast, or reserved.
static inline bool
is_host(uint8_t family, const uint8_t *address) {
    static const uint8_t first15[15];
    if (family == 4)
        return address[0] != 0 && address[0] != 127 && address[0] < 224;
    return address[0] != 0xff && (memcmp(address, first15, 15) != 0 || address[15] > 1);
}

// An IPv4 subnet's own number or its broadcast address (RFC 1122 3.2.1.3; a /31 has neither, RFC 3021).
static inline bool
is_subnet_edge(const struct jn_underlay_address *own, const uint8_t *address) {
    if (own->family != 4 || own->length > 30)
        return false;
    uint32_t host = UINT32_MAX >> own->length, bits = be32(address) & host;
    return bits == 0 || bits == host;
}

// Own address on that link that is `address`, and own address whose subnet `address` is in. NULL: none.
static inline const struct jn_underlay_address *
own_address(const struct jn_underlay *u, const struct underlay_frame *f, uint8_t family, const uint8_t *address) {
    for (uint32_t i = 0; i < u->address_count; i++) {
        const struct jn_underlay_address *a = &u->addresses[i];
        if (a->family == family && a->port == f->port && a->vlan == f->vlan &&
            same_address(family, a->address, address))
            return a;
    }
    return NULL;
}

static inline const struct jn_underlay_address *
own_subnet(const struct jn_underlay *u, uint16_t port, uint16_t vlan, uint8_t family, const uint8_t *address) {
    for (uint32_t i = 0; i < u->address_count; i++) {
        const struct jn_underlay_address *a = &u->addresses[i];
        if (a->family == family && a->port == port && a->vlan == vlan && prefix_holds(a->address, a->length, address))
            return a;
    }
    return NULL;
}

static inline const struct jn_underlay_address *
own_any(const struct jn_underlay *u, uint16_t port, uint16_t vlan, uint8_t family) {
    for (uint32_t i = 0; i < u->address_count; i++) {
        const struct jn_underlay_address *a = &u->addresses[i];
        if (a->family == family && a->port == port && a->vlan == vlan)
            return a;
    }
    return NULL;
}

// Can this be another station's MAC?
static inline bool
is_station(const struct jn_underlay *u, const struct underlay_frame *f, const uint8_t mac[6]) {
    static const uint8_t zero[6];
    return (mac[0] & 1) == 0 && memcmp(mac, zero, 6) != 0 && memcmp(mac, u->port[f->port].mac, 6) != 0;
}

static inline uint8_t *
put_be16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *
put(uint8_t *at, const void *bytes, size_t length) {
    memcpy(at, bytes, length);
    return at + length;
}

static inline uint32_t
ethernet_bytes(uint16_t vlan) {
    return vlan == JN_ANY_VLAN ? 14 : 18;
}

static inline uint8_t *
put_ethernet(uint8_t *at, const uint8_t destination[6], const uint8_t source[6], uint16_t vlan, uint16_t type) {
    at = put(put(at, destination, 6), source, 6);
    if (vlan != JN_ANY_VLAN)
        at = put_be16(put_be16(at, ETHER_VLAN), vlan);
    return put_be16(at, type);
}

static inline uint8_t *
put_ipv6(uint8_t *at, uint8_t traffic_class, uint32_t payload, uint8_t hop_limit, const uint8_t *source,
         const uint8_t *destination) {
    at = put_be16(put_be16(at, 0x6000u | (uint32_t)traffic_class << 4), 0);
    at = put_be16(put_be16(at, payload), (uint32_t)IP_ICMPV6 << 8 | hop_limit);
    return put(put(at, source, 16), destination, 16);
}
