// SPDX-License-Identifier: BSD-3-Clause
// Where documents go: what the lists of lib/config/config_sinks.h say.
#include "config/config_sink.h"

#include "config/config_kafka.h"
#include "config/config_kind.h"
#include "config/config_value.h"

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
    jn_config_read_kafka(reader, sink, at);
    if (jn_get_part(sink, JN_KEY_SPOOL) != NULL)
        jn_reader_warn(reader, JN_MEMBER(at, "spool"), "not in this release yet; nothing is spooled to disk");
    if (reader->check_sink != NULL && reader->error_count == 0)
        reader->check_sink(reader, s, at);
}
