// SPDX-License-Identifier: BSD-3-Clause
// The flows of a thread of junction-classify: as many as there is room for, by worker and entry. The one longest without a
// sample goes for a new one.
#pragma once

#include "classified.h"

struct flow_search; // what is known while it is searched for: engine_flow.h

struct flow {
    struct jn_flow_identity identity;
    struct flow_search *search; // NULL once the application is known for good: `answer` says it
    struct jn_answer answer;    // the last one, of `flow`; flags 0 and application 0 when there was none
    uint32_t chain, older, newer;
    uint8_t worker;
    bool used;
    bool unheard; // `answer` found no room
};

struct flows;

// free_search: called with what goes away. forgotten: counts the flows that were searched for when they went for a new one.
struct flows *flows_make(uint32_t capacity, void (*free_search)(struct flow_search *search), uint64_t *forgotten);
void flows_free(struct flows *flows);

// The flow, which is now the one with the youngest sample; or NULL. One of another version at that entry is dropped.
struct flow *flows_find(struct flows *flows, unsigned int worker, const struct jn_flow_identity *identity);

// A flow that is not there yet, without `search`.
struct flow *flows_add(struct flows *flows, unsigned int worker, const struct jn_flow_identity *identity);

// For want of memory. There is one.
void flows_forget_oldest(struct flows *flows);

void flows_drop(struct flows *flows, struct flow *flow);
void flows_drop_worker(struct flows *flows, unsigned int worker);
uint32_t flows_held(const struct flows *flows);
