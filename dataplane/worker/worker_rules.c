// SPDX-License-Identifier: BSD-3-Clause
#include "worker/worker_rules.h"

#include "flow/flow_end.h"
#include "flow/flow_record.h"
#include "flow/fragment_orphan.h"
#include "flow/interval.h"
#include "flow/sweep.h"
#include "mirror/mirror_send.h"
#include "redirect/gate_counters.h"
#include "worker/rooms.h"

enum { VPGS_A_ROUND = 32 };

static void
attach_peer(struct jn_worker *worker, unsigned int mirror_idx) {
    const struct jn_mirror_peer *to = worker->rules->mirror[mirror_idx];
    if (to != NULL)
        jn_mirror_attach(worker, to);
    else if (worker->mirror->state[mirror_idx].hold_count != 0)
        jn_mirror_drop_hold_queue(worker, mirror_idx);
}

void
jn_worker_attach(struct jn_worker *worker) {
    for (unsigned int i = 0; i < VPGS_A_ROUND && worker->attached < worker->flow->vpg_used; i++, worker->attached++) {
        for (unsigned int peer_idx = 0; peer_idx < JN_VPG_PEERS; peer_idx++)
            attach_peer(worker, worker->attached * JN_VPG_PEERS + peer_idx);
        if (worker->rules->vnet[worker->attached] != NULL)
            jn_vnet_counters(worker, (uint16_t)worker->attached);
    }
}

bool
jn_worker_take_rules(struct jn_worker *worker, const struct jn_ruleset *rules) {
    if (rules == worker->rules)
        return false;
    worker->rules = rules;
    if (rules->vpg_idx_end > worker->flow->vpg_used)
        worker->flow->vpg_used = rules->vpg_idx_end;
    worker->underlay->addresses = jn_policy_addresses(rules->policy);
    worker->underlay->address_count = rules->policy->address_count;
    worker->underlay->neighbour_count = rules->neighbour_count;
    worker->flow->idle_timeout_ns = rules->policy->idle_timeout_ns;
    worker->flow->linger.linger_ns = rules->policy->tcp_linger_ns;
    jn_interval_set_length(worker, rules->policy->interval_ns);
    jn_sweep_take_rules(worker);
    worker->attached = 0;
    jn_worker_attach(worker);
    __atomic_store_n(&worker->counters->generation, rules->policy->generation, __ATOMIC_RELEASE);
    return true;
}

void
jn_worker_finish(struct jn_worker *worker) {
    if (worker->rules != NULL) {
        jn_sweep_finish(worker);
        jn_interval_stop(worker);
        jn_orphan_flush(worker);
        jn_flow_end_all(worker);
        jn_interval_finish(worker);
    }
    jn_record_write_end_of_stream(worker);
}
