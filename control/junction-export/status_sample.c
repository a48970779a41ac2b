// SPDX-License-Identifier: BSD-3-Clause
#include "status_sample.h"

#include <stdio.h>

#include "lists.h"
#include "status_gates.h"

enum { WORKER_NAME_MAX = 12 };

// What is in a ring is the worker's; what was lost is counted by the records region, which may outlive the dataplane.
static void
add_ring(json_t *worker, const struct status_ring *ring) {
    if (ring->capacity == 0)
        return;
    status_now(worker, "ring_records", ring->waiting);
    status_now(worker, "ring_capacity", ring->capacity);
    status_now(worker, "ring_percent", ring->waiting >= ring->capacity ? 100 : ring->waiting * 100 / ring->capacity);
}

static void
add_ring_losses(struct status_things *things, const struct status_sources *s) {
    const struct jn_list reason = {(const struct jn_list_row[]){{"ring_full", ""}}, 1};
    for (unsigned int w = 0; w < JN_MAX_WORKERS; w++) {
        char name[WORKER_NAME_MAX];
        snprintf(name, sizeof(name), "%u", w);
        status_losses(things, "record", NULL, name, &reason, &s->rings[w].lost);
    }
}

static void
add_workers(struct status_things *things, const struct status_sources *s) {
    for (unsigned int w = 0; w < s->counters->worker_count; w++) {
        const struct jn_worker_counters *c = &s->counters->region->workers[w];
        char name[WORKER_NAME_MAX];
        snprintf(name, sizeof(name), "%u", w);
        json_t *thing = status_thing(things, "worker", name);
#define X(counter, text)                                                                                               \
    if (&c->counter != &c->flows_active)                                                                               \
        status_count(thing, #counter, jn_counters_load(&c->counter));
        JN_WORKER_COUNTERS(X)
#undef X
        status_now(thing, "flows_active", jn_counters_load(&c->flows_active));
        if (s->rings != NULL)
            add_ring(thing, &s->rings[w]);
    }
}

static uint64_t
sum_over_workers(const struct jn_counters_view *view, size_t offset) {
    uint64_t sum = 0;
    for (unsigned int w = 0; w < view->worker_count; w++)
        sum += jn_counters_load((const uint64_t *)((const char *)&view->region->workers[w] + offset));
    return sum;
}

static void
add_ports(struct status_things *things, const struct jn_counters_view *view) {
    for (unsigned int p = 0; p < view->port_count; p++) {
        const struct jn_port_state *state = &view->region->ports[p];
        char name[JN_NAME_MAX];
        json_t *thing = status_thing(things, "port", jn_counters_text(state->name, JN_NAME_MAX, name, sizeof(name)));
        status_set_text(thing, "state", !state->present ? "gone" : state->link_up ? "up" : "down");
#define X(counter, text)                                                                                               \
    status_count(thing, #counter, sum_over_workers(view, offsetof(struct jn_worker_counters, ports[p].counter)));
        JN_PORT_COUNTERS(X)
#undef X
        status_count(thing, "rx_missed", jn_counters_load(&state->rx_missed));
        status_count(thing, "rx_errors", jn_counters_load(&state->rx_errors));
        status_count(thing, "rx_nombuf", jn_counters_load(&state->rx_nombuf));
        status_count(thing, "tx_errors", jn_counters_load(&state->tx_errors));
    }
}

static void
add_drops_and_exceptions(struct status_things *things, const struct jn_counters_view *view) {
    uint64_t drops[JN_DROP_COUNT];
    for (unsigned int i = 0; i < JN_DROP_COUNT; i++)
        drops[i] = sum_over_workers(view, offsetof(struct jn_worker_counters, drops[i]));
    status_losses(things, "packet", NULL, NULL, &jn_drop_list, drops);
    for (unsigned int i = 0; i < JN_EXCEPTION_COUNT; i++) {
        uint64_t packets = sum_over_workers(view, offsetof(struct jn_worker_counters, exceptions[i]));
        if (packets == 0)
            continue;
        json_t *thing = status_thing(things, "exception", NULL);
        status_set_text(thing, "reason", jn_exception_list.rows[i].word);
        status_count(thing, "packets", packets);
    }
}

static void
add_sink_losses(struct status_things *things, json_t *sink, const char *name, const struct jn_sink_view *view) {
    static const char *const reasons[] = {
#define X(id, member, text) #member,
        JN_SINK_LOSSES(X)
#undef X
    };
    uint64_t records = 0, packets = 0, bytes = 0;
    for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++) {
        const struct jn_list reason = {(const struct jn_list_row[]){{reasons[i], ""}}, 1};
        uint64_t lost = jn_counters_load(&view->lost[i].records);
        records += lost;
        packets += jn_counters_load(&view->lost[i].packets);
        bytes += jn_counters_load(&view->lost[i].bytes);
        status_losses(things, "sink", NULL, name, &reason, &lost);
    }
    status_count(sink, "lost_records", records);
    status_count(sink, "lost_packets", packets);
    status_count(sink, "lost_bytes", bytes);
}

static void
add_sinks(struct status_things *things, const struct jn_sinks_region *region) {
    static const char *const states[] = {
#define X(id, name, text) #name,
        JN_SINK_STATES(X)
#undef X
    };
    for (unsigned int i = 0; i < JN_MAX_SINKS; i++) {
        const struct jn_sink_view *view = &region->sinks[i];
        char name[JN_SINK_NAME_MAX], type[sizeof(view->type)];
        uint64_t state = jn_counters_load(&view->state);
        if (view->name[0] == '\0')
            continue;
        jn_counters_text(view->name, sizeof(view->name), name, sizeof(name));
        json_t *thing = status_thing(things, "sink", name);
        status_set_text(thing, "type", jn_counters_text(view->type, sizeof(view->type), type, sizeof(type)));
        status_set_text(thing, "state", state < JN_SINK_STATE_COUNT ? states[state] : "unknown");
#define X(id, counter, text) status_count(thing, #counter, jn_counters_load(&view->counters[JN_SINK_COUNTER_##id]));
        JN_SINK_COUNTERS(X)
#undef X
#define X(id, gauge, text) status_now(thing, #gauge, jn_counters_load(&view->gauges[JN_SINK_GAUGE_##id]));
        JN_SINK_GAUGES(X)
#undef X
        add_sink_losses(things, thing, name, view);
    }
}

static void
add_text_losses(struct status_things *things, const struct status_texts *texts) {
    static const struct jn_list_row rows[] = {
#define X(member, text) {#member, text},
        STATUS_TEXT_LOSSES(X)
#undef X
    };
    const uint64_t counts[] = {
#define X(member, text) texts->member,
        STATUS_TEXT_LOSSES(X)
#undef X
    };
    const struct jn_list reasons = {rows, sizeof(rows) / sizeof(rows[0])};
    status_losses(things, "text", NULL, NULL, &reasons, counts);
}

static void
add_dataplane(struct status_things *things, const struct status_sources *s) {
    const struct jn_policy *policy = s->names != NULL ? s->names->policy : NULL;
    status_since(things, s->counters->region->header.boot);
    add_workers(things, s);
    add_ports(things, s->counters);
    add_drops_and_exceptions(things, s->counters);
    if (policy != NULL && s->neighbours != NULL)
        status_add_mirrors(things, policy, s->neighbours);
    if (policy != NULL && s->gates != NULL)
        status_add_gates(things, policy, s->gates);
}

json_t *
status_sample(const struct status_sources *s) {
    struct status_things things = {.list = json_array()};
    if (things.list == NULL)
        return NULL;
    if (s->counters != NULL)
        add_dataplane(&things, s);
    if (s->rings != NULL) {
        status_since(&things, s->rings_boot);
        add_ring_losses(&things, s);
    }
    if (s->sinks != NULL) {
        status_since(&things, s->sinks->header.boot);
        add_sinks(&things, s->sinks);
    }
    if (s->texts != NULL && s->texts->boot != 0) {
        status_since(&things, s->texts->boot);
        add_text_losses(&things, s->texts);
    }
    return things.list;
}
