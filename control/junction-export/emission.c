// SPDX-License-Identifier: BSD-3-Clause
#include "emission.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

#define SUMMARY_BIT (UINT64_C(1) << 63)

void
emission_open(struct emission *e, struct aggregator *aggregator, struct delivery *delivery, const char *node) {
    *e = (struct emission){
        .aggregator = aggregator, .delivery = delivery, .node = node, .wanted = true, .top_limit = 100, .interval = -1};
    for (unsigned int i = 0; i < STATE_INTERVALS; i++)
        e->found |= (unsigned int)(aggregator->state.region->intervals[i].use != STATE_FREE) << i;
}

// A replay without intervals has no time that they would be of.
static size_t
begin_status(const struct emission *e, const struct state_interval *i) {
    const struct status_interval interval = {e->node, i->boot, i->key.number, i->start, i->end};
    return e->status != NULL && i->end != 0 ? status_begin(e->status, &interval) : 0;
}

static void
begin_emission(struct emission *e, int interval) {
    const struct state_interval *i = &e->aggregator->state.region->intervals[interval];
    e->interval = interval;
    e->next_vpg = 0;
    e->next_status = 0;
    e->status_count = begin_status(e, i);
    if (!e->wanted)
        e->next_vpg = (unsigned int)i->vpg_count;
    else if (!top_flows_find(&e->top, &e->aggregator->state, (unsigned int)interval, e->top_limit, e->annotated))
        jn_log(JN_LOG_ERROR, "no memory for the top flows: summaries go without");
    if (i->vpgs_beyond > 0)
        jn_log(JN_LOG_WARNING, "more than %d VPGs in an interval: %lu records are in no summary", JN_MAX_VPGS,
               (unsigned long)i->vpgs_beyond);
    if (i->lost > 0)
        jn_log(JN_LOG_WARNING, "%lu records of an interval are missing: its summaries say so", (unsigned long)i->lost);
}

// The document of the interval that is being emitted. False when there is no room for now.
static bool
give(struct emission *e, struct document *document) {
    document->kind = DOCUMENT_SUMMARY;
    document->source = JN_SINK_SOURCE_SUMS;
    document->earlier = (e->found >> e->interval & 1) != 0;
    e->pending++; // before: it may be secured at once
    if (delivery_add(e->delivery, document, SUMMARY_BIT) == 0)
        return true;
    e->pending--;
    return false;
}

static bool
submit_summary(struct emission *e, struct summary *s) {
    struct document document = {
        .text = s->text,
        .length = s->length,
        .key = s->key,
        .key_length = s->key_length,
        .id = s->text + s->id_at,
        .id_length = s->id_length,
        .date = s->text + s->time_at,
        .packets = s->packets,
        .bytes = s->bytes,
    };
    if (!give(e, &document))
        return false;
    free(s->text);
    s->text = NULL;
    return true;
}

// False when there is no room for now.
static bool
submit_next(struct emission *e) {
    const struct state *state = &e->aggregator->state;
    const struct state_vpg *vpg = &state->tables[e->interval].vpgs[e->next_vpg];
    struct summary *s = &e->summary;
    if (summary_wanted(vpg)) {
        if (s->text == NULL && !summary_write(state, (unsigned int)e->interval, e->next_vpg, &e->top, e->node, s))
            jn_log(JN_LOG_ERROR, "VPG %s: its summary cannot be written", vpg->id);
        else if (!submit_summary(e, s))
            return false;
    }
    e->next_vpg++;
    return true;
}

// False when there is no room for now. All of a node's keep their order.
static bool
submit_status(struct emission *e) {
    const char *text = status_text(e->status, e->next_status);
    struct document document = {
        .text = text,
        .length = strlen(text),
        .key = e->node,
        .key_length = strlen(e->node),
        .id = text + status_id_at(),
        .id_length = status_id_length(text),
        .date = text + status_time_at(),
    };
    if (!give(e, &document))
        return false;
    e->next_status++;
    return true;
}

int
emission_step(struct emission *e) {
    if (e->interval < 0) {
        int complete = aggregate_complete(e->aggregator);
        if (complete < 0)
            return -1;
        begin_emission(e, complete);
    }
    while (e->next_vpg < e->aggregator->state.region->intervals[e->interval].vpg_count)
        if (!submit_next(e))
            return -1;
    while (e->next_status < e->status_count)
        if (!submit_status(e))
            return -1;
    if (e->pending > 0)
        return -1;
    int closed = e->interval;
    top_flows_free(&e->top);
    delivery_lets_go(e->delivery, JN_SINK_SOURCE_SUMS, delivery_next(e->delivery));
    __atomic_thread_fence(__ATOMIC_RELEASE);
    aggregate_close_interval(e->aggregator, (unsigned int)closed);
    e->found &= ~(1u << closed);
    e->interval = -1;
    return closed;
}

void
emission_acknowledge(struct emission *e, uint64_t opaque) {
    (void)opaque;
    if (e->pending > 0)
        e->pending--;
}

bool
emission_owns(uint64_t opaque) {
    return opaque & SUMMARY_BIT;
}

void
emission_close(struct emission *e) {
    free(e->summary.text);
    top_flows_free(&e->top);
}
