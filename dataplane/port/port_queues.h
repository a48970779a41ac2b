// SPDX-License-Identifier: BSD-3-Clause
// How a port's frames are spread over workers: its queues, and what their hash is of. Main thread only.
#pragma once

#include <rte_ethdev.h>

#include "worker/app.h"

// Decide the port's queues, and ask for a symmetric hash in conf where the device has one.
void jn_port_decide_queues(const struct jn_app *app, struct jn_port *port, const struct rte_eth_dev_info *info,
                           struct rte_eth_conf *conf);

// Set up the queues of a configured port, which has its pool. 0 or the driver's negative errno.
int jn_port_set_up_queues(struct jn_port *port, const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf);
