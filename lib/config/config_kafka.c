// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_kafka.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config_kind.h"
#include "config/config_secret.h"
#include "config/config_value.h"

enum { PROPERTY_BYTES = 4096 };

// What exactly-once in the index rests on; librdkafka has two names for some.
static const struct {
    const char *name, *values[2], *why;
} owned[] = {
    {"enable.idempotence", {"true", "1"}, "must be true: every record is to be written once and in order"},
    {"acks", {"all", "-1"}, "must be \"all\": a record is let go only when every replica has it"},
    {"request.required.acks", {"all", "-1"}, "must be \"all\": a record is let go only when every replica has it"},
    {"delivery.report.only.error", {"false", "0"}, "must be false: a record is let go when its delivery is reported"},
    {"log.queue", {"false", "0"}, "must be false: what librdkafka says goes into Junction's log"},
};

#define RUNS_CODE "is refused: it runs or loads code in junction-export"
#define NO_TESTS  "is refused: documents would go to brokers that librdkafka only plays"

// Properties that are refused whatever their value. A name that ends with a dot stands for all that begin with it.
static const struct {
    const char *name, *why;
} refused[] = {
    {"plugin.library.paths", RUNS_CODE},
    {"sasl.kerberos.", RUNS_CODE},
    {"ssl.engine.location", RUNS_CODE},
    {"ssl.engine.id", RUNS_CODE},
    {"ssl.providers", RUNS_CODE},
    {"test.", NO_TESTS},
    {"transactional.id", "is refused: Junction has no transactions, and nothing could be sent in one"},
    {"internal.termination.signal", "is refused: the signal would be for junction-export itself"},
    {"enabled_events", "is refused: deliveries would be reported to nobody"},
};

// librdkafka takes a topic's property also with this before its name.
static const char *
plain_name(const char *name) {
    return strncmp(name, "topic.", 6) == 0 ? name + 6 : name;
}

bool
jn_kafka_names_brokers(const char *property) {
    return strcmp(property, "bootstrap.servers") == 0 || strcmp(property, "metadata.broker.list") == 0;
}

static void
check_owned(struct jn_reader *reader, const char *name, const char *value, const struct jn_json_step *at) {
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        if (strcmp(plain_name(name), owned[i].name) == 0 && strcasecmp(value, owned[i].values[0]) != 0 &&
            strcmp(value, owned[i].values[1]) != 0)
            jn_reader_error(reader, at, "%s", owned[i].why);
}

static void
check_refused(struct jn_reader *reader, const char *name, const struct jn_json_step *at) {
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        size_t length = strlen(refused[i].name);
        bool prefix = refused[i].name[length - 1] == '.';
        if (strncasecmp(plain_name(name), refused[i].name, prefix ? length : length + 1) == 0)
            jn_reader_error(reader, at, "%s", refused[i].why);
    }
}

static bool
protocol_known(const char *text, size_t length) {
    static const char *const names[] = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == length && strncasecmp(text, names[i], length) == 0)
            return true;
    return false;
}

// One "host", "host:port" or "protocol://host:port" of a list; librdkafka leaves out what it cannot read.
static bool
broker_sound(const char *text, size_t length) {
    char entry[300], *end;
    if (length >= sizeof(entry))
        return false;
    memcpy(entry, text, length);
    entry[length] = '\0';
    char *protocol = strstr(entry, "://"), *port;
    char *host = protocol != NULL ? protocol + 3 : entry;
    if (protocol != NULL && !protocol_known(entry, (size_t)(protocol - entry)))
        return false;
    port = host[0] == '[' ? strchr(host, ']') : strrchr(host, ':');
    if (host[0] == '[' && port++ == NULL)
        return false;
    if (host[0] == '\0' || host[0] == ':' || strpbrk(host, " \t\r\n/") != NULL)
        return false;
    if (port == NULL || *port == '\0')
        return true;
    long number = *port == ':' ? strtol(port + 1, &end, 10) : 0;
    return number >= 1 && number <= 65535 && *end == '\0' && port[1] >= '0' && port[1] <= '9';
}

static void
check_brokers(struct jn_reader *reader, const char *value, const struct jn_json_step *at) {
    size_t count = 0;
    for (const char *from = value + strspn(value, " ,"); *from != '\0'; from += strspn(from, " ,")) {
        size_t length = strcspn(from, ",");
        size_t trimmed = length;
        while (from[trimmed - 1] == ' ')
            trimmed--;
        if (!broker_sound(from, trimmed)) {
            char shown[JN_SHOWN_MAX];
            jn_reader_error(reader, at, "expected \"host\" or \"host:port\" with commas between, found %s",
                            jn_text_shown(value, shown));
            return;
        }
        from += length;
        count++;
    }
    if (count == 0)
        jn_reader_error(reader, at, "names no broker");
}

// With Kerberos, which librdkafka takes where no other mechanism is named, it runs a command to get its ticket.
static void
check_kerberos(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    const char *uses_sasl = NULL, *mechanism = NULL;
    for (size_t i = 0; i < sink->property_count; i++) {
        const struct jn_config_property *p = &sink->properties[i];
        if (strcmp(p->name, "security.protocol") == 0 && p->value != NULL && strncasecmp(p->value, "sasl_", 5) == 0)
            uses_sasl = p->name;
        if (strcmp(p->name, "sasl.mechanism") != 0 && strcmp(p->name, "sasl.mechanisms") != 0)
            continue;
        mechanism = p->name;
        if (p->value != NULL && strcasecmp(p->value, "GSSAPI") == 0)
            jn_reader_error(reader, JN_MEMBER(at, p->name), "Kerberos is refused: librdkafka runs a command for it");
    }
    if (uses_sasl != NULL && mechanism == NULL)
        jn_reader_error(reader, JN_MEMBER(at, uses_sasl),
                        "needs \"sasl.mechanism\": without it librdkafka takes Kerberos, and runs a command for it");
}

static const char *
value_of(const struct jn_config_sink *sink, const char *name) {
    for (size_t i = 0; i < sink->property_count; i++)
        if (sink->properties[i].value != NULL && strcmp(sink->properties[i].name, name) == 0)
            return sink->properties[i].value;
    return "";
}

// Without a token nothing is ever sent, and librdkafka waits in silence for somebody who brings one.
static void
check_token(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    static const char *const names[] = {"sasl.mechanism", "sasl.mechanisms"};
    const char *unsecure = value_of(sink, "enable.sasl.oauthbearer.unsecure.jwt");
    bool brought = strcasecmp(value_of(sink, "sasl.oauthbearer.method"), "oidc") == 0 ||
                   strcasecmp(unsecure, "true") == 0 || strcmp(unsecure, "1") == 0;
    for (size_t i = 0; i < 2; i++)
        if (!brought && strcasecmp(value_of(sink, names[i]), "OAUTHBEARER") == 0)
            jn_reader_error(reader, JN_MEMBER(at, names[i]), "needs \"sasl.oauthbearer.method\": \"oidc\"");
}

static void
check_property(struct jn_reader *reader, const char *name, const char *value, const struct jn_json_step *at) {
    check_owned(reader, name, value, at);
    check_refused(reader, name, at);
    if (jn_kafka_names_brokers(name))
        check_brokers(reader, value, at);
}

// What is judged by its value has to stand in the configuration.
static void
check_reference(struct jn_reader *reader, const char *name, const json_t *value, const struct jn_json_step *at) {
    static const char *const judged[] = {"bootstrap.servers",
                                         "metadata.broker.list",
                                         "security.protocol",
                                         "sasl.mechanism",
                                         "sasl.mechanisms",
                                         "sasl.oauthbearer.method",
                                         "enable.sasl.oauthbearer.unsecure.jwt"};
    char sentence[JN_SENTENCE_MAX];
    bool here = false;
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        here = here || strcmp(plain_name(name), owned[i].name) == 0;
    for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++)
        here = here || strcmp(name, judged[i]) == 0;
    if (here)
        jn_reader_error(reader, at, "its value has to stand here: it is no secret, and Junction looks at it");
    else if (!jn_secret_reference_sound(value, sentence))
        jn_reader_error(reader, at, "%s", sentence);
    check_refused(reader, name, at);
}

// Booleans as words and numbers in digits, which is how librdkafka takes them. Caller frees; NULL: not a plain value.
static char *
property_text(const json_t *value) {
    if (json_is_string(value))
        return strdup(json_string_value(value));
    return json_is_number(value) || json_is_boolean(value)
               ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))
               : NULL;
}

static void
check_value(struct jn_reader *reader, const char *name, const json_t *value, const char *text,
            const struct jn_json_step *at) {
    char shown[JN_SHOWN_MAX];
    if (strlen(name) == 0 || strlen(name) > 255 || (text != NULL && strlen(text) > PROPERTY_BYTES))
        jn_reader_error(reader, at, "a name has 1 to 255 bytes, a value at most %d", PROPERTY_BYTES);
    else if (json_is_object(value))
        check_reference(reader, name, value, at);
    else if (text == NULL)
        jn_reader_error(reader, at,
                        "expected text, a number, true, false, {\"$file\": PATH} or {\"$env\": NAME}, found %s",
                        jn_value_shown(value, shown));
    else if (json_is_real(value) && strtod(text, NULL) != json_real_value(value))
        jn_reader_error(reader, at, "a number with so many digits is to be written as text");
    else
        check_property(reader, name, text, at);
}

static void
read_property(struct jn_reader *reader, struct jn_config_sink *sink, const char *name, const json_t *value,
              const struct jn_json_step *at) {
    char *text = property_text(value);
    check_value(reader, name, value, text, at);
    if (sink->properties != NULL) {
        struct jn_config_property *property = &sink->properties[sink->property_count++];
        jn_secret_read(reader, property, name, value);
        if (property->value == NULL)
            property->value = text;
        else
            free(text);
    } else {
        free(text);
    }
}

static bool
any_brokers(const json_t *properties) {
    return json_object_get(properties, "bootstrap.servers") != NULL ||
           json_object_get(properties, "metadata.broker.list") != NULL;
}

void
jn_config_read_kafka(struct jn_reader *reader, struct jn_config_sink *out, const json_t *sink,
                     const struct jn_json_step *at) {
    const json_t *given = json_object_get(sink, "properties"), *properties = jn_get_part(sink, JN_KEY_SINK_PROPERTIES);
    const struct jn_json_step *step = JN_MEMBER(at, "properties");
    const char *name;
    json_t *value;
    out->properties = jn_reader_allocate(reader, json_object_size(properties), sizeof(*out->properties));
    json_object_foreach((json_t *)properties, name, value)
        read_property(reader, out, name, value, JN_MEMBER(step, name));
    check_kerberos(reader, out, step);
    check_token(reader, out, step);
    if (out->type == JN_SINK_KAFKA && (given == NULL || json_is_object(given)) && !any_brokers(given))
        jn_reader_error(reader, JN_MEMBER(step, "bootstrap.servers"), "missing; the sink's type is \"kafka\"");
}
