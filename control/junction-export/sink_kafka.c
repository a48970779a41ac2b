// SPDX-License-Identifier: BSD-3-Clause
// Delivery to Kafka. librdkafka tries again by itself what may succeed, in order. What it gives back as failed is sent
// again here: the producer gives up what it has, all that is not acknowledged goes back into its order, and goes to a new
// producer from the first one on. So a document never overtakes another of its key. A request that is refused for what is
// in it makes its documents suspects: they are sent one by one, and who is refused alone is refused for good.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kafka_flights.h"
#include "kafka_statistics.h"
#include "kafka_words.h"
#include "log.h"
#include "sink.h"
#include "world.h"
#include "world_kafka.h"

#define MS UINT64_C(1000000) // in ns

enum { DELAY_FIRST_MS = 500, DELAY_MAX_MS = 8000, PURGE_EVERY_MS = 100, DRAIN_MS = 5000, SILENT_MS = 15000 };
enum { CREATE_AGAIN_MS = 2000, CLOSE_POLLS = 2000, CLOSE_MS = 2000 };

enum stage {
    STAGE_SENDING,
    STAGE_DRAINING, // the producer gives back what it has
    STAGE_CLOSED,   // until it is due to open another
};

struct kafka_sink {
    struct sink sink;
    const struct jn_config_sink *config;
    struct world_producer *producer; // NULL in STAGE_CLOSED
    struct kafka_flights flights;
    struct kafka_words words;
    struct kafka_statistics statistics;
    enum stage stage;
    bool one_by_one, closing, said_partitions;
    uint64_t handed;               // documents that this producer was given
    uint64_t due_ns;               // when another producer is opened
    uint64_t drain_ns;             // since when it gives back
    uint64_t purged_ns;            // when it was last told so
    uint64_t progress_ns;          // of the last document that arrived, or of the first that was sent after all had
    uint64_t create_ns;            // when topics are asked for again; 0: not at all
    uint64_t delay_ms;             // how long the last failure was waited for; 0: documents arrived since
    uint64_t new_suspects;         // of this producer
    uint64_t last_suspect;         // its number
    rd_kafka_resp_err_t suspected; // for what
};

static uint64_t
now_ns(void) {
    return world->clock->steady_ns();
}

static const char *
topic_of(const struct kafka_sink *s, unsigned int kind) {
    return kind == DOCUMENT_SUMMARY ? s->config->topic_summary : s->config->topic_flow;
}

static void
give_back(struct kafka_sink *s) {
    if (s->stage != STAGE_SENDING)
        return;
    s->stage = STAGE_DRAINING;
    s->drain_ns = now_ns();
    s->purged_ns = 0;
}

static void
refuse(struct kafka_sink *s, uint64_t number, rd_kafka_resp_err_t error) {
    uint64_t opaque = flights_at(&s->flights, number)->opaque;
    if (flights_through(&s->flights, number))
        s->sink.refuse(s->sink.lane, opaque, rd_kafka_err2str(error));
}

static void
on_refused(struct kafka_sink *s, uint64_t number, rd_kafka_resp_err_t error) {
    struct flight *flight = flights_at(&s->flights, number);
    if (s->one_by_one) {
        refuse(s, number, error);
        return;
    }
    kafka_words_refused(&s->words, error, topic_of(s, flight->kind));
    flights_failed(&s->flights, number);
    s->flights.suspects += !flight->suspect;
    flight->suspect = true;
    s->new_suspects++;
    s->last_suspect = number;
    s->suspected = error;
    give_back(s);
}

static void
on_delivered(void *context, uint64_t number, rd_kafka_resp_err_t error) {
    struct kafka_sink *s = context;
    struct flight *flight = flights_at(&s->flights, number);
    bool ours = error == RD_KAFKA_RESP_ERR__PURGE_QUEUE || error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
                error == RD_KAFKA_RESP_ERR__FATAL;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        uint64_t opaque = flight->opaque;
        s->delay_ms = 0;
        s->progress_ns = 0;
        kafka_words_well(&s->words);
        if (flights_through(&s->flights, number))
            s->sink.acknowledge(s->sink.lane, opaque);
    } else if (s->closing || ours)
        flights_failed(&s->flights, number);
    else if (kafka_refuses(error))
        on_refused(s, number, error);
    else {
        kafka_words_topic(&s->words, error, "", topic_of(s, flight->kind));
        flights_failed(&s->flights, number);
        give_back(s);
    }
}

static void
on_failed(void *context, rd_kafka_resp_err_t error, const char *reason, bool fatal) {
    struct kafka_sink *s = context;
    jn_sink_add(&s->sink.view->counters[JN_SINK_COUNTER_ERRORS],
                !fatal && error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN);
    if (fatal)
        jn_log(JN_LOG_DEBUG, "kafka: another producer is needed: %s: %s", rd_kafka_err2str(error), reason);
    if (!s->closing)
        kafka_words_failed(&s->words, error, reason);
    if (fatal)
        give_back(s);
}

static void
on_throttled(void *context, const char *broker, int milliseconds) {
    kafka_words_throttled(&((struct kafka_sink *)context)->words, broker, milliseconds);
}

static void
compare_partitions(struct kafka_sink *s, const char *json, size_t length) {
    const char *const topics[] = {s->config->topic_flow, s->config->topic_summary};
    for (unsigned int i = 0; i < 2; i++) {
        unsigned int count = kafka_statistics_partitions(json, length, topics[i]);
        if (count == 0 || count == s->config->create.partitions)
            continue;
        s->said_partitions = true;
        jn_log(JN_LOG_WARNING, "sink %s: topic %s was there, with %u partition%s: create.partitions says %u",
               s->sink.view->name, topics[i], count, count == 1 ? "" : "s", s->config->create.partitions);
    }
}

static void
on_statistics(void *context, const char *json, size_t length) {
    struct kafka_sink *s = context;
    uint64_t now = now_ns();
    if (!kafka_statistics_read(&s->statistics, s->sink.view, json, length, s->handed, now))
        return;
    if (s->config->create.partitions != 0 && !s->said_partitions)
        compare_partitions(s, json, length);
    if (s->flights.sent == 0)
        return;
    if (s->progress_ns == 0)
        s->progress_ns = now;
    else if (now - s->progress_ns >= SILENT_MS * MS && s->statistics.up > 0)
        kafka_words_silent(&s->words);
}

static void
on_created(void *context, const char *topic, rd_kafka_resp_err_t error, const char *reason) {
    struct kafka_sink *s = context;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        jn_log(JN_LOG_INFO, "sink %s: topic %s was created", s->sink.view->name, topic);
    else if (error == RD_KAFKA_RESP_ERR_NOT_CONTROLLER || error == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
             topic[0] == '\0')
        s->create_ns = now_ns() + CREATE_AGAIN_MS * MS; // there is no broker to do it for now
    else if (error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS && !s->closing)
        kafka_words_topic(&s->words, error, reason != NULL ? reason : "", topic);
}

static const struct world_kafka_told told = {on_delivered, on_failed, on_throttled, on_statistics, on_created};

static bool
open_producer(struct kafka_sink *s, char err[JN_ERR_MAX]) {
    s->one_by_one = s->flights.suspects > 0; // a gap does no harm behind which nothing is
    s->producer = world->kafka->open(s->config, !s->one_by_one, &told, s, err);
    if (s->producer == NULL)
        return false;
    s->stage = STAGE_SENDING;
    s->statistics = (struct kafka_statistics){.logged_ns = s->statistics.logged_ns};
    s->handed = s->new_suspects = s->progress_ns = s->create_ns = 0;
    if (s->config->create.wanted)
        world->kafka->create_topics(s->producer);
    return true;
}

static void
open_when_due(struct kafka_sink *s) {
    char err[JN_ERR_MAX];
    if (now_ns() < s->due_ns)
        return;
    if (open_producer(s, err))
        return;
    s->due_ns = now_ns() + DELAY_MAX_MS * MS;
    sink_trouble(s->sink.view, NULL, "%s", err);
    s->words.troubled = true;
}

// The sink's next producer comes at once where only a request was refused, and later and later where all failed.
static void
go_back(struct kafka_sink *s) {
    bool at_once = s->new_suspects > 0 || s->one_by_one;
    if (s->new_suspects == 1) // it was alone in its request
        refuse(s, s->last_suspect, s->suspected);
    world->kafka->close(s->producer, 0);
    s->producer = NULL;
    s->stage = STAGE_CLOSED;
    if (!at_once) {
        uint64_t delay = s->delay_ms == 0 ? DELAY_FIRST_MS : s->delay_ms * 2;
        s->delay_ms = delay > DELAY_MAX_MS ? DELAY_MAX_MS : delay;
    }
    s->due_ns = now_ns() + (at_once ? 0 : s->delay_ms * MS);
    jn_sink_add(&s->sink.view->counters[JN_SINK_COUNTER_RETRIED], flights_rewind(&s->flights));
}

// What was sent may still be acknowledged; after a while its fate is left open, and it is sent again.
static void
drain(struct kafka_sink *s) {
    uint64_t now = now_ns();
    if (s->flights.sent == 0) {
        go_back(s);
        return;
    }
    if (s->purged_ns != 0 && now - s->purged_ns < PURGE_EVERY_MS * MS)
        return;
    world->kafka->give_up(s->producer, now - s->drain_ns > DRAIN_MS * MS);
    s->purged_ns = now;
}

// 0: the producer has it, or it was refused.
static int
hand_over(struct kafka_sink *s, const struct document *document, uint64_t number) {
    rd_kafka_resp_err_t error = world->kafka->produce(s->producer, document, number);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        s->handed++;
        flights_sent(&s->flights);
        return 0;
    }
    if (kafka_refuses(error)) {
        refuse(s, number, error);
        return 0;
    }
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        kafka_words_topic(&s->words, error, "", topic_of(s, document->kind));
        give_back(s);
    }
    return -EAGAIN;
}

static void
send_waiting(struct kafka_sink *s) {
    struct kafka_flights *f = &s->flights;
    while (s->stage == STAGE_SENDING && f->next < f->end && !(s->one_by_one && f->sent > 0)) {
        struct document document = flights_document(f, f->next);
        if (hand_over(s, &document, f->next) < 0)
            return;
    }
}

static int
submit_kafka(struct sink *sink, const struct document *document, uint64_t opaque) {
    struct kafka_sink *s = (struct kafka_sink *)sink;
    struct kafka_flights *f = &s->flights;
    if (s->stage != STAGE_SENDING || s->one_by_one || f->next < f->end || !flights_room(f))
        return -EAGAIN;
    flights_add(f, document, opaque);
    int rc = hand_over(s, document, f->end - 1);
    if (rc < 0)
        flights_take_back(f);
    return rc;
}

static int
poll_kafka(struct sink *sink) {
    struct kafka_sink *s = (struct kafka_sink *)sink;
    if (s->stage == STAGE_CLOSED)
        open_when_due(s);
    if (s->producer == NULL)
        return 0;
    if (s->create_ns != 0 && now_ns() >= s->create_ns) {
        s->create_ns = 0;
        world->kafka->create_topics(s->producer);
    }
    send_waiting(s);
    world->kafka->poll(s->producer, sink->hurry || s->one_by_one);
    if (s->one_by_one && s->flights.suspects == 0)
        give_back(s);
    if (s->stage == STAGE_DRAINING)
        drain(s);
    return 0;
}

static void
close_kafka(struct sink *sink) {
    struct kafka_sink *s = (struct kafka_sink *)sink;
    s->closing = true;
    if (s->producer != NULL) {
        for (unsigned int i = 0; i < CLOSE_POLLS && s->flights.sent > 0; i++) {
            if (i % PURGE_EVERY_MS == 0)
                world->kafka->give_up(s->producer, true);
            world->kafka->poll(s->producer, true);
        }
        world->kafka->close(s->producer, CLOSE_MS);
    }
    flights_close(&s->flights);
    free(s);
}

static const struct sink_operations operations = {submit_kafka, poll_kafka, close_kafka};

static struct sink *
open_kafka(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    struct kafka_sink *s = calloc(1, sizeof(*s));
    if (s == NULL || !flights_open(&s->flights)) {
        free(s);
        snprintf(err, JN_ERR_MAX, "kafka: no memory");
        return NULL;
    }
    s->sink.operations = &operations;
    s->sink.view = s->words.view = view;
    s->config = config;
    if (open_producer(s, err))
        return &s->sink;
    close_kafka(&s->sink);
    return NULL;
}

const struct sink_type sink_kafka = {open_kafka, .network = true};
