// SPDX-License-Identifier: BSD-3-Clause
// What the live flows are, and what the classifier does.
#include <stdlib.h>
#include <string.h>

#include "classifier_copy.h"
#include "commands.h"
#include "flow_tables.h"
#include "sample.h"
#include "view.h"

struct total {
    const struct jn_application *application;
    uint64_t flows, packets, bytes, known[FLOW_KNOWN_COUNT];
};

struct totals {
    const char *vpg; // NULL: of all
    struct jn_policy *policy;
    struct total all, of[JN_APPLICATION_NUMBERS];
};

static const struct column columns[] = {
    {"application", "application", COLUMN_TEXT},
    {"breed", "breed", COLUMN_TEXT},
    {"flows", "flows", COLUMN_COUNT},
    {"packets", "packets", COLUMN_COUNT},
    {"bytes", "bytes", COLUMN_COUNT},
    {"decided", "decided", COLUMN_COUNT},
    {"guessed", "guessed", COLUMN_COUNT},
    {"unknown", "unknown", COLUMN_COUNT},
    {"undecided", "undecided", COLUMN_COUNT},
};

static void
add_flow(struct total *total, const struct jn_flow_entry *entry) {
    total->flows++;
    total->packets += (uint64_t)entry->packets[0] + entry->packets[1];
    total->bytes += entry->bytes[0] + entry->bytes[1];
    total->known[flow_known(entry)]++;
}

static bool
count_flow(const struct live_flow *flow, void *with) {
    struct totals *totals = with;
    if (totals->vpg != NULL && strcmp(flow_vpg(&flow->entry, totals->policy), totals->vpg) != 0)
        return true;
    const struct jn_application *application = flow_application(&flow->entry);
    struct total *total = &totals->of[application->number];
    total->application = application;
    add_flow(total, &flow->entry);
    add_flow(&totals->all, &flow->entry);
    return true;
}

static int
by_bytes(const void *a, const void *b) {
    const struct total *x = a, *y = b;
    return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : (x->flows < y->flows) - (x->flows > y->flows);
}

static void
set_counts(json_t *object, const struct total *total) {
    json_object_set_new(object, "flows", json_integer((json_int_t)total->flows));
    json_object_set_new(object, "packets", json_integer((json_int_t)total->packets));
    json_object_set_new(object, "bytes", json_integer((json_int_t)total->bytes));
    for (unsigned int i = 0; i < FLOW_KNOWN_COUNT; i++)
        json_object_set_new(object, flow_known_words[i], json_integer((json_int_t)total->known[i]));
}

static json_t *
application_row(const struct total *total) {
    json_t *row = json_pack("{s:s, s:i, s:s}", "application", total->application->name, "number",
                            (int)total->application->number, "breed", total->application->breed);
    set_counts(row, total);
    return row;
}

// As a table, the counters stand under each other.
static const struct column counter_columns[] = {
    {"name", "classifier", COLUMN_TEXT},
    {"count", "count", COLUMN_COUNT},
    {"explanation", "explanation", COLUMN_TEXT},
};

static json_t *
classifier_object(const struct classifier_copy *copy) {
    json_t *object =
        json_pack("{s:s, s:s, s:i, s:I, s:I}", "state", copy->state, "detail", copy->detail, "pid", (int)copy->pid,
                  "threads", (json_int_t)copy->threads, "flow_capacity", (json_int_t)copy->flow_capacity);
    row_set_counters(object, &classify_counter_list, &copy->counters);
    row_set_counters(object, &classifier_ring_list, &copy->rings);
    return object;
}

static json_t *
head(const struct totals *totals, const struct classifier_copy *copy, bool json) {
    json_t *object = json_object(), *version = json_null();
    if (jn_applications_known())
        version = json_string(jn_applications_version());
    json_object_set_new(object, "ndpi", version);
    json_object_set_new(object, "classifier",
                        json            ? classifier_object(copy)
                        : *copy->detail ? json_sprintf("%s: %s", copy->state, copy->detail)
                                        : json_string(copy->state));
    json_t *total = json ? json_object() : object;
    set_counts(total, &totals->all);
    if (json)
        json_object_set_new(object, "total", total);
    return object;
}

static void
counter_rows(struct view *view, const struct jn_list *list, const void *counters) {
    for (unsigned int i = 0; i < list->count; i++)
        view_row(view, json_pack("{s:s, s:I, s:s}", "name", list->rows[i].word, "count",
                                 (json_int_t)((const uint64_t *)counters)[i], "explanation", list->rows[i].text));
}

static void
print(struct totals *totals, const struct classifier_copy *copy, bool json) {
    struct view view;
    view_open(&view, json, head(totals, copy, json));
    view_list(&view, "applications", COLUMNS(columns));
    for (size_t i = 0; i < JN_APPLICATION_NUMBERS; i++)
        if (totals->of[i].flows != 0)
            view_row(&view, application_row(&totals->of[i]));
    if (!json && classifier_used(copy)) {
        view_list(&view, "counters", COLUMNS(counter_columns));
        counter_rows(&view, &classify_counter_list, &copy->counters);
        counter_rows(&view, &classifier_ring_list, &copy->rings);
    }
    view_close(&view);
}

int
show_applications(const struct invocation *invocation) {
    static struct totals totals;
    struct classifier_copy copy;
    char err[JN_ERR_MAX];
    totals = (struct totals){.vpg = invocation->vpg, .policy = sample_policy(invocation->instance)};
    int rc = flow_tables_walk(invocation->instance, count_flow, &totals, err);
    free(totals.policy);
    if (rc < 0)
        return sample_fail(err);
    qsort(totals.of, JN_APPLICATION_NUMBERS, sizeof(totals.of[0]), by_bytes);
    classifier_take(&copy, invocation->instance);
    print(&totals, &copy, invocation->json);
    return COMMAND_DONE;
}
