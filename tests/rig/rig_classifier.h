// SPDX-License-Identifier: BSD-3-Clause
// A classifier beside the rig's worker, which the test plays: samples come out, answers go in.
#pragma once

#include "classified.h"
#include "rig.h"

enum { RIG_SAMPLES_BOOT = 77 };

struct rig_classifier {
    struct rig *rig;
    struct jn_samples_region *samples;
    struct jn_classified_region *classified;
    struct jn_classifier_life lives[2];
    unsigned int number;
};

// Beside an open rig; capacity: of the samples ring. It is away until rig_classifier_comes.
void rig_classifier_open(struct rig_classifier *classifier, struct rig *rig, uint32_t capacity);

// Before rig_close.
void rig_classifier_close(struct rig_classifier *classifier);

// Another life of it is there from the next round on, or none.
void rig_classifier_comes(struct rig_classifier *classifier);
void rig_classifier_goes(struct rig_classifier *classifier);

// Samples that wait, and the next one of them, which is taken; NULL: none.
uint64_t rig_samples(const struct rig_classifier *classifier);
const struct jn_sample *rig_sample(struct rig_classifier *classifier);

// Write an answer; the worker takes it in its next round.
void rig_answer(struct rig_classifier *classifier, const struct jn_answer *answer);

// Of the flow in that entry.
struct jn_answer rig_answer_for(const struct rig *rig, uint32_t flow_idx);
