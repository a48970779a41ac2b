// SPDX-License-Identifier: BSD-3-Clause
// A virtual function may take frames that are for others, and send such that are from others, only if the kernel's driver of
// its card lets it. Where it does not, many drivers say yes to promiscuous mode and take nothing. Without DPDK.
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JN_SYSFS "/sys"

struct jn_vf {
    char card[IF_NAMESIZE]; // the interface that its card has on this host
    uint32_t number;        // of the function
};

struct jn_vf_rights {
    bool distrusted; // it is known not to be trusted
    bool confined;   // it is known that what it sends has to have its own address
};

// Is the PCI device a virtual function whose card has an interface here? sysfs: JN_SYSFS, or a test's.
bool jn_vf_find(const char *sysfs, const char *address, struct jn_vf *vf);

// What an answer of rtnetlink (RTM_NEWLINK with IFLA_VFINFO_LIST) says of the function: nothing where it does not say.
struct jn_vf_rights jn_vf_rights_in(const void *answer, size_t length, uint32_t number);

// Ask the kernel.
struct jn_vf_rights jn_vf_rights(const struct jn_vf *vf);
