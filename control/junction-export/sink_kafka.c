// SPDX-License-Identifier: BSD-3-Clause
// Delivery to Kafka: a record leaves its ring on the delivery report of its document. What may succeed later is tried
// for ever; what never will (a document larger than the topic allows) is said, counted, and let go.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kafka_config.h"
#include "log.h"
#include "sink.h"

enum { RETRY_S = 1 };

// A document whose delivery failed for now.
struct retry {
    struct retry *next;
    time_t due;
    bool alone; // in a request of its own
    struct document document;
    uint64_t opaque;
};

struct kafka_sink {
    struct sink sink;
    struct kafka_words words; // librdkafka's opaque pointer leads here, and from here back
    rd_kafka_t *kafka;
    rd_kafka_topic_t *topics[DOCUMENT_KIND_COUNT];
    uint64_t in_flight;
    bool alone; // what is in flight is one document that is sent alone
    struct retry *retries, **last_retry;
    bool closing;
    struct jn_log_limit failures;
};

static struct kafka_sink *
sink_of(void *words) {
    return (struct kafka_sink *)((char *)words - offsetof(struct kafka_sink, words));
}

static time_t
now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

// Will the broker say the same however often it is asked?
static bool
permanent(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
           error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           error == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP || error == RD_KAFKA_RESP_ERR__BAD_MSG;
}

static void
document_refused(struct kafka_sink *s, uint64_t opaque, rd_kafka_resp_err_t error) {
    s->sink.refuse(s->sink.lane, opaque, rd_kafka_err2str(error));
}

static void
keep_for_retry(struct kafka_sink *s, const rd_kafka_message_t *message, bool alone) {
    struct retry *retry = malloc(sizeof(*retry));
    if (retry == NULL) {
        jn_log(JN_LOG_ERROR, "kafka: no memory to keep a document: starting anew from the rings is needed");
        s->words.fatal = true; // its record is still in the ring, unacknowledged
        return;
    }
    retry->next = NULL;
    retry->due = alone ? 0 : now_s() + RETRY_S;
    retry->alone = alone;
    retry->document = (struct document){
        .text = message->payload,
        .length = message->len,
        .key = message->key,
        .key_length = message->key_len,
        .kind = message->rkt == s->topics[DOCUMENT_SUMMARY] ? DOCUMENT_SUMMARY : DOCUMENT_FLOW,
    };
    retry->opaque = (uint64_t)(uintptr_t)message->_private;
    *s->last_retry = retry;
    s->last_retry = &retry->next;
}

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *words) {
    struct kafka_sink *s = sink_of(words);
    uint64_t opaque = (uint64_t)(uintptr_t)message->_private;
    bool was_alone = s->alone;
    (void)kafka;
    s->in_flight--;
    s->alone = false;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        s->words.down = false;
        sink_well(s->sink.view);
        s->sink.acknowledge(s->sink.lane, opaque);
    } else if (s->closing)
        return; // not acknowledged: the next start writes it again
    else if (message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && !was_alone) {
        jn_log_limited(
            &s->failures, 1, JN_LOG_WARNING,
            "kafka: a request is larger than topic %s allows: documents are sent one by one; lower batch.size",
            rd_kafka_topic_name(message->rkt));
        keep_for_retry(s, message, true); // the request was too large; the document alone need not be
    } else if (permanent(message->err))
        document_refused(s, opaque, message->err);
    else {
        jn_log_limited(&s->failures, 1, JN_LOG_WARNING,
                       "kafka: a document for %s was not taken, and is tried again: %s",
                       rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
        keep_for_retry(s, message, false);
    }
}

static int
produce(struct kafka_sink *s, const struct document *document, uint64_t opaque) {
    rd_kafka_topic_t *topic = s->topics[document->kind];
    if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, (void *)document->text, document->length, document->key,
                         document->key_length, (void *)(uintptr_t)opaque) == 0) {
        s->in_flight++;
        return 0;
    }
    rd_kafka_resp_err_t error = rd_kafka_last_error();
    if (permanent(error)) {
        document_refused(s, opaque, error);
        return 0;
    }
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        jn_log_limited(&s->failures, 1, JN_LOG_WARNING, "kafka: %s takes no document for now: %s",
                       rd_kafka_topic_name(topic), rd_kafka_err2str(error));
    return -EAGAIN;
}

static int
submit_kafka(struct sink *sink, const struct document *document, uint64_t opaque) {
    struct kafka_sink *s = (struct kafka_sink *)sink;
    bool alone = s->alone || (s->retries != NULL && s->retries->alone);
    return alone ? -EAGAIN : produce(s, document, opaque);
}

static void
send_retries(struct kafka_sink *s) {
    while (s->retries != NULL && s->retries->due <= now_s()) {
        struct retry *first = s->retries;
        if (s->alone || (first->alone && s->in_flight > 0))
            return;
        if (produce(s, &first->document, first->opaque) < 0) {
            first->due = now_s() + RETRY_S;
            return;
        }
        s->alone = first->alone && s->in_flight > 0; // unless it was refused at once
        s->retries = first->next;
        if (s->retries == NULL)
            s->last_retry = &s->retries;
        free(first);
    }
}

static int
poll_kafka(struct sink *sink) {
    struct kafka_sink *s = (struct kafka_sink *)sink;
    send_retries(s);
    rd_kafka_poll(s->kafka, 0);
    return s->words.fatal ? -EIO : 0;
}

static void
close_kafka(struct sink *sink) {
    struct kafka_sink *s = (struct kafka_sink *)sink;
    s->closing = true;
    if (s->kafka != NULL) {
        rd_kafka_purge(s->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_poll(s->kafka, 0);
        for (unsigned int i = 0; i < DOCUMENT_KIND_COUNT; i++)
            if (s->topics[i] != NULL)
                rd_kafka_topic_destroy(s->topics[i]);
        rd_kafka_destroy(s->kafka);
    }
    for (struct retry *next; s->retries != NULL; s->retries = next) {
        next = s->retries->next;
        free(s->retries);
    }
    free(s);
}

static const struct sink_operations operations = {submit_kafka, poll_kafka, close_kafka};

static bool
open_topic(struct kafka_sink *s, enum document_kind topic, const char *name, char err[JN_ERR_MAX]) {
    s->topics[topic] = rd_kafka_topic_new(s->kafka, name, NULL);
    if (s->topics[topic] == NULL)
        snprintf(err, JN_ERR_MAX, "sink.topics: \"%s\": %s", name, rd_kafka_err2str(rd_kafka_last_error()));
    return s->topics[topic] != NULL;
}

static struct sink *
open_kafka(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    char reason[JN_ERR_MAX / 2];
    rd_kafka_conf_t *conf = kafka_config(config, err);
    if (conf == NULL)
        return NULL;
    struct kafka_sink *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        snprintf(err, JN_ERR_MAX, "kafka: no memory");
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    s->sink.operations = &operations;
    s->sink.view = s->words.view = view;
    s->last_retry = &s->retries;
    kafka_words_install(conf, &s->words);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    s->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (s->kafka == NULL) {
        snprintf(err, JN_ERR_MAX, "sink.properties: %s", reason);
        rd_kafka_conf_destroy(conf);
    } else if (open_topic(s, DOCUMENT_FLOW, config->topic_flow, err) &&
               open_topic(s, DOCUMENT_SUMMARY, config->topic_summary, err))
        return &s->sink;
    close_kafka(&s->sink);
    return NULL;
}

const struct sink_type sink_kafka = {.open = open_kafka, .network = true};
