// SPDX-License-Identifier: BSD-3-Clause
// A flow's texts by their kinds, as documents ask for them.
#pragma once

#include "annotated.h"

enum { FLOW_TEXT_KINDS = 32, FLOW_TEXT_ANSWERS = 8 };

struct flow_text {
    const char *text; // not terminated; within the annotated region
    size_t length;    // 0: there is none
};

struct flow_texts {
    uint32_t kinds;                              // bit mask of those that there are
    struct flow_text of[FLOW_TEXT_KINDS];        // the last one of a kind
    struct flow_text answers[FLOW_TEXT_ANSWERS]; // all of JN_ANNOTATION_DNS_ANSWER
    unsigned int answer_count;
};

void flow_texts_read(const struct jn_annotated_flow *flow, struct flow_texts *texts);

static inline bool
flow_texts_have(const struct flow_texts *texts, enum jn_annotation_kind kind) {
    return texts->kinds >> kind & 1;
}
