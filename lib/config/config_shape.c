// SPDX-License-Identifier: BSD-3-Clause
// The first pass: every value of the document against its key alone. What is below an unknown key is not looked at, so
// the recursion is as deep as the list of keys.
#include "config/config_shape.h"

#include "config/config_kind.h"
#include "config/config_names.h"

static void
say_unknown(struct jn_reader *reader, enum jn_key parent, const struct jn_json_step *at, const char *name) {
    const char *known[JN_KEY_COUNT];
    struct jn_names names = {known, 0};
    for (enum jn_key child = jn_key_next_child(parent, parent); child != JN_KEY_COUNT;
         child = jn_key_next_child(parent, child))
        names.text[names.count++] = jn_key_name(child);
    jn_reader_unknown_key(reader, at, name, jn_names_nearest(&names, name));
}

static void check_value(struct jn_reader *reader, enum jn_key key, const json_t *value, const struct jn_json_step *at);

static void
check_members(struct jn_reader *reader, enum jn_key parent, const json_t *object, const struct jn_json_step *at) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        enum jn_key key = jn_key_child(parent, name);
        if (key == JN_KEY_COUNT)
            say_unknown(reader, parent, at, name);
        else
            check_value(reader, key, value, JN_MEMBER(at, name));
    }
    for (enum jn_key child = jn_key_next_child(parent, parent); child != JN_KEY_COUNT;
         child = jn_key_next_child(parent, child))
        if (jn_config_keys[child].need == JN_NEED_REQUIRED && json_object_get(object, jn_key_name(child)) == NULL)
            jn_reader_error(reader, JN_MEMBER(at, jn_key_name(child)), "missing");
}

static void
check_value(struct jn_reader *reader, enum jn_key key, const json_t *value, const struct jn_json_step *at) {
    char sentence[JN_SENTENCE_MAX];
    if (!jn_value_check(key, value, sentence))
        jn_reader_error(reader, at, "%s", sentence);
    if (jn_config_keys[key].kind == JN_KIND_OBJECT && json_is_object(value)) {
        check_members(reader, key, value, at);
    } else if (jn_config_keys[key].kind == JN_KIND_ARRAY && json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            check_value(reader, jn_key_item(key), json_array_get(value, i), JN_ITEM(at, i));
    }
}

void
jn_config_check_shape(struct jn_reader *reader, const json_t *root) {
    check_value(reader, JN_KEY_ROOT, root, NULL);
}
