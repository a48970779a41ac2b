// SPDX-License-Identifier: BSD-3-Clause
// Kafka's producer, as the sink "kafka" uses it. The real one is librdkafka's. Called by one thread, but for what it starts.
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "document.h"

struct world_producer;

// What a producer tells, from within poll alone; of it, what is not wanted by the one who opened it is left out (NULL).
struct world_kafka_told {
    // What was produced is there (0), or is not and will not be by itself.
    void (*delivered)(void *context, uint64_t opaque, rd_kafka_resp_err_t error);
    // Something went wrong, in librdkafka's words. fatal: the producer is of no use any more, and only reports.
    void (*failed)(void *context, rd_kafka_resp_err_t error, const char *reason, bool fatal);
    void (*throttled)(void *context, const char *broker, int milliseconds); // 0: no more
    void (*statistics)(void *context, const char *json, size_t length);
    void (*created)(void *context, const char *topic, rd_kafka_resp_err_t error, const char *reason);
};

struct world_kafka {
    // NULL with a sentence in err. gapless: once a document fails, none behind it is sent; the producer is then of no use.
    // config: has to stay. context: for all that is told.
    struct world_producer *(*open)(const struct jn_config_sink *config, bool gapless,
                                   const struct world_kafka_told *told, void *context, char err[JN_ERR_MAX]);
    // Ask for the topics that the configuration's `create` describes; what comes of each is told.
    void (*create_topics)(struct world_producer *producer);
    // The document's bytes stay in place until it is told of. 0: it will be told of; RD_KAFKA_RESP_ERR__QUEUE_FULL: later.
    rd_kafka_resp_err_t (*produce)(struct world_producer *producer, const struct document *document, uint64_t opaque);
    // hurry: do not wait for more documents to go along; this may take a millisecond. Else never waits.
    void (*poll)(struct world_producer *producer, bool hurry);
    // Tell of what was not sent as failed; in_flight: also of what was, and may be there or not. Never waits.
    void (*give_up)(struct world_producer *producer, bool in_flight);
    // Never waits longer than that. All that was produced should have been told of before.
    void (*close)(struct world_producer *producer, unsigned int wait_ms);
};

extern const struct world_kafka world_kafka_real;
