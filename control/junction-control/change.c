// SPDX-License-Identifier: BSD-3-Clause
// Changes of a VPG: what is written in its part of the document. Whether that is right, the configuration's checks say.
#include "change.h"

#include <string.h>

#include "config/config_value.h"

static const char *
parameter_text(const struct change *c, const char *parameter) {
    return json_string_value(json_object_get(c->params, parameter));
}

// 0 with the document and its VPG there, or -1 with the failure filled.
static int
begin(struct change *c) {
    c->document = control_begin_change(c->control, parameter_text(c, "vpg"), &c->vpg, c->failure);
    return c->document == NULL ? -1 : 0;
}

static int
finish(struct change *c) {
    return control_end_change(c->control, c->document, c->failure, c->publication);
}

// The member, made when it is not there: an object or an array.
static json_t *
member_of(json_t *object, const char *key, bool array) {
    if (json_object_get(object, key) == NULL)
        json_object_set_new(object, key, array ? json_array() : json_object());
    return json_object_get(object, key);
}

// Where in the list is the object whose member `key` is that address, however it is written? Size of the list: nowhere.
// False when `text` is no address.
static bool
find_address(const json_t *list, const char *key, const char *text, size_t *index) {
    struct jn_prefix wanted, address;
    if (!jn_address_parse(text, &wanted))
        return false;
    for (*index = 0; *index < json_array_size(list); ++*index) {
        const char *other = json_string_value(json_object_get(json_array_get(list, *index), key));
        if (other != NULL && jn_address_parse(other, &address) && memcmp(&address, &wanted, sizeof(address)) == 0)
            break;
    }
    return true;
}

// The members of the object that the request's parameters name, of those that the key's object may have but need not.
// What is null goes: the default is then in force. Returns how many there were.
static size_t
set_options(json_t *object, const json_t *params, enum jn_key key) {
    size_t given = 0;
    for (enum jn_key child = jn_key_next_child(key, key); child != JN_KEY_COUNT;
         child = jn_key_next_child(key, child)) {
        const char *name = jn_key_name(child);
        json_t *value = jn_config_keys[child].need == JN_NEED_OPTIONAL ? json_object_get(params, name) : NULL;
        given += value != NULL;
        if (json_is_null(value))
            json_object_del(object, name);
        else if (value != NULL)
            json_object_set(object, name, value);
    }
    return given;
}

int
change_inspection(struct change *c) {
    if (begin(c) < 0)
        return -1;
    json_object_set(member_of(c->vpg, "inspection", false), "enabled", json_object_get(c->params, "enabled"));
    return finish(c);
}

// The mirroring peers, and where among them the address stands: size of the list when nowhere.
static int
begin_mirror(struct change *c, json_t **peers, size_t *index) {
    if (begin(c) < 0)
        return -1;
    *peers = member_of(member_of(c->vpg, "mirroring", false), "peers", true);
    if (find_address(*peers, "address", parameter_text(c, "address"), index))
        return 0;
    json_decref(c->document);
    return control_fail(c->failure, "bad_params", "address: expected an IPv4 or IPv6 address, found %.64s",
                        parameter_text(c, "address"));
}

// The peer of that address, or NULL with the failure filled.
static json_t *
begin_peer(struct change *c, json_t **peers, size_t *index) {
    if (begin_mirror(c, peers, index) < 0)
        return NULL;
    json_t *peer = json_array_get(*peers, *index);
    if (peer == NULL) {
        json_decref(c->document);
        control_fail(c->failure, "unknown_peer", "VPG %s has no mirroring peer %s", parameter_text(c, "vpg"),
                     parameter_text(c, "address"));
    }
    return peer;
}

int
change_mirror_add(struct change *c) {
    json_t *peers, *peer;
    size_t index;
    if (begin_mirror(c, &peers, &index) < 0)
        return -1;
    peer = json_object();
    json_object_set(peer, "address", json_object_get(c->params, "address"));
    set_options(peer, c->params, JN_KEY_PEER);
    json_array_append_new(peers, peer);
    return finish(c);
}

int
change_mirror_remove(struct change *c) {
    json_t *peers;
    size_t index;
    if (begin_peer(c, &peers, &index) == NULL)
        return -1;
    json_array_remove(peers, index);
    return finish(c);
}

static int
set_enabled(struct change *c, bool enabled) {
    json_t *peers;
    size_t index;
    json_t *peer = begin_peer(c, &peers, &index);
    if (peer == NULL)
        return -1;
    json_object_set_new(peer, "enabled", json_boolean(enabled));
    return finish(c);
}

int
change_mirror_enable(struct change *c) {
    return set_enabled(c, true);
}

int
change_mirror_disable(struct change *c) {
    return set_enabled(c, false);
}

int
change_mirror_set(struct change *c) {
    json_t *peers;
    size_t index;
    json_t *peer = begin_peer(c, &peers, &index);
    if (peer == NULL)
        return -1;
    if (set_options(peer, c->params, JN_KEY_PEER) > 0)
        return finish(c);
    json_decref(c->document);
    return control_fail(c->failure, "bad_params", "vpg.mirror.set: expected at least one option to set");
}

// The gate, which must be there: its addresses are for the configuration file to say. NULL with the failure filled.
static json_t *
begin_gate(struct change *c) {
    if (begin(c) < 0)
        return NULL;
    json_t *gate = json_object_get(c->vpg, "gate");
    if (gate != NULL)
        return gate;
    json_decref(c->document);
    control_fail(c->failure, "no_gate", "VPG %s has no gate: write its \"gate\" with an \"address\" into %s",
                 parameter_text(c, "vpg"), c->control->path);
    return NULL;
}

static int
set_gate_member(struct change *c, const char *name) {
    json_t *gate = begin_gate(c);
    if (gate == NULL)
        return -1;
    json_object_set(gate, name, json_object_get(c->params, name));
    return finish(c);
}

int
change_gate(struct change *c) {
    return set_gate_member(c, "enabled");
}

int
change_gate_vni(struct change *c) {
    return set_gate_member(c, "vni");
}

int
change_gate_peer_add(struct change *c) {
    json_t *gate = begin_gate(c);
    if (gate == NULL)
        return -1;
    json_t *peer = json_object();
    json_object_set(peer, "outer", json_object_get(c->params, "outer"));
    json_object_set(peer, "inner", json_object_get(c->params, "inner"));
    set_options(peer, c->params, JN_KEY_GATE_PEER);
    json_array_append_new(member_of(gate, "peers", true), peer);
    return finish(c);
}

int
change_gate_peer_remove(struct change *c) {
    const char *outer = parameter_text(c, "outer");
    size_t index = 0;
    json_t *gate = begin_gate(c), *peers = json_object_get(gate, "peers");
    if (gate == NULL)
        return -1;
    bool address = find_address(peers, "outer", outer, &index);
    if (address && index < json_array_size(peers)) {
        json_array_remove(peers, index);
        return finish(c);
    }
    json_decref(c->document);
    if (!address)
        return control_fail(c->failure, "bad_params", "outer: expected an IPv4 or IPv6 address, found %.64s", outer);
    return control_fail(c->failure, "unknown_peer", "the gate of VPG %s has no peer %s", parameter_text(c, "vpg"),
                        outer);
}

int
change_redirect_set(struct change *c) {
    if (begin(c) < 0)
        return -1;
    json_t *redirection = member_of(c->vpg, "redirection", false);
    set_options(redirection, c->params, JN_KEY_REDIRECTION);
    json_object_set_new(redirection, "enabled", json_true());
    return finish(c);
}

int
change_redirect_unset(struct change *c) {
    if (begin(c) < 0)
        return -1;
    if (json_object_get(c->vpg, "redirection") != NULL)
        json_object_set_new(json_object_get(c->vpg, "redirection"), "enabled", json_false());
    return finish(c);
}
