// SPDX-License-Identifier: BSD-3-Clause
// A Kafka broker and its producer, by the promises that librdkafka gives: order within a partition, reports that are late,
// in any order between partitions, or lost until the producer gives up; a fatal error after which it only reports.
#define _GNU_SOURCE
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "world_kafka.h"

enum { PARTITIONS = 3, MESSAGES = 1024 };

struct message {
    struct document document;
    uint64_t opaque;
    unsigned int partition;
    bool sent;
    rd_kafka_resp_err_t error; // of one that is sent
};

struct world_producer {
    struct sim_remote *remote;
    struct message messages[MESSAGES];
    unsigned int count;
    bool gapless, stopped;
    const struct world_kafka_told *told;
    void *context;
};

// The last character of the sink's name is the number of the remote.
static struct world_producer *
open_producer(const struct jn_config_sink *config, bool gapless, const struct world_kafka_told *told, void *context,
              char err[JN_ERR_MAX]) {
    struct world_producer *p = calloc(1, sizeof(*p));
    (void)err;
    if (p == NULL)
        abort();
    p->remote = &sim_remotes[config->name[strlen(config->name) - 1] - '0'];
    p->gapless = gapless;
    p->told = told;
    p->context = context;
    return p;
}

static void
create_topics(struct world_producer *p) {
    (void)p;
}

static rd_kafka_resp_err_t
produce(struct world_producer *p, const struct document *document, uint64_t opaque) {
    unsigned int hash = (unsigned int)document->kind;
    if (p->stopped)
        return RD_KAFKA_RESP_ERR__FATAL;
    if (p->count == MESSAGES || (p->remote->full != 0 && sim_one_in(p->remote->full)))
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    for (size_t i = 0; i < document->key_length; i++)
        hash = hash * 31 + (unsigned char)document->key[i];
    p->messages[p->count++] = (struct message){.document = *document, .opaque = opaque, .partition = hash % PARTITIONS};
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

// What comes back from the sink is the text, and whose it is.
static uint64_t
bytes_of(const struct document *document) {
    const char *end = document->text + document->length;
    const char *network = memmem(document->text, document->length, "\"network\":{", 11);
    const char *bytes = network != NULL ? memmem(network, (size_t)(end - network), "\"bytes\":", 8) : NULL;
    return bytes != NULL ? strtoull(bytes + 8, NULL, 10) : 0;
}

static bool
refused(struct sim_remote *remote, const struct document *document) {
    uint64_t number = bytes_of(document) - SIM_BYTES;
    return document->kind == DOCUMENT_FLOW && remote->refuse != 0 && number % remote->refuse == 0;
}

// Some documents of a partition, from the first that waits: they arrive together or fail together.
static void
send_request(struct world_producer *p, unsigned int partition) {
    struct message *request[8];
    unsigned int count = 0, wanted = 1 + (unsigned int)sim_below(8);
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (unsigned int i = 0; i < p->count && count < wanted; i++)
        if (!p->messages[i].sent && p->messages[i].partition == partition) {
            request[count++] = &p->messages[i];
            if (refused(p->remote, &p->messages[i].document))
                error = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
        }
    bool trouble = p->remote->lose_answer != 0;
    if (trouble && sim_one_in(40))
        error = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    bool lost = error == RD_KAFKA_RESP_ERR_NO_ERROR && trouble && sim_one_in(60); // it arrives, and nobody is told
    for (unsigned int i = 0; i < count; i++) {
        const struct document *document = &request[i]->document;
        request[i]->sent = true;
        request[i]->error = lost ? RD_KAFKA_RESP_ERR__FATAL : error;
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
            sim_arrive(p->remote, document->kind == DOCUMENT_FLOW, bytes_of(document));
        else if (count == 1 && refused(p->remote, document))
            p->remote->refused[bytes_of(document) - SIM_BYTES] = true;
    }
    if (count > 0 && (lost || (error != RD_KAFKA_RESP_ERR_NO_ERROR && p->gapless))) {
        p->stopped = true;
        p->told->failed(p->context,
                        lost ? RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER : RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
                        "ProduceRequest failed", true);
    }
}

// Reports of a partition come in its order.
static void
report(struct world_producer *p) {
    bool silent[PARTITIONS];
    for (unsigned int i = 0; i < PARTITIONS; i++)
        silent[i] = sim_one_in(3);
    for (unsigned int i = 0; i < p->count;) {
        struct message message = p->messages[i];
        if (!message.sent || silent[message.partition]) {
            i++;
            continue;
        }
        p->count--;
        memmove(&p->messages[i], &p->messages[i + 1], (p->count - i) * sizeof(message));
        p->told->delivered(p->context, message.opaque, message.error);
    }
}

static void
poll(struct world_producer *p, bool hurry) {
    (void)hurry;
    for (unsigned int i = 0; i < 16 && !p->stopped && !p->remote->down; i++)
        send_request(p, (unsigned int)sim_below(PARTITIONS));
    if (!p->remote->down || p->stopped)
        report(p);
}

static void
give_up(struct world_producer *p, bool in_flight) {
    p->stopped = true;
    for (unsigned int i = 0; i < p->count; i++) {
        struct message *message = &p->messages[i];
        if (!message->sent)
            message->error = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
        else if (in_flight)
            message->error = RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
        message->sent = true;
    }
}

static void
close_producer(struct world_producer *p, unsigned int wait_ms) {
    (void)wait_ms;
    free(p);
}

const struct world_kafka sim_kafka = {open_producer, create_topics, produce, poll, give_up, close_producer};
