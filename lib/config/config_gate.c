// SPDX-License-Identifier: BSD-3-Clause
// The virtual L2 network of a VPG: Junction's own addresses on it, and who else is there. And its redirection: which peer
// is the gateway, which may take its place, and what becomes of packets without them.
#include "config/config_gate.h"

#include <string.h>

#include "config/config_kind.h"
#include "config/config_underlay.h"
#include "config/config_value.h"

// What the gate of a VPG is read against.
struct context {
    struct jn_reader *reader;
    const struct jn_config_vpg *vpg;
    const struct jn_json_step *at; // of the VPG
    struct jn_config_gate *gate;
    bool unsure; // an own address is an error: what is in its subnet is not known
};

// Stable, locally administered, and no group's: of the hash FNV-1a, 64 bits, of both texts.
static void
make_mac(uint8_t mac[6], const char *node, const char *id) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const char *texts[] = {node, id};
    for (unsigned int i = 0; i < 2; i++)
        for (size_t j = 0; j <= strlen(texts[i]); j++) // with the zero, which stands between them
            hash = (hash ^ (uint8_t)texts[i][j]) * UINT64_C(0x100000001b3);
    for (unsigned int i = 0; i < 6; i++)
        mac[i] = (uint8_t)(hash >> (56 - 8 * i));
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
}

static bool
check_gate_address(const struct context *c, const struct jn_prefix *own, const struct jn_json_step *at) {
    char text[64], other[64], path[256];
    unsigned int bits = jn_address_bits(own->family);
    if (!jn_underlay_check_own(c->reader, own, at))
        return false;
    if (own->length == 0 || own->length == bits) {
        jn_reader_error(c->reader, at, "expected a subnet of length 1 to %u that peers can be in, found /%u", bits - 1,
                        own->length);
        return false;
    }
    for (unsigned int i = 0; i < c->vpg->subnet_count; i++) {
        const struct jn_prefix *subnet = &c->vpg->subnets[i];
        if (!jn_prefix_contains(own, subnet)) // inside a device subnet it is simply left out of it
            continue;
        jn_json_path(JN_ITEM(JN_MEMBER(c->at, "device_subnets"), i), path, sizeof(path));
        jn_reader_error(c->reader, at, "%s holds %s (%s): an address is a device's or on the virtual network",
                        jn_prefix_text(own, text), jn_prefix_text(subnet, other), path);
        return false;
    }
    return true;
}

// A second address is of IPv6, and the first is not.
static bool
check_second(const struct context *c, uint8_t family, const char *first, bool taken, const struct jn_json_step *at) {
    if (family != 6)
        jn_reader_error(c->reader, at, "expected an IPv6 address, found IPv4");
    else if (taken)
        jn_reader_error(c->reader, at, "\"%s\" is of IPv6 already", first);
    return family == 6 && !taken;
}

static void
read_own(struct context *c, const json_t *value, enum jn_key key, const struct jn_json_step *at) {
    struct jn_gate *gate = &c->gate->gate;
    const char *text = jn_get_text(value, key);
    const struct jn_json_step *here = JN_MEMBER(at, jn_key_name(key));
    struct jn_prefix own;
    bool second = key == JN_KEY_GATE_ADDRESS_IPV6, given = json_object_get(value, jn_key_name(key)) != NULL;
    if (second && !given)
        return;
    if (text == NULL || !jn_prefix_parse(text, &own) || !check_gate_address(c, &own, here) ||
        (second && !check_second(c, own.family, "address", gate->length[1] > 0, here))) {
        c->unsure = true;
        return;
    }
    unsigned int i = jn_family_index(own.family);
    gate->length[i] = own.length;
    memcpy(gate->address[i], own.address, sizeof(own.address));
}

static void
read_gate_options(const struct context *c, const json_t *value) {
    struct jn_gate *gate = &c->gate->gate;
    const char *mac = jn_get_part(value, JN_KEY_GATE_MAC) == NULL ? NULL : jn_get_text(value, JN_KEY_GATE_MAC);
    gate->vni = (uint32_t)jn_get_integer(value, JN_KEY_GATE_VNI);
    gate->ttl = (uint8_t)jn_get_integer(value, JN_KEY_GATE_TTL);
    gate->dscp = (uint8_t)jn_get_integer(value, JN_KEY_GATE_DSCP);
    gate->flags |= jn_get_bool(value, JN_KEY_GATE_PRIVACY) ? JN_GATE_PRIVACY : 0;
    gate->flags |= jn_get_word(value, JN_KEY_GATE_SOURCE_PORT) == 1 ? JN_GATE_FIXED_PORT : 0;
    gate->flags |= jn_get_bool(value, JN_KEY_GATE_ZERO_CHECKSUM) ? JN_GATE_ZERO_CHECKSUM : 0;
    gate->flags |= jn_get_word(value, JN_KEY_GATE_PATH_MTU) == 1 ? JN_GATE_LEARN_MTU : 0;
    if (mac != NULL)
        jn_mac_parse(mac, gate->mac);
    else
        make_mac(gate->mac, c->reader->config->node, c->vpg->id);
}

static void
read_outer(const struct context *c, const json_t *value, struct jn_gate_peer *peer, const struct jn_json_step *at) {
    const char *text = jn_get_text(value, JN_KEY_GATE_OUTER);
    struct jn_prefix address;
    char shown[64];
    if (text == NULL || !jn_address_parse(text, &address))
        return; // said before
    for (unsigned int i = 0; i < c->gate->peer_count; i++) {
        const struct jn_gate_peer *other = &c->gate->peers[i].peer;
        if (other->outer_family != address.family || memcmp(other->outer, address.address, sizeof(other->outer)) != 0)
            continue;
        jn_reader_error(c->reader, at, "%s is already a peer of this gate", jn_prefix_text(&address, shown));
        return;
    }
    peer->outer_family = address.family;
    memcpy(peer->outer, address.address, sizeof(peer->outer));
    jn_underlay_check_peer(c->reader, &address, at);
}

// Is it an address that a host of the virtual network can have, and no other has?
static bool
check_inner(const struct context *c, const struct jn_prefix *address, const struct jn_json_step *at) {
    const struct jn_gate *gate = &c->gate->gate;
    struct jn_prefix own = jn_gate_own(gate, address->family);
    char text[64], subnet[64];
    jn_prefix_text(address, text);
    jn_prefix_text(&own, subnet);
    const char *kind = jn_address_kind(address);
    if (kind == NULL && own.length > 0 && jn_prefix_contains(&own, address))
        kind = jn_address_kind_in(address, own.length);
    if (kind != NULL)
        jn_reader_error(c->reader, at, "expected the address of a host, found %s (%s)", text, kind);
    else if (own.length == 0)
        jn_reader_error(c->reader, at, "%s: the gate has no IPv%u address", text, address->family);
    else if (!jn_prefix_contains(&own, address))
        jn_reader_error(c->reader, at, "%s is outside the gate's subnet, that of %s", text, subnet);
    else if (jn_gate_is_own(gate, address->family, address->address))
        jn_reader_error(c->reader, at, "%s is Junction's own address on the virtual network", text);
    else
        kind = "";
    if (kind == NULL || kind[0] != '\0')
        return false;
    for (unsigned int i = 0; i < c->gate->peer_count; i++) {
        if (!jn_gate_peer_has(&c->gate->peers[i].peer, address->family, address->address))
            continue;
        jn_reader_error(c->reader, at, "%s is already the inner address of gate.peers[%u]", text, i);
        return false;
    }
    return true;
}

static void
read_inner(const struct context *c, const json_t *value, enum jn_key key, struct jn_gate_peer *peer,
           const struct jn_json_step *at) {
    const char *text = jn_get_text(value, key);
    const struct jn_json_step *here = JN_MEMBER(at, jn_key_name(key));
    struct jn_prefix address;
    bool second = key == JN_KEY_GATE_INNER_IPV6;
    if (text == NULL || !jn_address_parse(text, &address))
        return;
    if (second && !check_second(c, address.family, "inner", peer->has_inner[1], here))
        return;
    if (c->unsure || !check_inner(c, &address, here))
        return;
    unsigned int i = jn_family_index(address.family);
    peer->has_inner[i] = 1;
    memcpy(peer->inner[i], address.address, sizeof(address.address));
}

static void
read_peers(const struct context *c, const json_t *value, const struct jn_json_step *at) {
    const json_t *peers = jn_get_part(value, JN_KEY_GATE_PEERS);
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *from = json_array_get(peers, i);
        const struct jn_json_step *here = JN_ITEM(JN_MEMBER(at, "peers"), i);
        struct jn_config_gate_peer *peer = &c->gate->peers[i];
        jn_copy_text(peer->group, sizeof(peer->group), jn_get_text(from, JN_KEY_GATE_GROUP));
        jn_copy_text(peer->description, sizeof(peer->description), jn_get_text(from, JN_KEY_GATE_DESCRIPTION));
        read_outer(c, from, &peer->peer, JN_MEMBER(here, "outer"));
        read_inner(c, from, JN_KEY_GATE_INNER, &peer->peer, here);
        read_inner(c, from, JN_KEY_GATE_INNER_IPV6, &peer->peer, here);
        c->gate->peer_count++;
    }
}

void
jn_config_read_gate(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *gate,
                    const struct jn_json_step *at) {
    struct context c = {.reader = reader, .vpg = vpg, .at = at, .gate = &vpg->gate};
    const struct jn_json_step *here = JN_MEMBER(at, "gate");
    vpg->gate.gate.gateway = vpg->gate.gate.standby = JN_NO_PEER;
    if (gate == NULL)
        return;
    vpg->gate.open = jn_get_bool(gate, JN_KEY_GATE_ENABLED);
    read_own(&c, gate, JN_KEY_GATE_ADDRESS, here);
    read_own(&c, gate, JN_KEY_GATE_ADDRESS_IPV6, here);
    read_gate_options(&c, gate);
    read_peers(&c, gate, here);
    if (vpg->gate.open && vpg->subnet_count == 0)
        jn_reader_error(reader, here,
                        "an open gate needs the VPG's device_subnets: what comes from the virtual network leaves by "
                        "the side of its destination");
}

// The first peer of both gates, or JN_GATE_PEERS.
static unsigned int
shared_peer(const struct jn_config_gate *gate, const struct jn_config_gate *other) {
    for (unsigned int i = 0; i < gate->peer_count; i++)
        for (unsigned int j = 0; j < other->peer_count; j++)
            if (gate->peers[i].peer.outer_family != 0 &&
                gate->peers[i].peer.outer_family == other->peers[j].peer.outer_family &&
                memcmp(gate->peers[i].peer.outer, other->peers[j].peer.outer, sizeof(gate->peers[i].peer.outer)) == 0)
                return i;
    return JN_GATE_PEERS;
}

// What comes from a peer with a VNI must be of one VPG alone.
void
jn_config_check_gates(struct jn_reader *reader, const struct jn_json_step *vpgs) {
    const struct jn_config *config = reader->config;
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        const struct jn_config_gate *gate = &config->vpgs[i].gate;
        for (unsigned int j = 0; gate->open && j < i; j++) {
            const struct jn_config_gate *other = &config->vpgs[j].gate;
            if (!other->open || other->gate.vni != gate->gate.vni)
                continue;
            unsigned int peer = shared_peer(gate, other);
            if (peer == JN_GATE_PEERS)
                continue;
            const struct jn_json_step *peers = JN_MEMBER(JN_MEMBER(JN_ITEM(vpgs, i), "gate"), "peers");
            jn_reader_error(reader, JN_MEMBER(JN_ITEM(peers, peer), "outer"),
                            "already a peer of vpgs[%u] with the same VNI, %u: what comes from it could be of both", j,
                            gate->gate.vni);
        }
    }
}

struct gateway {
    unsigned int peer; // in the order of the gate's peers; JN_NO_PEER: none
    uint8_t family;
};

static struct gateway
find_gateway(const struct jn_config_gate *gate, const struct jn_prefix *inner) {
    for (unsigned int i = 0; i < gate->peer_count; i++)
        if (jn_gate_peer_has(&gate->peers[i].peer, inner->family, inner->address))
            return (struct gateway){i, inner->family};
    return (struct gateway){JN_NO_PEER, 0};
}

// Who has that inner address? A peer whose own address is an error may have been meant: then nothing is said.
static struct gateway
read_gateway(struct jn_reader *reader, const struct jn_config_gate *gate, const json_t *value, enum jn_key key,
             const struct jn_json_step *at) {
    struct gateway found = {JN_NO_PEER, 0};
    const char *text = jn_get_text(value, key);
    const struct jn_json_step *here = JN_MEMBER(at, jn_key_name(key));
    struct jn_prefix inner;
    char shown[64];
    if (text == NULL || !jn_address_parse(text, &inner))
        return found;
    found = find_gateway(gate, &inner);
    if (found.peer != JN_NO_PEER)
        return found;
    for (unsigned int i = 0; i < gate->peer_count; i++)
        if (!gate->peers[i].peer.has_inner[0] && !gate->peers[i].peer.has_inner[1])
            return found;
    if (jn_gate_is_own(&gate->gate, inner.family, inner.address))
        jn_reader_error(reader, here, "%s is Junction's own address on the virtual network",
                        jn_prefix_text(&inner, shown));
    else
        jn_reader_error(reader, here, "no peer of the gate has the inner address %s", jn_prefix_text(&inner, shown));
    return found;
}

static void
read_on_failure(struct jn_reader *reader, struct jn_config_gate *gate, const json_t *value,
                const struct jn_json_step *at) {
    struct gateway gateway = read_gateway(reader, gate, value, JN_KEY_REDIRECTION_GATEWAY, at);
    struct gateway standby = read_gateway(reader, gate, value, JN_KEY_REDIRECTION_STANDBY, at);
    struct jn_gate *g = &gate->gate;
    if (json_object_get(value, "gateway") == NULL)
        jn_reader_error(reader, JN_MEMBER(at, "gateway"), "missing: redirection needs a gateway");
    if (gateway.peer != JN_NO_PEER && gateway.peer == standby.peer)
        jn_reader_error(reader, JN_MEMBER(at, "standby"),
                        "expected another peer than the gateway, found gate.peers[%u]", standby.peer);
    if (g->on_failure == JN_FAILURE_STANDBY && json_object_get(value, "standby") == NULL)
        jn_reader_error(reader, JN_MEMBER(at, "standby"), "missing: on_failure is \"standby\"");
    g->gateway = (uint8_t)gateway.peer;
    g->gateway_family = gateway.family;
    g->standby = (uint8_t)standby.peer;
    g->standby_family = standby.family;
    g->flags |= JN_GATE_REDIRECT;
}

// Who tells senders of packets too long; by default Junction's own address of that family.
static void
read_source(struct jn_reader *reader, struct jn_gate *gate, const json_t *value, enum jn_key key,
            const struct jn_json_step *at) {
    uint8_t family = jn_family(key == JN_KEY_REDIRECTION_ICMP_IPV6);
    unsigned int v6 = jn_family_index(family);
    const char *text = jn_get_part(value, key) == NULL ? NULL : jn_get_text(value, key);
    const struct jn_json_step *here = JN_MEMBER(at, jn_key_name(key));
    struct jn_prefix source;
    char shown[64];
    memcpy(gate->icmp_source[v6], gate->address[v6], sizeof(gate->icmp_source[v6]));
    if (text == NULL || !jn_address_parse(text, &source))
        return;
    const char *kind = jn_address_kind(&source);
    if (source.family != family)
        jn_reader_error(reader, here, "expected an IPv%u address, found IPv%u", family, source.family);
    else if (kind != NULL)
        jn_reader_error(reader, here, "expected the address of a host, found %s (%s)", jn_prefix_text(&source, shown),
                        kind);
    else
        memcpy(gate->icmp_source[v6], source.address, sizeof(gate->icmp_source[v6]));
}

static void
read_redirection_options(struct jn_reader *reader, struct jn_config_gate *gate, const json_t *value,
                         const struct jn_json_step *at) {
    struct jn_gate *g = &gate->gate;
    const json_t *probe = jn_get_part(value, JN_KEY_PROBE), *mtu = jn_get_part(value, JN_KEY_REDIRECTION_MTU);
    gate->redirect_default = jn_get_bool(value, JN_KEY_REDIRECTION_DEFAULT);
    g->on_failure = (uint8_t)jn_get_word(value, JN_KEY_REDIRECTION_FAILURE);
    g->on_standby_failure = (uint8_t)jn_get_word(value, JN_KEY_REDIRECTION_STANDBY_FAILURE);
    g->flags |= jn_get_word(value, JN_KEY_REDIRECTION_TOO_LONG) == 1 ? JN_GATE_OUTER_FRAGMENT : 0;
    g->probe_ms = (uint16_t)jn_get_integer(probe, JN_KEY_PROBE_INTERVAL);
    g->probe_lost = (uint8_t)jn_get_integer(probe, JN_KEY_PROBE_LOST);
    g->probe_answers = (uint8_t)jn_get_integer(probe, JN_KEY_PROBE_ANSWERS);
    g->mtu = mtu == NULL ? 0 : (uint16_t)json_integer_value(mtu);
    if (g->mtu != 0 && g->length[1] > 0 && g->mtu < JN_MIN_PATH_MTU6)
        jn_reader_error(reader, JN_MEMBER(at, "mtu"), "expected at least %u with IPv6 on the virtual network, found %u",
                        JN_MIN_PATH_MTU6, g->mtu);
    read_source(reader, g, value, JN_KEY_REDIRECTION_ICMP, at);
    read_source(reader, g, value, JN_KEY_REDIRECTION_ICMP_IPV6, at);
}

void
jn_config_read_redirection(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *redirection,
                           const struct jn_json_step *at) {
    const struct jn_json_step *here = JN_MEMBER(at, "redirection");
    read_redirection_options(reader, &vpg->gate, redirection,
                             here); // also without: packets to the network's hosts have an MTU, too
    if (redirection == NULL || !jn_get_bool(redirection, JN_KEY_REDIRECTION_ENABLED))
        return;
    if (vpg->gate.open)
        read_on_failure(reader, &vpg->gate, redirection, here);
    else
        jn_reader_error(reader, here, "redirection needs an open gate, and the gate of this VPG is closed");
}
