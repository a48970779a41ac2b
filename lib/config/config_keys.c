// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_keys.h"

#include <stdio.h>
#include <string.h>

const struct jn_config_key jn_config_keys[JN_KEY_COUNT] = {
#define X(id, key_path, key_kind, key_need, key_change, low, high, normal, list, text)                                 \
    [JN_KEY_##id] = {                                                                                                  \
        key_path, JN_KIND_##key_kind, JN_NEED_##key_need, JN_CHANGE_##key_change, low, high, normal, list, text},
    JN_CONFIG_KEYS(X)
#undef X
};

// The part of `path` below `parent`, or NULL when it is not below it.
static const char *
below(const char *parent, const char *path) {
    size_t length = strlen(parent);
    if (length == 0)
        return path;
    if (strncmp(parent, path, length) != 0 || (path[length] != '.' && path[length] != '['))
        return NULL;
    return path + length + (path[length] == '.');
}

const char *
jn_key_name(enum jn_key key) {
    const char *dot = strrchr(jn_config_keys[key].path, '.');
    return dot == NULL ? jn_config_keys[key].path : dot + 1;
}

enum jn_key
jn_key_next_child(enum jn_key parent, enum jn_key after) {
    for (unsigned int i = (unsigned int)after + 1; i < JN_KEY_COUNT; i++) {
        const char *rest = below(jn_config_keys[parent].path, jn_config_keys[i].path);
        if (rest == NULL) // the list is in order: no child comes after
            break;
        if (strpbrk(rest, ".[") == NULL)
            return (enum jn_key)i;
    }
    return JN_KEY_COUNT;
}

enum jn_key
jn_key_child(enum jn_key parent, const char *name) {
    enum jn_key child = jn_key_next_child(parent, parent);
    while (child != JN_KEY_COUNT && strcmp(jn_key_name(child), name) != 0)
        child = jn_key_next_child(parent, child);
    return child;
}

enum jn_key
jn_key_item(enum jn_key array) {
    return (enum jn_key)(array + 1); // the first below its parent; the unit test holds the list to it
}

int
jn_key_word(const char *words, const char *word) {
    size_t length = strlen(word);
    for (int i = 0;; i++) {
        size_t next = strcspn(words, "|");
        if (next == length && memcmp(words, word, length) == 0)
            return i;
        if (words[next] == '\0')
            return -1;
        words += next + 1;
    }
}

const char *
jn_key_word_at(enum jn_key key, unsigned int position, char word[JN_KEY_WORD_MAX]) {
    const char *words = jn_config_keys[key].words;
    for (; position > 0 && words != NULL; position--) {
        words = strchr(words, '|');
        words += words != NULL;
    }
    snprintf(word, JN_KEY_WORD_MAX, "%.*s", words != NULL ? (int)strcspn(words, "|") : 7,
             words != NULL ? words : "unknown");
    return word;
}
