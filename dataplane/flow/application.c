// SPDX-License-Identifier: BSD-3-Clause
#include "flow/application.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/flow_state.h"
#include "policy/ruleset.h"
#include "touch.h"

int
jn_sampling_make(struct jn_sampling *sampling, uint32_t flows, const struct jn_hash_key *key) {
    sampling->flows = calloc(flows, sizeof(*sampling->flows));
    sampling->names = jn_server_names_make(key);
    sampling->ending = JN_FLOW_NONE;
    sampling->refused_taken = sampling->refused_head = UINT64_MAX;
    if (sampling->flows == NULL || sampling->names == NULL)
        return -ENOMEM;
    jn_touch(sampling->flows, flows * sizeof(*sampling->flows));
    return 0;
}

void
jn_sampling_free(struct jn_sampling *sampling) {
    free(sampling->flows);
    free(sampling->names);
    sampling->flows = NULL;
    sampling->names = NULL;
}

struct jn_application_known
jn_application_known(const struct jn_worker *worker, const struct jn_flow_entry *entry, bool begins) {
    const struct jn_sampling *sampling = &worker->flow->sampling;
    struct jn_application_known known = {.phase = jn_application_phase(entry->flags), .fresh = begins};
    if (sampling->flows == NULL)
        return known;
    const struct jn_flow_application *of = &sampling->flows[entry - worker->flow->table.entries];
    bool decided = known.phase == JN_APPLICATION_DECIDED_PHASE;
    known.fresh = begins || !of->passed;
    known.classifier = sampling->life != NULL || of->last; // nobody would look at the flow again when it comes back
    known.application = decided ? entry->application : 0;  // else it is guessed
    known.master = decided ? of->master : 0;
    known.category = decided ? of->category : 0;
    known.risks = of->risks;
    if (of->name != 0) {
        known.name = jn_server_name_at(sampling->names, of->name)->text;
        known.name_length = jn_server_name_at(sampling->names, of->name)->length;
    }
    return known;
}

struct jn_flow_application
jn_application_of(const struct jn_worker *worker, uint32_t flow_idx) {
    const struct jn_sampling *sampling = &worker->flow->sampling;
    return sampling->flows != NULL ? sampling->flows[flow_idx] : (struct jn_flow_application){0};
}

void
jn_application_forget(struct jn_worker *worker, uint32_t flow_idx) {
    struct jn_sampling *sampling = &worker->flow->sampling;
    if (sampling->flows == NULL)
        return;
    jn_server_name_release(sampling->names, sampling->flows[flow_idx].name);
    memset(&sampling->flows[flow_idx], 0, sizeof(sampling->flows[flow_idx]));
}

// Is its verdict one that no application can change? A drop without one for want of a classifier is not.
static bool
is_dropped_for_good(const struct jn_worker *worker, const struct jn_flow_entry *entry, const struct jn_vpg *vpg) {
    const struct jn_ruleset *rules = worker->rules;
    if (!(entry->verdict & JN_VERDICT_DROP) || jn_application_phase(entry->flags) != JN_APPLICATION_NONE_PHASE)
        return false;
    if (worker->flow->sampling.life == NULL && rules->has_application_rules[vpg->vpg_idx] &&
        (vpg->flags & JN_VPG_DROP_UNCLASSIFIED))
        return false;
    return entry->rule == JN_RULE_DEFAULT ||
           jn_policy_rules(rules->policy)[vpg->rule_first + entry->rule].application_match == 0;
}

static bool
is_wanted(const struct jn_worker *worker, const struct jn_flow_entry *entry, const struct jn_flow_application *of) {
    uint16_t vpg_idx = jn_flow_vpg(entry);
    const struct jn_vpg *vpg = worker->rules->vpg[vpg_idx];
    if (vpg == NULL || vpg->metadata == JN_METADATA_NONE || of->last)
        return false;
    bool looked_at = (entry->verdict & JN_VERDICT_INSPECT) || worker->rules->has_application_rules[vpg_idx];
    return looked_at && !is_dropped_for_good(worker, entry, vpg);
}

void
jn_application_want(struct jn_worker *worker, struct jn_flow_entry *entry) {
    const struct jn_sampling *sampling = &worker->flow->sampling;
    if (sampling->flows == NULL)
        return;
    bool wanted = is_wanted(worker, entry, &sampling->flows[entry - worker->flow->table.entries]);
    uint16_t rest = entry->flags & (uint16_t)~JN_FLOW_SAMPLED;
    jn_store(&entry->flags, (uint16_t)(rest | (wanted ? JN_FLOW_SAMPLED : 0)));
    if (!wanted && jn_application_phase(entry->flags) == JN_APPLICATION_UNDECIDED_PHASE)
        jn_flow_set_phase(entry, JN_APPLICATION_NONE_PHASE); // nobody would ever end the search
}
