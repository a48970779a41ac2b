// SPDX-License-Identifier: BSD-3-Clause
// Status documents (docs/documents.md, docs/status.schema.json): what Junction counted from one interval to the next, and
// how it is, a document for each thing, since an index cannot tell the members of a list apart. Of a loss and of an
// exception there is one only where something was counted.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct status_interval {
    const char *node;
    uint64_t boot, number; // of the interval that has ended
    uint64_t start, end;   // epoch ns
};

// What is kept from one interval to the next: {"boot", "number", "things": the sample, "documents": [text, ...]}. The
// documents are those of that interval, ready to be sent, and sent again.
// things: of status_sample, taken over. before: what was kept last, NULL: nothing was. NULL: no memory. The caller frees the
// result by json_decref.
json_t *status_documents(json_t *things, const json_t *before, const struct status_interval *interval);

// Is that what was kept of the interval?
bool status_is_of(const json_t *kept, const struct status_interval *interval);

// Where event.id begins in a document's text; its length, escaped as it stands there.
size_t status_id_at(void);
size_t status_id_length(const char *text);
// The same of @timestamp, which has TIME_TEXT_LENGTH characters.
size_t status_time_at(void);
