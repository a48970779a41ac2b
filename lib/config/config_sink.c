// SPDX-License-Identifier: BSD-3-Clause
// Where documents go: what the lists of lib/config/config_sinks.h say.
#include "config/config_sink.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_kafka.h"
#include "config/config_kind.h"
#include "config/config_secret.h"
#include "config/config_sink_check.h"
#include "config/config_value.h"

static const struct {
    const char *name;
    bool spooled;
} types[] = {
#define X(id, name, spooled, text) {#name, spooled},
    JN_SINKS(X)
#undef X
};

static bool
any_required(enum jn_key part) {
    for (enum jn_key child = jn_key_next_child(part, part); child != JN_KEY_COUNT;
         child = jn_key_next_child(part, child))
        if (jn_config_keys[child].need == JN_NEED_REQUIRED)
            return true;
    return false;
}

static void
check_type_has_its_part(struct jn_reader *reader, enum jn_sink_type type, const json_t *sink,
                        const struct jn_json_step *at) {
    const char *name = types[type].name;
    enum jn_key part = jn_key_child(JN_KEY_SINK, name);
    if (part != JN_KEY_COUNT && any_required(part) && json_object_get(sink, name) == NULL)
        jn_reader_error(reader, JN_MEMBER(at, name), "missing; the sink's type is \"%s\"", name);
}

static void
read_elasticsearch(struct jn_reader *reader, struct jn_config_elasticsearch *e, const json_t *part) {
    const json_t *urls = jn_get_part(part, JN_KEY_SINK_ELASTICSEARCH_URLS);
    for (size_t i = 0; i < json_array_size(urls) && e->url_count < JN_MAX_SINK_URLS; i++) {
        char sentence[JN_SENTENCE_MAX];
        if (jn_value_check(JN_KEY_SINK_ELASTICSEARCH_URL, json_array_get(urls, i), sentence))
            jn_copy_text(e->urls[e->url_count++], JN_SINK_URL_MAX, json_string_value(json_array_get(urls, i)));
    }
    const json_t *indices = jn_get_part(part, JN_KEY_SINK_INDICES);
    jn_copy_text(e->index_summary, sizeof(e->index_summary), jn_get_text(indices, JN_KEY_SINK_INDEX_SUMMARY));
    jn_copy_text(e->index_flow, sizeof(e->index_flow), jn_get_text(indices, JN_KEY_SINK_INDEX_FLOW));
    e->data_streams = jn_get_bool(part, JN_KEY_SINK_DATA_STREAMS);
    e->compression = (enum jn_sink_compression)jn_get_word(part, JN_KEY_SINK_ELASTICSEARCH_COMPRESSION);
    jn_secret_read(reader, &e->api_key, "api_key", jn_get_part(part, JN_KEY_SINK_API_KEY));
    jn_secret_read(reader, &e->username, "username", jn_get_part(part, JN_KEY_SINK_USERNAME));
    jn_secret_read(reader, &e->password, "password", jn_get_part(part, JN_KEY_SINK_PASSWORD));
}

static void
read_http(struct jn_reader *reader, struct jn_config_http *h, const json_t *part, const struct jn_json_step *at) {
    const json_t *headers = jn_get_part(part, JN_KEY_SINK_HEADERS);
    const char *name;
    json_t *value;
    h->compression = (enum jn_sink_compression)jn_get_word(part, JN_KEY_SINK_HTTP_COMPRESSION);
    h->headers = jn_reader_allocate(reader, json_object_size(headers), sizeof(*h->headers));
    json_object_foreach((json_t *)headers, name, value) {
        char sentence[JN_SENTENCE_MAX];
        if (!jn_secret_sound(value, 0, JN_SECRET_MAX, sentence))
            jn_reader_error(reader, JN_MEMBER(JN_MEMBER(at, "headers"), name), "%s", sentence);
        else if (h->headers != NULL)
            jn_secret_read(reader, &h->headers[h->header_count++], name, value);
    }
}

static void
read_spool(struct jn_config_sink *s, const json_t *part) {
    bool given = jn_get_part(part, JN_KEY_SINK_SPOOL_ENABLED) != NULL;
    s->spool.enabled = given ? jn_get_bool(part, JN_KEY_SINK_SPOOL_ENABLED) : types[s->type].spooled;
}

static void
read_sink(struct jn_reader *reader, struct jn_config_sink *s, const json_t *sink, const struct jn_json_step *at) {
    const char *name = jn_get_text(sink, JN_KEY_SINK_NAME);
    s->type = (enum jn_sink_type)jn_get_word(sink, JN_KEY_SINK_TYPE);
    jn_copy_text(s->name, sizeof(s->name), name != NULL ? name : types[s->type].name);
#define X(part, key, member)                                                                                           \
    jn_copy_text(s->member, sizeof(s->member), jn_get_text(jn_get_part(sink, JN_KEY_SINK_##part), JN_KEY_SINK_##key));
    JN_SINK_TEXTS(X)
#undef X
#define X(part, key, member)                                                                                           \
    s->member = (uint32_t)jn_get_integer(jn_get_part(sink, JN_KEY_SINK_##part), JN_KEY_SINK_##key);
    JN_SINK_NUMBERS(X)
#undef X
    s->create.wanted = jn_get_part(sink, JN_KEY_SINK_CREATE) != NULL;
    read_elasticsearch(reader, &s->elasticsearch, jn_get_part(sink, JN_KEY_SINK_ELASTICSEARCH));
    read_http(reader, &s->http, jn_get_part(sink, JN_KEY_SINK_HTTP), JN_MEMBER(at, "http"));
    read_spool(s, jn_get_part(sink, JN_KEY_SINK_SPOOL));
    check_type_has_its_part(reader, s->type, sink, at);
    jn_config_read_kafka(reader, s, sink, at);
    jn_config_check_sink(reader, s, at);
}

static void
read_one(struct jn_reader *reader, const json_t *sink) {
    const struct jn_json_step *at = JN_MEMBER(NULL, "sink");
    reader->config->sink_count = 1;
    read_sink(reader, &reader->config->sinks[0], sink, at);
}

static void
read_several(struct jn_reader *reader, const json_t *sinks) {
    struct jn_config *config = reader->config;
    const struct jn_json_step *at = JN_MEMBER(NULL, "sinks");
    struct jn_unique_key names[JN_MAX_SINKS];
    for (size_t i = 0; i < json_array_size(sinks) && i < JN_MAX_SINKS; i++) {
        struct jn_config_sink *s = &config->sinks[config->sink_count++];
        const json_t *sink = json_array_get(sinks, i);
        read_sink(reader, s, json_is_object(sink) ? sink : NULL, JN_ITEM(at, i));
        names[i] = (struct jn_unique_key){s->name, strlen(s->name), i, s->name};
    }
    jn_reader_duplicates(reader, at, "name", names, config->sink_count);
    jn_config_check_sinks_together(reader);
}

const struct jn_json_step *
jn_sink_place(const struct jn_config *config, unsigned int number, struct jn_json_step place[2]) {
    bool listed = json_object_get(config->document, "sinks") != NULL;
    place[0] = (struct jn_json_step){.key = listed ? "sinks" : "sink"};
    place[1] = (struct jn_json_step){.parent = &place[0], .index = number};
    return &place[listed];
}

void
jn_config_read_sinks(struct jn_reader *reader, const json_t *root) {
    const json_t *sinks = jn_get_part(root, JN_KEY_SINKS);
    if (json_object_get(root, "sink") != NULL && json_object_get(root, "sinks") != NULL)
        jn_reader_error(reader, JN_MEMBER(NULL, "sinks"), "given beside \"sink\", which is short for one of them");
    if (sinks != NULL)
        read_several(reader, sinks);
    else
        read_one(reader, jn_get_part(root, JN_KEY_SINK));
    for (unsigned int i = 0; i < reader->config->sink_count && reader->check_sink != NULL; i++) {
        struct jn_json_step place[2];
        if (reader->error_count == 0)
            reader->check_sink(reader, &reader->config->sinks[i], jn_sink_place(reader->config, i, place));
    }
}

void
jn_config_free_sink(struct jn_config_sink *sink) {
    struct jn_secret_list lists[JN_SECRET_LISTS];
    jn_secret_lists(sink, lists);
    for (int i = 0; i < JN_SECRET_LISTS; i++)
        for (size_t j = 0; j < lists[i].count; j++)
            jn_secret_free(&lists[i].properties[j]);
    free(sink->properties);
    free(sink->http.headers);
}
