// SPDX-License-Identifier: BSD-3-Clause
// Where documents go. A sink accepts documents, and says of each later, by the callback, that it is delivered for
// good; only then may its record leave the ring. Not thread-safe; callbacks come from within poll, flush and submit.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum sink_topic { SINK_FLOW, SINK_SUMMARY };

struct sink_document {
    const char *text;
    size_t length;
    const char *key; // documents of one key keep together
    size_t key_length;
    enum sink_topic topic;
    uint64_t opaque; // given back when it is delivered
};

struct sink {
    const struct sink_operations *operations;
    void (*acknowledge)(void *context, uint64_t opaque);
    void *context;
    uint64_t delivered;
    uint64_t refused; // documents that the sink will never take: logged, acknowledged, lost
};

struct sink_operations {
    // The document is copied. 0; -EAGAIN: full for now, poll and come again.
    int (*submit)(struct sink *sink, const struct sink_document *document);
    // Move what was accepted. 0, or a negative errno when the sink is broken for good (and has said why).
    int (*poll)(struct sink *sink);
    // Poll until all that was accepted is delivered, or timeout_ms passed: -ETIMEDOUT.
    int (*flush)(struct sink *sink, int timeout_ms);
    void (*close)(struct sink *sink);
};

struct sink_type {
    // NULL with a sentence in err when it cannot be opened. The caller sets acknowledge and context. config: NULL when
    // there is no configuration, which is so with standard output alone.
    struct sink *(*open)(const struct jn_config_sink *config, char err[JN_ERR_MAX]);
};

// One a row of lib/config/config_sinks.h, each defined in its own sink_<name>.c.
#define X(id, name, spooled, text) extern const struct sink_type sink_##name;
JN_SINKS(X)
#undef X

struct sink *sink_open(enum jn_sink_type type, const struct jn_config_sink *config, char err[JN_ERR_MAX]);
