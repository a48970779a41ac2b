// SPDX-License-Identifier: BSD-3-Clause
// From made documents to all sinks: each document goes into a block, each block to every lane. When all lanes have secured
// a block, whoever made its documents is told, and may let their records go.
#pragma once

#include "lane.h"

#define DELIVERY_MEMORY  (UINT64_C(64) << 20) // documents that are not secured yet
#define DELIVERY_SEAL_NS UINT64_C(20000000)   // a block that a lane waits for takes no more after this time

// How full it is before the delivery, where records wait: set by whoever reads them. Half: to the spools. Crisis: it will be
// full in a moment, and then everything is lost to all sinks.
enum delivery_fill { DELIVERY_ROOM, DELIVERY_HALF, DELIVERY_CRISIS };

struct delivery {
    enum delivery_fill fill;
    struct lane *lanes;
    unsigned int lane_count;
    struct block *filling;
    struct jn_sink_amount next; // number of the next document; packets and bytes of all before
    uint64_t released;          // documents before this number are in no ring any more
    uint64_t memory;            // of blocks that are not secured
    uint64_t unsecured;         // documents in them
    bool failed;                // a sink that cannot be opened again is broken, and has said so
    void (*secured)(void *context, uint64_t opaque);
    void *context;
};

// One sink of those that there are, opened as `options` say; secured and context of them are the delivery's.
// 0, or a negative errno with a sentence in err.
int delivery_open(struct delivery *delivery, const struct lane_options *options, unsigned int count,
                  char err[JN_ERR_MAX]);

// Take a document: its bytes are copied. 0: its number is the one before delivery_next; -EAGAIN: no room for now. opaque:
// what `secured` is told.
int delivery_add(struct delivery *delivery, const struct document *document, uint64_t opaque);

// No ring has any document before this number: they may go for want of room, and then count as lost.
void delivery_released(struct delivery *delivery, uint64_t number);

// Of this source what documents before this number were made of may be let go in a moment: to be said before. All others
// are made again by whoever comes after this exporter, and must not be kept twice.
void delivery_lets_go(struct delivery *delivery, unsigned int source, uint64_t number);

// The number that the next document will have.
uint64_t delivery_next(const struct delivery *delivery);

// The rings are left, or others begin: of a records region of this boot; 0: of none.
void delivery_rings(struct delivery *delivery, uint64_t boot);

// Move what can be moved: how much was. quiet: no more documents come for now, so what there is goes on its way.
unsigned int delivery_step(struct delivery *delivery, bool quiet);

// Nothing is waited for any more: what is not acknowledged goes to the spools.
void delivery_hurry(struct delivery *delivery);

// All documents are secured; and, all sinks have all of them.
bool delivery_settled(const struct delivery *delivery);
bool delivery_empty(const struct delivery *delivery);

void delivery_close(struct delivery *delivery);
