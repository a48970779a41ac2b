// SPDX-License-Identifier: BSD-3-Clause
#include "config/json_line.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "contract.h"

// Where a path leads: to a value, and to the place that stands for it, which is a member's key.
struct span {
    const char *value; // NULL: not there
    const char *shown;
};

static const char *
skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static const char *
skip_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end)
            at++;
    return at < end ? at + 1 : end;
}

static const char *
skip_scalar(const char *at, const char *end) {
    static const char stops[] = {',', ':', ']', '}', ' ', '\t', '\r', '\n'};
    while (at < end && memchr(stops, *at, sizeof(stops)) == NULL)
        at++;
    return at;
}

// Depth is counted, not recursed into: a document nested without end costs no stack.
static const char *
skip_value(const char *at, const char *end) {
    size_t depth = 0;
    do {
        at = skip_space(at, end);
        if (at == end)
            return end;
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth -= depth > 0;
            at++;
        } else if (*at == ',' || *at == ':') {
            at++;
        } else {
            at = skip_scalar(at, end);
        }
    } while (depth > 0);
    return at;
}

static bool
json_key_equal(const char *token, const char *token_end, const char *key) {
    size_t length = strlen(key), token_length = (size_t)(token_end - token);
    if (memchr(token, '\\', token_length) == NULL)
        return token_length == length + 2 && memcmp(token + 1, key, length) == 0;
    json_t *decoded = json_loadb(token, token_length, JSON_DECODE_ANY, NULL);
    bool equal = decoded != NULL && strcmp(json_string_value(decoded), key) == 0;
    json_decref(decoded);
    return equal;
}

static struct span
find_member(const char *at, const char *end, const char *key) {
    while (at < end && *at != '}') {
        const char *token = skip_space(at + 1, end); // past { or ,
        if (token == end || *token != '"')
            break;
        const char *token_end = skip_string(token, end);
        const char *colon = skip_space(token_end, end);
        const char *value = colon == end ? end : skip_space(colon + 1, end);
        if (json_key_equal(token, token_end, key))
            return (struct span){value, token};
        at = skip_space(skip_value(value, end), end);
    }
    return (struct span){NULL, NULL};
}

static struct span
find_item(const char *at, const char *end, size_t index) {
    while (at < end && *at != ']') {
        const char *value = skip_space(at + 1, end); // past [ or ,
        if (value == end || *value == ']')
            break;
        if (index-- == 0)
            return (struct span){value, value};
        at = skip_space(skip_value(value, end), end);
    }
    return (struct span){NULL, NULL};
}

static struct span
find(const char *text, const char *end, const struct jn_json_step *path) {
    if (path == NULL) {
        const char *root = skip_space(text, end);
        return (struct span){root, root};
    }
    struct span above = find(text, end, path->parent), found = {NULL, NULL};
    if (above.value != NULL && above.value < end && *above.value == '{' && path->key != NULL)
        found = find_member(above.value, end, path->key);
    else if (above.value != NULL && above.value < end && *above.value == '[' && path->key == NULL)
        found = find_item(above.value, end, path->index);
    return found.value != NULL ? found : (struct span){NULL, above.shown};
}

size_t
jn_json_offset(const char *text, size_t length, const struct jn_json_step *path) {
    return (size_t)(find(text, text + length, path).shown - text);
}

unsigned int
jn_json_line(const char *text, size_t offset) {
    unsigned int line = 1;
    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

// Keys that are not of our own naming may hold dots, quotes or control characters.
static bool
plain(const char *key) {
    return key[0] != '\0' && strchr("0123456789", key[0]) == NULL &&
           key[strspn(key, "abcdefghijklmnopqrstuvwxyz_$0123456789")] == '\0';
}

static size_t
append_path(const struct jn_json_step *path, char *out, size_t size) {
    if (path == NULL)
        return 0;
    size_t used = append_path(path->parent, out, size);
    char *at = used < size ? out + used : NULL;
    size_t left = used < size ? size - used : 0;
    int n;
    if (path->key == NULL)
        n = snprintf(at, left, "[%zu]", path->index);
    else if (plain(path->key))
        n = snprintf(at, left, "%s%s", used > 0 ? "." : "", path->key);
    else {
        json_t *text = json_string(path->key);
        char *quoted = json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        n = snprintf(at, left, "[%.80s]", quoted == NULL ? "?" : quoted);
        free(quoted);
        json_decref(text);
    }
    return used + (size_t)n;
}

void
jn_json_path(const struct jn_json_step *path, char *out, size_t size) {
    jn_require(size > 0);
    out[0] = '\0';
    append_path(path, out, size);
}
