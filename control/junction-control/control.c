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
                 (unsigned long long)p->microseconds);
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

// found: of a name in a region, or NULL: there is none of that number.
static int
check_name(struct failure *failure, const char *what, const char *wanted, const char *found) {
    char name[JN_NAME_MAX] = "none";
    if (found != NULL)
        jn_counters_text(found, JN_NAME_MAX, name, sizeof(name));
    if (strcmp(wanted, name) == 0)
        return 0;
    return control_fail(failure, "restart_needed",
                        "%s: the running dataplane has %s where the file has %s: it was changed, so restart it first",
                        what, name, wanted);
}

// A policy names wires and ports by their number. The running dataplane's numbers are those it was started with.
static int
check_numbers(struct control *control, const struct jn_config *config, struct failure *failure) {
    char what[64];
    if (!publisher_dataplane(&control->publisher))
        return 0;
    const struct jn_counters_view *view = &control->publisher.counters;
    if (config->vpg_count > view->vpg_capacity)
        return control_fail(failure, "restart_needed",
                            "vpgs: the running dataplane has room for %u where the file has %u: dataplane.max_vpgs was "
                            "changed, so restart it first",
                            view->vpg_capacity, config->vpg_count);
    for (unsigned int i = 0; i < config->vpg_count; i++) {
        unsigned int wire = config->vpgs[i].wire;
        snprintf(what, sizeof(what), "vpgs[%u].wire", i);
        const char *found = wire < view->wire_count ? view->region->wires[wire] : NULL;
        if (check_name(failure, what, config->dataplane.wires[wire].name, found) < 0)
            return -1;
    }
    for (unsigned int i = 0; i < config->dataplane.address_count; i++) {
        unsigned int port = config->dataplane.addresses[i].port;
        snprintf(what, sizeof(what), "dataplane.ports[%u].addresses", port);
        const char *found = port < view->port_count ? view->region->ports[port].name : NULL;
        if (check_name(failure, what, config->dataplane.ports[port].name, found) < 0)
            return -1;
    }
    return 0;
}

static struct jn_policy *
compile(struct control *control, struct jn_config *config, struct failure *failure) {
    char err[JN_ERR_MAX];
    if (control->log_override >= 0)
        config->log_level = (enum jn_log_level)control->log_override;
    // More room than the running dataplane has comes with its restart.
    const struct jn_counters_view *view = &control->publisher.counters;
    if (publisher_dataplane(&control->publisher) && view->vpg_capacity < config->dataplane.max_vpgs)
        config->dataplane.max_vpgs = view->vpg_capacity;
    struct jn_policy *policy = jn_config_compile(config, control->publisher.policy, err);
    if (policy == NULL)
        control_fail(failure, "not_compiled", "%s", err);
    return policy;
}

static int
publish_policy(struct control *control, struct jn_config *config, struct failure *failure,
               struct publication *publication) {
    char err[JN_ERR_MAX];
    struct jn_policy *policy = compile(control, config, failure);
    if (policy == NULL)
        return -1;
    int rc = publisher_publish(&control->publisher, policy, publication, err);
    if (rc == 0)
        return 0;
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
    if (check_numbers(control, config, failure) < 0)
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
    publication->microseconds = 0;
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
    if (check_numbers(control, config, failure) < 0 || publish_policy(control, config, failure, publication) < 0) {
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

int
control_end_change(struct control *control, json_t *document, struct failure *failure,
                   struct publication *publication) {
    char err[JN_ERR_MAX];
    struct failure ignored = {0};
    struct publication back;
    struct jn_config *config = parse_document(control, document, failure);
    if (config == NULL)
        return -1;
    if (check_numbers(control, config, failure) < 0 || publish_policy(control, config, failure, publication) < 0) {
        jn_config_free(config);
        return -1;
    }
    if (keeper_write(&control->keeper, config->document, &control->file, err) < 0) {
        jn_config_free(config);
        bool restored = publish_policy(control, control->config, &ignored, &back) == 0;
        return control_fail(failure, "not_written", "%s; the policy before is %s", err,
                            restored ? "in force again" : ignored.message);
    }
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

// A dataplane that came while this process was there was started with the file that is loaded, if that is believed.
static void
new_dataplane(struct control *control, uint64_t boot) {
    if (control->started != control->config && !control->devices_pinned) {
        jn_config_free(control->started);
        control->started = control->config;
    }
    control->boot = boot;
}

bool
control_restart_needed(struct control *control, char *paths, size_t size) {
    paths[0] = '\0';
    return control->started != control->config &&
           jn_config_needs_restart(control->started, control->config, paths, size);
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
    struct publication publication;
    publisher_look(publisher, &publication);
    if (publication.in_force && boot != control->boot_in_force) {
        control->boot_in_force = boot;
        jn_log(JN_LOG_INFO, "the dataplane runs with generation %llu", (unsigned long long)publication.generation);
    }
    if (publisher->said_refused || publisher_refusal(publisher, text, sizeof(text)) == NULL)
        return;
    publisher->said_refused = true;
    jn_log(JN_LOG_ERROR, "the dataplane refused generation %llu: %s", (unsigned long long)publication.generation, text);
}
