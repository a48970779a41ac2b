// SPDX-License-Identifier: BSD-3-Clause
// Redirection: which peer of the gate is the gateway, which may take its place, and what becomes of packets without them.
#include "config/config_redirection.h"

#include <string.h>

#include "config/config_kind.h"
#include "config/config_value.h"

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
