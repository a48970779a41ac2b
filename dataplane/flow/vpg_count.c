// SPDX-License-Identifier: BSD-3-Clause
#include "flow/vpg_count.h"

#include <stddef.h>
#include <string.h>

#include "flow/flow_record.h"

_Static_assert(offsetof(struct jn_vpg_counters, size_max) == (JN_VPG_COUNTER_COUNT - 1) * sizeof(uint64_t),
               "the last of the list");

static void
clear(struct jn_vpg_counters *counters) {
    uint64_t *words = (uint64_t *)counters;
    for (size_t i = 0; i < sizeof(*counters) / sizeof(*words); i++)
        jn_store(&words[i], 0);
}

// Differences since the interval began; the maximum starts anew. Another VPG starts with counters of zero.
void
jn_vpg_set_aside(struct jn_worker *worker, uint16_t vpg_idx) {
    struct jn_vpg_counters *counters = &worker->vpg_counters[vpg_idx];
    struct jn_worker_vpg *vpg = &worker->flow->vpgs[vpg_idx];
    const uint64_t *now = (const uint64_t *)counters, *before = (const uint64_t *)&vpg->at_start;
    uint16_t number = worker->flow->interval.number, since = worker->rules->since[vpg_idx];
    uint64_t *aside = vpg->interval != number ? vpg->closed : vpg->former;
    for (unsigned int i = 0; i + 1 < JN_VPG_COUNTER_COUNT; i++)
        aside[i] = now[i] - before[i];
    aside[JN_VPG_COUNTER_COUNT - 1] = counters->size_max;
    if (aside == vpg->closed)
        vpg->closed_since = vpg->since;
    jn_store(&counters->size_max, 0);
    if (vpg->since != since)
        clear(counters);
    vpg->at_start = *counters;
    vpg->interval = number;
    vpg->since = since;
}

static void
write_aside(struct jn_worker *worker, const char *id, uint64_t *aside, bool closed) {
    if (aside[0] == 0) // total_packets comes first
        return;
    jn_record_write_vpg(worker, id, aside, closed);
    memset(aside, 0, JN_VPG_COUNTER_COUNT * sizeof(*aside));
}

void
jn_vpg_write(struct jn_worker *worker, uint16_t vpg_idx) {
    const struct jn_ruleset *rules = worker->rules;
    struct jn_worker_vpg *vpg = &worker->flow->vpgs[vpg_idx];
    const struct jn_vpg *there = rules->vpg[vpg_idx];
    bool of_former = there == NULL || vpg->closed_since != rules->since[vpg_idx];
    const char *id = of_former ? rules->former_id[vpg_idx] : there->id;
    write_aside(worker, id, vpg->closed, true);
    if (vpg->last_known)
        jn_record_write_last(worker, id, vpg->last_ns);
    vpg->last_known = false;
    write_aside(worker, rules->former_id[vpg_idx], vpg->former, false);
}
