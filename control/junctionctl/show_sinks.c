// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "lists.h"
#include "sample.h"
#include "sinks_copy.h"
#include "view.h"

// Within 120 columns whatever the names are.
static const struct column columns[] = {
    {"sink", "sink", COLUMN_TEXT},
    {"type", "type", COLUMN_TEXT},
    {"state", "state", COLUMN_TEXT},
    {"delivered", "delivered", COLUMN_SI},
    {"waiting", "waiting", COLUMN_SI},
    {"spool_documents", "spooled", COLUMN_SI},
    {"spool_seconds", "oldest", COLUMN_SECONDS},
    {"lost_records", "lost", COLUMN_SI},
    {"rtt_ms", "rtt ms", COLUMN_COUNT},
};
enum { LINE_WIDTH = 120, INDENT = 2 };

// What a region says that is beyond any number of ours is shown as the largest, not as a negative one.
static json_t *
number(uint64_t value) {
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *
seconds_since(uint64_t then_ns) {
    uint64_t now_ns = sample_now_ns();
    if (then_ns == 0)
        return json_null();
    return json_real(now_ns > then_ns ? (double)(now_ns - then_ns) / 1e9 : 0);
}

static json_t *
amount(const struct jn_sink_amount *a) {
    return json_pack("{s:o, s:o, s:o}", "records", number(a->records), "packets", number(a->packets), "bytes",
                     number(a->bytes));
}

static struct jn_sink_amount
total_lost(const struct jn_sink_view *view) {
    struct jn_sink_amount total = {0};
    for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++) {
        total.records += view->lost[i].records;
        total.packets += view->lost[i].packets;
        total.bytes += view->lost[i].bytes;
    }
    return total;
}

static void
set_losses(json_t *row, const struct jn_sink_view *view) {
    struct jn_sink_amount total = total_lost(view);
    json_t *lost = json_object();
    for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++)
        json_object_set_new(lost, jn_sink_loss_list.rows[i].word, amount(&view->lost[i]));
    json_object_set_new(row, "lost", lost);
    json_object_set_new(row, "lost_records", number(total.records));
    json_object_set_new(row, "lost_packets", number(total.packets));
    json_object_set_new(row, "lost_bytes", number(total.bytes));
}

static void
set_numbers(json_t *row, const struct jn_sink_view *view) {
    for (unsigned int i = 0; i < JN_SINK_COUNTER_COUNT; i++)
        json_object_set_new(row, jn_sink_counter_list.rows[i].word, number(view->counters[i]));
    for (unsigned int i = 0; i < JN_SINK_GAUGE_COUNT; i++)
        if (i != JN_SINK_GAUGE_SPOOL_OLDEST_NS && i != JN_SINK_GAUGE_RTT_US)
            json_object_set_new(row, jn_sink_gauge_list.rows[i].word, number(view->gauges[i]));
    json_object_set_new(row, "waiting",
                        number(view->gauges[JN_SINK_GAUGE_IN_MEMORY] + view->gauges[JN_SINK_GAUGE_IN_FLIGHT]));
    json_object_set_new(row, "spool_seconds", seconds_since(view->gauges[JN_SINK_GAUGE_SPOOL_OLDEST_NS]));
    uint64_t rtt_us = view->gauges[JN_SINK_GAUGE_RTT_US];
    json_object_set_new(row, "rtt_ms", rtt_us == 0 ? json_null() : json_real((double)rtt_us / 1e3));
}

static json_t *
sink_row(const struct jn_sink_view *view) {
    json_t *row = json_object();
    unsigned int state = view->state < JN_SINK_STATE_COUNT ? (unsigned int)view->state : JN_SINK_STATE_COUNT;
    json_object_set_new(row, "sink", sinks_text(view->name, sizeof(view->name)));
    json_object_set_new(row, "type", sinks_text(view->type, sizeof(view->type)));
    json_object_set_new(row, "state", json_string(jn_list_word(&jn_sink_state_list, state)));
    set_numbers(row, view);
    set_losses(row, view);
    json_object_set_new(row, "in_trouble", json_boolean(view->in_trouble != 0));
    json_object_set_new(row, "trouble", sinks_text(view->trouble, sizeof(view->trouble)));
    json_object_set_new(row, "advice", sinks_text(view->advice, sizeof(view->advice)));
    json_object_set_new(row, "trouble_seconds", seconds_since(view->trouble_ns));
    return row;
}

// Words broken into lines, those after the first indented.
static void
print_wrapped(const char *text) {
    size_t column = 0;
    for (size_t at = 0; text[at] != '\0';) {
        size_t space = strspn(text + at, " "), word = strcspn(text + at + space, " ");
        if (column > 0 && column + space + word > LINE_WIDTH) {
            printf("\n%*s", INDENT, "");
            column = INDENT;
        } else {
            printf("%.*s", (int)space, text + at);
            column += space;
        }
        printf("%.*s", (int)word, text + at + space);
        column += word;
        at += space + word;
    }
    putchar('\n');
}

static void
print_losses(const struct jn_sink_view *view, const char *name) {
    char line[JN_ERR_MAX];
    for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++) {
        const struct jn_sink_amount *a = &view->lost[i];
        if (a->records == 0)
            continue;
        snprintf(line, sizeof(line), "%s: %lu documents lost (%lu packets, %lu bytes): %s", name,
                 (unsigned long)a->records, (unsigned long)a->packets, (unsigned long)a->bytes,
                 jn_sink_loss_list.rows[i].text);
        print_wrapped(line);
    }
}

// Below the table: what is wrong with which, and what to do; and what was lost, and why.
static void
print_trouble(const struct jn_sink_view *view) {
    json_t *name = sinks_text(view->name, sizeof(view->name)),
           *trouble = sinks_text(view->trouble, sizeof(view->trouble));
    json_t *advice = sinks_text(view->advice, sizeof(view->advice));
    char line[3 * JN_SINK_TEXT_MAX];
    const char *to_do = json_string_value(advice);
    snprintf(line, sizeof(line), "%s: %s%s%s", json_string_value(name), json_string_value(trouble),
             to_do[0] != '\0' ? "; " : "", to_do);
    if (view->in_trouble != 0)
        print_wrapped(line);
    print_losses(view, json_string_value(name));
    json_decref(name);
    json_decref(trouble);
    json_decref(advice);
}

int
show_sinks(const struct invocation *invocation) {
    struct sinks_copy copy;
    struct view view;
    char err[JN_ERR_MAX];
    bool any = false;
    if (sinks_take(&copy, invocation->instance, err) < 0)
        return sample_fail(err);
    view_open(&view, invocation->json, invocation->json ? json_pack("{s:b}", "running", copy.alive) : NULL);
    view_list(&view, "sinks", COLUMNS(columns));
    for (unsigned int i = 0; i < JN_MAX_SINKS; i++)
        if (sinks_used(&copy.region.sinks[i]))
            view_row(&view, sink_row(&copy.region.sinks[i]));
    view_close(&view);
    for (unsigned int i = 0; i < JN_MAX_SINKS && !invocation->json; i++) {
        const struct jn_sink_view *sink = &copy.region.sinks[i];
        if (!sinks_used(sink) || (sink->in_trouble == 0 && total_lost(sink).records == 0))
            continue;
        if (!any)
            putchar('\n');
        any = true;
        print_trouble(sink);
    }
    if (!copy.alive && !invocation->json)
        puts("\njunction-export is not running: these are the numbers that the last one left");
    return COMMAND_DONE;
}
