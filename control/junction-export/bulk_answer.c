// SPDX-License-Identifier: BSD-3-Clause
#include "bulk_answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 100 };

static bool __attribute__((format(printf, 2, 3))) refuse(char why[BULK_WHY_MAX], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, BULK_WHY_MAX, format, arguments);
    va_end(arguments);
    return false;
}

// The beginning of what was read, fit for a log.
static const char *
shown(const char *body, size_t length, char text[SHOWN_MAX + 4]) {
    size_t count = length < SHOWN_MAX ? length : SHOWN_MAX;
    for (size_t i = 0; i < count; i++)
        text[i] = (unsigned char)body[i] >= 0x20 && (unsigned char)body[i] < 0x7f ? body[i] : '.';
    snprintf(text + count, 4, "%s", length > SHOWN_MAX ? "..." : "");
    return text;
}

// jansson goes 2,048 levels deep, and no further.
static json_t *
read_object(const char *body, size_t length, char why[BULK_WHY_MAX]) {
    char text[SHOWN_MAX + 4];
    json_error_t error;
    json_t *root = json_loadb(body, length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL && length == 0)
        refuse(why, "the answer is empty");
    else if (root == NULL)
        refuse(why, "the answer is not JSON (%.80s): %s", error.text, shown(body, length, text));
    else if (!json_is_object(root))
        refuse(why, "the answer is no object: %s", shown(body, length, text));
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

// The document has its id as JSON escapes it. NULL: no memory.
static json_t *
id_of(const struct document *document) {
    if (memchr(document->id, '\\', document->id_length) == NULL)
        return json_stringn(document->id, document->id_length);
    char *quoted = malloc(document->id_length + 3);
    if (quoted == NULL)
        return NULL;
    snprintf(quoted, document->id_length + 3, "\"%.*s\"", (int)document->id_length, document->id);
    json_t *id = json_loads(quoted, JSON_DECODE_ANY, NULL);
    free(quoted);
    return id;
}

static bool
id_is(const struct document *document, const json_t *id) {
    if (!json_is_string(id))
        return false;
    if (json_string_length(id) == document->id_length &&
        memcmp(json_string_value(id), document->id, document->id_length) == 0)
        return true;
    json_t *own = id_of(document);
    bool same = json_equal(own, id);
    json_decref(own);
    return same;
}

// What the answer says of a document that was to be created. NULL: nothing.
static json_t *
item_of(const struct bulk_answer *answer, size_t index) {
    json_t *item = json_array_get(answer->items, index);
    return json_object_size(item) == 1 ? json_object_get(item, "create") : NULL;
}

static bool
check_item(const struct bulk_answer *answer, size_t index, const struct document *document, char why[BULK_WHY_MAX]) {
    const json_t *item = item_of(answer, index), *status = json_object_get(item, "status");
    json_int_t number = json_integer_value(status);
    if (!id_is(document, json_object_get(item, "_id")))
        return refuse(why, "the answer has no item for the document %.*s",
                      (int)(document->id_length < 100 ? document->id_length : 100), document->id);
    if (!json_is_integer(status) || number < 200 || number > 599)
        return refuse(why, "item %zu of the answer has no status of HTTP", index);
    return true;
}

static bool
in_order(const struct bulk_answer *answer, const struct document *const *documents, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!id_is(documents[i], json_object_get(item_of(answer, i), "_id")))
            return false;
    return true;
}

// Items by their _id; of an id that comes twice the first. NULL: no memory.
static json_t *
items_by_id(const struct bulk_answer *answer, size_t count) {
    json_t *by_id = json_object();
    for (size_t i = 0; i < count && by_id != NULL; i++) {
        const char *id = json_string_value(json_object_get(item_of(answer, i), "_id"));
        if (id != NULL && json_object_get(by_id, id) == NULL)
            json_object_set(by_id, id, json_array_get(answer->items, i));
    }
    return by_id;
}

// OpenSearch answers index by index, not in order, where all documents failed before they came to an index. What is not
// found stays null.
static void
sort_items(struct bulk_answer *answer, const struct document *const *documents, size_t count) {
    json_t *by_id = items_by_id(answer, count), *sorted = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *id = id_of(documents[i]), *item = json_object_get(by_id, id != NULL ? json_string_value(id) : "");
        json_array_append(sorted, item != NULL ? item : json_null());
        if (item != NULL)
            json_object_del(by_id, json_string_value(id));
        json_decref(id);
    }
    json_object_set_new(answer->root, "items", sorted);
    answer->items = sorted;
    json_decref(by_id);
}

bool
bulk_answer_read(struct bulk_answer *answer, const char *body, size_t length, const struct document *const *documents,
                 size_t count, char why[BULK_WHY_MAX]) {
    *answer = (struct bulk_answer){.root = read_object(body, length, why)};
    if (answer->root == NULL)
        return false;
    answer->items = json_object_get(answer->root, "items");
    bool believed = json_is_array(answer->items) && json_array_size(answer->items) == count;
    if (!json_is_array(answer->items))
        refuse(why, "the answer has no items: is this Elasticsearch or OpenSearch?");
    else if (!believed)
        refuse(why, "the answer has %zu items, for %zu documents", json_array_size(answer->items), count);
    if (believed && !in_order(answer, documents, count))
        sort_items(answer, documents, count);
    for (size_t i = 0; i < count && believed; i++)
        believed = check_item(answer, i, documents[i], why);
    if (!believed)
        bulk_answer_free(answer);
    return believed;
}

static const char *
text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

struct bulk_verdict
bulk_answer_verdict(const struct bulk_answer *answer, size_t index) {
    const json_t *item = item_of(answer, index), *error = json_object_get(item, "error");
    struct bulk_verdict verdict = {.status = (unsigned int)json_integer_value(json_object_get(item, "status")),
                                   .type = text_of(error, "type"),
                                   .reason =
                                       json_is_string(error) ? json_string_value(error) : text_of(error, "reason")};
    verdict.fate = bulk_fate_of(verdict.status, verdict.type, verdict.reason, &verdict.advice);
    return verdict;
}

void
bulk_answer_free(struct bulk_answer *answer) {
    json_decref(answer->root);
    *answer = (struct bulk_answer){0};
}

void
bulk_error_words(const char *body, size_t length, char type[64], char words[BULK_WHY_MAX]) {
    char text[SHOWN_MAX + 4];
    json_t *root = json_loadb(body, length, 0, NULL), *error = json_object_get(root, "error");
    snprintf(type, 64, "%s", text_of(error, "type"));
    if (json_is_object(error))
        refuse(words, "%s: %.180s", type, text_of(error, "reason"));
    else if (json_is_string(error))
        refuse(words, "%.200s", json_string_value(error));
    else
        refuse(words, "%s", length == 0 ? "an empty answer" : shown(body, length, text));
    json_decref(root);
}

static bool
shards_well(const json_t *root, char why[BULK_WHY_MAX]) {
    const json_t *shards = json_object_get(root, "_shards"), *failed = json_object_get(shards, "failed");
    if (!json_is_integer(failed))
        return refuse(why, "the answer says nothing of shards: is this Elasticsearch or OpenSearch?");
    if (json_integer_value(failed) != 0)
        return refuse(why, "%" JSON_INTEGER_FORMAT " shards did not answer", json_integer_value(failed));
    if (json_is_true(json_object_get(root, "timed_out")))
        return refuse(why, "the search did not end in time");
    return true;
}

bool
bulk_shards_well(const char *body, size_t length, char why[BULK_WHY_MAX]) {
    json_t *root = read_object(body, length, why);
    bool well = root != NULL && shards_well(root, why);
    json_decref(root);
    return well;
}

static void
mark_found(json_t *ids, const struct document *const *documents, size_t count, bool *found) {
    for (size_t i = 0; i < count; i++) {
        json_t *id = id_of(documents[i]);
        found[i] = id != NULL && json_object_get(ids, json_string_value(id)) != NULL;
        json_decref(id);
    }
}

bool
bulk_found(const char *body, size_t length, const struct document *const *documents, size_t count, bool *found,
           char why[BULK_WHY_MAX]) {
    json_t *root = read_object(body, length, why), *ids = json_object();
    json_t *hits = json_object_get(json_object_get(root, "hits"), "hits"), *hit;
    bool believed = root != NULL && ids != NULL && shards_well(root, why);
    size_t i;
    if (believed && !json_is_array(hits))
        believed = refuse(why, "the answer has no hits: is this Elasticsearch or OpenSearch?");
    if (believed)
        json_array_foreach(hits, i, hit) {
            json_t *id = json_object_get(hit, "_id");
            if (!json_is_string(id) || json_object_set(ids, json_string_value(id), id) < 0)
                believed = refuse(why, "hit %zu has no _id", i);
        }
    if (believed)
        mark_found(ids, documents, count, found);
    json_decref(ids);
    json_decref(root);
    return believed;
}
