// SPDX-License-Identifier: BSD-3-Clause
// Inside the underlay engine: the frame at hand, and whose the addresses in it are.
#pragma once

#include <string.h>

#include "core/worker.h"
#include "packet/put_headers.h"
#include "underlay/underlay.h"

enum { ANSWERS_A_SECOND = 100 };

struct underlay_frame {
    const uint8_t *data;
    uint32_t length;
    uint32_t l3; // offset of the ARP or IP header
    uint16_t port;
    uint16_t vlan_id; // VLAN ID, or JN_VLAN_ID_NONE: untagged, or only priority-tagged
    bool group;       // to a multicast or broadcast MAC, so that others read it too
    uint64_t now_ns;
    const struct jn_packet *packet; // NULL with ARP
    const uint8_t *icmp;            // its message of icmp_length bytes, at least 8; NULL if it is something else
    uint32_t icmp_length;
    struct jn_underlay_result *result;
};

// An invalid group frame still goes on: others may need it.
static inline enum jn_underlay_outcome
ignore(const struct underlay_frame *f, uint64_t *counter) {
    jn_count(counter, 1);
    return f->group ? JN_UNDERLAY_NOT_OURS : JN_UNDERLAY_CONSUMED;
}

// An IPv4 subnet's own number or its broadcast address (RFC 1122 3.2.1.3; a /31 has neither, RFC 3021).
static inline bool
is_subnet_edge(const struct jn_underlay_address *own, const uint8_t *address) {
    if (own->family != 4 || own->length > 30)
        return false;
    uint32_t host = UINT32_MAX >> own->length, bits = jn_be32(address) & host;
    return bits == 0 || bits == host;
}

// Own address on that link that is `address`. NULL: none.
static inline const struct jn_underlay_address *
own_address(const struct jn_underlay *u, const struct underlay_frame *f, uint8_t family, const uint8_t *address) {
    for (uint32_t i = 0; i < u->address_count; i++) {
        const struct jn_underlay_address *a = &u->addresses[i];
        if (a->family == family && a->port == f->port && a->vlan_id == f->vlan_id &&
            jn_address_equal(family, a->address, address))
            return a;
    }
    return NULL;
}

// Own address on that link whose subnet `address` is in; NULL as address: any.
static inline const struct jn_underlay_address *
own_subnet(const struct jn_underlay *u, uint16_t port, uint16_t vlan_id, uint8_t family, const uint8_t *address) {
    for (uint32_t i = 0; i < u->address_count; i++) {
        const struct jn_underlay_address *a = &u->addresses[i];
        if (a->family == family && a->port == port && a->vlan_id == vlan_id &&
            (address == NULL || jn_prefix_holds(a->address, a->length, address)))
            return a;
    }
    return NULL;
}

// There is no reply, or it is too long for the buffer.
static inline enum jn_underlay_outcome
no_room(struct jn_underlay *u, const struct underlay_frame *f) {
    return ignore(f, f->result->reply == NULL ? &u->counters->own_no_mbuf : &u->counters->ignored_other);
}

// May whoever sent the frame be answered once more? It is counted if not. address: who asks.
static inline bool
may_answer(struct jn_underlay *u, const struct underlay_frame *f, enum jn_answer_kind kind, uint8_t family,
           const uint8_t *address) {
    uint32_t a_second = kind == JN_ANSWER_ECHO || u->answers_a_second == 0 ? ANSWERS_A_SECOND : u->answers_a_second;
    const struct jn_answer_source source = {kind, u->network, family, address, f->data + 6};
    bool allowed = jn_answer_allowed(u->limits, &source, a_second, f->now_ns);
    jn_count(&u->counters->answers_limited, !allowed);
    return allowed;
}

// Can this be another host's MAC address?
static inline bool
is_others_mac(const struct jn_underlay *u, const struct underlay_frame *f, const uint8_t mac[6]) {
    static const uint8_t zero[6];
    return (mac[0] & 1) == 0 && memcmp(mac, zero, 6) != 0 && memcmp(mac, u->port[f->port].mac, 6) != 0;
}
