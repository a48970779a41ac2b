// SPDX-License-Identifier: BSD-3-Clause
// AF_XDP ports: which interface a device means, our XDP program's file, and what an earlier life left attached.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"
#include "shm.h"

// Interface of AF_XDP device arguments ("net_af_xdp0,iface=eth2,..."): true and its name, false for other devices.
bool jn_xdp_interface(const char *device, char *interface, size_t size);

// The arguments with xdp_prog= of ours added where they name none. shared: the interface stays the host's, and Junction
// takes only what is for its own addresses. 0, or -ENOENT with a sentence in err.
int jn_xdp_arguments(const char *device, bool shared, char *out, size_t size, char err[JN_ERR_MAX]);

// Claim the interface for this process (host/claim.h): a claim, or negative errno with a sentence in err (-EBUSY: another has
// it).
int jn_xdp_lock(const char *interface, char err[JN_ERR_MAX]);

// Undo what a killed process has left changed at the interface: its MTU, and that it is down. claim: on it, as that process
// left it. To be called before the device is opened.
void jn_xdp_restore(int claim, const char *interface);

// Claims of this network namespace that killed processes left, and whose interfaces have no XDP program any more: undo what
// was changed at the interfaces, give back their features (port/nic_features.h), and remove the claims.
void jn_xdp_tidy(void);

// Receive queues that the interface spreads to; 1 when its driver does not say.
unsigned int jn_xdp_queues(const char *interface);

// The interface's MTU, 0 when it cannot be read.
uint16_t jn_xdp_mtu(const char *interface);

// Set it. 0 or negative errno.
int jn_xdp_set_mtu(const char *interface, uint16_t mtu);

// Detach a program of Junction's that a killed process left on the interface, which is locked. -EBUSY with a sentence
// in err when a program that is not ours is attached; -ENODEV when there is no such interface.
int jn_xdp_clear(const char *interface, char err[JN_ERR_MAX]);

// Is the interface up and its carrier on (IFF_UP and IFF_RUNNING)? The latter follows the carrier, up to a second later.
bool jn_xdp_is_up(const char *interface);

// The same, as its driver has it at this moment. That waits for whoever else in the kernel changes interfaces.
bool jn_xdp_has_carrier(const char *interface);

// Is the interface itself up, whatever its carrier? False when that cannot be read.
bool jn_xdp_is_enabled(const char *interface);

// Set the interface up or down. 0 or negative errno.
int jn_xdp_enable(const char *interface, bool up);
