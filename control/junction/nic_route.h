// SPDX-License-Identifier: BSD-3-Clause
// Questions to the kernel about routes (rtnetlink(7)).
#pragma once

#include <sys/socket.h>

#include "nic_use.h"

// Add the interfaces of all default routes: 0 or negative errno. A route for half of all addresses is one, too: two of them
// stand in for a default route.
int nic_default_routes(struct nic_uses *uses);

// The interface by which packets leave for `peer` with the source `local`, an address of IPv4 or IPv6 each; 0: none.
unsigned int nic_route_to(int family, const void *peer, const void *local);
