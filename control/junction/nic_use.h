// SPDX-License-Identifier: BSD-3-Clause
// What the host needs a NIC for: its default route, SSH sessions.
#pragma once

#include "nic_host.h"

enum { NIC_USE_DEFAULT_ROUTE = 1, NIC_USE_SSH = 2 };
enum { NIC_USES_MAX = 64 };

// Interfaces of this network namespace that are needed, by name: perhaps a bond or a VLAN above a NIC's own.
struct nic_uses {
    struct nic_use {
        char interface[IF_NAMESIZE];
        unsigned int why; // NIC_USE_...
    } row[NIC_USES_MAX];
    size_t count;
    bool complete; // false: routes could not be asked for, or sessions of other users not be seen
};

// Ask the kernel: default routes of IPv4 and IPv6 in every table, also by nexthop objects; and where the TCP connections
// of SSH servers have their local address and their way back.
void nic_uses_read(struct nic_uses *uses);

// One more interface, or one more reason.
void nic_uses_add(struct nic_uses *uses, const char *interface, unsigned int why);

// Why the host needs the NIC, by its own interfaces or any that stand on them (bond, bridge, VLAN): NIC_USE_..., 0 if it does
// not. by: the interface that is needed.
unsigned int nic_uses_of(const struct nic_uses *uses, const struct nic_host *host, const struct jn_nic *nic,
                         char by[IF_NAMESIZE]);
