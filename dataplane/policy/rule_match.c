// SPDX-License-Identifier: BSD-3-Clause
#include "policy/rule_match.h"

#include <stdio.h>
#include <string.h>

#include <rte_acl.h>
#include <rte_errno.h>

#include "address.h"
#include "ip_numbers.h"

enum { V6 = 1, WITH_PORTS = 0x80 }; // WITH_PORTS: beside the direction

// What is matched, network order, as rte_acl reads it: one byte, then groups of four.
struct question {
    uint8_t protocol;
    uint8_t direction; // and WITH_PORTS
    uint8_t dscp;
    uint16_t vpg_idx;
    uint32_t group;
    uint8_t address[2][16]; // device, remote; IPv4 in the first four bytes
    uint16_t port[2];
} __attribute__((packed));

enum { PROTOCOL, DIRECTION, DSCP, VPG_IDX, GROUP, ADDRESSES, FIELDS4 = ADDRESSES + 4, FIELDS6 = ADDRESSES + 10 };
RTE_ACL_RULE_DEF(acl_rule, FIELDS6);

static struct rte_acl_field_def
acl_field(uint8_t type, uint8_t size, uint8_t number, uint8_t group, size_t offset) {
    return (struct rte_acl_field_def){
        .type = type, .size = size, .field_index = number, .input_index = group, .offset = (uint32_t)offset};
}

// rte_acl builds a trie in the order of the input groups. Port ranges come last: before the addresses, a thousand rules
// took a hundred megabytes.
static void
set_fields(struct rte_acl_config *config, unsigned int family) {
    struct rte_acl_field_def *f = config->defs;
    f[PROTOCOL] = acl_field(RTE_ACL_FIELD_TYPE_BITMASK, 1, PROTOCOL, 0, offsetof(struct question, protocol));
    f[DIRECTION] = acl_field(RTE_ACL_FIELD_TYPE_BITMASK, 1, DIRECTION, 1, offsetof(struct question, direction));
    f[DSCP] = acl_field(RTE_ACL_FIELD_TYPE_BITMASK, 1, DSCP, 1, offsetof(struct question, dscp));
    f[VPG_IDX] = acl_field(RTE_ACL_FIELD_TYPE_BITMASK, 2, VPG_IDX, 1, offsetof(struct question, vpg_idx));
    f[GROUP] = acl_field(RTE_ACL_FIELD_TYPE_BITMASK, 4, GROUP, 2, offsetof(struct question, group));
    uint8_t words = family == V6 ? 4 : 1, number = ADDRESSES;
    for (uint8_t end = 0; end < 2; end++)
        for (uint8_t word = 0; word < words; word++, number++)
            f[number] = acl_field(RTE_ACL_FIELD_TYPE_MASK, 4, number, (uint8_t)(number - ADDRESSES + 3),
                                  offsetof(struct question, address) + 16u * end + 4u * word);
    uint8_t group = (uint8_t)(number - ADDRESSES + 3);
    for (uint8_t end = 0; end < 2; end++, number++)
        f[number] = acl_field(RTE_ACL_FIELD_TYPE_RANGE, 2, number, group, offsetof(struct question, port) + 2u * end);
    config->num_fields = number;
    config->num_categories = 1;
}

static void
set_exact(struct rte_acl_field *f, uint32_t value, uint32_t mask, unsigned int size) {
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

static bool
is_icmp(uint8_t protocol) {
    return protocol == JN_IP_ICMP || protocol == JN_IP_ICMPV6;
}

// Does the rule match ports alone? Then it passes by a flow without them, also where it names port 0. A rule that names
// ICMP means its types.
static bool
names_ports(const struct jn_rule *rule) {
    if (is_icmp(rule->protocol))
        return false;
    return rule->device_ports[0] != 0 || rule->device_ports[1] != UINT16_MAX || rule->remote_ports[0] != 0 ||
           rule->remote_ports[1] != UINT16_MAX;
}

static void
set_rule(struct acl_rule *out, const struct jn_rule *rule, uint16_t vpg_idx, uint32_t number, unsigned int family) {
    unsigned int words = family == V6 ? 4 : 1;
    *out = (struct acl_rule){
        .data = {.category_mask = 1, .priority = (int32_t)(RTE_ACL_MAX_PRIORITY - number), .userdata = number + 1}};
    set_exact(&out->field[PROTOCOL], rule->protocol, rule->protocol != 0 ? 0xff : 0, 1);
    uint8_t with_ports = names_ports(rule) ? WITH_PORTS : 0;
    set_exact(&out->field[DIRECTION], rule->direction | with_ports,
              (rule->direction != 0 ? UINT8_MAX - WITH_PORTS : 0u) | with_ports, 1);
    set_exact(&out->field[DSCP], rule->dscp == 0xff ? 0 : rule->dscp, rule->dscp == 0xff ? 0 : 0xff, 1);
    set_exact(&out->field[VPG_IDX], vpg_idx, 0xffff, 2);
    set_exact(&out->field[GROUP], rule->group, rule->group != 0 ? UINT32_MAX : 0, 4);
    struct rte_acl_field *ports = &out->field[ADDRESSES + 2 * words];
    ports[0].value.u16 = rule->device_ports[0];
    ports[0].mask_range.u16 = rule->device_ports[1];
    ports[1].value.u16 = rule->remote_ports[0];
    ports[1].mask_range.u16 = rule->remote_ports[1];
    set_prefix(&out->field[ADDRESSES], &rule->device, words);
    set_prefix(&out->field[ADDRESSES + words], &rule->remote, words);
}

// Returns how many rules there are, or a negative error. acl: NULL to count them alone.
static int
add_rules(struct rte_acl_ctx *acl, const struct jn_policy *policy, unsigned int family) {
    int count = 0;
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = vpg->rule_first; i < vpg->rule_first + vpg->rule_count; i++) {
            struct acl_rule rule;
            if (jn_rule_is_conditional(&jn_policy_rules(policy)[i]) ||
                !matches_family(&jn_policy_rules(policy)[i], family))
                continue;
            count++;
            set_rule(&rule, &jn_policy_rules(policy)[i], vpg->vpg_idx, i, family);
            int rc = acl != NULL ? rte_acl_add_rules(acl, (const struct rte_acl_rule *)&rule, 1) : 0;
            if (rc != 0)
                return rc;
        }
    }
    return count;
}

static int
build_acl(struct rte_acl_ctx **acl, const struct jn_policy *policy, unsigned int family, char err[JN_ERR_MAX]) {
    static unsigned int serial; // main thread only: rte_acl finds contexts by name
    char name[32];
    struct rte_acl_config config = {0};
    int count = add_rules(NULL, policy, family);
    if (count == 0)
        return 0;
    snprintf(name, sizeof(name), "rules-%u", serial++);
    struct rte_acl_param param = {.name = name,
                                  .socket_id = SOCKET_ID_ANY,
                                  .max_rule_num = (uint32_t)count,
                                  .rule_size = RTE_ACL_RULE_SZ(family == V6 ? FIELDS6 : FIELDS4)};
    *acl = rte_acl_create(&param);
    set_fields(&config, family);
    int rc = *acl == NULL ? -rte_errno : add_rules(*acl, policy, family);
    if (rc >= 0)
        rc = rte_acl_build(*acl, &config);
    if (rc != 0)
        snprintf(err, JN_ERR_MAX, "policy: its %d rules cannot be compiled: %s", count, strerror(-rc));
    return rc;
}

int
jn_rule_match_build(struct rte_acl_ctx *acl[2], const struct jn_policy *policy, char err[JN_ERR_MAX]) {
    int rc = build_acl(&acl[0], policy, 0, err);
    return rc != 0 ? rc : build_acl(&acl[V6], policy, V6, err);
}

void
jn_rule_match_free(struct rte_acl_ctx *acl[2]) {
    rte_acl_free(acl[0]);
    rte_acl_free(acl[V6]);
}

// Devices are sorted by family and address.
uint32_t
jn_rule_device_group(const struct jn_policy *policy, const struct jn_vpg *vpg, uint8_t family,
                     const uint8_t address[16]) {
    const struct jn_device *devices = jn_policy_devices(policy) + vpg->device_first;
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

struct jn_rule_flow
jn_rule_flow_of(const struct jn_policy *policy, const struct jn_vpg *vpg, const struct jn_flow_entry *entry,
                int device) {
    uint8_t family = jn_flow_family(entry), protocol = jn_flow_protocol(entry);
    return (struct jn_rule_flow){.address = {entry->address[device], entry->address[!device]},
                                 .port = {jn_flow_port(entry, device), jn_flow_port(entry, !device)},
                                 .vpg_idx = vpg->vpg_idx,
                                 .group = jn_rule_device_group(policy, vpg, family, entry->address[device]),
                                 .family = family,
                                 .protocol = protocol,
                                 .dscp = entry->dscp,
                                 .direction = entry->flags & JN_FLOW_FROM_NETWORK ? 2 : 1,
                                 .with_ports = !(entry->flags & JN_FLOW_NO_PORTS) && !is_icmp(protocol)};
}

const struct jn_rule *
jn_rule_first_match(struct rte_acl_ctx *const acl[2], const struct jn_policy *policy, const struct jn_rule_flow *flow) {
    const struct rte_acl_ctx *compiled = acl[jn_family_index(flow->family)];
    if (compiled == NULL)
        return NULL;
    struct question q = {.protocol = flow->protocol,
                         .direction = (uint8_t)(flow->direction | (flow->with_ports ? WITH_PORTS : 0)),
                         .dscp = flow->dscp,
                         .vpg_idx = __builtin_bswap16(flow->vpg_idx),
                         .group = __builtin_bswap32(flow->group),
                         .port = {__builtin_bswap16(flow->port[0]), __builtin_bswap16(flow->port[1])}};
    memcpy(q.address[0], flow->address[0], 16);
    memcpy(q.address[1], flow->address[1], 16);
    const uint8_t *data = (const uint8_t *)&q;
    uint32_t result = 0;
    rte_acl_classify(compiled, &data, &result, 1, 1);
    return result == 0 ? NULL : &jn_policy_rules(policy)[result - 1];
}

static bool
holds_port(const uint16_t range[2], uint16_t port) {
    return port >= range[0] && port <= range[1];
}

bool
jn_rule_matches(const struct jn_rule *rule, const struct jn_rule_flow *flow) {
    return (rule->protocol == 0 || rule->protocol == flow->protocol) &&
           (rule->direction == 0 || rule->direction == flow->direction) &&
           (rule->dscp == 0xff || rule->dscp == flow->dscp) && (rule->group == 0 || rule->group == flow->group) &&
           holds_port(rule->device_ports, flow->port[0]) && holds_port(rule->remote_ports, flow->port[1]) &&
           (flow->with_ports || !names_ports(rule)) && matches_family(rule, flow->family == 6 ? V6 : 0) &&
           jn_prefix_holds(rule->device.address, rule->device.length, flow->address[0]) &&
           jn_prefix_holds(rule->remote.address, rule->remote.length, flow->address[1]);
}
