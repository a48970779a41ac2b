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

// Each returns NULL with a sentence in err when it cannot be opened. The caller sets acknowledge and context.
struct sink *sink_stdout_open(char err[JN_ERR_MAX]);
struct sink *sink_file_open(const struct jn_config_sink *config, char err[JN_ERR_MAX]);
struct sink *sink_kafka_open(const struct jn_config_sink *config, char err[JN_ERR_MAX]);
