// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_verdict.h"

#include "flow/flow_record.h"
#include "policy/ruleset.h"

// To the peers of before.
static bool
were_copied(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    const uint32_t *copies = worker->flow->copies[entry - worker->flow->table.entries];
    return (entry->flags & JN_FLOW_BESIDE) && (copies[0] | copies[1]) != 0;
}

// The verdict by the rules in force. The delta belongs to the old one, which decides whether it becomes a record. True: it
// went out.
static bool
judge(struct jn_worker *worker, struct jn_flow_entry *entry, const struct jn_application_known *known, bool begins) {
    uint16_t before = entry->verdict;
    const struct jn_classified after = jn_classify(worker->rules, entry, known);
    bool closes =
        !begins && (((before ^ after.verdict) & (JN_VERDICT_INSPECT | JN_VERDICT_REDIRECT | JN_VERDICT_DROP)) ||
                    were_copied(worker, entry));
    if (closes)
        jn_record_write_flow(worker, entry, JN_END_ACTIVE);
    if (after.verdict & (JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1 | JN_VERDICT_REDIRECT | JN_VERDICT_GATE))
        jn_flow_keep_beside(entry);
    jn_store(&entry->verdict, after.verdict);
    jn_store(&entry->rule, after.rule);
    jn_application_want(worker, entry);
    return closes;
}

// Packets may have gone on under the verdict that is about to change.
static void
note_passed(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    const struct jn_sampling *sampling = &worker->flow->sampling;
    if (sampling->flows != NULL && !(entry->verdict & JN_VERDICT_DROP))
        sampling->flows[entry - worker->flow->table.entries].passed = 1;
}

static void
note_alone(const struct jn_worker *worker, const struct jn_flow_entry *entry) {
    const struct jn_sampling *sampling = &worker->flow->sampling;
    if (sampling->flows != NULL)
        sampling->flows[entry - worker->flow->table.entries].alone = sampling->life == NULL;
}

void
jn_flow_judge(struct jn_worker *worker, struct jn_flow_entry *entry, bool begins) {
    if (!begins)
        note_passed(worker, entry);
    const struct jn_application_known known = jn_application_known(worker, entry, begins);
    if (judge(worker, entry, &known, begins))
        jn_flow_set_delta_start(entry, worker->now_ns);
    note_alone(worker, entry);
}

void
jn_flow_judge_again(struct jn_worker *worker, struct jn_flow_entry *entry, const struct jn_application_known *known,
                    bool counts) {
    uint16_t before = entry->verdict;
    if (!worker->rules->has_application_rules[jn_flow_vpg(entry)]) {
        note_alone(worker, entry);
        return;
    }
    struct jn_application_known fresh = *known;
    note_passed(worker, entry);
    fresh.fresh &= (before & JN_VERDICT_DROP) != 0;
    bool closed = judge(worker, entry, &fresh, false);
    note_alone(worker, entry);
    if (entry->verdict != before && known->phase >= JN_APPLICATION_UNKNOWN_PHASE)
        jn_store(&entry->flags, (uint16_t)(entry->flags | JN_FLOW_VERDICT_CHANGED));
    if (closed && counts)
        jn_flow_set_delta_start(entry, worker->now_ns);
    else if (closed) // its next packet begins a delta, as at a new interval
        jn_store(&entry->current.interval, (uint16_t)(worker->flow->interval.number - 1));
}
