// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "policy.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "contract.h"
#include "policy_check.h"
#include "seqlock.h"

enum { COPY_TRIES = 8 };

void
jn_policy_region_init(struct jn_policy_region *region) {
    jn_require_always(region->generation == 0); // readers may be at what is published already
    region->slot_offset[0] = 4096;
    region->slot_offset[1] = 4096 + JN_POLICY_SLOT_BYTES;
}

static const struct jn_policy *
slot_of(const struct jn_policy_region *region, uint64_t generation) {
    // The offsets are part of the ABI, so the region's own words for them need not be believed.
    return (const void *)((const char *)region + 4096 + (generation & 1) * (size_t)JN_POLICY_SLOT_BYTES);
}

int
jn_policy_copy(const struct jn_policy_region *region, size_t region_size, struct jn_policy **out,
               char err[JN_ERR_MAX]) {
    jn_require(out != NULL);
    if (region_size < jn_policy_region_size())
        return jn_policy_error(err, "region too small", (uint32_t)region_size);
    int rc = -EPROTO;
    for (int i = 0; i < COPY_TRIES; i++) {
        uint64_t generation = __atomic_load_n(&region->generation, __ATOMIC_ACQUIRE);
        if (generation == 0) {
            snprintf(err, JN_ERR_MAX, "policy: none published yet");
            return -ENOENT;
        }
        const struct jn_policy *slot = slot_of(region, generation);
        uint32_t length = __atomic_load_n(&slot->length, __ATOMIC_RELAXED);
        if (length < sizeof(*slot) || length > JN_POLICY_SLOT_BYTES)
            return jn_policy_error(err, "length beyond its slot", length);
        struct jn_policy *copy = malloc(length);
        if (copy == NULL)
            return -ENOMEM;
        jn_seq_load(copy, slot, length);
        rc = jn_policy_validate(copy, length, err);
        // The slot is written to again only once a later generation is there: then what was copied may be of two.
        if (rc == 0 && copy->generation == generation &&
            __atomic_load_n(&region->generation, __ATOMIC_RELAXED) == generation) {
            *out = copy;
            return 0;
        }
        free(copy);
    }
    return rc < 0 ? rc : jn_policy_error(err, "generation and slot disagree", 0);
}

int
jn_policy_publish(struct jn_policy_region *region, struct jn_policy *policy, char err[JN_ERR_MAX]) {
    jn_require((uintptr_t)policy % 8 == 0 && (const char *)policy != (const char *)slot_of(region, 0) &&
               (const char *)policy != (const char *)slot_of(region, 1)); // in private memory
    uint64_t last = policy->generation > region->generation ? policy->generation : region->generation;
    uint64_t generation = last + 1;
    policy->generation = generation;
    if (policy->length < sizeof(*policy) || policy->length > JN_POLICY_SLOT_BYTES) {
        snprintf(err, JN_ERR_MAX, "policy: %u bytes, at most %u", policy->length, JN_POLICY_SLOT_BYTES);
        return -E2BIG;
    }
    policy->crc = jn_policy_checksum(policy);
    int rc = jn_policy_validate(policy, policy->length, err);
    if (rc < 0)
        return rc;
    jn_seq_store((void *)slot_of(region, generation), policy, policy->length);
    __atomic_store_n(&region->generation, generation, __ATOMIC_RELEASE);
    __atomic_store_n(&region->wake, (uint32_t)generation, __ATOMIC_RELEASE);
    syscall(SYS_futex, &region->wake, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    return 0;
}

uint64_t
jn_policy_wait(const struct jn_policy_region *region, uint64_t seen, int timeout_ms) {
    jn_require(timeout_ms >= 0);
    uint64_t now = __atomic_load_n(&region->generation, __ATOMIC_ACQUIRE);
    if (now != seen)
        return now;
    struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
    syscall(SYS_futex, &region->wake, FUTEX_WAIT, (uint32_t)seen, &timeout, NULL, 0);
    return __atomic_load_n(&region->generation, __ATOMIC_ACQUIRE);
}
