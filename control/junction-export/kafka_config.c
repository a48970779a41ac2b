// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_config.h"

#include <stdio.h>
#include <string.h>

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

rd_kafka_conf_t *
kafka_config(const struct jn_config_sink *config, char err[JN_ERR_MAX]) {
    if (!has_property(config, "bootstrap.servers", "metadata.broker.list")) {
        snprintf(err, JN_ERR_MAX, "sink.properties: expected \"bootstrap.servers\", found none");
        return NULL;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool good = has_property(config, "compression.codec", "compression.type") ||
                set_property(conf, "compression.codec", "lz4", err);
    for (size_t i = 0; good && i < sizeof(relied_on) / sizeof(relied_on[0]); i++)
        good = set_property(conf, relied_on[i].name, relied_on[i].value, err);
    for (size_t i = 0; good && i < config->property_count; i++)
        good = set_property(conf, config->properties[i].name, config->properties[i].value, err);
    if (good)
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}
