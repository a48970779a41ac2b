// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classified.h"
#include "client.h"
#include "launch.h"
#include "region_copies.h"
#include "sample.h"
#include "show_wires.h"
#include "sinks_copy.h"
#include "view.h"

static const struct column process_columns[] = {
    {"process", "process", COLUMN_TEXT},          {"state", "state", COLUMN_TEXT}, {"pid", "pid", COLUMN_COUNT},
    {"uptime_seconds", "uptime", COLUMN_SECONDS}, {"detail", "", COLUMN_TEXT},
};
static const struct column worker_columns[] = {
    {"worker", "worker", COLUMN_COUNT},
    {"core", "core", COLUMN_COUNT},
    {"generation", "generation", COLUMN_COUNT},
    {"in_force", "in force", COLUMN_TEXT},
    {"rx_packets_per_second", "rx pps", COLUMN_SI},
    {"tx_packets_per_second", "tx pps", COLUMN_SI},
    {"silent_seconds", "silent", COLUMN_SECONDS},
};

struct status {
    struct sample pair[2];
    bool dataplane_known; // pair is filled
    json_t *control;      // the answer of junction-control, or NULL
    char dataplane_text[JN_ERR_MAX], control_text[JN_ERR_MAX], export_text[JN_ERR_MAX], classify_text[JN_ERR_MAX];
    char beside[JN_PART_COUNT][128]; // why junction run waits to start it again, or ""
    bool export_up, classify_up;
    bool classified;     // there is to be a classifier: it runs, or was started, or the dataplane has samples for it
    uint32_t classifier; // its process id
    uint64_t generation; // published
};

// Is the region's writer alive? Otherwise a sentence about why it is not in `text`.
static bool
region_writer(const char *instance, enum jn_region region, char text[JN_ERR_MAX]) {
    struct jn_shm shm;
    int rc = jn_shm_attach(&shm, instance, region, sizeof(struct jn_region_header), false, text);
    if (rc == -ENOENT)
        snprintf(text, JN_ERR_MAX, "not running");
    if (rc < 0)
        return false;
    bool alive = jn_shm_writer_alive(&shm);
    snprintf(text, JN_ERR_MAX, "%s", alive ? "" : "killed: its region is still there");
    jn_shm_detach(&shm);
    return alive;
}

// What junction run knows of the parts that do not run. Nothing when it is not there, or of another ABI.
static void
ask_launcher(struct status *status, const char *instance) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    struct jn_launch_region region;
    if (jn_shm_attach(&shm, instance, JN_REGION_LAUNCH, sizeof(region), false, err) < 0)
        return;
    sample_copy(&region, shm.base, sizeof(region));
    for (unsigned int i = 0; i < JN_PART_COUNT && jn_shm_writer_alive(&shm); i++)
        jn_launch_part_text(&region.parts[i], sample_monotonic_ns(), status->beside[i], sizeof(status->beside[i]));
    const struct jn_launch_part *classifier = &region.parts[JN_PART_CLASSIFY];
    status->classified |= jn_shm_writer_alive(&shm) && (classifier->pid != 0 || classifier->died_ns != 0);
    jn_shm_detach(&shm);
}

// Without one configured there is nothing to show.
static void
ask_classifier(struct status *status, const char *instance) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    status->classify_up = region_writer(instance, JN_REGION_CLASSIFIED, status->classify_text);
    status->classified |= status->classify_up || region_writer(instance, JN_REGION_SAMPLES, err);
    if (status->classify_up &&
        jn_shm_attach(&shm, instance, JN_REGION_CLASSIFIED, sizeof(struct jn_classified_region), false, err) == 0) {
        status->classifier = ((const struct jn_classified_region *)shm.base)->pid;
        jn_shm_detach(&shm);
    }
}

static void
collect_status(struct status *status, const struct invocation *invocation) {
    json_t *error;
    struct jn_policy *policy = sample_policy(invocation->instance);
    status->generation = policy != NULL ? policy->generation : 0;
    free(policy);
    status->dataplane_known = sample_pair(status->pair, invocation->instance, status->dataplane_text) == 0;
    ask_launcher(status, invocation->instance);
    ask_classifier(status, invocation->instance);
    status->export_up = region_writer(invocation->instance, JN_REGION_EXPORT, status->export_text);
    status->control = client_ask(invocation, "status", NULL, &error, status->control_text);
    json_decref(error);
}

// How many VPGs' gateways are not there: null when that is not known.
static json_t *
gateways_down(const char *instance) {
    struct gates gates;
    char err[JN_ERR_MAX];
    json_int_t down = 0;
    if (gates_take(&gates, instance, err) < 0)
        return json_null();
    for (uint32_t v = 0; v < gates.underlay.policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(gates.underlay.policy)[v];
        const struct jn_gate *gate = gates_policy(&gates, vpg);
        const struct jn_gate_state *state = gates_state(&gates, vpg);
        down += gate != NULL && gate->flags & JN_GATE_REDIRECT &&
                (state == NULL || state->health[GATEWAY].state != JN_HEALTH_UP);
    }
    gates_free(&gates);
    return json_integer(down);
}

// What devices and workers were given, and why: null without a dataplane.
static void
set_given(json_t *object, const struct status *status) {
    const struct jn_counters_region *region = status->dataplane_known ? status->pair[1].region : NULL;
    char why[JN_WHY_MAX], isa[sizeof(region->isa)];
    json_object_set_new(object, "addresses",
                        region == NULL ? json_null()
                                       : json_string(region->physical_addresses ? "physical" : "virtual"));
    json_object_set_new(object, "addresses_why",
                        region == NULL
                            ? json_null()
                            : json_string(jn_counters_text(region->addresses_why, sizeof(why), why, sizeof(why))));
    json_object_set_new(object, "pages",
                        region == NULL ? json_null() : json_string(region->huge_pages ? "huge" : "plain"));
    json_object_set_new(object, "isa",
                        region == NULL
                            ? json_null()
                            : json_string(jn_counters_text(region->isa, sizeof(region->isa), isa, sizeof(isa))));
}

// A table has it in words.
static void
set_force(json_t *object, const struct status *status, bool json) {
    const json_t *since = json_object_get(status->control, "in_force_since");
    const json_t *after = json_object_get(status->control, "in_force_after_seconds");
    char text[96] = "";
    struct tm tm;
    if (json) {
        json_object_set_new(object, "in_force_since", since != NULL ? json_deep_copy(since) : json_null());
        json_object_set_new(object, "in_force_after_seconds", after != NULL ? json_deep_copy(after) : json_null());
        return;
    }
    time_t seconds = (time_t)json_number_value(since);
    if (seconds != 0 && gmtime_r(&seconds, &tm) != NULL)
        strftime(text, sizeof(text), "%F %T UTC", &tm);
    size_t length = strlen(text);
    if (json_is_real(after))
        snprintf(text + length, sizeof(text) - length, ", after %.1f ms", json_real_value(after) * 1e3);
    json_object_set_new(object, "in_force_since", text[0] != '\0' ? json_string(text) : json_null());
}

static json_t *
status_head(const struct status *status, const struct invocation *invocation) {
    static const char *const from_control[] = {"node",      "config",  "managed",       "devices_pinned",
                                               "log_level", "refused", "restart_needed"};
    json_t *object = json_object();
    json_object_set_new(object, "instance", json_string(invocation->instance));
    json_object_set_new(object, "version", json_string(JN_VERSION));
    for (size_t i = 0; i < sizeof(from_control) / sizeof(from_control[0]); i++) {
        json_t *value = json_object_get(status->control, from_control[i]);
        json_object_set_new(object, from_control[i], value != NULL ? json_incref(value) : json_null());
    }
    json_object_set_new(object, "generation", json_integer((json_int_t)status->generation));
    set_force(object, status, invocation->json);
    json_object_set_new(object, "gateways_down", gateways_down(invocation->instance));
    json_object_set_new(object, "sinks_in_trouble", sinks_in_trouble(invocation->instance));
    json_object_set_new(object, "refused_system_calls",
                        status->dataplane_known ? json_integer((json_int_t)status->pair[1].region->refused_calls)
                                                : json_null());
    set_given(object, status);
    return object;
}

static const char *
detail_or(const struct status *status, enum jn_part part, const char *otherwise) {
    return status->beside[part][0] != '\0' ? status->beside[part] : otherwise;
}

// Since when a worker has not come round, as junction-control or the dataplane's main thread sees it; 0 when it is well.
// worker: -1 for the main thread, which only junction-control sees.
static double
silent_seconds(const struct status *status, int worker) {
    const json_t *list = json_object_get(status->control, "silent");
    double seconds = worker < 0 ? 0 : status->pair[1].region->silent_ms[worker] / 1000.0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *thread = json_array_get(list, i), *number = json_object_get(thread, "worker");
        double said = json_number_value(json_object_get(thread, "seconds"));
        if ((json_is_integer(number) ? json_integer_value(number) : -1) == worker && said > seconds)
            seconds = said;
    }
    return seconds >= 1 ? seconds : 0;
}

// What hangs, instead of the usual detail. False: nothing does.
static bool
describe_hanging(const struct status *status, char *detail, size_t size) {
    for (int worker = -1; worker < (int)status->pair[1].worker_count; worker++) {
        double seconds = silent_seconds(status, worker);
        if (seconds == 0)
            continue;
        if (worker < 0)
            snprintf(detail, size, "the main thread hangs for %.1f s", seconds);
        else
            snprintf(detail, size, "worker %d hangs for %.1f s", worker, seconds);
        return true;
    }
    return false;
}

static json_t *
dataplane_row(const struct status *status) {
    if (!status->dataplane_known)
        return json_pack("{s:s, s:s, s:n, s:n, s:n, s:s}", "process", "junction-dataplane", "state", "down", "pid",
                         "uptime_seconds", "heartbeat_age_seconds", "detail",
                         detail_or(status, JN_PART_DATAPLANE, status->dataplane_text));
    const struct jn_counters_region *region = status->pair[1].region;
    bool alive = status->pair[1].alive;
    double uptime = (double)(int64_t)(sample_workers_ns(&status->pair[1]) - region->started_ns) / 1e9;
    double age = (double)(int64_t)(sample_now_ns() - region->heartbeat_ns) / 1e9;
    char detail[128], isa[sizeof(region->isa)];
    snprintf(detail, sizeof(detail),
             alive ? "heartbeat %.1f s ago, %u workers by %s, %u ports" : "killed: heartbeat %.0f s ago", age,
             status->pair[1].worker_count, jn_counters_text(region->isa, sizeof(region->isa), isa, sizeof(isa)),
             status->pair[1].port_count);
    bool starting = alive && wires_starting(&status->pair[1], detail, sizeof(detail));
    bool hung = alive && describe_hanging(status, detail, sizeof(detail));
    json_t *row = json_pack("{s:s, s:s, s:i}", "process", "junction-dataplane", "state",
                            hung       ? "hung"
                            : starting ? "starting"
                            : alive    ? "up"
                                       : "down",
                            "pid", (int)region->pid);
    json_object_set_new(row, "uptime_seconds", alive ? json_real(uptime) : json_null());
    json_object_set_new(row, "heartbeat_age_seconds", json_real(age));
    json_object_set_new(row, "detail", json_string(detail));
    return row;
}

static json_t *
control_row(const struct status *status, const char *instance) {
    char text[JN_ERR_MAX];
    bool alive = region_writer(instance, JN_REGION_POLICY, text) || status->control != NULL;
    json_t *row = json_pack("{s:s, s:s}", "process", "junction-control", "state", alive ? "up" : "down");
    json_object_set(row, "pid", json_object_get(status->control, "pid"));
    json_object_set(row, "uptime_seconds", json_object_get(status->control, "uptime_seconds"));
    json_object_set_new(row, "detail",
                        json_string(status->control != NULL ? ""
                                    : alive                 ? status->control_text
                                                            : detail_or(status, JN_PART_CONTROL, text)));
    return row;
}

static json_t *
classifier_row(const struct status *status) {
    json_t *row = json_pack("{s:s, s:s, s:n, s:n, s:s}", "process", "junction-classify", "state",
                            status->classify_up ? "up" : "down", "pid", "uptime_seconds", "detail",
                            status->classify_up ? "" : detail_or(status, JN_PART_CLASSIFY, status->classify_text));
    if (status->classifier != 0)
        json_object_set_new(row, "pid", json_integer(status->classifier));
    return row;
}

static json_t *
worker_row(const struct status *status, unsigned int worker) {
    const struct jn_worker_counters *before = &status->pair[0].region->workers[worker];
    const struct jn_worker_counters *now = &status->pair[1].region->workers[worker];
    json_t *row =
        json_pack("{s:i, s:I, s:I, s:b}", "worker", (int)worker, "core",
                  (json_int_t)status->pair[1].region->worker_cores[worker], "generation", (json_int_t)now->generation,
                  "in_force", status->generation != 0 && now->generation >= status->generation);
    json_object_set_new(row, "rx_packets_per_second",
                        json_real(sample_rate(status->pair, before->rx_packets, now->rx_packets)));
    json_object_set_new(row, "tx_packets_per_second",
                        json_real(sample_rate(status->pair, before->tx_packets, now->tx_packets)));
    json_object_set_new(row, "silent_seconds", json_real(silent_seconds(status, (int)worker)));
    return row;
}

int
show_status(const struct invocation *invocation) {
    struct status status = {0};
    struct view view;
    collect_status(&status, invocation);
    view_open(&view, invocation->json, status_head(&status, invocation));
    view_list(&view, "processes", COLUMNS(process_columns));
    view_row(&view, dataplane_row(&status));
    view_row(&view, control_row(&status, invocation->instance));
    view_row(&view, json_pack("{s:s, s:s, s:n, s:n, s:s}", "process", "junction-export", "state",
                              status.export_up ? "up" : "down", "pid", "uptime_seconds", "detail",
                              status.export_up ? "" : detail_or(&status, JN_PART_EXPORT, status.export_text)));
    if (status.classified)
        view_row(&view, classifier_row(&status));
    view_list(&view, "workers", COLUMNS(worker_columns));
    for (unsigned int w = 0; status.dataplane_known && w < status.pair[1].worker_count; w++)
        view_row(&view, worker_row(&status, w));
    if (status.dataplane_known)
        wires_list(&view, &status.pair[1]);
    view_close(&view);
    json_decref(status.control);
    sample_pair_free(status.pair);
    return COMMAND_DONE;
}
