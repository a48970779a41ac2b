// SPDX-License-Identifier: BSD-3-Clause
#include "flow/vpg_count.h"

#include <stddef.h>
#include <string.h>

#include "flow/flow_record.h"
#include "flow/unreported.h"

_Static_assert(offsetof(struct jn_vpg_counters, size_max) == (JN_VPG_COUNTER_COUNT - 1) * sizeof(uint64_t),
               "the last of the list");

static void
clear(struct jn_vpg_counters *counters) {
    uint64_t *words = (uint64_t *)counters;
    for (size_t i = 0; i < sizeof(*counters) / sizeof(*words); i++)
        jn_store(&words[i], 0);
}

void
jn_vpg_begin_anew(struct jn_vpg_counters *counters, struct jn_worker_vpg *vpg, uint16_t number, uint16_t since) {
    jn_store(&counters->size_max, 0);
    if (vpg->since != since)
        clear(counters);
    vpg->at_start = *counters;
    vpg->interval = number;
    jn_unreported_order(); // as long as `since` is the former one, all of this may be done again
    vpg->since = since;
}

// Differences since the interval began; the maximum starts anew. Another VPG starts with counters of zero.
void
jn_vpg_set_aside(struct jn_worker *worker, uint16_t vpg_idx) {
    struct jn_vpg_counters *counters = &worker->vpg_counters[vpg_idx];
    struct jn_worker_vpg *vpg = &worker->flow->vpgs[vpg_idx];
    struct jn_unreported *unreported = worker->flow->unreported;
    const uint64_t *now = (const uint64_t *)counters, *before = (const uint64_t *)&vpg->at_start;
    uint16_t number = worker->flow->interval.number, since = worker->rules->since[vpg_idx];
    uint64_t *aside = vpg->interval != number ? vpg->closed : vpg->former;
    jn_report_note(unreported, aside == vpg->closed ? JN_REPORT_FILL_CLOSED : JN_REPORT_FILL_FORMER, vpg_idx);
    for (unsigned int i = 0; i + 1 < JN_VPG_COUNTER_COUNT; i++)
        aside[i] = now[i] - before[i];
    aside[JN_VPG_COUNTER_COUNT - 1] = counters->size_max;
    if (aside == vpg->closed)
        vpg->closed_since = vpg->since;
    unreported->report.sequence = number | (uint64_t)since << 16;
    jn_report_note(unreported, JN_REPORT_ASIDE, vpg_idx);
    jn_vpg_begin_anew(counters, vpg, number, since);
    jn_report_end(worker->flow);
}

static void
write_aside(struct jn_worker *worker, uint16_t vpg_idx, const char *id, enum jn_report_kind kind) {
    bool closed = kind == JN_REPORT_CLOSED;
    struct jn_worker_vpg *vpg = &worker->flow->vpgs[vpg_idx];
    uint64_t *aside = closed ? vpg->closed : vpg->former;
    if (aside[0] == 0) // total_packets comes first
        return;
    jn_report_begin(worker->flow, kind, vpg_idx, 0, 0);
    jn_record_write_vpg(worker, id, aside, closed);
    jn_unreported_order();
    memset(aside, 0, JN_VPG_COUNTER_COUNT * sizeof(*aside));
    jn_report_end(worker->flow);
}

void
jn_vpg_write(struct jn_worker *worker, uint16_t vpg_idx) {
    const struct jn_ruleset *rules = worker->rules;
    struct jn_worker_vpg *vpg = &worker->flow->vpgs[vpg_idx];
    const struct jn_vpg *there = rules->vpg[vpg_idx];
    bool of_former = there == NULL || vpg->closed_since != rules->since[vpg_idx];
    const char *id = of_former ? rules->former_id[vpg_idx] : there->id;
    write_aside(worker, vpg_idx, id, JN_REPORT_CLOSED);
    if (vpg->last_known)
        jn_record_write_last(worker, id, vpg->last_ns);
    vpg->last_known = false;
    write_aside(worker, vpg_idx, rules->former_id[vpg_idx], JN_REPORT_FORMER);
}
