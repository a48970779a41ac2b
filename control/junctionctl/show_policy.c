// SPDX-License-Identifier: BSD-3-Clause
// What junction-control knows best: VPGs with their counters, and the policy with its rules.
#include <string.h>

#include "client.h"
#include "view.h"

static const struct column vpg_columns[] = {
    {"id", "vpg", COLUMN_TEXT},
    {"name", "name", COLUMN_TEXT},
    {"wires", "wire", COLUMN_TEXT},
    {"vlan", "vlan", COLUMN_COUNT},
    {"inspection", "inspection", COLUMN_TEXT},
    {"mirror_peers", "mirrored to", COLUMN_TEXT},
    {"redirect", "redirected", COLUMN_TEXT},
    {"total_packets", "packets", COLUMN_COUNT},
    {"total_bytes", "bytes", COLUMN_COUNT},
    {"discarded_packets", "discarded", COLUMN_COUNT},
    {"uninspected_packets", "uninspected", COLUMN_COUNT},
    {"rules", "rules", COLUMN_COUNT},
    {"devices", "devices", COLUMN_COUNT},
    {"device_subnets", "device subnets", COLUMN_TEXT},
};

static const struct column rule_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},
    {"number", "rule", COLUMN_TEXT},
    {"direction", "direction", COLUMN_TEXT},
    {"protocol", "proto", COLUMN_COUNT},
    {"device", "device", COLUMN_TEXT},
    {"device_ports", "ports", COLUMN_TEXT},
    {"remote", "remote", COLUMN_TEXT},
    {"remote_ports", "ports", COLUMN_TEXT},
    {"dscp", "dscp", COLUMN_COUNT},
    {"group", "group", COLUMN_TEXT},
    {"application_text", "application", COLUMN_TEXT},
    {"new_flows_only", "new alone", COLUMN_TEXT},
    {"inspect", "inspect", COLUMN_TEXT},
    {"mirror_text", "mirror", COLUMN_TEXT},
    {"redirect", "redirect", COLUMN_TEXT},
    {"drop", "drop", COLUMN_TEXT},
};

// A table's row has no objects in it: the counters become members of the row itself.
static json_t *
vpg_row(json_t *vpg, bool json) {
    if (!json)
        json_object_update_missing(vpg, json_object_get(vpg, "counters"));
    return json_incref(vpg);
}

int
show_vpgs(const struct invocation *invocation) {
    struct view view;
    size_t i;
    json_t *vpg, *result = client_result(invocation, "vpgs", NULL);
    if (result == NULL)
        return COMMAND_FAILED;
    view_open(&view, invocation->json, NULL);
    view_list(&view, "vpgs", COLUMNS(vpg_columns));
    json_array_foreach(json_object_get(result, "vpgs"), i, vpg) {
        view_row(&view, vpg_row(vpg, invocation->json));
    }
    view_close(&view);
    json_decref(result);
    return COMMAND_DONE;
}

// What a table says about mirroring: the peers, or yes, no, or nothing.
static void
set_mirror_text(json_t *rule) {
    json_t *peers = json_object_get(rule, "mirror_peers"), *mirror = json_object_get(rule, "mirror");
    json_object_set(rule, "mirror_text", json_array_size(peers) > 0 || mirror == NULL ? peers : mirror);
}

static void
add_words(json_t *text, const char *before, const json_t *words) {
    size_t i;
    json_t *word;
    json_array_foreach(words, i, word) {
        json_array_append_new(text, json_sprintf("%s%s", before, json_string_value(word)));
    }
}

// What a table says about the application, in one column.
static void
set_application_text(json_t *rule) {
    json_t *text = json_array();
    add_words(text, "", json_object_get(rule, "application"));
    add_words(text, "category ", json_object_get(rule, "category"));
    add_words(text, "server ", json_object_get(rule, "server_name"));
    add_words(text, "risk ", json_object_get(rule, "risk"));
    if (json_array_size(text) > 0)
        json_object_set(rule, "application_text", text);
    json_decref(text);
}

static void
rule_rows(struct view *view, const json_t *vpg) {
    size_t i;
    json_t *rule;
    json_array_foreach(json_object_get(vpg, "rules"), i, rule) {
        json_object_set(rule, "vpg", json_object_get(vpg, "id"));
        json_object_set_new(rule, "number", json_integer((json_int_t)i));
        set_mirror_text(rule);
        set_application_text(rule);
        view_row(view, json_incref(rule));
    }
    json_t *rest = json_pack("{s:O?, s:s, s:s, s:O?, s:O?, s:O?, s:O?}", "vpg", json_object_get(vpg, "id"), "number",
                             "default", "direction", "any", "inspect", json_object_get(vpg, "inspection"), "drop",
                             json_object_get(vpg, "drop"), "mirror_peers", json_object_get(vpg, "mirror_peers"),
                             "redirect", json_object_get(vpg, "redirect"));
    set_mirror_text(rest);
    view_row(view, rest);
    const char *headerless = json_string_value(json_object_get(json_object_get(vpg, "fragments"), "headerless"));
    view_row(view, json_pack("{s:O?, s:s, s:s, s:b}", "vpg", json_object_get(vpg, "id"), "number", "headerless",
                             "direction", "any", "drop", headerless != NULL && strcmp(headerless, "drop") == 0));
}

static const struct column gate_columns[] = {
    {"vpg", "vpg", COLUMN_TEXT},          {"vni", "gate: vni", COLUMN_COUNT},
    {"address", "address", COLUMN_TEXT},  {"address_ipv6", "ipv6", COLUMN_TEXT},
    {"peers_text", "peers", COLUMN_TEXT}, {"gateway", "gateway", COLUMN_TEXT},
    {"standby", "standby", COLUMN_TEXT},  {"on_failure", "on failure", COLUMN_TEXT},
};

static void
show_policy_gate(struct view *view, const json_t *vpg) {
    json_t *gate = json_object_get(vpg, "gate"), *peer, *outers = json_array();
    size_t i;
    json_array_foreach(json_object_get(gate, "peers"), i, peer) {
        json_array_append(outers, json_object_get(peer, "outer"));
    }
    json_object_set(gate, "vpg", json_object_get(vpg, "id"));
    json_object_set_new(gate, "peers_text", outers);
    if (json_is_object(json_object_get(gate, "redirection")))
        json_object_update_missing(gate, json_object_get(gate, "redirection"));
    view_row(view, json_incref(gate));
}

// A table of its own, when any gate is open.
static void
gate_rows(struct view *view, const json_t *vpgs) {
    bool listed = false;
    json_t *vpg;
    size_t i;
    json_array_foreach(vpgs, i, vpg) {
        if (!json_is_object(json_object_get(vpg, "gate")))
            continue;
        if (!listed)
            view_list(view, "gates", COLUMNS(gate_columns));
        listed = true;
        show_policy_gate(view, vpg);
    }
}

int
show_policy(const struct invocation *invocation) {
    struct view view;
    size_t i;
    json_t *vpg, *result = client_result(invocation, "policy", NULL);
    if (result == NULL)
        return COMMAND_FAILED;
    json_t *vpgs = json_incref(json_object_get(result, "vpgs"));
    json_object_del(result, "vpgs");
    view_open(&view, invocation->json, result);
    view_list(&view, "vpgs", COLUMNS(rule_columns));
    json_array_foreach(vpgs, i, vpg) {
        if (invocation->json)
            view_row(&view, json_incref(vpg));
        else
            rule_rows(&view, vpg);
    }
    if (!invocation->json)
        gate_rows(&view, vpgs);
    view_close(&view);
    json_decref(vpgs);
    return COMMAND_DONE;
}
