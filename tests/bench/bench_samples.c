// SPDX-License-Identifier: BSD-3-Clause
// What the classifier costs a worker: cycles a packet of the flow stage, for first packets of new flows without a classifier,
// with room in its ring, and with a full one; and for a packet that is sampled, by its size, to be read beside bench_copy.
// In place of the classifier the ring is only drained.
#include <stdio.h>

#include <rte_cycles.h>

#include "../rig/rig_classifier.h"
#include "bench.h"
#include "bench_burst.h"
#include "flow/flow_end.h"

enum { BURSTS = 32, PASSES = 301, ROOM = 1600, RING = 4096 };

static uint8_t frames[BURSTS][JN_BURST][ROOM];
static struct rte_mbuf mbufs[BURSTS][JN_BURST];
static struct rig rig;
static struct rig_classifier classifier;

static void
make_frames(uint32_t length) {
    for (uint32_t b = 0; b < BURSTS; b++)
        for (uint32_t i = 0; i < JN_BURST; i++) {
            struct frame_spec s = {.source = 0x0a800000 + b * JN_BURST + i,
                                   .destination = 0xc6120001,
                                   .protocol = JN_IP_UDP,
                                   .source_port = 10000,
                                   .destination_port = 53,
                                   .payload = (uint16_t)(length - 42)};
            bench_packet(&mbufs[b][i], frames[b][i], frame_build(&s, frames[b][i]));
        }
}

static void
fill(uint32_t b) {
    bench_fill(&rig.burst, mbufs[b]);
    jn_stage_parse(rig.worker, &rig.burst);
}

static void
drain(void) {
    if (classifier.samples != NULL)
        classifier.classified->rings[0].samples_tail = classifier.samples->rings[0].head;
}

// Cycles of the flow stage over all bursts.
static uint32_t
play(void) {
    uint64_t cycles = 0;
    for (uint32_t b = 0; b < BURSTS; b++) {
        fill(b);
        uint64_t start = rte_rdtsc();
        jn_stage_flow(rig.worker, &rig.burst);
        cycles += rte_rdtsc() - start;
    }
    return (uint32_t)cycles;
}

// drained: else the ring stays full.
static double
first_packets(bool drained) {
    static uint32_t cycles[PASSES];
    for (int pass = 0; pass < PASSES; pass++) {
        cycles[pass] = play();
        jn_flow_end_all(rig.worker);
        while (rig_record(&rig) != NULL)
            continue;
        if (drained)
            drain();
        rig_idle(&rig, rig.worker->now_ns + 1000);
    }
    return bench_median(cycles, PASSES) / (BURSTS * JN_BURST);
}

// Each pass gives every flow's second sample; without a classifier the same packets are known ones.
static double
later_packets(bool sampled) {
    static uint32_t cycles[PASSES];
    for (int pass = 0; pass < PASSES; pass++) {
        if (sampled)
            rig_classifier_comes(&classifier); // to another life samples are given from the first on
        rig_idle(&rig, rig.worker->now_ns + 1000);
        play();
        drain();
        cycles[pass] = play();
        drain();
    }
    return bench_median(cycles, PASSES) / (BURSTS * JN_BURST);
}

int
main(void) {
    static const uint32_t sizes[] = {60, 128, 512, 1514};
    rig_start_dpdk();
    rig_open(&rig, "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]}]", 0);
    make_frames(60);
    rig_idle(&rig, 1);
    printf("new flows without a classifier   %8.1f cycles a packet\n", first_packets(false));
    double known[4];
    for (int i = 0; i < 4; i++) {
        make_frames(sizes[i]);
        known[i] = later_packets(false);
    }
    jn_flow_end_all(rig.worker);
    make_frames(60);
    rig_classifier_open(&classifier, &rig, RING);
    rig_classifier_comes(&classifier);
    rig_idle(&rig, rig.worker->now_ns + 1000);
    printf("new flows, each sampled          %8.1f cycles a packet\n", first_packets(true));
    while (classifier.samples->rings[0].skipped == 0)
        first_packets(false);
    printf("new flows, the ring is full      %8.1f cycles a packet\n", first_packets(false));
    drain();
    for (int i = 0; i < 4; i++) {
        make_frames(sizes[i]);
        double cost = later_packets(true);
        printf("a packet of %4u bytes, sampled   %8.1f cycles more than %.1f of one that is not\n", sizes[i],
               cost - known[i], known[i]);
    }
    return 0;
}
