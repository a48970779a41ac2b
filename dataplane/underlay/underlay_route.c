// SPDX-License-Identifier: BSD-3-Clause
#include "underlay/underlay_route.h"

#include <errno.h>

#include "underlay/underlay_frame.h"

// Own address that a gateway is reached from: in its subnet, or for a link-local one the first of the port, a link-local
// one of its own if there is any.
static const struct jn_underlay_address *
towards(const struct jn_underlay_address *addresses, uint32_t count, const struct jn_route *route) {
    const struct jn_underlay_address *found = NULL;
    bool link_local = jn_address_is_link_local(route->to.family, route->via);
    for (uint32_t i = 0; i < count; i++) {
        const struct jn_underlay_address *a = &addresses[i];
        if (a->family != route->to.family || a->port != route->port)
            continue;
        bool near = jn_prefix_holds(a->address, a->length, route->via);
        if (near ? found == NULL || a->length > found->length : link_local && found == NULL)
            found = a;
    }
    return found;
}

// May a packet be sent to it at all?
static bool
is_target(const struct jn_underlay_address *addresses, uint32_t count, const uint8_t *destination, uint8_t family) {
    if (!jn_is_family(family) || !jn_address_is_host(family, destination))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct jn_underlay_address *a = &addresses[i];
        if (a->family != family)
            continue;
        if (jn_address_equal(family, a->address, destination) ||
            (jn_prefix_holds(a->address, a->length, destination) && is_subnet_edge(a, destination)))
            return false;
    }
    return true;
}

int
jn_underlay_route(const struct jn_underlay_address *addresses, uint32_t address_count, const struct jn_route *routes,
                  uint32_t route_count, const uint8_t destination[16], uint8_t family, struct jn_underlay_path *path) {
    if (!is_target(addresses, address_count, destination, family))
        return -EINVAL;
    const struct jn_underlay_address *own = NULL;
    const uint8_t *next_hop = destination;
    int longest = -1;
    for (uint32_t i = 0; i < address_count; i++) {
        const struct jn_underlay_address *a = &addresses[i];
        if (a->family == family && a->length > longest && jn_prefix_holds(a->address, a->length, destination)) {
            own = a;
            longest = a->length;
        }
    }
    for (uint32_t i = 0; i < route_count; i++) {
        const struct jn_route *r = &routes[i];
        if (r->to.family != family || r->to.length <= longest ||
            !jn_prefix_holds(r->to.address, r->to.length, destination))
            continue;
        const struct jn_underlay_address *near = towards(addresses, address_count, r);
        if (near == NULL || jn_address_equal(family, near->address, r->via))
            continue;
        own = near;
        next_hop = r->via;
        longest = r->to.length;
    }
    if (own == NULL)
        return -ENETUNREACH;
    *path = (struct jn_underlay_path){.family = family, .port = own->port, .vlan_id = own->vlan_id};
    jn_address_copy(family, path->next_hop, next_hop);
    jn_address_copy(family, path->source, own->address);
    return 0;
}
