// SPDX-License-Identifier: BSD-3-Clause
// Cycles of what a flow table does, by its size: bench_births [FLOWS...]. All stages of a worker are run, so that a birth has
// its packet; of many bursts the best tenth and the median, so that other load on the machine hardly shows.
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "../rig/rig.h"
#include "bench.h"
#include "bench_burst.h"
#include "flow/idle_expiry.h"
#include "flow/tcp_close.h"

enum { FRAME = 64, RECORDS = 65536, RULES = 100, SAMPLES = 200000 };
#define SECOND UINT64_C(1000000000)

static uint8_t frames[JN_BURST][FRAME];
static struct rte_mbuf mbufs[JN_BURST];
static uint32_t cycles[SAMPLES];
static struct jn_consumed consumed;
static uint32_t next_flow; // that no packet has had

struct table {
    struct rig rig;
    uint32_t flows;
    struct jn_flow_region *region;
    struct jn_unreported_region *unreported;
    struct jn_records_region *records;
};

static uint16_t
swallow(struct jn_tx *tx, struct rte_mbuf **sent, uint16_t count) {
    (void)tx;
    (void)sent;
    return count;
}

// Huge pages where some are free, else those that the kernel makes by itself. Touched.
static void *
memory(size_t size) {
    size = (size + (2u << 20) - 1) >> 21 << 21;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (at == MAP_FAILED) {
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED)
            abort();
        madvise(at, size, MADV_HUGEPAGE);
    }
    memset(at, 0, size);
    return at;
}

static void
make_frames(void) {
    for (uint32_t i = 0; i < JN_BURST; i++)
        bench_packet(&mbufs[i], frames[i], bench_frame(0, frames[i]));
}

// Neighbouring numbers are flows far apart.
static void
fill(struct jn_burst *burst, const uint32_t *flows) {
    for (uint32_t i = 0; i < JN_BURST; i++) {
        uint32_t source = rte_cpu_to_be_32(0x0a000000 | (flows[i] * 2654435761u & 0xffffff));
        uint16_t port = rte_cpu_to_be_16((uint16_t)(10000 + (flows[i] >> 24)));
        memcpy(frames[i] + 26, &source, sizeof(source));
        memcpy(frames[i] + 34, &port, sizeof(port));
    }
    bench_fill(burst, mbufs);
}

// The consumer has taken everything.
static void
take_records(struct table *t) {
    consumed.tail = t->rig.worker->flow->ring->head;
}

static void
open_table(struct table *t, uint32_t flows, const char *vpgs) {
    *t = (struct table){.flows = flows};
    rig_open(&t->rig, vpgs, 0);
    struct jn_flow_state *flow = t->rig.worker->flow;
    t->rig.tx[1].transmit = swallow;
    t->region = memory(jn_flow_region_size(1, flows));
    t->unreported = memory(jn_unreported_size(1, RIG_VPGS, flows));
    t->records = memory(jn_records_size(1, RECORDS));
    jn_flow_region_init(t->region, 1, flows);
    jn_flow_table_open(&flow->table, t->region, 0, 42);
    jn_unreported_init(t->unreported, 1, RIG_VPGS, flows);
    jn_unreported_bind(flow, t->unreported, 0, RIG_VPGS, flows);
    jn_tcp_linger_free(&flow->linger);
    jn_expiry_free(&flow->expiry);
    if (jn_tcp_linger_make(&flow->linger, flows) < 0 || jn_expiry_make(&flow->expiry, flows) < 0)
        abort();
    jn_records_init(t->records, 1, RECORDS);
    flow->ring = &t->records->rings[0];
    flow->records = jn_ring_first(t->records, flow->ring);
    flow->record_capacity = RECORDS;
    flow->cached_tail = 0;
    consumed = (struct jn_consumed){.boot = flow->region_boot};
    flow->consumed = &consumed;
    flow->idle_timeout_ns = 1000 * SECOND;
    t->rig.worker->now_ns = 5000 * SECOND;
    flow->expiry.ran_ns = t->rig.worker->now_ns;
}

// The process ends after a few tables: what the rig had at first stays.
static void
close_table(struct table *t) {
    munmap(t->region, (jn_flow_region_size(1, t->flows) + (2u << 20) - 1) >> 21 << 21);
    munmap(t->unreported, (jn_unreported_size(1, RIG_VPGS, t->flows) + (2u << 20) - 1) >> 21 << 21);
    munmap(t->records, (jn_records_size(1, RECORDS) + (2u << 20) - 1) >> 21 << 21);
    jn_tcp_linger_free(&t->rig.worker->flow->linger);
    jn_expiry_free(&t->rig.worker->flow->expiry);
}

static void
say(const struct table *t, const char *what, uint32_t count, double each) {
    qsort(cycles, count, sizeof(*cycles), bench_ascending);
    uint32_t best = count / 10 != 0 ? count / 10 : 1;
    double sum = 0;
    for (uint32_t i = 0; i < best; i++)
        sum += cycles[i];
    printf("%8u flows  %-34s %7.1f cycles, median %7.1f\n", t->flows, what, sum / best / each,
           cycles[count / 2] / each);
}

static void
play_new(struct table *t) {
    uint32_t flows[JN_BURST];
    for (unsigned int i = 0; i < JN_BURST; i++)
        flows[i] = next_flow++;
    fill(&t->rig.burst, flows);
    jn_pipeline(t->rig.worker, &t->rig.burst);
}

static void
births(struct table *t, const char *what) {
    uint32_t count = 0;
    for (uint32_t n = 0; n + JN_BURST <= t->flows; n += JN_BURST) {
        uint64_t start = rte_rdtsc();
        play_new(t);
        if (count < SAMPLES)
            cycles[count++] = (uint32_t)(rte_rdtsc() - start);
    }
    say(t, what, count, JN_BURST);
}

// The flows born last, in no order.
static void
hits(struct table *t) {
    uint32_t count = 0, first = next_flow - t->flows / JN_BURST * JN_BURST, state = 1;
    for (; count < 20000; count++) {
        uint32_t flows[JN_BURST];
        for (unsigned int i = 0; i < JN_BURST; i++)
            flows[i] =
                first + (uint32_t)((uint64_t)(state = state * 1664525u + 1013904223u) * (next_flow - first) >> 32);
        fill(&t->rig.burst, flows);
        uint64_t start = rte_rdtsc();
        jn_pipeline(t->rig.worker, &t->rig.burst);
        cycles[count] = (uint32_t)(rte_rdtsc() - start);
    }
    say(t, "hit", count, JN_BURST);
}

static void
evictions(struct table *t) {
    uint32_t count = 0;
    for (; count < 10000; count++) {
        take_records(t);
        uint64_t start = rte_rdtsc();
        play_new(t);
        cycles[count] = (uint32_t)(rte_rdtsc() - start);
    }
    say(t, "birth in a full table, and record", count, JN_BURST);
}

// Time for so many entries of the sweep passes.
static void
pass_time(struct table *t, uint32_t entries) {
    struct jn_worker *w = t->rig.worker;
    w->now_ns += 2 * SECOND * entries / (w->flow->table.header->high_water + 64) + 1;
    w->flow->sweep.left = entries;
}

static void
sweep(struct table *t, const char *what) {
    uint32_t count = 0, rounds = t->flows / JN_FLOWS_A_ROUND;
    for (uint32_t n = 0; n < rounds; n++) {
        pass_time(t, JN_FLOWS_A_ROUND);
        take_records(t);
        uint64_t start = rte_rdtsc();
        jn_flow_expire(t->rig.worker);
        if (count < SAMPLES)
            cycles[count++] = (uint32_t)(rte_rdtsc() - start);
    }
    say(t, what, count, JN_FLOWS_A_ROUND);
}

// Each round as many flows end as begin; the table is a quarter full.
static void
turnover(struct table *t) {
    uint32_t count = 0;
    t->rig.worker->flow->idle_timeout_ns = 1;
    for (uint32_t n = 0; n < 2 * t->flows / JN_BURST; n++) {
        pass_time(t, JN_FLOWS_A_ROUND);
        take_records(t);
        uint64_t start = rte_rdtsc();
        jn_flow_expire(t->rig.worker);
        play_new(t);
        if (n >= t->flows / JN_BURST && count < SAMPLES)
            cycles[count++] = (uint32_t)(rte_rdtsc() - start);
    }
    say(t, "birth and death, with a record", count, JN_BURST);
}

static void
run(uint32_t flows) {
    struct table t;
    open_table(&t, flows, "[{\"id\":\"v\",\"device_subnets\":[\"10.0.0.0/8\"]}]");
    births(&t, "birth");
    hits(&t);
    evictions(&t);
    sweep(&t, "look at an entry");
    t.rig.worker->now_ns += t.rig.worker->flow->idle_timeout_ns;
    sweep(&t, "death by silence, with a record");
    births(&t, "birth in an entry of before");
    t.rig.worker->now_ns += t.rig.worker->flow->idle_timeout_ns;
    sweep(&t, "death by silence, again");
    turnover(&t);
    close_table(&t);
}

static void
run_with_rules(uint32_t flows) {
    static char text[RULES * 96 + 256];
    size_t at = (size_t)snprintf(text, sizeof(text), "[{\"id\":\"v\",\"device_subnets\":[\"10.0.0.0/8\"],\"rules\":[");
    for (unsigned int i = 0; i < RULES; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at,
                               "%s{\"match\":{\"protocol\":\"tcp\",\"remote_ports\":[%u]},\"drop\":true}",
                               i != 0 ? "," : "", 1000 + i);
    snprintf(text + at, sizeof(text) - at, "]}]");
    struct table t;
    open_table(&t, flows, text);
    births(&t, "birth, a hundred rules");
    close_table(&t);
}

int
main(int argc, char **argv) {
    static const uint32_t usual[] = {65536, 1000000};
    rig_start_dpdk();
    make_frames();
    for (int i = 1; i < argc; i++)
        run((uint32_t)strtoul(argv[i], NULL, 0));
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && argc == 1; i++)
        run(usual[i]);
    run_with_rules(65536);
    return 0;
}
