// SPDX-License-Identifier: BSD-3-Clause
#include "port/port_needs.h"

#include <string.h>
#include <sys/socket.h>

#include "device_name.h"
#include "privilege.h"

#define ADMIN JN_CAPABILITY(CAP_NET_ADMIN)
#define RAW   JN_CAPABILITY(CAP_NET_RAW)
#define BPF   JN_CAPABILITY(CAP_BPF)
#define LOCK  JN_CAPABILITY(CAP_IPC_LOCK) // buffers that a device sees, past RLIMIT_MEMLOCK

// What every driver's main and interrupt threads do with descriptors that are open. A netlink socket asks the kernel alone.
static const struct jn_sandbox_rule any_rules[] = {{"socket", 0, UINT32_MAX, AF_NETLINK}};
static const struct jn_sandbox_list any_device = {
    "ioctl sendto sendmsg recvfrom recvmsg getsockopt setsockopt getsockname epoll_create epoll_create1 epoll_ctl "
    "epoll_wait epoll_pwait "
    "epoll_pwait2 timerfd_create timerfd_settime mlock munlock memfd_create prlimit64 getrlimit "
    "sched_setaffinity get_mempolicy set_mempolicy mbind",
    any_rules, sizeof(any_rules) / sizeof(any_rules[0])};

// An interface that returns: its program is loaded and attached, its sockets are opened. No other socket can be made.
static const struct jn_sandbox_rule xdp_rules[] = {{"socket", 0, UINT32_MAX, AF_XDP}};
static const struct jn_sandbox_list xdp_calls = {"bpf bind", xdp_rules, sizeof(xdp_rules) / sizeof(xdp_rules[0])};

// A peer's process on this host comes and goes.
static const struct jn_sandbox_rule local_rules[] = {{"socket", 0, UINT32_MAX, AF_UNIX}};
static const struct jn_sandbox_list local_calls = {"bind listen accept accept4 connect shutdown", local_rules,
                                                   sizeof(local_rules) / sizeof(local_rules[0])};

// SYS_ADMIN tells the program that a killed process left from another's; RAWIO and DAC_OVERRIDE reach devices bound to uio.
static const struct device_kind {
    const char *name; // what its device arguments begin with
    uint64_t to_open, to_run;
    const struct jn_sandbox_list *calls;
} kinds[] = {
    {"net_af_xdp", ADMIN | RAW | BPF | LOCK | JN_CAPABILITY(CAP_SYS_ADMIN), ADMIN | RAW | BPF | LOCK, &xdp_calls},
    {"net_af_packet", ADMIN | RAW, 0, NULL},
    {"net_pcap", ADMIN | RAW, 0, NULL},
    {"net_tap", ADMIN, 0, NULL},
    {"net_memif", 0, 0, &local_calls},
    {"net_virtio_user", ADMIN | LOCK, 0, &local_calls},
    {"net_vhost", LOCK, 0, &local_calls},
    {"eth_vhost", LOCK, 0, &local_calls},
    {"net_null", 0, 0, NULL},
    {"net_ring", 0, 0, NULL},
};
static const struct device_kind pci = {
    "", ADMIN | RAW | LOCK | JN_CAPABILITY(CAP_SYS_RAWIO) | JN_CAPABILITY(CAP_DAC_OVERRIDE), LOCK, NULL};
// Where the kernel's driver stays beside DPDK's, opening takes its permission each time.
static const struct device_kind shared_pci = {
    "", ADMIN | RAW | LOCK | JN_CAPABILITY(CAP_SYS_RAWIO) | JN_CAPABILITY(CAP_DAC_OVERRIDE), ADMIN | RAW | LOCK, NULL};
static const struct device_kind none = {"", 0, 0, NULL}; // a capture's ports
static const struct device_kind unknown = {"", ADMIN | RAW | LOCK, LOCK, &local_calls};

static const struct device_kind *
kind_of(const char *device) {
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(device, kinds[i].name, strlen(kinds[i].name)) == 0)
            return &kinds[i];
    if (device[0] == '\0')
        return &none;
    char address[JN_PCI_ADDRESS_MAX];
    struct jn_nic nic;
    if (!jn_device_pci(device, address))
        return &unknown;
    return jn_nic_look("", address, &nic) && nic.holder == JN_NIC_SHARED ? &shared_pci : &pci;
}

uint64_t
jn_port_needs_to_open(const struct jn_options *options) {
    uint64_t needs = 0;
    for (unsigned int i = 0; i < options->port_count; i++)
        needs |= kind_of(options->ports[i].device)->to_open;
    return needs;
}

// Drivers that are about a kernel's interface set it down and up.
static uint64_t
needs_to_pass_link_loss(const char *device) {
    return kind_of(device)->to_open & ADMIN;
}

uint64_t
jn_port_needs_to_run(const struct jn_options *options) {
    uint64_t needs = 0;
    for (unsigned int i = 0; i < options->port_count; i++)
        needs |= kind_of(options->ports[i].device)->to_run;
    for (unsigned int i = 0; i < options->wire_count; i++) {
        const struct jn_wire_option *wire = &options->wires[i];
        if (wire->passes_link_loss)
            needs |= needs_to_pass_link_loss(options->ports[wire->access].device) |
                     needs_to_pass_link_loss(options->ports[wire->network].device);
    }
    return needs;
}

size_t
jn_port_calls(const struct jn_options *options, const struct jn_sandbox_list *lists[JN_PORT_CALL_LISTS]) {
    size_t count = 0;
    lists[count++] = &any_device;
    for (unsigned int i = 0; i < options->port_count; i++) {
        const struct jn_sandbox_list *calls = kind_of(options->ports[i].device)->calls;
        bool there = calls == NULL;
        for (size_t j = 0; j < count; j++)
            there = there || lists[j] == calls;
        if (!there)
            lists[count++] = calls;
    }
    return count;
}
