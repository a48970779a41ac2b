// SPDX-License-Identifier: BSD-3-Clause
// Where documents go. A sink takes documents, and says of each later that it is there for good, or that it never will be.
// It keeps no document's bytes: they stay where they are until it has said so. What failed for now a sink tries again by
// itself; when it cannot go on at all its lane closes it, opens another and submits anew what was not acknowledged.
// One thread; acknowledgements come from within submit and poll.
#pragma once

#include <stdbool.h>

#include "config/config.h"
#include "document.h"
#include "sinks.h"

struct sink;

struct sink_operations {
    // Take a document. opaque: says which it is. 0; -EAGAIN: full for now, poll and come again.
    int (*submit)(struct sink *sink, const struct document *document, uint64_t opaque);
    // Move what was taken; never waits. 0, or a negative errno when this sink is broken for good (and has said why by
    // sink_trouble).
    int (*poll)(struct sink *sink);
    // What was not acknowledged is forgotten.
    void (*close)(struct sink *sink);
};

// The first member of each sink's own structure.
struct sink {
    const struct sink_operations *operations;
    struct jn_sink_view *view; // its counters and states in shared memory: never NULL
    bool hurry;                // set by the lane when the exporter ends: do not wait for more documents
    bool held_up;              // set by the lane: no more come until its oldest documents are acknowledged or refused
    // Set by the lane.
    void (*acknowledge)(void *lane, uint64_t opaque);
    void (*refuse)(void *lane, uint64_t opaque,
                   const char *reason); // for good: it is lost, and goes to the dead letters
    void *lane;
};

struct sink_type {
    // NULL with a sentence in err when it cannot be opened. The caller sets acknowledge, refuse and lane. config: NULL when
    // there is no configuration, which is so with standard output alone.
    struct sink *(*open)(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]);
    bool once;    // it cannot be opened a second time: when it breaks the exporter ends
    bool network; // it makes connections: the sandbox has to let it, and a spool is kept unless it is switched off
};

// One a row of lib/config/config_sinks.h, each defined in its own sink_<name>.c.
#define X(id, name, spooled, text) extern const struct sink_type sink_##name;
JN_SINKS(X)
#undef X

const struct sink_type *sink_type_of(enum jn_sink_type type);

// What goes wrong, in plain words, and what to do about it: to the log (limited) and to `junctionctl show sinks`.
// advice: may be NULL. sink_well: it is over.
void sink_trouble(struct jn_sink_view *view, const char *advice, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sink_well(struct jn_sink_view *view);

// The same of its spool: neither ends the other's trouble.
void spool_trouble(struct jn_sink_view *view, const char *advice, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void spool_well(struct jn_sink_view *view);
