// SPDX-License-Identifier: BSD-3-Clause
// The published schema and the reference say exactly what the list of keys says, and the examples are right.
#include <inttypes.h>

#include "config_keys.h"
#include "test.h"

#define DOCS JN_SOURCE_ROOT "/docs/"

static const char *const kind_words[] = {
#define X(kind, word) [JN_KIND_##kind] = word,
    JN_CONFIG_KINDS(X)
#undef X
};

static char *
read_text(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    size_t length = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    assert_true(length > 0);
    return text;
}

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
    case JN_KIND_PROPERTIES:
        s = json_pack("{ss, sI, s{s[sss]}}", "type", "object", "maxProperties", (json_int_t)key->maximum,
                      "additionalProperties", "type", "string", "number", "boolean");
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
    assert_non_null(value);
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

// "| `path` | type | range | default | change | help |"
static void
reference_row(const struct jn_config_key *key, char *out, size_t size) {
    char range[160] = "", normal[128] = "";
    const char *unit = key->kind == JN_KIND_TEXT || key->kind == JN_KIND_NAME ? " bytes" : "";
    size_t used = 0;
    if (key->kind == JN_KIND_ARRAY || key->kind == JN_KIND_PROPERTIES)
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
    snprintf(out, size, "| `%s` | %s | %s | %s | %s | %s |\n", key->path, kind_words[key->kind], range, normal,
             key->change == JN_CHANGE_LIVE ? "live" : "restart", key->help);
}

static void
test_the_list_is_in_order(void **state) {
    (void)state;
    for (int i = 1; i < JN_KEY_COUNT; i++) {
        const char *path = jn_config_keys[i].path;
        char parent[128];
        size_t length = strlen(path);
        size_t cut = length > 2 && path[length - 1] == ']' ? length - 2 : (size_t)(jn_key_name((enum jn_key)i) - path);
        snprintf(parent, sizeof(parent), "%.*s", (int)(path[cut] == '[' || cut == 0 ? cut : cut - 1), path);
        // Its parent is the nearest earlier key that is not itself below that parent.
        int above = i - 1;
        while (strcmp(jn_config_keys[above].path, parent) != 0) {
            if (above == 0 || strncmp(jn_config_keys[above].path, parent, strlen(parent)) != 0)
                fail_msg("%s does not follow %s", path, parent);
            above--;
        }
        if (jn_config_keys[above].kind == JN_KIND_ARRAY)
            assert_int_equal(jn_key_item((enum jn_key)above), i);
        else
            assert_int_equal(jn_key_child((enum jn_key)above, jn_key_name((enum jn_key)i)), i);
    }
}

// The first place where two JSON documents differ.
static void
compare(const json_t *expected, const json_t *found, const char *path) {
    const char *name;
    json_t *value;
    char below[512];
    if (json_equal(expected, found))
        return;
    if (json_is_object(expected) && json_is_object(found)) {
        json_object_foreach((json_t *)found, name, value) if (json_object_get(expected, name) == NULL)
            fail_msg("the schema has %s/%s, which no key of lib/config_keys.h gives", path, name);
        json_object_foreach((json_t *)expected, name, value) {
            snprintf(below, sizeof(below), "%s/%s", path, name);
            compare(value, json_object_get(found, name), below);
        }
    }
    char *wanted = json_dumps(expected, JSON_ENCODE_ANY), *is = json_dumps(found, JSON_ENCODE_ANY);
    fail_msg("the schema at %s: expected %s, found %s", path, wanted, is == NULL ? "nothing" : is);
}

static void
test_schema_says_what_the_list_says(void **state) {
    (void)state;
    json_error_t error;
    json_t *schema = json_load_file(DOCS "junction.schema.json", JSON_REJECT_DUPLICATES, &error);
    if (schema == NULL)
        fail_msg("line %d: %s", error.line, error.text);
    json_t *expected = whole_schema();
    compare(expected, schema, "");
    json_decref(expected);
    json_decref(schema);
}

static void
test_reference_has_a_row_for_every_key(void **state) {
    (void)state;
    char row[1024];
    char *text = read_text(DOCS "configuration.md");
    size_t rows = 0;
    for (int i = 1; i < JN_KEY_COUNT; i++) {
        reference_row(&jn_config_keys[i], row, sizeof(row));
        if (strstr(text, row) == NULL)
            fail_msg("docs/configuration.md lacks: %s", row);
    }
    for (const char *at = text; (at = strstr(at, "\n| `")) != NULL; at++)
        rows++;
    assert_int_equal(rows, JN_KEY_COUNT - 1);
    free(text);
}

static void
test_examples_are_right(void **state) {
    (void)state;
    static const struct {
        const char *path;
        size_t warnings;
    } examples[] = {{DOCS "examples/minimal.json", 0}, {DOCS "examples/full.json", 1}};
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct jn_mistakes mistakes;
        struct jn_config *config = jn_config_load(examples[i].path, &mistakes);
        if (config == NULL)
            fail_msg("%s", mistakes.text[0]);
        assert_int_equal(mistakes.warning_count, examples[i].warnings);
        jn_config_free(config);
        jn_mistakes_free(&mistakes);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_list_is_in_order),
        cmocka_unit_test(test_schema_says_what_the_list_says),
        cmocka_unit_test(test_reference_has_a_row_for_every_key),
        cmocka_unit_test(test_examples_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
