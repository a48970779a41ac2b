// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "secrets.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config_secret.h"
#include "config/config_sink.h"
#include "log.h"
#include "secret.h"
#include "secret_file.h"
#include "trust.h"

// Copies, for a configuration with an error is freed before its errors are said. Written before there are other threads.
enum { HIDDEN_MAX = JN_MAX_SINKS * (JN_MAX_PROPERTIES + JN_MAX_SINK_HEADERS + 3) };
static char *hidden[HIDDEN_MAX];
static size_t hidden_count;

enum {
    SHORTEST_WORD = 4, // what is shorter is no secret, and would take common words out
    SHORTEST_PART = 8, // from here on also within a word, and cut short
};

static bool
in_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// How much of the sentence at `at` is the value, or 0.
static size_t
value_at(const char *sentence, const char *at, const char *value) {
    if (*at != *value)
        return 0;
    size_t length = strlen(value), rest = strlen(at);
    if (rest < length)
        return rest >= SHORTEST_PART && strncmp(at, value, rest) == 0 ? rest : 0;
    if (strncmp(at, value, length) != 0)
        return 0;
    bool word = (at == sentence || !in_word(at[-1])) && !in_word(at[length]);
    return length >= SHORTEST_PART || (length >= SHORTEST_WORD && word) ? length : 0;
}

void
secrets_hide(char *sentence) {
    static const char instead[] = "***";
    for (size_t i = 0; i < hidden_count; i++) {
        for (char *at = sentence; *at != '\0'; at++) {
            size_t length = value_at(sentence, at, hidden[i]);
            if (length == 0)
                continue;
            memmove(at + sizeof(instead) - 1, at + length, strlen(at + length) + 1);
            memcpy(at, instead, sizeof(instead) - 1);
            at += sizeof(instead) - 2;
        }
    }
}

void
secrets_forget(void) {
    while (hidden_count > 0)
        jn_secret_forget(hidden[--hidden_count]);
}

static void
hide(const char *value) {
    char *copy = hidden_count < HIDDEN_MAX ? jn_secret_keep(value, strlen(value)) : NULL;
    if (copy != NULL)
        hidden[hidden_count++] = copy;
}

struct resolving {
    struct jn_reader *reader;
    enum secrets_use use;
    bool trusted;
    char distrust[JN_ERR_MAX]; // why not trusted
};

static void
read_file(struct resolving *r, struct jn_config_property *p, const struct jn_json_step *at) {
    char sentence[JN_SENTENCE_MAX], warning[JN_SENTENCE_MAX];
    if (!r->trusted) {
        jn_reader_error(r->reader, at,
                        "no file is read for whoever may change this one: %.200s; let nobody else write it",
                        r->distrust);
        return;
    }
    p->value = secret_file_read(p->reference, sentence, warning);
    if (p->value == NULL)
        jn_reader_error(r->reader, at, "%s", sentence);
    if (warning[0] != '\0')
        jn_reader_warn(r->reader, at, "%s", warning);
}

static void
read_variable(struct resolving *r, struct jn_config_property *p, const struct jn_json_step *at) {
    const char *value = getenv(p->reference);
    if (value != NULL && value[0] != '\0') {
        p->value = jn_secret_from_environment(p->reference);
        if (p->value == NULL)
            jn_reader_error(r->reader, at, "there is no memory for it");
        return;
    }
    const char *what = value == NULL ? "is not set" : "is empty";
    if (r->use == SECRETS_CHECK)
        jn_reader_warn(r->reader, at, "the variable %.100s %s here; set it where Junction is started", p->reference,
                       what);
    else
        jn_reader_error(r->reader, at, "the variable %.100s %s; set it where Junction is started", p->reference, what);
}

// librdkafka takes properties of several lines, such as a key in PEM; all others go into lines of HTTP.
static void
check_one_line(struct resolving *r, const struct jn_secret_list *list, const struct jn_config_property *p,
               const struct jn_json_step *at) {
    if (p->source == JN_SECRET_PLAIN || strcmp(list->path[0], "properties") == 0 || p->value == NULL)
        return;
    for (const char *c = p->value; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x20 && *c != 0x7f)
            continue;
        jn_reader_error(r->reader, at,
                        "the secret in %.160s holds a control character, such as a line's end; expected one line",
                        p->reference);
        return;
    }
}

static void
check_username(struct resolving *r, const struct jn_config_property *p, const struct jn_json_step *at) {
    if (strcmp(p->name, "username") == 0 && p->source != JN_SECRET_PLAIN && p->value != NULL &&
        strchr(p->value, ':') != NULL)
        jn_reader_error(r->reader, at, "holds a colon, which HTTP's basic authentication cannot carry");
}

static bool
file_open_to_all(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & S_IROTH);
}

static void
resolve_property(struct resolving *r, const struct jn_secret_list *list, struct jn_config_property *p,
                 const struct jn_json_step *at) {
    if (p->source == JN_SECRET_FILE)
        read_file(r, p, at);
    else if (p->source == JN_SECRET_ENV)
        read_variable(r, p, at);
    else if (jn_secret_hidden(p) && file_open_to_all(r->reader->file))
        jn_reader_warn(r->reader, at,
                       "a secret stands here, and everybody on this host can read %.160s; use {\"$file\": PATH}",
                       r->reader->file);
    check_one_line(r, list, p, at);
    check_username(r, p, at);
    if (jn_secret_hidden(p) && p->value != NULL)
        hide(p->value);
}

static void
for_each(struct resolving *r, void (*each)(struct resolving *r, const struct jn_secret_list *list,
                                           struct jn_config_property *p, const struct jn_json_step *at)) {
    struct jn_config *config = r->reader->config;
    for (unsigned int i = 0; i < config->sink_count; i++) {
        struct jn_secret_list lists[JN_SECRET_LISTS];
        struct jn_json_step place[2];
        const struct jn_json_step *at = jn_sink_place(config, i, place);
        jn_secret_lists(&config->sinks[i], lists);
        for (int j = 0; j < JN_SECRET_LISTS; j++) {
            const struct jn_json_step first = {.parent = at, .key = lists[j].path[0]};
            const struct jn_json_step second = {.parent = &first, .key = lists[j].path[1]};
            const struct jn_json_step *above = lists[j].path[1] != NULL ? &second : &first;
            for (size_t k = 0; k < lists[j].count; k++) {
                struct jn_config_property *p = &lists[j].properties[k];
                if (p->name != NULL)
                    each(r, &lists[j], p, JN_MEMBER(above, p->name));
            }
        }
    }
}

// Once all are read: several may name one variable.
static void
wipe_variable(struct resolving *r, const struct jn_secret_list *list, struct jn_config_property *p,
              const struct jn_json_step *at) {
    (void)r, (void)list, (void)at;
    if (p->source == JN_SECRET_ENV)
        jn_secret_wipe_environment(p->reference);
}

static void
note_hidden(struct resolving *r, const struct jn_secret_list *list, struct jn_config_property *p,
            const struct jn_json_step *at) {
    (void)r, (void)list, (void)at;
    if (jn_secret_hidden(p))
        jn_secret_no_dumps();
}

static void
wiping_free(void *memory) {
    if (memory != NULL)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void
secrets_wipe_json(void) {
    json_set_alloc_funcs(malloc, wiping_free);
}

void
secrets_resolve(struct jn_reader *reader, enum secrets_use use) {
    struct resolving r = {.reader = reader, .use = use};
    for_each(&r, note_hidden);
    r.trusted = jn_trust_file(reader->file, r.distrust) == JN_TRUST_STARTER;
    for_each(&r, resolve_property);
    for_each(&r, wipe_variable);
    jn_log_hide(secrets_hide);
}

void
secrets_resolve_at_start(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    (void)at;
    if (sink == reader->config->sinks) // once, for all of them
        secrets_resolve(reader, SECRETS_START);
}
