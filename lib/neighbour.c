// SPDX-License-Identifier: BSD-3-Clause
#include "neighbour.h"

#include <errno.h>
#include <stdio.h>

static int
refuse(char err[JN_ERR_MAX], const char *what, unsigned int number) {
    snprintf(err, JN_ERR_MAX, "neighbours region: %s (%u)", what, number);
    return -EPROTO;
}

static int
check_neighbour(const struct jn_neighbour *n, unsigned int number, char err[JN_ERR_MAX]) {
    uint64_t state = __atomic_load_n(&n->link, __ATOMIC_ACQUIRE) >> 48;
    if (state > JN_NEIGHBOUR_PROBE)
        return refuse(err, "neighbour in an unknown state", number);
    if (state == JN_NEIGHBOUR_FREE)
        return 0;
    if (!jn_is_family(n->family))
        return refuse(err, "neighbour neither IPv4 nor IPv6", number);
    if (n->port >= JN_MAX_PORTS || (n->vlan > 4094 && n->vlan != JN_ANY_VLAN))
        return refuse(err, "neighbour with a port or VLAN out of range", number);
    return 0;
}

int
jn_neighbours_check(const struct jn_neighbours_region *region, size_t size, char err[JN_ERR_MAX]) {
    if (size < sizeof(*region))
        return refuse(err, "too small", (unsigned int)size);
    uint32_t workers = region->worker_count; // read once: the size is checked for the very number that was bounded
    if (workers == 0 || workers > JN_MAX_WORKERS)
        return refuse(err, "worker count out of range", workers);
    if (size < jn_neighbours_size(workers))
        return refuse(err, "too small for its workers", workers);
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++) {
        int rc = check_neighbour(&region->neighbours[i], i, err);
        if (rc < 0)
            return rc;
    }
    for (unsigned int i = 0; i < JN_MAX_PEERS; i++)
        if (region->next_hop[i] >= JN_MAX_NEIGHBOURS && region->next_hop[i] != 0xffff)
            return refuse(err, "next hop of a peer out of range", i);
    return 0;
}
