// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include "change.h"
#include "clock_read.h"
#include "describe.h"

static void
describe_publication(json_t *object, const struct publication *publication) {
    char text[128];
    json_object_set_new(object, "generation", json_integer((json_int_t)publication->generation));
    json_object_set_new(object, "dataplane", json_boolean(publication->dataplane));
    json_object_set_new(object, "in_force", json_boolean(publication->in_force));
    json_object_set_new(object, "microseconds",
                        publication->in_force ? json_integer((json_int_t)publication->force.microseconds)
                                              : json_null());
    json_object_set_new(object, "message", json_string(publication_text(publication, text, sizeof(text))));
}

static void
describe_restart(struct control *control, json_t *object) {
    char paths[JN_ERR_MAX];
    json_object_set_new(object, "restart_needed",
                        control_restart_needed(control, paths, sizeof(paths)) ? json_string(paths) : json_null());
}

json_t *
change_result(struct control *control, const struct publication *publication, const struct failure *failure) {
    json_t *object = json_object(), *warnings = json_array();
    describe_publication(object, publication);
    describe_restart(control, object);
    for (size_t i = 0; i < failure->errors.warning_count; i++)
        json_array_append_new(warnings, json_string(failure->errors.warning[i]));
    json_object_set_new(object, "warnings", warnings);
    jn_log(JN_LOG_INFO, "%s", json_string_value(json_object_get(object, "message")));
    return object;
}

// The dataplane's threads that have not come round for a second or more.
static json_t *
silent_threads(const struct control *control) {
    json_t *list = json_array();
    const struct jn_heartbeat *main_heartbeat = &control->main_heartbeat;
    if (!control->waiting && main_heartbeat->said)
        json_array_append_new(list, json_pack("{s:s, s:n, s:f}", "thread", "main", "worker", "seconds",
                                              (double)main_heartbeat->silent_ms / 1000));
    for (unsigned int worker = 0; worker < JN_MAX_WORKERS && !control->waiting; worker++)
        if (control->heartbeats[worker].said)
            json_array_append_new(list, json_pack("{s:s, s:i, s:f}", "thread", "worker", "worker", (int)worker,
                                                  "seconds", (double)control->heartbeats[worker].silent_ms / 1000));
    return list;
}

// Since when the policy is in force, and how long that took from publishing to the last worker; null: not known.
static void
describe_force(json_t *object, const struct publication *publication) {
    const struct policy_force *force = &publication->force;
    bool since = publication->in_force && force->since_ns != 0,
         timed = publication->in_force && force->microseconds != 0;
    json_object_set_new(object, "in_force_since", since ? json_real((double)force->since_ns / 1e9) : json_null());
    json_object_set_new(object, "in_force_after_seconds",
                        timed ? json_real((double)force->microseconds / 1e6) : json_null());
}

json_t *
query_status(struct control *control) {
    struct publication publication;
    char text[256];
    uint64_t uptime = jn_clock_read(CLOCK_MONOTONIC) / 1000000000u - control->started_ns / 1000000000u;
    publisher_look(&control->publisher, &publication);
    json_t *object = json_object();
    json_object_set_new(object, "instance", json_string(control->instance));
    json_object_set_new(object, "version", json_string(JN_VERSION));
    json_object_set_new(object, "node", json_string(control->config->node));
    json_object_set_new(object, "pid", json_integer(getpid()));
    json_object_set_new(object, "uptime_seconds", json_integer((json_int_t)uptime));
    json_object_set_new(object, "config", json_string(control->path));
    json_object_set_new(object, "managed", json_boolean(control->config->managed));
    json_object_set_new(object, "devices_pinned", json_boolean(control->devices_pinned));
    json_object_set_new(object, "log_level", json_string(jn_log_level_word(control->config->log_level)));
    json_object_set_new(object, "generation", json_integer((json_int_t)publication.generation));
    json_object_set_new(object, "dataplane", json_boolean(publication.dataplane));
    json_object_set_new(object, "in_force", json_boolean(publication.in_force));
    describe_force(object, &publication);
    const char *refusal = publisher_refusal(&control->publisher, text, sizeof(text));
    json_object_set_new(object, "refused", refusal != NULL ? json_string(refusal) : json_null());
    describe_restart(control, object);
    json_object_set_new(object, "silent", silent_threads(control));
    return object;
}

json_t *
query_policy(struct control *control) {
    const struct jn_policy *policy = control->publisher.policy;
    struct publication publication;
    json_t *object = json_object(), *vpgs = json_array();
    publisher_look(&control->publisher, &publication);
    for (uint32_t i = 0; i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[i];
        json_t *entry = describe_vpg(control, vpg);
        json_object_set_new(entry, "gate", describe_gate(policy, vpg));
        json_object_set_new(entry, "rules", describe_rules(policy, vpg));
        json_array_append_new(vpgs, entry);
    }
    json_object_set_new(object, "generation", json_integer((json_int_t)publication.generation));
    json_object_set_new(object, "in_force", json_boolean(publication.in_force));
    json_object_set_new(object, "node", json_string(policy->node));
    json_object_set_new(object, "interval_seconds", json_real((double)policy->interval_ns / 1e9));
    json_object_set_new(object, "idle_timeout_seconds", json_real((double)policy->idle_timeout_ns / 1e9));
    json_object_set_new(object, "tcp_linger_seconds", json_real((double)policy->tcp_linger_ns / 1e9));
    json_object_set_new(object, "top_flows", json_integer(policy->top_flows));
    json_object_set_new(object, "log_level", json_string(jn_log_level_word((enum jn_log_level)policy->log_level)));
    json_object_set_new(object, "vpgs", vpgs);
    return object;
}

json_t *
query_vpgs(struct control *control) {
    const struct jn_policy *policy = control->publisher.policy;
    bool alive = publisher_dataplane(&control->publisher);
    json_t *vpgs = json_array();
    for (uint32_t i = 0; i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[i];
        json_t *entry = describe_vpg(control, vpg);
        json_object_set_new(entry, "rules", json_integer(vpg->rule_count));
        json_object_set_new(entry, "counters",
                            alive ? describe_counters(&control->publisher.counters, vpg) : json_null());
        json_array_append_new(vpgs, entry);
    }
    return json_pack("{s:o}", "vpgs", vpgs);
}

int
change_reload(struct change *c) {
    int rc = control_reload(c->control, c->failure, c->publication);
    for (size_t i = 0; rc < 0 && i < c->failure->errors.count; i++)
        jn_log(JN_LOG_ERROR, "%s", c->failure->errors.text[i]);
    return rc;
}

int
change_log(struct change *c) {
    const char *word = json_string_value(json_object_get(c->params, "level"));
    int level = jn_log_level_from_word(word);
    if (level < 0)
        return control_fail(c->failure, "bad_params", "level: expected error, warning, info or debug, found %.32s",
                            word);
    return control_set_log(c->control, (enum jn_log_level)level, c->failure, c->publication);
}
