// SPDX-License-Identifier: BSD-3-Clause
#include "worker/underlay_error.h"

#include "mirror/mirror_state.h"
#include "policy/learn_mtu.h"
#include "policy/ruleset.h"
#include "redirect/gate_counters.h"

static void
count_icmp(const struct jn_underlay_result *result, uint64_t *unreachable, uint64_t *too_big) {
    jn_count(result->kind == JN_UNDERLAY_TOO_BIG ? too_big : unreachable, 1);
}

// The outcome for the error as a whole is the one of the peer that came nearest to learning.
static void
note(enum jn_path_mtu_outcome one, enum jn_path_mtu_outcome *best, uint64_t *lowered) {
    jn_count(lowered, one == JN_PATH_MTU_LOWERED);
    if (one > *best)
        *best = one;
}

static void
tell_mirrors(struct jn_worker *worker, const struct jn_underlay_result *result, const struct jn_quote *quote,
             enum jn_path_mtu_outcome *best) {
    const struct jn_mirror_addresses *all = worker->rules->mirrors;
    uint32_t at = all == NULL ? 0 : jn_mirror_address_hash(all, result->peer);
    struct jn_mirror_peer *to;
    while (all != NULL && (to = jn_mirror_next(all, result->family, result->peer, &at)) != NULL) {
        struct jn_peer_counters *counters = &worker->mirror->counters[to->mirror_idx];
        count_icmp(result, &counters->icmp_unreachable, &counters->icmp_too_big);
        if (result->kind == JN_UNDERLAY_TOO_BIG)
            note(jn_mirror_peer_learn(to, result->mtu, quote, worker->steady_ns), best, &counters->path_mtu_lowered);
    }
}

static void
tell_gates(struct jn_worker *worker, const struct jn_underlay_result *result, const struct jn_quote *quote,
           enum jn_path_mtu_outcome *best) {
    const struct jn_vnet_source *source;
    uint64_t outer[2];
    if (worker->rules->sources == NULL)
        return;
    memcpy(outer, result->peer, sizeof(outer));
    for (uint32_t at = jn_vnet_hash(worker->rules->sources, outer, result->family);
         (source = jn_vnet_next_source(worker->rules->sources, outer, result->family, &at)) != NULL;) {
        struct jn_gate_counters *counters = jn_vnet_counters(worker, source->vnet->vpg_idx);
        count_icmp(result, &counters->icmp_unreachable, &counters->icmp_too_big);
        if (result->kind == JN_UNDERLAY_TOO_BIG)
            note(jn_vnet_learn(source->vnet, source->peer_idx, result->mtu, quote, worker->steady_ns), best,
                 &counters->path_mtu_lowered);
    }
}

void
jn_underlay_error(struct jn_worker *worker, const struct jn_underlay_result *result) {
    struct jn_underlay_counters *counters = worker->underlay->counters;
    uint64_t *const ignored[] = {[JN_PATH_MTU_FIXED] = &counters->path_mtu_fixed,
                                 [JN_PATH_MTU_UNQUOTED] = &counters->path_mtu_unquoted,
                                 [JN_PATH_MTU_TOO_SMALL] = &counters->path_mtu_too_small,
                                 [JN_PATH_MTU_NOT_LOWER] = &counters->path_mtu_not_lower};
    enum jn_path_mtu_outcome best = JN_PATH_MTU_UNQUOTED;
    struct jn_quote quote;
    bool readable = jn_quote_read(result->quoted, result->quoted_length, &quote);
    if (worker->rules == NULL)
        return;
    tell_mirrors(worker, result, readable ? &quote : NULL, &best);
    tell_gates(worker, result, readable ? &quote : NULL, &best);
    if (result->kind == JN_UNDERLAY_TOO_BIG && best != JN_PATH_MTU_LOWERED)
        jn_count(ignored[best], 1);
}
