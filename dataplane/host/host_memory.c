// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/option_sizes.h"
#include "device_name.h"
#include "host/host_nodes.h"
#include "host/host_pages.h"
#include "log.h"
#include "privilege.h"

enum { MB = 1 << 20 };

// The command by which there are enough huge pages; "" where the host has none of that kind.
static void
enough_text(const struct jn_host_pages *pages, uint64_t need_mb, char *text, size_t size) {
    uint64_t lacking = need_mb - pages->usable_mb;
    text[0] = '\0';
    if (pages->limit[0] != '\0')
        snprintf(text, size, ": raise %s", pages->limit);
    else if (pages->default_kb != 0)
        snprintf(text, size, ": sysctl vm.nr_hugepages=%lu",
                 (unsigned long)(pages->default_count + (lacking * 1024 + pages->default_kb - 1) / pages->default_kb));
}

static int
check_physical(const struct jn_host *host, const struct jn_options *options, const struct jn_host_plan *plan,
               const struct jn_host_pages *pages, const char *enough, char err[JN_ERR_MAX]) {
    const struct jn_port_option *port = &options->ports[plan->iova_port];
    const char *driver = strstr(plan->iova_why, ": ") + 2;
    if (!host->sees_physical) {
        snprintf(err, JN_ERR_MAX,
                 "port %s (%s): with %s the device needs physical addresses, which the kernel tells root alone "
                 "(cap_sys_admin): start Junction as root, outside of a container's user namespace",
                 port->name, port->device, driver);
        return -EPERM;
    }
    if (plan->huge)
        return 0;
    int length = snprintf(err, JN_ERR_MAX,
                          "port %s (%s): with %s the device needs physical addresses, and so huge pages: ", port->name,
                          port->device, driver);
    if (options->huge)
        snprintf(err + length, JN_ERR_MAX - (size_t)length, "%u MB are needed (dataplane.memory_mb), %lu MB are free%s",
                 options->memory_mb, (unsigned long)pages->usable_mb, enough);
    else
        snprintf(err + length, JN_ERR_MAX - (size_t)length, "set dataplane.hugepages to true");
    return -ENOMEM;
}

static int
check_plain(const struct jn_host *host, const struct jn_options *options, char err[JN_ERR_MAX]) {
    char limit[160];
    uint64_t there = jn_host_plain_mb(host, limit, sizeof(limit));
    if (there >= options->memory_mb)
        return 0;
    snprintf(err, JN_ERR_MAX,
             "memory: %u MB are needed (dataplane.memory_mb), %s %lu MB%s%s: lower dataplane.memory_mb%s",
             options->memory_mb, limit[0] != '\0' ? "this process may have" : "this host has", (unsigned long)there,
             limit[0] != '\0' ? " by " : "", limit, limit[0] != '\0' ? ", or raise that limit" : "");
    return -ENOMEM;
}

// Bytes that the port's device has the kernel lock; at least, where it depends on the device. count: its packet buffers.
// 0: none.
static uint64_t
locked_by(const struct jn_options *options, const struct jn_port_option *port, uint32_t count,
          const struct jn_host_plan *plan) {
    char address[JN_PCI_ADDRESS_MAX];
    uint16_t mtu = port->mtu != 0 ? port->mtu : port->own_mtu;
    if (jn_device_pci(port->device, address))
        return plan->iova == JN_IOVA_VIRTUAL ? (uint64_t)options->memory_mb * MB : 0;
    return jn_sizes_is_xdp(port->device) ? (uint64_t)count * jn_sizes_room(mtu, true, false) : 0;
}

// vfio locks all of DPDK's memory once; AF_XDP each port's buffers.
static int
check_locked(const struct jn_host *host, const struct jn_options *options, const struct jn_host_plan *plan,
             char err[JN_ERR_MAX]) {
    uint64_t need = 0;
    struct jn_sizes_host asked;
    struct jn_sizes sizes;
    if (host->capabilities & JN_CAPABILITY(CAP_IPC_LOCK))
        return 0;
    jn_option_sizes_host(options, &asked);
    jn_sizes_count(&asked, &sizes);
    for (unsigned int i = 0; i < options->port_count; i++) {
        uint64_t of_port = locked_by(options, &options->ports[i], sizes.port[i], plan);
        bool whole = of_port == (uint64_t)options->memory_mb * MB;
        need = whole ? of_port : need + of_port;
        if (need <= host->lockable)
            continue;
        snprintf(err, JN_ERR_MAX,
                 "port %s (%s): %lu MB of memory have to be locked%s, this process may lock %lu MB: "
                 "LimitMEMLOCK=infinity in "
                 "its unit, ulimit -l unlimited in a shell, or start Junction as root",
                 options->ports[i].name, options->ports[i].device, (unsigned long)((need + MB - 1) / MB),
                 whole ? " (dataplane.memory_mb)" : "", (unsigned long)(host->lockable / MB));
        return -ENOMEM;
    }
    return 0;
}

static void
warn_of_nodes(const struct jn_host *host, const struct jn_options *options) {
    char sentence[JN_ERR_MAX];
    for (unsigned int i = 0; i < options->worker_count; i++)
        if (jn_host_node_lacks(host, options->worker_cores[i], sentence, sizeof(sentence)))
            jn_log(JN_LOG_WARNING, "%s", sentence);
}

int
jn_host_check_memory(const struct jn_host *host, const struct jn_options *options, struct jn_host_plan *plan,
                     char err[JN_ERR_MAX]) {
    char enough[224] = "";
    struct jn_host_pages pages;
    jn_host_read_pages(host, &pages);
    plan->huge = options->huge && pages.usable_mb >= options->memory_mb;
    if (options->huge && !plan->huge)
        enough_text(&pages, options->memory_mb, enough, sizeof(enough));
    if (plan->iova == JN_IOVA_PHYSICAL) {
        int rc = check_physical(host, options, plan, &pages, enough, err);
        if (rc < 0)
            return rc;
    }
    // Who has set huge pages aside wants them used.
    if (options->huge && !plan->huge)
        jn_log(pages.total != 0 ? JN_LOG_WARNING : JN_LOG_INFO,
               "%lu MB of huge pages are free, %u are asked for: using plain pages%s", (unsigned long)pages.usable_mb,
               options->memory_mb, pages.total != 0 ? enough : "");
    if (plan->huge)
        warn_of_nodes(host, options);
    int rc = plan->huge || options->replay != NULL ? 0 : check_plain(host, options, err);
    return rc < 0 ? rc : check_locked(host, options, plan, err);
}
