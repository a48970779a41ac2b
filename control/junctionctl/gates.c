// SPDX-License-Identifier: BSD-3-Clause
#include "gates.h"

#include "config/json_address.h"

#include <stdlib.h>

static void
copy_gates(void *to_region, const void *from_region, const struct jn_region_extent *e) {
    struct jn_gates_region *to = to_region;
    const struct jn_gates_region *from = from_region;
    sample_copy(to, from, sizeof(*from) + e->vpg_used * sizeof(*from->gates));
    to->worker_count = e->workers;
    to->vpg_capacity = to->vpg_used = e->vpg_used;
    for (unsigned int w = 0; w < e->workers; w++)
        sample_copy(jn_gate_counters_of(to, w), (const char *)from + jn_gate_counters_offset(w, e->vpg_capacity),
                    e->vpg_used * sizeof(struct jn_gate_counters));
}

static const struct sample_region gates_region = {
    JN_REGION_GATES, "has no region of gates", jn_gates_extent, jn_gates_size, copy_gates, jn_gates_check};

int
gates_take(struct gates *gates, const char *instance, char err[JN_ERR_MAX]) {
    *gates = (struct gates){0};
    if (underlay_take(&gates->underlay, instance, err) < 0)
        return -1;
    gates->region = sample_take_region(&gates_region, instance, err);
    if (gates->region != NULL)
        return 0;
    gates_free(gates);
    return -1;
}

void
gates_free(struct gates *gates) {
    free(gates->region);
    gates->region = NULL;
    underlay_free(&gates->underlay);
}

const struct jn_gate *
gates_policy(const struct gates *gates, const struct jn_vpg *vpg) {
    return vpg->gate_count > 0 ? &jn_policy_gates(gates->underlay.policy)[vpg->gate_first] : NULL;
}

const struct jn_gate_state *
gates_state(const struct gates *gates, const struct jn_vpg *vpg) {
    if (vpg->vpg_idx >= gates->region->vpg_used)
        return NULL;
    const struct jn_gate_state *state = &gates->region->gates[vpg->vpg_idx];
    return state->vni != 0 ? state : NULL;
}

struct jn_gate_counters
gates_counters(const struct gates *gates, const struct jn_vpg *vpg) {
    struct jn_gate_counters total = {0};
    for (unsigned int w = 0; w < gates->region->worker_count && vpg->vpg_idx < gates->region->vpg_used; w++)
        sample_add(&total, &jn_gate_counters_of(gates->region, w)[vpg->vpg_idx], sizeof(total));
    return total;
}

uint8_t
gates_gateway_peer_idx(const struct gates *gates, const struct jn_vpg *vpg, unsigned int which) {
    const struct jn_gate *gate = gates_policy(gates, vpg);
    return which == GATEWAY ? gate->gateway : gate->standby;
}

json_t *
gates_gateway_address(const struct gates *gates, const struct jn_vpg *vpg, unsigned int which) {
    const struct jn_gate *gate = gates_policy(gates, vpg);
    return jn_json_gateway(gates->underlay.policy, vpg, gates_gateway_peer_idx(gates, vpg, which),
                           which == GATEWAY ? gate->gateway_family : gate->standby_family);
}
