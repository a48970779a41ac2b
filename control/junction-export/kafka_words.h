// SPDX-License-Identifier: BSD-3-Clause
// What librdkafka has to say, in the log and in plain words.
#pragma once

#include <stdbool.h>

#include <librdkafka/rdkafka.h>

#include "log.h"

struct kafka_words {
    bool down;  // no broker can be reached
    bool fatal; // the producer is of no use any more
    struct jn_log_limit errors, throttles;
};

// The configuration's opaque pointer must be the words.
void kafka_words_install(rd_kafka_conf_t *conf, struct kafka_words *words);
