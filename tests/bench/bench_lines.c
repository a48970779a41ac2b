// SPDX-License-Identifier: BSD-3-Clause
// What memory alone costs a packet; no part of Junction runs here. A packet of a known flow reads a bucket's line and writes an
// entry's, anywhere in tables of that many flows: bench_lines [FLOWS...] lays such tables out, and asks for a burst's lines at
// once, as the flow stage does. That is what they cost at best, unless other work is done meanwhile. A number with a minus
// before it: in pages of 4 kB instead of huge ones.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>

#include "bench.h"
#include "flow.h"

enum { BURST = 64, BURSTS = 20000 };

struct table {
    uint32_t flows, buckets;
    struct jn_flow_bucket *bucket;
    struct jn_flow_entry *entry;
    struct jn_flow_region *region;
    size_t size;
};

struct places {
    uint32_t bucket[BURST], entry[BURST];
};

static uint32_t cycles[BURSTS];
static volatile uint64_t result;

// Any place is as likely as another (splitmix64).
static void
choose(const struct table *t, struct places *places) {
    static uint64_t state;
    for (unsigned int i = 0; i < BURST; i++) {
        uint64_t mixed = state += UINT64_C(0x9e3779b97f4a7c15);
        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
        mixed ^= mixed >> 31;
        places->bucket[i] = (uint32_t)((mixed >> 32) * t->buckets >> 32);
        places->entry[i] = (uint32_t)((mixed & UINT32_MAX) * t->flows >> 32);
    }
}

// Each place is known only when the line before it has come.
static void
one_by_one(const struct table *t, const struct places *places) {
    uint64_t read = 0;
    for (unsigned int i = 0; i < BURST; i++)
        read = t->entry[places->entry[i] + (read >> 63)].bytes[0];
    result += read;
}

static void
at_once(const struct table *t, const struct places *places) {
    uint64_t read = 0;
    for (unsigned int i = 0; i < BURST; i++)
        __builtin_prefetch(&t->entry[places->entry[i]]);
    for (unsigned int i = 0; i < BURST; i++)
        read += t->entry[places->entry[i]].bytes[0];
    result += read;
}

static void
as_a_packet(const struct table *t, const struct places *places) {
    for (unsigned int i = 0; i < BURST; i++)
        __builtin_prefetch(&t->bucket[places->bucket[i]]);
    for (unsigned int i = 0; i < BURST; i++)
        __builtin_prefetch(&t->entry[places->entry[i] + t->bucket[places->bucket[i]].reserved[0]], 1);
    for (unsigned int i = 0; i < BURST; i++)
        t->entry[places->entry[i]].packets[0]++;
}

static void
measure(const struct table *t, const char *what, void (*work)(const struct table *, const struct places *)) {
    struct places places;
    for (unsigned int n = 0; n < BURSTS; n++) {
        choose(t, &places);
        uint64_t start = rte_rdtsc_precise();
        work(t, &places);
        cycles[n] = (uint32_t)(rte_rdtsc_precise() - start);
    }
    double median = bench_median(cycles, BURSTS) / BURST;
    printf("%8u flows  %-48s %6.1f cycles, median %6.1f\n", t->flows, what, bench_best(cycles, BURSTS) / BURST, median);
}

// In huge pages; of 4 kB: asked for.
static int
open_table(struct table *t, uint32_t flows, bool small) {
    uint32_t room = flows * 5 / 4;
    *t = (struct table){.flows = flows, .buckets = jn_flow_bucket_count(room)};
    t->size = (jn_flow_region_size(1, room) + (2u << 20) - 1) >> 21 << 21;
    t->region =
        mmap(NULL, t->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (small ? 0 : MAP_HUGETLB), -1, 0);
    if (t->region == MAP_FAILED)
        return -1;
    madvise(t->region, t->size, small ? MADV_NOHUGEPAGE : MADV_NORMAL);
    memset(t->region, 0, t->size);
    jn_flow_region_init(t->region, 1, room);
    t->bucket = (void *)((char *)t->region + t->region->tables[0].buckets_offset);
    t->entry = (void *)((char *)t->region + t->region->tables[0].entries_offset);
    return 0;
}

int
main(int argc, char **argv) {
    const char *const standard[] = {"2000", "60000", "1000000", "10000000"};
    const char *const *sizes = argc > 1 ? (const char *const *)argv + 1 : standard;
    for (int n = 0; n < (argc > 1 ? argc - 1 : 4); n++) {
        struct table t;
        bool small = sizes[n][0] == '-'; // in pages of 4 kB
        if (open_table(&t, (uint32_t)strtoul(sizes[n] + small, NULL, 10), small) < 0) {
            fprintf(stderr, "bench_lines: %zu MB of huge pages are missing\n", t.size >> 20);
            return 1;
        }
        measure(&t, "an entry's line, one after the other", one_by_one);
        measure(&t, "an entry's line, 64 at once", at_once);
        measure(&t, "a bucket's line and an entry's, as a packet does", as_a_packet);
        munmap(t.region, t.size);
    }
    return 0;
}
