// SPDX-License-Identifier: BSD-3-Clause
// Resolution requests: a worker has a packet for a host whose MAC address is unknown, and asks the worker that owns the
// gate. There is one for each gate. A later one overwrites an earlier one, whose next packet requests it again.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct jn_resolution {
    uint32_t version; // odd while somebody writes
    uint8_t family;   // 0: no request
    uint8_t reserved[3];
    uint8_t address[16];
};

struct jn_resolutions {
    uint32_t vpgs;
    struct jn_resolution of[]; // by VPG index
};

// Main thread. NULL: no memory.
static inline struct jn_resolutions *
jn_resolutions_make(uint32_t vpgs) {
    struct jn_resolutions *resolutions = calloc(1, sizeof(*resolutions) + vpgs * sizeof(struct jn_resolution));
    if (resolutions != NULL)
        resolutions->vpgs = vpgs;
    return resolutions;
}

// Any worker.
static inline void
jn_resolution_request(struct jn_resolutions *resolutions, uint16_t vpg_idx, uint8_t family, const uint8_t address[16]) {
    struct jn_resolution *request = &resolutions->of[vpg_idx];
    uint32_t version = __atomic_load_n(&request->version, __ATOMIC_RELAXED);
    if (version % 2 != 0 || !__atomic_compare_exchange_n(&request->version, &version, version + 1, false,
                                                         __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    __atomic_store_n(&request->family, family, __ATOMIC_RELAXED);
    __builtin_memcpy(request->address, address, 16);
    __atomic_store_n(&request->version, version + 2, __ATOMIC_RELEASE);
}

// The owner. False: there is no request.
static inline bool
jn_resolution_take(struct jn_resolutions *resolutions, uint16_t vpg_idx, struct jn_resolution *out) {
    struct jn_resolution *request = &resolutions->of[vpg_idx];
    uint32_t version = __atomic_load_n(&request->version, __ATOMIC_RELAXED);
    if (__atomic_load_n(&request->family, __ATOMIC_RELAXED) == 0 || version % 2 != 0 ||
        !__atomic_compare_exchange_n(&request->version, &version, version + 1, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    out->family = request->family;
    __builtin_memcpy(out->address, request->address, sizeof(out->address));
    __atomic_store_n(&request->family, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&request->version, version + 2, __ATOMIC_RELEASE);
    return true;
}
