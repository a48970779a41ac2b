// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "underlay.h"
#include "view.h"

static const struct column columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"address", "peer", COLUMN_TEXT},
    {"encapsulation", "encap", COLUMN_TEXT},
    {"state", "state", COLUMN_TEXT},
    {"next_hop", "next hop", COLUMN_TEXT},
    {"mac", "mac", COLUMN_TEXT},
    {"port", "port", COLUMN_TEXT},
    {"frames", "frames", COLUMN_COUNT},
    {"bytes", "bytes", COLUMN_COUNT},
    {"cut", "cut", COLUMN_COUNT},
    {"fragments", "fragments", COLUMN_COUNT},
    {"lost_total", "lost", COLUMN_COUNT},
    {"icmp_unreachable", "unreachable", COLUMN_COUNT},
    {"icmp_too_big", "too big", COLUMN_COUNT},
    {"lost_text", "lost by reason", COLUMN_TEXT},
    {"description", "description", COLUMN_TEXT},
};

// Over all workers.
static struct jn_peer_counters
sum(const struct jn_neighbours_region *region, unsigned int number) {
    struct jn_peer_counters total = {0};
    for (unsigned int w = 0; w < region->worker_count; w++) {
        const struct jn_peer_counters *c = &region->peers[(size_t)w * JN_MAX_PEERS + number];
        total.frames += c->frames;
        total.bytes += c->bytes;
        total.cut += c->cut;
        total.fragments += c->fragments;
        total.icmp_unreachable += c->icmp_unreachable;
        total.icmp_too_big += c->icmp_too_big;
        for (unsigned int i = 0; i < JN_COPY_LOSS_COUNT; i++)
            total.lost[i] += c->lost[i];
    }
    return total;
}

static void
set_losses(json_t *row, const struct jn_peer_counters *counters, bool texts) {
    json_t *lost = json_object(), *words = json_array();
    uint64_t total = 0;
    for (unsigned int i = 0; i < JN_COPY_LOSS_COUNT; i++) {
        total += counters->lost[i];
        json_object_set_new(lost, jn_copy_loss_word(i), json_integer((json_int_t)counters->lost[i]));
        if (counters->lost[i] > 0)
            json_array_append_new(words,
                                  json_sprintf("%s %llu", jn_copy_loss_word(i), (unsigned long long)counters->lost[i]));
    }
    json_object_set_new(row, "lost_total", json_integer((json_int_t)total));
    json_object_set_new(row, "lost", lost);
    if (texts && json_array_size(words) > 0)
        json_object_set(row, "lost_text", words);
    json_decref(words);
}

static const char *
state_word(const struct underlay *underlay, const struct jn_peer *peer, const struct jn_neighbour *hop) {
    if (!(peer->flags & JN_PEER_ENABLED))
        return "disabled";
    if (hop != NULL && !underlay_port_up(underlay, hop->port))
        return "down";
    enum jn_neighbour_state state = hop == NULL ? JN_NEIGHBOUR_FREE : jn_link_state(hop->link);
    return state == JN_NEIGHBOUR_REACHABLE || state == JN_NEIGHBOUR_PROBE ? "up" : "unresolved";
}

static json_t *
row(const struct underlay *underlay, const struct jn_vpg *vpg, const struct jn_peer *peer, bool texts) {
    static const char *const encapsulations[] = {"gretap", "gre", "erspan2", "erspan3"};
    unsigned int number = vpg->slot * JN_VPG_PEERS + peer->place;
    uint16_t at = underlay->region->next_hop[number];
    const struct jn_neighbour *hop = at < JN_MAX_NEIGHBOURS ? &underlay->region->neighbours[at] : NULL;
    struct jn_peer_counters c = sum(underlay->region, number);
    json_t *object = json_object();
    json_object_set_new(object, "vpg", json_string(vpg->id));
    json_object_set_new(object, "address", underlay_address(peer->family, peer->address));
    json_object_set_new(object, "description",
                        json_string(jn_policy_string(underlay->policy, peer->description_offset)));
    json_object_set_new(object, "place", json_integer(peer->place));
    json_object_set_new(object, "encapsulation", json_string(encapsulations[peer->encapsulation]));
    json_object_set_new(object, "enabled", json_boolean(peer->flags & JN_PEER_ENABLED));
    json_object_set_new(object, "state", json_string(state_word(underlay, peer, hop)));
    json_object_set_new(object, "next_hop", hop != NULL ? underlay_address(hop->family, hop->address) : json_null());
    json_object_set_new(object, "mac", hop != NULL ? underlay_mac(hop->link) : json_null());
    json_object_set_new(object, "port", hop != NULL ? underlay_port(underlay, hop->port) : json_null());
    json_object_set_new(object, "vlan", hop != NULL ? underlay_vlan(hop->vlan) : json_null());
    json_object_set_new(object, "frames", json_integer((json_int_t)c.frames));
    json_object_set_new(object, "bytes", json_integer((json_int_t)c.bytes));
    json_object_set_new(object, "cut", json_integer((json_int_t)c.cut));
    json_object_set_new(object, "fragments", json_integer((json_int_t)c.fragments));
    json_object_set_new(object, "icmp_unreachable", json_integer((json_int_t)c.icmp_unreachable));
    json_object_set_new(object, "icmp_too_big", json_integer((json_int_t)c.icmp_too_big));
    set_losses(object, &c, texts);
    return object;
}

int
show_peers(const struct invocation *invocation) {
    struct underlay underlay;
    struct view view;
    char err[JN_ERR_MAX];
    if (underlay_take(&underlay, invocation->instance, err) < 0)
        return sample_fail(err);
    view_open(&view, invocation->json, NULL);
    view_list(&view, "peers", columns, sizeof(columns) / sizeof(columns[0]));
    for (uint32_t v = 0; v < underlay.policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(underlay.policy)[v];
        if (invocation->vpg != NULL && strcmp(invocation->vpg, vpg->id) != 0)
            continue;
        for (uint32_t i = 0; i < vpg->peer_count; i++)
            view_row(&view,
                     row(&underlay, vpg, &jn_policy_peers(underlay.policy)[vpg->peer_first + i], !invocation->json));
    }
    view_close(&view);
    underlay_free(&underlay);
    return COMMAND_DONE;
}
