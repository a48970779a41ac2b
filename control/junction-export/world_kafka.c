// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "world_kafka.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kafka_config.h"
#include "kafka_topics.h"

enum { HURRY_MS = 1 };

struct world_producer {
    rd_kafka_t *kafka;
    rd_kafka_topic_t *topics[DOCUMENT_KIND_COUNT];
    rd_kafka_queue_t *admin; // answers to create_topics; NULL before it is called
    size_t copied_max;       // librdkafka refers to larger ones for longer than it says: those are copied
    const struct jn_config_sink *config;
    const struct world_kafka_told *told;
    void *context;
};

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque) {
    struct world_producer *p = opaque;
    (void)kafka;
    p->told->delivered(p->context, (uint64_t)(uintptr_t)message->_private, message->err);
}

static void
on_error(rd_kafka_t *kafka, int code, const char *reason, void *opaque) {
    struct world_producer *p = opaque;
    char text[512];
    bool fatal = code == RD_KAFKA_RESP_ERR__FATAL;
    if (fatal)
        code = rd_kafka_fatal_error(kafka, text, sizeof(text));
    p->told->failed(p->context, code, fatal ? text : reason, fatal);
}

static void
on_throttle(rd_kafka_t *kafka, const char *broker, int32_t id, int milliseconds, void *opaque) {
    struct world_producer *p = opaque;
    (void)kafka;
    (void)id;
    p->told->throttled(p->context, broker, milliseconds);
}

static int
on_statistics(rd_kafka_t *kafka, char *json, size_t length, void *opaque) {
    struct world_producer *p = opaque;
    (void)kafka;
    p->told->statistics(p->context, json, length);
    return 0; // the text stays librdkafka's
}

// Ends with rd_kafka_destroy; it may wait for a thread that resolves a name.
static void *
destroy(void *producer) {
    struct world_producer *p = producer;
    for (unsigned int i = 0; i < DOCUMENT_KIND_COUNT; i++)
        if (p->topics[i] != NULL)
            rd_kafka_topic_destroy(p->topics[i]);
    if (p->admin != NULL)
        rd_kafka_queue_destroy(p->admin);
    if (p->kafka != NULL)
        rd_kafka_destroy(p->kafka);
    free(p);
    return NULL;
}

static void
close_producer(struct world_producer *p, unsigned int wait_ms) {
    struct timespec until;
    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy, p) != 0) {
        destroy(p);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (wait_ms == 0 || pthread_timedjoin_np(thread, NULL, &until) != 0)
        pthread_detach(thread);
}

static bool
open_topic(struct world_producer *p, enum document_kind kind, const char *name, char err[JN_ERR_MAX]) {
    p->topics[kind] = rd_kafka_topic_new(p->kafka, name, NULL);
    if (p->topics[kind] == NULL)
        snprintf(err, JN_ERR_MAX, "topics: \"%s\": %s", name, rd_kafka_err2str(rd_kafka_last_error()));
    return p->topics[kind] != NULL;
}

static size_t
copied_max(const rd_kafka_conf_t *conf) {
    char text[32] = "";
    size_t size = sizeof(text);
    return rd_kafka_conf_get(conf, "message.copy.max.bytes", text, &size) == RD_KAFKA_CONF_OK ? strtoul(text, NULL, 10)
                                                                                              : 0;
}

static struct world_producer *
open_producer(const struct jn_config_sink *config, bool gapless, const struct world_kafka_told *told, void *context,
              char err[JN_ERR_MAX]) {
    char reason[JN_ERR_MAX / 2];
    rd_kafka_conf_t *conf = kafka_config(config, gapless, err);
    struct world_producer *p = conf != NULL ? calloc(1, sizeof(*p)) : NULL;
    if (p == NULL) {
        if (conf != NULL) {
            snprintf(err, JN_ERR_MAX, "kafka: no memory");
            rd_kafka_conf_destroy(conf);
        }
        return NULL;
    }
    *p = (struct world_producer){.config = config, .told = told, .context = context, .copied_max = copied_max(conf)};
    rd_kafka_conf_set_opaque(conf, p);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_throttle_cb(conf, on_throttle);
    rd_kafka_conf_set_stats_cb(conf, on_statistics);
    p->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (p->kafka == NULL) {
        snprintf(err, JN_ERR_MAX, "properties: %s", reason);
        rd_kafka_conf_destroy(conf);
    } else if (open_topic(p, DOCUMENT_FLOW, config->topic_flow, err) &&
               open_topic(p, DOCUMENT_SUMMARY, config->topic_summary, err))
        return p;
    destroy(p);
    return NULL;
}

static void
create_topics(struct world_producer *p) {
    if (p->admin == NULL)
        p->admin = rd_kafka_queue_new(p->kafka);
    kafka_topics_create(p->kafka, p->admin, p->config);
}

static rd_kafka_resp_err_t
produce(struct world_producer *p, const struct document *document, uint64_t opaque) {
    int flags = document->length > p->copied_max ? RD_KAFKA_MSG_F_COPY : 0;
    return rd_kafka_produce(p->topics[document->kind], RD_KAFKA_PARTITION_UA, flags, (void *)document->text,
                            document->length, document->key, document->key_length, (void *)(uintptr_t)opaque) == 0
               ? RD_KAFKA_RESP_ERR_NO_ERROR
               : rd_kafka_last_error();
}

static void
poll_producer(struct world_producer *p, bool hurry) {
    if (hurry)
        rd_kafka_flush(p->kafka, HURRY_MS);
    else
        rd_kafka_poll(p->kafka, 0);
    if (p->admin != NULL)
        kafka_topics_answers(p->admin, p->told->created, p->context);
}

static void
give_up(struct world_producer *p, bool in_flight) {
    rd_kafka_purge(p->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING |
                                 (in_flight ? RD_KAFKA_PURGE_F_INFLIGHT : 0));
}

const struct world_kafka world_kafka_real = {open_producer, create_topics, produce,
                                             poll_producer, give_up,       close_producer};
