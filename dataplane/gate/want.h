// SPDX-License-Identifier: BSD-3-Clause
// Hosts of virtual networks that a worker has a packet for and does not know: a note to the worker that owns the gate.
// One for each gate; a later one takes the place of an earlier, for the next packet will want it again.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct jn_want {
    uint32_t version; // odd while somebody writes
    uint8_t family;   // 0: nothing is wanted
    uint8_t reserved[3];
    uint8_t address[16];
};

struct jn_wants {
    uint32_t vpgs;
    struct jn_want of[]; // by slot
};

// Main thread. NULL: no memory.
static inline struct jn_wants *
jn_wants_make(uint32_t vpgs) {
    struct jn_wants *wants = calloc(1, sizeof(*wants) + vpgs * sizeof(struct jn_want));
    if (wants != NULL)
        wants->vpgs = vpgs;
    return wants;
}

// Any worker.
static inline void
jn_want_put(struct jn_wants *wants, uint16_t slot, uint8_t family, const uint8_t address[16]) {
    struct jn_want *want = &wants->of[slot];
    uint32_t version = __atomic_load_n(&want->version, __ATOMIC_RELAXED);
    if (version % 2 != 0 ||
        !__atomic_compare_exchange_n(&want->version, &version, version + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    want->family = family;
    __builtin_memcpy(want->address, address, 16);
    __atomic_store_n(&want->version, version + 2, __ATOMIC_RELEASE);
}

// The owner. False: nothing is wanted.
static inline bool
jn_want_take(struct jn_wants *wants, uint16_t slot, struct jn_want *out) {
    struct jn_want *want = &wants->of[slot];
    uint32_t version = __atomic_load_n(&want->version, __ATOMIC_RELAXED);
    if (want->family == 0 || version % 2 != 0 ||
        !__atomic_compare_exchange_n(&want->version, &version, version + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return false;
    *out = *want;
    want->family = 0;
    __atomic_store_n(&want->version, version + 2, __ATOMIC_RELEASE);
    return true;
}
