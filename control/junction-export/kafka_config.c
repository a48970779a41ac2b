// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_config.h"

#include <jansson.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

struct property {
    const char *name, *value;
};

// Nothing is given up (no timeout of a message), nothing written twice by a retry, everything on all replicas.
static const struct property relied_on[] = {
    {"client.id", "junction-export"}, {"enable.idempotence", "true"},      {"acks", "all"},
    {"message.timeout.ms", "0"},      {"statistics.interval.ms", "60000"},
};

static bool
has_property(const struct jn_config_sink *config, const char *name, const char *alias) {
    for (size_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, name) == 0 || strcmp(config->properties[i].name, alias) == 0)
            return true;
    return false;
}

static bool
set_property(rd_kafka_conf_t *conf, const char *name, const char *value, char err[JN_ERR_MAX]) {
    char reason[JN_ERR_MAX / 2];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
        return true;
    snprintf(err, JN_ERR_MAX, "sink.properties[\"%s\"]: %s", name, reason);
    return false;
}

// librdkafka's threads block all signals. One that makes a system call that is on no list would end the process without a
// word of which it was; and who resolves names is any module that the host's nsswitch.conf names.
static int
resolve(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found, void *opaque) {
    sigset_t set;
    (void)opaque;
    if (node == NULL && service == NULL && hints == NULL) {
        freeaddrinfo(*found);
        return 0;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGSYS);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return getaddrinfo(node, service, hints, found);
}

rd_kafka_conf_t *
kafka_config_begin(const struct jn_config_sink *config, char err[JN_ERR_MAX]) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_resolve_cb(conf, resolve);
    bool good = has_property(config, "compression.codec", "compression.type") ||
                set_property(conf, "compression.codec", "lz4", err);
    for (size_t i = 0; good && i < sizeof(relied_on) / sizeof(relied_on[0]); i++)
        good = set_property(conf, relied_on[i].name, relied_on[i].value, err);
    if (good)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

rd_kafka_conf_t *
kafka_config(const struct jn_config_sink *config, char err[JN_ERR_MAX]) {
    if (!has_property(config, "bootstrap.servers", "metadata.broker.list")) {
        snprintf(err, JN_ERR_MAX, "sink.properties: expected \"bootstrap.servers\", found none");
        return NULL;
    }
    rd_kafka_conf_t *conf = kafka_config_begin(config, err);
    bool good = conf != NULL;
    for (size_t i = 0; good && i < config->property_count; i++)
        good = set_property(conf, config->properties[i].name, config->properties[i].value, err);
    if (good || conf == NULL)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static void
on_error(rd_kafka_t *kafka, int code, const char *reason, void *opaque) {
    struct kafka_words *words = opaque;
    char text[512];
    switch (code) {
    case RD_KAFKA_RESP_ERR__FATAL:
        code = rd_kafka_fatal_error(kafka, text, sizeof(text));
        words->fatal = true;
        jn_log(JN_LOG_ERROR, "kafka: the producer cannot go on: %s: %s", rd_kafka_err2str(code), text);
        break;
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        if (!words->down)
            sink_trouble(words->view, "see that the brokers run, and that this host may reach them",
                         "no broker can be reached: %s", reason);
        words->down = true;
        break;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE: jn_log_limited(&words->errors, 1, JN_LOG_DEBUG, "kafka: %s", reason); break;
    default: jn_log_limited(&words->errors, 1, JN_LOG_WARNING, "kafka: %s: %s", rd_kafka_err2str(code), reason);
    }
}

static void
on_throttle(rd_kafka_t *kafka, const char *broker, int32_t id, int milliseconds, void *opaque) {
    struct kafka_words *words = opaque;
    (void)kafka;
    jn_log_limited(&words->throttles, 1, JN_LOG_WARNING, "kafka: broker %s (%d) holds us back for %d ms: its quota",
                   broker, id, milliseconds);
}

static unsigned int
brokers_up(const json_t *brokers) {
    unsigned int up = 0;
    const char *name;
    json_t *broker;
    json_object_foreach((json_t *)brokers, name, broker) {
        const char *state = json_string_value(json_object_get(broker, "state"));
        up += state != NULL && strcmp(state, "UP") == 0;
    }
    return up;
}

static int
on_statistics(rd_kafka_t *kafka, char *json, size_t length, void *opaque) {
    (void)kafka;
    (void)opaque;
    json_t *root = json_loadb(json, length, 0, NULL);
    long long waiting = json_integer_value(json_object_get(root, "msg_cnt"));
    long long sent = json_integer_value(json_object_get(root, "txmsgs"));
    unsigned int up = brokers_up(json_object_get(root, "brokers"));
    jn_log(up == 0 && waiting > 0 ? JN_LOG_WARNING : JN_LOG_DEBUG,
           "kafka: %lld documents sent, %lld waiting, %u broker connections up", sent, waiting, up);
    json_decref(root);
    return 0; // the text stays librdkafka's
}

// librdkafka's own lines, from its threads. Failed connections come as errors too, said above.
static void
on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text) {
    static struct jn_log_limit limit;
    bool ours = level > LOG_WARNING || strcmp(facility, "FAIL") == 0 || strcmp(facility, "ERROR") == 0;
    (void)kafka;
    jn_log_limited(&limit, 5, ours ? JN_LOG_DEBUG : JN_LOG_WARNING, "librdkafka: %s: %s", facility, text);
}

void
kafka_words_install(rd_kafka_conf_t *conf, struct kafka_words *words) {
    rd_kafka_conf_set_opaque(conf, words);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_throttle_cb(conf, on_throttle);
    rd_kafka_conf_set_stats_cb(conf, on_statistics);
    rd_kafka_conf_set_log_cb(conf, on_log);
}
