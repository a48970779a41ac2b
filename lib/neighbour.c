// SPDX-License-Identifier: BSD-3-Clause
#include "neighbour.h"

#include <errno.h>
#include <stdio.h>

static int
neighbours_region_error(char err[JN_ERR_MAX], const char *what, unsigned int number) {
    snprintf(err, JN_ERR_MAX, "neighbours region: %s (%u)", what, number);
    return -EPROTO;
}

static int
check_neighbour(const struct jn_neighbour *n, unsigned int number, char err[JN_ERR_MAX]) {
    uint64_t state = __atomic_load_n(&n->state_mac, __ATOMIC_ACQUIRE) >> 48;
    if (state > JN_NEIGHBOUR_PROBE)
        return neighbours_region_error(err, "neighbour in an unknown state", number);
    if (state == JN_NEIGHBOUR_FREE)
        return 0;
    if (!jn_is_family(n->family))
        return neighbours_region_error(err, "neighbour neither IPv4 nor IPv6", number);
    if (n->port >= JN_MAX_PORTS || (n->vlan_id > 4094 && n->vlan_id != JN_VLAN_ID_NONE))
        return neighbours_region_error(err, "neighbour with a port or VLAN out of range", number);
    return 0;
}

int
jn_neighbours_extent(const struct jn_neighbours_region *region, size_t size, struct jn_region_extent *extent,
                     char err[JN_ERR_MAX]) {
    if (size < sizeof(*region))
        return neighbours_region_error(err, "too small", (unsigned int)size);
    extent->workers = __atomic_load_n(&region->worker_count, __ATOMIC_RELAXED);
    extent->vpg_capacity = __atomic_load_n(&region->vpg_capacity, __ATOMIC_RELAXED);
    extent->vpg_used = __atomic_load_n(&region->vpg_used, __ATOMIC_ACQUIRE);
    if (extent->workers == 0 || extent->workers > JN_MAX_WORKERS)
        return neighbours_region_error(err, "worker count out of range", extent->workers);
    if (extent->vpg_capacity > JN_MAX_VPGS || extent->vpg_used > extent->vpg_capacity)
        return neighbours_region_error(err, "VPG count out of range", extent->vpg_used);
    if (size < jn_neighbours_size(extent->workers, extent->vpg_capacity))
        return neighbours_region_error(err, "too small for its workers", extent->workers);
    return 0;
}

int
jn_neighbours_check(const struct jn_neighbours_region *region, size_t size, char err[JN_ERR_MAX]) {
    struct jn_region_extent extent;
    if (jn_neighbours_extent(region, size, &extent, err) < 0)
        return -EPROTO;
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++) {
        int rc = check_neighbour(&region->neighbours[i], i, err);
        if (rc < 0)
            return rc;
    }
    const uint16_t *next_hops =
        (const uint16_t *)((const char *)region + jn_next_hops_offset(extent.workers, extent.vpg_capacity));
    for (unsigned int i = 0; i < JN_VPG_PEERS * extent.vpg_used; i++)
        if (next_hops[i] >= JN_MAX_NEIGHBOURS && next_hops[i] != 0xffff)
            return neighbours_region_error(err, "next hop of a peer out of range", i);
    return 0;
}
