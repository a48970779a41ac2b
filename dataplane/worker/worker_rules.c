// SPDX-License-Identifier: BSD-3-Clause
#include "worker/worker_rules.h"

#include <string.h>

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/fragment_orphan.h"
#include "flow/interval.h"
#include "mirror/mirror_send.h"
#include "redirect/gate_counters.h"
#include "worker/rooms.h"

// Detach the former VPG of every index that another VPG has now: what was counted belongs to the former one.
static void
attach_vpgs(struct jn_worker *worker, const struct jn_ruleset *rules) {
    for (uint32_t vpg_idx = 0; vpg_idx < rules->vpg_idx_end; vpg_idx++) {
        const struct jn_vpg *vpg = rules->vpg[vpg_idx];
        char *id = worker->flow->vpgs[vpg_idx].id;
        if (vpg == NULL || memcmp(id, vpg->id, sizeof(vpg->id)) == 0)
            continue;
        if (id[0] != '\0')
            jn_interval_detach_vpg(worker, (uint16_t)vpg_idx);
        memcpy(id, vpg->id, sizeof(vpg->id));
    }
    worker->flow->vpg_used = rules->vpg_idx_end > worker->flow->vpg_used ? rules->vpg_idx_end : worker->flow->vpg_used;
}

bool
jn_worker_take_rules(struct jn_worker *worker, const struct jn_ruleset *rules) {
    if (rules == worker->rules)
        return false;
    if (worker->rules != NULL)
        jn_orphan_flush(worker); // counted under the old verdicts, reported under them
    if (worker->rules != NULL)
        jn_mirror_detach(worker, rules);
    jn_mirror_attach(worker, rules);
    attach_vpgs(worker, rules);
    jn_vnet_attach(worker, rules);
    worker->rules = rules;
    worker->underlay->addresses = jn_policy_addresses(rules->policy);
    worker->underlay->address_count = rules->policy->address_count;
    worker->underlay->neighbour_count = rules->neighbour_count;
    worker->flow->idle_timeout_ns = rules->policy->idle_timeout_ns;
    worker->flow->linger.linger_ns = rules->policy->tcp_linger_ns;
    jn_interval_set_length(worker, rules->policy->interval_ns);
    __atomic_store_n(&worker->counters->generation, rules->policy->generation, __ATOMIC_RELEASE);
    return true;
}

void
jn_worker_finish(struct jn_worker *worker) {
    if (worker->rules != NULL) {
        jn_orphan_flush(worker);
        if (worker->flow->interval.closing)
            jn_interval_advance(worker);
        jn_flow_end_all(worker);
        jn_interval_finish(worker);
    }
    jn_record_write_end_of_stream(worker);
}
