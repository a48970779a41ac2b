// SPDX-License-Identifier: BSD-3-Clause
// The counters of a VPG through intervals and policies: what belongs to a former interval, or to the VPG that had the index
// before, is set aside by the first packet afterwards, or by the sweep.
#pragma once

#include "flow/flow_state.h"
#include "policy/ruleset.h"

// Set aside what was counted until now. Only when the counters are not up to date.
void jn_vpg_set_aside(struct jn_worker *worker, uint16_t vpg_idx);

// What was counted until now is set aside: count from here on, for that interval and VPG. Doing it again changes nothing.
void jn_vpg_begin_anew(struct jn_vpg_counters *counters, struct jn_worker_vpg *vpg, uint16_t number, uint16_t since);

// The VPG's counters, up to date: to be counted in. worker->rules are not NULL.
static inline struct jn_vpg_counters *
jn_vpg_counters(struct jn_worker *worker, uint16_t vpg_idx) {
    const struct jn_worker_vpg *vpg = &worker->flow->vpgs[vpg_idx];
    if (__builtin_expect(vpg->interval != worker->flow->interval.number || vpg->since != worker->rules->since[vpg_idx],
                         0))
        jn_vpg_set_aside(worker, vpg_idx);
    return &worker->vpg_counters[vpg_idx];
}

// Write what was set aside: of the interval that has ended, and of the VPG that left.
void jn_vpg_write(struct jn_worker *worker, uint16_t vpg_idx);
