// SPDX-License-Identifier: BSD-3-Clause
// A broker and its producer that are only played, by the promises that librdkafka gives: order within a partition,
// requests of several documents that arrive or fail as a whole, reports in any order between partitions, late, and lost
// when the producer gives up. Ruled by `random`; what goes wrong, and how often, is set by the test.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "world.h"
#include "world_kafka.h"

enum { FAKE_PARTITIONS = 3, FAKE_MESSAGES = 4096, FAKE_LOG = 65536, FAKE_REQUEST = 8 };

enum fake_state { FAKE_QUEUED, FAKE_SENT, FAKE_REPORTED };

struct fake_message {
    struct document document;
    uint64_t opaque;
    unsigned int partition;
    enum fake_state state;
    rd_kafka_resp_err_t error; // of one that is sent
};

struct fake_broker {
    uint64_t random;
    unsigned int fail_in, fatal_in, silent_in; // one of so many requests; 0: none
    size_t largest;                            // a request with a larger document is refused; 0: none is
    rd_kafka_resp_err_t refusal;               // as what; 0: as too large
    bool topic_missing, down;
    unsigned int queue_max;
    uint64_t now_ns;
    // What arrived, as the partitions have it.
    const char *log[FAKE_LOG];
    unsigned int log_partition[FAKE_LOG];
    size_t log_count;
    unsigned int opened, opened_gapless, closed, creations;
    struct world_producer *producer; // the last that was opened
};

struct world_producer {
    struct fake_message messages[FAKE_MESSAGES];
    size_t count;
    bool gapless, stopped; // stopped: by a fatal error
    const struct world_kafka_told *told;
    void *context;
};

static struct fake_broker fake;

static uint64_t
fake_random(uint64_t below) {
    random_next(&fake.random);
    return below > 0 ? fake.random % below : 0;
}

static struct world_producer *
fake_open(const struct jn_config_sink *config, bool gapless, const struct world_kafka_told *told, void *context,
          char err[JN_ERR_MAX]) {
    struct world_producer *p = calloc(1, sizeof(*p));
    (void)config;
    (void)err;
    p->gapless = gapless;
    p->told = told;
    p->context = context;
    fake.producer = p;
    fake.opened++;
    fake.opened_gapless += gapless;
    return p;
}

static void
fake_create_topics(struct world_producer *p) {
    fake.creations++;
    fake.topic_missing = false;
    p->told->created(p->context, "f", RD_KAFKA_RESP_ERR_NO_ERROR, NULL);
    p->told->created(p->context, "s", RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, NULL);
}

static rd_kafka_resp_err_t
fake_produce(struct world_producer *p, const struct document *document, uint64_t opaque) {
    unsigned int hash = (unsigned int)document->kind, waiting = 0;
    for (size_t i = 0; i < p->count; i++)
        waiting += p->messages[i].state != FAKE_REPORTED;
    if (p->stopped)
        return RD_KAFKA_RESP_ERR__FATAL;
    if (waiting >= fake.queue_max || p->count == FAKE_MESSAGES)
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    for (size_t i = 0; i < document->key_length; i++)
        hash = hash * 31 + (unsigned char)document->key[i];
    p->messages[p->count++] =
        (struct fake_message){.document = *document, .opaque = opaque, .partition = hash % FAKE_PARTITIONS};
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool
one_in(unsigned int so_many) {
    return so_many > 0 && fake_random(so_many) == 0;
}

// Up to FAKE_REQUEST documents of a partition, from the first that waits: they arrive together or fail together.
static void
fake_request(struct world_producer *p, unsigned int partition) {
    struct fake_message *request[FAKE_REQUEST];
    size_t count = 0, wanted = 1 + fake_random(FAKE_REQUEST);
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < p->count && count < wanted; i++)
        if (p->messages[i].state == FAKE_QUEUED && p->messages[i].partition == partition)
            request[count++] = &p->messages[i];
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (fake.largest > 0 && request[i]->document.length > fake.largest)
            error = fake.refusal != 0 ? fake.refusal : RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    if (fake.topic_missing)
        error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    else if (one_in(fake.fail_in))
        error = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    bool lost = error == RD_KAFKA_RESP_ERR_NO_ERROR && one_in(fake.fatal_in); // it arrives, and nobody is told
    for (size_t i = 0; i < count; i++) {
        request[i]->state = FAKE_SENT;
        request[i]->error = lost ? RD_KAFKA_RESP_ERR__FATAL : error;
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR && fake.log_count < FAKE_LOG) {
            fake.log_partition[fake.log_count] = partition;
            fake.log[fake.log_count++] = request[i]->document.text;
        }
    }
    if (lost || (error != RD_KAFKA_RESP_ERR_NO_ERROR && p->gapless)) {
        p->stopped = true;
        p->told->failed(p->context,
                        lost ? RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER : RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
                        "ProduceRequest failed", true);
    }
}

static void
fake_poll(struct world_producer *p, bool hurry) {
    fake.now_ns += hurry ? 1000000 : 10000;
    for (unsigned int i = 0; i < 2 && !p->stopped && !fake.down; i++)
        fake_request(p, (unsigned int)fake_random(FAKE_PARTITIONS));
    size_t from = fake_random(p->count);
    for (size_t i = 0; i < p->count; i++) {
        struct fake_message *message = &p->messages[(from + i) % p->count];
        if (message->state != FAKE_SENT || one_in(fake.silent_in))
            continue;
        message->state = FAKE_REPORTED;
        p->told->delivered(p->context, message->opaque, message->error);
    }
    while (p->count > 0 && p->messages[p->count - 1].state == FAKE_REPORTED)
        p->count--;
}

static void
fake_give_up(struct world_producer *p, bool in_flight) {
    for (size_t i = 0; i < p->count; i++) {
        struct fake_message *message = &p->messages[i];
        if (message->state == FAKE_QUEUED)
            message->error = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
        else if (message->state == FAKE_SENT && in_flight)
            message->error = RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
        if (message->state == FAKE_QUEUED)
            message->state = FAKE_SENT;
    }
}

static void
fake_close(struct world_producer *p, unsigned int wait_ms) {
    (void)wait_ms;
    fake.closed++;
    free(p);
}

static uint64_t
fake_now(void) {
    return fake.now_ns;
}

static const struct world_kafka fake_kafka = {fake_open, fake_create_topics, fake_produce,
                                              fake_poll, fake_give_up,       fake_close};
static const struct world_clock fake_clock = {fake_now, fake_now};
static const struct world fake_world = {.clock = &fake_clock, .kafka = &fake_kafka};
