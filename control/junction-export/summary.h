// SPDX-License-Identifier: BSD-3-Clause
// One VPG's summary of one interval, in the format of SORACOM Junction's report (docs/documents.md,
// docs/summary.schema.json).
#pragma once

#include "flow_texts.h"
#include "state.h"
#include "text.h"

// The flows of most bytes of each VPG of an interval.
struct top_flows {
    const struct annotated *annotated; // where their texts are; NULL: nowhere
    uint32_t *numbers;                 // limit a VPG, most bytes first
    uint32_t *counts;                  // by VPG
    unsigned int limit;
};

// False when memory is short; then lists are empty.
bool top_flows_find(struct top_flows *top, const struct state *state, unsigned int interval, unsigned int limit,
                    const struct annotated *annotated);
void top_flows_free(struct top_flows *top);

// Did the VPG see anything: has it a summary?
bool summary_wanted(const struct state_vpg *vpg);

struct summary {
    char *text; // JSON, terminated; the owner frees it
    size_t length;
    size_t id_at, id_length; // event.id within text, escaped as it stands there
    size_t time_at;          // @timestamp within text, TIME_TEXT_LENGTH characters
    char key[JN_VPG_ID_MAX]; // Kafka's: the VPG's id, terminated
    size_t key_length;
    uint64_t packets, bytes; // 0: what it tells of is in flow documents
};

// False, and no text, when memory is short or the sums are not sound.
bool summary_write(const struct state *state, unsigned int interval, unsigned int vpg, const struct top_flows *top,
                   const char *node, struct summary *summary);
