// SPDX-License-Identifier: BSD-3-Clause
#include "neighbours.h"

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
    const uint16_t *hops = (const uint16_t *)((const char *)from + jn_next_hops_offset(e->workers, e->vpg_capacity));
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

bool
underlay_port_up(const struct underlay *underlay, unsigned int port) {
    if (port >= underlay->sample.port_count)
        return false;
    const struct jn_port_state *state = &underlay->sample.region->ports[port];
    return state->present && state->link_up;
}
