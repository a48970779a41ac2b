// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_rss.h"

#include <string.h>

// Without IPV6_EX, which hashes a home address in place of the source: the two directions would go apart.
#define IPV4_TYPES (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER)
#define IPV6_TYPES (RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER)
#define PORT_TYPES                                                                                                     \
    (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_TCP |                      \
     RTE_ETH_RSS_NONFRAG_IPV6_UDP)
#define OTHER_PORT_TYPES                                                                                               \
    (RTE_ETH_RSS_NONFRAG_IPV4_SCTP | RTE_ETH_RSS_NONFRAG_IPV6_SCTP | RTE_ETH_RSS_IPV6_TCP_EX |                         \
     RTE_ETH_RSS_IPV6_UDP_EX | RTE_ETH_RSS_PORT)

enum { USUAL_KEY_BYTES = 40 };

// With most drivers the type IPV4 means every packet that no more special type takes; with these it leaves TCP and UDP out.
static bool
leaves_transports_out(const struct rte_eth_dev_info *info) {
    return info->driver_name != NULL && strcmp(info->driver_name, "net_ena") == 0;
}

enum jn_owner_hash
jn_port_rss_of(const struct rte_eth_dev_info *info) {
    uint64_t types = info->flow_type_rss_offloads;
    if ((types & (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6)) && !leaves_transports_out(info))
        return JN_OWNER_ADDRESSES;
    return types & PORT_TYPES ? JN_OWNER_PORTS : JN_OWNER_KEYED;
}

uint64_t
jn_port_rss_types(const struct rte_eth_dev_info *info, enum jn_owner_hash hash) {
    uint64_t types = info->flow_type_rss_offloads, addresses = types & (IPV4_TYPES | IPV6_TYPES);
    if (hash == JN_OWNER_PORTS)
        return types & PORT_TYPES ? addresses | (types & PORT_TYPES) : 0;
    return hash == JN_OWNER_ADDRESSES && jn_port_rss_of(info) == JN_OWNER_ADDRESSES ? addresses : 0;
}

uint8_t
jn_port_rss_key_bytes(const struct rte_eth_dev_info *info) {
    return info->hash_key_size != 0 ? info->hash_key_size : USUAL_KEY_BYTES;
}

bool
jn_port_rss_is_same(uint64_t asked, uint64_t told) {
    bool v4 = !(asked & IPV4_TYPES) == !(told & IPV4_TYPES), v6 = !(asked & IPV6_TYPES) == !(told & IPV6_TYPES);
    return v4 && v6 && (told & (PORT_TYPES | OTHER_PORT_TYPES)) == (asked & PORT_TYPES);
}

unsigned int
jn_port_rss_queues(const struct rte_eth_dev_info *info, unsigned int workers) {
    unsigned int most = info->max_rx_queues < info->max_tx_queues ? info->max_rx_queues : info->max_tx_queues;
    if (jn_port_rss_of(info) == JN_OWNER_KEYED || most < 2)
        return 1;
    return workers < most ? workers : most;
}

unsigned int
jn_port_rss_fewer(unsigned int queues) {
    unsigned int fewer = 1;
    while (fewer * 2 < queues)
        fewer *= 2;
    return queues > 1 ? fewer : 0;
}
