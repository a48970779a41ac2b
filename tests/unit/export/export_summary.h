// SPDX-License-Identifier: BSD-3-Clause
// A summary as it is written, parsed again.
#pragma once

#include "aggregate.h"
#include "export_document.h"
#include "summary.h"
#include "test.h"

static inline json_t *
summary_document(const struct aggregator *aggregator, int peer_idx, unsigned int vpg, unsigned int limit) {
    struct top_flows top;
    assert_true(top_flows_find(&top, &aggregator->state, (unsigned int)peer_idx, limit, NULL));
    struct summary summary;
    assert_true(summary_write(&aggregator->state, (unsigned int)peer_idx, vpg, &top, "edge-1", &summary));
    json_t *parsed = json_loadb(summary.text, summary.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    assert_text_is(summary.text + summary.id_at, summary.id_length, text_at(parsed, "event/id"));
    assert_text_is(summary.text + summary.time_at, TIME_TEXT_LENGTH, text_at(parsed, "@timestamp"));
    assert_text_is(summary.key, summary.key_length, text_at(parsed, "vpgId"));
    assert_int_equal(summary.packets + summary.bytes, 0);
    free(summary.text);
    top_flows_free(&top);
    return parsed;
}
