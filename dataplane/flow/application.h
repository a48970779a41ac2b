// SPDX-License-Identifier: BSD-3-Clause
// What a worker knows of its flows' applications, beside the flow table: what junction-classify was given and has answered.
// Nothing of it is there without a classifier.
#pragma once

#include "core/worker.h"
#include "flow.h"
#include "flow/server_names.h"
#include "policy/classify.h"
#include "samples.h"

// While the search has not ended: for so long after the flow's first packet, or after the classifier came back.
#define JN_UNDECIDED_NS UINT64_C(10000000000)

// Of a flow, by its entry's number; all zero where none is. The application's number and the phase are in the entry.
struct jn_flow_application {
    uint64_t risks;          // bit mask by nDPI's numbers
    uint64_t category : 8;   // nDPI's number
    uint64_t confidence : 4; // nDPI's number
    uint64_t handshake : 2;  // segments of TCP's handshake that were seen from the first on
    uint64_t bare : 2;       // of struct jn_sample
    uint64_t master : 9;     // nDPI's number
    uint64_t name : 15;      // number of its server name, 0: none, or not kept
    uint64_t given : 5;      // samples that this life of the classifier was given
    uint64_t seen : 5;       // packets with payload, while a classifier was there; up to JN_SAMPLES_A_FLOW
    uint64_t answers : 5;    // of this life of the classifier
    uint64_t life : 6;       // low bits of that life's number
    uint64_t last : 1;       // it wants no more samples
    uint64_t alone : 1;      // its verdict was given without a classifier
    uint64_t passed : 1;     // packets may have gone on under an earlier verdict
};
_Static_assert(sizeof(struct jn_flow_application) == 16, "16 bytes a flow");
_Static_assert(JN_SERVER_NAMES < 1u << 15 && JN_SAMPLES_A_FLOW + 1 < 1u << 5 && JN_APPLICATION_NUMBERS <= 1u << 9 &&
                   JN_CONFIDENCE_NUMBERS <= 1u << 4,
               "they fit");

// A life of the classifier, as far as a worker needs it. Written by the main thread before it hands the pointer over, and not
// changed while a worker may read it.
struct jn_classifier_life {
    const struct jn_answer_ring *ring; // of this worker
    const struct jn_answer *answers;   // first of it
    uint64_t boot;                     // of the classified region, which a later life may take over
    uint32_t number;                   // from 1 on
};

struct jn_sampling {
    struct jn_flow_application *flows; // by flow entry; NULL: there is no classifier to be asked, ever
    struct jn_server_names *names;
    struct jn_sample_ring *ring; // this worker's, in the samples region; where its samples are, it knows by itself
    struct jn_sample *samples;
    uint32_t capacity;
    uint32_t ending;                         // the flow that ends while its answer is waited for, or JN_FLOW_NONE
    uint64_t boot;                           // of the samples region
    uint64_t taken;                          // samples that the classifier has taken, as far as is believed
    uint64_t answers_boot, answers_tail;     // of which ring, and how many answers were taken
    uint64_t refused_taken, refused_head;    // what it said last of either that cannot be
    const struct jn_classifier_life *shared; // NULL: it is away. Writer: the main thread, with release
    const struct jn_classifier_life *life;   // the same, since the round began
    uint64_t since_ns;                       // when it came; workers' time
    bool waits;                              // in a replay, for every answer
    void (*look)(struct jn_worker *worker);  // in a replay, while it waits: look whether the classifier lives
};

// Room for so many flows and their names, touched. 0 or -ENOMEM.
int jn_sampling_make(struct jn_sampling *sampling, uint32_t flows, const struct jn_hash_key *key);
void jn_sampling_free(struct jn_sampling *sampling);

static inline void
jn_flow_set_phase(struct jn_flow_entry *entry, enum jn_application_phase phase) {
    uint16_t rest = entry->flags & (uint16_t)~JN_FLOW_APPLICATION;
    jn_store(&entry->flags, (uint16_t)(rest | (unsigned int)phase << JN_FLOW_APPLICATION_SHIFT));
}

// What rules may look at. begins: with its first packet.
struct jn_application_known jn_application_known(const struct jn_worker *worker, const struct jn_flow_entry *entry,
                                                 bool begins);

// What is known of that entry of the worker's table; zeros where nothing is.
struct jn_flow_application jn_application_of(const struct jn_worker *worker, uint32_t flow_idx);

// The flow has ended.
void jn_application_forget(struct jn_worker *worker, uint32_t flow_idx);

// After the flow's verdict was given: are its next packets wanted? Sets or clears JN_FLOW_SAMPLED.
void jn_application_want(struct jn_worker *worker, struct jn_flow_entry *entry);
