// SPDX-License-Identifier: BSD-3-Clause
#include "export_sinks.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "spool_place.h"

enum { SINKS_LAYOUT = 1 };

void
export_sinks_choose(struct export_sinks *s, const struct jn_config *config, bool to_stdout) {
    *s = (struct export_sinks){.count = 1, .shm.fd = -1};
    if (to_stdout || config == NULL)
        return;
    s->configs = config->sinks;
    s->count = config->sink_count;
}

static const char *
name_of(const struct export_sinks *s, unsigned int i) {
    return s->configs != NULL ? s->configs[i].name : "stdout";
}

static enum jn_sink_type
type_of(const struct export_sinks *s, unsigned int i) {
    return s->configs != NULL ? s->configs[i].type : JN_SINK_STDOUT;
}

int
export_sinks_make(struct export_sinks *s, const char *instance, char err[JN_ERR_MAX]) {
    for (unsigned int i = 0; s->configs != NULL && i < s->count; i++) {
        const struct jn_config_sink *config = &s->configs[i];
        if (!config->spool.enabled)
            continue;
        snprintf(s->directories[i], sizeof(s->directories[i]), "%s/%s/%s", config->spool.directory, instance,
                 config->name);
        int rc = spool_place_make(s->directories[i], err);
        if (rc < 0 && s->count == 1)
            return rc;
        if (rc == 0)
            continue;
        jn_log(JN_LOG_ERROR, "sink %s: goes without a spool until junction-export is started again: %s", config->name,
               err);
        s->directories[i][0] = '\0';
    }
    return 0;
}

static bool
configured(const struct export_sinks *s, const char *name) {
    for (unsigned int i = 0; i < s->count; i++)
        if (strcmp(name_of(s, i), name) == 0)
            return true;
    return false;
}

// The part of that name, or one that no sink has now.
static struct jn_sink_view *
view_of(const struct export_sinks *s, unsigned int i) {
    struct jn_sinks_region *region = s->shm.base;
    struct jn_sink_view *unused = NULL;
    for (unsigned int v = 0; v < JN_MAX_SINKS; v++) {
        struct jn_sink_view *view = &region->sinks[v];
        view->name[JN_SINK_NAME_MAX - 1] = '\0';
        if (strcmp(view->name, name_of(s, i)) == 0)
            return view;
        if (unused == NULL && !configured(s, view->name))
            unused = view;
    }
    memset(unused, 0, sizeof(*unused));
    snprintf(unused->name, sizeof(unused->name), "%s", name_of(s, i));
    return unused;
}

static const char *
type_word(enum jn_sink_type type) {
    static const char *const words[] = {
#define X(id, name, spooled, text) #name,
        JN_SINKS(X)
#undef X
    };
    return words[type];
}

static int
open_region(struct export_sinks *s, const char *instance, char err[JN_ERR_MAX]) {
    int rc = jn_shm_create(&s->shm, instance, JN_REGION_SINKS, sizeof(struct jn_sinks_region), SINKS_LAYOUT, false,
                           true, err);
    if (rc == 0)
        jn_shm_ready(&s->shm);
    if (rc < 0)
        return rc;
    struct jn_sinks_region *region = s->shm.base;
    for (unsigned int v = 0; v < JN_MAX_SINKS; v++)
        if (!configured(s, region->sinks[v].name))
            memset(&region->sinks[v], 0, sizeof(region->sinks[v]));
    return 0;
}

// Which records there are; 0: none.
static uint64_t
rings_boot(const char *instance) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, instance, JN_REGION_RECORDS, sizeof(struct jn_region_header), false, err) < 0)
        return 0;
    const struct jn_region_header *header = shm.base;
    uint64_t boot = __atomic_load_n(&header->boot, __ATOMIC_RELAXED);
    jn_shm_detach(&shm);
    return boot;
}

// What an exporter before this one lost, it said.
static void
note_lost(struct export_sinks *s) {
    const struct jn_sinks_region *region = s->shm.base;
    for (unsigned int v = 0; v < JN_MAX_SINKS; v++)
        memcpy(s->said[v], region->sinks[v].lost, sizeof(s->said[v]));
}

int
export_sinks_open(struct export_sinks *s, const char *instance, const char *node, char err[JN_ERR_MAX]) {
    struct lane_options options[JN_MAX_SINKS];
    int rc = open_region(s, instance, err);
    uint64_t boot = rings_boot(instance);
    for (unsigned int i = 0; rc == 0 && i < s->count; i++) {
        struct jn_sink_view *view = view_of(s, i);
        snprintf(view->type, sizeof(view->type), "%s", type_word(type_of(s, i)));
        jn_sink_set(&view->in_trouble, 0);
        if (view->rings_boot == 0 || view->rings_boot != boot)
            memset(view->let_go, 0, sizeof(view->let_go)); // those records are gone: what the spool has of them stays
        options[i] = (struct lane_options){
            .config = s->configs != NULL ? &s->configs[i] : NULL,
            .type = sink_type_of(type_of(s, i)),
            .node = node,
            .instance = instance,
            .spool_directory = s->directories[i][0] != '\0' ? s->directories[i] : NULL,
            .view = view,
        };
    }
    if (rc < 0)
        return rc;
    rc = delivery_open(&s->delivery, options, s->count, err); // spools know of losses that the region does not
    note_lost(s);
    return rc;
}

bool
export_sinks_network(const struct export_sinks *s) {
    for (unsigned int i = 0; i < s->count; i++)
        if (sink_type_of(type_of(s, i))->network)
            return true;
    return false;
}

void
export_sinks_report(struct export_sinks *s) {
    static const char *const reasons[] = {
#define X(id, name, text) text,
        JN_SINK_LOSSES(X)
#undef X
    };
    struct jn_sinks_region *region = s->shm.base;
    for (unsigned int v = 0; region != NULL && v < JN_MAX_SINKS; v++)
        for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++) {
            struct jn_sink_amount now = region->sinks[v].lost[i], *before = &s->said[v][i];
            if (now.records > before->records)
                jn_log(JN_LOG_WARNING, "sink %s: %lu documents (%lu packets, %lu bytes) are lost: %s (%lu in all)",
                       region->sinks[v].name, (unsigned long)(now.records - before->records),
                       (unsigned long)(now.packets - before->packets), (unsigned long)(now.bytes - before->bytes),
                       reasons[i], (unsigned long)now.records);
            *before = now;
        }
}

void
export_sinks_close(struct export_sinks *s, bool remove) {
    delivery_close(&s->delivery);
    if (remove)
        jn_shm_remove(&s->shm);
    else
        jn_shm_detach(&s->shm);
}
