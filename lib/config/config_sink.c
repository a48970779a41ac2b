// SPDX-License-Identifier: BSD-3-Clause
// Where documents go: what the lists of lib/config/config_sinks.h say.
#include "config/config_sink.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config_kind.h"
#include "config/config_value.h"

enum { PROPERTY_BYTES = 4096 };

// What exactly-once in the index rests on; librdkafka has two names for the same.
static const struct {
    const char *name, *values[2], *why;
} owned[] = {
    {"enable.idempotence", {"true", "1"}, "must be true: every record is to be written once and in order"},
    {"acks", {"all", "-1"}, "must be \"all\": a record is let go only when every replica has it"},
    {"request.required.acks", {"all", "-1"}, "must be \"all\": a record is let go only when every replica has it"},
};

// Booleans as words and numbers in digits, which is how librdkafka takes them. Caller frees; NULL: not a plain value.
static char *
property_text(const json_t *value) {
    if (json_is_string(value))
        return strdup(json_string_value(value));
    return json_is_number(value) || json_is_boolean(value)
               ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))
               : NULL;
}

static void
check_owned(struct jn_reader *reader, const char *name, const char *value, const struct jn_json_step *at) {
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        if (strcmp(name, owned[i].name) == 0 && strcasecmp(value, owned[i].values[0]) != 0 &&
            strcmp(value, owned[i].values[1]) != 0)
            jn_reader_error(reader, at, "%s", owned[i].why);
}

static void
read_properties(struct jn_reader *reader, const json_t *properties, const struct jn_json_step *at) {
    struct jn_config_sink *sink = &reader->config->sink;
    const char *name;
    json_t *value;
    char shown[JN_SHOWN_MAX];
    sink->properties = jn_reader_allocate(reader, json_object_size(properties), sizeof(*sink->properties));
    json_object_foreach((json_t *)properties, name, value) {
        char *text = property_text(value);
        if (text == NULL)
            jn_reader_error(reader, JN_MEMBER(at, name), "expected text, a number, true or false, found %s",
                            jn_value_shown(value, shown));
        else if (strlen(name) == 0 || strlen(name) > 255 || strlen(text) > PROPERTY_BYTES)
            jn_reader_error(reader, JN_MEMBER(at, name), "a name has 1 to 255 bytes, a value at most %d",
                            PROPERTY_BYTES);
        else if (json_is_real(value) && strtod(text, NULL) != json_real_value(value))
            jn_reader_error(reader, JN_MEMBER(at, name), "a number with so many digits is to be written as text");
        else
            check_owned(reader, name, text, JN_MEMBER(at, name));
        char *copy = strdup(name);
        if (text == NULL || copy == NULL || sink->properties == NULL) {
            free(text);
            free(copy);
            continue;
        }
        sink->properties[sink->property_count++] = (struct jn_config_property){copy, text};
    }
}

// What the sink "kafka" has of its own.
static void
read_kafka(struct jn_reader *reader, const json_t *sink, const struct jn_json_step *at) {
    const json_t *properties = json_object_get(sink, "properties");
    read_properties(reader, jn_get_part(sink, JN_KEY_PROPERTIES), JN_MEMBER(at, "properties"));
    if (reader->config->sink.type == JN_SINK_KAFKA && (properties == NULL || json_is_object(properties)) &&
        json_object_get(properties, "bootstrap.servers") == NULL &&
        json_object_get(properties, "metadata.broker.list") == NULL)
        jn_reader_error(reader, JN_MEMBER(JN_MEMBER(at, "properties"), "bootstrap.servers"),
                        "missing; the sink's type is \"kafka\"");
    if (jn_get_part(sink, JN_KEY_SPOOL) != NULL)
        jn_reader_warn(reader, JN_MEMBER(at, "spool"), "not in this release yet; nothing is spooled to disk");
}

static bool
any_required(enum jn_key part) {
    for (enum jn_key child = jn_key_next_child(part, part); child != JN_KEY_COUNT;
         child = jn_key_next_child(part, child))
        if (jn_config_keys[child].need == JN_NEED_REQUIRED)
            return true;
    return false;
}

static void
check_type_has_its_part(struct jn_reader *reader, const json_t *sink, const struct jn_json_step *at) {
    static const char *const names[] = {
#define X(id, name, text) #name,
        JN_SINKS(X)
#undef X
    };
    const char *name = names[reader->config->sink.type];
    enum jn_key part = jn_key_child(JN_KEY_SINK, name);
    if (part != JN_KEY_COUNT && any_required(part) && json_object_get(sink, name) == NULL)
        jn_reader_error(reader, JN_MEMBER(at, name), "missing; the sink's type is \"%s\"", name);
}

void
jn_config_read_sink(struct jn_reader *reader, const json_t *sink) {
    struct jn_config_sink *s = &reader->config->sink;
    const struct jn_json_step *at = JN_MEMBER(NULL, "sink");
    s->type = (enum jn_sink_type)jn_get_word(sink, JN_KEY_SINK_TYPE);
#define X(part, key, member, size)                                                                                     \
    jn_copy_text(s->member, size, jn_get_text(jn_get_part(sink, JN_KEY_##part), JN_KEY_##key));
    JN_SINK_TEXTS(X)
#undef X
#define X(part, key, member) s->member = (uint32_t)jn_get_integer(jn_get_part(sink, JN_KEY_##part), JN_KEY_##key);
    JN_SINK_NUMBERS(X)
#undef X
    check_type_has_its_part(reader, sink, at);
    read_kafka(reader, sink, at);
}
