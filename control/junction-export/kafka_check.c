// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "config/config_kafka.h"
#include "config/config_load.h"
#include "export_confine.h"
#include "kafka_config.h"
#include "log.h"
#include "privilege.h"
#include "secrets.h"

// What librdkafka says beside its answer: the reason behind a reason, and warnings. One thread, one check at a time.
static struct {
    char error[JN_SENTENCE_MAX / 2]; // the first: it is the cause of those that follow
    char warnings[8][JN_SENTENCE_MAX / 2];
    size_t warning_count;
} said;

static void
on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text) {
    (void)kafka;
    // "[thrd:app]: " comes first, and the lack of brokers is this check's own doing.
    const char *from = text[0] == '[' && strstr(text, "]: ") != NULL ? strstr(text, "]: ") + 3 : text;
    if (strstr(text, "bootstrap.servers") != NULL)
        return;
    if (level <= LOG_ERR && said.error[0] == '\0')
        snprintf(said.error, sizeof(said.error), "%s", from);
    else if (level == LOG_WARNING && strcmp(facility, "CONFWARN") == 0 &&
             said.warning_count < sizeof(said.warnings) / sizeof(said.warnings[0]))
        snprintf(said.warnings[said.warning_count++], sizeof(said.warnings[0]), "%s", from);
}

// Does a sentence name the property: as it is, or in `quotes` by the short form of a name that goes on after a dot?
static bool
names_property(const char *sentence, const char *name) {
    const char *quoted = strchr(sentence, '`');
    size_t length = quoted != NULL ? strcspn(quoted + 1, "`") : 0;
    return strstr(sentence, name) != NULL ||
           (length > 0 && strncmp(name, quoted + 1, length) == 0 && name[length] == '.');
}

// The property of the configuration that a sentence names: the longest, for some are the beginning of others.
static const char *
property_named(const struct jn_config_sink *sink, const char *sentence) {
    const char *found = NULL;
    for (size_t i = 0; i < sink->property_count; i++) {
        const char *name = sink->properties[i].name;
        if (names_property(sentence, name) && (found == NULL || strlen(name) > strlen(found)))
            found = name;
    }
    return found;
}

// Of a file that a property names and that this user may not read, or that is not there, OpenSSL's reason tells little.
static void
add_file(const struct jn_config_sink *sink, const char *name, char *sentence, size_t size) {
    static const char ending[] = ".location";
    size_t length = name != NULL ? strlen(name) : 0, used = strlen(sentence);
    char hint[80];
    if (length < sizeof(ending) || strcmp(name + length - (sizeof(ending) - 1), ending) != 0)
        return;
    for (size_t i = 0; i < sink->property_count; i++) {
        const struct jn_config_property *p = &sink->properties[i];
        if (strcmp(p->name, name) == 0 && p->value != NULL && access(p->value, R_OK) < 0)
            snprintf(sentence + used, size - used, " (%.160s: %s%s)", p->value, strerror(errno),
                     jn_privilege_hint(errno, hint, sizeof(hint)));
    }
}

static void
say(struct jn_reader *reader, bool warning, const struct jn_config_sink *sink, const struct jn_json_step *properties,
    const char *sentence) {
    const char *name = property_named(sink, sentence);
    struct jn_json_step member = {.parent = properties, .key = name};
    const struct jn_json_step *at = name != NULL ? &member : properties;
    char shown[JN_SENTENCE_MAX + 8];
    snprintf(shown, sizeof(shown), "%s", sentence);
    if (!warning)
        add_file(sink, name, shown, sizeof(shown));
    secrets_hide(shown);
    if (warning)
        jn_reader_warn(reader, at, "%s", shown);
    else
        jn_reader_error(reader, at, "%s", shown);
}

// Every property by itself, all of them, so that no error hides another.
static bool
set_all(struct jn_reader *reader, rd_kafka_conf_t *conf, const struct jn_config_sink *sink,
        const struct jn_json_step *properties) {
    char reason[JN_SENTENCE_MAX];
    bool good = true;
    for (size_t i = 0; i < sink->property_count; i++) {
        const struct jn_config_property *p = &sink->properties[i];
        good = good && p->value != NULL; // else a variable is not set, which was said
        if (p->value == NULL || jn_kafka_names_brokers(p->name) ||
            rd_kafka_conf_set(conf, p->name, p->value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
            continue;
        reason[strcspn(reason, "\n")] = '\0';
        secrets_hide(reason);
        jn_reader_error(reader, JN_MEMBER(properties, p->name), "%s", reason);
        good = false;
    }
    return good;
}

static void
try_producer(struct jn_reader *reader, rd_kafka_conf_t *conf, const struct jn_config_sink *sink,
             const struct jn_json_step *properties) {
    char reason[JN_SENTENCE_MAX / 2], sentence[JN_SENTENCE_MAX + 8];
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (kafka == NULL) {
        rd_kafka_conf_destroy(conf);
        snprintf(sentence, sizeof(sentence), "%s%s%s", reason, said.error[0] != '\0' ? ": " : "", said.error);
        say(reader, false, sink, properties, sentence);
        return;
    }
    // A topic has rules of its own, which are looked at when it is made.
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, sink->topic_flow, NULL);
    if (topic == NULL)
        say(reader, false, sink, properties, rd_kafka_err2str(rd_kafka_last_error()));
    else
        rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(kafka);
}

void
kafka_check(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    const struct jn_json_step *properties = JN_MEMBER(at, "properties");
    char err[JN_ERR_MAX];
    if (sink->type != JN_SINK_KAFKA && sink->property_count == 0)
        return;
    memset(&said, 0, sizeof(said));
    rd_kafka_conf_t *conf = kafka_config_begin(sink, err);
    if (conf == NULL) {
        jn_reader_error(reader, properties, "%s", err);
        return;
    }
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (set_all(reader, conf, sink, properties))
        try_producer(reader, conf, sink, properties);
    else
        rd_kafka_conf_destroy(conf);
    for (size_t i = 0; i < said.warning_count; i++)
        say(reader, true, sink, properties, said.warnings[i]);
}

// The file and its secrets are read as who started us; what properties name is read by who reads it later on.
static void
check_as_exporter(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    char err[JN_ERR_MAX];
    bool first = sink == reader->config->sinks;
    if (first)
        secrets_resolve(reader, SECRETS_CHECK);
    if (first && (jn_privilege_begin(err) < 0 || export_confine_user(err) < 0))
        jn_reader_error(reader, at, "%s", err);
    else
        kafka_check(reader, sink, at);
}

int
kafka_check_file(const char *path) {
    struct jn_config_errors errors = {0};
    jn_log_set_level(JN_LOG_ERROR); // who runs this is no news
    struct jn_config *config = jn_config_load_checked(path, check_as_exporter, &errors);
    jn_config_errors_print(&errors);
    jn_config_errors_free(&errors);
    int status = config != NULL ? 0 : 1;
    jn_config_free(config);
    return status;
}
