// SPDX-License-Identifier: BSD-3-Clause
// ARP (RFC 826) over Ethernet, with the probes and announcements of RFC 5227.
#include "underlay/underlay_arp.h"

#include "underlay/underlay_frame.h"
#include "underlay/underlay_neighbour.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2, ARP_BYTES = 28 };

struct arp {
    const uint8_t *sha, *spa, *tpa; // sender's MAC and address, target's address
    uint16_t operation;
};

static uint8_t *
put_arp(uint8_t *at, uint16_t operation, const uint8_t sha[6], const uint8_t spa[4], const uint8_t tha[6],
        const uint8_t tpa[4]) {
    static const uint8_t ethernet_ipv4[6] = {0, 1, 8, 0, 6, 4};
    at = jn_put_be16(jn_put(at, ethernet_ipv4, 6), operation);
    return jn_put(jn_put(jn_put(jn_put(at, sha, 6), spa, 4), tha, 6), tpa, 4);
}

uint32_t
jn_underlay_arp_request(const uint8_t own_mac[6], const struct jn_underlay_address *own, const uint8_t target[4],
                        const uint8_t *mac, uint8_t *frame) {
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, unknown[6];
    uint8_t *at = jn_put_ethernet(frame, mac != NULL ? mac : broadcast, own_mac, own->vlan_id, JN_ETHER_ARP);
    at = put_arp(at, ARP_REQUEST, own_mac, own->address, unknown, target);
    return (uint32_t)(at - frame);
}

static bool
read_arp(const struct underlay_frame *f, struct arp *arp) {
    static const uint8_t ethernet_ipv4[6] = {0, 1, 8, 0, 6, 4};
    const uint8_t *at = f->data + f->l3;
    if (f->length - f->l3 < ARP_BYTES || memcmp(at, ethernet_ipv4, 6) != 0)
        return false;
    *arp = (struct arp){.operation = jn_be16(at + 6), .sha = at + 8, .spa = at + 14, .tpa = at + 24};
    return arp->operation == ARP_REQUEST || arp->operation == ARP_REPLY;
}

// Sender: a host of one of our subnets that is not us, with the same MAC in both fields.
static bool
is_sound_arp_sender(const struct jn_underlay *u, const struct underlay_frame *f, const struct arp *arp) {
    if (memcmp(f->data + 6, arp->sha, 6) != 0 || !is_others_mac(u, f, arp->sha) || !jn_address_is_host(4, arp->spa))
        return false;
    const struct jn_underlay_address *own = own_subnet(u, f->port, f->vlan_id, 4, arp->spa);
    return own != NULL && !is_subnet_edge(own, arp->spa) && own_address(u, f, 4, arp->spa) == NULL;
}

static enum jn_underlay_outcome
answer_arp(struct jn_underlay *u, struct underlay_frame *f, const struct arp *arp) {
    const uint8_t *mac = u->port[f->port].mac;
    if (f->result->reply_room < jn_ethernet_bytes(f->vlan_id) + ARP_BYTES)
        return no_room(u, f);
    if (!may_answer(u, f, JN_ANSWER_ARP, 4, arp->spa))
        return JN_UNDERLAY_CONSUMED;
    uint8_t *at = jn_put_ethernet(f->result->reply, arp->sha, mac, f->vlan_id, JN_ETHER_ARP);
    at = put_arp(at, ARP_REPLY, mac, arp->tpa, arp->sha, arp->spa);
    f->result->reply_length = (uint32_t)(at - f->result->reply);
    return JN_UNDERLAY_REPLY;
}

static enum jn_underlay_outcome
request_for_us(struct jn_underlay *u, struct underlay_frame *f, const struct arp *arp) {
    static const uint8_t unspecified[4];
    if (memcmp(arp->spa, unspecified, 4) == 0) { // a probe: "is this address in use?" (RFC 5227 2.1.1)
        if (memcmp(f->data + 6, arp->sha, 6) != 0 || !is_others_mac(u, f, arp->sha))
            return ignore(f, &u->counters->ignored_foreign);
    } else {
        if (!is_sound_arp_sender(u, f, arp))
            return ignore(f, &u->counters->ignored_foreign);
        struct jn_neighbour *n = jn_underlay_find(u, f, 4, arp->spa);
        if (n != NULL)
            jn_underlay_heard(n, arp->sha, false, f->now_ns);
    }
    jn_count(&u->counters->arp_requests, 1);
    return answer_arp(u, f, arp);
}

// A reply, or an announcement (sender's address as target): of a neighbour that we ask for, or of no use to us.
static enum jn_underlay_outcome
take_statement(struct jn_underlay *u, struct underlay_frame *f, const struct arp *arp, bool to_us) {
    if (!is_sound_arp_sender(u, f, arp))
        return ignore(f, &u->counters->ignored_foreign);
    struct jn_neighbour *n = jn_underlay_find(u, f, 4, arp->spa);
    if (n == NULL)
        return ignore(f, &u->counters->ignored_other);
    jn_count(arp->operation == ARP_REPLY ? &u->counters->arp_replies : &u->counters->arp_requests, 1);
    // Only what was sent to us alone shows that our request was heard.
    jn_underlay_heard(n, arp->sha, to_us && !f->group && arp->operation == ARP_REPLY, f->now_ns);
    return f->group ? JN_UNDERLAY_LEARNED : JN_UNDERLAY_CONSUMED;
}

enum jn_underlay_outcome
jn_underlay_arp(struct jn_underlay *u, struct underlay_frame *f) {
    struct arp arp;
    if (own_subnet(u, f->port, f->vlan_id, 4, NULL) == NULL)
        return JN_UNDERLAY_NOT_OURS;
    if (!read_arp(f, &arp))
        return ignore(f, &u->counters->ignored_malformed);
    bool to_us = own_address(u, f, 4, arp.tpa) != NULL;
    bool announcement = jn_address_equal(4, arp.spa, arp.tpa);
    if (announcement || arp.operation == ARP_REPLY)
        return take_statement(u, f, &arp, to_us);
    if (to_us)
        return request_for_us(u, f, &arp);
    return f->group ? JN_UNDERLAY_NOT_OURS : ignore(f, &u->counters->ignored_other);
}
