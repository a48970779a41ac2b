// SPDX-License-Identifier: BSD-3-Clause
// What a spool gives back: its documents in order, past what is damaged.
#pragma once

#include "spool.h"

// Documents before this one were sent, from memory: they are not read.
void spool_sent(struct spool *spool, const struct jn_sink_amount *next);

// The next documents from the disk, about a block of them, with one holder; NULL: there are none (yet). What is damaged is
// passed over: `damaged` of the block says how much stood before it. A block may have no documents, and that alone.
struct block *spool_read(struct spool *spool);

// Is there anything to be read?
bool spool_unread(const struct spool *spool);

// Read from this segment's beginning next; NULL: nothing.
void spool_read_from(struct spool *spool, struct spool_segment *segment);

struct spool_scan {
    bool any;                          // there is a whole frame
    struct jn_sink_amount first, seen; // where whole frames begin; behind the last
    struct jn_sink_amount kept;        // behind the last that was not made again
    uint64_t kept_size;                // where that ends in the file; 0: there is none
    uint64_t marked;                   // were made again, and are marked now
    int mark_error;                    // not all could be: negative errno
};

// What the whole frames of a segment are: 0 or a negative errno. Those that are made again are marked.
int spool_scan(int file, uint64_t size, const uint64_t let_go[JN_SINK_SOURCES], struct spool_scan *scan);
