// SPDX-License-Identifier: BSD-3-Clause
#include "gates.h"

#include "config/json_address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { COPY_TRIES = 4 };

// Laid out for the VPG indexes in use alone: the others have no memory.
static void
copy_used(struct jn_gates_region *to, const struct jn_gates_region *from, const struct jn_region_extent *e) {
    sample_copy(to, from, sizeof(*from) + e->vpg_used * sizeof(*from->gates));
    to->worker_count = e->workers;
    to->vpg_capacity = to->vpg_used = e->vpg_used;
    for (unsigned int w = 0; w < e->workers; w++)
        sample_copy(jn_gate_counters_of(to, w), (const char *)from + jn_gate_counters_offset(w, e->vpg_capacity),
                    e->vpg_used * sizeof(struct jn_gate_counters));
}

// The copy is what is checked, since the region may change. A host just being entered may look unsound once.
static int
copy_gates_region(struct gates *gates, const struct jn_shm *shm, char err[JN_ERR_MAX]) {
    struct jn_region_extent extent;
    int rc = jn_gates_extent(shm->base, shm->size, &extent, err);
    if (rc < 0)
        return rc;
    size_t size = jn_gates_size(extent.workers, extent.vpg_used);
    gates->region = sample_room(size);
    if (gates->region == NULL) {
        snprintf(err, JN_ERR_MAX, "out of memory");
        return -ENOMEM;
    }
    for (int i = 0; i < COPY_TRIES; i++) {
        copy_used(gates->region, shm->base, &extent);
        rc = jn_gates_check(gates->region, size, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

int
gates_take(struct gates *gates, const char *instance, char err[JN_ERR_MAX]) {
    struct jn_shm shm;
    *gates = (struct gates){0};
    int rc = underlay_take(&gates->underlay, instance, err);
    if (rc < 0)
        return rc;
    rc = jn_shm_attach(&shm, instance, JN_REGION_GATES, sizeof(struct jn_gates_region), false, err);
    if (rc == -ENOENT)
        snprintf(err, JN_ERR_MAX, "junction-dataplane of instance %s has no region of gates", instance);
    if (rc == 0) {
        rc = copy_gates_region(gates, &shm, err);
        jn_shm_detach(&shm);
    }
    if (rc < 0)
        gates_free(gates);
    return rc;
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

const struct jn_gate_peer *
gates_peer(const struct gates *gates, const struct jn_vpg *vpg, unsigned int peer_idx) {
    const struct jn_gate_peer *peers = jn_policy_gate_peers(gates->underlay.policy) + vpg->gate_peer_first;
    for (uint32_t i = 0; i < vpg->gate_peer_count; i++)
        if (peers[i].peer_idx == peer_idx)
            return &peers[i];
    return NULL;
}

struct jn_gate_counters
gates_counters(const struct gates *gates, const struct jn_vpg *vpg) {
    struct jn_gate_counters total = {0};
    for (unsigned int w = 0; w < gates->region->worker_count && vpg->vpg_idx < gates->region->vpg_used; w++) {
        const uint64_t *from = (const uint64_t *)&jn_gate_counters_of(gates->region, w)[vpg->vpg_idx];
        for (size_t i = 0; i < sizeof(total) / sizeof(*from); i++) // nothing but counters is in it
            ((uint64_t *)&total)[i] += from[i];
    }
    return total;
}

unsigned int
gates_gateway_peer_idx(const struct gates *gates, const struct jn_vpg *vpg, unsigned int which) {
    const struct jn_gate *gate = gates_policy(gates, vpg);
    return which == GATEWAY ? gate->gateway : gate->standby;
}

json_t *
gates_gateway_address(const struct gates *gates, const struct jn_vpg *vpg, unsigned int which) {
    const struct jn_gate *gate = gates_policy(gates, vpg);
    const struct jn_gate_peer *peer = gates_peer(gates, vpg, gates_gateway_peer_idx(gates, vpg, which));
    uint8_t family = which == GATEWAY ? gate->gateway_family : gate->standby_family;
    return peer == NULL ? json_null() : jn_json_gate_inner(peer, family);
}
