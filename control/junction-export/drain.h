// SPDX-License-Identifier: BSD-3-Clause
// From the rings to delivery: records are read from a private cursor on. acknowledge.h releases them once their documents
// are secured.
#pragma once

#include "acknowledge.h"
#include "annotation_rings.h"
#include "emission.h"
#include "flow_document.h"

struct drain_ring {
    const struct jn_record *records; // a private copy of the pointer: checked once
    uint64_t cursor;                 // next record to read
    uint64_t count;                  // records to read in this step
    uint64_t lost;                   // as last said
    uint64_t found_end;              // records before it were there when we came: an earlier life may have sent them
    struct acknowledged acknowledged;
};

struct drain {
    const char *instance;
    struct aggregator *aggregator;
    struct emission emission;
    struct flow_writer writer;
    struct delivery *delivery;
    bool flow_documents;
    struct annotation_rings annotations; // texts of flows
    bool looked_for_texts;               // in this step
    struct jn_shm shm;                   // records
    struct jn_shm consumed;              // ours: what was taken of them
    unsigned int ring_count;             // 0 while not attached
    unsigned int turn;                   // ring that is read first
    struct drain_ring rings[JN_MAX_WORKERS];
    uint64_t unsound;      // records passed over
    uint64_t loss_said_ns; // when losses of the rings were last said; once a minute
    struct flow_document document;
};

// What delivery says of documents comes here from now on.
void drain_open(struct drain *drain, const char *instance, struct aggregator *aggregator, struct delivery *delivery,
                const char *node, const struct names *names);

// Join texts of junction-classify to flows from now on, as long as it lives. annotated: open.
void drain_annotate(struct drain *drain, struct annotated *annotated);

// 0, or a negative errno with a sentence in err: -ENOENT no records region (yet), -EAGAIN sums of an earlier one are
// to be delivered first (by drain_step).
int drain_attach(struct drain *drain, char err[JN_ERR_MAX]);

// One round over rings, summaries and sinks: how much was moved.
int drain_step(struct drain *drain);

// Everything that is in the rings was read; and, everything that was read is released.
bool drain_empty(const struct drain *drain);
bool drain_released(const struct drain *drain);

// Is there a records region, which another exporter may go on with?
bool drain_records_left(const struct drain *drain);

// Say what the rings lost since last asked.
void drain_report_loss(struct drain *drain);

// Leave the region: nothing more comes from it. Its open intervals are complete.
void drain_detach(struct drain *drain);

// What was taken stays known as long as there are records.
void drain_close(struct drain *drain);
