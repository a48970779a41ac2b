// SPDX-License-Identifier: BSD-3-Clause
#include "status_document.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

#define TIME_BEGIN "{\"@timestamp\":\""
#define ID_BEGIN   "\",\"event\":{\"id\":\""

enum { UNSEEN_MOST = 8192 };

// What tells a thing from all others, in this order. What another region counts is another thing.
static const char *const identity[] = {"since", "about", "of", "vpg", "name", "reason"};

static json_t *
key_of(const json_t *thing) {
    json_t *parts = json_array();
    for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++) {
        const char *text = json_string_value(json_object_get(thing, identity[i]));
        json_array_append_new(parts, json_string(text != NULL ? text : ""));
    }
    char *text = json_dumps(parts, JSON_COMPACT);
    json_t *key = text != NULL ? json_string(text) : NULL;
    free(text);
    json_decref(parts);
    return key;
}

// Totals by key.
static json_t *
totals_of(const json_t *before) {
    json_t *totals = json_object(), *thing;
    size_t i;
    json_array_foreach(json_object_get(before, "things"), i, thing) {
        json_t *key = key_of(thing);
        if (key != NULL)
            json_object_set(totals, json_string_value(key), thing);
        json_decref(key);
    }
    return totals;
}

// A counter that is less than it was has begun anew.
static json_t *
differences(const json_t *total, const json_t *then) {
    json_t *counts = json_object(), *value;
    const char *counter;
    json_object_foreach((json_t *)total, counter, value) {
        json_int_t now = json_integer_value(value), was = json_integer_value(json_object_get(then, counter));
        json_object_set_new(counts, counter, json_integer(now >= was ? now - was : now));
    }
    return counts;
}

static bool
has_counted(const json_t *counts) {
    const char *counter;
    json_t *value;
    json_object_foreach((json_t *)counts, counter, value) {
        if (json_integer_value(value) > 0)
            return true;
    }
    return false;
}

static bool
is_wanted(const json_t *thing, const json_t *counts) {
    const char *about = json_string_value(json_object_get(thing, "about"));
    bool only_counted = about != NULL && (strcmp(about, "loss") == 0 || strcmp(about, "exception") == 0);
    return !only_counted || has_counted(counts);
}

static json_t *
event_object(const struct status_interval *interval, size_t number) {
    char boot[17];
    *put_hex16(boot, interval->boot) = '\0';
    return json_pack(
        "{s:o, s:s}", "id",
        json_sprintf("%s-%s-status-%llu-%zu", interval->node, boot, (unsigned long long)interval->number, number),
        "dataset", "junction.status");
}

// The members that a sample gives a thing, with what it counted since; the VPG stands where summaries have it.
static char *
document_text(const json_t *thing, json_t *counts, const struct status_interval *interval, size_t number) {
    struct time_cache cache = {0};
    char end[TIME_TEXT_LENGTH + 1];
    *put_time(&cache, end, interval->end) = '\0';
    json_t *document = json_object(), *status = json_copy((json_t *)thing);
    json_object_set_new(document, "@timestamp", json_string(end));
    json_object_set_new(document, "event", event_object(interval, number));
    json_object_set_new(document, "observer", json_pack("{s:s}", "name", interval->node));
    if (json_object_get(thing, "vpg") != NULL)
        json_object_set(document, "vpgId", json_object_get(thing, "vpg"));
    json_object_del(status, "vpg");
    json_object_del(status, "since");
    json_object_set(status, "counts", counts);
    json_object_set_new(document, "junction", json_pack("{s:o}", "status", status));
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    return text;
}

// What was not seen this time is kept, lest it be counted from 0 when it is seen again; but for what is of a former life.
// VPGs may come and go for as long as the dataplane lives: what was seen last comes first, and the rest goes.
static void
keep_unseen(json_t *things, const json_t *unseen, const char *boot, const json_t *before) {
    const char *then = json_string_value(json_object_get(before, "boot")), *key;
    json_t *thing;
    if (then == NULL || strcmp(then, boot) != 0)
        return;
    size_t most = json_array_size(things) + UNSEEN_MOST;
    json_object_foreach((json_t *)unseen, key, thing) {
        if (json_array_size(things) < most)
            json_array_append(things, thing);
    }
}

json_t *
status_documents(json_t *things, const json_t *before, const struct status_interval *interval) {
    char boot[17];
    *put_hex16(boot, interval->boot) = '\0';
    json_t *totals = totals_of(before), *documents = json_array(), *thing;
    size_t i;
    json_array_foreach(things, i, thing) {
        json_t *key = key_of(thing);
        const char *name = key != NULL ? json_string_value(key) : "";
        json_t *counts =
            differences(json_object_get(thing, "total"), json_object_get(json_object_get(totals, name), "total"));
        char *text =
            is_wanted(thing, counts) ? document_text(thing, counts, interval, json_array_size(documents)) : NULL;
        if (text != NULL)
            json_array_append_new(documents, json_string(text));
        json_object_del(totals, name);
        free(text);
        json_decref(counts);
        json_decref(key);
    }
    keep_unseen(things, totals, boot, before);
    json_decref(totals);
    return json_pack("{s:s, s:I, s:o, s:o}", "boot", boot, "number", (json_int_t)interval->number, "things", things,
                     "documents", documents);
}

bool
status_is_of(const json_t *kept, const struct status_interval *interval) {
    char boot[17];
    *put_hex16(boot, interval->boot) = '\0';
    const char *of = json_string_value(json_object_get(kept, "boot"));
    return of != NULL && strcmp(of, boot) == 0 &&
           json_integer_value(json_object_get(kept, "number")) == (json_int_t)interval->number;
}

size_t
status_time_at(void) {
    return sizeof(TIME_BEGIN) - 1;
}

size_t
status_id_at(void) {
    return sizeof(TIME_BEGIN) - 1 + TIME_TEXT_LENGTH + sizeof(ID_BEGIN) - 1;
}

size_t
status_id_length(const char *text) {
    const char *id = text + status_id_at();
    size_t length = 0;
    while (id[length] != '"' && id[length] != '\0')
        length += id[length] == '\\' && id[length + 1] != '\0' ? 2 : 1;
    return length;
}
