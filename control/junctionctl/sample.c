// SPDX-License-Identifier: BSD-3-Clause
#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clock_read.h"
#include "commands.h"

enum { BETWEEN_MS = 200, COPY_TRIES = 4 };

uint64_t
sample_workers_ns(const struct sample *sample) {
    return sample_now_ns() - sample->region->clock_offset_ns;
}

uint64_t
sample_now_ns(void) {
    return jn_clock_read(CLOCK_REALTIME);
}

uint64_t
sample_monotonic_ns(void) {
    return jn_clock_read(CLOCK_MONOTONIC);
}

// Room for a copy; NULL: no memory.
static void *
sample_room(size_t size) {
    return aligned_alloc(64, (size + 63) / 64 * 64);
}

void
sample_copy(void *to, const void *region, size_t size) {
    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        ((uint64_t *)to)[i] = jn_counters_load((const uint64_t *)region + i);
}

void
sample_add(void *total, const void *counters, size_t size) {
    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        ((uint64_t *)total)[i] += ((const uint64_t *)counters)[i];
}

int
sample_attach(struct jn_shm *shm, const char *instance, enum jn_region region, size_t size, const char *missing,
              char err[JN_ERR_MAX]) {
    int rc = jn_shm_attach(shm, instance, region, size, false, err);
    if (rc == -ENOENT)
        snprintf(err, JN_ERR_MAX, "junction-dataplane of instance %s %s", instance, missing);
    return rc;
}

// The copy is what is checked, since the region may change. What is just being entered may look unsound once.
static int
copy_region(const struct sample_region *kind, const struct jn_shm *shm, void **copy, char err[JN_ERR_MAX]) {
    struct jn_region_extent extent;
    int rc = kind->extent(shm->base, shm->size, &extent, err);
    if (rc < 0)
        return rc;
    size_t size = kind->size(extent.workers, extent.vpg_used);
    *copy = sample_room(size);
    if (*copy == NULL) {
        snprintf(err, JN_ERR_MAX, "out of memory");
        return -ENOMEM;
    }
    rc = -EPROTO;
    for (int i = 0; rc < 0 && i < COPY_TRIES; i++) {
        kind->copy(*copy, shm->base, &extent);
        rc = kind->check(*copy, size, err);
    }
    return rc;
}

void *
sample_take_region(const struct sample_region *kind, const char *instance, char err[JN_ERR_MAX]) {
    struct jn_shm shm;
    void *copy = NULL;
    if (sample_attach(&shm, instance, kind->region, kind->size(0, 0), kind->missing, err) < 0)
        return NULL;
    if (copy_region(kind, &shm, &copy, err) < 0) {
        free(copy);
        copy = NULL;
    }
    jn_shm_detach(&shm);
    return copy;
}

int
sample_take(struct sample *sample, const char *instance, char err[JN_ERR_MAX]) {
    struct jn_counters_view view;
    *sample = (struct sample){0};
    int rc = jn_counters_open(&view, instance, err);
    if (rc == -ENOENT)
        snprintf(err, JN_ERR_MAX, "junction-dataplane of instance %s is not running", instance);
    if (rc < 0)
        return rc;
    size_t size = jn_counters_size(view.worker_count, 0);
    void *copy = sample_room(size);
    if (copy == NULL) {
        jn_counters_close(&view);
        snprintf(err, JN_ERR_MAX, "out of memory");
        return -ENOMEM;
    }
    sample_copy(copy, view.region, size);
    *sample = (struct sample){.region = copy,
                              .worker_count = view.worker_count,
                              .port_count = view.port_count,
                              .wire_count = view.wire_count,
                              .monotonic_ns = jn_clock_read(CLOCK_MONOTONIC),
                              .alive = jn_shm_writer_alive(&view.shm)};
    jn_counters_close(&view);
    return 0;
}

void
sample_free(struct sample *sample) {
    free(sample->region);
    sample->region = NULL;
}

int
sample_pair(struct sample pair[2], const char *instance, char err[JN_ERR_MAX]) {
    pair[1] = (struct sample){0};
    int rc = sample_take(&pair[0], instance, err);
    if (rc < 0)
        return rc;
    if (pair[0].alive)
        nanosleep(&(struct timespec){.tv_nsec = BETWEEN_MS * 1000000L}, NULL);
    rc = sample_take(&pair[1], instance, err);
    if (rc == 0 && (pair[0].region->header.boot != pair[1].region->header.boot ||
                    pair[0].worker_count != pair[1].worker_count || pair[0].port_count != pair[1].port_count)) {
        snprintf(err, JN_ERR_MAX, "the dataplane was restarted meanwhile");
        rc = -EAGAIN;
    }
    if (rc < 0)
        sample_pair_free(pair);
    return rc;
}

void
sample_pair_free(struct sample pair[2]) {
    sample_free(&pair[0]);
    sample_free(&pair[1]);
}

double
sample_rate(const struct sample pair[2], uint64_t before, uint64_t after) {
    uint64_t ns = pair[1].monotonic_ns - pair[0].monotonic_ns;
    return ns == 0 || after < before ? 0 : (double)(after - before) * 1e9 / (double)ns;
}

int
sample_show(const struct invocation *invocation, const char *name, const struct column *columns, size_t count,
            void (*show_rows)(struct view *view, const struct sample pair[2], bool all)) {
    struct sample pair[2];
    struct view view;
    char err[JN_ERR_MAX];
    if (sample_pair(pair, invocation->instance, err) < 0)
        return sample_fail(err);
    view_open(&view, invocation->json, NULL);
    view_list(&view, name, columns, count);
    show_rows(&view, pair, invocation->all);
    view_close(&view);
    sample_pair_free(pair);
    return COMMAND_DONE;
}

struct jn_policy *
sample_policy(const char *instance) {
    struct jn_shm shm;
    struct jn_policy *policy = NULL;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, instance, JN_REGION_POLICY, jn_policy_region_size(), false, err) < 0)
        return NULL;
    if (jn_policy_copy(shm.base, shm.size, &policy, err) < 0)
        policy = NULL;
    jn_shm_detach(&shm);
    return policy;
}

int
sample_fail(const char *err) {
    fprintf(stderr, "junctionctl: %s\n", err);
    return COMMAND_FAILED;
}
