// SPDX-License-Identifier: BSD-3-Clause
#include "sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "secrets.h"
#include "seqlock.h"
#include "world.h"

const struct sink_type *
sink_type_of(enum jn_sink_type type) {
    static const struct sink_type *const types[] = {
#define X(id, name, spooled, text) [JN_SINK_##id] = &sink_##name,
        JN_SINKS(X)
#undef X
    };
    return types[type];
}

// An exporter that was killed within leaves an odd version.
static void
put_texts(struct jn_sink_view *view, const char *trouble, const char *advice) {
    uint64_t changing = view->version | 1;
    __atomic_store_n(&view->version, changing, __ATOMIC_RELAXED);
    char texts[2][JN_SINK_TEXT_MAX] __attribute__((aligned(8))) = {{0}};
    snprintf(texts[0], sizeof(texts[0]), "%s", trouble);
    snprintf(texts[1], sizeof(texts[1]), "%s", advice);
    jn_seq_store(view->trouble, texts[0], sizeof(view->trouble));
    jn_seq_store(view->advice, texts[1], sizeof(view->advice));
    __atomic_store_n(&view->version, changing + 1, __ATOMIC_RELEASE);
}

// A sentence that is there already changes nothing but the time: of each, one line a minute goes to the log.
static void
in_trouble(struct jn_sink_view *view, uint64_t part, const char *advice, const char *format, va_list arguments) {
    char text[JN_SINK_TEXT_MAX];
    vsnprintf(text, sizeof(text), format, arguments);
    secrets_hide(text);
    uint64_t now = world->clock->wall_ns();
    bool news = view->in_trouble == 0 || strcmp(text, view->trouble) != 0;
    if (news)
        put_texts(view, text, advice != NULL ? advice : "");
    if (news || now - view->said_ns >= UINT64_C(60000000000)) {
        jn_log(JN_LOG_WARNING, "sink %s: %s%s%s", view->name, text, advice != NULL ? "; " : "",
               advice != NULL ? advice : "");
        view->said_ns = now;
    }
    jn_sink_set(&view->trouble_ns, now);
    jn_sink_set(&view->in_trouble, view->in_trouble | part);
}

void
sink_trouble(struct jn_sink_view *view, const char *advice, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    in_trouble(view, JN_SINK_IN_TROUBLE, advice, format, arguments);
    va_end(arguments);
}

void
spool_trouble(struct jn_sink_view *view, const char *advice, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    in_trouble(view, JN_SPOOL_IN_TROUBLE, advice, format, arguments);
    va_end(arguments);
}

static void
well(struct jn_sink_view *view, uint64_t part, const char *what) {
    if ((view->in_trouble & part) == 0)
        return;
    jn_sink_set(&view->in_trouble, view->in_trouble & ~part);
    jn_log(JN_LOG_INFO, "sink %s: %s again", view->name, what);
}

void
sink_well(struct jn_sink_view *view) {
    well(view, JN_SINK_IN_TROUBLE, "documents are delivered");
}

void
spool_well(struct jn_sink_view *view) {
    well(view, JN_SPOOL_IN_TROUBLE, "its spool can be written and read");
}
