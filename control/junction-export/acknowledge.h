// SPDX-License-Identifier: BSD-3-Clause
// Which records of a ring are delivered. The ring's tail, which is its consumer index, moves over those alone.
#pragma once

#include "record.h"
#include "state.h"

// A position as a document carries it through the sink, in the lower bits of its opaque word.
#define RING_POSITION_BITS 56
#define RING_POSITION_MASK ((UINT64_C(1) << RING_POSITION_BITS) - 1)
#define ACKNOWLEDGE_MARKS  (2u * STATE_INTERVALS)

// A record that is released when these intervals' summaries are delivered.
struct acknowledge_mark {
    uint64_t position;
    unsigned int intervals; // bit mask of places
};

struct acknowledged {
    const struct jn_ring *shared; // the dataplane's: read only
    struct jn_consumed *consumed; // ours: the worker believes what stands there
    uint64_t capacity;            // power of two; a private copy, checked once
    uint64_t tail;                // first record not released
    uint64_t *delivered;          // bitmap by position
    uint64_t *numbers;            // of the document that was made of the record, by position; 0: none
    struct acknowledge_mark marks[ACKNOWLEDGE_MARKS];
    unsigned int mark_count;
};

// copy: the ring as it was checked. tail: from there on nothing is released. False: no memory.
bool acknowledge_open(struct acknowledged *a, const struct jn_ring *shared, const struct jn_ring *copy,
                      struct jn_consumed *consumed, uint64_t tail);
void acknowledge_close(struct acknowledged *a);

// The record is delivered: at once, or with the summaries of these intervals (a mask; 0: at once).
void acknowledge_record(struct acknowledged *a, uint64_t position);
void acknowledge_with(struct acknowledged *a, uint64_t position, unsigned int intervals);
void acknowledge_interval(struct acknowledged *a, int interval_idx);

// The document of the record at that position has this number.
void acknowledge_number(struct acknowledged *a, uint64_t position, uint64_t number);

// Pass what is delivered of what lies before the cursor: the number of the first document that is not passed, or UINT64_MAX.
uint64_t acknowledge_advance(struct acknowledged *a, uint64_t cursor);

// Release what was passed: the dataplane may write there.
void acknowledge_publish(struct acknowledged *a);
