// SPDX-License-Identifier: BSD-3-Clause
#include "classifier_copy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"

static const struct jn_list_row counter_rows[] = {JN_CLASSIFY_COUNTERS(JN_LIST_COUNTER)};
static const struct jn_list_row ring_rows[] = {CLASSIFIER_RINGS(JN_LIST_COUNTER)};
const struct jn_list classify_counter_list = {counter_rows, sizeof(counter_rows) / sizeof(counter_rows[0])};
const struct jn_list classifier_ring_list = {ring_rows, sizeof(ring_rows) / sizeof(ring_rows[0])};
_Static_assert(sizeof(counter_rows) / sizeof(counter_rows[0]) * sizeof(uint64_t) ==
                   __builtin_offsetof(struct jn_classify_counters, flows_held),
               "the counters are those of the list");

// The heads of both regions; of a ring's content nothing is read.
static int
take_head(const char *instance, enum jn_region region, void *head, size_t size,
          int (*check)(const void *head, size_t size, char err[JN_ERR_MAX]), bool *alive, char err[JN_ERR_MAX]) {
    struct jn_shm shm;
    int rc = jn_shm_attach(&shm, instance, region, size, false, err);
    if (rc < 0)
        return rc;
    sample_copy(head, shm.base, size);
    rc = check(head, shm.size, err);
    *alive = jn_shm_writer_alive(&shm);
    jn_shm_detach(&shm);
    return rc;
}

static int
check_samples(const void *head, size_t size, char err[JN_ERR_MAX]) {
    return jn_samples_check(head, size, err);
}

static int
check_classified(const void *head, size_t size, char err[JN_ERR_MAX]) {
    return jn_classified_check(head, size, err);
}

static void
add_samples(struct classifier_copy *copy, const struct jn_samples_region *samples) {
    for (uint32_t w = 0; w < samples->worker_count; w++)
        copy->rings.samples_skipped += samples->rings[w].skipped;
}

// What waits is known only while both speak of one samples region.
static void
add_classified(struct classifier_copy *copy, const struct jn_samples_region *samples,
               const struct jn_classified_region *classified) {
    copy->threads = classified->thread_count;
    copy->flow_capacity = classified->flow_capacity;
    copy->pid = classified->pid;
    for (uint32_t t = 0; t < classified->thread_count; t++)
        sample_add(&copy->counters, &classified->counters[t], sizeof(copy->counters));
    copy->rings.flows_held = copy->counters.flows_held;
    for (uint32_t w = 0; w < classified->worker_count; w++) {
        const struct jn_answer_ring *answers = &classified->rings[w];
        uint64_t waiting = samples->rings[w].head - answers->samples_tail;
        copy->rings.answers_lost += answers->lost;
        if (w < samples->worker_count && answers->samples_boot == samples->header.boot &&
            waiting <= samples->rings[w].capacity)
            copy->rings.samples_waiting += waiting;
    }
}

void
classifier_take(struct classifier_copy *copy, const char *instance) {
    struct jn_samples_region samples;
    struct jn_classified_region classified;
    bool alive = false;
    *copy = (struct classifier_copy){.state = "off"};
    int rc = take_head(instance, JN_REGION_SAMPLES, &samples, sizeof(samples), check_samples, &alive, copy->detail);
    if (rc < 0) {
        if (rc == -ENOENT)
            copy->detail[0] = '\0';
        return;
    }
    copy->state = "away";
    add_samples(copy, &samples);
    rc = take_head(instance, JN_REGION_CLASSIFIED, &classified, sizeof(classified), check_classified, &alive,
                   copy->detail);
    if (rc == -ENOENT)
        snprintf(copy->detail, sizeof(copy->detail), "not running");
    if (rc < 0)
        return;
    add_classified(copy, &samples, &classified);
    copy->state = alive ? "running" : "away";
    snprintf(copy->detail, sizeof(copy->detail), "%s", alive ? "" : "killed: its region is still there");
}

bool
classifier_used(const struct classifier_copy *copy) {
    return strcmp(copy->state, "off") != 0;
}
