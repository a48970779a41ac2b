// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "publish.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock_read.h"
#include "log.h"

#define POLICY_LAYOUT    UINT64_C(1)
#define GENERATION_LIMIT (UINT64_C(1) << 48) // what no honest dataplane has come to
enum { POLL_US = 200, WAIT_US = 2000000 };

static uint64_t
now_us(void) {
    return jn_clock_read(CLOCK_MONOTONIC) / 1000;
}

static int
create_region(struct publisher *publisher, bool reuse, char err[JN_ERR_MAX]) {
    int rc = jn_shm_create(&publisher->region, publisher->instance, JN_REGION_POLICY, jn_policy_region_size(),
                           POLICY_LAYOUT, false, reuse, err);
    if (rc == 0) {
        jn_policy_region_init(publisher->region.base);
        jn_shm_ready(&publisher->region);
    }
    return rc;
}

int
publisher_open(struct publisher *publisher, const char *instance, char err[JN_ERR_MAX]) {
    *publisher = (struct publisher){.instance = instance, .region.fd = -1, .counters.shm.fd = -1};
    int rc = create_region(publisher, true, err);
    if (rc <= 0)
        return rc;
    rc = jn_policy_copy(publisher->region.base, publisher->region.size, &publisher->policy, err);
    if (rc == 0 || rc == -ENOENT)
        return 0;
    jn_log(JN_LOG_WARNING, "the policy region that was left is made anew: %s", err);
    jn_shm_remove(&publisher->region);
    return create_region(publisher, false, err);
}

bool
publisher_dataplane(struct publisher *publisher) {
    char err[JN_ERR_MAX];
    struct jn_counters_view *view = &publisher->counters;
    if (view->region != NULL && !jn_counters_current(view, publisher->instance))
        jn_counters_close(view);
    if (view->region == NULL) {
        static struct jn_log_limit limit;
        int rc = jn_counters_open(view, publisher->instance, err);
        if (rc < 0 && rc != -ENOENT)
            jn_log_limited(&limit, 1, JN_LOG_WARNING, "the dataplane's counters cannot be read: %s", err);
    }
    return view->region != NULL && jn_shm_writer_alive(&view->shm);
}

static uint64_t
region_generation(const struct publisher *publisher) {
    const struct jn_policy_region *region = publisher->region.base;
    return __atomic_load_n(&region->generation, __ATOMIC_RELAXED);
}

static bool
refused(const struct publisher *publisher, uint64_t generation) {
    return generation != 0 &&
           __atomic_load_n(&publisher->counters.region->policy_error, __ATOMIC_ACQUIRE) == generation;
}

const char *
publisher_refusal(struct publisher *publisher, char *text, size_t size) {
    if (!publisher_dataplane(publisher) || !refused(publisher, region_generation(publisher)))
        return NULL;
    const struct jn_counters_region *region = publisher->counters.region;
    return jn_counters_text(region->policy_error_text, sizeof(region->policy_error_text), text, size);
}

// Every worker has it, or the dataplane refused it, or there is none any more: nothing more will happen.
static bool
is_acknowledged(const struct publisher *publisher, uint64_t generation) {
    return !jn_shm_writer_alive(&publisher->counters.shm) ||
           jn_counters_lowest_generation(&publisher->counters) >= generation || refused(publisher, generation);
}

static bool
wait_settled(struct publisher *publisher, uint64_t generation) {
    uint64_t start = now_us();
    if (!publisher_dataplane(publisher))
        return true;
    while (!is_acknowledged(publisher, generation)) {
        if (now_us() - start > WAIT_US)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = POLL_US * 1000}, NULL);
    }
    return true;
}

// It came into force since the last look.
static void
note_force(struct publisher *publisher, uint64_t generation, uint64_t boot) {
    bool timed = publisher->force.generation != generation && publisher->published_us != 0;
    publisher->force = (struct policy_force){
        .generation = generation,
        .boot = boot,
        .microseconds = timed ? now_us() - publisher->published_us : 0,
        .since_ns = publisher->looked ? jn_clock_read(CLOCK_REALTIME) : 0,
    };
}

void
publisher_look(struct publisher *publisher, struct publication *publication) {
    const struct policy_force *force = &publisher->force;
    publication->generation = region_generation(publisher);
    publication->dataplane = publisher_dataplane(publisher);
    publication->in_force = publication->dataplane &&
                            jn_counters_lowest_generation(&publisher->counters) >= publication->generation &&
                            !refused(publisher, publication->generation);
    uint64_t boot = publication->in_force ? publisher->counters.region->header.boot : 0;
    if (publication->in_force && (force->generation != publication->generation || force->boot != boot))
        note_force(publisher, publication->generation, boot);
    publisher->looked = true;
    publication->force = *force;
}

static int
publish_and_wait(struct publisher *publisher, struct jn_policy *policy, struct publication *publication,
                 char err[JN_ERR_MAX]) {
    bool alive = publisher_dataplane(publisher);
    uint64_t acknowledged = alive ? jn_counters_highest_generation(&publisher->counters) : 0;
    policy->generation = acknowledged < GENERATION_LIMIT ? acknowledged : 0;
    uint64_t start = alive ? now_us() : 0;
    int rc = jn_policy_back(&publisher->region, policy->length);
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "%s: no room for %u bytes: %s", publisher->region.path, policy->length,
                 strerror(-rc));
    else
        rc = jn_policy_publish(publisher->region.base, policy, err);
    if (rc < 0)
        return rc;
    publisher->said_refused = false;
    publisher->looked = true;
    publisher->published_us = start;
    wait_settled(publisher, policy->generation);
    publisher_look(publisher, publication);
    return 0;
}

static void
publish_again(struct publisher *publisher) {
    char err[JN_ERR_MAX];
    struct publication publication;
    if (publisher->policy != NULL && publish_and_wait(publisher, publisher->policy, &publication, err) < 0)
        jn_log(JN_LOG_ERROR, "the policy before cannot be published again: %s", err);
}

int
publisher_publish(struct publisher *publisher, struct jn_policy *policy, struct publication *publication,
                  char err[JN_ERR_MAX]) {
    char text[256];
    uint64_t last = region_generation(publisher);
    if (!wait_settled(publisher, last)) {
        snprintf(err, JN_ERR_MAX,
                 "generation %llu is not in force at every worker of the dataplane after 2 s: nothing was changed",
                 (unsigned long long)last);
        return -EBUSY;
    }
    int rc = publish_and_wait(publisher, policy, publication, err);
    if (rc < 0)
        return rc;
    const char *refusal = publisher_refusal(publisher, text, sizeof(text));
    if (refusal != NULL && publisher->policy != NULL) {
        snprintf(err, JN_ERR_MAX, "the dataplane refused generation %llu: %s",
                 (unsigned long long)publication->generation, refusal);
        publish_again(publisher);
        return -EREMOTEIO;
    }
    free(publisher->policy);
    publisher->policy = policy;
    return 0;
}

bool
publisher_same(const struct publisher *publisher, const struct jn_policy *policy) {
    size_t start = offsetof(struct jn_policy, crc) + sizeof(policy->crc);
    return publisher->policy != NULL && publisher->policy->length == policy->length &&
           memcmp((const char *)publisher->policy + start, (const char *)policy + start, policy->length - start) == 0;
}

void
publisher_close(struct publisher *publisher, bool remove) {
    free(publisher->policy);
    publisher->policy = NULL;
    jn_counters_close(&publisher->counters);
    if (remove)
        jn_shm_remove(&publisher->region);
    else
        jn_shm_detach(&publisher->region);
}
