// SPDX-License-Identifier: BSD-3-Clause
// What only takes effect with a restart: two documents compared key by key, a key left out being its default.
#include "config/config_restart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_keys.h"
#include "config/json_line.h"

struct difference {
    char *paths;
    size_t size, used;
    bool any;
};

static void
add_difference(struct difference *difference, const struct jn_json_step *at) {
    char path[256];
    jn_json_path(at, path, sizeof(path));
    size_t needed = strlen(path) + (difference->any ? 2 : 0);
    if (difference->used + needed < difference->size) // a list cut in the middle of a path would mislead
        difference->used += (size_t)snprintf(difference->paths + difference->used, difference->size - difference->used,
                                             "%s%s", difference->any ? ", " : "", path);
    difference->any = true;
}

static bool
leaf_equal(enum jn_key key, const json_t *before, const json_t *after) {
    const char *fallback = jn_config_keys[key].fallback == NULL ? "" : jn_config_keys[key].fallback;
    if (before != NULL && after != NULL)
        return json_equal(before, after);
    const json_t *given = before != NULL ? before : after;
    if (given == NULL)
        return true;
    if (json_is_string(given))
        return strcmp(json_string_value(given), fallback) == 0;
    char *text = json_dumps(given, JSON_ENCODE_ANY | JSON_COMPACT);
    bool equal = text != NULL && (strcmp(text, fallback) == 0 || strcmp(text, "{}") == 0);
    free(text);
    return equal;
}

static void
compare(struct difference *difference, enum jn_key key, const json_t *before, const json_t *after,
        const struct jn_json_step *at) {
    if (jn_config_keys[key].kind == JN_KIND_OBJECT) {
        for (enum jn_key child = jn_key_next_child(key, key); child != JN_KEY_COUNT;
             child = jn_key_next_child(key, child)) {
            const char *name = jn_key_name(child);
            compare(difference, child, json_object_get(before, name), json_object_get(after, name),
                    JN_MEMBER(at, name));
        }
        return;
    }
    if (jn_config_keys[key].change != JN_CHANGE_RESTART)
        return;
    if (jn_config_keys[key].kind != JN_KIND_ARRAY) {
        if (!leaf_equal(key, before, after))
            add_difference(difference, at);
    } else if (json_array_size(before) != json_array_size(after)) {
        add_difference(difference, at);
    } else {
        for (size_t i = 0; i < json_array_size(before); i++)
            compare(difference, jn_key_item(key), json_array_get(before, i), json_array_get(after, i), JN_ITEM(at, i));
    }
}

bool
jn_config_needs_restart(const struct jn_config *before, const struct jn_config *after, char *paths, size_t size) {
    struct difference difference = {.paths = paths, .size = size};
    if (size > 0)
        paths[0] = '\0';
    compare(&difference, JN_KEY_ROOT, before->document, after->document, NULL);
    return difference.any;
}
