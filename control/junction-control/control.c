// SPDX-License-Identifier: BSD-3-Clause
#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_compile.h"
#include "config/config_load.h"
#include "config/config_restart.h"
#include "control_check.h"

int
control_fail(struct failure *failure, const char *code, const char *format, ...) {
    va_list arguments;
    failure->code = code;
    va_start(arguments, format);
    vsnprintf(failure->message, sizeof(failure->message), format, arguments);
    va_end(arguments);
    return -1;
}

const char *
publication_text(const struct publication *p, char *out, size_t size) {
    if (!p->dataplane)
        snprintf(out, size, "generation %llu: no dataplane is running; in force when it starts",
                 (unsigned long long)p->generation);
    else if (p->in_force)
        snprintf(out, size, "generation %llu in force after %llu us", (unsigned long long)p->generation,
                 (unsigned long long)p->force.microseconds);
    else
        snprintf(out, size, "generation %llu published, not yet acknowledged by every worker",
                 (unsigned long long)p->generation);
    return out;
}

static struct jn_config *
load(const struct control *control, struct stat *file, struct failure *failure) {
    struct jn_config *config = keeper_load(&control->keeper, file, &failure->errors);
    for (size_t i = 0; i < failure->errors.warning_count; i++)
        jn_log(JN_LOG_WARNING, "%s", failure->errors.warning[i]);
    if (config == NULL)
        control_fail(failure, "config_errors", "%s: %zu error%s", control->path, failure->errors.count,
                     failure->errors.count == 1 ? "" : "s");
    return config;
}

static struct jn_policy *
compile(struct control *control, struct jn_config *config, struct failure *failure) {
    char err[JN_ERR_MAX];
    if (control->log_override >= 0)
        config->log_level = (enum jn_log_level)control->log_override;
    // Another room than the running dataplane's comes with its restart: less of it must not move a VPG's index now.
    uint32_t wanted = config->dataplane.max_vpgs;
    if (publisher_dataplane(&control->publisher))
        config->dataplane.max_vpgs = control->publisher.counters.vpg_capacity;
    config->vpg_idx_hint = control->vpg_idx_hint;
    struct jn_policy *policy = jn_config_compile(config, control->publisher.policy, err);
    config->dataplane.max_vpgs = wanted;
    if (policy == NULL)
        control_fail(failure, "not_compiled", "%s", err);
    return policy;
}

static bool
has_index(const struct jn_policy *policy, const struct jn_vpg *vpg) {
    for (uint32_t i = 0; policy != NULL && i < policy->vpg_count; i++)
        if (jn_policy_vpgs(policy)[i].vpg_idx == vpg->vpg_idx)
            return true;
    return false;
}

// Behind the highest index that the policy gives for the first time since the one before.
static uint16_t
next_hint(const struct control *control, const struct jn_policy *policy) {
    uint16_t hint = 0;
    for (uint32_t i = 0; i < policy->vpg_count; i++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[i];
        if (!has_index(control->publisher.policy, vpg) && vpg->vpg_idx >= hint)
            hint = (uint16_t)(vpg->vpg_idx + 1);
    }
    return hint != 0 ? hint : control->vpg_idx_hint;
}

static int
publish_policy(struct control *control, struct jn_config *config, struct failure *failure,
               struct publication *publication) {
    char err[JN_ERR_MAX];
    struct jn_policy *policy = compile(control, config, failure);
    if (policy == NULL)
        return -1;
    uint16_t hint = next_hint(control, policy);
    int rc = publisher_publish(&control->publisher, policy, publication, err);
    if (rc == 0) {
        control->take_back = false;
        control->vpg_idx_hint = hint;
        return 0;
    }
    free(policy);
    return control_fail(failure, rc == -EBUSY ? "busy" : rc == -EREMOTEIO ? "refused" : "not_published", "%s", err);
}

static void
adopt(struct control *control, struct jn_config *config) {
    if (control->config != control->started)
        jn_config_free(control->config);
    control->config = config;
    jn_log_set_level(config->log_level);
}

int
control_start(struct control *control, struct failure *failure, struct publication *publication) {
    struct jn_config *config = control->config;
    if (control_check_numbers(control, config, failure) < 0)
        return -1;
    jn_log_set_level(config->log_level);
    struct jn_policy *policy = compile(control, config, failure);
    if (policy == NULL)
        return -1;
    bool same = publisher_same(&control->publisher, policy);
    free(policy);
    if (!same)
        return publish_policy(control, config, failure, publication);
    publisher_look(&control->publisher, publication);
    return 0;
}

int
control_reload(struct control *control, struct failure *failure, struct publication *publication) {
    struct stat file;
    int before = control->log_override;
    control_watch(control); // which dataplane is there, before the file that it was started with is forgotten
    struct jn_config *config = load(control, &file, failure);
    if (config == NULL)
        return -1;
    control->log_override = -1;
    if (control_check_numbers(control, config, failure) < 0 ||
        publish_policy(control, config, failure, publication) < 0) {
        control->log_override = before;
        jn_config_free(config);
        return -1;
    }
    adopt(control, config);
    control->file = file;
    return 0;
}

// The file may have been edited and not loaded: what is written back must not undo that.
static int
check_writable(const struct control *control, struct failure *failure) {
    struct stat now;
    if (control->config->managed)
        return control_fail(failure, "managed", "%s says \"managed\": true: change the file and reload", control->path);
    if (keeper_look(&control->keeper, &now) < 0 || now.st_ino != control->file.st_ino ||
        now.st_size != control->file.st_size || now.st_mtim.tv_sec != control->file.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != control->file.st_mtim.tv_nsec)
        return control_fail(failure, "file_changed", "%s was changed since it was loaded: reload it first",
                            control->path);
    return 0;
}

json_t *
control_begin_change(const struct control *control, const char *vpg, json_t **object, struct failure *failure) {
    const struct jn_config *config = control->config;
    unsigned int i = 0;
    while (i < config->vpg_count && strcmp(config->vpgs[i].id, vpg) != 0)
        i++;
    if (i == config->vpg_count) {
        control_fail(failure, "unknown_vpg", "no VPG has the id %s", vpg);
        return NULL;
    }
    if (check_writable(control, failure) < 0)
        return NULL;
    json_t *document = json_deep_copy(config->document);
    *object = json_array_get(json_object_get(document, "vpgs"), i);
    if (*object == NULL) {
        json_decref(document);
        control_fail(failure, "not_compiled", "out of memory");
        return NULL;
    }
    return document;
}

static struct jn_config *
parse_document(const struct control *control, json_t *document, struct failure *failure) {
    char *text = json_dumps(document, JSON_INDENT(2));
    json_decref(document);
    struct jn_config *config =
        text != NULL ? jn_config_parse(text, strlen(text), control->path, &failure->errors) : NULL;
    free(text);
    if (config == NULL)
        control_fail(failure, "config_errors", "the changed configuration has errors");
    return config;
}

// The file could not be replaced: the policy before comes into force again, now or, when the dataplane takes none, as soon
// as it does.
static int
take_back(struct control *control, const char *why, struct failure *failure) {
    struct failure ignored = {0};
    struct publication back;
    control->take_back = publish_policy(control, control->config, &ignored, &back) < 0;
    return control_fail(failure, "not_written", "%s; the policy before is %s", why,
                        control->take_back ? "to be in force again as soon as the dataplane takes it"
                                           : "in force again");
}

// The new file is whole on disk before its policy is published: what is left to fail then is one rename.
int
control_end_change(struct control *control, json_t *document, struct failure *failure,
                   struct publication *publication) {
    char err[JN_ERR_MAX];
    struct jn_config *config = parse_document(control, document, failure);
    if (config == NULL)
        return -1;
    if (control_check_numbers(control, config, failure) < 0) {
        jn_config_free(config);
        return -1;
    }
    if (keeper_write_begin(&control->keeper, config->document, err) < 0) {
        jn_config_free(config);
        return control_fail(failure, "not_written", "%s; nothing was changed", err);
    }
    if (publish_policy(control, config, failure, publication) < 0) {
        keeper_write_abandon(&control->keeper);
        jn_config_free(config);
        return -1;
    }
    int rc = keeper_write_commit(&control->keeper, &control->file, err);
    if (rc < 0) {
        jn_config_free(config);
        return take_back(control, err, failure);
    }
    if (rc > 0)
        jn_log(JN_LOG_WARNING, "%s", err);
    adopt(control, config);
    return 0;
}

int
control_set_log(struct control *control, enum jn_log_level level, struct failure *failure,
                struct publication *publication) {
    int before = control->log_override;
    enum jn_log_level level_before = control->config->log_level;
    control->log_override = (int)level;
    if (publish_policy(control, control->config, failure, publication) < 0) {
        control->log_override = before;
        control->config->log_level = level_before;
        return -1;
    }
    jn_log_set_level(level);
    return 0;
}

void
control_free(struct control *control) {
    if (control->started != control->config)
        jn_config_free(control->started);
    jn_config_free(control->config);
    control->config = control->started = NULL;
}

// The dataplane comes, goes, and may refuse a policy at any time: each is said once.

// A dataplane that was started with less room has refused a policy whose VPG indexes are of the former: they are given anew.
static void
fit_indexes(struct control *control) {
    const struct publisher *publisher = &control->publisher;
    struct failure failure = {0};
    struct publication publication;
    if (control->boot_fitted == control->boot || publisher->policy == NULL ||
        jn_policy_vpg_idx_end(publisher->policy) <= publisher->counters.vpg_capacity)
        return;
    control->boot_fitted = control->boot;
    if (publish_policy(control, control->config, &failure, &publication) < 0)
        jn_log(JN_LOG_ERROR, "the VPGs' indexes cannot be fitted to the dataplane: %s", failure.message);
    else
        jn_log(JN_LOG_INFO, "the dataplane has room for %u VPGs now: their indexes are others",
               publisher->counters.vpg_capacity);
}

// A dataplane that came while this process was there was started with the file that is loaded, if that is believed.
static void
new_dataplane(struct control *control, uint64_t boot) {
    if (control->started != control->config && !control->devices_pinned) {
        jn_config_free(control->started);
        control->started = control->config;
    }
    control->boot = boot;
    memset(control->heartbeats, 0, sizeof(control->heartbeats));
    control->main_heartbeat = (struct jn_heartbeat){0};
}

bool
control_restart_needed(struct control *control, char *paths, size_t size) {
    paths[0] = '\0';
    return control->started != control->config &&
           jn_config_needs_restart(control->started, control->config, paths, size);
}

static void
listen_to(struct jn_heartbeat *heartbeat, uint64_t beats, uint64_t now_ms, const char *who) {
    enum jn_heartbeat_news news = jn_heartbeat_look(heartbeat, beats, now_ms);
    if (news == JN_HEARTBEAT_SILENT)
        jn_log(JN_LOG_WARNING, "%s of the dataplane has not come round for %.1f s", who,
               (double)heartbeat->silent_ms / 1000);
    if (news == JN_HEARTBEAT_BACK)
        jn_log(JN_LOG_WARNING, "%s of the dataplane comes round again, after %.1f s", who,
               (double)heartbeat->before_ms / 1000);
}

// A dataplane that has not begun to beat is still starting.
static void
listen_to_all(struct control *control) {
    const struct jn_counters_view *view = &control->publisher.counters;
    uint64_t now_ms = jn_heartbeat_now_ms(), beats = jn_counters_load(&view->region->rounds);
    char who[32];
    if (beats == 0)
        return;
    listen_to(&control->main_heartbeat, beats, now_ms, "the main thread");
    for (unsigned int worker = 0; worker < view->worker_count; worker++) {
        snprintf(who, sizeof(who), "worker %u", worker);
        listen_to(&control->heartbeats[worker], jn_counters_load(&view->region->workers[worker].rounds), now_ms, who);
    }
}

void
control_watch(struct control *control) {
    struct publisher *publisher = &control->publisher;
    char text[256];
    bool known = control->boot != 0;
    if (!publisher_dataplane(publisher)) {
        if (known && !control->waiting)
            jn_log(JN_LOG_WARNING, "the dataplane is gone: waiting for junction-dataplane");
        control->waiting = true;
        return;
    }
    uint64_t boot = publisher->counters.region->header.boot;
    if (boot != control->boot)
        new_dataplane(control, boot);
    control->waiting = false;
    listen_to_all(control);
    struct publication publication;
    publisher_look(publisher, &publication);
    struct failure ignored = {0};
    if (control->take_back && publication.in_force &&
        publish_policy(control, control->config, &ignored, &publication) == 0) {
        control->take_back = false;
        jn_log(JN_LOG_INFO, "the policy of the file is in force again");
    }
    if (publication.in_force && boot != control->boot_in_force) {
        control->boot_in_force = boot;
        jn_log(JN_LOG_INFO, "the dataplane runs with generation %llu", (unsigned long long)publication.generation);
    }
    if (publisher->said_refused || publisher_refusal(publisher, text, sizeof(text)) == NULL)
        return;
    publisher->said_refused = true;
    jn_log(JN_LOG_ERROR, "the dataplane refused generation %llu: %s", (unsigned long long)publication.generation, text);
    fit_indexes(control);
}
