// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_config.h"

#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

struct property {
    const char *name, *value;
};

// Nothing is given up (no timeout of a message), nothing written twice by a retry, everything on all replicas. A topic that
// is missing is said after seconds; who made it only just is given those.
static const struct property relied_on[] = {
    {"client.id", "junction-export"}, {"enable.idempotence", "true"},     {"acks", "all"},
    {"message.timeout.ms", "0"},      {"statistics.interval.ms", "5000"}, {"topic.metadata.propagation.max.ms", "5000"},
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
    // Else a broker that creates what it is asked for were the first.
    if (good && config->create.wanted)
        good = set_property(conf, "allow.auto.create.topics", "false", err);
    if (good)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

// librdkafka's own lines, from its threads. Failed connections come as errors too, and are said by the sink; that it waits
// for its id is no news, and what is experimental is known.
static void
on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text) {
    static struct jn_log_limit limit;
    static const char *const known[] = {"FAIL", "ERROR", "GETPID"};
    bool ours = level > LOG_WARNING || strstr(text, "enable.gapless.guarantee is experimental") != NULL;
    (void)kafka;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        ours = ours || strcmp(facility, known[i]) == 0;
    jn_log_limited(&limit, 5, ours ? JN_LOG_DEBUG : JN_LOG_WARNING, "librdkafka: %s: %s", facility, text);
}

rd_kafka_conf_t *
kafka_config(const struct jn_config_sink *config, bool gapless, char err[JN_ERR_MAX]) {
    if (!has_property(config, "bootstrap.servers", "metadata.broker.list")) {
        snprintf(err, JN_ERR_MAX, "sink.properties: expected \"bootstrap.servers\", found none");
        return NULL;
    }
    rd_kafka_conf_t *conf = kafka_config_begin(config, err);
    bool good = conf != NULL;
    for (size_t i = 0; good && i < config->property_count; i++)
        good = set_property(conf, config->properties[i].name, config->properties[i].value, err);
    if (good)
        good = set_property(conf, "enable.gapless.guarantee", gapless ? "true" : "false", err);
    if (conf != NULL)
        rd_kafka_conf_set_log_cb(conf, on_log);
    if (good || conf == NULL)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}
