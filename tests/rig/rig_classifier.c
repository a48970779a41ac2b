// SPDX-License-Identifier: BSD-3-Clause
#include "rig_classifier.h"

#include <stdlib.h>
#include <string.h>

static void *
zeroed(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (memory == NULL)
        abort();
    return memset(memory, 0, size);
}

void
rig_classifier_open(struct rig_classifier *c, struct rig *rig, uint32_t capacity) {
    struct jn_sampling *sampling = &rig->worker->flow->sampling;
    *c = (struct rig_classifier){.rig = rig};
    c->samples = zeroed(jn_samples_size(1, capacity));
    c->classified = zeroed(jn_classified_size(1));
    c->samples->header.boot = RIG_SAMPLES_BOOT;
    jn_samples_init(c->samples, 1, capacity);
    jn_classified_init(c->classified, 1, 1);
    sampling->ring = &c->samples->rings[0];
    sampling->samples = (void *)((char *)c->samples + c->samples->rings[0].offset);
    sampling->capacity = capacity;
    sampling->boot = RIG_SAMPLES_BOOT;
    if (jn_sampling_make(sampling, RIG_FLOWS, &rig->worker->hash_key) < 0)
        abort();
}

void
rig_classifier_close(struct rig_classifier *c) {
    c->rig->worker->flow->sampling.shared = NULL;
    jn_sampling_free(&c->rig->worker->flow->sampling);
    free(c->samples);
    free(c->classified);
}

void
rig_classifier_comes(struct rig_classifier *c) {
    struct jn_answer_ring *ring = &c->classified->rings[0];
    struct jn_classifier_life *life = &c->lives[++c->number & 1];
    ring->samples_boot = RIG_SAMPLES_BOOT;
    ring->samples_tail = c->samples->rings[0].head;
    ring->head = 0;
    *life = (struct jn_classifier_life){.ring = ring,
                                        .answers = (const void *)((char *)c->classified + jn_classified_size(0)),
                                        .boot = 1000 + c->number,
                                        .number = c->number};
    c->rig->worker->flow->sampling.shared = life;
}

void
rig_classifier_goes(struct rig_classifier *c) {
    c->rig->worker->flow->sampling.shared = NULL;
}

uint64_t
rig_samples(const struct rig_classifier *c) {
    return c->samples->rings[0].head - c->classified->rings[0].samples_tail;
}

const struct jn_sample *
rig_sample(struct rig_classifier *c) {
    const struct jn_sample_ring *ring = &c->samples->rings[0];
    const struct jn_sample *first = (const void *)((char *)c->samples + ring->offset);
    if (rig_samples(c) == 0)
        return NULL;
    return &first[c->classified->rings[0].samples_tail++ & (ring->capacity - 1)];
}

void
rig_answer(struct rig_classifier *c, const struct jn_answer *answer) {
    struct jn_answer_ring *ring = &c->classified->rings[0];
    struct jn_answer *first = (void *)((char *)c->classified + jn_classified_size(0));
    first[ring->head & (JN_ANSWERS - 1)] = *answer;
    ring->head++;
}

struct jn_answer
rig_answer_for(const struct rig *rig, uint32_t flow_idx) {
    const struct jn_flow_entry *entry = &rig->worker->flow->table.entries[flow_idx];
    return (struct jn_answer){.flow = {entry->start_ns, flow_idx, entry->version}};
}
