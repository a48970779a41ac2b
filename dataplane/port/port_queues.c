// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_queues.h"

#include "port/port_error.h"
#include "port/port_rss.h"
#include "sizes.h"

static int
configure_with(const struct jn_port *port, unsigned int queues, enum jn_owner_hash hash,
               const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf) {
    static uint8_t key[JN_OWNER_KEY_BYTES]; // the driver may keep the pointer
    struct rte_eth_conf with = *conf;
    jn_owner_key(key);
    if (hash != JN_OWNER_KEYED) {
        with.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        with.rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){
            .rss_key = key, .rss_key_len = jn_port_rss_key_bytes(info), .rss_hf = jn_port_rss_types(info, hash)};
    }
    return rte_eth_dev_configure(port->ethdev, (uint16_t)queues, (uint16_t)queues, &with);
}

int
jn_port_configure(const struct jn_app *app, struct jn_port *port, const struct rte_eth_dev_info *info,
                  const struct rte_eth_conf *conf, char err[JN_ERR_MAX]) {
    bool returns = port->rx_queues != 0;
    unsigned int queues = returns ? port->rx_queues : jn_port_rss_queues(info, app->options.worker_count);
    enum jn_owner_hash hash;
    int rc;
    do {
        hash = queues > 1 ? jn_port_rss_of(info) : JN_OWNER_KEYED;
        rc = configure_with(port, queues, hash, info, conf);
        if (rc == 0 || returns)
            break;
        jn_log(JN_LOG_DEBUG, "port %s: %u queues are refused: %s", port->option->name, queues, strerror(-rc));
        queues = jn_port_rss_fewer(queues);
    } while (queues != 0);
    if (rc < 0)
        return jn_port_error(port, returns ? "it returned, but not with its queues" : "it cannot be configured", rc,
                             err);
    port->rx_queues = port->tx_queues = (uint16_t)queues;
    port->hash = (uint8_t)hash;
    port->by_flow = false;
    return 0;
}

// As many descriptors for every device, where it has no limit of its own, and not the drivers' own defaults: those, of 128 to 512
// mostly, are fewer frames than come within 100 us at 10 Gbit/s, for which a worker may be away from the port. Vector paths
// take any power of two.
int
jn_port_set_up_queues(struct jn_port *port, const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf) {
    uint16_t rx = JN_RX_DESCRIPTORS, tx = JN_TX_DESCRIPTORS;
    struct rte_eth_rxconf rxconf = info->default_rxconf;
    struct rte_eth_txconf txconf = info->default_txconf;
    rxconf.offloads = conf->rxmode.offloads;
    txconf.offloads = conf->txmode.offloads;
    int rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->ethdev, &rx, &tx);
    port->rx_descriptors = rx;
    port->tx_descriptors = tx;
    for (uint16_t q = 0; q < port->rx_queues && rc == 0; q++)
        rc = rte_eth_rx_queue_setup(port->ethdev, q, rx, (unsigned int)port->numa_node, &rxconf, port->pool);
    for (uint16_t q = 0; q < port->tx_queues && rc == 0; q++)
        rc = rte_eth_tx_queue_setup(port->ethdev, q, tx, (unsigned int)port->numa_node, &txconf);
    return rc;
}
