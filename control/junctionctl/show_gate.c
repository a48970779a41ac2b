// SPDX-License-Identifier: BSD-3-Clause
// Virtual networks. As JSON all of a gate is within its row; as tables the gates, then their peers, hosts and counters.
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "config/json_address.h"
#include "lists.h"
#include "region_copies.h"
#include "view.h"

static const struct column gate_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"vni", "vni", COLUMN_COUNT},
    {"mac", "own mac", COLUMN_TEXT},
    {"own_text", "own addresses", COLUMN_TEXT},
    {"path_mtu", "path mtu", COLUMN_COUNT},
    {"target_text", "redirected by", COLUMN_TEXT},
    {"since_seconds", "since", COLUMN_SECONDS},
    {"changes", "changes", COLUMN_COUNT},
    {"moves", "moves", COLUMN_COUNT},
    {"moves_refused", "refused", COLUMN_COUNT},
    {"on_failure", "on failure", COLUMN_TEXT},
};
static const struct column health_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},          {"role", "role", COLUMN_TEXT},
    {"address", "address", COLUMN_TEXT},  {"outer", "peer", COLUMN_TEXT},
    {"state", "state", COLUMN_TEXT},      {"since_seconds", "since", COLUMN_SECONDS},
    {"changes", "changes", COLUMN_COUNT}, {"probes_lost", "probes lost", COLUMN_COUNT},
    {"answers", "answers", COLUMN_COUNT}, {"answers_needed", "needed", COLUMN_COUNT},
};
static const struct column peer_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"outer", "peer", COLUMN_TEXT},
    {"inner_text", "inner addresses", COLUMN_TEXT},
    {"state", "state", COLUMN_TEXT},
    {"next_hop", "next hop", COLUMN_TEXT},
    {"port", "port", COLUMN_TEXT},
    {"learned_mtu", "learned mtu", COLUMN_COUNT},
    {"sent_packets", "sent", COLUMN_COUNT},
    {"sent_bytes", "bytes", COLUMN_COUNT},
    {"returned_packets", "returned", COLUMN_COUNT},
    {"returned_bytes", "bytes", COLUMN_COUNT},
    {"description", "description", COLUMN_TEXT},
};
static const struct column host_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},          {"address", "host", COLUMN_TEXT}, {"mac", "mac", COLUMN_TEXT},
    {"outer", "heard from", COLUMN_TEXT}, {"state", "state", COLUMN_TEXT},  {"heard_seconds", "heard", COLUMN_SECONDS},
};
static const struct column counter_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"name", "counter", COLUMN_TEXT},
    {"packets", "packets", COLUMN_COUNT},
    {"explanation", "explanation", COLUMN_TEXT},
};

// What a row is made of.
struct gate {
    const struct gates *gates;
    const struct jn_vpg *vpg;
    const struct jn_gate *policy;
    const struct jn_gate_state *state; // NULL: not opened yet
    struct jn_gate_counters counters;
    uint64_t now_ns;
};

static json_t *
outer_address(const struct gate *g, unsigned int peer_idx) {
    const struct jn_gate_peer *peer = jn_vpg_gate_peer(g->gates->underlay.policy, g->vpg, peer_idx);
    return peer != NULL ? jn_json_address(peer->outer_family, peer->outer) : json_null();
}

// Redirected packets go to the gateway's address, wherever it is now, or to the standby's own.
static json_t *
target_address(const struct gate *g) {
    unsigned int gateway = g->policy->gateway;
    const struct jn_gate_host *host = &g->state->hosts[jn_gate_named_host(gateway, g->policy->gateway_family)];
    bool own = jn_target_peer_idx(g->state->target) == gateway || host->target == g->state->target;
    return gates_gateway_address(g->gates, g->vpg, own ? GATEWAY : STANDBY);
}

static json_t *
target_object(const struct gate *g) {
    enum jn_redirect_target kind = g->state == NULL ? JN_TARGET_NONE : jn_target_kind(g->state->target);
    json_t *target = json_pack("{s:s, s:n, s:n, s:n}", "kind", jn_list_word(&jn_redirect_target_list, kind), "address",
                               "outer", "mac");
    if (kind != JN_TARGET_PEER)
        return target;
    uint64_t mac = g->state->target & UINT64_C(0xffffffffffff);
    json_object_set_new(target, "address", target_address(g));
    json_object_set_new(target, "outer", outer_address(g, jn_target_peer_idx(g->state->target)));
    json_object_set_new(target, "mac", underlay_mac((uint64_t)JN_NEIGHBOUR_REACHABLE << 48 | mac));
    return target;
}

static json_t *
health_row(const struct gate *g, unsigned int which) {
    static const struct jn_health unknown = {0};
    const struct jn_health *health = g->state == NULL ? &unknown : &g->state->health[which];
    json_t *row = json_object();
    json_object_set_new(row, "role", json_string(which == GATEWAY ? "gateway" : "standby"));
    json_object_set_new(row, "address", gates_gateway_address(g->gates, g->vpg, which));
    json_object_set_new(row, "outer", outer_address(g, gates_gateway_peer_idx(g->gates, g->vpg, which)));
    json_object_set_new(row, "state", json_string(jn_list_word(&jn_health_state_list, health->state)));
    json_object_set_new(row, "since_seconds", underlay_seconds(health->since_ns, g->now_ns));
    json_object_set_new(row, "changes", json_integer(health->changes));
    json_object_set_new(row, "probes_lost", json_integer(health->lost));
    json_object_set_new(row, "answers", json_integer(health->answers));
    json_object_set_new(row, "answers_needed", json_integer(health->needed));
    return row;
}

static json_t *
redirection_object(const struct gate *g) {
    if (!(g->policy->flags & JN_GATE_REDIRECT))
        return json_null();
    json_t *object = json_object(), *health = json_array();
    json_array_append_new(health, health_row(g, GATEWAY));
    if (g->policy->standby != JN_NO_PEER)
        json_array_append_new(health, health_row(g, STANDBY));
    jn_json_set_gateways(object, g->gates->underlay.policy, g->vpg);
    json_object_set_new(object, "target", target_object(g));
    json_object_set_new(object, "since_seconds",
                        g->state == NULL ? json_null() : underlay_seconds(g->state->changed_ns, g->now_ns));
    json_object_set_new(object, "changes", json_integer(g->state == NULL ? 0 : g->state->target_changes));
    json_object_set_new(object, "moves", json_integer(g->state == NULL ? 0 : g->state->moves));
    json_object_set_new(object, "moves_refused", json_integer(g->state == NULL ? 0 : g->state->moves_refused));
    json_object_set_new(object, "health", health);
    return object;
}

static json_t *
peer_row(const struct gate *g, const struct jn_gate_peer *peer) {
    const struct underlay *underlay = &g->gates->underlay;
    const struct jn_gate_peer_counters *c = &g->counters.peers[peer->peer_idx];
    const struct jn_neighbour *hop =
        underlay_hop(underlay, g->state == NULL ? 0xffff : g->state->next_hop[peer->peer_idx]);
    json_t *row = json_object();
    jn_json_set_gate_peer(row, underlay->policy, peer);
    json_object_set_new(row, "state", json_string(underlay_hop_word(underlay, hop)));
    underlay_set_hop(row, underlay, hop);
    underlay_set_path_mtu(row, g->state == NULL ? 0 : g->state->learned_mtu[peer->peer_idx],
                          g->policy->flags & JN_GATE_LEARN_MTU, jn_path_mtu_mark(peer->outer_family, peer->outer));
    json_object_set_new(row, "sent_packets", json_integer((json_int_t)c->sent_packets));
    json_object_set_new(row, "sent_bytes", json_integer((json_int_t)c->sent_bytes));
    json_object_set_new(row, "returned_packets", json_integer((json_int_t)c->returned_packets));
    json_object_set_new(row, "returned_bytes", json_integer((json_int_t)c->returned_bytes));
    return row;
}

static json_t *
peer_list(const struct gate *g) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < g->vpg->gate_peer_count; i++)
        json_array_append_new(
            list, peer_row(g, &jn_policy_gate_peers(g->gates->underlay.policy)[g->vpg->gate_peer_first + i]));
    return list;
}

static json_t *
host_list(const struct gate *g) {
    json_t *list = json_array();
    for (unsigned int i = 0; g->state != NULL && i < JN_GATE_HOSTS; i++) {
        const struct jn_gate_host *host = &g->state->hosts[i];
        const struct jn_neighbour *n = &host->neighbour;
        if (jn_neighbour_state_of(n->state_mac) == JN_NEIGHBOUR_FREE)
            continue;
        json_array_append_new(list,
                              json_pack("{s:o, s:b, s:o, s:o, s:s, s:o, s:i}", "address",
                                        jn_json_address(n->family, n->address), "named", i < JN_GATE_NAMED, "mac",
                                        underlay_mac(n->state_mac), "outer", outer_address(g, host->peer_idx), "state",
                                        jn_list_word(&jn_neighbour_state_list, jn_neighbour_state_of(n->state_mac)),
                                        "heard_seconds", underlay_seconds(host->heard_ns, g->now_ns), "mac_changes",
                                        (int)n->mac_changes));
    }
    return list;
}

static json_t *
gate_row(const struct gate *g) {
    json_t *row = json_object();
    json_object_set_new(row, "vpg", json_string(g->vpg->id));
    json_object_set_new(row, "open", json_boolean(g->state != NULL));
    jn_json_set_gate(row, g->policy);
    json_object_set_new(row, "path_mtu", g->state == NULL ? json_null() : json_integer(g->state->path_mtu));
    json_object_set_new(row, "redirection", redirection_object(g));
    json_object_set_new(row, "peers", peer_list(g));
    json_object_set_new(row, "hosts", host_list(g));
    json_object_set_new(row, "counters", counter_object(&jn_gate_counter_list, &g->counters));
    json_object_set_new(row, "drops", counter_object(&jn_gate_drop_list, g->counters.drops));
    return row;
}

// "gateway 10.254.0.2 at 198.18.0.20 (02:...)".
static json_t *
target_text(const json_t *redirection) {
    const json_t *target = json_object_get(redirection, "target");
    const char *kind = json_string_value(json_object_get(target, "kind"));
    const json_t *address = json_object_get(target, "address");
    if (kind == NULL || strcmp(kind, "peer") != 0)
        return json_string(kind != NULL ? kind : "none");
    const char *outer = json_string_value(json_object_get(target, "outer"));
    bool gateway = json_equal(address, json_object_get(redirection, "gateway"));
    return json_sprintf("%s %s at %s (%s)", gateway ? "gateway" : "standby",
                        json_is_string(address) ? json_string_value(address) : "?", outer != NULL ? outer : "?",
                        json_string_value(json_object_get(target, "mac")));
}

// Those of two addresses that are there: the second is null, or the same again.
static json_t *
both(const json_t *row, const char *first, const char *second) {
    json_t *list = json_array(), *a = json_object_get(row, first), *b = json_object_get(row, second);
    if (json_is_string(a))
        json_array_append(list, a);
    if (json_is_string(b) && !json_equal(a, b))
        json_array_append(list, b);
    return list;
}

// A table's row has no objects in it.
static json_t *
gate_table_row(json_t *row) {
    json_t *redirection = json_object_get(row, "redirection");
    json_object_set_new(row, "own_text", both(row, "address", "address_ipv6"));
    json_object_set_new(row, "target_text", target_text(redirection));
    if (json_is_object(redirection))
        json_object_update_missing(row, redirection);
    return json_incref(row);
}

static void
table_list(struct view *view, const json_t *rows, const char *list, const struct column *columns, size_t count) {
    json_t *row, *member, *from;
    size_t i, j;
    view_list(view, list, columns, count);
    json_array_foreach(rows, i, row) {
        from = json_object_get(row, list);
        json_array_foreach(from, j, member) {
            json_object_set(member, "vpg", json_object_get(row, "vpg"));
            if (strcmp(list, "peers") == 0)
                json_object_set_new(member, "inner_text", both(member, "inner", "inner_ipv6"));
            view_row(view, json_incref(member));
        }
    }
}

// Those that are not zero of a gate's counters or losses.
static void
counter_rows(struct view *view, const json_t *row, const char *member, const struct jn_list *list) {
    for (unsigned int i = 0; i < list->count; i++) {
        const char *name = list->rows[i].word;
        json_t *value = json_object_get(json_object_get(row, member), name);
        if (json_integer_value(value) != 0)
            view_row(view, json_pack("{s:O, s:s, s:O, s:s}", "vpg", json_object_get(row, "vpg"), "name", name,
                                     "packets", value, "explanation", list->rows[i].text));
    }
}

static void
show_tables(struct view *view, const json_t *rows) {
    json_t *row;
    size_t i;
    view_list(view, "gates", COLUMNS(gate_columns));
    json_array_foreach(rows, i, row) {
        view_row(view, gate_table_row(row));
    }
    table_list(view, rows, "health", COLUMNS(health_columns));
    table_list(view, rows, "peers", COLUMNS(peer_columns));
    table_list(view, rows, "hosts", COLUMNS(host_columns));
    view_list(view, "counters", COLUMNS(counter_columns));
    json_array_foreach(rows, i, row) {
        counter_rows(view, row, "counters", &jn_gate_counter_list);
        counter_rows(view, row, "drops", &jn_gate_drop_list);
    }
}

static json_t *
all_rows(const struct gates *gates, const char *only) {
    json_t *rows = json_array();
    for (uint32_t v = 0; v < gates->underlay.policy->vpg_count; v++) {
        const struct jn_vpg *vpg = &jn_policy_vpgs(gates->underlay.policy)[v];
        if (vpg->gate_count == 0 || (only != NULL && strcmp(only, vpg->id) != 0))
            continue;
        struct gate g = {.gates = gates,
                         .vpg = vpg,
                         .policy = gates_policy(gates, vpg),
                         .state = gates_state(gates, vpg),
                         .counters = gates_counters(gates, vpg),
                         .now_ns = sample_workers_ns(&gates->underlay.sample)};
        json_array_append_new(rows, gate_row(&g));
    }
    return rows;
}

int
show_gate(const struct invocation *invocation) {
    struct gates gates;
    struct view view;
    char err[JN_ERR_MAX];
    json_t *row;
    size_t i;
    if (gates_take(&gates, invocation->instance, err) < 0)
        return sample_fail(err);
    json_t *rows = all_rows(&gates, invocation->vpg);
    view_open(&view, invocation->json, NULL);
    if (invocation->json) {
        view_list(&view, "gates", COLUMNS(gate_columns));
        json_array_foreach(rows, i, row) {
            view_row(&view, json_incref(row));
        }
    } else {
        show_tables(&view, rows);
    }
    view_close(&view);
    json_decref(rows);
    gates_free(&gates);
    return COMMAND_DONE;
}
