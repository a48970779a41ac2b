// SPDX-License-Identifier: BSD-3-Clause
// Prints, as JSON, what the documents say about the lists of the source: generate.py puts it into them.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classifier_copy.h"
#include "config/methods.h"
#include "flow/flow_state.h"
#include "flow_words.h"
#include "gate.h"
#include "gate/resolution.h"
#include "gate/vnet.h"
#include "mirror/mirror_state.h"
#include "policy/ruleset.h"
#include "sinks.h"
#include "state.h"

static const char *const kind_words[] = {
#define X(kind, word) [JN_KIND_##kind] = word,
    JN_CONFIG_KINDS(X)
#undef X
};

static bool
plain_default(const struct jn_config_key *key) {
    return key->fallback != NULL && key->fallback[0] != '(';
}

static json_t *
words_of(const char *words) {
    json_t *list = json_array();
    for (const char *word = words; word != NULL; word = strchr(word, '|') == NULL ? NULL : strchr(word, '|') + 1)
        json_array_append_new(list, json_stringn(word, strcspn(word, "|")));
    return list;
}

static json_t *
powers_of(const struct jn_config_key *key) {
    json_t *list = json_array();
    for (int64_t power = key->minimum; power <= key->maximum; power *= 2)
        json_array_append_new(list, json_integer(power));
    return list;
}

static void
add_range(json_t *schema, const struct jn_config_key *key, const char *minimum, const char *maximum) {
    json_object_set_new(schema, minimum, json_integer(key->minimum));
    json_object_set_new(schema, maximum, json_integer(key->maximum));
}

// Where a secret is: exactly one of the two.
static json_t *
reference_schema(void) {
    return json_pack("{ss, si, si, sb, s{s{ss, ss}, s{ss, ss}}}", "type", "object", "minProperties", 1, "maxProperties",
                     1, "additionalProperties", 0, "properties", "$file", "type", "string", "pattern", "^/", "$env",
                     "type", "string", "pattern", "^[A-Za-z_][A-Za-z0-9_]*$");
}

static json_t *
schema_of_value(const struct jn_config_key *key) {
    json_t *s = NULL;
    switch (key->kind) {
    case JN_KIND_OBJECT: s = json_pack("{ss, sb}", "type", "object", "additionalProperties", 0); break;
    case JN_KIND_ARRAY:
        s = json_pack("{ss}", "type", "array");
        add_range(s, key, "minItems", "maxItems");
        break;
    case JN_KIND_BOOL: s = json_pack("{ss}", "type", "boolean"); break;
    case JN_KIND_INTEGER:
    case JN_KIND_POWER:
        s = json_pack("{ss}", "type", "integer");
        add_range(s, key, "minimum", "maximum");
        if (key->kind == JN_KIND_POWER)
            json_object_set_new(s, "enum", powers_of(key));
        break;
    case JN_KIND_WORD: s = json_pack("{so}", "enum", words_of(key->words)); break;
    case JN_KIND_TEXT:
    case JN_KIND_NAME:
        s = json_pack("{ss}", "type", "string");
        add_range(s, key, "minLength", "maxLength");
        json_object_set_new(s, "pattern",
                            json_string(key->kind == JN_KIND_NAME ? "^[A-Za-z0-9._-]*$" : "^[^\\x00-\\x1f\\x7f]*$"));
        break;
    case JN_KIND_ADDRESS:
        s = json_pack("{ss, s[{ss},{ss}]}", "type", "string", "anyOf", "format", "ipv4", "format", "ipv6");
        break;
    case JN_KIND_PREFIX:
        s = json_pack("{ss, ss}", "type", "string", "pattern", "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$");
        break;
    case JN_KIND_INTERFACE:
        s = json_pack("{ss, ss}", "type", "string", "pattern", "^[0-9A-Fa-f.:]+/[0-9]{1,3}$");
        break;
    case JN_KIND_MAC:
        s = json_pack("{ss, ss}", "type", "string", "pattern", "^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$");
        break;
    case JN_KIND_PORTS:
        s = json_pack("{s[{ss, sI, sI}, {ss, ss}]}", "anyOf", "type", "integer", "minimum", (json_int_t)key->minimum,
                      "maximum", (json_int_t)key->maximum, "type", "string", "pattern", "^[0-9]{1,5}-[0-9]{1,5}$");
        break;
    case JN_KIND_PROTOCOL:
        s = json_pack("{s[{s[sssss]}, {ss, sI, sI}]}", "anyOf", "enum", "tcp", "udp", "icmp", "icmpv6", "sctp", "type",
                      "integer", "minimum", (json_int_t)key->minimum, "maximum", (json_int_t)key->maximum);
        break;
    case JN_KIND_PEERS:
        s = json_pack("{s[{ss}, {ss, sI, s{ss, s[{ss},{ss}]}}]}", "anyOf", "type", "boolean", "type", "array",
                      "maxItems", (json_int_t)key->maximum, "items", "type", "string", "anyOf", "format", "ipv4",
                      "format", "ipv6");
        break;
    case JN_KIND_NAMES:
        s = json_pack("{s[{ss, si}, {ss, sI, sI, s{ss, si}}]}", "anyOf", "type", "string", "minLength", 1, "type",
                      "array", "minItems", (json_int_t)key->minimum, "maxItems", (json_int_t)key->maximum, "items",
                      "type", "string", "minLength", 1);
        break;
    case JN_KIND_PROPERTIES:
        s = json_pack("{ss, sI, s{s[o{s[sss]}]}}", "type", "object", "maxProperties", (json_int_t)key->maximum,
                      "additionalProperties", "anyOf", reference_schema(), "type", "string", "number", "boolean");
        break;
    case JN_KIND_HEADERS:
        s = json_pack("{ss, sI, s{s[o{ss}]}}", "type", "object", "maxProperties", (json_int_t)key->maximum,
                      "additionalProperties", "anyOf", reference_schema(), "type", "string");
        break;
    case JN_KIND_SECRET:
        s = json_pack("{s[o{ss, sI, sI}]}", "anyOf", reference_schema(), "type", "string", "minLength",
                      (json_int_t)key->minimum, "maxLength", (json_int_t)key->maximum);
        break;
    }
    return s;
}

static void
add_default(json_t *schema, const struct jn_config_key *key) {
    if (!plain_default(key))
        return;
    bool text = key->kind == JN_KIND_TEXT || key->kind == JN_KIND_NAME || key->kind == JN_KIND_WORD;
    json_object_set_new(schema, "default",
                        text ? json_string(key->fallback) : json_loads(key->fallback, JSON_DECODE_ANY, NULL));
}

// The whole schema of a key, that of all below it within.
static json_t *
schema_of(enum jn_key number) {
    const struct jn_config_key *key = &jn_config_keys[number];
    json_t *schema = json_pack("{ss}", "description", key->help), *value = schema_of_value(key);
    json_object_update_new(schema, value);
    add_default(schema, key);
    if (key->kind == JN_KIND_ARRAY)
        json_object_set_new(schema, "items", schema_of(jn_key_item(number)));
    if (key->kind != JN_KIND_OBJECT)
        return schema;
    json_t *required = json_array(), *properties = json_object();
    for (enum jn_key child = jn_key_next_child(number, number); child != JN_KEY_COUNT;
         child = jn_key_next_child(number, child)) {
        json_object_set_new(properties, jn_key_name(child), schema_of(child));
        if (jn_config_keys[child].need == JN_NEED_REQUIRED)
            json_array_append_new(required, json_string(jn_key_name(child)));
    }
    if (json_array_size(required) > 0)
        json_object_set(schema, "required", required);
    json_decref(required);
    json_object_set_new(schema, "properties", properties);
    return schema;
}

static json_t *
whole_schema(void) {
    json_t *schema = json_pack("{ss, ss}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title",
                               "Junction configuration");
    json_object_update_new(schema, schema_of(JN_KEY_ROOT));
    return schema;
}

// The cells of its row: type, range, default, change, what.
static json_t *
row_of(const struct jn_config_key *key) {
    char range[160] = "", normal[128] = "";
    bool bytes = key->kind == JN_KIND_TEXT || key->kind == JN_KIND_NAME || key->kind == JN_KIND_SECRET;
    const char *unit = bytes ? " bytes" : "";
    size_t used = 0;
    if (key->kind == JN_KIND_ARRAY || key->kind == JN_KIND_NAMES || key->kind == JN_KIND_PROPERTIES ||
        key->kind == JN_KIND_HEADERS)
        snprintf(range, sizeof(range), "%" PRId64 " to %" PRId64 " items", key->minimum, key->maximum);
    else if (key->maximum > 0 && key->kind != JN_KIND_PEERS)
        snprintf(range, sizeof(range), "%" PRId64 " to %" PRId64 "%s", key->minimum, key->maximum, unit);
    for (const char *word = key->words; word != NULL; word = strchr(word, '|') == NULL ? NULL : strchr(word, '|') + 1)
        used += (size_t)snprintf(range + used, sizeof(range) - used, "%s`%.*s`", word == key->words ? "" : ", ",
                                 (int)strcspn(word, "|"), word);
    if (key->need == JN_NEED_REQUIRED)
        snprintf(normal, sizeof(normal), "*required*");
    else if (plain_default(key))
        snprintf(normal, sizeof(normal), key->fallback[0] == '\0' ? "empty" : "`%s`", key->fallback);
    else if (key->fallback != NULL)
        snprintf(normal, sizeof(normal), "%s", key->fallback);
    return json_pack("[s, [s, s, s, s, s]]", key->path, kind_words[key->kind], range, normal,
                     key->change == JN_CHANGE_LIVE ? "live" : "restart", key->help);
}

// Those of a sink once: "sink" is short for one of "sinks".
static json_t *
rows_of_keys(void) {
    json_t *rows = json_array();
    for (int i = 1; i < JN_KEY_COUNT; i++)
        if (strncmp(jn_config_keys[i].path, "sink.", 5) != 0)
            json_array_append_new(rows, row_of(&jn_config_keys[i]));
    return rows;
}

static const char *
type_word(json_type type) {
    return type == JSON_INTEGER ? "number" : type == JSON_TRUE ? "boolean" : "text";
}

// [method, [[name, type] of those that must be given], [[name, type] of those that may be]]
static json_t *
row_of_method(const struct jn_method *method) {
    struct jn_parameter parameters[JN_MAX_PARAMETERS];
    size_t count = jn_method_parameters(method, parameters);
    json_t *required = json_array(), *optional = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(parameters[i].word != NULL ? required : optional,
                              json_pack("[s, s]", parameters[i].name, type_word(parameters[i].type)));
    return json_pack("[s, o, o]", method->name, required, optional);
}

static json_t *
rows_of_methods(void) {
    json_t *rows = json_array();
    for (size_t i = 0; i < JN_METHOD_COUNT; i++)
        json_array_append_new(rows, row_of_method(&jn_methods[i]));
    return rows;
}

// Lists of X(id, word, text).
static json_t *
lists(void) {
    json_t *all = json_object(), *rows;
#define X(id, word, text) json_array_append_new(rows, json_pack("[s, s]", word, text));
    json_object_set_new(all, "dropped", rows = json_array());
    JN_DROPS(X)
    json_object_set_new(all, "passed", rows = json_array());
    JN_EXCEPTIONS(X)
    json_object_set_new(all, "copy drops", rows = json_array());
    JN_COPY_DROPS(X)
    json_object_set_new(all, "gate drops", rows = json_array());
    JN_GATE_DROPS(X)
#undef X
#define X(id, name, text) json_array_append_new(rows, json_pack("[s, s]", #name, text));
    json_object_set_new(all, "sink states", rows = json_array());
    JN_SINK_STATES(X)
    json_object_set_new(all, "sink losses", rows = json_array());
    JN_SINK_LOSSES(X)
#undef X
#define X(member, text) json_array_append_new(rows, json_pack("[s, s]", #member, text));
    json_object_set_new(all, "port events", rows = json_array());
    JN_PORT_EVENTS(X)
    json_object_set_new(all, "classifier counters", rows = json_array());
    JN_CLASSIFY_COUNTERS(X)
    CLASSIFIER_RINGS(X)
#undef X
#define X(id, bit, word, text) json_array_append_new(rows, json_pack("[s, s]", word, text));
    json_object_set_new(all, "interval marks", rows = json_array());
    JN_INTERVAL_MARKS(X)
#undef X
#define X(id, bit, in_document, word, text) json_array_append_new(rows, json_pack("[s, s]", in_document, text));
    json_object_set_new(all, "verdicts of documents", rows = json_array());
    JN_VERDICTS(X)
#undef X
#define X(id, number, name) json_array_append_new(rows, json_pack("[s, i]", name, number));
    json_object_set_new(all, "end reasons", rows = json_array());
    JN_END_REASONS(X)
#undef X
    return all;
}

// What docs/limits.md says of memory.
static json_t *
sizes(void) {
    static const struct {
        const char *name;
        size_t bytes;
    } structs[] = {
#define SIZE(name) {#name, sizeof(struct name)}
        SIZE(jn_worker_counters), SIZE(jn_vlan_vpg),    SIZE(jn_vpg_counters), SIZE(jn_gate_counters),
        SIZE(jn_gate_state),      SIZE(jn_prefix),      SIZE(jn_device),       SIZE(jn_rule),
        SIZE(jn_mirror_state),    SIZE(jn_vnet_tunnel), SIZE(jn_flow_through), SIZE(jn_tcp_lingering),
        SIZE(jn_fragment),        SIZE(jn_gate_host),   SIZE(state_vpg),       SIZE(jn_resolution),
        SIZE(state_sum),
#undef SIZE
    };
    json_t *all = json_object();
    for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
        json_object_set_new(all, structs[i].name, json_integer((json_int_t)structs[i].bytes));
    return all;
}

// The highest value of a key, and its default where that is a number.
static json_t *
ranges(void) {
    json_t *all = json_object();
    for (int i = 1; i < JN_KEY_COUNT; i++) {
        const struct jn_config_key *key = &jn_config_keys[i];
        json_int_t normal = plain_default(key) ? strtoll(key->fallback, NULL, 10) : 0;
        json_object_set_new(all, key->path, json_pack("[I, I]", (json_int_t)key->maximum, normal));
    }
    return all;
}

int
main(void) {
    json_t *all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "schema", whole_schema(), "keys", rows_of_keys(),
                            "methods", rows_of_methods(), "lists", lists(), "sizes", sizes(), "ranges", ranges());
    if (all == NULL || json_dumpf(all, stdout, JSON_INDENT(1)) != 0)
        return 1;
    putchar('\n');
    json_decref(all);
    return 0;
}
