// SPDX-License-Identifier: BSD-3-Clause
// A port's MTU, and that of its device: on a wire frames come with tags and labels beyond the MTU, for which the device must
// have room. Main thread only.
#pragma once

#include <rte_ethdev.h>

#include "core/port.h"
#include "shm.h"

// Before the device is configured: set port->mtu and port->device_mtu. 0, or -ENOTSUP with a sentence in err.
int jn_port_decide_mtu(struct jn_port *port, bool wired, const struct rte_eth_dev_info *info, char err[JN_ERR_MAX]);

// Once it is configured: have the device take it, or what comes next to it. What is lost for want of room is said in the
// log. 0, or -ENOTSUP with a sentence in err.
int jn_port_set_mtu(struct jn_port *port, bool wired, const struct rte_eth_dev_info *info, char err[JN_ERR_MAX]);

// Start the device; one that does not with the room that it took is started without. 0 or negative errno.
int jn_port_start(struct jn_port *port);
