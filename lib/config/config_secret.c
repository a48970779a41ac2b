// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "config/config_secret.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config_value.h"
#include "secret.h"

#define VARIABLE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

const char *
jn_secret_kind(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a text";
    case JSON_INTEGER:
    case JSON_REAL: return "a number";
    case JSON_NULL: return "null";
    default: return "true or false";
    }
}

static bool
path_sound(const char *path) {
    return path != NULL && path[0] == '/' && strlen(path) < PATH_MAX && jn_text_printable(path);
}

static bool
variable_sound(const char *name) {
    return name != NULL && name[0] != '\0' && strlen(name) < 256 && strchr("0123456789", name[0]) == NULL &&
           name[strspn(name, VARIABLE_CHARACTERS)] == '\0';
}

bool
jn_secret_reference_sound(const json_t *object, char sentence[JN_SENTENCE_MAX]) {
    const json_t *file = json_object_get(object, "$file"), *variable = json_object_get(object, "$env");
    const char *wrong = NULL;
    if (json_object_size(object) != 1 || (file == NULL && variable == NULL))
        wrong = "expected {\"$file\": PATH} or {\"$env\": NAME}, found another object";
    else if (file != NULL && !path_sound(json_string_value(file)))
        wrong = "\"$file\": expected the absolute path of a file";
    else if (variable != NULL && !variable_sound(json_string_value(variable)))
        wrong = "\"$env\": expected the name of a variable, of A-Z a-z 0-9 _";
    if (wrong != NULL)
        snprintf(sentence, JN_SENTENCE_MAX, "%s", wrong);
    return wrong == NULL;
}

bool
jn_secret_sound(const json_t *value, int64_t minimum, int64_t maximum, char sentence[JN_SENTENCE_MAX]) {
    size_t length = json_string_length(value);
    if (json_is_object(value))
        return jn_secret_reference_sound(value, sentence);
    if (json_is_string(value) && length >= (size_t)minimum && length <= (size_t)maximum &&
        jn_text_printable(json_string_value(value)))
        return true;
    snprintf(sentence, JN_SENTENCE_MAX,
             "expected text of %" PRId64 " to %" PRId64
             " bytes without control characters, {\"$file\": PATH} or {\"$env\": NAME}, found %s",
             minimum, maximum, jn_secret_kind(value));
    return false;
}

static char *
copy(struct jn_reader *reader, const char *text) {
    char *copied = strdup(text);
    if (copied == NULL)
        reader->out_of_memory = true;
    return copied;
}

void
jn_secret_read(struct jn_reader *reader, struct jn_config_property *property, const char *name, const json_t *value) {
    const json_t *file = json_object_get(value, "$file"), *variable = json_object_get(value, "$env");
    *property = (struct jn_config_property){.name = value != NULL ? copy(reader, name) : NULL};
    if (json_is_string(value)) {
        property->value = copy(reader, json_string_value(value));
    } else if (file != NULL || variable != NULL) {
        property->source = file != NULL ? JN_SECRET_FILE : JN_SECRET_ENV;
        property->reference = copy(reader, json_string_value(file != NULL ? file : variable));
    }
}

void
jn_secret_free(struct jn_config_property *property) {
    if (property->source != JN_SECRET_PLAIN) {
        jn_secret_forget(property->value);
    } else if (property->value != NULL) {
        explicit_bzero(property->value, strlen(property->value));
        free(property->value);
    }
    free(property->name);
    free(property->reference);
    *property = (struct jn_config_property){0};
}

void
jn_secret_lists(struct jn_config_sink *sink, struct jn_secret_list lists[JN_SECRET_LISTS]) {
    struct jn_config_elasticsearch *e = &sink->elasticsearch;
    const struct jn_secret_list all[JN_SECRET_LISTS] = {
        {{"properties", NULL}, sink->properties, sink->property_count},
        {{"elasticsearch", NULL}, &e->api_key, 1},
        {{"elasticsearch", NULL}, &e->username, 1},
        {{"elasticsearch", NULL}, &e->password, 1},
        {{"http", "headers"}, sink->http.headers, sink->http.header_count},
    };
    memcpy(lists, all, sizeof(all));
}

bool
jn_secret_hidden(const struct jn_config_property *property) {
    static const char *const words[] = {"password", "secret",      "api_key",    "authorization",
                                        "cookie",   "token",       "api-key",    "apikey",
                                        "x-auth",   "ssl.key.pem", "credential", "sasl.oauthbearer.config"};
    if (property->source != JN_SECRET_PLAIN)
        return true;
    for (size_t i = 0; property->name != NULL && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasestr(property->name, words[i]) != NULL)
            return true;
    return false;
}
