// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of each stage, by itself: `bench_stages [ipv4|ipv6|vlan|trunk|tcp|mixed [PATH]]` (dataplane/path/path.h).
// Bursts of 64 packets over so many flows; of many passes the one that nine in ten are slower than, so that other load on the
// machine hardly shows.
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "../rig/rig.h"
#include "bench.h"
#include "bench_burst.h"
#include "path/path.h"

enum { BURSTS = 32, PASSES = 2001, FRAME = 128, STAGES = 4 };

static uint8_t frames[BURSTS][JN_BURST][FRAME];
static struct rte_mbuf mbufs[BURSTS][JN_BURST];
static uint32_t cycles[STAGES][PASSES];

static uint16_t
swallow(struct jn_tx *tx, struct rte_mbuf **sent, uint16_t count) {
    (void)tx;
    (void)sent;
    return count;
}

static uint32_t
vlan(uint32_t number, uint8_t *out) {
    uint32_t length = bench_frame(number, out);
    memmove(out + 16, out + 12, length - 12);
    memcpy(out + 12, "\x81\0\0\x05", 4);
    return length + 4;
}

// Of two VPGs.
static uint32_t
trunk(uint32_t number, uint8_t *out) {
    uint32_t length = vlan(number, out);
    out[15] = (uint8_t)(5 + number % 2);
    return length;
}

static uint32_t
tcp(uint32_t number, uint8_t *out) {
    uint32_t length = bench_frame(number, out);
    out[23] = 6;
    out[14 + 20 + 13] = 0x10;
    return length;
}

static uint32_t
mixed(uint32_t number, uint8_t *out) {
    static uint32_t (*const of[])(uint32_t, uint8_t *) = {bench_frame, tcp, bench_ipv6, tcp};
    return of[number * 2654435761u >> 30](number, out);
}

static void
make_frames(uint32_t (*frame)(uint32_t, uint8_t *)) {
    for (uint32_t b = 0; b < BURSTS; b++)
        for (uint32_t i = 0; i < JN_BURST; i++)
            bench_packet(&mbufs[b][i], frames[b][i], frame(b * JN_BURST + i, frames[b][i]));
}

static const struct {
    const char *name;
    uint32_t (*frame)(uint32_t number, uint8_t *out);
} kinds[] = {{"ipv4", bench_frame}, {"ipv6", bench_ipv6}, {"vlan", vlan},
             {"trunk", trunk},      {"tcp", tcp},         {"mixed", mixed}};

int
main(int argc, char **argv) {
    static const char *const names[STAGES] = {"parse", "flow", "inspect", "forward"};
    struct rig rig;
    rig_start_dpdk();
    const struct jn_path *path = rig_path(argc > 2 ? argv[2] : NULL);
    void (*const stages[STAGES])(struct jn_worker *, struct jn_burst *) = {path->parse, path->flow, path->inspect,
                                                                           path->forward};
    rig_open(&rig,
             "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\",\"fd00:80::/"
             "32\"]},{\"id\":\"w\",\"vlan\":5},{\"id\":\"x\",\"vlan\":6}]",
             0);
    rig.tx[1].transmit = swallow;
    uint32_t (*frame)(uint32_t, uint8_t *) = NULL;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, argc > 1 ? argv[1] : "ipv4") == 0)
            frame = kinds[i].frame;
    if (frame == NULL)
        return 2;
    make_frames(frame);
    for (uint32_t pass = 0; pass < PASSES; pass++)
        for (uint32_t b = 0; b < BURSTS; b++) {
            bench_fill(&rig.burst, mbufs[b]);
            for (int s = 0; s < STAGES; s++) {
                uint64_t start = rte_rdtsc();
                stages[s](rig.worker, &rig.burst);
                cycles[s][pass] += (uint32_t)(rte_rdtsc() - start);
            }
        }
    double all = 0;
    for (int s = 0; s < STAGES; s++) {
        double each = bench_best(cycles[s], PASSES) / (BURSTS * JN_BURST);
        printf("stage %-8s %6.1f cycles a packet\n", names[s], each);
        all += each;
    }
    printf("all stages     %6.1f cycles a packet, %d flows, %s\n", all, BURSTS * JN_BURST, path->name);
    return 0;
}
