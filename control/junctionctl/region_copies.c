// SPDX-License-Identifier: BSD-3-Clause
#include "region_copies.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/json_address.h"

static void
copy_neighbours(void *to_region, const void *from_region, const struct jn_region_extent *e) {
    struct jn_neighbours_region *to = to_region;
    const struct jn_neighbours_region *from = from_region;
    size_t all = (size_t)JN_VPG_PEERS * e->vpg_capacity, used = (size_t)JN_VPG_PEERS * e->vpg_used;
    sample_copy(to, from, sizeof(*from));
    to->worker_count = e->workers;
    to->vpg_capacity = to->vpg_used = e->vpg_used;
    for (unsigned int w = 0; w < e->workers; w++)
        sample_copy(to->peers + w * used, from->peers + w * all, used * sizeof(*to->peers));
    const uint64_t *mtus = (const uint64_t *)((const char *)from + jn_path_mtus_offset(e->workers, e->vpg_capacity));
    const uint16_t *hops = (const uint16_t *)((const char *)from + jn_next_hops_offset(e->workers, e->vpg_capacity));
    for (size_t i = 0; i < used; i++)
        jn_path_mtus(to)[i] = __atomic_load_n(&mtus[i], __ATOMIC_RELAXED);
    for (size_t i = 0; i < used; i++)
        jn_next_hops(to)[i] = __atomic_load_n(&hops[i], __ATOMIC_RELAXED);
}

static const struct sample_region neighbours_region = {JN_REGION_NEIGHBOURS, "is not running", jn_neighbours_extent,
                                                       jn_neighbours_size,   copy_neighbours,  jn_neighbours_check};

int
underlay_take(struct underlay *underlay, const char *instance, char err[JN_ERR_MAX]) {
    *underlay = (struct underlay){0};
    underlay->region = sample_take_region(&neighbours_region, instance, err);
    if (underlay->region != NULL && sample_take(&underlay->sample, instance, err) == 0) {
        underlay->policy = sample_policy(instance);
        if (underlay->policy != NULL)
            return 0;
        snprintf(err, JN_ERR_MAX, "junction-control of instance %s has published no policy", instance);
    }
    underlay_free(underlay);
    return -1;
}

void
underlay_free(struct underlay *underlay) {
    free(underlay->region);
    free(underlay->policy);
    sample_free(&underlay->sample);
    *underlay = (struct underlay){0};
}

const struct jn_neighbour *
underlay_hop(const struct underlay *underlay, uint16_t number) {
    return number < JN_MAX_NEIGHBOURS ? &underlay->region->neighbours[number] : NULL;
}

const char *
underlay_hop_word(const struct underlay *underlay, const struct jn_neighbour *hop) {
    if (hop != NULL && !underlay_port_up(underlay, hop->port))
        return "down";
    enum jn_neighbour_state state = hop == NULL ? JN_NEIGHBOUR_FREE : jn_neighbour_state_of(hop->state_mac);
    return state == JN_NEIGHBOUR_REACHABLE || state == JN_NEIGHBOUR_PROBE ? "up" : "unresolved";
}

void
underlay_set_hop(json_t *row, const struct underlay *underlay, const struct jn_neighbour *hop) {
    json_object_set_new(row, "next_hop", hop != NULL ? jn_json_address(hop->family, hop->address) : json_null());
    json_object_set_new(row, "mac", hop != NULL ? underlay_mac(hop->state_mac) : json_null());
    json_object_set_new(row, "port", hop != NULL ? underlay_port(underlay, hop->port) : json_null());
    json_object_set_new(row, "vlan", hop != NULL ? underlay_vlan(hop->vlan_id) : json_null());
}

json_t *
underlay_port(const struct underlay *underlay, unsigned int port) {
    char name[JN_NAME_MAX];
    if (port >= underlay->sample.port_count)
        return json_sprintf("port %u", port);
    return json_string(jn_counters_text(underlay->sample.region->ports[port].name, JN_NAME_MAX, name, sizeof(name)));
}

json_t *
underlay_vlan(uint16_t vlan_id) {
    return vlan_id == JN_VLAN_ID_NONE ? json_null() : json_integer(vlan_id);
}

json_t *
underlay_seconds(uint64_t then_ns, uint64_t now_ns) {
    if (then_ns == 0)
        return json_null();
    return json_real(now_ns > then_ns ? (double)(now_ns - then_ns) / 1e9 : 0);
}

json_t *
underlay_mac(uint64_t state_mac) {
    uint8_t mac[6];
    if (jn_neighbour_state_of(state_mac) != JN_NEIGHBOUR_REACHABLE &&
        jn_neighbour_state_of(state_mac) != JN_NEIGHBOUR_PROBE)
        return json_null();
    jn_neighbour_mac_of(state_mac, mac);
    return jn_json_mac(mac);
}

void
underlay_set_path_mtu(json_t *row, uint64_t word, bool learns, uint16_t mark) {
    uint16_t mtu = learns ? jn_path_mtu_of(word, mark) : 0;
    json_object_set_new(row, "path_mtu_mode", json_string(learns ? "learn" : "fixed"));
    json_object_set_new(row, "learned_mtu", mtu != 0 ? json_integer(mtu) : json_null());
    json_object_set_new(row, "learned_seconds",
                        mtu != 0 ? json_integer(jn_path_mtu_age(word, sample_now_ns())) : json_null());
}

bool
underlay_port_up(const struct underlay *underlay, unsigned int port) {
    if (port >= underlay->sample.port_count)
        return false;
    const struct jn_port_state *state = &underlay->sample.region->ports[port];
    return state->present && state->link_up;
}

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
