// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "shm_guard.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

enum { GUARDS = 32 };

// Writer: the main thread. Readers: the handler, in any thread. `base` is stored last (release), 0: free.
static struct {
    uintptr_t base;
    size_t size;
} guards[GUARDS];
static struct sigaction before;
static bool cut; // Writer: the handler, relaxed

// Nothing here but calls that a handler may make.
static void
on_bus_error(int number, siginfo_t *info, void *context) {
    (void)context;
    uintptr_t at = (uintptr_t)info->si_addr;
    for (int i = 0; i < GUARDS; i++) {
        uintptr_t base = __atomic_load_n(&guards[i].base, __ATOMIC_ACQUIRE);
        if (base == 0 || at < base || at - base >= guards[i].size)
            continue;
        // The whole of it: a part of a huge page cannot be replaced. Private, so that a test that writes may go on.
        if (mmap((void *)base, guards[i].size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
            break;
        __atomic_store_n(&cut, true, __ATOMIC_RELAXED);
        return;
    }
    sigaction(number, &before, NULL); // the same instruction ends the process, or goes to who was there before
}

// Each time: others have the signal for a while, and give it back as they found it.
static void
install(void) {
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER}, now;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, NULL, &now) < 0 || ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_bus_error))
        return;
    before = now;
    sigaction(SIGBUS, &action, NULL);
}

void
jn_shm_guard(void *base, size_t size) {
    install();
    for (int i = 0; i < GUARDS; i++) {
        if (guards[i].base != 0)
            continue;
        guards[i].size = size;
        __atomic_store_n(&guards[i].base, (uintptr_t)base, __ATOMIC_RELEASE);
        return;
    }
}

void
jn_shm_unguard(const void *base) {
    for (int i = 0; i < GUARDS; i++)
        if (guards[i].base == (uintptr_t)base)
            __atomic_store_n(&guards[i].base, 0, __ATOMIC_RELEASE);
}

bool
jn_shm_was_cut(void) {
    return __atomic_load_n(&cut, __ATOMIC_RELAXED);
}
