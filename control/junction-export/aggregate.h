// SPDX-License-Identifier: BSD-3-Clause
// From records to the sums of each interval and VPG, in the export region (state.h).
#pragma once

#include "state.h"

struct aggregator {
    struct state state;
    unsigned int workers; // of the records region that is drained
    uint64_t late;        // records of an interval whose summary was made already
    uint64_t beyond;      // records of flows for which the tables had no room
};

// 0, 1 when sums were taken over, or a negative errno with a sentence in err.
int aggregate_open(struct aggregator *aggregator, const char *instance, uint64_t flow_capacity, char err[JN_ERR_MAX]);

// Speak of this records region from now on. tails, heads: each ring's. False when sums of another one are still open,
// or being delivered: complete and deliver those first.
bool aggregate_attach(struct aggregator *aggregator, uint64_t records_boot, unsigned int workers, const uint64_t *tails,
                      const uint64_t *heads);

// Take one sound record, the one at `position` of its ring, in order; one that was taken before is passed over.
// 0, or -EAGAIN when it begins an interval and all entries are taken by open ones: come back after a summary.
int aggregate_record(struct aggregator *aggregator, unsigned int ring, uint64_t position,
                     const struct jn_record *record);

// A record that is not sound: passed over, once and for all.
void aggregate_skip(struct aggregator *aggregator, unsigned int ring, uint64_t position);

// Every ring that is attached has ended its stream.
bool aggregate_all_ended(const struct aggregator *aggregator);

// No worker will write any more of what is open: it is complete, and cut where a worker has not ended it.
void aggregate_end_all(struct aggregator *aggregator);

// The oldest interval, when all workers have ended it (its sums change no more), else -1.
int aggregate_complete(struct aggregator *aggregator);

// Its summaries were delivered.
void aggregate_close_interval(struct aggregator *aggregator, unsigned int number);

// The index of the record's interval, or -1 when it is not open.
int aggregate_find(const struct aggregator *aggregator, const struct jn_record *record);

// Bit mask of the intervals in use.
unsigned int aggregate_in_use(const struct aggregator *aggregator);

// remove: forget everything; only when nothing is in use and all is acknowledged.
void aggregate_close(struct aggregator *aggregator, bool remove);
