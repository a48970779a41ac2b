// SPDX-License-Identifier: BSD-3-Clause
// kafka_topic BROKERS create NAME PARTITIONS [KEY=VALUE...] | delete NAME | describe NAME: what a test does to topics, without
// waiting for a JVM. Describe prints each setting as KEY=VALUE.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 30000 };

static void
die(const char *what, const char *why) {
    fprintf(stderr, "kafka_topic: %s: %s\n", what, why);
    exit(1);
}

static void
create(rd_kafka_t *kafka, rd_kafka_queue_t *queue, char **words, int count) {
    char reason[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(words[0], atoi(words[1]), 1, reason, sizeof(reason));
    if (topic == NULL)
        die(words[0], reason);
    for (int i = 2; i < count; i++) {
        char *equals = strchr(words[i], '=');
        if (equals == NULL)
            die(words[i], "expected KEY=VALUE");
        *equals = '\0';
        rd_kafka_NewTopic_set_config(topic, words[i], equals + 1);
    }
    rd_kafka_CreateTopics(kafka, &topic, 1, NULL, queue);
    rd_kafka_NewTopic_destroy(topic);
}

static void
remove_topic(rd_kafka_t *kafka, rd_kafka_queue_t *queue, const char *name) {
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(kafka, &topic, 1, NULL, queue);
    rd_kafka_DeleteTopic_destroy(topic);
}

static void
describe(rd_kafka_t *kafka, rd_kafka_queue_t *queue, const char *name) {
    rd_kafka_ConfigResource_t *topic = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_DescribeConfigs(kafka, &topic, 1, NULL, queue);
    rd_kafka_ConfigResource_destroy(topic);
}

static void
print_settings(const rd_kafka_DescribeConfigs_result_t *result) {
    size_t count, entries;
    const rd_kafka_ConfigResource_t **topics = rd_kafka_DescribeConfigs_result_resources(result, &count);
    const rd_kafka_ConfigEntry_t **settings = rd_kafka_ConfigResource_configs(topics[0], &entries);
    if (rd_kafka_ConfigResource_error(topics[0]) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("describe", rd_kafka_ConfigResource_error_string(topics[0]));
    for (size_t i = 0; i < entries; i++)
        printf("%s=%s\n", rd_kafka_ConfigEntry_name(settings[i]), rd_kafka_ConfigEntry_value(settings[i]));
}

static void
await(rd_kafka_queue_t *queue) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    size_t count = 0;
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("no answer", event != NULL ? rd_kafka_event_error_string(event) : "timed out");
    const rd_kafka_topic_result_t **topics = NULL;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT)
        topics = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DELETETOPICS_RESULT)
        topics = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    else
        print_settings(rd_kafka_event_DescribeConfigs_result(event));
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_topic_result_error(topics[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            die(rd_kafka_topic_result_name(topics[i]), rd_kafka_err2str(rd_kafka_topic_result_error(topics[i])));
    rd_kafka_event_destroy(event);
}

int
main(int argc, char **argv) {
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (argc < 4 || rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], reason, sizeof(reason)) != RD_KAFKA_CONF_OK)
        die("expected", "BROKERS create|delete|describe NAME ...");
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (kafka == NULL)
        die(argv[1], reason);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    if (strcmp(argv[2], "create") == 0 && argc >= 5)
        create(kafka, queue, argv + 3, argc - 3);
    else if (strcmp(argv[2], "delete") == 0)
        remove_topic(kafka, queue, argv[3]);
    else if (strcmp(argv[2], "describe") == 0)
        describe(kafka, queue, argv[3]);
    else
        die(argv[2], "expected create, delete or describe");
    await(queue);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(kafka);
    return 0;
}
