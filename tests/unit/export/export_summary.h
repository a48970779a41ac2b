// SPDX-License-Identifier: BSD-3-Clause
// A summary as it is written, parsed again.
#pragma once

#include <jansson.h>

#include "aggregate.h"
#include "summary.h"
#include "test.h"

static inline json_t *
summary_document(const struct aggregator *aggregator, int peer_idx, unsigned int vpg, unsigned int limit) {
    struct top_flows top;
    assert_true(top_flows_find(&top, &aggregator->state, (unsigned int)peer_idx, limit));
    char *text = summary_write(&aggregator->state, (unsigned int)peer_idx, vpg, &top, "edge-1");
    assert_non_null(text);
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    free(text);
    top_flows_free(&top);
    return parsed;
}
