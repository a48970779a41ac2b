// SPDX-License-Identifier: BSD-3-Clause
// Documents that a sink refused for good, with the reason: JSON lines in `refused.json`, in the sink's directory of the
// spool. One thread. It never fails: what cannot be kept is counted (dead_letters_unwritten), and said once a minute.
#pragma once

#include "document.h"
#include "sinks.h"

#define DEAD_LETTER_FILE     "refused.json"
#define DEAD_LETTER_OLD_FILE "refused.1.json"
#define DEAD_LETTER_BYTES    (UINT64_C(100) << 20) // of each of both files

struct dead_letter {
    int directory; // -1: none
    int file;      // -1: none
    uint64_t size; // of whole lines
    uint64_t said_ns;
    uint64_t unsaid; // documents that could not be kept, since it was last said
    struct jn_sink_view *view;
};

// directory: of the sink in the spool, open as long as this is; -1: there is none, and they are counted alone. view: names the sink, and has the counter.
void dead_letter_open(struct dead_letter *letters, int directory, struct jn_sink_view *view);

// Keep the document, which the caller has counted as refused. reason: a sentence.
void dead_letter_add(struct dead_letter *letters, const struct document *document, const char *reason);

void dead_letter_close(struct dead_letter *letters);
