// SPDX-License-Identifier: BSD-3-Clause
// The worker's loop: policy, time, packets, expiry, what waits to be sent; and back-off when there was nothing.
#define _GNU_SOURCE
#include "worker/worker_loop.h"

#include <sys/prctl.h>
#include <time.h>

#include <rte_mempool.h>
#include <rte_pause.h>

#include "core/tx.h"
#include "flow/answer.h"
#include "flow/fragment_orphan.h"
#include "flow/idle_expiry.h"
#include "flow/interval.h"
#include "mirror/mirror.h"
#include "policy/ruleset.h"
#include "redirect/outer_fragment.h"
#include "redirect/vnet_timers.h"
#include "worker/portion.h"
#include "worker/rx.h"
#include "worker/tunnel_rx.h"
#include "worker/worker_rules.h"

enum { SPINS_BEFORE_SLEEP = 512, GATE_SLEEP_US = 1000 };

static void
keep_time(struct jn_thread *thread, uint64_t tsc) {
    struct jn_worker *worker = &thread->worker;
    uint64_t now_ns = jn_clock_at(&thread->app->clock, tsc),
             elapsed = jn_clock_ns(&thread->app->clock, tsc - thread->tsc);
    thread->tsc = tsc;
    // Where a note of the clock finds that we ran ahead, our time runs at half speed: it never goes back and never stops.
    worker->now_ns = now_ns > worker->now_ns ? now_ns : worker->now_ns + elapsed / 2;
    worker->steady_ns = worker->steady_ns == 0 ? now_ns : worker->steady_ns + elapsed;
    if (worker->rules != NULL)
        jn_interval_advance(worker);
}

// An idle worker has time for it, and its queues are those where nothing follows.
static void
give_back(struct jn_thread *thread) {
    for (unsigned int port_idx = 0; port_idx < thread->app->options.port_count; port_idx++)
        jn_tx_give_back(thread->worker.tx[port_idx]);
}

// Sleep longer each empty round, up to the limit. The first packet resets it.
static void
back_off(struct jn_thread *thread) {
    const struct jn_options *options = &thread->app->options;
    unsigned int empty = ++thread->empty_rounds;
    if (empty % SPINS_BEFORE_SLEEP == 0)
        give_back(thread);
    if (options->idle == JN_IDLE_NEVER)
        return;
    if (options->idle == JN_IDLE_PAUSE || empty < SPINS_BEFORE_SLEEP) {
        rte_pause();
        return;
    }
    unsigned int us = empty - SPINS_BEFORE_SLEEP + 1;
    if (us > options->idle_max_us)
        us = options->idle_max_us;
    const struct jn_ruleset *rules = thread->worker.rules;
    if (us > GATE_SLEEP_US && rules != NULL && rules->policy->gate_count != 0)
        us = GATE_SLEEP_US; // probes of gateways must not be late
    nanosleep(&(struct timespec){.tv_nsec = us * 1000L}, NULL);
}

static unsigned int
one_round(struct jn_thread *thread, uint64_t tsc) {
    struct jn_worker *worker = &thread->worker;
    const struct jn_ruleset *rules = __atomic_load_n(&thread->app->rules, __ATOMIC_ACQUIRE);
    keep_time(thread, tsc);
    if (rules != NULL) {
        jn_worker_take_rules(worker, rules);
        jn_answers_take(worker);
    }
    unsigned int packets = jn_rx_round(thread);
    if (rules != NULL) {
        jn_worker_attach(worker);
        jn_flow_expire(worker);
        jn_orphan_expire(worker);
        jn_underlay_send_due(thread);
        // An interval would end late if an idle worker slept between any two portions of its sweep.
        thread->behind = !jn_vnet_run_timers(worker) || worker->flow->sweep.moves || worker->flow->sweep.left == 0;
        jn_outer_fragment_expire(worker);
        if (rules->learns_mtu)
            jn_mirror_refresh_paths(worker);
        if (worker->mirror->hold_peers != 0)
            jn_mirror_flush_hold_queues(worker);
    }
    return packets;
}

// What the round has taken until it may sleep.
static void
note_work(struct jn_thread *thread, uint64_t cycles) {
    struct jn_worker_counters *counters = thread->worker.counters;
    uint64_t ns = jn_clock_ns(&thread->app->clock, cycles), number = thread->worker.flow->interval.current.number;
    jn_count(&counters->work[jn_work_bucket(ns / 1000)], 1);
    thread->worker.halvings = jn_halvings_after(&thread->portions, thread->worker.halvings, ns);
    if (thread->longest_in != number) {
        jn_store(&counters->longest_work_interval_cycles, thread->longest_cycles);
        thread->longest_in = number;
        thread->longest_cycles = 0;
    }
    if (cycles > thread->longest_cycles)
        thread->longest_cycles = cycles;
    if (cycles > counters->longest_work_cycles)
        jn_store(&counters->longest_work_cycles, cycles);
}

static void
flush_pool(struct jn_thread *thread) {
    struct rte_mempool *pool = __atomic_load_n(&thread->flush, __ATOMIC_ACQUIRE);
    struct rte_mempool_cache *cache = rte_mempool_default_cache(pool, rte_lcore_id());
    if (cache != NULL)
        rte_mempool_cache_flush(cache, pool);
    __atomic_store_n(&thread->flush, NULL, __ATOMIC_RELEASE);
}

int
jn_worker_run(void *argument) {
    struct jn_thread *thread = argument;
    struct jn_worker_counters *counters = thread->worker.counters;
    prctl(PR_SET_TIMERSLACK, 1UL); // a sleep of 50 us is meant so
    uint64_t before = thread->tsc = rte_rdtsc();
    while (!__atomic_load_n(&thread->app->stop, __ATOMIC_RELAXED)) {
        unsigned int packets = one_round(thread, before);
        bool waiting = false;
        for (unsigned int port_idx = 0; port_idx < thread->app->options.port_count; port_idx++)
            waiting |= jn_tx_drain(&thread->worker, thread->worker.tx[port_idx]);
        __atomic_store_n(&thread->rounds, thread->rounds + 1, __ATOMIC_RELEASE);
        jn_store(&counters->rounds, thread->rounds);
        if (__builtin_expect(__atomic_load_n(&thread->flush, __ATOMIC_RELAXED) != NULL, 0))
            flush_pool(thread);
        uint64_t now = rte_rdtsc();
        note_work(thread, now - before);
        if (packets == 0 && !waiting && !thread->behind) {
            thread->portions.empty_ns = jn_clock_ns(&thread->app->clock, now - before);
            back_off(thread);
            now = rte_rdtsc();
        } else {
            thread->empty_rounds = 0;
        }
        jn_count(packets != 0 ? &counters->busy_cycles : &counters->idle_cycles, now - before);
        jn_count(&counters->bursts, packets != 0);
        jn_store(&counters->flows_active, thread->worker.flow->table.header->active);
        before = now;
    }
    jn_worker_finish(&thread->worker);
    return 0;
}
