// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_trouble.h"

#include <stdio.h>
#include <string.h>

#define E(name)  RD_KAFKA_RESP_ERR_##name
#define TRUST    "set ssl.ca.location to the certificates of who signed it, and name the broker as its certificate does"
#define SECURITY "set security.protocol to what the broker's listener speaks, or name the port of another listener"

// The first row that fits: error and a part of the reason. What stands behind `rest` in the reason follows the sentence.
static const struct row {
    rd_kafka_resp_err_t error;
    const char *part, *rest, *sentence, *advice;
} rows[] = {
    {E(_AUTHENTICATION), "Unsupported SASL mechanism", "supported mechanisms: ",
     "the broker does not take this SASL mechanism; it takes", "set sasl.mechanism to one that it takes"},
    {E(_AUTHENTICATION), "not valid in current SASL state", NULL, "the broker's listener knows no SASL", SECURITY},
    {E(_AUTHENTICATION), "uthentication", NULL, "authentication was refused: wrong user name or password",
     "see sasl.username and sasl.password, and that the broker has this user for this sasl.mechanism"},
    {E(_AUTHENTICATION), NULL, ": ", "authentication failed", "see sasl.mechanism, sasl.username and sasl.password"},
    {E(_SSL), "certificate verify failed", NULL, "the broker's certificate is not trusted, or is for another name",
     TRUST},
    {E(_SSL), "unexpected eof", NULL, "TLS is on here, but the broker's listener seems to be plain text", SECURITY},
    {E(_SSL), "wrong version number", NULL, "TLS is on here, but the broker's listener is plain text", SECURITY},
    {E(_SSL), "PLAINTEXT broker listener", NULL, "TLS is on here, but the broker's listener seems to be plain text",
     SECURITY},
    {E(_SSL), NULL, ": ", "TLS failed", "see the properties that begin with ssl."},
    {E(_TRANSPORT), "certificate verify failed", NULL,
     "the broker's certificate is not trusted, or is for another name", TRUST},
    {E(_TRANSPORT), "unexpected eof", NULL, "TLS is on here, but the broker's listener seems to be plain text",
     SECURITY},
    {E(_TRANSPORT), "SSL alert number", NULL, "the broker does not take our certificate, or misses it",
     "set ssl.certificate.location and ssl.key.location to a certificate that the broker trusts"},
    {E(_TRANSPORT), "SSL listener?", NULL, "the broker ends plain text: its listener seems to have TLS", SECURITY},
    {E(_TRANSPORT), "require SASL", NULL, "the broker ends the connection: its listener seems to want SASL",
     "set security.protocol to sasl_ssl or sasl_plaintext, and sasl.mechanism, sasl.username and sasl.password"},
    {E(_TRANSPORT), "Connection refused", NULL, "the connection is refused",
     "see that the broker runs, and that bootstrap.servers has its address and port"},
    {E(_TRANSPORT), "unreachable", NULL, "there is no way to the broker", "see addresses and routes of this host"},
    {E(_TRANSPORT), "No route to host", NULL, "there is no way to the broker", "see addresses and routes of this host"},
    {E(_TRANSPORT), NULL, ": ", "the connection failed", "see that the broker runs, and its log"},
    {E(_TIMED_OUT), NULL, ": ", "the broker does not answer", "see that the broker runs, and firewalls between"},
    {E(_RESOLVE), NULL, NULL, "the name does not resolve",
     "see bootstrap.servers, the broker's advertised.listeners, and this host's DNS or /etc/hosts"},
    {E(_BAD_MSG), NULL, NULL, "what answers there does not speak Kafka's protocol",
     "see that bootstrap.servers names a broker's port, and security.protocol whether it has TLS"},
    {E(_UNDERFLOW), NULL, NULL, "what answers there does not speak Kafka's protocol",
     "see that bootstrap.servers names a broker's port"},
    {E(_ALL_BROKERS_DOWN), NULL, NULL, "no broker can be reached",
     "see that brokers run, and that bootstrap.servers names them"},
    {E(UNKNOWN_TOPIC_OR_PART), NULL, NULL, "the topic does not exist",
     "create it, or have it created: `create` in the sink's configuration"},
    {E(_UNKNOWN_TOPIC), NULL, NULL, "the topic does not exist",
     "create it, or have it created: `create` in the sink's configuration"},
    {E(_UNKNOWN_PARTITION), NULL, NULL, "the topic has fewer partitions than before: it was made anew", NULL},
    {E(TOPIC_EXCEPTION), NULL, NULL, "the broker does not take the topic's name", "set another in `topics`"},
    {E(TOPIC_AUTHORIZATION_FAILED), NULL, NULL, "the broker does not let this user use the topic",
     "allow Describe and Write on it (and Create, with `create`), such as by kafka-acls --add"},
    {E(CLUSTER_AUTHORIZATION_FAILED), NULL, NULL, "the broker does not let this user write, or create topics",
     "allow IdempotentWrite on the cluster, and Create with `create`, such as by kafka-acls --add"},
    {E(OUT_OF_ORDER_SEQUENCE_NUMBER), NULL, NULL, "the broker has lost count of our documents", NULL},
    {E(UNKNOWN_PRODUCER_ID), NULL, NULL, "the broker has lost count of our documents", NULL},
    {E(INVALID_PRODUCER_EPOCH), NULL, NULL, "the broker has lost count of our documents", NULL},
    {E(_GAPLESS_GUARANTEE), NULL, NULL, "a request was refused", NULL},
    {E(INVALID_REPLICATION_FACTOR), NULL, NULL, "there are fewer brokers than a new topic is to have replicas",
     "lower `create.replication_factor`"},
    {E(INVALID_PARTITIONS), NULL, NULL, "the broker does not take this number of partitions",
     "change `create.partitions`"},
    {E(INVALID_CONFIG), NULL, NULL, "the broker does not take what a new topic is to be like", "change `create`"},
    {E(POLICY_VIOLATION), NULL, NULL, "the broker has a rule against it", "ask who runs the broker"},
};

// Copy what is said: librdkafka puts who said it before, and how long it took behind.
static void
copy_rest(char *to, size_t size, const char *from) {
    const char *end = strstr(from, " (after ");
    size_t length = end != NULL ? (size_t)(end - from) : strlen(from);
    snprintf(to, size, "%.*s", (int)(length < size ? length : size - 1), from);
}

// "sasl_ssl://host:9092/bootstrap: Text" begins with a broker.
static void
begin(char *sentence, const char *reason, const char *topic) {
    const char *end = strstr(reason, ": "), *protocol = strstr(reason, "://");
    const char *from = protocol != NULL && protocol < end ? protocol + 3 : reason;
    const char *slash = end != NULL ? memchr(from, '/', (size_t)(end - from)) : NULL;
    if (topic != NULL)
        snprintf(sentence, KAFKA_SENTENCE_MAX, "topic %s: ", topic);
    else if (slash != NULL)
        snprintf(sentence, KAFKA_SENTENCE_MAX, "%.*s: ", (int)(slash - from), from);
    else
        sentence[0] = '\0';
}

static const struct row *
row_of(rd_kafka_resp_err_t error, const char *reason) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].error == error && (rows[i].part == NULL || strstr(reason, rows[i].part) != NULL))
            return &rows[i];
    return NULL;
}

const char *
kafka_trouble(rd_kafka_resp_err_t error, const char *reason, const char *topic, char sentence[KAFKA_SENTENCE_MAX]) {
    const struct row *row = row_of(error, reason);
    char rest[KAFKA_SENTENCE_MAX] = "";
    begin(sentence, reason, topic);
    size_t length = strlen(sentence), room = KAFKA_SENTENCE_MAX - length;
    if (row == NULL) {
        const char *said = reason[0] != '\0' ? strstr(reason, ": ") : NULL;
        copy_rest(rest, sizeof(rest), said != NULL ? said + 2 : reason[0] != '\0' ? reason : rd_kafka_err2str(error));
        snprintf(sentence + length, room, "%s", rest);
        return NULL;
    }
    const char *from = row->rest != NULL ? strstr(reason, row->rest) : NULL;
    if (from != NULL)
        copy_rest(rest, sizeof(rest), from + strlen(row->rest));
    snprintf(sentence + length, room, "%s%s%s", row->sentence,
             rest[0] == '\0'                ? ""
             : strcmp(row->rest, ": ") == 0 ? ": "
                                            : " ",
             rest);
    return row->advice;
}

bool
kafka_refuses(rd_kafka_resp_err_t error) {
    return error == E(MSG_SIZE_TOO_LARGE) || error == E(INVALID_MSG_SIZE) || error == E(RECORD_LIST_TOO_LARGE) ||
           error == E(INVALID_RECORD) || error == E(INVALID_TIMESTAMP);
}

bool
kafka_passing(rd_kafka_resp_err_t error, const char *reason) {
    const struct row *row = row_of(error, reason);
    return (error == E(_TRANSPORT) && (row->part == NULL || strcmp(row->part, "Connection refused") == 0)) ||
           error == E(_TIMED_OUT);
}
