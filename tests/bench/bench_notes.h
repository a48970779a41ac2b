// SPDX-License-Identifier: BSD-3-Clause
// The file that bench_port shares with bench.py: slices.py and latency.py know its layout.
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum { BENCH_SAMPLES = 1 << 15, BENCH_LATENCIES = 1024 };

struct bench_notes {
    _Atomic uint64_t count; // of samples; stored after them
    _Atomic uint64_t
        rate; // packets a second that a sweep may receive; 0: as many as are asked for. Written by bench.py
    _Atomic uint64_t lost; // packets that came while as many waited as a receive queue holds
    uint64_t hz;           // of the time stamp counter
    uint64_t reserved[4];
    struct {
        uint64_t ns, packets; // CLOCK_MONOTONIC, and what the counted port has sent until then
    } sample[BENCH_SAMPLES];
    _Atomic uint64_t latency[BENCH_LATENCIES]; // packets by cycles from arrival to transmission: bench_latency_bucket
};

// NULL without BENCH_NOTES.
extern struct bench_notes *bench_notes;

// Sixteen buckets for each power of two.
static inline unsigned int
bench_latency_bucket(uint64_t cycles) {
    if (cycles < 16)
        return (unsigned int)cycles;
    unsigned int power = 63u - (unsigned int)__builtin_clzll(cycles);
    unsigned int bucket = (power - 3) * 16 + (unsigned int)(cycles >> (power - 4) & 15);
    return bucket < BENCH_LATENCIES ? bucket : BENCH_LATENCIES - 1;
}
