// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "classify_threads.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

#include "log.h"

enum {
    IDLE_MIN_US = 1000,
    IDLE_MAX_US = 50000,
    REPLAY_IDLE_MIN_US = 50,
    REPLAY_TURNS = 100,
    PAUSE_MS = 1,
    HANG_MS = 5000
};

// In a replay a worker waits for each answer: it is looked for at once, then in turns with it, and slept for at the end.
static void
wait_a_little(unsigned int *idle, bool replay) {
    uint64_t us = replay ? REPLAY_IDLE_MIN_US : IDLE_MIN_US, most = replay ? IDLE_MIN_US : IDLE_MAX_US;
    unsigned int turns = replay ? REPLAY_TURNS : 0;
    ++*idle;
    if (*idle <= turns) {
        sched_yield();
        return;
    }
    for (unsigned int i = turns + 1; i < *idle && us < most; i++)
        us *= 2;
    nanosleep(&(struct timespec){.tv_nsec = (long)(us < most ? us : most) * 1000}, NULL);
}

// The source that is wanted. First it is said that this thread looks at it, then it is asked whether that still holds, and
// whoever takes it away does both the other way round: one of the two sees the other (so the one order of all).
static const struct classify_source *
follow(struct classify_thread *thread) {
    const struct classify_source *source = __atomic_load_n(&thread->all->wanted, __ATOMIC_SEQ_CST);
    if (source == thread->seen)
        return source;
    __atomic_store_n(&thread->seen, source, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&thread->all->wanted, __ATOMIC_SEQ_CST) != source) {
        __atomic_store_n(&thread->seen, NULL, __ATOMIC_RELEASE);
        return NULL;
    }
    uint64_t number = __atomic_load_n(&thread->all->number, __ATOMIC_RELAXED);
    if (source != NULL && thread->number != number) {
        classify_lane_begin(&thread->lane, source);
        thread->number = number;
    }
    return source;
}

static void *
serve(void *argument) {
    struct classify_thread *thread = argument;
    unsigned int idle = 0;
    char name[16];
    snprintf(name, sizeof(name), "classify-%u", (uint8_t)thread->lane.thread);
    prctl(PR_SET_NAME, name);
    while (!__atomic_load_n(&thread->all->over, __ATOMIC_ACQUIRE)) {
        const struct classify_source *source = follow(thread);
        classify_lane_beat(&thread->lane);
        if (source != NULL && classify_lane_round(&thread->lane, source) > 0)
            idle = 0;
        else
            wait_a_little(&idle, source != NULL && source->waits);
    }
    return NULL;
}

int
classify_threads_start(struct classify_threads *threads) {
    sigset_t handled, before;
    int rc = 0;
    threads->silent_ms = HANG_MS;
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    pthread_sigmask(SIG_BLOCK, &handled, &before);
    for (unsigned int t = 0; t < threads->count && rc == 0; t++) {
        struct classify_thread *thread = &threads->threads[t];
        thread->all = threads;
        thread->lane.wanted = &threads->wanted;
        rc = -pthread_create(&thread->id, NULL, serve, thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

void
classify_threads_serve(struct classify_threads *threads, const struct classify_source *source, bool anew) {
    if (anew)
        __atomic_store_n(&threads->number, threads->number + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&threads->wanted, source, __ATOMIC_SEQ_CST);
}

static bool
all_paused(const struct classify_threads *threads) {
    for (unsigned int t = 0; t < threads->count; t++)
        if (__atomic_load_n(&threads->threads[t].seen, __ATOMIC_SEQ_CST) != NULL)
            return false;
    return true;
}

// A thread that hangs would be waited for without end: main's watching goes on here.
void
classify_threads_pause(struct classify_threads *threads) {
    __atomic_store_n(&threads->wanted, NULL, __ATOMIC_SEQ_CST);
    while (!all_paused(threads) && !classify_threads_hang(threads))
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

bool
classify_threads_hang(struct classify_threads *threads) {
    uint64_t now = jn_heartbeat_now_ms();
    for (unsigned int t = 0; t < threads->count; t++) {
        struct classify_thread *thread = &threads->threads[t];
        jn_heartbeat_look(&thread->heartbeat, __atomic_load_n(&thread->lane.beats, __ATOMIC_RELAXED), now);
        if (thread->heartbeat.silent_ms >= threads->silent_ms)
            return true;
    }
    return false;
}

void
classify_threads_end(struct classify_threads *threads) {
    classify_threads_pause(threads);
    __atomic_store_n(&threads->over, true, __ATOMIC_RELEASE);
    for (unsigned int t = 0; t < threads->count; t++)
        pthread_join(threads->threads[t].id, NULL);
}
