// SPDX-License-Identifier: BSD-3-Clause
// From complete intervals to delivered summaries, one interval after the other.
#pragma once

#include "aggregate.h"
#include "sink.h"
#include "summary.h"

struct emission {
    struct aggregator *aggregator;
    struct sink *sink;
    const char *node;
    bool wanted;            // or are intervals closed without a document?
    unsigned int top_limit; // flows a summary
    int interval;           // being delivered, or -1
    unsigned int next_vpg;  // to be written
    unsigned int pending;   // accepted by the sink, not yet delivered
    struct summary summary; // written, not yet accepted; or without text
    struct top_flows top;
};

void emission_open(struct emission *emission, struct aggregator *aggregator, struct sink *sink, const char *node);

// Go on as far as the sink allows. Returns the interval's index when all of its summaries are delivered and it is
// closed, -1 otherwise.
int emission_step(struct emission *emission);

// The sink delivered this one.
void emission_acknowledge(struct emission *emission, uint64_t opaque);

// Is this what a summary's document was submitted with?
bool emission_owns(uint64_t opaque);

void emission_close(struct emission *emission);
