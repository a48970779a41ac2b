// SPDX-License-Identifier: BSD-3-Clause
#include "flow/salvage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/flow_record.h"
#include "flow/vpg_count.h"
#include "policy/ruleset.h"

enum { WAITS = 5000 }; // of 200 us, for all workers together
#define LARGEST (UINT64_MAX >> 2)
#define LATEST  ((uint64_t)INT64_MAX)

// A worker as it was, as far as records need it. The intervals' clock is only asked whether there is one.
struct former {
    struct jn_worker worker;
    struct jn_flow_state flow;
    struct jn_worker_counters counters;
    struct jn_interval_clock clock;
};

static bool
is_id(const char id[JN_VPG_ID_MAX]) {
    return id[0] != '\0' && memchr(id, '\0', JN_VPG_ID_MAX) != NULL;
}

int
jn_salvage_begin(struct jn_salvage *s) {
    uint32_t vpgs = s->unreported->vpg_capacity;
    const struct jn_unreported_vpg *names = jn_unreported_names(s->unreported, vpgs);
    s->rules = calloc(1, sizeof(*s->rules));
    s->vpgs = calloc(vpgs, sizeof(*s->vpgs));
    s->policy = calloc(1, sizeof(*s->policy));
    if (s->rules == NULL || s->vpgs == NULL || s->policy == NULL)
        return -ENOMEM;
    s->rules->policy = s->policy;
    s->full_waits = JN_RECORD_WAITS_MOST - WAITS;
    for (uint32_t i = 0; i < vpgs; i++) {
        s->rules->since[i] = (uint16_t)names[i].since;
        if (is_id(names[i].id)) {
            memcpy(s->vpgs[i].id, names[i].id, sizeof(s->vpgs[i].id));
            s->rules->vpg[i] = &s->vpgs[i];
        }
        s->rules->has_former[i] = names[i].has_former != 0 && is_id(names[i].former_id);
        if (is_id(names[i].former_id))
            memcpy(s->rules->former_id[i], names[i].former_id, sizeof(s->rules->former_id[i]));
    }
    return 0;
}

void
jn_salvage_end(struct jn_salvage *s) {
    free(s->rules);
    free(s->vpgs);
    free(s->policy);
}

// A record that was being written is there or is not: head and lost records tell, by which the number of the next is known.
static bool
settle_ring(struct jn_ring *ring) {
    uint64_t expected = ring->head + ring->lost;
    if (ring->next_sequence - expected + 1 > 2)
        return false;
    jn_store(&ring->next_sequence, expected);
    return true;
}

// What the note speaks of is in a record, or counted as lost. What is left to do is the clearing.
static void
settle_report(struct former *f, enum jn_report_kind kind, uint32_t number) {
    struct jn_ring *ring = f->flow.ring;
    const struct jn_report *report = &f->flow.unreported->report;
    if (ring->head == report->head) {
        jn_store(&ring->lost_packets, report->lost_packets);
        jn_store(&ring->lost_bytes, report->lost_bytes);
    }
    if (kind == JN_REPORT_FLOW)
        jn_record_clear_flow(&f->worker, &f->flow.table.entries[number]);
    else if (kind == JN_REPORT_CLOSED)
        memset(f->flow.vpgs[number].closed, 0, sizeof(f->flow.vpgs[number].closed));
    else
        memset(f->flow.vpgs[number].former, 0, sizeof(f->flow.vpgs[number].former));
}

// Finish what the note speaks of, or undo it. False when it cannot be right.
static bool
settle_note(struct former *f, uint32_t vpgs) {
    const struct jn_report *report = &f->flow.unreported->report;
    uint32_t number = (uint32_t)report->what;
    uint64_t kind = report->what >> 32;
    if (kind > JN_REPORT_ASIDE || (kind == JN_REPORT_FLOW && number >= f->flow.table.header->capacity) ||
        (kind > JN_REPORT_FLOW && number >= vpgs))
        return false;
    switch ((enum jn_report_kind)kind) {
    case JN_REPORT_NONE: return true;
    case JN_REPORT_FLOW:
    case JN_REPORT_CLOSED:
    case JN_REPORT_FORMER:
        if (f->flow.ring->next_sequence != report->sequence)
            settle_report(f, (enum jn_report_kind)kind, number);
        break;
    case JN_REPORT_FILL_CLOSED: memset(f->flow.vpgs[number].closed, 0, sizeof(f->flow.vpgs[number].closed)); break;
    case JN_REPORT_FILL_FORMER: memset(f->flow.vpgs[number].former, 0, sizeof(f->flow.vpgs[number].former)); break;
    case JN_REPORT_ASIDE:
        jn_vpg_begin_anew(&f->worker.vpg_counters[number], &f->flow.vpgs[number], (uint16_t)report->sequence,
                          (uint16_t)(report->sequence >> 16));
        break;
    }
    jn_report_end(&f->flow);
    return true;
}

static bool
bounds_sound(const struct jn_interval_bounds *b) {
    return (b->marks & ~(uint64_t)(JN_INTERVAL_MARKS_ALL & ~JN_INTERVAL_CUT)) == 0 && b->number <= UINT32_MAX &&
           b->wall_end <= LATEST && (b->wall_start < b->wall_end || (b->wall_start | b->wall_end) == 0);
}

static bool
take_intervals(struct former *f) {
    const struct jn_unreported *unreported = f->flow.unreported;
    const struct jn_unreported_intervals *found = &unreported->intervals[unreported->edition & 1];
    struct jn_interval *interval = &f->flow.interval;
    if (!bounds_sound(&found->current) || !bounds_sound(&found->closed))
        return false;
    interval->current = found->current;
    interval->closed = found->closed;
    interval->current.marks |= JN_INTERVAL_SALVAGED;
    interval->closed.marks |= JN_INTERVAL_SALVAGED;
    interval->number = (uint16_t)found->number;
    interval->clock = found->bounded ? &f->clock : NULL;
    interval->length_ns = found->bounded;
    f->flow.sweep.closes = found->closes;
    f->flow.sweep.part = found->closes ? JN_SWEEP_FLOWS : JN_SWEEP_NONE;
    return true;
}

static bool
take_worker(struct jn_salvage *s, struct former *f, unsigned int w) {
    struct jn_flow_state *flow = &f->flow;
    uint32_t vpgs = s->unreported->vpg_capacity, flows = s->unreported->flow_capacity;
    f->worker.index = w;
    f->worker.rules = s->rules;
    f->worker.counters = &f->counters;
    f->worker.vpg_counters = jn_counters_of_vpgs(s->counters, s->counters->worker_count, w, vpgs);
    f->worker.flow = flow;
    jn_flow_table_open(&flow->table, s->flows, w, 0);
    jn_unreported_bind(flow, s->unreported, w, vpgs, flows);
    flow->ring = &s->records->rings[w];
    flow->records = jn_ring_first(s->records, flow->ring);
    flow->record_capacity = flow->ring->capacity;
    flow->cached_tail = flow->ring->tail;
    flow->consumed = s->consumed != NULL ? &s->consumed->rings[w] : NULL;
    flow->region_boot = s->records->header.boot;
    flow->refused_tail = UINT64_MAX;
    flow->boot = flow->unreported->boot;
    flow->block_when_full = s->wait;
    flow->full_waits = s->full_waits;
    s->policy->generation = s->counters->workers[w].generation & LARGEST;
    s->rules->generation = (uint16_t)s->policy->generation;
    return flow->table.header->capacity == flows && settle_ring(flow->ring) && take_intervals(f) &&
           settle_note(f, vpgs);
}

static bool
has_name(const struct jn_ruleset *rules, uint32_t vpg_idx, uint32_t vpgs) {
    return vpg_idx < vpgs && (rules->vpg[vpg_idx] != NULL || rules->former_id[vpg_idx][0] != '\0');
}

_Static_assert((JN_FLOW_FLAGS_ALL | JN_FLOW_BESIDE) == UINT16_MAX, "no flag is unknown");

// As junction-export will look at the record. An odd version: the flow was beginning or had ended, and has counted nothing.
static bool
entry_sound(const struct former *f, const struct jn_flow_entry *entry, uint32_t vpgs) {
    for (int end = 0; end < 2; end++)
        if (entry->bytes[end] > LARGEST || (entry->packets[end] == 0 && entry->bytes[end] != 0))
            return false;
    const bool beside = entry->flags & JN_FLOW_BESIDE;
    const struct jn_flow_through *through = &f->flow.through[entry - f->flow.table.entries];
    return entry->version % 2 == 0 && has_name(f->worker.rules, jn_flow_vpg(entry), vpgs) &&
           (entry->verdict & ~JN_VERDICTS_ALL) == 0 && entry->port < JN_MAX_PORTS &&
           (entry->rule < JN_MAX_RULES || entry->rule == JN_RULE_DEFAULT) && entry->start_ns <= LATEST &&
           entry->last_ns <= LATEST &&
           (!beside ||
            (through->returned_bytes <= LARGEST && (through->returned != 0 || through->returned_bytes == 0)));
}

static void
report_flow(struct jn_salvage *s, struct former *f, struct jn_flow_entry *entry) {
    uint64_t packets = (uint64_t)entry->packets[0] + entry->packets[1], bytes = entry->bytes[0] + entry->bytes[1],
             lost = f->flow.ring->lost;
    if (!jn_record_is_due(&f->worker, entry))
        return;
    if (!entry_sound(f, entry, s->unreported->vpg_capacity)) {
        s->passed_over++;
        return;
    }
    jn_record_write_flow(&f->worker, entry, JN_END_FORCED);
    if (f->flow.ring->lost != lost) {
        s->lost++;
        s->lost_packets += packets;
        s->lost_bytes += bytes;
        return;
    }
    s->written++;
    s->packets += packets;
    s->bytes += bytes;
}

// What is of the interval before the current one, and its end.
static void
report_interval(struct jn_salvage *s, struct former *f) {
    const struct jn_flow_table_header *header = f->flow.table.header;
    uint32_t entries =
                 header->high_water < s->unreported->flow_capacity ? header->high_water : s->unreported->flow_capacity,
             vpgs = s->counters->vpg_used < s->unreported->vpg_capacity ? s->counters->vpg_used
                                                                        : s->unreported->vpg_capacity;
    for (uint32_t n = 0; n < entries; n++) {
        struct jn_flow_entry *entry = &f->flow.table.entries[n];
        if (!jn_flow_is_free(entry) && entry->current.interval != f->flow.interval.number)
            report_flow(s, f, entry);
    }
    for (uint32_t i = 0; i < vpgs; i++) {
        if (!has_name(s->rules, i, s->unreported->vpg_capacity))
            continue;
        jn_vpg_counters(&f->worker, (uint16_t)i);
        jn_vpg_write(&f->worker, (uint16_t)i);
    }
    jn_record_write_interval_end(&f->worker);
}

void
jn_salvage_worker(struct jn_salvage *s, unsigned int w) {
    s->workers++;
    if (!jn_unreported_owes(&s->unreported->workers[w])) {
        s->ended_workers++;
        return;
    }
    struct former *f = calloc(1, sizeof(*f));
    if (f == NULL || !take_worker(s, f, w)) {
        s->unsound_workers++;
        free(f);
        return;
    }
    struct jn_interval *interval = &f->flow.interval;
    bool counted = interval->current.number != 0;
    if (counted && f->flow.sweep.closes)
        report_interval(s, f);
    if (counted) {
        interval->closed = interval->current;
        interval->number++;
        f->flow.sweep.closes = true;
        f->flow.sweep.part = JN_SWEEP_FLOWS;
        jn_unreported_note_intervals(&f->flow);
        report_interval(s, f);
    }
    jn_record_write_end_of_stream(&f->worker);
    s->full_waits = f->flow.full_waits;
    free(f);
}
