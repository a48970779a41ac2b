// SPDX-License-Identifier: BSD-3-Clause
#include "config/methods.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct jn_method jn_methods[JN_METHOD_COUNT] = {
#define X(handler, method) [JN_METHOD_##handler] = {method, NULL, JN_KEY_ROOT},
    JN_QUERIES(X)
#undef X
#define X(handler, method, words, object, what) [JN_METHOD_##handler] = {method, words, JN_KEY_##object},
        JN_CHANGES(X)
#undef X
};

static const struct {
    const char *word, *name;
    json_type type;
} command_words[] = {
#define X(word, name, type) {word, name, type},
    JN_COMMAND_WORDS(X)
#undef X
};

static json_type
type_of(enum jn_key key) {
    switch (jn_config_keys[key].kind) {
    case JN_KIND_BOOL: return JSON_TRUE;
    case JN_KIND_INTEGER:
    case JN_KIND_POWER: return JSON_INTEGER;
    default: return JSON_STRING;
    }
}

// A member of the object `parent`, by the name that it has in a command: GATEWAY, or on-failure.
static struct jn_parameter
member(enum jn_key parent, const char *text, size_t length, const char *word) {
    struct jn_parameter parameter = {.word = word};
    snprintf(parameter.name, sizeof(parameter.name), "%.*s", (int)length, text);
    for (char *c = parameter.name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : (char)tolower((unsigned char)*c);
    parameter.key = jn_key_child(parent, parameter.name);
    parameter.type = parameter.key < JN_KEY_COUNT ? type_of(parameter.key) : JSON_NULL; // the unit test finds none
    return parameter;
}

static size_t
all_options(enum jn_key parent, struct jn_parameter *out) {
    size_t count = 0;
    for (enum jn_key child = jn_key_next_child(parent, parent); child != JN_KEY_COUNT;
         child = jn_key_next_child(parent, child)) {
        const char *name = jn_key_name(child);
        if (jn_config_keys[child].need == JN_NEED_OPTIONAL)
            out[count++] = member(parent, name, strlen(name), NULL);
    }
    return count;
}

// What one word of the command means: returns how many parameters.
static size_t
read_word(enum jn_key parent, const char *word, size_t length, struct jn_parameter *out) {
    for (size_t i = 0; i < sizeof(command_words) / sizeof(command_words[0]); i++) {
        if (strlen(command_words[i].word) != length || strncmp(command_words[i].word, word, length) != 0)
            continue;
        *out = (struct jn_parameter){.type = command_words[i].type, .key = JN_KEY_ROOT, .word = word};
        snprintf(out->name, sizeof(out->name), "%s", command_words[i].name);
        return 1;
    }
    if (strncmp(word + (word[0] == '['), "OPTION...", 9) == 0)
        return all_options(parent, out);
    if (strncmp(word, "[--", 3) == 0)
        *out = member(parent, word + 3, strcspn(word + 3, " ]"), NULL);
    else if (isupper((unsigned char)word[0]) && word[length - 1] != ']')
        *out = member(parent, word, length, word);
    else
        return 0;
    return 1;
}

size_t
jn_method_parameters(const struct jn_method *method, struct jn_parameter parameters[JN_MAX_PARAMETERS]) {
    size_t count = 0;
    for (const char *word = method->command; word != NULL && *word != '\0';) {
        size_t length = strcspn(word, " ");
        count += read_word(method->key, word, length, &parameters[count]);
        word += length + strspn(word + length, " ");
    }
    return count;
}
