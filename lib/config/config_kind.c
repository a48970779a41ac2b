// SPDX-License-Identifier: BSD-3-Clause
// What each kind of value must look like, and members read by key. The first pass looks at every value of the document
// against its key alone; what is below an unknown key is not looked at, so the recursion is as deep as the list of keys.
#include "config/config_kind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_secret.h"
#include "config/config_value.h"
#include "contract.h"

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static bool
found(char *sentence, const json_t *value, const char *expected) {
    char shown[JN_SHOWN_MAX];
    snprintf(sentence, JN_SENTENCE_MAX, "expected %s, found %s", expected, jn_value_shown(value, shown));
    return false;
}

static bool
check_count(const struct jn_config_key *key, size_t count, char *sentence) {
    if (count > (size_t)key->maximum) {
        snprintf(sentence, JN_SENTENCE_MAX, "at most %" PRId64 ", found %zu", key->maximum, count);
        return false;
    }
    if (count < (size_t)key->minimum) {
        snprintf(sentence, JN_SENTENCE_MAX, "at least %" PRId64 ", found %zu", key->minimum, count);
        return false;
    }
    return true;
}

static bool
check_integer(const struct jn_config_key *key, const json_t *value, char *sentence) {
    char expected[96];
    json_int_t number = json_integer_value(value);
    bool power = key->kind == JN_KIND_POWER;
    const char *what = power ? "a power of two from " : json_is_integer(value) ? "" : "a whole number from ";
    if (json_is_integer(value) && number >= key->minimum && number <= key->maximum &&
        (!power || (number & (number - 1)) == 0))
        return true;
    snprintf(expected, sizeof(expected), "%s%" PRId64 " to %" PRId64, what, key->minimum, key->maximum);
    return found(sentence, value, expected);
}

static bool
check_word(const struct jn_config_key *key, const json_t *value, char *sentence) {
    char expected[128];
    size_t used = 0;
    if (json_is_string(value) && jn_key_word(key->words, json_string_value(value)) >= 0)
        return true;
    for (const char *word = key->words;;) {
        size_t length = strcspn(word, "|");
        const char *before = word == key->words ? "" : word[length] == '\0' ? " or " : ", ";
        used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s\"%.*s\"", before, (int)length, word);
        if (word[length] == '\0')
            return found(sentence, value, expected);
        word += length + 1;
    }
}

static bool
check_text(const struct jn_config_key *key, const json_t *value, char *sentence) {
    char expected[96];
    size_t length = json_string_length(value);
    bool name = key->kind == JN_KIND_NAME;
    const char *text = json_string_value(value);
    if (text != NULL && length >= (size_t)key->minimum && length <= (size_t)key->maximum &&
        (name ? text[strspn(text, NAME_CHARACTERS)] == '\0' : jn_text_printable(text)))
        return true;
    if (text != NULL && length > (size_t)key->maximum) {
        snprintf(sentence, JN_SENTENCE_MAX, "at most %" PRId64 " bytes, found %zu", key->maximum, length);
        return false;
    }
    snprintf(expected, sizeof(expected),
             name ? "%" PRId64 " to %" PRId64 " of A-Z a-z 0-9 . _ -"
                  : "text of %" PRId64 " to %" PRId64 " bytes, no control characters",
             key->minimum, key->maximum);
    return found(sentence, value, expected);
}

static bool
check_prefix(const json_t *value, char *sentence) {
    struct jn_prefix prefix, masked;
    char expected[128], text[64];
    if (!json_is_string(value) || !jn_prefix_parse(json_string_value(value), &prefix))
        return found(sentence, value, "a prefix such as 10.128.0.0/9 or fd00::/8");
    masked = prefix;
    jn_prefix_mask(&masked);
    if (memcmp(&masked, &prefix, sizeof(prefix)) == 0)
        return true;
    snprintf(expected, sizeof(expected), "\"%s\" (host bits zero)", jn_prefix_text(&masked, text));
    return found(sentence, value, expected);
}

static bool
check_address(const struct jn_config_key *key, const json_t *value, char *sentence) {
    struct jn_prefix address;
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    if (key->kind == JN_KIND_ADDRESS)
        return jn_address_parse(text, &address) || found(sentence, value, "an IPv4 or IPv6 address");
    return (strchr(text, '/') != NULL && jn_prefix_parse(text, &address)) ||
           found(sentence, value, "an address with its prefix length such as 198.18.0.1/24");
}

static bool
check_peers(const struct jn_config_key *key, const json_t *value, char *sentence) {
    struct jn_prefix address;
    if (json_is_boolean(value))
        return true;
    if (!json_is_array(value))
        return found(sentence, value, "true, false or an array of peers' addresses");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *peer = json_array_get(value, i);
        if (!json_is_string(peer) || !jn_address_parse(json_string_value(peer), &address))
            return found(sentence, peer, "peers' IPv4 or IPv6 addresses");
    }
    return check_count(key, json_array_size(value), sentence);
}

static bool
check_names(const struct jn_config_key *key, const json_t *value, char *sentence) {
    if (json_is_string(value))
        return true;
    if (!json_is_array(value))
        return found(sentence, value, "a text or an array of texts");
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            return found(sentence, json_array_get(value, i), "texts");
    return check_count(key, json_array_size(value), sentence);
}

bool
jn_value_check(enum jn_key number, const json_t *value, char sentence[JN_SENTENCE_MAX]) {
    const struct jn_config_key *key = &jn_config_keys[number];
    uint16_t range[2];
    uint8_t mac[6];
    switch (key->kind) {
    case JN_KIND_OBJECT: return json_is_object(value) || found(sentence, value, "an object");
    case JN_KIND_PROPERTIES:
    case JN_KIND_HEADERS:
        if (json_is_object(value))
            return check_count(key, json_object_size(value), sentence);
        snprintf(sentence, JN_SENTENCE_MAX, "expected an object, found %s", jn_secret_kind(value));
        return false;
    case JN_KIND_ARRAY:
        return json_is_array(value) ? check_count(key, json_array_size(value), sentence)
                                    : found(sentence, value, "an array");
    case JN_KIND_BOOL: return json_is_boolean(value) || found(sentence, value, "true or false");
    case JN_KIND_INTEGER:
    case JN_KIND_POWER: return check_integer(key, value, sentence);
    case JN_KIND_WORD: return check_word(key, value, sentence);
    case JN_KIND_TEXT:
    case JN_KIND_NAME: return check_text(key, value, sentence);
    case JN_KIND_PREFIX: return check_prefix(value, sentence);
    case JN_KIND_ADDRESS:
    case JN_KIND_INTERFACE: return check_address(key, value, sentence);
    case JN_KIND_MAC:
        return (json_is_string(value) && jn_mac_parse(json_string_value(value), mac)) ||
               found(sentence, value, "the MAC address of a host such as 02:00:5e:10:00:01");
    case JN_KIND_PORTS:
        return jn_port_range_parse(value, range) ||
               found(sentence, value, "a port from 0 to 65535, or a range such as \"8000-8080\"");
    case JN_KIND_PROTOCOL:
        return jn_protocol_parse(value) != 0 ||
               found(sentence, value, "\"tcp\", \"udp\", \"icmp\", \"icmpv6\", \"sctp\", or 1 to 255");
    case JN_KIND_SECRET: return jn_secret_sound(value, key->minimum, key->maximum, sentence);
    case JN_KIND_PEERS: return check_peers(key, value, sentence);
    case JN_KIND_NAMES: return check_names(key, value, sentence);
    }
    return false;
}

const json_t *
jn_get_part(const json_t *object, enum jn_key key) {
    char sentence[JN_SENTENCE_MAX];
    const json_t *value = json_object_get(object, jn_key_name(key));
    return value != NULL && jn_value_check(key, value, sentence) ? value : NULL;
}

int64_t
jn_get_integer(const json_t *object, enum jn_key key) {
    const json_t *value = jn_get_part(object, key);
    const char *fallback = jn_config_keys[key].fallback;
    if (value != NULL)
        return json_integer_value(value);
    return fallback == NULL ? 0 : strtoll(fallback, NULL, 10);
}

bool
jn_get_bool(const json_t *object, enum jn_key key) {
    const json_t *value = jn_get_part(object, key);
    const char *fallback = jn_config_keys[key].fallback;
    if (value != NULL)
        return json_is_true(value);
    return fallback != NULL && strcmp(fallback, "true") == 0;
}

const char *
jn_get_text(const json_t *object, enum jn_key key) {
    const json_t *value = jn_get_part(object, key);
    const char *fallback = jn_config_keys[key].fallback;
    if (value != NULL)
        return json_string_value(value);
    return fallback == NULL || fallback[0] == '(' ? NULL : fallback;
}

unsigned int
jn_get_word(const json_t *object, enum jn_key key) {
    return (unsigned int)jn_key_word(jn_config_keys[key].words, jn_get_text(object, key));
}

void
jn_copy_text(char *out, size_t size, const char *text) {
    jn_require(text == NULL || strlen(text) < size);
    snprintf(out, size, "%s", text == NULL ? "" : text);
}

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
