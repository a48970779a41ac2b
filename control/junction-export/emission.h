// SPDX-License-Identifier: BSD-3-Clause
// From complete intervals to delivered summaries and status documents, one interval after the other.
#pragma once

#include "aggregate.h"
#include "delivery.h"
#include "status.h"
#include "summary.h"

struct emission {
    struct aggregator *aggregator;
    struct delivery *delivery;
    const struct annotated *annotated; // texts of flows; NULL: none
    const char *node;
    bool wanted;            // or are intervals closed without a document?
    unsigned int top_limit; // flows a summary
    int interval;           // being delivered, or -1
    unsigned int found;     // bit mask of intervals that were there when we came: an earlier life may have sent them
    unsigned int next_vpg;  // to be written
    unsigned int pending;   // given to delivery, not yet secured
    struct summary summary; // written, not yet given; or without text
    struct top_flows top;
    struct status *status; // NULL: no status documents
    size_t next_status, status_count;
};

void emission_open(struct emission *emission, struct aggregator *aggregator, struct delivery *delivery,
                   const char *node);

// Go on as far as there is room. Returns the interval's index when all of its documents are secured and it is
// closed, -1 otherwise.
int emission_step(struct emission *emission);

// This one is secured.
void emission_acknowledge(struct emission *emission, uint64_t opaque);

// Is this what a summary or status document was given with?
bool emission_owns(uint64_t opaque);

void emission_close(struct emission *emission);
