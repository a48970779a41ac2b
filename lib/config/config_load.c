// SPDX-License-Identifier: BSD-3-Clause
// From a file or a text to a struct jn_config, or to its errors.
#define _GNU_SOURCE
#include "config/config_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_application.h"
#include "config/config_compile.h"
#include "config/config_dataplane.h"
#include "config/config_kind.h"
#include "config/config_sink.h"
#include "config/config_vpg.h"

static void
read_top(struct jn_reader *reader, const json_t *root) {
    struct jn_config *config = reader->config;
    const json_t *inspection = jn_get_part(root, JN_KEY_INSPECTION);
    const char *node = jn_get_text(root, JN_KEY_NODE);
    if (node != NULL)
        jn_copy_text(config->node, sizeof(config->node), node);
    else
        gethostname(config->node, sizeof(config->node) - 1); // a longer name is cut: the rest stays zero
    config->managed = jn_get_bool(root, JN_KEY_MANAGED);
    config->log_level = (enum jn_log_level)jn_get_word(root, JN_KEY_LOG_LEVEL);
    jn_copy_text(config->socket, sizeof(config->socket),
                 jn_get_text(jn_get_part(root, JN_KEY_CONTROL), JN_KEY_CONTROL_SOCKET));
    if (config->socket[0] != '\0' && config->socket[0] != '/')
        jn_reader_error(reader, JN_MEMBER(JN_MEMBER(NULL, "control"), "socket"),
                        "expected an absolute path, found \"%s\"", config->socket);
    config->interval_s = (uint32_t)jn_get_integer(inspection, JN_KEY_INTERVAL);
    config->idle_timeout_s = (uint32_t)jn_get_integer(inspection, JN_KEY_IDLE_TIMEOUT);
    config->tcp_linger_s = (uint32_t)jn_get_integer(inspection, JN_KEY_TCP_LINGER);
    config->top_flows = (uint32_t)jn_get_integer(inspection, JN_KEY_TOP_FLOWS);
    const json_t *documents = jn_get_part(root, JN_KEY_DOCUMENTS);
    config->flow_fields =
        (enum jn_flow_fields)jn_get_word(jn_get_part(documents, JN_KEY_DOCUMENTS_FLOW), JN_KEY_FLOW_FIELDS);
    config->status_documents = jn_get_bool(documents, JN_KEY_STATUS_DOCUMENTS);
}

// Sums over the whole file, such as rules with their port lists expanded, are known once it compiles.
static void
check_compiles(struct jn_reader *reader) {
    char err[JN_ERR_MAX];
    struct jn_policy *policy = jn_config_compile(reader->config, NULL, err);
    if (policy == NULL)
        jn_reader_file_error(reader, "%s", err);
    free(policy);
}

static void
read_document(struct jn_reader *reader, json_t *root) {
    reader->config->document = root;
    jn_config_check_shape(reader, root);
    if (!json_is_object(root))
        return;
    read_top(reader, root);
    jn_config_read_classifier(reader, jn_get_part(root, JN_KEY_CLASSIFIER));
    jn_config_read_dataplane(reader, jn_get_part(root, JN_KEY_DATAPLANE));
    jn_config_read_sinks(reader, root);
    jn_config_read_vpgs(reader, jn_get_part(root, JN_KEY_VPGS));
    if (reader->error_count == 0 && !reader->out_of_memory)
        check_compiles(reader);
}

// jansson quotes the text near an error as it found it. What is no key, and longer than a bracket, may be a secret.
static void
refuse_syntax(struct jn_reader *reader, json_error_t *error) {
    char *quoted = strstr(error->text, " near '");
    bool bracket = quoted != NULL && strlen(quoted) == strlen(" near '}'");
    if (quoted != NULL && !bracket && strncmp(error->text, "duplicate object key", 20) != 0)
        *quoted = '\0';
    for (char *at = error->text; *at != '\0'; at++)
        if (*at < 0x20 || *at >= 0x7f)
            *at = '?';
    static const char flag[] = "\\u0000 is not allowed without"; // goes on with a flag that users do not have
    bool nul = strncmp(error->text, flag, sizeof(flag) - 1) == 0;
    jn_reader_file_error(reader, "%s (line %d)", nul ? "\\u0000 in a string is not allowed" : error->text,
                         error->line > 0 ? error->line : 1);
}

static bool
blank(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (memchr(" \t\r\n", text[i], 4) == NULL)
            return false;
    return true;
}

static struct jn_config *
parse(const char *text, size_t length, const char *file, jn_sink_check *check_sink, struct jn_config_errors *errors) {
    struct jn_reader reader = {.text = text, .length = length, .file = file, .check_sink = check_sink};
    json_error_t error;
    json_t *root = NULL;
    *errors = (struct jn_config_errors){0};
    reader.config = jn_reader_allocate(&reader, 1, sizeof(*reader.config));
    if (blank(text, length))
        jn_reader_file_error(&reader, "empty, expected a JSON object");
    else if ((root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error)) == NULL)
        refuse_syntax(&reader, &error);
    if (root != NULL && reader.config != NULL)
        read_document(&reader, root);
    if (jn_reader_finish(&reader, errors))
        return reader.config;
    if (reader.config == NULL)
        json_decref(root);
    jn_config_free(reader.config);
    return NULL;
}

struct jn_config *
jn_config_parse(const char *text, size_t length, const char *file, struct jn_config_errors *errors) {
    return parse(text, length, file, NULL, errors);
}

// The whole of a file that may be a pipe. NULL with errno set; EFBIG when it is larger than any configuration.
static char *
read_all(int fd, size_t *length) {
    size_t room = 65536;
    char *text = malloc(room);
    for (*length = 0; text != NULL;) {
        ssize_t n = read(fd, text + *length, room - *length);
        if (n == 0)
            return text;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        *length += (size_t)n;
        if (*length < room)
            continue;
        if (room >= JN_CONFIG_MAX_BYTES) {
            errno = EFBIG;
            break;
        }
        room *= 2;
        char *larger = realloc(text, room);
        if (larger == NULL)
            break;
        text = larger;
    }
    int error = errno;
    free(text);
    errno = error;
    return NULL;
}

struct jn_config_text
jn_config_read(const char *path) {
    struct jn_config_text text = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    text.opened = fd >= 0;
    if (text.opened)
        text.text = read_all(fd, &text.length);
    text.error = text.text == NULL ? errno : 0;
    if (text.opened)
        close(fd);
    return text;
}

static struct jn_config *
from_text(struct jn_config_text *text, const char *path, jn_sink_check *check_sink, struct jn_config_errors *errors) {
    struct jn_reader reader = {.file = path};
    struct jn_config *config = NULL;
    if (text->text != NULL) {
        config = parse(text->text, text->length, path, check_sink, errors);
    } else {
        *errors = (struct jn_config_errors){0};
        jn_reader_file_error(&reader, "cannot be %s: %s", text->opened ? "read" : "opened", strerror(text->error));
        jn_reader_finish(&reader, errors);
    }
    if (text->text != NULL)
        explicit_bzero(text->text, text->length); // it may hold a secret
    free(text->text);
    text->text = NULL;
    return config;
}

struct jn_config *
jn_config_from_text(struct jn_config_text *text, const char *path, struct jn_config_errors *errors) {
    return from_text(text, path, NULL, errors);
}

struct jn_config *
jn_config_load(const char *path, struct jn_config_errors *errors) {
    return jn_config_load_checked(path, NULL, errors);
}

struct jn_config *
jn_config_load_checked(const char *path, jn_sink_check *check_sink, struct jn_config_errors *errors) {
    struct jn_config_text text = jn_config_read(path);
    return from_text(&text, path, check_sink, errors);
}

void
jn_config_errors_log(const struct jn_config_errors *errors) {
    for (size_t i = 0; i < errors->count; i++)
        jn_log(JN_LOG_ERROR, "%s", errors->text[i]);
    for (size_t i = 0; i < errors->warning_count; i++)
        jn_log(JN_LOG_WARNING, "%s", errors->warning[i]);
}

void
jn_config_errors_print(const struct jn_config_errors *errors) {
    for (size_t i = 0; i < errors->count; i++)
        fprintf(stderr, "%s\n", errors->text[i]);
    for (size_t i = 0; i < errors->warning_count; i++)
        fprintf(stderr, "warning: %s\n", errors->warning[i]);
}

static void
free_vpg(struct jn_config_vpg *vpg) {
    for (unsigned int i = 0; i < vpg->rule_count; i++) {
        free(vpg->rules[i].device_ports);
        free(vpg->rules[i].remote_ports);
        jn_config_free_application(vpg->rules[i].application);
    }
    free(vpg->rules);
    free(vpg->subnets);
    free(vpg->devices);
}

void
jn_config_free(struct jn_config *config) {
    if (config == NULL)
        return;
    for (unsigned int i = 0; i < config->vpg_count; i++)
        free_vpg(&config->vpgs[i]);
    free(config->vpgs);
    for (unsigned int i = 0; i < config->sink_count; i++)
        jn_config_free_sink(&config->sinks[i]);
    json_decref(config->document);
    free(config);
}

void
jn_config_errors_free(struct jn_config_errors *errors) {
    for (size_t i = 0; i < errors->count; i++)
        free(errors->text[i]);
    for (size_t i = 0; i < errors->warning_count; i++)
        free(errors->warning[i]);
    free(errors->text);
    free(errors->warning);
    *errors = (struct jn_config_errors){0};
}
