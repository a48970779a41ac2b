// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet of redirection, as bench_stages has them of the other stages: out through the gateway, and back. Every
// packet that is sent comes back as a gateway returns it. `bench_redirect avx2`: by that path (dataplane/path/path.h).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "../rig/rig.h"
#include "bench.h"
#include "path/path.h"
#include "replay_gateway.h"

enum { BURSTS = 32, PASSES = 1001, ROOM = 320 };
enum { OUT, IN, SEND, WORK };

static const char vpgs[] =
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"],\"gate\":{\"address\":\"100.64.0.1/24\","
    "\"peers\":[{\"outer\":\"198.19.0.20\",\"inner\":\"100.64.0.2\"}]},"
    "\"redirection\":{\"gateway\":\"100.64.0.2\"}}]";
static uint8_t buffers[BURSTS][JN_BURST][ROOM], frames[JN_BURST][64];
static struct rte_mbuf mbufs[BURSTS][JN_BURST];
static uint32_t cycles[WORK][PASSES];
static unsigned int sent;

static uint16_t
swallow(struct jn_tx *tx, struct rte_mbuf **packets, uint16_t count) {
    (void)tx;
    (void)packets;
    sent += count;
    return count;
}

// The wire's frames, each in a buffer with headroom.
static void
make(struct jn_burst *burst, uint32_t b) {
    *burst = (struct jn_burst){.count = JN_BURST, .port_out = 1, .link_type = JN_LINKTYPE_ETHERNET};
    for (uint32_t i = 0; i < JN_BURST; i++) {
        uint32_t length = bench_frame(b * JN_BURST + i, frames[i]);
        struct rte_mbuf *mbuf = burst->mbuf[i] = &mbufs[b][i];
        *mbuf = (struct rte_mbuf){
            .buf_addr = buffers[b][i], .buf_len = ROOM, .data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1};
        rte_mbuf_refcnt_set(mbuf, 1);
        mbuf->data_len = (uint16_t)length;
        mbuf->pkt_len = length;
        memcpy(rte_pktmbuf_mtod(mbuf, void *), frames[i], length);
        burst->data[i] = rte_pktmbuf_mtod(mbuf, const uint8_t *);
        burst->length[i] = burst->bytes[i] = length;
    }
}

static void
reflect(struct jn_burst *burst, uint32_t b) {
    *burst =
        (struct jn_burst){.count = JN_BURST, .port_in = 2, .port_out = JN_NO_PORT, .link_type = JN_LINKTYPE_ETHERNET};
    for (uint32_t i = 0; i < JN_BURST; i++) {
        struct rte_mbuf *mbuf = burst->mbuf[i] = &mbufs[b][i];
        if (!jn_replay_reflect(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len))
            abort();
        burst->data[i] = rte_pktmbuf_mtod(mbuf, const uint8_t *);
        burst->length[i] = burst->bytes[i] = mbuf->data_len;
    }
}

static void
measure(struct rig *rig, uint32_t pass, uint32_t b) {
    struct jn_worker *worker = rig->worker;
    struct jn_burst *burst = &rig->burst;
    make(burst, b);
    rig->path->parse(worker, burst);
    rig->path->flow(worker, burst);
    uint64_t start = rte_rdtsc();
    rig->path->redirect(worker, burst);
    cycles[OUT][pass] += (uint32_t)(rte_rdtsc() - start);
    reflect(burst, b);
    start = rte_rdtsc();
    rig_take_usual(rig);
    uint64_t taken = rte_rdtsc();
    rig->path->reinject_send(worker);
    cycles[IN][pass] += (uint32_t)(taken - start);
    cycles[SEND][pass] += (uint32_t)(rte_rdtsc() - taken);
}

int
main(int argc, char **argv) {
    static const char *const names[WORK] = {[OUT] = "redirect", [IN] = "return: check", [SEND] = "return: send"};
    struct rig rig;
    rig_start_dpdk();
    rig_open(&rig, vpgs, 0);
    rig.path = rig_path(argc > 1 ? argv[1] : NULL);
    rig_resolve(&rig, true);
    rig_target(&rig, JN_TARGET_PEER, 0, (const uint8_t[]){2, 0, 0, 0, 0, 3});
    for (int port = 0; port < 3; port++)
        rig.tx[port].transmit = swallow;
    for (uint32_t pass = 0; pass < PASSES; pass++)
        for (uint32_t b = 0; b < BURSTS; b++)
            measure(&rig, pass, b);
    if (sent != 2u * PASSES * BURSTS * JN_BURST)
        abort();
    for (int work = OUT; work < WORK; work++)
        printf("%-14s %6.1f cycles a packet\n", names[work], bench_median(cycles[work], PASSES) / (BURSTS * JN_BURST));
    return 0;
}
