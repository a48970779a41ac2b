// SPDX-License-Identifier: BSD-3-Clause
// A sink's way: blocks that wait in memory, blocks that are in flight, and the spool. Directly, blocks go from memory to the
// sink. When the sink does not keep up, what it has not acknowledged is written to the spool, and all that follows goes by
// way of it, behind, until it is empty: documents keep their order. A block is secured when the sink has acknowledged all
// of it, or the spool has it on disk.
#pragma once

#include "dead_letter.h"
#include "sink.h"
#include "spool.h"

#define LANE_FLIGHTS      1024u
#define LANE_FLIGHT_BYTES (UINT64_C(24) << 20)
#define LANE_SPILL_NS     UINT64_C(2000000000) // unacknowledged for so long: to the spool

struct lane_item {
    struct lane_item *next;
    struct block *block;
};

// A block of which documents were submitted, or are about to be.
struct lane_flight {
    struct block *block;
    uint32_t left; // documents that are neither acknowledged nor refused
    bool secured;
    uint64_t begun_ns;
    struct jn_sink_amount refused;
    uint64_t done[BLOCK_DOCUMENTS / 64]; // bit mask of documents
};

struct lane_options {
    const struct jn_config_sink *config; // NULL: standard output
    const struct sink_type *type;
    const char *node, *instance;
    const char *spool_directory; // NULL: none
    struct jn_sink_view *view;
    // The lane has secured the block.
    void (*secured)(void *context, struct block *block);
    void *context;
};

struct lane {
    struct lane_options options;
    struct sink *sink; // NULL: to be opened again
    struct spool *spool;
    struct dead_letter letters; // refused documents, beside the spool
    bool spooling, hurry;
    bool failed;                          // its sink cannot be opened again
    struct lane_item *queue, **queue_end; // in memory, not in flight, oldest first
    uint64_t queue_documents;
    struct lane_flight flights[LANE_FLIGHTS];
    uint64_t flight_first, flight_end; // numbers; a flight's place is its number modulo LANE_FLIGHTS
    uint64_t flight_bytes;
    uint64_t in_flight;     // documents
    uint64_t submit_flight; // the next document to be submitted is of this flight
    uint32_t submit_document;
    unsigned int write_most; // blocks that are written at once; 0: as many as go
    bool answers;            // the sink has acknowledged something since documents go by way of the spool
    uint64_t earlier_end;    // documents before this number are an earlier life's, or were submitted to the sink before
    bool spool_full;         // nothing could be written, for all that is there is on its way
    uint64_t reopen_ns, reopen_wait_ns;
    uint64_t spool_retry_ns;
};

// 0, or a negative errno with a sentence in err when the sink or its spool cannot be opened. others: there are other sinks,
// which go on: a sink that cannot be opened is in trouble, and tried again.
int lane_open(struct lane *lane, const struct lane_options *options, bool others, char err[JN_ERR_MAX]);

// Deliver this block, behind all others. It is sealed, and `unsecured` counts this lane. False: no memory.
bool lane_add(struct lane *lane, struct block *block);

// Move what can be moved; pressed: memory runs short; released: all lanes have secured what is before this number. How
// much was moved.
unsigned int lane_step(struct lane *lane, bool pressed, uint64_t released);

// Nothing waits before the sink: a block that is small yet is worth sending.
bool lane_hungry(const struct lane *lane);

// Everything is secured.
bool lane_settled(const struct lane *lane);

// The sink has everything.
bool lane_empty(const struct lane *lane);

void lane_close(struct lane *lane);

// For lane_spool.c.

// The oldest block of the queue, which is the caller's now.
struct block *lane_queue_take(struct lane *lane);

// For lane_lose.c. Its sink is broken, or to be closed: what it did not acknowledge is submitted anew to the next one.
void lane_give_sink_up(struct lane *lane);
