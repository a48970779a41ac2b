// SPDX-License-Identifier: BSD-3-Clause
#include "neighbour.h"

#include <errno.h>
#include <stdio.h>

#include "lists.h"

int
jn_region_error(char err[JN_ERR_MAX], const char *region, const char *what, unsigned int number) {
    snprintf(err, JN_ERR_MAX, "%s region: %s (%u)", region, what, number);
    return -EPROTO;
}

int
jn_region_fits(const struct jn_region_extent *extent, size_t size, size_t needed, const char *region,
               char err[JN_ERR_MAX]) {
    if (extent->workers == 0 || extent->workers > JN_MAX_WORKERS)
        return jn_region_error(err, region, "worker count out of range", extent->workers);
    if (extent->vpg_capacity > JN_MAX_VPGS || extent->vpg_used > extent->vpg_capacity)
        return jn_region_error(err, region, "VPG count out of range", extent->vpg_used);
    if (size < needed)
        return jn_region_error(err, region, "too small for its workers", extent->workers);
    return 0;
}

static int
check_neighbour(const struct jn_neighbour *n, unsigned int number, char err[JN_ERR_MAX]) {
    uint64_t state = __atomic_load_n(&n->state_mac, __ATOMIC_ACQUIRE) >> 48;
    if (state >= jn_neighbour_state_list.count)
        return jn_region_error(err, "neighbours", "neighbour in an unknown state", number);
    if (state == JN_NEIGHBOUR_FREE)
        return 0;
    if (!jn_is_family(n->family))
        return jn_region_error(err, "neighbours", "neighbour neither IPv4 nor IPv6", number);
    if (n->port >= JN_MAX_PORTS || (n->vlan_id > 4094 && n->vlan_id != JN_VLAN_ID_NONE))
        return jn_region_error(err, "neighbours", "neighbour with a port or VLAN out of range", number);
    return 0;
}

int
jn_neighbours_extent(const void *mapped, size_t size, struct jn_region_extent *extent, char err[JN_ERR_MAX]) {
    const struct jn_neighbours_region *region = mapped;
    if (size < sizeof(*region))
        return jn_region_error(err, "neighbours", "too small", (unsigned int)size);
    *extent = JN_REGION_EXTENT(region);
    return jn_region_fits(extent, size, jn_neighbours_size(extent->workers, extent->vpg_capacity), "neighbours", err);
}

int
jn_neighbours_check(const void *mapped, size_t size, char err[JN_ERR_MAX]) {
    const struct jn_neighbours_region *region = mapped;
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
            return jn_region_error(err, "neighbours", "next hop of a peer out of range", i);
    return 0;
}
