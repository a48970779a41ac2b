// SPDX-License-Identifier: BSD-3-Clause
#include "status_thing.h"

#include "text.h"

void
status_since(struct status_things *things, uint64_t boot) {
    *put_hex16(things->since, boot) = '\0';
}

json_t *
status_thing(struct status_things *things, const char *about, const char *name) {
    json_t *thing = json_object();
    status_set_text(thing, "about", about);
    if (name != NULL)
        status_set_text(thing, "name", name);
    status_set_text(thing, "since", things->since);
    json_object_set_new(thing, "total", json_object());
    json_array_append_new(things->list, thing);
    return thing;
}

void
status_set_text(json_t *thing, const char *key, const char *text) {
    json_t *value = json_string(text);
    json_object_set_new(thing, key, value != NULL ? value : json_string("?"));
}

void
status_count(json_t *thing, const char *counter, uint64_t value) {
    if (value > 0 && value <= INT64_MAX)
        json_object_set_new(json_object_get(thing, "total"), counter, json_integer((json_int_t)value));
}

void
status_now(json_t *thing, const char *gauge, uint64_t value) {
    json_t *now = json_object_get(thing, "now");
    if (now == NULL) {
        now = json_object();
        json_object_set_new(thing, "now", now);
    }
    json_object_set_new(now, gauge, json_integer(value <= INT64_MAX ? (json_int_t)value : INT64_MAX));
}

void
status_losses(struct status_things *things, const char *of, const char *vpg, const char *name,
              const struct jn_list *reasons, const uint64_t *counts) {
    for (unsigned int i = 0; i < reasons->count; i++) {
        if (counts[i] == 0)
            continue;
        json_t *thing = status_thing(things, "loss", name);
        status_set_text(thing, "of", of);
        status_set_text(thing, "reason", reasons->rows[i].word);
        if (vpg != NULL)
            status_set_text(thing, "vpg", vpg);
        status_count(thing, "lost", counts[i]);
    }
}
