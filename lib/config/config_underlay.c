// SPDX-License-Identifier: BSD-3-Clause
// The underlay: Junction's own addresses, and routes beyond their subnets.
#include "config/config_underlay.h"

#include <string.h>

#include "config/config_kind.h"

struct jn_prefix
jn_underlay_prefix(const struct jn_underlay_address *own) {
    struct jn_prefix prefix = {.family = own->family, .length = own->length};
    memcpy(prefix.address, own->address, sizeof(prefix.address));
    return prefix;
}

// The first own address, of this port alone where it is not JN_MAX_PORTS, whose subnet holds the address.
static const struct jn_underlay_address *
find_subnet(const struct jn_config_dataplane *d, const struct jn_prefix *address, unsigned int port) {
    for (unsigned int i = 0; i < d->address_count; i++) {
        struct jn_prefix subnet = jn_underlay_prefix(&d->addresses[i]);
        if ((port == JN_MAX_PORTS || port == d->addresses[i].port) && jn_prefix_contains(&subnet, address))
            return &d->addresses[i];
    }
    return NULL;
}

bool
jn_underlay_check_host(struct jn_reader *reader, const struct jn_prefix *address, const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    const struct jn_underlay_address *own = find_subnet(d, address, JN_MAX_PORTS);
    const char *kind = jn_address_kind(address);
    char text[64], subnet[64];
    if (kind != NULL) {
        jn_reader_error(reader, at, "expected the address of a host, found %s (%s)", jn_prefix_text(address, text),
                        kind);
        return false;
    }
    if (own == NULL)
        return true;
    struct jn_prefix prefix = jn_underlay_prefix(own);
    kind = jn_address_kind_in(address, own->length);
    if (memcmp(own->address, address->address, sizeof(own->address)) == 0)
        jn_reader_error(reader, at, "%s is Junction's own address on port \"%s\"", jn_prefix_text(address, text),
                        d->ports[own->port].name);
    else if (kind != NULL)
        jn_reader_error(reader, at, "expected the address of a host, found %s (%s of %s)",
                        jn_prefix_text(address, text), kind, jn_prefix_text(&prefix, subnet));
    else
        return true;
    return false;
}

static bool
reaches(const struct jn_config_dataplane *d, const struct jn_prefix *address) {
    if (find_subnet(d, address, JN_MAX_PORTS) != NULL)
        return true;
    for (unsigned int i = 0; i < d->route_count; i++)
        if (jn_prefix_contains(&d->routes[i].to, address))
            return true;
    return false;
}

void
jn_underlay_check_peer(struct jn_reader *reader, const struct jn_prefix *address, const struct jn_json_step *at) {
    char text[64];
    if (jn_underlay_check_host(reader, address, at) && !reader->underlay_unsure &&
        !reaches(&reader->config->dataplane, address))
        jn_reader_error(reader, at, "no route to %s: neither a subnet nor a route of dataplane.ports leads there",
                        jn_prefix_text(address, text));
}

bool
jn_underlay_check_own(struct jn_reader *reader, const struct jn_prefix *own, const struct jn_json_step *at) {
    struct jn_prefix address = *own;
    char text[64];
    address.length = jn_address_bits(own->family);
    const char *kind = jn_address_kind(&address);
    if (kind == NULL)
        kind = jn_address_kind_in(&address, own->length);
    if (kind != NULL)
        jn_reader_error(reader, at, "expected the address of a host, found %s (%s)", jn_prefix_text(own, text), kind);
    return kind == NULL;
}

// Does it go with the addresses before it?
static bool
check_interface(struct jn_reader *reader, const struct jn_prefix *interface, const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    char text[64], other[64];
    if (!jn_underlay_check_own(reader, interface, at))
        return false;
    for (unsigned int i = 0; i < d->address_count; i++) {
        struct jn_prefix before = jn_underlay_prefix(&d->addresses[i]);
        if (!jn_prefix_contains(&before, interface) && !jn_prefix_contains(interface, &before))
            continue;
        jn_reader_error(reader, at, "%s overlaps %s of port \"%s\"", jn_prefix_text(interface, text),
                        jn_prefix_text(&before, other), d->ports[d->addresses[i].port].name);
        return false;
    }
    return true;
}

static void
read_interface(struct jn_reader *reader, const json_t *value, unsigned int port, const struct jn_json_step *at) {
    struct jn_config_dataplane *d = &reader->config->dataplane;
    struct jn_prefix interface;
    char sentence[JN_SENTENCE_MAX];
    bool sound = jn_value_check(JN_KEY_PORT_ADDRESS, value, sentence) &&
                 jn_prefix_parse(json_string_value(value), &interface) && check_interface(reader, &interface, at);
    if (sound && d->address_count == JN_MAX_ADDRESSES) {
        jn_reader_error(reader, at, "at most %u in all ports together", JN_MAX_ADDRESSES);
        sound = false;
    }
    reader->underlay_unsure |= !sound;
    if (!sound)
        return;
    struct jn_underlay_address *own = &d->addresses[d->address_count++];
    *own = (struct jn_underlay_address){.family = interface.family,
                                        .length = interface.length,
                                        .port = (uint16_t)port,
                                        .vlan_id = d->ports[port].vlan_id};
    memcpy(own->address, interface.address, sizeof(own->address));
}

static bool
check_gateway(struct jn_reader *reader, const struct jn_prefix *to, const struct jn_prefix *via, unsigned int port,
              const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    char text[64];
    if (via->family != to->family)
        jn_reader_error(reader, at, "expected an IPv%u address as of \"to\", found IPv%u", to->family, via->family);
    else if (!reader->underlay_unsure && find_subnet(d, via, port) == NULL)
        jn_reader_error(reader, at, "%s is in no subnet of port \"%s\"", jn_prefix_text(via, text),
                        d->ports[port].name);
    else
        return jn_underlay_check_host(reader, via, at);
    return false;
}

static bool
check_only(struct jn_reader *reader, const struct jn_prefix *to, const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    char text[64];
    for (unsigned int i = 0; i < d->route_count; i++) {
        if (memcmp(to, &d->routes[i].to, sizeof(*to)) != 0)
            continue;
        jn_reader_error(reader, at, "%s has a route already, on port \"%s\"", jn_prefix_text(to, text),
                        d->ports[d->routes[i].port].name);
        return false;
    }
    if (d->route_count < JN_MAX_ROUTES)
        return true;
    jn_reader_error(reader, at, "at most %u routes in all ports together", JN_MAX_ROUTES);
    return false;
}

static void
read_route(struct jn_reader *reader, const json_t *value, unsigned int port, const struct jn_json_step *at) {
    struct jn_config_dataplane *d = &reader->config->dataplane;
    const char *to_text = jn_get_text(value, JN_KEY_ROUTE_TO), *via_text = jn_get_text(value, JN_KEY_ROUTE_VIA);
    struct jn_prefix to, via;
    bool sound = to_text != NULL && via_text != NULL && jn_prefix_parse(to_text, &to) &&
                 jn_address_parse(via_text, &via) && check_only(reader, &to, JN_MEMBER(at, "to")) &&
                 check_gateway(reader, &to, &via, port, JN_MEMBER(at, "via"));
    if (!sound) {
        reader->underlay_unsure = true;
        return;
    }
    struct jn_route *route = &d->routes[d->route_count++];
    *route = (struct jn_route){.to = to, .port = (uint16_t)port};
    memcpy(route->via, via.address, sizeof(route->via));
}

// The device side must not be able to answer for peers.
static void
check_side(struct jn_reader *reader, unsigned int port, const struct jn_json_step *at) {
    const struct jn_config_dataplane *d = &reader->config->dataplane;
    for (unsigned int i = 0; i < d->wire_count; i++) {
        if (d->wires[i].access != port || d->wires[i].access == d->wires[i].network) // the latter: an error said before
            continue;
        jn_reader_error(reader, at, "port \"%s\" is the access port of wire \"%s\": the underlay is not on that side",
                        d->ports[port].name, d->wires[i].name);
        return;
    }
}

void
jn_config_read_underlay(struct jn_reader *reader, const json_t *ports, const struct jn_json_step *at) {
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *port = json_array_get(ports, i), *addresses = jn_get_part(port, JN_KEY_PORT_ADDRESSES);
        const struct jn_json_step *here = JN_MEMBER(JN_ITEM(at, i), "addresses");
        for (size_t j = 0; j < json_array_size(addresses); j++)
            read_interface(reader, json_array_get(addresses, j), (unsigned int)i, JN_ITEM(here, j));
        if (json_array_size(addresses) > 0)
            check_side(reader, (unsigned int)i, here);
        reader->underlay_unsure |= json_object_get(port, "addresses") != addresses;
    }
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *port = json_array_get(ports, i), *routes = jn_get_part(port, JN_KEY_PORT_ROUTES);
        const struct jn_json_step *here = JN_MEMBER(JN_ITEM(at, i), "routes");
        for (size_t j = 0; j < json_array_size(routes); j++)
            read_route(reader, json_array_get(routes, j), (unsigned int)i, JN_ITEM(here, j));
        reader->underlay_unsure |= json_object_get(port, "routes") != routes;
    }
}
