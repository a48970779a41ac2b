// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_topics.h"

#include <stdio.h>

#include "log.h"

enum { REQUEST_MS = 10000, NAME_MAX_BYTES = 512 };

static void
set(rd_kafka_NewTopic_t *topic, const char *name, const char *value) {
    if (rd_kafka_NewTopic_set_config(topic, name, value) != RD_KAFKA_RESP_ERR_NO_ERROR)
        jn_log(JN_LOG_ERROR, "kafka: %s of a new topic cannot be set to %s", name, value);
}

// -1: as the broker has it, which brokers know since 2.4.
static rd_kafka_NewTopic_t *
describe(const char *name, const struct jn_config_create *create) {
    char reason[NAME_MAX_BYTES], hours[32];
    int partitions = create->partitions != 0 ? (int)create->partitions : -1;
    int replicas = create->replication_factor != 0 ? (int)create->replication_factor : -1;
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, replicas, reason, sizeof(reason));
    if (topic == NULL) {
        jn_log(JN_LOG_ERROR, "kafka: topic %s cannot be created: %s", name, reason);
        return NULL;
    }
    snprintf(hours, sizeof(hours), "%llu", create->retention_hours * 3600000ull);
    if (create->retention_hours != 0)
        set(topic, "retention.ms", hours);
    if (create->cleanup_policy[0] != '\0')
        set(topic, "cleanup.policy", create->cleanup_policy);
    return topic;
}

void
kafka_topics_create(rd_kafka_t *kafka, rd_kafka_queue_t *answers, const struct jn_config_sink *config) {
    rd_kafka_NewTopic_t *topics[2];
    char reason[NAME_MAX_BYTES];
    size_t count = 0;
    const char *const names[] = {config->topic_flow, config->topic_summary};
    for (size_t i = 0; i < 2; i++) {
        topics[count] = describe(names[i], &config->create);
        count += topics[count] != NULL;
    }
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_MS, reason, sizeof(reason));
    if (count > 0)
        rd_kafka_CreateTopics(kafka, topics, count, options, answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy_array(topics, count);
}

void
kafka_topics_answers(rd_kafka_queue_t *answers,
                     void (*created)(void *context, const char *topic, rd_kafka_resp_err_t error, const char *reason),
                     void *context) {
    for (rd_kafka_event_t *event; (event = rd_kafka_queue_poll(answers, 0)) != NULL; rd_kafka_event_destroy(event)) {
        const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
        size_t count = 0;
        if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
            created(context, "", rd_kafka_event_error(event), rd_kafka_event_error_string(event));
        const rd_kafka_topic_result_t **topics =
            result != NULL ? rd_kafka_CreateTopics_result_topics(result, &count) : NULL;
        for (size_t i = 0; i < count; i++)
            created(context, rd_kafka_topic_result_name(topics[i]), rd_kafka_topic_result_error(topics[i]),
                    rd_kafka_topic_result_error_string(topics[i]));
    }
}
