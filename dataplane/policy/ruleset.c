// SPDX-License-Identifier: BSD-3-Clause
#include "policy/ruleset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_acl.h>
#include <rte_errno.h>

#include "address.h"
#include "gate/vnet.h"
#include "packet/packet.h"

enum { UNTAGGED = 4096, TAGS = 4097, NO_VPG = 0xffff, V6 = 1 };

// What is matched, network order, as rte_acl reads it: one byte, then groups of four.
struct question {
    uint8_t protocol;
    uint8_t direction;
    uint8_t dscp;
    uint16_t vpg_idx;
    uint32_t group;
    uint8_t address[2][16]; // device, remote; IPv4 in the first four bytes
    uint16_t port[2];
} __attribute__((packed));

enum { PROTOCOL, DIRECTION, DSCP, SLOT, GROUP, ADDRESSES, FIELDS4 = ADDRESSES + 4, FIELDS6 = ADDRESSES + 10 };
RTE_ACL_RULE_DEF(acl_rule, FIELDS6);

static struct rte_acl_field_def
field(uint8_t type, uint8_t size, uint8_t number, uint8_t group, size_t offset) {
    return (struct rte_acl_field_def){
        .type = type, .size = size, .field_index = number, .input_index = group, .offset = (uint32_t)offset};
}

// rte_acl builds a trie in the order of the input groups. Port ranges come last: before the addresses, a thousand rules
// took a hundred megabytes.
static void
set_fields(struct rte_acl_config *config, unsigned int family) {
    struct rte_acl_field_def *f = config->defs;
    f[PROTOCOL] = field(RTE_ACL_FIELD_TYPE_BITMASK, 1, PROTOCOL, 0, offsetof(struct question, protocol));
    f[DIRECTION] = field(RTE_ACL_FIELD_TYPE_BITMASK, 1, DIRECTION, 1, offsetof(struct question, direction));
    f[DSCP] = field(RTE_ACL_FIELD_TYPE_BITMASK, 1, DSCP, 1, offsetof(struct question, dscp));
    f[SLOT] = field(RTE_ACL_FIELD_TYPE_BITMASK, 2, SLOT, 1, offsetof(struct question, vpg_idx));
    f[GROUP] = field(RTE_ACL_FIELD_TYPE_BITMASK, 4, GROUP, 2, offsetof(struct question, group));
    uint8_t words = family == V6 ? 4 : 1, number = ADDRESSES;
    for (uint8_t end = 0; end < 2; end++)
        for (uint8_t word = 0; word < words; word++, number++)
            f[number] = field(RTE_ACL_FIELD_TYPE_MASK, 4, number, (uint8_t)(number - ADDRESSES + 3),
                              offsetof(struct question, address) + 16u * end + 4u * word);
    uint8_t group = (uint8_t)(number - ADDRESSES + 3);
    for (uint8_t end = 0; end < 2; end++, number++)
        f[number] = field(RTE_ACL_FIELD_TYPE_RANGE, 2, number, group, offsetof(struct question, port) + 2u * end);
    config->num_fields = number;
    config->num_categories = 1;
}

static void
exactly(struct rte_acl_field *f, uint32_t value, uint32_t mask, unsigned int size) {
    if (size == 1) {
        f->value.u8 = (uint8_t)value;
        f->mask_range.u8 = (uint8_t)mask;
    } else if (size == 2) {
        f->value.u16 = (uint16_t)value;
        f->mask_range.u16 = (uint16_t)mask;
    } else {
        f->value.u32 = value;
        f->mask_range.u32 = mask;
    }
}

static void
set_prefix(struct rte_acl_field *f, const struct jn_prefix *prefix, unsigned int words) {
    for (unsigned int word = 0; word < words; word++) {
        int bits = (int)prefix->length - 32 * (int)word;
        const uint8_t *b = prefix->address + 4 * word;
        f[word].value.u32 = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        f[word].mask_range.u32 = bits <= 0 ? 0 : bits > 32 ? 32 : (uint32_t)bits;
    }
}

static bool
matches_family(const struct jn_rule *rule, unsigned int family) {
    uint8_t other = family == V6 ? 4 : 6;
    return rule->device.family != other && rule->remote.family != other;
}

static void
set_rule(struct acl_rule *out, const struct jn_rule *rule, uint16_t vpg_idx, uint32_t number, unsigned int family) {
    unsigned int words = family == V6 ? 4 : 1;
    *out = (struct acl_rule){
        .data = {.category_mask = 1, .priority = (int32_t)(RTE_ACL_MAX_PRIORITY - number), .userdata = number + 1}};
    exactly(&out->field[PROTOCOL], rule->protocol, rule->protocol != 0 ? 0xff : 0, 1);
    exactly(&out->field[DIRECTION], rule->direction, rule->direction != 0 ? 0xff : 0, 1);
    exactly(&out->field[DSCP], rule->dscp == 0xff ? 0 : rule->dscp, rule->dscp == 0xff ? 0 : 0xff, 1);
    exactly(&out->field[SLOT], vpg_idx, 0xffff, 2);
    exactly(&out->field[GROUP], rule->group, rule->group != 0 ? UINT32_MAX : 0, 4);
    struct rte_acl_field *ports = &out->field[ADDRESSES + 2 * words];
    ports[0].value.u16 = rule->device_ports[0];
    ports[0].mask_range.u16 = rule->device_ports[1];
    ports[1].value.u16 = rule->remote_ports[0];
    ports[1].mask_range.u16 = rule->remote_ports[1];
    set_prefix(&out->field[ADDRESSES], &rule->device, words);
    set_prefix(&out->field[ADDRESSES + words], &rule->remote, words);
}

static int
add_rules(struct rte_acl_ctx *acl, const struct jn_policy *policy, unsigned int family) {
    int rc = 0;
    for (uint32_t v = 0; v < policy->vpg_count && rc == 0; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = vpg->rule_first; i < vpg->rule_first + vpg->rule_count && rc == 0; i++) {
            struct acl_rule rule;
            if (!matches_family(&jn_policy_rules(policy)[i], family))
                continue;
            set_rule(&rule, &jn_policy_rules(policy)[i], vpg->vpg_idx, i, family);
            rc = rte_acl_add_rules(acl, (const struct rte_acl_rule *)&rule, 1);
        }
    }
    return rc;
}

static uint32_t
count_rules(const struct jn_policy *policy, unsigned int family) {
    uint32_t count = 0;
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = vpg->rule_first; i < vpg->rule_first + vpg->rule_count; i++)
            count += matches_family(&jn_policy_rules(policy)[i], family);
    }
    return count;
}

static int
build_acl(struct jn_ruleset *rules, unsigned int family, char err[JN_ERR_MAX]) {
    static unsigned int serial; // main thread only: rte_acl finds contexts by name
    char name[32];
    struct rte_acl_config config = {0};
    uint32_t count = count_rules(rules->policy, family);
    if (count == 0)
        return 0;
    snprintf(name, sizeof(name), "rules-%u", serial++);
    struct rte_acl_param param = {.name = name,
                                  .socket_id = SOCKET_ID_ANY,
                                  .max_rule_num = count,
                                  .rule_size = RTE_ACL_RULE_SZ(family == V6 ? FIELDS6 : FIELDS4)};
    struct rte_acl_ctx *acl = rules->acl[family] = rte_acl_create(&param);
    set_fields(&config, family);
    int rc = acl == NULL ? -rte_errno : add_rules(acl, rules->policy, family);
    if (rc == 0)
        rc = rte_acl_build(acl, &config);
    if (rc != 0)
        snprintf(err, JN_ERR_MAX, "policy: its %u rules cannot be compiled: %s", count, strerror(-rc));
    return rc;
}

// Named VLANs first; then a VPG without VLAN takes what is left of its wire.
static int
map_vpgs(struct jn_ruleset *rules) {
    const struct jn_vpg *vpgs = jn_policy_vpgs(rules->policy);
    for (uint32_t i = 0; i < rules->policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &vpgs[i];
        uint16_t **tags = &rules->vpg_by_vlan[vpg->wire];
        rules->vpg[vpg->vpg_idx] = vpg;
        if (*tags == NULL && (*tags = malloc(TAGS * sizeof(uint16_t))) == NULL)
            return -ENOMEM;
    }
    for (unsigned int wire = 0; wire < JN_MAX_WIRES; wire++) {
        uint16_t *tags = rules->vpg_by_vlan[wire], any = NO_VPG;
        for (uint32_t i = 0; i < rules->policy->vpg_count && tags != NULL; i++)
            if (vpgs[i].wire == wire && vpgs[i].vlan_id == JN_VLAN_ID_NONE)
                any = vpgs[i].vpg_idx;
        for (unsigned int tag = 0; tag < TAGS && tags != NULL; tag++)
            tags[tag] = any;
    }
    for (uint32_t i = 0; i < rules->policy->vpg_count; i++) {
        rules->has_rules[vpgs[i].vpg_idx] = vpgs[i].rule_count > 0;
        if (vpgs[i].vlan_id != JN_VLAN_ID_NONE)
            rules->vpg_by_vlan[vpgs[i].wire][vpgs[i].vlan_id] = vpgs[i].vpg_idx;
    }
    return 0;
}

struct jn_ruleset *
jn_ruleset_build(struct jn_policy *policy, char err[JN_ERR_MAX]) {
    struct jn_ruleset *rules = calloc(1, sizeof(*rules));
    snprintf(err, JN_ERR_MAX, "policy: no memory");
    if (rules == NULL)
        return NULL;
    rules->policy = policy;
    rules->vpg_idx_end = jn_policy_vpg_idx_end(policy);
    rules->generation = (uint16_t)policy->generation;
    if (map_vpgs(rules) == 0 && build_acl(rules, 0, err) == 0 && build_acl(rules, V6, err) == 0)
        return rules;
    rules->policy = NULL;
    jn_ruleset_free(rules);
    return NULL;
}

void
jn_ruleset_free(struct jn_ruleset *rules) {
    if (rules == NULL)
        return;
    for (unsigned int family = 0; family < 2; family++)
        rte_acl_free(rules->acl[family]);
    for (unsigned int wire = 0; wire < JN_MAX_WIRES; wire++)
        free(rules->vpg_by_vlan[wire]);
    for (unsigned int mirror_idx = 0; mirror_idx < rules->vpg_idx_end * JN_VPG_PEERS; mirror_idx++)
        free(rules->mirror[mirror_idx]);
    for (unsigned int vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++)
        jn_vnet_free(rules->vnet[vpg_idx]);
    free(rules->sources);
    free(rules->policy);
    free(rules);
}

bool
jn_ruleset_is_device(const struct jn_ruleset *rules, uint16_t vpg_idx, uint8_t family, const uint8_t address[16]) {
    const struct jn_vpg *vpg = rules->vpg[vpg_idx];
    const struct jn_vnet *vnet = rules->vnet[vpg_idx];
    if (vnet != NULL && jn_gate_is_near(vnet->engine.gate, family, address))
        return false; // the virtual network's subnet may lie in one of the devices'
    const struct jn_prefix *subnets = jn_policy_subnets(rules->policy) + vpg->subnet_first;
    for (uint32_t i = 0; i < vpg->subnet_count; i++)
        if (subnets[i].family == family && jn_prefix_holds(subnets[i].address, subnets[i].length, address))
            return true;
    return false;
}

bool
jn_ruleset_is_own(const struct jn_ruleset *rules, const struct jn_packet *packet) {
    uint8_t family = jn_packet_family(packet);
    for (uint32_t i = 0; i < rules->policy->address_count; i++) {
        const struct jn_underlay_address *own = &jn_policy_addresses(rules->policy)[i];
        if (own->family == family && (jn_address_equal(family, own->address, packet->address[0]) ||
                                      jn_address_equal(family, own->address, packet->address[1])))
            return true;
    }
    return false;
}

static void
find_device(const struct jn_ruleset *rules, const struct jn_vpg *vpg, struct jn_flow_entry *entry) {
    uint8_t family = jn_flow_family(entry);
    uint16_t flags = entry->flags & (uint16_t) ~(JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B);
    bool initiator_b = flags & JN_FLOW_INITIATOR_B, from_network = flags & JN_FLOW_FROM_NETWORK;
    if (vpg->subnet_count == 0)
        flags |= initiator_b != from_network ? JN_FLOW_DEVICE_B : JN_FLOW_DEVICE_A;
    else
        flags |= (jn_ruleset_is_device(rules, vpg->vpg_idx, family, entry->address[0]) ? JN_FLOW_DEVICE_A : 0) |
                 (jn_ruleset_is_device(rules, vpg->vpg_idx, family, entry->address[1]) ? JN_FLOW_DEVICE_B : 0);
    jn_store(&entry->flags, flags);
}

// Devices are sorted by family and address.
static uint32_t
group_of(const struct jn_ruleset *rules, const struct jn_vpg *vpg, uint8_t family, const uint8_t *address) {
    const struct jn_device *devices = jn_policy_devices(rules->policy) + vpg->device_first;
    uint32_t low = 0, high = vpg->device_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct jn_device *d = &devices[middle];
        int order = d->family != family ? (int)d->family - family : memcmp(d->address, address, 16);
        if (order == 0)
            return d->group;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

// The device's end; of two devices, or none, the initiator's.
static int
device_end(const struct jn_flow_entry *entry) {
    bool a = entry->flags & JN_FLOW_DEVICE_A, b = entry->flags & JN_FLOW_DEVICE_B;
    return a != b ? b : (entry->flags & JN_FLOW_INITIATOR_B) != 0;
}

static const struct jn_rule *
first_match(const struct jn_ruleset *rules, const struct jn_vpg *vpg, const struct jn_flow_entry *entry) {
    uint8_t family = jn_flow_family(entry);
    int device = device_end(entry);
    struct rte_acl_ctx *acl = rules->acl[jn_family_index(family)];
    if (acl == NULL)
        return NULL;
    struct question q = {
        .protocol = jn_flow_protocol(entry),
        .direction = entry->flags & JN_FLOW_FROM_NETWORK ? 2 : 1,
        .dscp = entry->dscp,
        .vpg_idx = __builtin_bswap16(vpg->vpg_idx),
        .group = __builtin_bswap32(group_of(rules, vpg, family, entry->address[device])),
        .port = {__builtin_bswap16(jn_flow_port(entry, device)), __builtin_bswap16(jn_flow_port(entry, !device))}};
    memcpy(q.address[0], entry->address[device], 16);
    memcpy(q.address[1], entry->address[!device], 16);
    const uint8_t *data = (const uint8_t *)&q;
    uint32_t result = 0;
    rte_acl_classify(acl, &data, &result, 1, 1);
    return result == 0 ? NULL : &jn_policy_rules(rules->policy)[result - 1];
}

bool
jn_ruleset_keeps_apart(const struct jn_ruleset *rules, const struct jn_vnet *vnet, uint8_t family,
                       const uint8_t device[16], uint8_t peer_idx) {
    const struct jn_gate_peer *peer = vnet->engine.peers[peer_idx];
    return (vnet->engine.gate->flags & JN_GATE_PRIVACY) && peer != NULL &&
           group_of(rules, vnet->vpg, family, device) != peer->group;
}

static uint16_t
decide(uint16_t verdict, uint16_t bits, uint8_t action) {
    if (action == JN_ACTION_DEFAULT)
        return verdict;
    return action == JN_ACTION_ON ? verdict | bits : verdict & (uint16_t)~bits;
}

// Two devices of different groups.
static bool
kept_apart(const struct jn_ruleset *rules, const struct jn_vnet *vnet, const struct jn_flow_entry *entry) {
    const uint16_t both = JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B;
    uint8_t family = jn_flow_family(entry);
    return (vnet->engine.gate->flags & JN_GATE_PRIVACY) && (entry->flags & both) == both &&
           group_of(rules, vnet->vpg, family, entry->address[0]) !=
               group_of(rules, vnet->vpg, family, entry->address[1]);
}

// Is the flow the gateway's: begun by it, or to an address in its subnet? Also if the flow was idle for long.
static bool
is_the_gateways(const struct jn_vnet *vnet, const struct jn_flow_entry *entry) {
    const struct jn_gate *gate = vnet->engine.gate;
    uint8_t family = jn_flow_family(entry);
    bool device = entry->flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B);
    return (entry->flags & JN_FLOW_RETURNED) || (!device && (jn_gate_is_near(gate, family, entry->address[0]) ||
                                                             jn_gate_is_near(gate, family, entry->address[1])));
}

// Only the gateway knows which device an answer is for. The translated flow of a device's flow was allowed with it, so
// that no rule applies to it.
static uint16_t
classify_gateways_own(const struct jn_flow_entry *entry, uint16_t verdict) {
    const uint16_t devices = JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B;
    if ((entry->flags & JN_FLOW_RETURNED) && !(entry->flags & devices))
        verdict &= (uint16_t)~JN_VERDICT_DROP;
    return verdict | JN_VERDICT_REDIRECT;
}

// What the VPG's virtual network makes of a verdict.
static uint16_t
classify_by_vnet(const struct jn_ruleset *rules, const struct jn_vnet *vnet, const struct jn_flow_entry *entry,
                 uint16_t verdict) {
    if (kept_apart(rules, vnet, entry))
        return verdict | JN_VERDICT_PRIVACY | JN_VERDICT_DROP;
    if (vnet->redirects)
        return is_the_gateways(vnet, entry) ? classify_gateways_own(entry, verdict) : verdict;
    int device = device_end(entry);
    bool near = jn_gate_is_near(vnet->engine.gate, jn_flow_family(entry), entry->address[!device]);
    return near ? verdict | JN_VERDICT_GATE : verdict;
}

static uint16_t
classify_by_rule(const struct jn_rule *rule, uint16_t verdict) {
    if (rule == NULL)
        return verdict;
    uint16_t peers = (uint16_t)((rule->mirror_peers != 0 ? rule->mirror_peers : 3) * JN_VERDICT_MIRROR0);
    verdict = decide(verdict, JN_VERDICT_INSPECT, rule->inspect);
    verdict = decide(verdict & (rule->mirror == JN_ACTION_ON ? (uint16_t) ~(3 * JN_VERDICT_MIRROR0) : UINT16_MAX),
                     peers, rule->mirror);
    verdict = decide(verdict, JN_VERDICT_REDIRECT, rule->redirect);
    return rule->drop ? verdict | JN_VERDICT_DROP : verdict;
}

static uint16_t
place_of(const struct jn_ruleset *rules, const struct jn_vpg *vpg, const struct jn_rule *rule) {
    return rule == NULL ? JN_RULE_DEFAULT : (uint16_t)(rule - jn_policy_rules(rules->policy) - vpg->rule_first);
}

struct jn_rule_match
jn_ruleset_classify(const struct jn_ruleset *rules, struct jn_flow_entry *entry) {
    const struct jn_vpg *vpg = rules->vpg[jn_flow_vpg(entry)];
    if (vpg == NULL)
        return (struct jn_rule_match){0, JN_RULE_DEFAULT}; // the VPG has left; its flows end by themselves
    find_device(rules, vpg, entry);
    const struct jn_vnet *vnet = rules->vnet[vpg->vpg_idx];
    const struct jn_rule *rule = rules->has_rules[vpg->vpg_idx] ? first_match(rules, vpg, entry) : NULL;
    uint16_t verdict = classify_by_rule(rule, vpg->defaults);
    if (vnet != NULL)
        verdict = classify_by_vnet(rules, vnet, entry, verdict);
    return (struct jn_rule_match){verdict, place_of(rules, vpg, rule)};
}
