// SPDX-License-Identifier: BSD-3-Clause
#include "sink_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
sink_batch_open(struct sink_batch *batch) {
    *batch = (struct sink_batch){.room = BATCH_BYTES};
    batch->text = malloc(batch->room);
    batch->opaque = calloc(BATCH_DOCUMENTS, sizeof(*batch->opaque));
    if (batch->text != NULL && batch->opaque != NULL)
        return true;
    sink_batch_close(batch);
    return false;
}

void
sink_batch_close(struct sink_batch *batch) {
    free(batch->text);
    free(batch->opaque);
    *batch = (struct sink_batch){0};
}

int
sink_batch_add(struct sink_batch *batch, const struct document *document, uint64_t opaque) {
    size_t needed = document->length + 1;
    if (batch->count == BATCH_DOCUMENTS || (batch->count > 0 && needed > batch->room - batch->length))
        return -EAGAIN;
    if (needed > batch->room) { // a summary with very many flows has the batch to itself
        char *larger = realloc(batch->text, needed);
        if (larger == NULL)
            return -EAGAIN;
        batch->text = larger;
        batch->room = needed;
    }
    memcpy(batch->text + batch->length, document->text, document->length);
    batch->text[batch->length + document->length] = '\n';
    batch->length += needed;
    batch->opaque[batch->count++] = opaque;
    return 0;
}

void
sink_batch_done(struct sink_batch *batch, struct sink *sink) {
    for (unsigned int i = 0; i < batch->count; i++)
        sink->acknowledge(sink->lane, batch->opaque[i]);
    batch->count = 0;
    batch->length = 0;
}
