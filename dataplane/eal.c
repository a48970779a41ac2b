// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "eal.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "device_name.h"
#include "host/host_cores.h"
#include "log.h"

enum { ARGUMENTS = 96, ARGUMENT_BYTES = 1024 };

struct arguments {
    char text[ARGUMENTS][ARGUMENT_BYTES];
    char *pointer[ARGUMENTS + 1];
    int count;
};

static void
add_argument(struct arguments *a, const char *text) {
    snprintf(a->text[a->count], ARGUMENT_BYTES, "%s", text);
    a->pointer[a->count] = a->text[a->count];
    a->count++;
}

static unsigned int
first_core(const cpu_set_t *allowed) {
    unsigned int core = 0;
    while (core < CPU_SETSIZE - 1 && !CPU_ISSET(core, allowed))
        core++;
    return core;
}

// Worker i is lcore i + 1, on its core alone.
static void
add_cores(struct arguments *a, const struct jn_options *options, const cpu_set_t *allowed) {
    char text[ARGUMENT_BYTES];
    int n = snprintf(text, sizeof(text), "0@%u", first_core(allowed));
    for (unsigned int i = 0; i < options->worker_count; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, ",%u@%u", i + 1, options->worker_cores[i]);
    add_argument(a, "--lcores");
    add_argument(a, text);
    add_argument(a, "--main-lcore");
    add_argument(a, "0");
}

static void
add_devices(struct arguments *a, const struct jn_options *options) {
    char address[JN_PCI_ADDRESS_MAX];
    bool pci = false;
    for (unsigned int i = 0; i < options->port_count; i++) {
        if (!jn_device_pci(options->ports[i].device, address))
            continue;
        add_argument(a, "-a");
        add_argument(a, options->ports[i].device);
        pci = true;
    }
    if (!pci)
        add_argument(a, "--no-pci");
}

// Nothing is left behind by a killed process: no file, no huge page. What -m names is mapped now, which with physical
// addresses only root can, and stays: later there is no more than that.
static void
add_memory(struct arguments *a, const struct jn_options *options, enum jn_iova iova) {
    char text[32];
    add_argument(a, options->huge ? "--in-memory" : "--no-huge");
    if (!options->huge)
        add_argument(a, "--no-shconf");
    add_argument(a, "-m");
    snprintf(text, sizeof(text), "%u", options->memory_mb);
    add_argument(a, text);
    add_argument(a, iova == JN_IOVA_PHYSICAL ? "--iova-mode=pa" : "--iova-mode=va");
}

int
jn_eal_start(const struct jn_options *options, const struct jn_host *host, enum jn_iova iova, char err[JN_ERR_MAX]) {
    static struct arguments a; // rte_eal_init keeps pointers into it
    cpu_set_t cores;
    add_argument(&a, "junction-dataplane");
    add_cores(&a, options, &host->cores);
    add_devices(&a, options);
    add_memory(&a, options, iova);
    add_argument(&a, "--no-telemetry");
    add_argument(&a, jn_log_get_level() == JN_LOG_DEBUG ? "--log-level=info" : "--log-level=error");
    if (rte_eal_init(a.count, a.pointer) >= 0) {
        rte_openlog_stream(stderr); // and not to syslog, whose socket is out of reach
        if (options->replay != NULL)
            cores = host->cores;
        else
            jn_host_main_cores(host, options, &cores);
        sched_setaffinity(0, sizeof(cores), &cores); // this thread sleeps nearly always: it may run where there is room
        return 0;
    }
    int rc = -rte_errno;
    snprintf(err, JN_ERR_MAX, "DPDK does not start: %s: the lines above say more", strerror(-rc));
    return rc < 0 ? rc : -1;
}
