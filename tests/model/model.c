// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "model.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK = 32768, HEAP = 65536, RANGES = 16, DEPTH = 4096, SEEN = 1 << 22 };
enum life { WAITING, RUNNING, ASLEEP, ENDED, DEAD };

struct range {
    const char *start;
    size_t size;
};

struct coroutine {
    void *top; // of its stack, while it does not run: the registers that a function keeps for its caller
    char stack[STACK] __attribute__((aligned(16)));
    enum life life;
    const void *bed; // the futex on which it sleeps
};

struct choice {
    uint8_t options, taken;
    uint8_t thread;
    bool death;
};

static const struct model *model;
static struct coroutine threads[MODEL_THREADS];
static struct range shared[RANGES], watched[RANGES];
static unsigned int shared_count, watched_count, thread_count;
static void *scheduler;  // top of its stack
static int current = -1; // the thread that runs, or -1
static struct choice choices[DEPTH];
static unsigned int decided, step; // choices that are to be made again; the one at hand
static uint64_t seen[SEEN];        // open addressing, 0: free
static unsigned long schedules, states;
static char heap[HEAP] __attribute__((aligned(16))); // of all threads; blocks lie behind one another
static size_t heap_used;

static uint64_t
mix(uint64_t hash, uint64_t value) {
    unsigned __int128 product =
        (unsigned __int128)(hash ^ UINT64_C(0x9e3779b97f4a7c15)) * (value ^ UINT64_C(0xd6e8feb86659fd93));
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ (hash << 23 | hash >> 41);
}

static bool
overlaps(const struct range *ranges, unsigned int count, const void *start, size_t size) {
    for (unsigned int i = 0; i < count; i++)
        if ((const char *)start < ranges[i].start + ranges[i].size && (const char *)start + size > ranges[i].start)
            return true;
    return false;
}

void
model_share(void *start, size_t size) {
    if (shared_count == RANGES)
        abort();
    shared[shared_count++] = (struct range){start, size};
}

void
model_watch(const void *start, size_t size) {
    if (watched_count == RANGES)
        abort();
    watched[watched_count++] = (struct range){start, size};
}

void
model_fail(const char *file, int line, const char *what) {
    printf("%s: %s:%d: %s does not hold, after\n", model->name, file, line, what);
    for (unsigned int i = 0; i < step;) {
        unsigned int same = i;
        while (same < step && choices[same].thread == choices[i].thread && !choices[same].death)
            same++;
        if (same > i)
            printf("  %u steps of %s\n", same - i, model->threads[choices[i].thread].name);
        else
            printf("  death of %s\n", model->threads[choices[same++].thread].name);
        i = same;
    }
    exit(1);
}

static unsigned int
thread_named(const char *name) {
    for (unsigned int i = 0; i < thread_count; i++)
        if (strcmp(model->threads[i].name, name) == 0)
            return i;
    abort();
}

bool
model_died(const char *thread) {
    return threads[thread_named(thread)].life == DEAD;
}

// Go on where another stack was left.
__attribute__((naked, noinline)) static void
switch_stack(void **from __attribute__((unused)), void *to __attribute__((unused))) {
    __asm__("push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15;"
            "mov %rsp, (%rdi); mov %rsi, %rsp;"
            "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret");
}

// The running thread is about to touch memory.
static void
touch(const void *address, size_t size) {
    if (current >= 0 && overlaps(watched, watched_count, address, size))
        switch_stack(&threads[current].top, scheduler);
}

void *
model_malloc(size_t size) {
    void *block = heap + heap_used;
    heap_used += (size + 15) / 16 * 16;
    if (heap_used > HEAP)
        abort();
    return block;
}

// Only the last block's memory is used again.
void
model_free(void *block) {
    if (block != NULL)
        heap_used = (size_t)((char *)block - heap);
}

static void
begin(void) {
    model->threads[current].body();
    threads[current].life = ENDED;
    switch_stack(&threads[current].top, scheduler);
}

static bool
over(const char *name) {
    enum life life = threads[thread_named(name)].life;
    return life == ENDED || life == DEAD;
}

static void
begin_those_due(void) {
    for (unsigned int i = 0; i < thread_count; i++)
        if (threads[i].life == WAITING && (model->threads[i].after == NULL || over(model->threads[i].after)))
            threads[i].life = RUNNING;
}

static uint64_t
mix_all(uint64_t hash, const char *start, size_t size) {
    uint64_t word;
    for (size_t at = 0; at + sizeof(word) <= size; at += sizeof(word)) {
        memcpy(&word, start + at, sizeof(word));
        hash = mix(hash, word);
    }
    return hash;
}

// Where a thread stands is its stack, its registers too.
static uint64_t
mix_thread(uint64_t hash, const struct coroutine *thread) {
    const char *top = thread->top;
    hash = mix(hash, thread->life);
    return thread->life == ENDED || thread->life == DEAD ? hash
                                                         : mix_all(hash, top, (size_t)(thread->stack + STACK - top));
}

static uint64_t
state_now(void) {
    uint64_t hash = mix_all(1, heap, heap_used);
    for (unsigned int i = 0; i < shared_count; i++)
        hash = mix_all(hash, shared[i].start, shared[i].size);
    for (unsigned int i = 0; i < thread_count; i++)
        hash = mix_thread(hash, &threads[i]);
    return hash | 1;
}

static bool
seen_before(uint64_t state) {
    uint64_t at = state >> 8 & (SEEN - 1);
    for (; seen[at] != 0; at = (at + 1) & (SEEN - 1))
        if (seen[at] == state)
            return true;
    if (++states > SEEN / 2) {
        printf("%s: too many states: watch less\n", model->name);
        exit(1);
    }
    seen[at] = state;
    return false;
}

// All that may come next; which of them is taken. False: nothing can.
static bool
choose(struct choice *choice) {
    uint8_t options = 0;
    for (uint8_t i = 0; i < thread_count; i++) {
        if (threads[i].life == RUNNING && options++ == choice->taken)
            choice->thread = i, choice->death = false;
        if ((threads[i].life == RUNNING || threads[i].life == ASLEEP) && model->threads[i].mortal &&
            options++ == choice->taken)
            choice->thread = i, choice->death = true;
    }
    choice->options = options;
    return options != 0;
}

static void
prepare(void) {
    shared_count = watched_count = step = 0;
    memset(heap, 0, heap_used);
    heap_used = 0;
    model->setup();
    for (unsigned int i = 0; i < thread_count; i++) {
        struct coroutine *t = &threads[i];
        t->life = WAITING;
        memset(t->stack, 0, sizeof(t->stack));
        void **top = (void **)(t->stack + STACK) - 8; // six registers, and where to go; nowhere to return to
        top[6] = (void *)begin;
        t->top = top;
    }
}

static bool
anybody_died(void) {
    for (unsigned int i = 0; i < thread_count; i++)
        if (threads[i].life == DEAD)
            return true;
    return false;
}

// One schedule, to its end or to a state from which all has been tried.
static void
play(void) {
    prepare();
    for (;; step++) {
        begin_those_due();
        if (step == DEPTH)
            model_fail(__FILE__, __LINE__, "an end");
        struct choice *choice = &choices[step];
        if (step >= decided)
            choice->taken = 0;
        if (!choose(choice))
            break;
        if (step >= decided && seen_before(state_now()))
            return;
        if (step >= decided)
            decided = step + 1;
        if (choice->death) {
            threads[choice->thread].life = DEAD;
            continue;
        }
        current = choice->thread;
        switch_stack(&scheduler, threads[current].top);
        current = -1;
    }
    for (unsigned int i = 0; i < thread_count && !anybody_died(); i++)
        if (threads[i].life == ASLEEP) // a death is slept through till the timeout
            model_fail(__FILE__, __LINE__, "nobody sleeps for ever");
    model->check();
}

void
model_run(const struct model *which) {
    model = which;
    memset(seen, 0, sizeof(seen));
    schedules = states = decided = thread_count = 0;
    while (thread_count < MODEL_THREADS && model->threads[thread_count].body != NULL)
        thread_count++;
    do {
        play();
        schedules++;
        while (decided > 0 && choices[decided - 1].taken + 1 == choices[decided - 1].options)
            decided--;
        if (decided > 0)
            choices[decided - 1].taken++;
    } while (decided > 0);
    printf("%s: %lu schedules, %lu states\n", model->name, schedules, states);
}

// A futex in the product's code: waiters sleep until they are woken, never for a time.
long
syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    uint32_t *word = va_arg(arguments, uint32_t *);
    int operation = va_arg(arguments, int);
    uint32_t value = va_arg(arguments, uint32_t);
    va_end(arguments);
    if (number != SYS_futex)
        abort();
    touch(word, sizeof(*word));
    if (operation == FUTEX_WAIT && current >= 0) {
        if (*word != value) {
            errno = EAGAIN;
            return -1;
        }
        threads[current].life = ASLEEP;
        threads[current].bed = word;
        switch_stack(&threads[current].top, scheduler);
    }
    for (unsigned int i = 0; operation == FUTEX_WAKE && i < thread_count; i++)
        if (threads[i].life == ASLEEP && threads[i].bed == word)
            threads[i].life = RUNNING;
    return 0;
}

// What the compiler calls, under the names of ThreadSanitizer's runtime.
#define PLAIN(name, size)                                                                                              \
    void name(void *address);                                                                                          \
    void name(void *address) {                                                                                         \
        touch(address, size);                                                                                          \
    }
#define PLAIN_OF(size)                                                                                                 \
    PLAIN(__tsan_read##size, size)                                                                                     \
    PLAIN(__tsan_write##size, size)                                                                                    \
    PLAIN(__tsan_unaligned_read##size, size)                                                                           \
    PLAIN(__tsan_unaligned_write##size, size)
PLAIN_OF(1)
PLAIN_OF(2)
PLAIN_OF(4)
PLAIN_OF(8)
PLAIN_OF(16)

#define RANGE(name)                                                                                                    \
    void name(void *address, unsigned long size);                                                                      \
    void name(void *address, unsigned long size) {                                                                     \
        touch(address, size);                                                                                          \
    }
RANGE(__tsan_read_range)
RANGE(__tsan_write_range)

#define NOTHING(name)                                                                                                  \
    void name(void *ignored);                                                                                          \
    void name(void *ignored) {                                                                                         \
        (void)ignored;                                                                                                 \
    }
NOTHING(__tsan_init)
NOTHING(__tsan_func_entry)
NOTHING(__tsan_func_exit)
NOTHING(__tsan_atomic_signal_fence)

#define ATOMIC(bits, type)                                                                                             \
    type __tsan_atomic##bits##_load(const type *address, int order);                                                   \
    void __tsan_atomic##bits##_store(type *address, type value, int order);                                            \
    type __tsan_atomic##bits##_exchange(type *address, type value, int order);                                         \
    type __tsan_atomic##bits##_fetch_add(type *address, type value, int order);                                        \
    int __tsan_atomic##bits##_compare_exchange_strong(type *address, type *expected, type value, int order,            \
                                                      int other);                                                      \
    type __tsan_atomic##bits##_load(const type *address, int order) {                                                  \
        (void)order;                                                                                                   \
        touch(address, sizeof(type));                                                                                  \
        return *address;                                                                                               \
    }                                                                                                                  \
    void __tsan_atomic##bits##_store(type *address, type value, int order) {                                           \
        (void)order;                                                                                                   \
        touch(address, sizeof(type));                                                                                  \
        *address = value;                                                                                              \
    }                                                                                                                  \
    type __tsan_atomic##bits##_exchange(type *address, type value, int order) {                                        \
        (void)order;                                                                                                   \
        touch(address, sizeof(type));                                                                                  \
        type before = *address;                                                                                        \
        *address = value;                                                                                              \
        return before;                                                                                                 \
    }                                                                                                                  \
    type __tsan_atomic##bits##_fetch_add(type *address, type value, int order) {                                       \
        (void)order;                                                                                                   \
        touch(address, sizeof(type));                                                                                  \
        type before = *address;                                                                                        \
        *address = (type)(before + value);                                                                             \
        return before;                                                                                                 \
    }                                                                                                                  \
    int __tsan_atomic##bits##_compare_exchange_strong(type *address, type *expected, type value, int order,            \
                                                      int other) {                                                     \
        (void)order;                                                                                                   \
        (void)other;                                                                                                   \
        touch(address, sizeof(type));                                                                                  \
        type before = *address;                                                                                        \
        if (before == *expected)                                                                                       \
            *address = value;                                                                                          \
        bool done = before == *expected;                                                                               \
        *expected = before;                                                                                            \
        return done;                                                                                                   \
    }
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
