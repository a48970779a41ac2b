// SPDX-License-Identifier: BSD-3-Clause
// The underlay: what Junction has there, whom it knows, and what came in.

#include "commands.h"
#include "config/json_address.h"
#include "lists.h"
#include "region_copies.h"
#include "view.h"

static const struct column neighbour_columns[] = {
    {"address", "neighbour", COLUMN_TEXT},
    {"port", "port", COLUMN_TEXT},
    {"vlan", "vlan", COLUMN_COUNT},
    {"mac", "mac", COLUMN_TEXT},
    {"state", "state", COLUMN_TEXT},
    {"confirmed_seconds", "confirmed", COLUMN_SECONDS},
    {"mac_changes", "mac changes", COLUMN_COUNT},
    {"unanswered", "unanswered", COLUMN_COUNT},
};
static const struct column address_columns[] = {
    {"address", "own address", COLUMN_TEXT},
    {"port", "port", COLUMN_TEXT},
    {"vlan", "vlan", COLUMN_COUNT},
};
static const struct column route_columns[] = {
    {"to", "route to", COLUMN_TEXT},
    {"via", "via", COLUMN_TEXT},
    {"port", "port", COLUMN_TEXT},
};

// The counters, over all workers.
static json_t *
neighbours_head(const struct underlay *underlay) {
    struct jn_underlay_counters total = {0};
    for (unsigned int w = 0; w < underlay->region->worker_count; w++)
        sample_add(&total, &underlay->region->underlay[w], sizeof(total));
    return counter_object(&jn_underlay_counter_list, &total);
}

static json_t *
neighbour_row(const struct underlay *underlay, const struct jn_neighbour *n, uint64_t now_ns) {
    json_t *row = json_object();
    json_object_set_new(row, "address", jn_json_address(n->family, n->address));
    json_object_set_new(row, "port", underlay_port(underlay, n->port));
    json_object_set_new(row, "vlan", underlay_vlan(n->vlan_id));
    json_object_set_new(row, "mac", underlay_mac(n->state_mac));
    json_object_set_new(row, "state",
                        json_string(jn_list_word(&jn_neighbour_state_list, jn_neighbour_state_of(n->state_mac))));
    json_object_set_new(row, "confirmed_seconds", underlay_seconds(n->confirmed_ns, now_ns));
    json_object_set_new(row, "mac_changes", json_integer(n->mac_changes));
    json_object_set_new(row, "unanswered", json_integer(n->unanswered));
    return row;
}

static void
show_own(struct view *view, const struct underlay *underlay) {
    const struct jn_policy *policy = underlay->policy;
    view_list(view, "addresses", COLUMNS(address_columns));
    for (uint32_t i = 0; i < policy->address_count; i++) {
        const struct jn_underlay_address *own = &jn_policy_addresses(policy)[i];
        view_row(view, json_pack("{s:o, s:o, s:o}", "address", jn_json_subnet(own->family, own->address, own->length),
                                 "port", underlay_port(underlay, own->port), "vlan", underlay_vlan(own->vlan_id)));
    }
    view_list(view, "routes", COLUMNS(route_columns));
    for (uint32_t i = 0; i < policy->route_count; i++) {
        const struct jn_route *route = &jn_policy_routes(policy)[i];
        view_row(view, json_pack("{s:o, s:o, s:o}", "to",
                                 jn_json_subnet(route->to.family, route->to.address, route->to.length), "via",
                                 jn_json_address(route->to.family, route->via), "port",
                                 underlay_port(underlay, route->port)));
    }
}

int
show_neighbours(const struct invocation *invocation) {
    struct underlay underlay;
    struct view view;
    char err[JN_ERR_MAX];
    if (underlay_take(&underlay, invocation->instance, err) < 0)
        return sample_fail(err);
    uint64_t now = sample_workers_ns(&underlay.sample);
    view_open(&view, invocation->json, neighbours_head(&underlay));
    view_list(&view, "neighbours", COLUMNS(neighbour_columns));
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++)
        if (jn_neighbour_state_of(underlay.region->neighbours[i].state_mac) != JN_NEIGHBOUR_FREE)
            view_row(&view, neighbour_row(&underlay, &underlay.region->neighbours[i], now));
    show_own(&view, &underlay);
    view_close(&view);
    underlay_free(&underlay);
    return COMMAND_DONE;
}
