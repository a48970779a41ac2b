// SPDX-License-Identifier: BSD-3-Clause
// What librdkafka reports, in plain words, with what to do.
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

enum { KAFKA_SENTENCE_MAX = 256 };

// Will the broker say the same of the document, or of a request that has it, however often it is asked?
bool kafka_refuses(rd_kafka_resp_err_t error);

// Is it about one connection only, so that another may do as well?
bool kafka_passing(rd_kafka_resp_err_t error, const char *reason);

// reason: librdkafka's, "" where it gives none; topic: NULL where the error is not about one. The sentence begins with the
// broker, when the reason does, or the topic. What to do: NULL when there is nothing.
const char *kafka_trouble(rd_kafka_resp_err_t error, const char *reason, const char *topic,
                          char sentence[KAFKA_SENTENCE_MAX]);
