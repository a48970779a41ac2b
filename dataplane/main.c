// SPDX-License-Identifier: BSD-3-Clause
// junction-dataplane: start in stages, watch, stop in the reverse order.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_launch.h>

#include "classifier.h"
#include "clock_watch.h"
#include "confine.h"
#include "consumer.h"
#include "core/option_sizes.h"
#include "eal.h"
#include "host/claim.h"
#include "host/host_check.h"
#include "host/host_cores.h"
#include "launch.h"
#include "lock_memory.h"
#include "path/path.h"
#include "place.h"
#include "policy/ruleset.h"
#include "policy_watch.h"
#include "port/device_keeper.h"
#include "port/port_deal.h"
#include "port/port_events.h"
#include "port/port_open.h"
#include "port/port_pool.h"
#include "port/port_watch.h"
#include "port/wire_watch.h"
#include "port/xdp.h"
#include "port/xdp_program.h"
#include "regions.h"
#include "replay.h"
#include "sandbox.h"
#include "worker/worker_make.h"
#include "worker/worker_wait.h"
#include "worker/worker_watch.h"

enum { WATCH_MS = 50, LINK_WATCH_MS = 5, STOP_PAUSE_NS = 1000000 };

static volatile sig_atomic_t signalled;
static struct jn_nic_claims nic_claims;

static void
on_signal(int number) {
    signalled = number;
}

static void
catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal}; // no SA_RESTART: waiting ends at once
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static int
open_ports(struct jn_app *app, char err[JN_ERR_MAX]) {
    for (unsigned int i = 0; i < app->options.port_count; i++)
        app->ports[i].lock = app->ports[i].tags_program = -1;
    int rc = jn_port_note_device_mtus(&app->options, err);
    if (rc == 0)
        rc = jn_port_events_listen(app, err);
    for (unsigned int i = 0; i < app->options.port_count && rc == 0; i++)
        rc = jn_port_open(app, i, err);
    if (rc == 0)
        jn_ports_deal(app);
    return rc;
}

static void
close_ports(struct jn_app *app) {
    for (unsigned int i = 0; i < app->options.port_count; i++)
        jn_port_close(app, i);
}

static void
watch_consumer(struct jn_app *app) {
    if (!jn_consumer_find(app))
        return;
    jn_workers_wait_round(app);
    jn_consumer_forget(app);
}

static void
watch_classifier(struct jn_app *app) {
    if (!jn_classifier_watch(app))
        return;
    jn_workers_wait_round(app);
    jn_classifier_forget(app);
}

// A worker that flushes its last records waits for the exporter, which may come only now.
static void
wait_for_workers(struct jn_app *app) {
    for (unsigned int i = 0; i < app->options.worker_count; i++) {
        while (rte_eal_get_lcore_state(i + 1) == RUNNING) {
            if (app->consumed == NULL)
                jn_consumer_find(app);
            nanosleep(&(struct timespec){.tv_nsec = STOP_PAUSE_NS}, NULL);
        }
    }
    rte_eal_mp_wait_lcore();
}

static void
watch(struct jn_app *app) {
    while (!signalled) {
        jn_clock_watch(app, app->rules != NULL ? app->rules->policy->interval_ns : 0);
        jn_workers_watch(app);
        jn_port_watch(app);
        bool waiting = jn_wires_watch(app);
        watch_consumer(app);
        watch_classifier(app);
        jn_policy_watch(app, waiting ? LINK_WATCH_MS : WATCH_MS);
        jn_store(&app->counters->refused_calls, jn_sandbox_report());
    }
}

static int
run(struct jn_app *app, char err[JN_ERR_MAX]) {
    int rc = open_ports(app, err);
    if (rc == 0)
        rc = jn_workers_make(app, err);
    if (rc == 0)
        jn_xdp_tidy();
    if (rc == 0)
        rc = jn_confine_calls(&app->options, err);
    if (rc < 0) {
        close_ports(app);
        return rc;
    }
    jn_clock_watch(app, 0);
    jn_port_watch_start(app);
    jn_wires_start(app);
    jn_policy_begin(app);
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        rte_eal_remote_launch(app->path->worker_run, app->threads[i], i + 1);
    jn_policy_begun(app);
    watch(app);
    jn_log(JN_LOG_INFO, "stopping");
    bool exporter = jn_exporter_lives(app);
    for (unsigned int i = 0; i < app->options.worker_count; i++)
        jn_store(&app->threads[i]->worker.flow->block_when_full, exporter);
    __atomic_store_n(&app->stop, 1, __ATOMIC_RELEASE);
    wait_for_workers(app);
    jn_workers_empty(app);
    jn_wires_stop(app);
    close_ports(app);
    return 0;
}

// What can be wrong with this host is said before DPDK takes any of it.
static int
look_at_host(struct jn_app *app, struct jn_host *host, struct jn_host_plan *plan, char err[JN_ERR_MAX]) {
    jn_host_look(host);
    int rc = jn_host_check(host, &app->options, plan, err);
    app->options.huge = plan->huge;
    if (rc == 0)
        rc = jn_instance_make(app->options.instance, app->options.huge, err);
    if (rc == 0)
        rc = jn_nic_claims_take(&nic_claims, &app->options, err);
    if (rc < 0)
        return rc;
    jn_host_warn_cores(&app->options);
    jn_log(JN_LOG_INFO, "devices are given %s addresses: %s", plan->iova == JN_IOVA_PHYSICAL ? "physical" : "virtual",
           plan->iova_why);
    return 0;
}

static void
show_plan(struct jn_app *app, const struct jn_host_plan *plan) {
    app->counters->physical_addresses = plan->iova == JN_IOVA_PHYSICAL;
    app->counters->huge_pages = plan->huge;
    snprintf(app->counters->isa, sizeof(app->counters->isa), "%s", app->path->name);
    memcpy(app->counters->addresses_why, plan->iova_why, sizeof(app->counters->addresses_why));
}

// As who started us: DPDK, and the files that only that user may reach.
static int
start(struct jn_app *app, struct jn_host_plan *plan, char err[JN_ERR_MAX]) {
    struct jn_host host;
    struct jn_sizes sizes;
    jn_port_note_mtus(&app->options);
    app->path = jn_path_choose(app->options.isa, jn_isa_here(), err);
    int rc = app->path == NULL ? -ENOTSUP : jn_option_sizes(&app->options, &sizes, err);
    if (rc == 0)
        rc = jn_confine_begin(err);
    jn_memory_bound_stacks();
    if (rc == 0)
        rc = look_at_host(app, &host, plan, err);
    if (rc == 0)
        rc = jn_device_keeper_start(&app->options, err);
    if (rc == 0)
        rc = jn_eal_start(&app->options, &host, plan->iova, err);
    if (rc < 0)
        return rc;
    jn_log(JN_LOG_INFO, "workers use %s (dataplane.isa: \"%s\")", app->path->name, app->options.isa);
    if (app->options.replay == NULL)
        jn_memory_lock();
    jn_numa_find(&app->numa, JN_SYS_CPUS, app->options.worker_cores, app->options.worker_count);
    jn_xdp_programs_open(app->options.xdp_directory);
    if (app->options.replay != NULL)
        rc = jn_replay_open(app, err);
    if (rc == 0)
        rc = jn_confine_user(&app->options, err);
    if (rc < 0)
        rte_eal_cleanup();
    return rc;
}

int
main(int argc, char **argv) {
    static struct jn_app app;
    struct jn_host_plan plan = {0};
    char err[JN_ERR_MAX] = "";
    jn_log_open("dataplane");
    jn_options_parse(&app.options, argc, argv);
    catch_signals();
    int rc = start(&app, &plan, err);
    if (rc < 0) {
        jn_log(JN_LOG_ERROR, "%s", err);
        jn_nic_claims_give_back(&nic_claims);
        return rc == -ENOTSUP ? JN_EXIT_CANNOT : 1;
    }
    rc = jn_regions_make(&app, err);
    if (rc == 0) {
        show_plan(&app, &plan);
        rc = app.options.replay != NULL ? jn_replay(&app, &signalled, err) : run(&app, err);
    }
    if (rc < 0)
        jn_log(JN_LOG_ERROR, "%s", err);
    jn_regions_remove(&app);
    jn_policy_stop(&app);
    jn_workers_free(&app);
    rte_eal_cleanup();
    jn_nic_claims_give_back(&nic_claims);
    return rc == -ENOTSUP ? JN_EXIT_CANNOT : rc < 0;
}
