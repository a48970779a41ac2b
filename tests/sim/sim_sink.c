// SPDX-License-Identifier: BSD-3-Clause
// Sinks whose other side loses answers, gives them twice, late, out of order between devices, refuses, and goes away.
#include "sim.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT = 64 };

struct sim_remote sim_remotes[SIM_SINKS];

struct sim_sink {
    struct sink sink;
    struct sim_remote *remote;
    struct {
        struct document document;
        uint64_t opaque;
    } in_flight[IN_FLIGHT];
    unsigned int count;
};

static int
submit(struct sink *sink, const struct document *document, uint64_t opaque) {
    struct sim_sink *s = (struct sim_sink *)sink;
    struct sim_remote *remote = s->remote;
    if (s->count == IN_FLIGHT || (remote->full != 0 && sim_one_in(remote->full)))
        return -EAGAIN;
    s->in_flight[s->count].document = *document;
    s->in_flight[s->count++].opaque = opaque;
    return 0;
}

void
sim_arrive(struct sim_remote *remote, bool flow, uint64_t bytes) {
    uint64_t number = bytes - SIM_BYTES;
    remote->summaries += !flow;
    if (!flow)
        return;
    if (number >= SIM_RECORDS) {
        remote->wrong = "a document that nobody made";
        return;
    }
    uint64_t *latest = &remote->latest[number % SIM_DEVICES];
    if (!remote->any_order && !remote->has[number] && number < *latest)
        remote->out_of_order = true;
    *latest = number > *latest ? number : *latest;
    remote->has[number] = true;
}

void
sim_take(struct sim_remote *remote, const json_t *document) {
    const char *dataset = json_string_value(json_object_get(json_object_get(document, "event"), "dataset"));
    uint64_t bytes = (uint64_t)json_integer_value(json_object_get(json_object_get(document, "network"), "bytes"));
    if (dataset == NULL)
        remote->wrong = "a document without a dataset";
    else
        sim_arrive(remote, strcmp(dataset, "junction.flow") == 0, bytes);
}

// Lines of a file that the sink has written: each is whole.
void
sim_take_lines(struct sim_remote *remote, const char *text, size_t length) {
    const char *end = text + length, *newline;
    for (const char *at = text; at < end; at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at));
        json_t *document = newline != NULL ? json_loadb(at, (size_t)(newline - at), 0, NULL) : NULL;
        if (document == NULL) {
            remote->wrong = "a line that is torn";
            return;
        }
        sim_take(remote, document);
        json_decref(document);
    }
}

static void
arrive(struct sim_remote *remote, const struct document *document) {
    if (document->text[0] != '{' || document->text[document->length - 1] != '}')
        remote->wrong = "a document that is torn";
    sim_arrive(remote, document->kind == DOCUMENT_FLOW, document->bytes);
}

static void
take_away(struct sim_sink *s, unsigned int i) {
    s->count--;
    memmove(&s->in_flight[i], &s->in_flight[i + 1], (s->count - i) * sizeof(s->in_flight[0]));
}

// None of its key is before it.
static bool
first_of_key(const struct sim_sink *s, unsigned int i) {
    const struct document *d = &s->in_flight[i].document;
    for (unsigned int j = 0; j < i; j++) {
        const struct document *before = &s->in_flight[j].document;
        if (before->key_length == d->key_length && memcmp(before->key, d->key, d->key_length) == 0)
            return false;
    }
    return true;
}

static bool
refuses(struct sim_remote *remote, const struct document *document) {
    uint64_t number = document->bytes - SIM_BYTES;
    if (remote->refuse == 0 || document->kind != DOCUMENT_FLOW || number % remote->refuse != 0)
        return false;
    remote->refused[number] = true;
    return true;
}

static int
poll(struct sink *sink) {
    struct sim_sink *s = (struct sim_sink *)sink;
    struct sim_remote *remote = s->remote;
    if (remote->breaks != 0 && sim_one_in(remote->breaks))
        return -EIO;
    for (uint64_t rounds = sim_below(48); rounds > 0 && s->count > 0 && !remote->down; rounds--) {
        unsigned int i = (unsigned int)sim_below(s->count);
        if (!first_of_key(s, i))
            continue;
        struct document document = s->in_flight[i].document;
        uint64_t opaque = s->in_flight[i].opaque;
        if (refuses(remote, &document)) {
            take_away(s, i);
            sink->refuse(sink->lane, opaque, "it is refused");
            continue;
        }
        arrive(remote, &document);
        if (remote->lose_answer != 0 && sim_one_in(remote->lose_answer))
            continue; // it is sent again
        take_away(s, i);
        sink->acknowledge(sink->lane, opaque);
        if (remote->double_answer != 0 && sim_one_in(remote->double_answer))
            sink->acknowledge(sink->lane, opaque);
    }
    return 0;
}

static void
close_sink(struct sink *sink) {
    free(sink);
}

static struct sink *
open_sink(unsigned int number, struct jn_sink_view *view) {
    static const struct sink_operations operations = {submit, poll, close_sink};
    struct sim_sink *s = calloc(1, sizeof(*s));
    if (s == NULL)
        abort();
    s->sink.operations = &operations;
    s->sink.view = view;
    s->remote = &sim_remotes[number];
    return &s->sink;
}

#define SINK(number)                                                                                                   \
    static struct sink *open_##number(const struct jn_config_sink *config, struct jn_sink_view *view,                  \
                                      char err[JN_ERR_MAX]) {                                                          \
        (void)config;                                                                                                  \
        (void)err;                                                                                                     \
        return open_sink(number, view);                                                                                \
    }
SINK(0)
SINK(1)
SINK(2)
const struct sink_type sim_sink_types[SIM_SINKS] = {{.open = open_0}, {.open = open_1}, {.open = open_2}};
