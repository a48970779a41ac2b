// SPDX-License-Identifier: BSD-3-Clause
// Put before DPDK (LD_PRELOAD) in testpmd and in Junction alike, so that both are measured in the same way on the same ports.
// Once a port starts whose device BENCH_COUNT names, a thread of its own notes each millisecond what the port has sent; the
// packet path of either program is left as it is. Devices that BENCH_SWEEP names receive flows without end (bench_sweep.h), with
// BENCH_PACED at a rate (bench_pace.h).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "bench_notes.h"
#include "bench_pace.h"
#include "bench_sweep.h"

enum { HELD_UP_NS = 20000 };

struct bench_notes *bench_notes;
static uint16_t counted_port;
static pthread_t counter;
static bool counting;
static _Atomic bool stopped;

static uint64_t
now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *
count(void *context) {
    (void)context;
    struct rte_eth_stats stats;
    for (uint64_t n = 0; !stopped;) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        uint64_t before = now_ns();
        // A note that was held up on its way says nothing of when.
        if (rte_eth_stats_get(counted_port, &stats) != 0 || now_ns() - before > HELD_UP_NS)
            continue;
        bench_notes->sample[n % BENCH_SAMPLES].ns = before;
        bench_notes->sample[n % BENCH_SAMPLES].packets = stats.opackets;
        atomic_store_explicit(&bench_notes->count, ++n, memory_order_release);
    }
    return NULL;
}

// At once: Junction opens its ports as a user that may not reach the file.
static __attribute__((constructor)) void
map_notes(void) {
    const char *path = getenv("BENCH_NOTES");
    int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && ftruncate(fd, sizeof(*bench_notes)) == 0)
        bench_notes = mmap(NULL, sizeof(*bench_notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (bench_notes == MAP_FAILED)
        bench_notes = NULL;
    if (fd >= 0)
        close(fd);
}

// On the core that BENCH_CORE names: not the worker's. What ends the program is its own thread's matter.
static void
start_counting(uint16_t port) {
    const char *core = getenv("BENCH_CORE");
    sigset_t ends, before;
    cpu_set_t cores;
    counted_port = port;
    stopped = false;
    if (bench_notes != NULL)
        bench_notes->hz = rte_get_tsc_hz();
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, &before);
    if (bench_notes == NULL || pthread_create(&counter, NULL, count, NULL) != 0) {
        fprintf(stderr, "bench_port: nothing is counted: expected a file in BENCH_NOTES\n");
        exit(1);
    }
    counting = true;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    CPU_ZERO(&cores);
    CPU_SET(core != NULL ? strtoul(core, NULL, 10) : 0, &cores);
    pthread_setaffinity_np(counter, sizeof(cores), &cores);
}

typedef int (*port_function)(uint16_t port);

// The one that this library stands before.
static port_function
original(const char *name) {
    return (port_function)(uintptr_t)dlsym(RTLD_NEXT, name);
}

// Open vSwitch stops a port, and starts it again, when it has new threads.
int
rte_eth_dev_stop(uint16_t port) {
    if (counting && port == counted_port) {
        stopped = true;
        pthread_join(counter, NULL);
        counting = false;
    }
    return original("rte_eth_dev_stop")(port);
}

int
rte_eth_dev_start(uint16_t port) {
    const char *counted = getenv("BENCH_COUNT");
    char name[RTE_ETH_NAME_MAX_LEN];
    int rc = original("rte_eth_dev_start")(port);
    if (rc != 0 || rte_eth_dev_get_name_by_port(port, name) != 0)
        return rc;
    bool paced = getenv("BENCH_PACED") != NULL;
    if (counted != NULL && strcmp(counted, name) == 0) {
        start_counting(port);
        if (paced)
            bench_pace_listen(port);
    }
    bench_sweep_attach(port, name, paced);
    return 0;
}
