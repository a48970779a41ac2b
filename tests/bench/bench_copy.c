// SPDX-License-Identifier: BSD-3-Clause
// Where the line lies between copying a mirrored payload and sharing it by reference: cycles a copy, by frame size, each
// made and freed again, the median of many passes. The mirror stage's SHARE_FROM is read off it.
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "bench.h"

enum { BURST = 64, BURSTS = 16, PASSES = 301 };

static struct rte_mempool *pool, *copies;
static struct rte_mbuf *originals[BURSTS][BURST], *made[BURST];

static void
copy_burst(struct rte_mbuf **from, uint16_t length) {
    rte_pktmbuf_alloc_bulk(copies, made, BURST);
    for (int i = 0; i < BURST; i++) {
        rte_memcpy(rte_pktmbuf_mtod(made[i], void *), rte_pktmbuf_mtod(from[i], const void *), length);
        made[i]->data_len = length;
        made[i]->pkt_len = length;
    }
}

static void
share_burst(struct rte_mbuf **from, uint16_t length) {
    rte_pktmbuf_alloc_bulk(copies, made, BURST);
    for (int i = 0; i < BURST; i++) {
        struct rte_mbuf *payload = rte_pktmbuf_alloc(copies);
        rte_pktmbuf_attach(payload, from[i]);
        payload->data_len = length;
        payload->pkt_len = length;
        made[i]->data_len = 0;
        made[i]->pkt_len = 0;
        rte_pktmbuf_chain(made[i], payload);
    }
}

static double
measure(void (*make)(struct rte_mbuf **, uint16_t), uint16_t length) {
    static uint32_t cycles[PASSES];
    for (int pass = 0; pass < PASSES; pass++) {
        uint64_t start = rte_rdtsc();
        for (int b = 0; b < BURSTS; b++) {
            make(originals[b], length);
            rte_pktmbuf_free_bulk(made, BURST);
        }
        cycles[pass] = (uint32_t)(rte_rdtsc() - start);
    }
    return bench_median(cycles, PASSES) / (BURSTS * BURST);
}

int
main(void) {
    static char *arguments[] = {"bench_copy",        "--no-huge",    "--no-shconf", "--no-pci",
                                "--no-telemetry",    "-m",           "64",          "--iova-mode=va",
                                "--log-level=error", "--lcores=0@0", NULL};
    if (rte_eal_init(10, arguments) < 0)
        return 1;
    pool = rte_pktmbuf_pool_create("originals", 4095, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    copies = rte_pktmbuf_pool_create("copies", 4095, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool == NULL || copies == NULL)
        return 1;
    for (int b = 0; b < BURSTS; b++)
        rte_pktmbuf_alloc_bulk(pool, originals[b], BURST);
    printf("%8s %8s %8s\n", "bytes", "copied", "shared");
    static const uint16_t lengths[] = {60, 128, 256, 384, 512, 768, 1024, 1514};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        printf("%8u %8.1f %8.1f cycles a copy\n", lengths[i], measure(copy_burst, lengths[i]),
               measure(share_burst, lengths[i]));
    return 0;
}
