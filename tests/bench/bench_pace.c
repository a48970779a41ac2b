// SPDX-License-Identifier: BSD-3-Clause
#include "bench_pace.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>

#include "bench_notes.h"

enum { QUEUE = 1024 }; // descriptors of the receive queue

static int stamp_offset = -1;
static uint64_t rate, began, arrived; // arrived: since then, taken or lost

static uint64_t *
stamp(struct rte_mbuf *mbuf) {
    return RTE_MBUF_DYNFIELD(mbuf, stamp_offset, uint64_t *);
}

void
bench_pace_start(void) {
    static const struct rte_mbuf_dynfield field = {
        .name = "bench_arrival", .size = sizeof(uint64_t), .align = sizeof(uint64_t)};
    stamp_offset = rte_mbuf_dynfield_register(&field);
    if (bench_notes == NULL || stamp_offset < 0) {
        fprintf(stderr, "bench_pace: buffers have no room for a time stamp, or BENCH_NOTES is missing\n");
        exit(1);
    }
}

// Whole seconds and the rest apart: the product of a rate and a day's cycles is beyond 64 bits.
static uint64_t
due(uint64_t cycles) {
    uint64_t hz = bench_notes->hz;
    return cycles / hz * rate + (uint64_t)((double)(cycles % hz) * (double)rate / (double)hz);
}

uint16_t
bench_pace_arrived(struct rte_mbuf **mbufs, uint16_t most) {
    uint64_t now = rte_rdtsc(), asked = atomic_load_explicit(&bench_notes->rate, memory_order_relaxed);
    if (asked != rate) {
        rate = asked;
        began = now;
        arrived = 0;
    }
    uint64_t waiting = due(now - began) - arrived;
    if (waiting > QUEUE) {
        atomic_fetch_add_explicit(&bench_notes->lost, waiting - QUEUE, memory_order_relaxed);
        arrived += waiting - QUEUE;
        waiting = QUEUE;
    }
    uint16_t count = waiting < most ? (uint16_t)waiting : most;
    double interval = (double)bench_notes->hz / (double)rate;
    for (uint16_t i = 0; i < count; i++)
        *stamp(mbufs[i]) = began + (uint64_t)((double)++arrived * interval);
    return count;
}

static uint16_t
note_latency(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, void *context) {
    (void)port, (void)queue, (void)context;
    uint64_t now = rte_rdtsc();
    if (rate == 0)
        return count;
    for (uint16_t i = 0; i < count; i++) {
        uint64_t at = *stamp(mbufs[i]);
        _Atomic uint64_t *bucket = &bench_notes->latency[bench_latency_bucket(at < now ? now - at : 0)];
        uint64_t packets = atomic_load_explicit(bucket, memory_order_relaxed);
        atomic_store_explicit(bucket, packets + 1, memory_order_relaxed);
    }
    return count;
}

void
bench_pace_listen(uint16_t port) {
    if (rte_eth_add_tx_callback(port, 0, note_latency, NULL) == NULL) {
        fprintf(stderr, "bench_pace: the port takes no callback\n");
        exit(1);
    }
}
