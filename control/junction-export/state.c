// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "state.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/statvfs.h>

#include "log.h"
#include "redo.h"

#define PAGE UINT64_C(4096)

struct part {
    uint64_t offset, size;
};

static uint64_t
whole_pages(uint64_t size) {
    return (size + PAGE - 1) / PAGE * PAGE;
}

enum { PART_VPG_BUCKETS, PART_VPGS, PART_BUCKETS, PART_FLOWS, PART_COUNT };

// Where the tables of an interval are; returns the end of the last one.
static uint64_t
layout(unsigned int interval, uint64_t capacity, struct part parts[PART_COUNT]) {
    const uint64_t sizes[PART_COUNT] = {
        whole_pages(STATE_VPG_BUCKETS * sizeof(uint64_t)),
        whole_pages(JN_MAX_VPGS * sizeof(struct state_vpg)),
        whole_pages(2 * capacity * sizeof(uint64_t)),
        whole_pages(capacity * sizeof(struct state_flow)),
    };
    uint64_t each = sizes[0] + sizes[1] + sizes[2] + sizes[3];
    uint64_t at = whole_pages(sizeof(struct state_region)) + interval * each;
    for (unsigned int i = 0; i < PART_COUNT; at += sizes[i++])
        parts[i] = (struct part){at, sizes[i]};
    return at;
}

static uint64_t
flows_size(uint64_t capacity) {
    return whole_pages(2 * capacity * sizeof(uint64_t)) + whole_pages(capacity * sizeof(struct state_flow));
}

static size_t
region_size(uint64_t capacity) {
    struct part parts[PART_COUNT];
    return layout(STATE_INTERVALS - 1, capacity, parts);
}

// Half of what is free must hold the flows of two full intervals: the region's memory is taken as it fills, and must be
// there then. What VPGs take is small beside.
static uint64_t
capacity_that_fits(void) {
    struct statvfs fs;
    uint64_t capacity = STATE_FLOWS;
    if (statvfs(jn_run_directory(), &fs) < 0)
        return STATE_FLOWS_MIN;
    uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize / 2;
    while (capacity > STATE_FLOWS_MIN && 2 * flows_size(capacity) > room)
        capacity /= 2;
    if (capacity < STATE_FLOWS)
        jn_log(JN_LOG_WARNING, "%s is small: summaries know %lu flows an interval one by one, not %u",
               jn_run_directory(), (unsigned long)capacity, STATE_FLOWS);
    return capacity;
}

// A region that was left keeps its size, whatever would be chosen today.
static uint64_t
capacity_left(const char *instance) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, instance, JN_REGION_EXPORT, sizeof(struct state_region), false, err) < 0)
        return 0;
    uint64_t capacity = ((const struct state_region *)shm.base)->flow_capacity;
    bool sound = capacity >= 1 && capacity <= STATE_FLOWS && (capacity & (capacity - 1)) == 0 &&
                 shm.size >= region_size(capacity);
    jn_shm_detach(&shm);
    return sound ? capacity : 0;
}

static bool
redo_sound(const struct redo_log *log, size_t size) {
    if (log->count > REDO_WRITES)
        return false;
    for (uint64_t i = 0; i < log->count; i++) {
        uint64_t offset = log->writes[i].offset, log_at = offsetof(struct state_region, redo);
        if (offset % 8 != 0 || offset < offsetof(struct state_region, records_boot) || offset > size - 8 ||
            (offset >= log_at && offset < sizeof(struct state_region)))
            return false;
    }
    return true;
}

static bool
interval_sound(const struct state *state, unsigned int number) {
    const struct state_interval *interval = &state->region->intervals[number];
    if (interval->use > STATE_CLEARING || interval->vpg_count > JN_MAX_VPGS ||
        interval->flow_count > state->flow_capacity)
        return false;
    for (uint64_t i = 0; interval->use != STATE_CLEARING && i < interval->vpg_count; i++)
        if (memchr(state->tables[number].vpgs[i].id, '\0', JN_VPG_ID_MAX) == NULL)
            return false;
    return true;
}

static bool
sound(const struct state *state) {
    if (state->region->flow_capacity != state->flow_capacity)
        return false;
    for (unsigned int i = 0; i < STATE_INTERVALS; i++)
        if (!interval_sound(state, i))
            return false;
    return true;
}

static void
place_tables(struct state *state) {
    char *base = state->shm.base;
    state->region = state->shm.base;
    for (unsigned int i = 0; i < STATE_INTERVALS; i++) {
        struct part parts[PART_COUNT];
        layout(i, state->flow_capacity, parts);
        state->tables[i] = (struct state_tables){
            .vpg_buckets = (uint64_t *)(base + parts[PART_VPG_BUCKETS].offset),
            .vpgs = (struct state_vpg *)(base + parts[PART_VPGS].offset),
            .buckets = (uint64_t *)(base + parts[PART_BUCKETS].offset),
            .flows = (struct state_flow *)(base + parts[PART_FLOWS].offset),
        };
    }
}

static int
create(struct state *state, const char *instance, bool reuse, char err[JN_ERR_MAX]) {
    uint64_t shape = sizeof(struct state_region) ^ (uint64_t)sizeof(struct state_vpg) << 20 ^
                     (uint64_t)sizeof(struct state_flow) << 32 ^ state->flow_capacity << 40;
    int rc = jn_shm_create(&state->shm, instance, JN_REGION_EXPORT, region_size(state->flow_capacity), shape, false,
                           reuse, err);
    if (rc < 0)
        return rc;
    place_tables(state);
    if (rc == 1)
        return 1;
    state->region->flow_capacity = state->flow_capacity;
    if (getrandom(&state->region->seed, sizeof(state->region->seed), 0) < 0)
        state->region->seed = state->region->header.boot;
    jn_shm_ready(&state->shm);
    return 0;
}

// Finish what the one before left half done. False when what it left cannot be believed.
static bool
take_over_state(struct state *state) {
    if (!redo_sound(&state->region->redo, state->shm.size))
        return false;
    redo_apply(state->region, state->region->redo.count);
    __atomic_store_n(&state->region->redo.count, 0, __ATOMIC_RELEASE);
    if (!sound(state))
        return false;
    for (unsigned int i = 0; i < STATE_INTERVALS; i++)
        if (state->region->intervals[i].use == STATE_CLEARING)
            state_clear(state, i);
    return true;
}

int
state_open(struct state *state, const char *instance, uint64_t flow_capacity, char err[JN_ERR_MAX]) {
    *state = (struct state){.shm.fd = -1};
    uint64_t left = jn_instance_valid(instance) ? capacity_left(instance) : 0;
    state->flow_capacity = left != 0 ? left : flow_capacity != 0 ? flow_capacity : capacity_that_fits();
    int rc = create(state, instance, true, err);
    if (rc <= 0 || take_over_state(state))
        return rc;
    jn_log(JN_LOG_ERROR, "%s: not sound, made anew: the summaries of open intervals lack what was counted before",
           state->shm.path);
    jn_shm_remove(&state->shm);
    return create(state, instance, false, err);
}

static void
give_back(struct state *state, const struct part *part) {
    char *start = (char *)state->shm.base + part->offset;
    if (madvise(start, part->size, MADV_REMOVE) < 0)
        memset(start, 0, part->size);
}

void
state_clear(struct state *state, unsigned int number) {
    struct part parts[PART_COUNT];
    layout(number, state->flow_capacity, parts);
    for (unsigned int i = 0; i < PART_COUNT; i++)
        give_back(state, &parts[i]);
    __atomic_store_n(&state->region->intervals[number].use, STATE_FREE, __ATOMIC_RELEASE);
}

void
state_close(struct state *state, bool remove) {
    if (remove)
        jn_shm_remove(&state->shm);
    else
        jn_shm_detach(&state->shm);
}
