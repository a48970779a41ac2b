// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "config/config_keys.h"
#include "config/json_address.h"
#include "region_copies.h"
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
    {"truncated", "truncated", COLUMN_COUNT},
    {"fragments", "fragments", COLUMN_COUNT},
    {"drops_total", "dropped", COLUMN_COUNT},
    {"icmp_unreachable", "unreachable", COLUMN_COUNT},
    {"icmp_too_big", "too big", COLUMN_COUNT},
    {"learned_mtu", "learned mtu", COLUMN_COUNT},
    {"drops_text", "lost by reason", COLUMN_TEXT},
    {"description", "description", COLUMN_TEXT},
};

static const struct column gateway_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"kind", "kind", COLUMN_TEXT},
    {"address", "address", COLUMN_TEXT},
    {"outer", "peer", COLUMN_TEXT},
    {"state", "state", COLUMN_TEXT},
    {"next_hop", "next hop", COLUMN_TEXT},
    {"mac", "mac", COLUMN_TEXT},
    {"port", "port", COLUMN_TEXT},
    {"sent_packets", "sent", COLUMN_COUNT},
    {"returned_packets", "returned", COLUMN_COUNT},
    {"lost", "lost", COLUMN_COUNT},
    {"description", "description", COLUMN_TEXT},
};

// Over all workers.
static struct jn_peer_counters
sum_peer(struct jn_neighbours_region *region, unsigned int mirror_idx) {
    struct jn_peer_counters total = {0};
    for (unsigned int w = 0; w < region->worker_count && mirror_idx < JN_VPG_PEERS * region->vpg_used; w++)
        sample_add(&total, &jn_peers_of_worker(region, w)[mirror_idx], sizeof(total));
    return total;
}

static void
set_drops(json_t *row, const struct jn_peer_counters *counters, bool texts) {
    json_t *words = json_array();
    uint64_t total = 0;
    for (unsigned int i = 0; i < JN_COPY_DROP_COUNT; i++) {
        total += counters->drops[i];
        if (counters->drops[i] > 0)
            json_array_append_new(words, json_sprintf("%s %llu", jn_list_word(&jn_copy_drop_list, i),
                                                      (unsigned long long)counters->drops[i]));
    }
    json_object_set_new(row, "drops_total", json_integer((json_int_t)total));
    json_object_set_new(row, "drops", counter_object(&jn_copy_drop_list, counters->drops));
    if (texts && json_array_size(words) > 0)
        json_object_set(row, "drops_text", words);
    json_decref(words);
}

static json_t *
peer_table_row(const struct underlay *underlay, const struct jn_vpg *vpg, const struct jn_peer *peer, bool texts) {
    char word[JN_KEY_WORD_MAX];
    unsigned int mirror_idx = vpg->vpg_idx * JN_VPG_PEERS + peer->peer_idx;
    bool known = vpg->vpg_idx < underlay->region->vpg_used;
    const struct jn_neighbour *hop =
        underlay_hop(underlay, known ? jn_next_hops(underlay->region)[mirror_idx] : 0xffff);
    struct jn_peer_counters c = sum_peer(underlay->region, mirror_idx);
    json_t *object = json_object();
    json_object_set_new(object, "vpg", json_string(vpg->id));
    json_object_set_new(object, "address", jn_json_address(peer->family, peer->address));
    json_object_set_new(object, "description",
                        json_string(jn_policy_string(underlay->policy, peer->description_offset)));
    json_object_set_new(object, "kind", json_string("mirror"));
    json_object_set_new(object, "peer_idx", json_integer(peer->peer_idx));
    json_object_set_new(object, "encapsulation",
                        json_string(jn_key_word_at(JN_KEY_PEER_ENCAPSULATION, peer->encapsulation, word)));
    bool enabled = peer->flags & JN_PEER_ENABLED;
    json_object_set_new(object, "enabled", json_boolean(enabled));
    json_object_set_new(object, "state", json_string(enabled ? underlay_hop_word(underlay, hop) : "disabled"));
    underlay_set_hop(object, underlay, hop);
    underlay_set_path_mtu(object, known ? jn_path_mtus(underlay->region)[mirror_idx] : 0,
                          peer->flags & JN_PEER_LEARN_MTU, jn_path_mtu_mark(peer->family, peer->address));
    row_set_counters(object, &jn_peer_counter_list, &c);
    set_drops(object, &c, texts);
    return object;
}

static const char *
gateway_state(const struct gates *gates, const struct jn_gate_state *state, unsigned int which,
              const struct jn_neighbour *hop) {
    if (state != NULL && state->health[which].state == JN_HEALTH_UP)
        return "up";
    const char *word = underlay_hop_word(&gates->underlay, hop);
    return strcmp(word, "up") == 0 ? "down" : word;
}

static json_t *
gateway_row(const struct gates *gates, const struct jn_vpg *vpg, unsigned int which) {
    const struct underlay *underlay = &gates->underlay;
    const struct jn_gate_state *state = gates_state(gates, vpg);
    const struct jn_gate_peer *peer =
        jn_vpg_gate_peer(underlay->policy, vpg, gates_gateway_peer_idx(gates, vpg, which));
    const struct jn_neighbour *hop = underlay_hop(underlay, state == NULL ? 0xffff : state->next_hop[peer->peer_idx]);
    const struct jn_gate_counters all = gates_counters(gates, vpg);
    const struct jn_gate_peer_counters *c = &all.peers[peer->peer_idx];
    uint64_t lost = c->sent_packets > c->returned_packets ? c->sent_packets - c->returned_packets : 0;
    json_t *row = json_object();
    json_object_set_new(row, "vpg", json_string(vpg->id));
    json_object_set_new(row, "kind", json_string(which == GATEWAY ? "gateway" : "standby"));
    json_object_set_new(row, "address", gates_gateway_address(gates, vpg, which));
    json_object_set_new(row, "outer", jn_json_address(peer->outer_family, peer->outer));
    json_object_set_new(row, "description", json_string(jn_policy_string(underlay->policy, peer->description_offset)));
    json_object_set_new(row, "state", json_string(gateway_state(gates, state, which, hop)));
    underlay_set_hop(row, underlay, hop);
    json_object_set_new(row, "sent_packets", json_integer((json_int_t)c->sent_packets));
    json_object_set_new(row, "sent_bytes", json_integer((json_int_t)c->sent_bytes));
    json_object_set_new(row, "returned_packets", json_integer((json_int_t)c->returned_packets));
    json_object_set_new(row, "returned_bytes", json_integer((json_int_t)c->returned_bytes));
    json_object_set_new(row, "lost", json_integer((json_int_t)lost));
    return row;
}

static bool
wanted(const struct invocation *invocation, const struct jn_vpg *vpg) {
    return invocation->vpg == NULL || strcmp(invocation->vpg, vpg->id) == 0;
}

static bool
policy_redirects(const struct jn_policy *policy, const struct jn_vpg *vpg) {
    return vpg->gate_count > 0 && jn_policy_gates(policy)[vpg->gate_first].flags & JN_GATE_REDIRECT;
}

// The gates region is only needed when anything is redirected.
static int
take(struct gates *gates, const struct invocation *invocation, char err[JN_ERR_MAX]) {
    *gates = (struct gates){0};
    int rc = underlay_take(&gates->underlay, invocation->instance, err);
    bool needed = false;
    for (uint32_t v = 0; rc == 0 && v < gates->underlay.policy->vpg_count; v++)
        needed |= policy_redirects(gates->underlay.policy, &jn_policy_vpgs(gates->underlay.policy)[v]);
    if (!needed)
        return rc;
    gates_free(gates);
    return gates_take(gates, invocation->instance, err);
}

static void
show_gateways(struct view *view, const struct gates *gates, const struct invocation *invocation) {
    const struct jn_policy *policy = gates->underlay.policy;
    if (gates->region == NULL && !invocation->json)
        return;
    view_list(view, "gateways", COLUMNS(gateway_columns));
    for (uint32_t v = 0; gates->region != NULL && v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        if (!wanted(invocation, vpg) || !policy_redirects(policy, vpg))
            continue;
        view_row(view, gateway_row(gates, vpg, GATEWAY));
        if (gates_policy(gates, vpg)->standby != JN_NO_PEER)
            view_row(view, gateway_row(gates, vpg, STANDBY));
    }
}

int
show_peers(const struct invocation *invocation) {
    struct gates gates;
    struct view view;
    char err[JN_ERR_MAX];
    if (take(&gates, invocation, err) < 0)
        return sample_fail(err);
    const struct jn_policy *policy = gates.underlay.policy;
    view_open(&view, invocation->json, NULL);
    view_list(&view, "peers", COLUMNS(columns));
    for (uint32_t v = 0; v < policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(policy)[v];
        for (uint32_t i = 0; wanted(invocation, vpg) && i < vpg->peer_count; i++)
            view_row(&view, peer_table_row(&gates.underlay, vpg, &jn_policy_peers(policy)[vpg->peer_first + i],
                                           !invocation->json));
    }
    show_gateways(&view, &gates, invocation);
    view_close(&view);
    gates_free(&gates);
    return COMMAND_DONE;
}
