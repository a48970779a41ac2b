// SPDX-License-Identifier: BSD-3-Clause
#include "flow_texts.h"

void
flow_texts_read(const struct jn_annotated_flow *flow, struct flow_texts *texts) {
    struct flow_text found;
    size_t at = 0;
    uint8_t kind;
    *texts = (struct flow_texts){0};
    while (jn_annotated_next(flow, &at, &kind, &found.text, &found.length)) {
        if (kind >= FLOW_TEXT_KINDS || found.length == 0)
            continue;
        texts->kinds |= UINT32_C(1) << kind;
        texts->of[kind] = found;
        if (kind == JN_ANNOTATION_DNS_ANSWER && texts->answer_count < FLOW_TEXT_ANSWERS)
            texts->answers[texts->answer_count++] = found;
    }
}

#define X(id, number, bytes, most, name, field)                                                                        \
    _Static_assert((number) < FLOW_TEXT_KINDS, "there is room for every kind");                                        \
    _Static_assert((most) <= FLOW_TEXT_ANSWERS, "and for all of it");
JN_ANNOTATION_KINDS(X)
#undef X
