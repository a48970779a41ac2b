// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_flow.h"

#include <rte_ethdev.h>
#include <rte_flow.h>

static const struct {
    enum rte_flow_item_type network, transport;
    uint64_t types;
} rules[] = {
    {RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_END, RTE_ETH_RSS_IPV4},
    {RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_TCP, RTE_ETH_RSS_IPV4},
    {RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_UDP, RTE_ETH_RSS_IPV4},
    {RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_SCTP, RTE_ETH_RSS_IPV4},
    {RTE_FLOW_ITEM_TYPE_IPV6, RTE_FLOW_ITEM_TYPE_END, RTE_ETH_RSS_IPV6},
    {RTE_FLOW_ITEM_TYPE_IPV6, RTE_FLOW_ITEM_TYPE_TCP, RTE_ETH_RSS_IPV6},
    {RTE_FLOW_ITEM_TYPE_IPV6, RTE_FLOW_ITEM_TYPE_UDP, RTE_ETH_RSS_IPV6},
    {RTE_FLOW_ITEM_TYPE_IPV6, RTE_FLOW_ITEM_TYPE_SCTP, RTE_ETH_RSS_IPV6},
};

static bool
make_rule(uint16_t ethdev, size_t i) {
    const struct rte_flow_attr attributes = {.ingress = 1};
    const struct rte_flow_item pattern[] = {{.type = RTE_FLOW_ITEM_TYPE_ETH},
                                            {.type = rules[i].network},
                                            {.type = rules[i].transport},
                                            {.type = RTE_FLOW_ITEM_TYPE_END}};
    // Without queues it changes what is hashed, and nothing else: the table deals out.
    const struct rte_flow_action_rss rss = {.func = RTE_ETH_HASH_FUNCTION_DEFAULT, .types = rules[i].types};
    const struct rte_flow_action actions[] = {{.type = RTE_FLOW_ACTION_TYPE_RSS, .conf = &rss},
                                              {.type = RTE_FLOW_ACTION_TYPE_END}};
    struct rte_flow_error error;
    return rte_flow_create(ethdev, &attributes, pattern, actions, &error) != NULL;
}

bool
jn_port_flow_make(uint16_t ethdev) {
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (!make_rule(ethdev, i)) {
            if (i != 0)
                jn_port_flow_clear(ethdev);
            return false;
        }
    return true;
}

void
jn_port_flow_clear(uint16_t ethdev) {
    struct rte_flow_error error;
    rte_flow_flush(ethdev, &error);
}
