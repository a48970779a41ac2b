// SPDX-License-Identifier: BSD-3-Clause
// junction-export: from flow records to delivered documents. One thread; it waits for the records region, drains it
// for as long as it lives, and takes the next one.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock_read.h"
#include "config/config_load.h"
#include "drain.h"
#include "export_confine.h"
#include "export_options.h"
#include "export_sinks.h"
#include "kafka_check.h"
#include "log.h"
#include "privilege.h"
#include "secrets.h"
#include "text.h"

enum { IDLE_MIN_US = 1000, IDLE_MAX_US = 50000, END_MS = 10000 };

struct exporter {
    struct export_options options;
    struct jn_config *config; // NULL without --config
    char node[64];
    struct export_sinks sinks;
    struct aggregator aggregator;
    struct names names;
    struct annotated annotated;
    struct drain drain;
    struct status status;
    uint64_t died_ns;     // since when the writer of the records is gone; 0: it lives
    uint64_t looked_ns;   // when names, regions and losses were last looked at
    uint64_t reported_ns; // when losses were last said
    bool said_waiting;
};

static volatile sig_atomic_t stop;

static void
on_signal(int number) {
    (void)number;
    stop = 1;
}

static uint64_t
now_ns(void) {
    return jn_clock_read(CLOCK_MONOTONIC);
}

// It goes into every event.id, so it must be the same from one start to the next.
static void
choose_node(struct exporter *x) {
    const char *configured = x->config != NULL ? x->config->node : "";
    if (x->options.node != NULL)
        snprintf(x->node, sizeof(x->node), "%s", x->options.node);
    else if (configured[0] != '\0')
        snprintf(x->node, sizeof(x->node), "%s", configured);
    else if (gethostname(x->node, sizeof(x->node)) < 0 || x->node[0] == '\0')
        snprintf(x->node, sizeof(x->node), "junction");
    x->node[sizeof(x->node) - 1] = '\0';
    text_make_utf8(x->node); // a host may have any bytes for its name
}

static unsigned int
top_flows(const struct exporter *x) {
    unsigned int top = x->names.policy != NULL ? x->names.policy->top_flows
                       : x->config != NULL     ? x->config->top_flows
                                               : 100;
    return top > JN_MAX_TOP_FLOWS ? JN_MAX_TOP_FLOWS : top;
}

// Without it documents lack texts, and nothing else.
static void
open_annotated(struct exporter *x) {
    char err[JN_ERR_MAX];
    if (annotated_open(&x->annotated, x->options.instance, JN_ANNOTATED_FLOWS, err) >= 0)
        drain_annotate(&x->drain, &x->annotated);
    else
        jn_log(JN_LOG_ERROR, "documents go without what junction-classify reads: %s", err);
}

static int
open_status(struct exporter *x, char err[JN_ERR_MAX]) {
    bool wanted = x->options.chosen ? x->options.status
                                    : x->config != NULL && !x->options.to_stdout && x->config->status_documents;
    if (!wanted)
        return 0;
    x->drain.emission.status = &x->status;
    return status_open(&x->status, x->options.instance, x->sinks.shm.base, &x->names, err);
}

// With the secrets that its sinks need. The document, which may hold some, is not kept.
static bool
load_configuration(struct exporter *x) {
    struct jn_config_errors errors = {0};
    x->config =
        jn_config_load_checked(x->options.config_file, x->options.to_stdout ? NULL : secrets_resolve_at_start, &errors);
    jn_config_errors_log(&errors);
    jn_config_errors_free(&errors);
    if (x->config == NULL)
        return false;
    json_decref(x->config->document);
    x->config->document = NULL;
    jn_log_set_level(x->config->log_level);
    return true;
}

// The configuration is read as who started us, its sink opened as junction-export.
static bool
open_all(struct exporter *x) {
    char err[JN_ERR_MAX] = "";
    int rc = jn_privilege_begin(err);
    if (rc == 0 && x->options.config_file != NULL && !load_configuration(x))
        return false;
    choose_node(x);
    if (rc == 0)
        rc = jn_instance_make(x->options.instance, false, err);
    export_sinks_choose(&x->sinks, x->config, x->options.to_stdout);
    if (rc == 0)
        rc = export_sinks_make(&x->sinks, x->options.instance, err);
    if (rc == 0)
        rc = export_confine_user(err);
    if (rc == 0)
        rc = export_sinks_open(&x->sinks, x->options.instance, x->node, err);
    if (rc == 0)
        rc = aggregate_open(&x->aggregator, x->options.instance, 0, err);
    int confined = rc < 0 ? rc : export_confine_calls(export_sinks_network(&x->sinks), err);
    if (confined < 0)
        rc = confined;
    if (rc < 0) {
        jn_log(JN_LOG_ERROR, "%s", err);
        return false;
    }
    if (rc == 1)
        jn_log(JN_LOG_INFO, "going on where the one before stopped");
    names_open(&x->names, x->options.instance);
    drain_open(&x->drain, x->options.instance, &x->aggregator, &x->sinks.delivery, x->node, &x->names);
    open_annotated(x);
    x->drain.flow_documents = x->options.flows;
    x->drain.writer.lean = x->options.lean || (x->config != NULL && x->config->flow_fields == JN_FLOW_FIELDS_LEAN);
    x->drain.emission.wanted = x->options.summaries;
    if (open_status(x, err) == 0)
        return true;
    jn_log(JN_LOG_ERROR, "%s", err);
    return false;
}

static void
attach_dataplane(struct exporter *x) {
    static struct jn_log_limit limit;
    char err[JN_ERR_MAX];
    int rc = drain_attach(&x->drain, err);
    if (rc == 0) {
        jn_log(JN_LOG_INFO, "reading the records of instance %s, %u worker%s", x->options.instance, x->drain.ring_count,
               x->drain.ring_count == 1 ? "" : "s");
        x->said_waiting = false;
    } else if (rc != -ENOENT)
        jn_log_limited(&limit, 1, rc == -EAGAIN ? JN_LOG_INFO : JN_LOG_ERROR, "%s", err);
    else if (!x->said_waiting) {
        jn_log(JN_LOG_INFO, "waiting for the records of instance %s: junction-dataplane makes them",
               x->options.instance);
        x->said_waiting = true;
    }
}

static bool
all_done(const struct exporter *x) {
    return drain_empty(&x->drain) && drain_released(&x->drain) && aggregate_in_use(&x->aggregator) == 0;
}

// One that was killed is started again, and then ends its stream; for so long it is waited for.
#define SALVAGE_NS UINT64_C(60000000000)

// What a writer wrote that has gone is read to its end, and is complete: the next one has another boot. A region under
// whose name there is another one now is left.
static void
follow_writer(struct exporter *x) {
    struct drain *d = &x->drain;
    bool alive = jn_shm_writer_alive(&d->shm); // asked first: what it wrote before it died is in the rings by then
    bool replaced = !alive && jn_shm_replaced(&d->shm, x->options.instance, JN_REGION_RECORDS);
    if (alive || !drain_empty(d)) {
        x->died_ns = 0;
        return;
    }
    x->died_ns = x->died_ns != 0 ? x->died_ns : now_ns();
    if (!replaced && !aggregate_all_ended(&x->aggregator) && now_ns() - x->died_ns < SALVAGE_NS)
        return;
    aggregate_end_all(&x->aggregator);
    if (!replaced || !all_done(x))
        return;
    jn_log(JN_LOG_INFO, "the records region was drained, and is left: its writer has gone");
    drain_detach(d);
}

static void
look_around(struct exporter *x) {
    uint64_t now = now_ns();
    if (now - x->looked_ns < 1000000000u && x->looked_ns != 0)
        return;
    x->looked_ns = now;
    names_refresh(&x->names);
    if (now - x->reported_ns >= UINT64_C(60000000000)) {
        export_sinks_report(&x->sinks);
        x->reported_ns = now;
    }
    x->drain.emission.top_limit = top_flows(x);
    if (x->drain.ring_count == 0)
        return;
    drain_report_loss(&x->drain);
    follow_writer(x);
}

// -1: go on; else the exit status of --until-end.
static int
reached_end(struct exporter *x) {
    if (!x->options.until_end || x->drain.ring_count == 0)
        return -1;
    bool alive = jn_shm_writer_alive(&x->drain.shm);
    if (!drain_empty(&x->drain))
        return -1;
    if (aggregate_all_ended(&x->aggregator))
        return all_done(x) ? 0 : -1;
    if (alive)
        return -1;
    jn_log(JN_LOG_ERROR,
           "the dataplane has gone without ending its stream: what it wrote is delivered, the rest is missing");
    return 1;
}

static void
wait_a_little(uint64_t *idle_us, bool busy) {
    *idle_us = busy ? 0 : *idle_us == 0 ? IDLE_MIN_US : *idle_us * 2 > IDLE_MAX_US ? IDLE_MAX_US : *idle_us * 2;
    struct timespec pause = {.tv_nsec = (long)*idle_us * 1000};
    if (*idle_us > 0)
        nanosleep(&pause, NULL);
}

static int
export_records(struct exporter *x) {
    uint64_t idle_us = 0;
    while (!stop) {
        look_around(x);
        if (x->drain.ring_count == 0)
            attach_dataplane(x);
        int moved = drain_step(&x->drain);
        if (x->sinks.delivery.failed)
            return 1;
        int status = moved == 0 ? reached_end(x) : -1;
        if (status >= 0)
            return status;
        wait_a_little(&idle_us, moved > 0);
    }
    return 0;
}

// Until `done` is so, or the time is over.
static bool
step_until(struct exporter *x, bool (*done)(const struct delivery *delivery), uint64_t until) {
    uint64_t idle_us = 0;
    while (!done(&x->sinks.delivery)) {
        if (now_ns() >= until || x->sinks.delivery.failed)
            return false;
        wait_a_little(&idle_us, drain_step(&x->drain) > 0);
    }
    return true;
}

static void
read_to_heads(struct exporter *x, uint64_t until) {
    uint64_t heads[JN_MAX_WORKERS], idle_us = 0;
    struct drain *d = &x->drain;
    for (unsigned int w = 0; w < d->ring_count; w++)
        heads[w] = __atomic_load_n(&d->rings[w].acknowledged.shared->head, __ATOMIC_ACQUIRE);
    for (bool behind = true; behind && now_ns() < until;) {
        int moved = drain_step(d);
        behind = false;
        for (unsigned int w = 0; w < d->ring_count; w++)
            behind = behind || (int64_t)(heads[w] - d->rings[w].cursor) > 0;
        wait_a_little(&idle_us, moved > 0 || !behind);
    }
}

// What is in the rings by now goes to the sinks, and what they do not take within some seconds to the spools.
static void
finish_export(struct exporter *x) {
    uint64_t until = now_ns() + END_MS * UINT64_C(1000000);
    read_to_heads(x, until);
    delivery_hurry(&x->sinks.delivery);
    step_until(x, delivery_empty, now_ns() + END_MS / 3 * UINT64_C(1000000));
    if (!step_until(x, delivery_settled, until))
        jn_log(JN_LOG_WARNING, "not all documents were delivered: their records stay in the rings for the next start");
    drain_step(&x->drain);
}

static void
close_all(struct exporter *x) {
    export_sinks_report(&x->sinks);
    bool remove = aggregate_in_use(&x->aggregator) == 0 && drain_released(&x->drain);
    bool over = !drain_records_left(&x->drain); // nobody goes on: no region of ours stays
    export_sinks_close(&x->sinks, over);
    drain_close(&x->drain);
    if (x->drain.emission.status != NULL)
        status_close(&x->status, over);
    aggregate_close(&x->aggregator, remove);
    annotated_close(&x->annotated, over);
    names_close(&x->names);
    jn_config_free(x->config);
    // What is hidden in the log stays so: threads of librdkafka may have something to say yet.
}

// A producer whose broker does not answer is left to a thread of its own, and librdkafka's threads still use what exit would
// take down: OpenSSL. Sanitizers report at exit.
static int
end_with(int status) {
#ifndef JN_SANITIZED
    _exit(status);
#endif
    return status;
}

int
main(int argc, char **argv) {
    static struct exporter x;
    const struct sigaction action = {.sa_handler = on_signal};
    jn_log_open("junction-export");
    secrets_wipe_json();
    export_options_parse(&x.options, argc, argv);
    if (x.options.check)
        return kafka_check_file(x.options.config_file);
    protocols_init();
    signal(SIGPIPE, SIG_IGN); // who reads the log, or the documents, may end
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (!open_all(&x))
        return 1;
    int status = export_records(&x);
    if (!x.sinks.delivery.failed)
        finish_export(&x);
    close_all(&x);
    return end_with(status);
}
