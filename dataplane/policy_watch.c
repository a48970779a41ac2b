// SPDX-License-Identifier: BSD-3-Clause
#include "policy_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock_watch.h"
#include "core/option_sizes.h"
#include "flow/unreported.h"
#include "policy/adjacency.h"
#include "policy/ruleset.h"
#include "port/xdp_steer.h"
#include "regions.h"
#include "worker/worker_wait.h"
#include "worker/worker_watch.h"

enum { ACKNOWLEDGE_POLL_NS = 20000, SWEPT_POLL_NS = 1000000 };

// junction-control may come later than us, go, and come again with a region of its own.
static bool
attach_policy(struct jn_app *app) {
    static struct jn_log_limit limit;
    char err[JN_ERR_MAX];
    struct jn_shm now;
    bool fresh = app->policy_shm.base == NULL;
    if (!fresh && !jn_shm_replaced(&app->policy_shm, app->options.instance, JN_REGION_POLICY))
        return true;
    int rc = jn_shm_attach(&now, app->options.instance, JN_REGION_POLICY, jn_policy_region_size(), false, err);
    if (rc < 0) {
        if (rc != -ENOENT)
            jn_log_limited(&limit, 1, JN_LOG_WARNING, "no policy is taken: %s", err);
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
policy_refused(struct jn_app *app, uint64_t generation, const char *why) {
    jn_log(JN_LOG_ERROR, "policy generation %lu refused: %s", (unsigned long)generation, why);
    snprintf(app->counters->policy_error_text, sizeof(app->counters->policy_error_text), "%.191s", why);
    __atomic_store_n(&app->counters->policy_error, generation, __ATOMIC_RELEASE);
}

static bool
wire_missing(const struct jn_app *app, const struct jn_policy *policy, char err[JN_ERR_MAX]) {
    for (uint32_t i = 0; i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[i];
        unsigned int last = 63u - (unsigned int)__builtin_clzll(vpg->wires);
        if (last < app->options.wire_count)
            continue;
        snprintf(err, JN_ERR_MAX, "VPG %s is on wire %u, and the dataplane was started with %u: restart it", vpg->id,
                 last, app->options.wire_count);
        return true;
    }
    return false;
}

static struct jn_adjacency_regions
regions_of(const struct jn_app *app) {
    return (struct jn_adjacency_regions){.hash_key = &app->hash_key,
                                         .neighbours = app->neighbours,
                                         .gates = app->gates,
                                         .l2_table = app->l2_table,
                                         .path_mtus = app->path_mtus,
                                         .next_hops = app->next_hops,
                                         .gate_counters = app->gate_counters,
                                         .vpg_used = app->vpg_used,
                                         .former = app->rules};
}

// Addresses come while we run, buffers do not.
static void
warn_of_tunnels(const struct jn_app *app, const struct jn_policy *policy) {
    static bool said[JN_MAX_PORTS];
    for (uint32_t i = 0; i < policy->address_count; i++) {
        uint16_t port = jn_policy_addresses(policy)[i].port;
        if (port >= app->options.port_count || said[port] || jn_option_counts_tunnel(&app->options, port))
            continue;
        said[port] = true;
        jn_log(JN_LOG_WARNING,
               "port %s may carry tunnels now, and packet buffers were counted without: restart the dataplane soon",
               app->options.ports[port].name);
    }
}

// Workers take it between two bursts, or when they begin to run.
static void
hand_to_workers(struct jn_app *app, struct jn_ruleset *rules) {
    jn_clock_watch(app, rules->policy->interval_ns); // its intervals are planned before workers take it
    warn_of_tunnels(app, rules->policy);
    jn_log_set_level((enum jn_log_level)rules->policy->log_level);
    for (unsigned int i = 0; i < app->options.port_count; i++)
        if (app->ports[i].interface[0] != '\0')
            jn_xdp_steer(app->ports[i].interface, jn_policy_addresses(rules->policy), rules->policy->address_count,
                         (uint16_t)i);
    __atomic_store_n(&app->rules, rules, __ATOMIC_RELEASE);
}

static void
await_workers(struct jn_app *app, struct jn_ruleset *former) {
    struct jn_ruleset *rules = app->rules;
    uint64_t generation = rules->policy->generation;
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        while (__atomic_load_n(&app->counters->workers[i].generation, __ATOMIC_ACQUIRE) != generation && !app->stop) {
            nanosleep(&(struct timespec){.tv_nsec = ACKNOWLEDGE_POLL_NS}, NULL);
            jn_workers_watch(app);
        }
    jn_log(JN_LOG_DEBUG, "policy generation %lu in force", (unsigned long)generation);
    if (app->stop)
        return;
    jn_workers_wait_round(app); // the generation alone does not tell when a port has come back
    jn_ruleset_free(former);
    const struct jn_adjacency_regions regions = regions_of(app);
    jn_adjacency_release(rules, &regions);
}

static void
describe_ports(const struct jn_app *app, struct jn_adjacency_ports *ports) {
    *ports = (struct jn_adjacency_ports){.count = app->options.port_count};
    for (unsigned int i = 0; i < app->options.port_count; i++) {
        memcpy(ports->mac[i], app->counters->ports[i].mac, sizeof(ports->mac[i]));
        // A device that came back with a larger MTU than any had at the start: the buffers keep their size.
        ports->mtu[i] = app->ports[i].mtu < app->longest_packet ? app->ports[i].mtu : (uint16_t)app->longest_packet;
    }
    for (unsigned int i = 0; i < app->options.wire_count; i++) {
        ports->access[i] = app->options.wires[i].access;
        ports->network[i] = app->options.wires[i].network;
    }
}

// Have all workers ended what they had of the VPGs that left before these rules and with them?
static bool
is_swept(const struct jn_app *app) {
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        if (__atomic_load_n(&app->threads[i]->worker.flow->sweep.done, __ATOMIC_ACQUIRE) !=
            app->rules->policy->generation)
            return false;
    return true;
}

static void
set_awaited(struct jn_app *app, bool awaited) {
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        __atomic_store_n(&app->threads[i]->worker.flow->sweep.awaited, awaited, __ATOMIC_RELAXED);
}

// A VPG index may change hands again only when no worker has anything of its last but one VPG: its flows could no longer
// be told apart. Until then the rules of before stay in force, a few seconds at most.
static void
follow(struct jn_app *app, struct jn_ruleset *rules) {
    if (app->rules == NULL)
        return;
    bool waits = jn_ruleset_must_wait(rules, app->rules) && !app->stop;
    if (waits)
        set_awaited(app, true);
    while (waits && !is_swept(app) && !app->stop) {
        nanosleep(&(struct timespec){.tv_nsec = SWEPT_POLL_NS}, NULL);
        jn_workers_watch(app);
    }
    if (waits)
        set_awaited(app, false);
    jn_ruleset_follow(rules, app->rules, is_swept(app));
}

static struct jn_ruleset *
build_rules(struct jn_app *app, struct jn_policy *policy, char err[JN_ERR_MAX]) {
    struct jn_adjacency_ports ports;
    bool room = !wire_missing(app, policy, err) && jn_regions_grow(app, jn_policy_vpg_idx_end(policy), err) == 0;
    struct jn_ruleset *rules = room ? jn_ruleset_build(policy, err) : NULL;
    if (rules == NULL)
        return NULL;
    follow(app, rules);
    describe_ports(app, &ports);
    const struct jn_adjacency_regions regions = regions_of(app);
    if (jn_adjacency_build(rules, &regions, &ports, jn_clock_at(&app->clock, rte_rdtsc())) == 0) {
        jn_unreported_name_vpgs(app->unreported, app->options.vpgs, rules);
        return rules;
    }
    snprintf(err, JN_ERR_MAX, "policy: no memory");
    rules->policy = NULL; // stays the caller's
    jn_ruleset_free(rules);
    return NULL;
}

static void
pause_for(int timeout_ms) {
    nanosleep(&(struct timespec){.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L}, NULL);
}

// The rules of a generation that is new, or NULL: there is none, or it was refused.
static struct jn_ruleset *
next_rules(struct jn_app *app, int timeout_ms) {
    char err[JN_ERR_MAX];
    struct jn_policy *policy;
    if (!attach_policy(app)) {
        pause_for(timeout_ms);
        return NULL;
    }
    const struct jn_policy_region *region = app->policy_shm.base;
    uint64_t generation = jn_policy_wait(region, app->policy_seen, timeout_ms);
    if (generation == 0 && app->policy_seen != 0) // nothing that waits for a change would wait
        pause_for(timeout_ms);
    if (generation == app->policy_seen || generation == 0)
        return NULL;
    app->policy_seen = generation;
    int rc = jn_policy_copy(region, app->policy_shm.size, &policy, err);
    if (rc == -ENOMEM)
        snprintf(err, sizeof(err), "policy: no memory");
    if (rc < 0) {
        policy_refused(app, generation, err);
        return NULL;
    }
    if (app->on_policy != NULL)
        app->on_policy(policy);
    // A restarted control publishes what is in force already under a number that is: nothing to do.
    if (app->rules != NULL && app->rules->policy->generation == policy->generation && !app->port_returned) {
        free(policy);
        return NULL;
    }
    struct jn_ruleset *rules = build_rules(app, policy, err);
    if (rules == NULL) {
        policy_refused(app, generation, err);
        free(policy);
    }
    return rules;
}

bool
jn_policy_watch(struct jn_app *app, int timeout_ms) {
    struct jn_ruleset *former = app->rules, *rules = next_rules(app, timeout_ms);
    if (rules == NULL)
        return false;
    app->port_returned = false;
    hand_to_workers(app, rules);
    await_workers(app, former);
    return true;
}

void
jn_policy_begin(struct jn_app *app) {
    struct jn_ruleset *rules = next_rules(app, 0);
    if (rules != NULL)
        hand_to_workers(app, rules);
}

void
jn_policy_begun(struct jn_app *app) {
    if (app->rules != NULL)
        await_workers(app, NULL);
}

void
jn_policy_stop(struct jn_app *app) {
    jn_ruleset_free(app->rules);
    app->rules = NULL;
    if (app->policy_shm.base != NULL)
        jn_shm_detach(&app->policy_shm);
}
