// SPDX-License-Identifier: BSD-3-Clause
#include "policy/rule_match.h"

#include <string.h>

#include "address.h"
#include "ip_numbers.h"
#include "policy/rule_index.h"

bool
jn_rule_is_of_family(const struct jn_rule *rule, uint8_t family) {
    uint8_t other = family == 6 ? 4 : 6;
    return rule->device.family != other && rule->remote.family != other;
}

static bool
is_icmp(uint8_t protocol) {
    return protocol == JN_IP_ICMP || protocol == JN_IP_ICMPV6;
}

bool
jn_rule_names_ports(const struct jn_rule *rule) {
    if (is_icmp(rule->protocol))
        return false;
    return rule->device_ports[0] != 0 || rule->device_ports[1] != UINT16_MAX || rule->remote_ports[0] != 0 ||
           rule->remote_ports[1] != UINT16_MAX;
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
                                 .group = jn_rule_device_group(policy, vpg, family, entry->address[device]),
                                 .family = family,
                                 .protocol = protocol,
                                 .dscp = entry->dscp,
                                 .direction = entry->flags & JN_FLOW_FROM_NETWORK ? 2 : 1,
                                 .with_ports = !(entry->flags & JN_FLOW_NO_PORTS) && !is_icmp(protocol)};
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
           (flow->with_ports || !jn_rule_names_ports(rule)) && jn_rule_is_of_family(rule, flow->family) &&
           jn_prefix_holds(rule->device.address, rule->device.length, flow->address[0]) &&
           jn_prefix_holds(rule->remote.address, rule->remote.length, flow->address[1]);
}

const struct jn_rule *
jn_rule_first_match(const struct jn_rule_index *index, const struct jn_rule *rules, uint32_t count,
                    const struct jn_rule_flow *flow) {
    uint32_t i = 0;
    if (index != NULL)
        i = jn_rule_index_first(index, flow);
    else
        while (i < count && (jn_rule_is_conditional(&rules[i]) || !jn_rule_matches(&rules[i], flow)))
            i++;
    return i < count ? &rules[i] : NULL;
}
