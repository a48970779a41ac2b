// SPDX-License-Identifier: BSD-3-Clause
#include "change_document.h"

#include <string.h>

#include "config/config_value.h"

json_t *
document_member(json_t *object, const char *key, bool array) {
    if (json_object_get(object, key) == NULL)
        json_object_set_new(object, key, array ? json_array() : json_object());
    return json_object_get(object, key);
}

static bool
same_address(const char *text, const struct jn_prefix *wanted) {
    struct jn_prefix address;
    return text != NULL && jn_address_parse(text, &address) && memcmp(&address, wanted, sizeof(address)) == 0;
}

bool
document_find(const json_t *list, const char *key, const char *text, size_t *index) {
    struct jn_prefix wanted;
    if (!jn_address_parse(text, &wanted))
        return false;
    for (*index = 0; *index < json_array_size(list); ++*index)
        if (same_address(json_string_value(json_object_get(json_array_get(list, *index), key)), &wanted))
            break;
    return true;
}

size_t
document_set(json_t *object, const json_t *params, enum jn_key key) {
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
