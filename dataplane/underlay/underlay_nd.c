// SPDX-License-Identifier: BSD-3-Clause
// Neighbour solicitation and advertisement (RFC 4861).
#include "underlay/underlay_nd.h"

#include "underlay/underlay_frame.h"
#include "underlay/underlay_neighbour.h"

enum {
    ND_BYTES = 24, // type, code, checksum, flags, target
    OPTION_SOURCE = 1,
    OPTION_TARGET = 2,
    OPTION_BYTES = 8,
    SOLICITED = 0x40,
    OVERRIDE = 0x20,
    ND_HOP_LIMIT = 255,
};

// What a message says; pointers into the frame.
struct nd {
    const uint8_t *source, *destination, *target;
    const uint8_t *mac; // of its link-layer address option; NULL: none
    uint8_t flags;
};

static void
solicited_node(const uint8_t address[16], uint8_t group[16]) {
    static const uint8_t prefix[13] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    memcpy(group, prefix, 13);
    memcpy(group + 13, address + 13, 3);
}

static bool
is_unspecified(const uint8_t address[16]) {
    static const uint8_t zero[16];
    return memcmp(address, zero, 16) == 0;
}

// RFC 4861 4.6: every option has a length that is not 0; those of other types are passed over.
static bool
read_options(const struct underlay_frame *f, uint8_t wanted, const uint8_t **mac) {
    *mac = NULL;
    for (uint32_t at = ND_BYTES; at < f->icmp_length;) {
        if (f->icmp_length - at < OPTION_BYTES)
            return false;
        const uint8_t *option = f->icmp + at;
        uint32_t bytes = option[1] * 8u;
        if (bytes == 0 || bytes > f->icmp_length - at || (option[0] == wanted && bytes != OPTION_BYTES))
            return false;
        if (option[0] == wanted && *mac == NULL)
            *mac = option + 2;
        at += bytes;
    }
    return true;
}

// A neighbour's address: of one of our subnets or link-local, and not ours.
static bool
is_sound_nd_sender(const struct jn_underlay *u, const struct underlay_frame *f, const uint8_t source[16]) {
    return jn_address_is_host(6, source) && own_address(u, f, 6, source) == NULL &&
           (jn_address_is_link_local(6, source) || own_subnet(u, f->port, f->vlan_id, 6, source) != NULL);
}

// Ethernet, IPv6, and a message with its link-layer address option, checksum and all.
static uint32_t
put_message(uint8_t *frame, const uint8_t mac_to[6], const uint8_t mac[6], uint16_t vlan_id, const uint8_t source[16],
            const uint8_t destination[16], uint8_t type, uint8_t flags, const uint8_t target[16]) {
    uint8_t *at = jn_put_ethernet(frame, mac_to, mac, vlan_id, JN_ETHER_IPV6);
    uint8_t *message = jn_put_ipv6(at, 0, ND_BYTES + OPTION_BYTES, ND_HOP_LIMIT, JN_IP_ICMPV6, source, destination);
    at = jn_put_be16(jn_put_be16(message, (uint32_t)type << 8), 0);
    at = jn_put(jn_put_be16(jn_put_be16(at, (uint32_t)flags << 8), 0), target, 16);
    at = jn_put_be16(at, (type == JN_ICMP6_NEIGHBOUR_SOLICITATION ? OPTION_SOURCE : OPTION_TARGET) << 8 | 1);
    at = jn_put(at, mac, 6);
    jn_put_be16(message + 2, jn_checksum_icmp6(source, destination, message, ND_BYTES + OPTION_BYTES));
    return (uint32_t)(at - frame);
}

uint32_t
jn_underlay_solicitation(const uint8_t own_mac[6], const struct jn_underlay_address *own, const uint8_t target[16],
                         const uint8_t *mac, uint8_t *frame) {
    uint8_t group[16], group_mac[6] = {0x33, 0x33, 0xff, target[13], target[14], target[15]};
    solicited_node(target, group);
    return put_message(frame, mac != NULL ? mac : group_mac, own_mac, own->vlan_id, own->address,
                       mac != NULL ? target : group, JN_ICMP6_NEIGHBOUR_SOLICITATION, 0, target);
}

static enum jn_underlay_outcome
answer_solicitation(struct jn_underlay *u, struct underlay_frame *f, const struct nd *nd) {
    static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1}, all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
    struct jn_underlay_result *result = f->result;
    if (result->reply_room < jn_ethernet_bytes(f->vlan_id) + JN_IPV6_BYTES + ND_BYTES + OPTION_BYTES)
        return no_room(u, f);
    if (!may_answer(u, f, JN_ANSWER_ND, 6, nd->source))
        return JN_UNDERLAY_CONSUMED;
    bool anonymous = is_unspecified(nd->source);
    const uint8_t *mac = anonymous ? all_nodes_mac : nd->mac != NULL ? nd->mac : f->data + 6;
    result->reply_length = put_message(result->reply, mac, u->port[f->port].mac, f->vlan_id, nd->target,
                                       anonymous ? all_nodes : nd->source, JN_ICMP6_NEIGHBOUR_ADVERTISEMENT,
                                       anonymous ? OVERRIDE : SOLICITED | OVERRIDE, nd->target);
    return JN_UNDERLAY_REPLY;
}

// RFC 4861 7.2.3; duplicate address detection (RFC 4862 5.4.3) asks from the unspecified address.
static enum jn_underlay_outcome
solicitation(struct jn_underlay *u, struct underlay_frame *f, const struct nd *nd) {
    uint8_t group[16];
    solicited_node(nd->target, group);
    bool by_group = memcmp(nd->destination, group, 16) == 0;
    if (!by_group && memcmp(nd->destination, nd->target, 16) != 0)
        return ignore(f, &u->counters->ignored_malformed);
    if (is_unspecified(nd->source)) {
        if (!by_group || nd->mac != NULL)
            return ignore(f, &u->counters->ignored_malformed);
    } else if (!is_sound_nd_sender(u, f, nd->source))
        return ignore(f, &u->counters->ignored_foreign);
    if ((nd->mac != NULL && !is_others_mac(u, f, nd->mac)) || !is_others_mac(u, f, f->data + 6))
        return ignore(f, &u->counters->ignored_foreign);
    struct jn_neighbour *n = nd->mac != NULL ? jn_underlay_find(u, f, 6, nd->source) : NULL;
    if (n != NULL)
        jn_underlay_heard(n, nd->mac, false, f->now_ns);
    jn_count(&u->counters->nd_solicitations, 1);
    return answer_solicitation(u, f, nd);
}

// RFC 4861 7.2.5. Without the option or with the same address in it, only the solicited flag tells something.
static void
take_advertisement(struct jn_neighbour *n, const struct nd *nd, uint64_t now_ns) {
    uint64_t state_mac = __atomic_load_n(&n->state_mac, __ATOMIC_RELAXED);
    bool known = jn_neighbour_state_of(state_mac) != JN_NEIGHBOUR_INCOMPLETE, solicited = nd->flags & SOLICITED;
    uint8_t mac[6];
    jn_neighbour_mac_of(state_mac, mac);
    if (nd->mac == NULL) {
        if (known && solicited)
            jn_underlay_heard(n, mac, true, now_ns);
    } else if (!known || (nd->flags & OVERRIDE) || memcmp(nd->mac, mac, 6) == 0)
        jn_underlay_heard(n, nd->mac, solicited, now_ns);
    else
        jn_underlay_doubt(n);
}

static enum jn_underlay_outcome
advertisement(struct jn_underlay *u, struct underlay_frame *f, const struct nd *nd, struct jn_neighbour *n) {
    if (f->group && (nd->flags & SOLICITED))
        return ignore(f, &u->counters->ignored_malformed);
    if (own_address(u, f, 6, nd->target) != NULL || !is_sound_nd_sender(u, f, nd->source) ||
        (nd->mac != NULL && !is_others_mac(u, f, nd->mac)))
        return ignore(f, &u->counters->ignored_foreign);
    if (n == NULL)
        return ignore(f, &u->counters->ignored_other);
    jn_count(&u->counters->nd_advertisements, 1);
    take_advertisement(n, nd, f->now_ns);
    return f->group ? JN_UNDERLAY_LEARNED : JN_UNDERLAY_CONSUMED;
}

enum jn_underlay_outcome
jn_underlay_nd(struct jn_underlay *u, struct underlay_frame *f) {
    const uint8_t *ip = f->data + f->l3;
    struct nd nd = {.source = ip + 8, .destination = ip + 24, .target = f->icmp + 8};
    if (f->icmp_length < ND_BYTES)
        return ignore(f, &u->counters->ignored_malformed);
    nd.flags = f->icmp[4];
    bool solicits = f->icmp[0] == JN_ICMP6_NEIGHBOUR_SOLICITATION, ours = own_address(u, f, 6, nd.target) != NULL;
    struct jn_neighbour *n = solicits ? NULL : jn_underlay_find(u, f, 6, nd.target);
    if (!ours && n == NULL) // what others tell each other is none of our business, right or wrong
        return f->group ? JN_UNDERLAY_NOT_OURS : ignore(f, &u->counters->ignored_other);
    if (ip[7] != ND_HOP_LIMIT) // it came through a router (RFC 4861 7.1.1, 7.1.2)
        return ignore(f, &u->counters->ignored_hop_limit);
    if (f->icmp[1] != 0 || !read_options(f, solicits ? OPTION_SOURCE : OPTION_TARGET, &nd.mac) ||
        jn_checksum_icmp6(nd.source, nd.destination, f->icmp, f->icmp_length) != 0)
        return ignore(f, &u->counters->ignored_malformed);
    return solicits ? solicitation(u, f, &nd) : advertisement(u, f, &nd, n);
}
