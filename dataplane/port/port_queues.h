// SPDX-License-Identifier: BSD-3-Clause
// A port's queues: one pair for each worker where its device's hash can deal packets out, else one. Main thread only.
#pragma once

#include <rte_ethdev.h>

#include "worker/app.h"

// Configure the device with as many queue pairs as it takes: what it refuses is tried lower, by powers of two, and at last
// with one. Never more of one kind than of the other: a device that has them in pairs (virtio) would deliver to queues that
// nobody polls. Afterwards port->rx_queues, port->tx_queues and port->hash are set. A port that returns gets the queues that
// it had, for workers poll them. 0, or the driver's negative errno with a sentence in err.
int jn_port_configure(const struct jn_app *app, struct jn_port *port, const struct rte_eth_dev_info *info,
                      const struct rte_eth_conf *conf, char err[JN_ERR_MAX]);

// Set up the queues of a configured port, which has its pool. 0 or the driver's negative errno.
int jn_port_set_up_queues(struct jn_port *port, const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf);
