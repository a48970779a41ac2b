// SPDX-License-Identifier: BSD-3-Clause
#include "gate.h"

#include <errno.h>
#include <stdio.h>

static int
refuse(char err[JN_ERR_MAX], const char *what, unsigned int number) {
    snprintf(err, JN_ERR_MAX, "gates region: %s (%u)", what, number);
    return -EPROTO;
}

static bool
way_sound(uint64_t way) {
    return jn_way_kind(way) <= JN_WAY_DROP && (jn_way_kind(way) != JN_WAY_PEER || jn_way_place(way) < JN_GATE_PEERS);
}

static bool
host_sound(const struct jn_gate_host *host) {
    uint64_t state = __atomic_load_n(&host->neighbour.link, __ATOMIC_ACQUIRE) >> 48;
    if (state == JN_NEIGHBOUR_FREE)
        return true;
    return state <= JN_NEIGHBOUR_PROBE && jn_is_family(host->neighbour.family) &&
           (host->place < JN_GATE_PEERS || host->place == JN_NO_PLACE) &&
           way_sound(__atomic_load_n(&host->way, __ATOMIC_RELAXED));
}

static int
check_gate(const struct jn_gate_state *gate, unsigned int slot, char err[JN_ERR_MAX]) {
    if (gate->vni == 0)
        return 0;
    if (gate->vni > JN_MAX_VNI || gate->owner_port >= JN_MAX_PORTS)
        return refuse(err, "gate with a VNI or port out of range", slot);
    if (!way_sound(__atomic_load_n(&gate->way, __ATOMIC_RELAXED)))
        return refuse(err, "gate with a way that leads nowhere", slot);
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++)
        if (gate->next_hop[i] >= JN_MAX_NEIGHBOURS && gate->next_hop[i] != 0xffff)
            return refuse(err, "next hop of a gate peer out of range", slot);
    for (unsigned int i = 0; i < 2; i++)
        if (gate->health[i].state > JN_HEALTH_UP)
            return refuse(err, "gateway in an unknown state", slot);
    for (unsigned int i = 0; i < 2; i++)
        if (gate->health[i].state != JN_HEALTH_UNUSED && gate->health[i].place >= JN_GATE_PEERS)
            return refuse(err, "gateway at no peer's place", slot);
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++)
        if (!host_sound(&gate->hosts[i]))
            return refuse(err, "host of a gate with a field out of range", slot);
    return 0;
}

int
jn_gates_extent(const struct jn_gates_region *region, size_t size, struct jn_region_extent *extent,
                char err[JN_ERR_MAX]) {
    if (size < sizeof(*region))
        return refuse(err, "too small", (unsigned int)size);
    extent->workers = __atomic_load_n(&region->worker_count, __ATOMIC_RELAXED);
    extent->vpg_capacity = __atomic_load_n(&region->vpg_capacity, __ATOMIC_RELAXED);
    extent->vpg_used = __atomic_load_n(&region->vpg_used, __ATOMIC_ACQUIRE);
    if (extent->workers == 0 || extent->workers > JN_MAX_WORKERS)
        return refuse(err, "worker count out of range", extent->workers);
    if (extent->vpg_capacity > JN_MAX_VPGS || extent->vpg_used > extent->vpg_capacity)
        return refuse(err, "VPG count out of range", extent->vpg_used);
    if (size < jn_gates_size(extent->workers, extent->vpg_capacity))
        return refuse(err, "too small for its workers", extent->workers);
    return 0;
}

int
jn_gates_check(const struct jn_gates_region *region, size_t size, char err[JN_ERR_MAX]) {
    struct jn_region_extent extent;
    if (jn_gates_extent(region, size, &extent, err) < 0)
        return -EPROTO;
    for (unsigned int slot = 0; slot < extent.vpg_used; slot++) {
        int rc = check_gate(&region->gates[slot], slot, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
