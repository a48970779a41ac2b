// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_write.h"
#include "sink_batch.h"

struct stdout_sink {
    struct sink sink;
    struct sink_batch batch;
};

static int
submit_stdout(struct sink *sink, const struct document *document, uint64_t opaque) {
    return sink_batch_add(&((struct stdout_sink *)sink)->batch, document, opaque);
}

static int
poll_stdout(struct sink *sink) {
    struct stdout_sink *s = (struct stdout_sink *)sink;
    if (s->batch.count == 0)
        return 0;
    int rc = jn_write_all(STDOUT_FILENO, s->batch.text, s->batch.length);
    if (rc < 0) {
        sink_trouble(sink->view, NULL, "standard output: %s", strerror(-rc));
        return rc;
    }
    sink_batch_done(&s->batch, sink);
    return 0;
}

static void
close_stdout(struct sink *sink) {
    sink_batch_close(&((struct stdout_sink *)sink)->batch);
    free(sink);
}

static const struct sink_operations operations = {submit_stdout, poll_stdout, close_stdout};

static struct sink *
open_stdout(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    (void)config;
    struct stdout_sink *s = calloc(1, sizeof(*s));
    if (s == NULL || !sink_batch_open(&s->batch)) {
        free(s);
        snprintf(err, JN_ERR_MAX, "standard output: no memory");
        return NULL;
    }
    s->sink.operations = &operations;
    s->sink.view = view;
    return &s->sink;
}

const struct sink_type sink_stdout = {.open = open_stdout, .once = true};
