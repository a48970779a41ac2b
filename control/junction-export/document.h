// SPDX-License-Identifier: BSD-3-Clause
// A JSON document on its way to a sink. What it points to stays as it is until the sink has acknowledged or refused it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// X(ID, name). The name is the last word of event.dataset.
#define DOCUMENT_KINDS(X)                                                                                              \
    X(FLOW, flow)                                                                                                      \
    X(SUMMARY, summary)

enum document_kind {
#define X(id, name) DOCUMENT_##id,
    DOCUMENT_KINDS(X)
#undef X
        DOCUMENT_KIND_COUNT
};

enum { DOCUMENT_DATE_MIN = 20 }; // bytes of a date that are always there: to the second, and one behind

struct document {
    const char *text; // one JSON object, no newline, not terminated
    size_t length;
    const char *key; // documents of one key keep their order
    size_t key_length;
    const char *id; // event.id, within `text`
    size_t id_length;
    const char *date; // @timestamp, within `text`: "2026-11-27T01:02:03.000000000Z"
    uint64_t packets; // that it stands for, of the wire: what is lost when it is
    uint64_t bytes;
    enum document_kind kind;
    uint8_t source; // what it was made of: JN_SINK_SOURCE_*, or the number of the ring
    bool earlier;   // it may have been submitted before: by an earlier life, or to the sink before this one
};
