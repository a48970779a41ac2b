// SPDX-License-Identifier: BSD-3-Clause
#include "counters_view.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "contract.h"

static int
check_region(struct jn_counters_view *view, char err[JN_ERR_MAX]) {
    const struct jn_counters_region *region = view->shm.base;
    view->worker_count = region->worker_count;
    view->port_count = region->port_count;
    view->wire_count = region->wire_count;
    view->vpg_capacity = region->vpg_capacity;
    if (view->worker_count > JN_MAX_WORKERS || view->port_count > JN_MAX_PORTS || view->wire_count > JN_MAX_WIRES) {
        snprintf(err, JN_ERR_MAX, "counters region: expected at most %d workers, %d ports, %d wires, found %u, %u, %u",
                 JN_MAX_WORKERS, JN_MAX_PORTS, JN_MAX_WIRES, view->worker_count, view->port_count, view->wire_count);
        return -EPROTO;
    }
    if (view->vpg_capacity > JN_MAX_VPGS || jn_counters_size(view->worker_count, view->vpg_capacity) > view->shm.size) {
        snprintf(err, JN_ERR_MAX, "counters region: too short for its %u workers and %u VPGs", view->worker_count,
                 view->vpg_capacity);
        return -EPROTO;
    }
    view->region = region;
    return 0;
}

int
jn_counters_open(struct jn_counters_view *view, const char *instance, char err[JN_ERR_MAX]) {
    *view = (struct jn_counters_view){.shm.fd = -1};
    int rc = jn_shm_attach(&view->shm, instance, JN_REGION_COUNTERS, sizeof(struct jn_counters_region), false, err);
    if (rc < 0)
        return rc;
    rc = check_region(view, err);
    if (rc < 0)
        jn_counters_close(view);
    return rc;
}

void
jn_counters_close(struct jn_counters_view *view) {
    view->region = NULL;
    jn_shm_detach(&view->shm);
}

bool
jn_counters_current(const struct jn_counters_view *view, const char *instance) {
    struct stat st;
    return view->region != NULL && fstat(view->shm.fd, &st) == 0 && (size_t)st.st_size >= view->shm.size &&
           !jn_shm_replaced(&view->shm, instance, JN_REGION_COUNTERS);
}

static uint64_t
worker_generation(const struct jn_counters_view *view, unsigned int worker) {
    return __atomic_load_n(&view->region->workers[worker].generation, __ATOMIC_ACQUIRE);
}

uint64_t
jn_counters_lowest_generation(const struct jn_counters_view *view) {
    jn_require(view->region != NULL || view->worker_count == 0);
    uint64_t lowest = view->worker_count > 0 ? UINT64_MAX : 0;
    for (unsigned int w = 0; w < view->worker_count; w++)
        if (worker_generation(view, w) < lowest)
            lowest = worker_generation(view, w);
    return lowest;
}

uint64_t
jn_counters_highest_generation(const struct jn_counters_view *view) {
    uint64_t highest = 0;
    for (unsigned int w = 0; w < view->worker_count; w++)
        if (worker_generation(view, w) > highest)
            highest = worker_generation(view, w);
    return highest;
}

const struct jn_vpg_counters *
jn_counters_vpg(const struct jn_counters_view *view, unsigned int worker, uint16_t vpg_idx) {
    if (worker >= view->worker_count || vpg_idx >= view->vpg_capacity ||
        vpg_idx >= __atomic_load_n(&view->region->vpg_used, __ATOMIC_ACQUIRE))
        return NULL;
    size_t offset = jn_counters_vpgs_offset(view->worker_count, worker, view->vpg_capacity);
    return (const struct jn_vpg_counters *)((const char *)view->region + offset) + vpg_idx;
}

const char *
jn_counters_text(const char *text, size_t size, char *out, size_t out_size) {
    jn_require_always(out_size > 0);
    size_t n = 0;
    for (; n < size && n + 1 < out_size && text[n] != '\0'; n++)
        out[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    out[n] = '\0';
    return out;
}
