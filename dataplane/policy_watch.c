// SPDX-License-Identifier: BSD-3-Clause
#include "policy_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "worker.h"

enum { ACKNOWLEDGE_POLL_NS = 20000 };

static void
pause_ms(int ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

// junction-control may come later than us, go, and come again with a region of its own.
static bool
attached(struct jn_app *app) {
    char err[JN_ERR_MAX];
    struct jn_shm now;
    bool fresh = app->policy_shm.base == NULL;
    if (!fresh && !jn_shm_replaced(&app->policy_shm, app->options.instance, JN_REGION_POLICY))
        return true;
    if (jn_shm_attach(&now, app->options.instance, JN_REGION_POLICY, jn_policy_region_size(), false, err) < 0) {
        if (fresh && !app->policy_waiting_said)
            jn_log(JN_LOG_INFO, "waiting for a policy from junction-control; until then frames pass uninspected");
        app->policy_waiting_said = true;
        return !fresh; // the old mapping stays readable, and its policy in force
    }
    if (!fresh)
        jn_shm_detach(&app->policy_shm);
    app->policy_shm = now;
    app->policy_seen = 0;
    return true;
}

static void
refuse(struct jn_app *app, uint64_t generation, const char *why) {
    jn_log(JN_LOG_ERROR, "policy generation %lu refused: %s", (unsigned long)generation, why);
    snprintf(app->counters->policy_error_text, sizeof(app->counters->policy_error_text), "%.191s", why);
    __atomic_store_n(&app->counters->policy_error, generation, __ATOMIC_RELEASE);
}

static bool
wire_missing(const struct jn_app *app, const struct jn_policy *policy, char err[JN_ERR_MAX]) {
    for (uint32_t i = 0; i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[i];
        if (vpg->wire < app->options.wire_count)
            continue;
        snprintf(err, JN_ERR_MAX, "VPG %s is on wire %u, and the dataplane was started with %u: restart it", vpg->id, vpg->wire,
                 app->options.wire_count);
        return true;
    }
    return false;
}

static void
wait_for_workers(const struct jn_app *app, uint64_t generation) {
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        while (__atomic_load_n(&app->counters->workers[i].generation, __ATOMIC_ACQUIRE) != generation && !app->stop)
            nanosleep(&(struct timespec){.tv_nsec = ACKNOWLEDGE_POLL_NS}, NULL);
}

static void
bring_into_force(struct jn_app *app, struct jn_ruleset *rules) {
    struct jn_ruleset *former = app->rules;
    uint64_t generation = rules->policy->generation;
    jn_log_set_level((enum jn_log_level)rules->policy->log_level);
    __atomic_store_n(&app->rules, rules, __ATOMIC_RELEASE);
    wait_for_workers(app, generation);
    jn_log(JN_LOG_DEBUG, "policy generation %lu in force", (unsigned long)generation);
    if (!app->stop)
        jn_ruleset_free(former);
}

bool
jn_policy_watch(struct jn_app *app, int timeout_ms) {
    char err[JN_ERR_MAX];
    struct jn_policy *policy;
    if (!attached(app)) {
        pause_ms(timeout_ms);
        return false;
    }
    const struct jn_policy_region *region = app->policy_shm.base;
    uint64_t generation = jn_policy_wait(region, app->policy_seen, timeout_ms);
    if (generation == app->policy_seen || generation == 0)
        return false;
    app->policy_seen = generation;
    int rc = jn_policy_copy(region, app->policy_shm.size, &policy, err);
    if (rc < 0) {
        refuse(app, generation, err);
        return false;
    }
    // A restarted control publishes what is in force already under a number that is: nothing to do.
    if (app->rules != NULL && app->rules->policy->generation == policy->generation) {
        free(policy);
        return false;
    }
    struct jn_ruleset *rules = wire_missing(app, policy, err) ? NULL : jn_ruleset_build(policy, err);
    if (rules == NULL) {
        refuse(app, generation, err);
        free(policy);
        return false;
    }
    bring_into_force(app, rules);
    return true;
}

void
jn_policy_stop(struct jn_app *app) {
    jn_ruleset_free(app->rules);
    app->rules = NULL;
    if (app->policy_shm.base != NULL)
        jn_shm_detach(&app->policy_shm);
}
