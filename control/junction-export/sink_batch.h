// SPDX-License-Identifier: BSD-3-Clause
// JSON lines gathered for one write, and whose they are. For the sinks that write to a file descriptor.
#pragma once

#include <stdbool.h>

#include "sink.h"

#define BATCH_BYTES     (UINT32_C(1) << 20)
#define BATCH_DOCUMENTS UINT32_C(4096)

struct sink_batch {
    char *text;
    size_t length;
    size_t room;
    uint64_t *opaque;
    unsigned int count;
};

bool sink_batch_open(struct sink_batch *batch);
void sink_batch_close(struct sink_batch *batch);

// 0, -EAGAIN when it is full, -ENOMEM.
int sink_batch_add(struct sink_batch *batch, const struct document *document, uint64_t opaque);

// The batch is delivered: acknowledge every document, and begin a new one.
void sink_batch_done(struct sink_batch *batch, struct sink *sink);
