// SPDX-License-Identifier: BSD-3-Clause
// Changes of a VPG: what is written in its part of the document. Whether that is right, the configuration's checks say.
#include "change.h"

#include "change_document.h"

int
change_inspection(struct control *control, const json_t *params, struct failure *failure,
                  struct publication *publication) {
    json_t *vpg;
    json_t *document = control_begin_change(control, json_string_value(json_object_get(params, "vpg")), &vpg, failure);
    if (document == NULL)
        return -1;
    json_object_set(document_member(vpg, "inspection", false), "enabled", json_object_get(params, "enabled"));
    return control_end_change(control, document, failure, publication);
}

// The document begun, its list of peers, and where in it the address stands: size of the list when nowhere.
struct mirror {
    json_t *document, *peers;
    size_t index;
};

static int
begin_mirror(const struct control *control, const json_t *params, struct mirror *mirror, struct failure *failure) {
    const char *text = json_string_value(json_object_get(params, "address"));
    json_t *vpg;
    mirror->document = control_begin_change(control, json_string_value(json_object_get(params, "vpg")), &vpg, failure);
    if (mirror->document == NULL)
        return -1;
    mirror->peers = document_member(document_member(vpg, "mirroring", false), "peers", true);
    if (document_find(mirror->peers, "address", text, &mirror->index))
        return 0;
    json_decref(mirror->document);
    return control_fail(failure, "bad_params", "address: expected an IPv4 or IPv6 address, found %.64s", text);
}

// The peer of that address, or NULL with `failure` filled.
static json_t *
begin_peer(const struct control *control, const json_t *params, struct mirror *mirror, struct failure *failure) {
    if (begin_mirror(control, params, mirror, failure) < 0)
        return NULL;
    json_t *peer = json_array_get(mirror->peers, mirror->index);
    if (peer == NULL) {
        json_decref(mirror->document);
        control_fail(failure, "unknown_peer", "VPG %s has no mirroring peer %s",
                     json_string_value(json_object_get(params, "vpg")),
                     json_string_value(json_object_get(params, "address")));
    }
    return peer;
}

int
change_mirror_add(struct control *control, const json_t *params, struct failure *failure,
                  struct publication *publication) {
    struct mirror mirror;
    if (begin_mirror(control, params, &mirror, failure) < 0)
        return -1;
    json_t *peer = json_object();
    json_object_set(peer, "address", json_object_get(params, "address"));
    document_set(peer, params, JN_KEY_PEER);
    json_array_append_new(mirror.peers, peer);
    return control_end_change(control, mirror.document, failure, publication);
}

int
change_mirror_remove(struct control *control, const json_t *params, struct failure *failure,
                     struct publication *publication) {
    struct mirror mirror;
    if (begin_peer(control, params, &mirror, failure) == NULL)
        return -1;
    json_array_remove(mirror.peers, mirror.index);
    return control_end_change(control, mirror.document, failure, publication);
}

static int
set_enabled(struct control *control, const json_t *params, bool enabled, struct failure *failure,
            struct publication *publication) {
    struct mirror mirror;
    json_t *peer = begin_peer(control, params, &mirror, failure);
    if (peer == NULL)
        return -1;
    json_object_set_new(peer, "enabled", json_boolean(enabled));
    return control_end_change(control, mirror.document, failure, publication);
}

int
change_mirror_enable(struct control *control, const json_t *params, struct failure *failure,
                     struct publication *publication) {
    return set_enabled(control, params, true, failure, publication);
}

int
change_mirror_disable(struct control *control, const json_t *params, struct failure *failure,
                      struct publication *publication) {
    return set_enabled(control, params, false, failure, publication);
}

int
change_mirror_set(struct control *control, const json_t *params, struct failure *failure,
                  struct publication *publication) {
    struct mirror mirror;
    json_t *peer = begin_peer(control, params, &mirror, failure);
    if (peer == NULL)
        return -1;
    if (document_set(peer, params, JN_KEY_PEER) == 0) {
        json_decref(mirror.document);
        return control_fail(failure, "bad_params", "vpg.mirror.set: expected at least one option to set");
    }
    return control_end_change(control, mirror.document, failure, publication);
}
