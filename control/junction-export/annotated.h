// SPDX-License-Identifier: BSD-3-Clause
// The annotated region (annotations.h): texts that junction-classify has read in flows' packets, by flow. Bounded: each set of
// JN_ANNOTATED_WAYS flows lets that one go which has ended, or is of another boot, or was touched longest ago. Whoever of us is
// killed at any instruction leaves a flow's old texts or its new ones. One thread.
#pragma once

#include "annotations.h"
#include "record.h"
#include "shm.h"

struct annotated {
    struct jn_shm shm;
    struct jn_annotated_region *region;
    struct jn_annotated_flow *flows;
    uint32_t capacity; // private copies
    bool any;          // are there texts of any flow?
};

// Whose texts.
struct annotated_key {
    uint64_t boot;
    struct jn_flow_identity flow; // start_ns tells nothing here: idx and version do, within boot and worker
    uint8_t worker;
};

// Make the region of this instance, or take over what was left. capacity: flows, a power of two, at most JN_ANNOTATED_FLOWS.
// 0, 1 when texts were taken over, or a negative errno with a sentence in err.
int annotated_open(struct annotated *annotated, const char *instance, uint32_t capacity, char err[JN_ERR_MAX]);

// Keep a sound annotation (annotation_check.h); taken twice, it is there once. What finds no room is counted.
void annotated_add(struct annotated *annotated, const struct jn_annotation *annotation);

// One that cannot be right.
void annotated_refuse(struct annotated *annotated);

// The flow's texts, or NULL. They stay as they are until the next call of annotated_add.
const struct jn_annotated_flow *annotated_find(const struct annotated *annotated, const struct annotated_key *key);

// Texts of a flow record's flow, or NULL. With the flow's last record they are the first to go. annotated: NULL for none.
const struct jn_annotated_flow *annotated_of_record(const struct annotated *annotated, const struct jn_record *record);

// remove: nobody goes on with it.
void annotated_close(struct annotated *annotated, bool remove);
