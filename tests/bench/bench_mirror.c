// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of the mirror stage with one peer and with two, sending and freeing of the copies with it: bursts of 64
// packets of 60 bytes, the median of many passes.
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "../rig/rig.h"
#include "bench.h"
#include "bench_burst.h"

enum { BURSTS = 32, PASSES = 1001, FRAME = 64 };

static uint8_t frames[BURSTS][JN_BURST][FRAME];
static struct rte_mbuf mbufs[BURSTS][JN_BURST];
static uint32_t cycles[PASSES];
static unsigned int sent;

static uint16_t
swallow(struct jn_tx *tx, struct rte_mbuf **copies, uint16_t count) {
    (void)tx;
    rte_pktmbuf_free_bulk(copies, count);
    sent += count;
    return count;
}

static void
make_burst(struct jn_burst *burst, uint32_t b) {
    for (uint32_t i = 0; i < JN_BURST; i++)
        bench_packet(&mbufs[b][i], frames[b][i], bench_frame(b * JN_BURST + i, frames[b][i]));
    bench_fill(burst, mbufs[b]);
}

static void
measure(const char *name, const char *vpgs, unsigned int peers) {
    struct rig rig;
    rig_open(&rig, vpgs, 0);
    rig_resolve(&rig, true);
    rig.tx[2].transmit = swallow;
    sent = 0;
    for (uint32_t pass = 0; pass < PASSES; pass++) {
        cycles[pass] = 0;
        for (uint32_t b = 0; b < BURSTS; b++) {
            make_burst(&rig.burst, b);
            jn_stage_parse(rig.worker, &rig.burst);
            jn_stage_flow(rig.worker, &rig.burst);
            uint64_t start = rte_rdtsc();
            jn_stage_mirror(rig.worker, &rig.burst);
            jn_mirror_send(rig.worker);
            cycles[pass] += (uint32_t)(rte_rdtsc() - start);
        }
    }
    if (sent != peers * PASSES * BURSTS * JN_BURST)
        abort();
    printf("%-14s %6.1f cycles a packet\n", name, bench_median(cycles, PASSES) / (BURSTS * JN_BURST));
    rig_close(&rig);
}

#define PEERS(list) "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"],\"mirroring\":{\"peers\":[" list "]}}]"

int
main(void) {
    rig_start_dpdk();
    measure("one copy", PEERS("{\"address\":\"198.19.0.10\"}"), 1);
    measure("two copies", PEERS("{\"address\":\"198.19.0.10\"},{\"address\":\"198.19.0.11\"}"), 2);
    return 0;
}
