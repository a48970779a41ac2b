// SPDX-License-Identifier: BSD-3-Clause
// Null ports answer no ARP and no gateway: `bench_answer INSTANCE NEIGHBOURS` writes into the regions what answers would
// have, again and again until its standard input ends, because a gateway that does not answer is soon taken for down. The
// first line of its output says that it has begun.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"
#include "neighbour.h"

enum { EVERY_MS = 20 };

static const uint8_t next_hop_mac[6] = {2, 0, 0, 0, 0, 1}, gateway_mac[6] = {2, 0, 0, 0, 0, 3};

static void *
attach(const char *instance, enum jn_region region, size_t size) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, instance, region, size, true, err) < 0) {
        fprintf(stderr, "bench_answer: %s\n", err);
        exit(1);
    }
    return shm.base;
}

static void
answer(struct jn_neighbours_region *neighbours, unsigned int count, struct jn_gates_region *gates) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    for (unsigned int i = 0; i < count; i++) {
        struct jn_neighbour *neighbour = &neighbours->neighbours[i];
        __atomic_store_n(&neighbour->confirmed_ns, now_ns, __ATOMIC_RELAXED);
        __atomic_store_n(&neighbour->state_mac, jn_neighbour_state_mac(JN_NEIGHBOUR_REACHABLE, next_hop_mac),
                         __ATOMIC_RELEASE);
    }
    __atomic_store_n(&gates->gates[0].target, jn_target_make(JN_TARGET_PEER, 0, jn_neighbour_state_mac(0, gateway_mac)),
                     __ATOMIC_RELAXED);
}

int
main(int argc, char **argv) {
    int count = argc == 3 ? atoi(argv[2]) : 0;
    if (count < 1 || count > (int)JN_MAX_NEIGHBOURS) {
        fprintf(stderr, "usage: bench_answer INSTANCE NEIGHBOURS\n");
        return 2;
    }
    struct jn_neighbours_region *neighbours =
        attach(argv[1], JN_REGION_NEIGHBOURS, sizeof(struct jn_neighbours_region));
    struct jn_gates_region *gates = attach(argv[1], JN_REGION_GATES, sizeof(struct jn_gates_region));
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    answer(neighbours, (unsigned int)count, gates);
    puts("answering");
    fflush(stdout);
    while (poll(&end, 1, EVERY_MS) == 0)
        answer(neighbours, (unsigned int)count, gates);
    return 0;
}
