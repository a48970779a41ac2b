// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_queues.h"

#include "sizes.h"

// The same two bytes over and over: both directions of a flow hash alike (Woo and Park, "Scalable TCP session monitoring
// with symmetric receive-side scaling").
static uint8_t symmetric_key[64];

void
jn_port_decide_queues(const struct jn_app *app, struct jn_port *port, const struct rte_eth_dev_info *info,
                      struct rte_eth_conf *conf) {
    unsigned int workers = app->options.worker_count;
    bool can = workers > 1 && info->max_rx_queues >= workers && (info->flow_type_rss_offloads & RTE_ETH_RSS_IP) &&
               info->hash_key_size <= sizeof(symmetric_key);
    port->rx_queues = can ? (uint16_t)workers : 1;
    port->tx_queues = info->max_tx_queues >= workers ? (uint16_t)workers : 1;
    if (port->interface[0] != '\0')
        port->tx_queues = port->rx_queues; // the driver has them in pairs
    if (!can)
        return;
    for (size_t i = 0; i < sizeof(symmetric_key); i++)
        symmetric_key[i] = i % 2 ? 0x5a : 0x6d;
    conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf->rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){.rss_key = info->hash_key_size != 0 ? symmetric_key : NULL,
                                                           .rss_key_len = info->hash_key_size,
                                                           // Addresses alone: fragments follow their datagram.
                                                           .rss_hf = info->flow_type_rss_offloads & RTE_ETH_RSS_IP};
}

int
jn_port_set_up_queues(struct jn_port *port, const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf) {
    uint16_t rx = JN_RX_DESCRIPTORS, tx = JN_TX_DESCRIPTORS;
    struct rte_eth_rxconf rxconf = info->default_rxconf;
    struct rte_eth_txconf txconf = info->default_txconf;
    rxconf.offloads = conf->rxmode.offloads;
    txconf.offloads = conf->txmode.offloads;
    int rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->ethdev, &rx, &tx);
    for (uint16_t q = 0; q < port->rx_queues && rc == 0; q++)
        rc = rte_eth_rx_queue_setup(port->ethdev, q, rx, (unsigned int)port->numa_node, &rxconf, port->pool);
    for (uint16_t q = 0; q < port->tx_queues && rc == 0; q++)
        rc = rte_eth_tx_queue_setup(port->ethdev, q, tx, (unsigned int)port->numa_node, &txconf);
    return rc;
}
