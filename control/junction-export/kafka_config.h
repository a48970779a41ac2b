// SPDX-License-Identifier: BSD-3-Clause
// The producer's properties: what Junction relies on, then the configuration's own, as they are.
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "config/config.h"
#include "log.h"
#include "sink.h"

// Junction's own properties alone; the caller destroys it, or makes a producer of it.
rd_kafka_conf_t *kafka_config_begin(const struct jn_config_sink *config, char err[JN_ERR_MAX]);

// With the configuration's. NULL with a sentence in err when librdkafka does not take a property.
rd_kafka_conf_t *kafka_config(const struct jn_config_sink *config, char err[JN_ERR_MAX]);

// What librdkafka has to say, in the log and in plain words.
struct kafka_words {
    struct jn_sink_view *view;
    bool down;  // no broker can be reached
    bool fatal; // the producer is of no use any more
    struct jn_log_limit errors, throttles;
};

// The configuration's opaque pointer must be the words.
void kafka_words_install(rd_kafka_conf_t *conf, struct kafka_words *words);
