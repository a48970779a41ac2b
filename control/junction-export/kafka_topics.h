// SPDX-License-Identifier: BSD-3-Clause
// Topics that are created because the configuration says how (`create`), by librdkafka's admin requests.
#pragma once

#include <librdkafka/rdkafka.h>

#include "config/config.h"

// Ask for both topics; the answer comes to the queue. Never waits.
void kafka_topics_create(rd_kafka_t *kafka, rd_kafka_queue_t *answers, const struct jn_config_sink *config);

// What came of it, for each topic an answer tells of; where there is no answer but an error, topic is "". Never waits.
void kafka_topics_answers(rd_kafka_queue_t *answers,
                          void (*created)(void *context, const char *topic, rd_kafka_resp_err_t error,
                                          const char *reason),
                          void *context);
