// SPDX-License-Identifier: BSD-3-Clause
// From the configuration to the policy that the dataplane takes.
#include "config/config_compile.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_index.h"
#include "config/config_value.h"
#include "flow.h"

// Room counted first, then filled: the counts in the header say how far.
struct compiler {
    const struct jn_config *config;
    const struct jn_policy *previous;
    struct jn_policy *policy;
    struct jn_names strings; // sorted; "" is the first
    uint32_t *offsets;       // of each string
    struct jn_names groups;  // a group's number is its place here + 1
    struct jn_vpg *vpgs;
    struct jn_prefix *subnets;
    struct jn_rule *rules;
    struct jn_device *devices;
    struct jn_peer *peers;
    struct jn_gate *gates;
    struct jn_gate_peer *gate_peers;
    struct jn_application_match *application_matches;
    struct jn_server_name *server_names;
    uint8_t indexes[JN_VPG_PEERS]; // of the peers of the VPG that is being filled
};

static uint64_t
expanded(const struct jn_config_rule *rule) {
    uint64_t device = rule->device_port_count, remote = rule->remote_port_count;
    return (device > 0 ? device : 1) * (remote > 0 ? remote : 1);
}

static void
collect_server_names(struct compiler *c, const struct jn_config_vpg *vpg) {
    for (unsigned int i = 0; i < vpg->rule_count; i++)
        for (unsigned int j = 0; vpg->rules[i].application != NULL && j < vpg->rules[i].application->name_count; j++)
            c->strings.text[c->strings.count++] = vpg->rules[i].application->names[j].text;
}

static bool
collect_names(struct compiler *c, size_t server_names) {
    size_t devices = 0, gate_peers = 0, strings = 1 + server_names;
    for (unsigned int i = 0; i < c->config->vpg_count; i++) {
        devices += c->config->vpgs[i].device_count;
        gate_peers += c->config->vpgs[i].gate.peer_count;
        strings += c->config->vpgs[i].peer_count;
    }
    strings += 2 * devices + gate_peers;
    c->strings.text = malloc(strings * sizeof(char *));
    c->groups.text = malloc((devices + gate_peers + 1) * sizeof(char *));
    c->offsets = malloc(strings * sizeof(*c->offsets));
    if (c->strings.text == NULL || c->groups.text == NULL || c->offsets == NULL)
        return false;
    c->strings.text[c->strings.count++] = "";
    for (unsigned int i = 0; i < c->config->vpg_count; i++) {
        for (unsigned int j = 0; j < c->config->vpgs[i].peer_count; j++)
            c->strings.text[c->strings.count++] = c->config->vpgs[i].peers[j].description;
        for (unsigned int j = 0; j < c->config->vpgs[i].gate.peer_count; j++) {
            const struct jn_config_gate_peer *peer = &c->config->vpgs[i].gate.peers[j];
            c->strings.text[c->strings.count++] = peer->description;
            if (peer->group[0] != '\0')
                c->groups.text[c->groups.count++] = peer->group;
        }
        for (unsigned int j = 0; j < c->config->vpgs[i].device_count; j++) {
            const struct jn_config_device *device = &c->config->vpgs[i].devices[j];
            c->strings.text[c->strings.count++] = device->name;
            c->strings.text[c->strings.count++] = device->group;
            if (device->group[0] != '\0')
                c->groups.text[c->groups.count++] = device->group;
        }
        collect_server_names(c, &c->config->vpgs[i]);
    }
    jn_names_sort(&c->strings);
    jn_names_sort(&c->groups);
    return true;
}

static uint32_t
string_offset(const struct compiler *c, const char *text) {
    return c->offsets[jn_names_find(&c->strings, text)];
}

static uint32_t
group_number(const struct compiler *c, const char *group) {
    return (uint32_t)(jn_names_find(&c->groups, group) + 1); // "" is no group: 0
}

// How many there are of each part; the header counts them again while they are filled.
struct counts {
#define X(part, accessor, type) uint64_t part;
    JN_POLICY_PARTS(X)
#undef X
};

static struct counts
count_parts(const struct jn_config *config) {
    struct counts n = {
        .vpg = config->vpg_count, .address = config->dataplane.address_count, .route = config->dataplane.route_count};
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        const struct jn_config_vpg *vpg = &config->vpgs[i];
        n.subnet += vpg->subnet_count;
        n.device += vpg->device_count;
        n.peer += vpg->peer_count;
        n.gate += vpg->gate.open;
        n.gate_peer += vpg->gate.open ? vpg->gate.peer_count : 0;
        for (unsigned int j = 0; j < vpg->rule_count; j++) {
            const struct jn_config_application *application = vpg->rules[j].application;
            n.rule += expanded(&vpg->rules[j]);
            n.application_match += application != NULL;
            n.server_name += application != NULL ? application->name_count : 0;
        }
    }
    return n;
}

// Where a part of so many bytes begins, each on 8 bytes.
static uint32_t
add_section(uint64_t *end, uint64_t bytes) {
    uint64_t start = (*end + 7) & ~UINT64_C(7);
    *end = start + bytes;
    return (uint32_t)start;
}

// The header with the place of every part.
static struct jn_policy *
lay_out(struct compiler *c, struct counts n, char err[JN_ERR_MAX]) {
    struct jn_policy header = {0}, *policy = NULL;
    uint64_t end = sizeof(header);
    for (size_t i = 0; i < c->strings.count; i++) {
        c->offsets[i] = header.string_bytes;
        header.string_bytes += (uint32_t)strlen(c->strings.text[i]) + 1;
    }
#define X(part, accessor, type) header.part##_offset = add_section(&end, n.part * sizeof(type));
    JN_POLICY_PARTS(X)
#undef X
    header.string_offset = add_section(&end, header.string_bytes);
    header.length = (uint32_t)end;
    if (n.rule > JN_MAX_RULES)
        snprintf(err, JN_ERR_MAX, "rules: at most %u with their port lists expanded, found %" PRIu64, JN_MAX_RULES,
                 n.rule);
    else if (n.server_name > JN_MAX_SERVER_NAMES)
        snprintf(err, JN_ERR_MAX, "rules: at most %u server names in all of them, found %" PRIu64, JN_MAX_SERVER_NAMES,
                 n.server_name);
    else if (end > JN_POLICY_SLOT_BYTES)
        snprintf(err, JN_ERR_MAX, "devices: too many: their policy has at most %u bytes, found %" PRIu64,
                 JN_POLICY_SLOT_BYTES, end);
    else if ((policy = calloc(1, end)) == NULL)
        snprintf(err, JN_ERR_MAX, "policy: out of memory");
    if (policy != NULL)
        *policy = header;
    return policy;
}

static void
fill_settings(struct compiler *c) {
    const struct jn_config *config = c->config;
    struct jn_policy *p = c->policy;
    p->interval_ns = config->interval_s * UINT64_C(1000000000);
    p->idle_timeout_ns = config->idle_timeout_s * UINT64_C(1000000000);
    p->tcp_linger_ns = config->tcp_linger_s * UINT64_C(1000000000);
    p->top_flows = config->top_flows;
    p->log_level = config->log_level;
    p->idle_mode = config->dataplane.idle;
    p->max_sleep_us = config->dataplane.idle_max_sleep_us;
    memcpy(p->node, config->node, sizeof(p->node));
    p->address_count = config->dataplane.address_count;
    p->route_count = config->dataplane.route_count;
    memcpy((void *)jn_policy_addresses(p), config->dataplane.addresses,
           p->address_count * sizeof(struct jn_underlay_address));
    memcpy((void *)jn_policy_routes(p), config->dataplane.routes, p->route_count * sizeof(struct jn_route));
    char *strings = (char *)p + p->string_offset;
    for (size_t i = 0; i < c->strings.count; i++)
        strcpy(strings + c->offsets[i], c->strings.text[i]);
}

// From the peers' order in the configuration to their indexes; disabled ones are left out.
static uint8_t
peer_indexes(const struct compiler *c, const struct jn_config_vpg *vpg, unsigned int peers) {
    unsigned int mask = 0;
    for (unsigned int i = 0; i < vpg->peer_count; i++)
        if (peers >> i & 1 && vpg->peers[i].peer.flags & JN_PEER_ENABLED)
            mask |= 1u << c->indexes[i];
    return (uint8_t)mask;
}

static bool
redirects(const struct jn_config_vpg *vpg) {
    return vpg->gate.open && vpg->gate.gate.flags & JN_GATE_REDIRECT;
}

// Its number as rules have it: one for all rules that a port list becomes.
static uint32_t
fill_application(struct compiler *c, const struct jn_config_application *from) {
    if (from == NULL)
        return 0;
    struct jn_application_match *match = &c->application_matches[c->policy->application_match_count++];
    *match = from->match;
    match->server_name_first = c->policy->server_name_count;
    match->server_name_count = from->name_count;
    for (unsigned int i = 0; i < from->name_count; i++)
        c->server_names[c->policy->server_name_count++] =
            (struct jn_server_name){.string_offset = string_offset(c, from->names[i].text),
                                    .length = (uint8_t)strlen(from->names[i].text),
                                    .wildcard = from->names[i].wildcard};
    return c->policy->application_match_count;
}

static void
fill_rule(struct compiler *c, const struct jn_config_vpg *vpg, const struct jn_config_rule *rule) {
    static const uint16_t all[1][2] = {{0, 65535}};
    const uint16_t(*device)[2] = rule->device_port_count > 0 ? (const uint16_t(*)[2])rule->device_ports : all;
    const uint16_t(*remote)[2] = rule->remote_port_count > 0 ? (const uint16_t(*)[2])rule->remote_ports : all;
    unsigned int device_count = rule->device_port_count > 0 ? rule->device_port_count : 1;
    unsigned int remote_count = rule->remote_port_count > 0 ? rule->remote_port_count : 1;
    uint32_t application = fill_application(c, rule->application);
    for (unsigned int i = 0; i < device_count; i++)
        for (unsigned int j = 0; j < remote_count; j++)
            c->rules[c->policy->rule_count++] = (struct jn_rule){
                .device = rule->device,
                .remote = rule->remote,
                .device_ports = {device[i][0], device[i][1]},
                .remote_ports = {remote[j][0], remote[j][1]},
                .protocol = rule->protocol,
                .direction = rule->direction,
                .dscp = rule->dscp,
                .inspect = rule->inspect,
                .mirror = rule->mirror,
                .redirect = redirects(vpg) ? rule->redirect : JN_ACTION_DEFAULT,
                .drop = rule->drop,
                .mirror_peers = peer_indexes(c, vpg, rule->mirror_peers),
                .group = group_number(c, rule->group),
                .application_match = application,
                .new_flows_only = rule->new_flows_only,
            };
}

static int
by_address(const void *a, const void *b) {
    const struct jn_device *x = a, *y = b;
    return x->family != y->family ? (int)x->family - (int)y->family
                                  : memcmp(x->address, y->address, sizeof(x->address));
}

static void
fill_devices(struct compiler *c, const struct jn_config_vpg *vpg) {
    struct jn_device *first = c->devices + c->policy->device_count;
    for (unsigned int i = 0; i < vpg->device_count; i++) {
        const struct jn_config_device *from = &vpg->devices[i];
        struct jn_device *device = &first[i];
        memcpy(device->address, from->address.address, sizeof(device->address));
        device->family = from->address.family;
        device->group = group_number(c, from->group);
        device->name_offset = string_offset(c, from->name);
        device->group_name_offset = string_offset(c, from->group);
    }
    if (vpg->device_count > 0)
        qsort(first, vpg->device_count, sizeof(*first), by_address);
    c->policy->device_count += vpg->device_count;
}

static void
fill_peers(struct compiler *c, const struct jn_config_vpg *vpg) {
    for (unsigned int i = 0; i < vpg->peer_count; i++) {
        struct jn_peer *peer = &c->peers[c->policy->peer_count++];
        *peer = vpg->peers[i].peer;
        peer->peer_idx = c->indexes[i];
        peer->description_offset = string_offset(c, vpg->peers[i].description);
    }
}

static void
fill_gate(struct compiler *c, struct jn_vpg *vpg, const struct jn_config_vpg *from) {
    struct jn_policy *p = c->policy;
    uint8_t indexes[JN_GATE_PEERS];
    vpg->gate_first = p->gate_count;
    vpg->gate_peer_first = p->gate_peer_count;
    if (!from->gate.open)
        return;
    vpg->gate_count = 1;
    vpg->gate_peer_count = from->gate.peer_count;
    jn_config_assign_gate_peers(from, c->previous, indexes);
    struct jn_gate *gate = &c->gates[p->gate_count++];
    *gate = from->gate.gate;
    if (gate->gateway != JN_NO_PEER)
        gate->gateway = indexes[gate->gateway];
    if (gate->standby != JN_NO_PEER)
        gate->standby = indexes[gate->standby];
    for (unsigned int i = 0; i < from->gate.peer_count; i++) {
        struct jn_gate_peer *peer = &c->gate_peers[p->gate_peer_count++];
        *peer = from->gate.peers[i].peer;
        peer->peer_idx = indexes[i];
        peer->group = group_number(c, from->gate.peers[i].group);
        peer->description_offset = string_offset(c, from->gate.peers[i].description);
    }
}

static void
fill_vpg(struct compiler *c, const struct jn_config_vpg *from, uint16_t vpg_idx) {
    struct jn_policy *p = c->policy;
    struct jn_vpg *vpg = &c->vpgs[p->vpg_count++];
    memcpy(vpg->id, from->id, sizeof(vpg->id));
    memcpy(vpg->name, from->name, sizeof(vpg->name));
    vpg->vpg_idx = vpg_idx;
    vpg->wires = from->wires;
    vpg->vlan_id = from->vlan_id;
    vpg->flags = (from->drop_headerless ? JN_VPG_DROP_HEADERLESS : 0u) |
                 (from->drop_unclassified ? JN_VPG_DROP_UNCLASSIFIED : 0u);
    vpg->metadata = (uint8_t)from->metadata;
    jn_config_assign_peers(from, c->previous, c->indexes);
    vpg->defaults = from->inspect ? JN_VERDICT_INSPECT : 0;
    vpg->defaults |= (uint16_t)(peer_indexes(c, from, UINT_MAX) * JN_VERDICT_MIRROR0);
    vpg->defaults |= redirects(from) && from->gate.redirect_default ? JN_VERDICT_REDIRECT : 0;
    vpg->peer_first = p->peer_count;
    vpg->peer_count = from->peer_count;
    fill_peers(c, from);
    fill_gate(c, vpg, from);
    vpg->subnet_first = p->subnet_count;
    vpg->subnet_count = from->subnet_count;
    if (from->subnet_count > 0)
        memcpy(c->subnets + p->subnet_count, from->subnets, from->subnet_count * sizeof(*from->subnets));
    p->subnet_count += from->subnet_count;
    vpg->rule_first = p->rule_count;
    for (unsigned int i = 0; i < from->rule_count; i++)
        fill_rule(c, from, &from->rules[i]);
    vpg->rule_count = p->rule_count - vpg->rule_first;
    vpg->device_first = p->device_count;
    vpg->device_count = from->device_count;
    fill_devices(c, from);
}

struct jn_policy *
jn_config_compile(const struct jn_config *config, const struct jn_policy *previous, char err[JN_ERR_MAX]) {
    struct compiler c = {.config = config, .previous = previous};
    uint16_t indexes[JN_MAX_VPGS];
    const struct counts counts = count_parts(config);
    if (!collect_names(&c, counts.server_name))
        snprintf(err, JN_ERR_MAX, "policy: out of memory");
    else
        c.policy = lay_out(&c, counts, err);
    if (c.policy != NULL) {
        c.vpgs = (struct jn_vpg *)jn_policy_vpgs(c.policy);
        c.subnets = (struct jn_prefix *)jn_policy_subnets(c.policy);
        c.rules = (struct jn_rule *)jn_policy_rules(c.policy);
        c.devices = (struct jn_device *)jn_policy_devices(c.policy);
        c.peers = (struct jn_peer *)jn_policy_peers(c.policy);
        c.gates = (struct jn_gate *)jn_policy_gates(c.policy);
        c.gate_peers = (struct jn_gate_peer *)jn_policy_gate_peers(c.policy);
        c.application_matches = (struct jn_application_match *)jn_policy_application_matches(c.policy);
        c.server_names = (struct jn_server_name *)jn_policy_server_names(c.policy);
        fill_settings(&c);
        jn_config_assign_vpgs(config, previous, indexes);
        for (unsigned int i = 0; i < config->vpg_count; i++)
            fill_vpg(&c, &config->vpgs[i], indexes[i]);
    }
    free(c.strings.text);
    free(c.groups.text);
    free(c.offsets);
    return c.policy;
}
