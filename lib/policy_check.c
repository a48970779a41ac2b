// SPDX-License-Identifier: BSD-3-Clause
// Is a policy that was found in shared memory sound? Offsets, counts, strings, ranges, and what names what.
#include "policy_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flow_words.h"

enum {
    KNOWN_PEER_FLAGS = JN_PEER_ENABLED | JN_PEER_KEY | JN_PEER_SEQUENCE | JN_PEER_LEARN_MTU,
    KNOWN_GATE_FLAGS = JN_GATE_PRIVACY | JN_GATE_FIXED_PORT | JN_GATE_REDIRECT | JN_GATE_OUTER_FRAGMENT |
                       JN_GATE_ZERO_CHECKSUM | JN_GATE_LEARN_MTU,
    KNOWN_VPG_FLAGS = JN_VPG_DROP_HEADERLESS | JN_VPG_DROP_UNCLASSIFIED,
};

// CRC-32C (RFC 3720 appendix B.4), bit by bit from a table: policies change seldom.
static uint32_t
crc32c(const uint8_t *data, size_t size) {
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78u : 0);
    }
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
    return ~crc;
}

uint32_t
jn_policy_checksum(const struct jn_policy *policy) {
    size_t start = offsetof(struct jn_policy, crc) + sizeof(policy->crc);
    return crc32c((const uint8_t *)policy + start, policy->length - start);
}

int
jn_policy_error(char err[JN_ERR_MAX], const char *what, uint32_t number) {
    snprintf(err, JN_ERR_MAX, "policy: %s (%u)", what, number);
    return -EPROTO;
}

static bool
part_inside(const struct jn_policy *p, uint32_t offset, uint32_t count, size_t each) {
    return offset >= sizeof(*p) && offset % 8 == 0 && offset <= p->length &&
           (uint64_t)count * each <= (uint64_t)p->length - offset;
}

static bool
range_inside(uint32_t first, uint32_t count, uint32_t total) {
    return first <= total && count <= total - first;
}

static bool
prefix_sound(const struct jn_prefix *prefix) {
    return (prefix->family == 0 && prefix->length == 0) ||
           (jn_is_family(prefix->family) && prefix->length <= jn_address_bits(prefix->family));
}

static bool
terminated(const char *text, size_t size) {
    return memchr(text, '\0', size) != NULL;
}

// The peers of a VPG have different indexes, and no bit of its defaults and rules names an index without a peer.
static int
check_mirroring(const struct jn_policy *p, const struct jn_vpg *v, uint32_t number, char err[JN_ERR_MAX]) {
    unsigned int peer_bits = 0, enabled = 0, named = 0;
    for (uint32_t i = 0; i < v->peer_count; i++) {
        const struct jn_peer *peer = &jn_policy_peers(p)[v->peer_first + i];
        unsigned int bit = 1u << (peer->peer_idx % JN_VPG_PEERS); // the index itself is checked with the peer
        if (peer_bits & bit)
            return jn_policy_error(err, "VPG with two peers of one index", number);
        peer_bits |= bit;
        enabled |= peer->flags & JN_PEER_ENABLED ? bit : 0;
    }
    if (v->defaults / JN_VERDICT_MIRROR0 & ~enabled)
        return jn_policy_error(err, "VPG that mirrors to a peer it has not, or that is disabled", number);
    for (uint32_t i = 0; i < v->rule_count; i++)
        named |= jn_policy_rules(p)[v->rule_first + i].mirror_peers;
    return named & ~peer_bits ? jn_policy_error(err, "rule that mirrors to a peer its VPG has not", number) : 0;
}

static bool
gate_sound(const struct jn_gate *g) {
    static const uint8_t zero[6];
    return g->length[0] <= 32 && g->length[1] <= 128 && g->length[0] + g->length[1] > 0 && (g->mac[0] & 1) == 0 &&
           memcmp(g->mac, zero, sizeof(zero)) != 0 && g->vni >= 1 && g->vni <= JN_MAX_VNI &&
           (g->flags & ~KNOWN_GATE_FLAGS) == 0 && g->ttl > 0 && g->dscp <= 63 && g->on_failure <= JN_FAILURE_STANDBY &&
           g->on_standby_failure <= JN_FAILURE_DROP && g->probe_lost > 0 && g->probe_answers > 0 && g->probe_ms >= 10 &&
           g->probe_ms <= 10000 && (g->mtu == 0 || g->mtu >= (g->length[1] > 0 ? JN_MIN_PATH_MTU6 : JN_MIN_PATH_MTU));
}

static bool
gate_peer_sound(const struct jn_policy *p, const struct jn_gate *g, const struct jn_gate_peer *peer) {
    bool named = false;
    for (unsigned int i = 0; i < 2; i++) {
        if (peer->has_inner[i] > 1 || (peer->has_inner[i] && g->length[i] == 0))
            return false;
        named |= peer->has_inner[i];
    }
    return named && jn_is_family(peer->outer_family) && peer->peer_idx < JN_GATE_PEERS &&
           peer->description_offset < p->string_bytes;
}

// Does the gateway's index belong to a peer with an address of that family?
static bool
gateway_sound(const struct jn_policy *p, const struct jn_vpg *v, uint8_t peer_idx, uint8_t family) {
    const struct jn_gate_peer *peer = jn_vpg_gate_peer(p, v, peer_idx);
    return peer != NULL && jn_is_family(family) && peer->has_inner[jn_family_index(family)];
}

static bool
on_failure_sound(const struct jn_policy *p, const struct jn_vpg *v, const struct jn_gate *g) {
    if ((g->flags & JN_GATE_REDIRECT) == 0)
        return g->gateway == JN_NO_PEER && g->standby == JN_NO_PEER;
    if (!gateway_sound(p, v, g->gateway, g->gateway_family) || g->standby == g->gateway)
        return false;
    if (g->standby == JN_NO_PEER)
        return g->on_failure != JN_FAILURE_STANDBY;
    return gateway_sound(p, v, g->standby, g->standby_family);
}

static bool
names_redirection(const struct jn_policy *p, const struct jn_vpg *v) {
    bool named = v->defaults & JN_VERDICT_REDIRECT;
    for (uint32_t i = 0; i < v->rule_count; i++)
        named |= jn_policy_rules(p)[v->rule_first + i].redirect == JN_ACTION_ON;
    return named;
}

static int
check_gate(const struct jn_policy *p, const struct jn_vpg *v, uint32_t number, char err[JN_ERR_MAX]) {
    const struct jn_gate *g = &jn_policy_gates(p)[v->gate_first];
    unsigned int peer_bits = 0;
    if ((v->gate_count == 0 || (g->flags & JN_GATE_REDIRECT) == 0) && names_redirection(p, v))
        return jn_policy_error(err, "VPG that redirects without a gateway", number);
    if (v->gate_count == 0)
        return v->gate_peer_count == 0 ? 0 : jn_policy_error(err, "VPG with gate peers and no gate", number);
    if (!gate_sound(g))
        return jn_policy_error(err, "gate with a field out of range", number);
    for (uint32_t i = 0; i < v->gate_peer_count; i++) {
        const struct jn_gate_peer *peer = &jn_policy_gate_peers(p)[v->gate_peer_first + i];
        if (!gate_peer_sound(p, g, peer))
            return jn_policy_error(err, "gate peer with a field out of range", number);
        if (peer_bits >> peer->peer_idx & 1)
            return jn_policy_error(err, "gate with two peers of one index", number);
        peer_bits |= 1u << peer->peer_idx;
    }
    return on_failure_sound(p, v, g)
               ? 0
               : jn_policy_error(err, "gate whose gateway or standby is none of its peers", number);
}

static bool
share_a_peer(const struct jn_policy *p, const struct jn_vpg *v, const struct jn_vpg *other) {
    const struct jn_gate_peer *peers = jn_policy_gate_peers(p);
    for (uint32_t i = v->gate_peer_first; i < v->gate_peer_first + v->gate_peer_count; i++)
        for (uint32_t j = other->gate_peer_first; j < other->gate_peer_first + other->gate_peer_count; j++)
            if (i == j || (peers[i].outer_family == peers[j].outer_family &&
                           memcmp(peers[i].outer, peers[j].outer, sizeof(peers[i].outer)) == 0))
                return true;
    return false;
}

// Outer address and VNI together mean one VPG, and one peer of it.
static int
check_gates_apart(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    const struct jn_vpg *vpgs = jn_policy_vpgs(p);
    for (uint32_t i = 0; i < p->vpg_count; i++) {
        for (uint32_t j = 0; vpgs[i].gate_count > 0 && j < i; j++)
            if (vpgs[j].gate_count > 0 &&
                jn_policy_gates(p)[vpgs[i].gate_first].vni == jn_policy_gates(p)[vpgs[j].gate_first].vni &&
                share_a_peer(p, &vpgs[i], &vpgs[j]))
                return jn_policy_error(err, "gate with a VNI and a peer of another", i);
        for (uint32_t j = 1; j < vpgs[i].gate_peer_count; j++) {
            struct jn_vpg one = vpgs[i], before = vpgs[i];
            one.gate_peer_first += j;
            one.gate_peer_count = 1;
            before.gate_peer_count = j;
            if (share_a_peer(p, &one, &before))
                return jn_policy_error(err, "gate with two peers of one address", i);
        }
    }
    return 0;
}

static int
check_vpgs(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    bool taken[JN_MAX_VPGS] = {false};
    uint32_t rules = 0;
    for (uint32_t i = 0; i < p->vpg_count; i++) {
        const struct jn_vpg *v = &jn_policy_vpgs(p)[i];
        if (!terminated(v->id, sizeof(v->id)) || v->id[0] == '\0' || !terminated(v->name, sizeof(v->name)))
            return jn_policy_error(err, "VPG without a sound id and name", i);
        if (v->vpg_idx >= JN_MAX_VPGS || taken[v->vpg_idx])
            return jn_policy_error(err, "VPG index out of range or taken twice", i);
        taken[v->vpg_idx] = true;
        if (v->wires == 0 || (v->vlan_id > 4094 && v->vlan_id != JN_VLAN_ID_NONE))
            return jn_policy_error(err, "VPG without a wire, or with a VLAN out of range", i);
        if (v->defaults & ~JN_VERDICTS_POLICY)
            return jn_policy_error(err, "VPG with unknown defaults", i);
        if ((v->flags & ~(uint32_t)KNOWN_VPG_FLAGS) || v->metadata > JN_METADATA_NONE)
            return jn_policy_error(err, "VPG with unknown flags or metadata", i);
        if (!range_inside(v->subnet_first, v->subnet_count, p->subnet_count) ||
            !range_inside(v->rule_first, v->rule_count, p->rule_count) ||
            !range_inside(v->device_first, v->device_count, p->device_count) ||
            !range_inside(v->peer_first, v->peer_count, p->peer_count) || v->peer_count > JN_VPG_PEERS)
            return jn_policy_error(err, "VPG with subnets, rules, devices or peers outside the policy", i);
        rules += v->rule_count;
        if (rules > p->rule_count) // each VPG's become an index of their own
            return jn_policy_error(err, "VPG with rules of another", i);
        if (!range_inside(v->gate_first, v->gate_count, p->gate_count) || v->gate_count > 1 ||
            !range_inside(v->gate_peer_first, v->gate_peer_count, p->gate_peer_count) ||
            v->gate_peer_count > JN_GATE_PEERS)
            return jn_policy_error(err, "VPG with a gate or gate peers outside the policy", i);
        int rc = check_mirroring(p, v, i, err);
        if (rc == 0)
            rc = check_gate(p, v, i, err);
        if (rc < 0)
            return rc;
    }
    return check_gates_apart(p, err);
}

static int
check_parts(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    const char *strings = jn_policy_string(p, 0);
    if (p->string_bytes > 0 && strings[p->string_bytes - 1] != '\0')
        return jn_policy_error(err, "strings not terminated", p->string_bytes);
    for (uint32_t i = 0; i < p->subnet_count; i++)
        if (!prefix_sound(&jn_policy_subnets(p)[i]))
            return jn_policy_error(err, "prefix out of range", i);
    for (uint32_t i = 0; i < p->rule_count; i++) {
        const struct jn_rule *r = &jn_policy_rules(p)[i];
        if (!prefix_sound(&r->device) || !prefix_sound(&r->remote) || r->device_ports[0] > r->device_ports[1] ||
            r->remote_ports[0] > r->remote_ports[1] || r->direction > 2 || (r->dscp > 63 && r->dscp != 0xff) ||
            r->inspect > JN_ACTION_ON || r->mirror > JN_ACTION_ON || r->redirect > JN_ACTION_ON || r->drop > 1 ||
            r->mirror_peers >= 1u << JN_VPG_PEERS || r->new_flows_only > 1)
            return jn_policy_error(err, "rule with a field out of range", i);
        if (r->application_match > p->application_match_count)
            return jn_policy_error(err, "rule with an application match outside the policy", i);
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        const struct jn_device *d = &jn_policy_devices(p)[i];
        if (!jn_is_family(d->family) || d->name_offset >= p->string_bytes || d->group_name_offset >= p->string_bytes)
            return jn_policy_error(err, "device with a field out of range", i);
    }
    return 0;
}

// It says something, and what it says can be true at once: while the application is looked for, nothing is known of it.
static bool
application_match_sound(const struct jn_policy *p, const struct jn_application_match *m) {
    bool names = jn_mask_has_any(m->applications, JN_APPLICATION_NUMBERS / 64) ||
                 jn_mask_has_any(m->categories, JN_CATEGORY_NUMBERS / 64) || m->risks != 0 || m->server_name_count > 0;
    return m->undecided <= 1 && names != m->undecided &&
           range_inside(m->server_name_first, m->server_name_count, p->server_name_count);
}

// As junction-classify gives a flow's: in lower case, printable, without a dot at its end.
static bool
server_name_sound(const struct jn_policy *p, const struct jn_server_name *name) {
    if (name->wildcard > 1 || name->length == 0 || !range_inside(name->string_offset, name->length, p->string_bytes))
        return false;
    const char *text = jn_policy_string(p, name->string_offset);
    for (uint8_t i = 0; i < name->length; i++)
        if (text[i] <= ' ' || text[i] > '~' || (text[i] >= 'A' && text[i] <= 'Z'))
            return false;
    return text[name->length - 1] != '.';
}

static int
check_applications(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    for (uint32_t i = 0; i < p->application_match_count; i++)
        if (!application_match_sound(p, &jn_policy_application_matches(p)[i]))
            return jn_policy_error(err, "application match with a field out of range", i);
    for (uint32_t i = 0; i < p->server_name_count; i++)
        if (!server_name_sound(p, &jn_policy_server_names(p)[i]))
            return jn_policy_error(err, "server name out of range, or not in its form", i);
    return 0;
}

static bool
peer_sound(const struct jn_policy *p, const struct jn_peer *peer) {
    return jn_is_family(peer->family) && peer->peer_idx < JN_VPG_PEERS && peer->encapsulation <= JN_ENCAP_ERSPAN3 &&
           (peer->flags & ~KNOWN_PEER_FLAGS) == 0 && peer->too_long <= JN_TOO_LONG_DROP && peer->direction <= 2 &&
           peer->ttl > 0 && peer->dscp <= 63 && peer->session <= JN_MAX_SESSION &&
           (peer->snap_length == 0 || peer->snap_length >= JN_MIN_SNAP_LENGTH) &&
           peer->snap_length <= JN_MAX_SNAP_LENGTH && peer->sample_packets > 0 && peer->sample_flows > 0 &&
           peer->sample_packets <= JN_MAX_SAMPLE && peer->sample_flows <= JN_MAX_SAMPLE &&
           peer->rate_mbps <= JN_MAX_RATE_MBPS && peer->description_offset < p->string_bytes;
}

static int
check_underlay(const struct jn_policy *p, char err[JN_ERR_MAX]) {
    for (uint32_t i = 0; i < p->peer_count; i++)
        if (!peer_sound(p, &jn_policy_peers(p)[i]))
            return jn_policy_error(err, "peer with a field out of range", i);
    for (uint32_t i = 0; i < p->address_count; i++) {
        const struct jn_underlay_address *a = &jn_policy_addresses(p)[i];
        if (!jn_is_family(a->family) || a->length > jn_address_bits(a->family) || a->port >= JN_MAX_PORTS ||
            ((a->vlan_id == 0 || a->vlan_id > 4094) && a->vlan_id != JN_VLAN_ID_NONE))
            return jn_policy_error(err, "underlay address with a field out of range", i);
    }
    for (uint32_t i = 0; i < p->route_count; i++) {
        const struct jn_route *r = &jn_policy_routes(p)[i];
        if (r->to.family == 0 || !prefix_sound(&r->to) || r->port >= JN_MAX_PORTS)
            return jn_policy_error(err, "route with a field out of range", i);
    }
    return 0;
}

int
jn_policy_validate(const struct jn_policy *p, size_t available, char err[JN_ERR_MAX]) {
    if (available < sizeof(*p) || p->length < sizeof(*p) || p->length > available)
        return jn_policy_error(err, "length beyond its slot", p->length);
    if (p->crc != jn_policy_checksum(p))
        return jn_policy_error(err, "wrong checksum", p->crc);
    if (p->vpg_count > JN_MAX_VPGS || p->rule_count > JN_MAX_RULES)
        return jn_policy_error(err, "too many VPGs or rules", p->vpg_count);
    if (p->peer_count > JN_MAX_PEERS || p->address_count > JN_MAX_ADDRESSES || p->route_count > JN_MAX_ROUTES)
        return jn_policy_error(err, "too many peers, underlay addresses or routes", p->peer_count);
    if (p->gate_count > JN_MAX_VPGS || p->gate_peer_count > JN_MAX_GATE_PEERS)
        return jn_policy_error(err, "too many gates or gate peers", p->gate_count);
    if (p->application_match_count > JN_MAX_RULES || p->server_name_count > JN_MAX_SERVER_NAMES)
        return jn_policy_error(err, "too many application matches or server names", p->server_name_count);
    bool inside = part_inside(p, p->string_offset, p->string_bytes, 1);
#define X(part, accessor, type) inside = inside && part_inside(p, p->part##_offset, p->part##_count, sizeof(type));
    JN_POLICY_PARTS(X)
#undef X
    if (!inside)
        return jn_policy_error(err, "a part lies outside it", p->length);
    if (!terminated(p->node, sizeof(p->node)))
        return jn_policy_error(err, "node name not terminated", 0);
    int rc = check_vpgs(p, err);
    if (rc == 0)
        rc = check_parts(p, err);
    if (rc == 0)
        rc = check_applications(p, err);
    return rc < 0 ? rc : check_underlay(p, err);
}
