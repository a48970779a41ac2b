// SPDX-License-Identifier: BSD-3-Clause
// Changes of a VPG's gate and redirection.
#include "change.h"
#include "change_document.h"

struct gate {
    json_t *document, *vpg, *gate;
};

static int
read_gate_change(const struct control *control, const json_t *params, struct gate *gate, struct failure *failure) {
    const char *id = json_string_value(json_object_get(params, "vpg"));
    gate->document = control_begin_change(control, id, &gate->vpg, failure);
    if (gate->document == NULL)
        return -1;
    gate->gate = json_object_get(gate->vpg, "gate");
    return 0;
}

// What is about a gate that is there: its addresses are for the configuration file to say.
static int
begin_gate(const struct control *control, const json_t *params, struct gate *gate, struct failure *failure) {
    if (read_gate_change(control, params, gate, failure) < 0)
        return -1;
    if (gate->gate != NULL)
        return 0;
    json_decref(gate->document);
    return control_fail(failure, "no_gate", "VPG %s has no gate: write its \"gate\" with an \"address\" into %s",
                        json_string_value(json_object_get(params, "vpg")), control->path);
}

static int
set_member(struct control *control, const json_t *params, const char *name, struct failure *failure,
           struct publication *publication) {
    struct gate gate;
    if (begin_gate(control, params, &gate, failure) < 0)
        return -1;
    json_object_set(gate.gate, name, json_object_get(params, name));
    return control_end_change(control, gate.document, failure, publication);
}

int
change_gate(struct control *control, const json_t *params, struct failure *failure, struct publication *publication) {
    return set_member(control, params, "enabled", failure, publication);
}

int
change_gate_vni(struct control *control, const json_t *params, struct failure *failure,
                struct publication *publication) {
    return set_member(control, params, "vni", failure, publication);
}

int
change_gate_peer_add(struct control *control, const json_t *params, struct failure *failure,
                     struct publication *publication) {
    struct gate gate;
    if (begin_gate(control, params, &gate, failure) < 0)
        return -1;
    json_t *peer = json_object();
    json_object_set(peer, "outer", json_object_get(params, "outer"));
    json_object_set(peer, "inner", json_object_get(params, "inner"));
    document_set(peer, params, JN_KEY_GATE_PEER);
    json_array_append_new(document_member(gate.gate, "peers", true), peer);
    return control_end_change(control, gate.document, failure, publication);
}

int
change_gate_peer_remove(struct control *control, const json_t *params, struct failure *failure,
                        struct publication *publication) {
    const char *outer = json_string_value(json_object_get(params, "outer"));
    struct gate gate;
    size_t index = 0;
    if (begin_gate(control, params, &gate, failure) < 0)
        return -1;
    json_t *peers = json_object_get(gate.gate, "peers");
    bool address = document_find(peers, "outer", outer, &index);
    if (address && index < json_array_size(peers)) {
        json_array_remove(peers, index);
        return control_end_change(control, gate.document, failure, publication);
    }
    json_decref(gate.document);
    if (!address)
        return control_fail(failure, "bad_params", "outer: expected an IPv4 or IPv6 address, found %.64s", outer);
    return control_fail(failure, "unknown_peer", "the gate of VPG %s has no peer %s",
                        json_string_value(json_object_get(params, "vpg")), outer);
}

int
change_redirect_set(struct control *control, const json_t *params, struct failure *failure,
                    struct publication *publication) {
    struct gate gate;
    if (read_gate_change(control, params, &gate, failure) < 0)
        return -1;
    json_t *redirection = document_member(gate.vpg, "redirection", false);
    document_set(redirection, params, JN_KEY_REDIRECTION);
    json_object_set_new(redirection, "enabled", json_true());
    return control_end_change(control, gate.document, failure, publication);
}

int
change_redirect_unset(struct control *control, const json_t *params, struct failure *failure,
                      struct publication *publication) {
    struct gate gate;
    if (read_gate_change(control, params, &gate, failure) < 0)
        return -1;
    if (json_object_get(gate.vpg, "redirection") != NULL)
        json_object_set_new(json_object_get(gate.vpg, "redirection"), "enabled", json_false());
    return control_end_change(control, gate.document, failure, publication);
}
