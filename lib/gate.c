// SPDX-License-Identifier: BSD-3-Clause
#include "gate.h"

#include <errno.h>

#include "lists.h"

static bool
target_sound(uint64_t target) {
    return jn_target_kind(target) < jn_redirect_target_list.count &&
           (jn_target_kind(target) != JN_TARGET_PEER || jn_target_peer_idx(target) < JN_GATE_PEERS);
}

static bool
host_sound(const struct jn_gate_host *host) {
    uint64_t state = __atomic_load_n(&host->neighbour.state_mac, __ATOMIC_ACQUIRE) >> 48;
    if (state == JN_NEIGHBOUR_FREE)
        return true;
    return state < jn_neighbour_state_list.count && jn_is_family(host->neighbour.family) &&
           (host->peer_idx < JN_GATE_PEERS || host->peer_idx == JN_NO_PEER) &&
           target_sound(__atomic_load_n(&host->target, __ATOMIC_RELAXED));
}

static int
check_gate_state(const struct jn_gate_state *gate, unsigned int vpg_idx, char err[JN_ERR_MAX]) {
    if (gate->vni == 0)
        return 0;
    if (gate->vni > JN_MAX_VNI || gate->owner_port >= JN_MAX_PORTS)
        return jn_region_error(err, "gates", "gate with a VNI or port out of range", vpg_idx);
    if (!target_sound(__atomic_load_n(&gate->target, __ATOMIC_RELAXED)))
        return jn_region_error(err, "gates", "gate with a redirect target that is no peer", vpg_idx);
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++)
        if (gate->next_hop[i] >= JN_MAX_NEIGHBOURS && gate->next_hop[i] != 0xffff)
            return jn_region_error(err, "gates", "next hop of a gate peer out of range", vpg_idx);
    for (unsigned int i = 0; i < 2; i++)
        if (gate->health[i].state >= jn_health_state_list.count)
            return jn_region_error(err, "gates", "gateway in an unknown state", vpg_idx);
    for (unsigned int i = 0; i < 2; i++)
        if (gate->health[i].state != JN_HEALTH_UNUSED && gate->health[i].peer_idx >= JN_GATE_PEERS)
            return jn_region_error(err, "gates", "gateway with a peer index out of range", vpg_idx);
    for (unsigned int i = 0; i < JN_GATE_HOSTS; i++)
        if (!host_sound(&gate->hosts[i]))
            return jn_region_error(err, "gates", "host of a gate with a field out of range", vpg_idx);
    return 0;
}

int
jn_gates_extent(const void *mapped, size_t size, struct jn_region_extent *extent, char err[JN_ERR_MAX]) {
    const struct jn_gates_region *region = mapped;
    if (size < sizeof(*region))
        return jn_region_error(err, "gates", "too small", (unsigned int)size);
    *extent = JN_REGION_EXTENT(region);
    return jn_region_fits(extent, size, jn_gates_size(extent->workers, extent->vpg_capacity), "gates", err);
}

int
jn_gates_check(const void *mapped, size_t size, char err[JN_ERR_MAX]) {
    const struct jn_gates_region *region = mapped;
    struct jn_region_extent extent;
    if (jn_gates_extent(region, size, &extent, err) < 0)
        return -EPROTO;
    for (unsigned int vpg_idx = 0; vpg_idx < extent.vpg_used; vpg_idx++) {
        int rc = check_gate_state(&region->gates[vpg_idx], vpg_idx, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
