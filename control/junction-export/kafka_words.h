// SPDX-License-Identifier: BSD-3-Clause
// What the sink "kafka" has to say, to the log and to `junctionctl show sinks`.
#pragma once

#include <stdbool.h>

#include "kafka_trouble.h"
#include "sink.h"

struct kafka_words {
    struct jn_sink_view *view;
    bool troubled;                 // something was said that is not over
    bool down;                     // no broker can be reached
    bool throttled;                // by a broker's quota
    char last[KAFKA_SENTENCE_MAX]; // what one broker's connection had; "": nothing since there was a good one
    const char *last_advice;
};

// What librdkafka reports of itself or of a broker. A connection that fails is worth a word when there is no other.
void kafka_words_failed(struct kafka_words *words, rd_kafka_resp_err_t error, const char *reason);

// What a document, or its topic, met. reason: "" when there is none.
void kafka_words_topic(struct kafka_words *words, rd_kafka_resp_err_t error, const char *reason, const char *topic);

// A request was refused for what is in it.
void kafka_words_refused(struct kafka_words *words, rd_kafka_resp_err_t error, const char *topic);

// milliseconds: 0 when it is over.
void kafka_words_throttled(struct kafka_words *words, const char *broker, int milliseconds);

// Documents were handed over, and none was acknowledged for some time, though there is a connection.
void kafka_words_silent(struct kafka_words *words);

// A document arrived.
void kafka_words_well(struct kafka_words *words);
