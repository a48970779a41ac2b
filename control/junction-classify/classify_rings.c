// SPDX-License-Identifier: BSD-3-Clause
#include "classify_rings.h"

#include <string.h>
#include <time.h>

#include "log.h"
#include "seqlock.h"

enum { RING_ROUND = 64, ROOM_PAUSE_NS = 100000 };

static void
count(uint64_t *counter) {
    jn_store(counter, *counter + 1);
}

void
classify_lane_beat(struct classify_lane *lane) {
    jn_store(&lane->beats, lane->beats + 1);
}

static struct jn_classify_counters *
counters_of(const struct classify_lane *lane) {
    return &lane->classified->counters[lane->thread];
}

void
classify_lane_open(struct classify_lane *lane, struct jn_classified_region *classified,
                   struct jn_annotations_region *annotations, unsigned int thread) {
    lane->thread = thread;
    lane->thread_count = classified->thread_count;
    lane->classified = classified;
    lane->classified_boot = classified->header.boot;
    lane->text_ring = &annotations->rings[thread];
    lane->texts = (struct jn_annotation *)((char *)annotations + lane->text_ring->offset);
    lane->texts_boot = annotations->header.boot;
    // What an earlier life has written, and nobody may have taken yet, stays as long as it can.
    uint64_t head = lane->text_ring->head;
    lane->text_tail = head > JN_ANNOTATIONS ? head - JN_ANNOTATIONS : 0;
}

// A sample that we died of must not be the first that we look at again. A worker whose samples nobody has served yet has
// those from its first on, if they all fit.
static uint64_t
first_of(const struct classify_source_ring *ring, const struct jn_answer_ring *answers, uint64_t boot) {
    uint64_t head = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
    return answers->samples_boot == boot || head > ring->capacity ? head : 0;
}

void
classify_lane_begin(struct classify_lane *lane, const struct classify_source *source) {
    for (unsigned int w = lane->thread; w < source->worker_count; w += lane->thread_count) {
        struct jn_answer_ring *answers = &lane->classified->rings[w];
        engine_forget_worker(lane->engine, w);
        lane->tails[w] = first_of(&source->rings[w], answers, source->boot);
        __atomic_store_n(&answers->samples_boot, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&answers->samples_tail, lane->tails[w], __ATOMIC_RELEASE);
        __atomic_store_n(&answers->samples_boot, source->boot, __ATOMIC_RELEASE);
    }
}

// Is there to be another look at what is full?
static bool
wait_for_room(struct classify_lane *lane, const struct classify_source *source, bool *hopeless, unsigned int *waited) {
    if (!source->waits || *hopeless || __atomic_load_n(lane->wanted, __ATOMIC_ACQUIRE) != source)
        return false;
    if (++*waited == CLASSIFY_PATIENCE) {
        jn_log(JN_LOG_WARNING, "a ring is full and nobody takes anything out of it: what finds no room is lost");
        *hopeless = true;
        return false;
    }
    classify_lane_beat(lane);
    nanosleep(&(struct timespec){.tv_nsec = ROOM_PAUSE_NS}, NULL);
    return true;
}

// A tail that cannot be right says that the ring is full.
static bool
texts_have_room(struct classify_lane *lane, const struct classify_source *source) {
    const struct jn_annotated_region *annotated = source->annotated;
    if (annotated != NULL) {
        const struct jn_annotated_taken *taken = &annotated->taken[lane->thread];
        if (__atomic_load_n(&taken->boot, __ATOMIC_ACQUIRE) == lane->texts_boot)
            lane->text_tail = __atomic_load_n(&taken->tail, __ATOMIC_ACQUIRE);
    }
    return lane->text_ring->head - lane->text_tail < JN_ANNOTATIONS;
}

static void
write_text(struct classify_lane *lane, const struct classify_source *source, const struct jn_annotation *text) {
    struct jn_annotation_ring *ring = lane->text_ring;
    for (unsigned int waited = 0; !texts_have_room(lane, source);)
        if (!wait_for_room(lane, source, &lane->texts_hopeless, &waited)) {
            count(&counters_of(lane)->annotations_lost);
            count(&ring->lost);
            return;
        }
    lane->texts_hopeless = false;
    struct jn_annotation *slot = &lane->texts[ring->head & (JN_ANNOTATIONS - 1)];
    memcpy(slot, text, sizeof(*slot));
    slot->boot = source->records_boot;
    __atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
    count(&counters_of(lane)->annotations);
}

// Until a worker has said what it has taken, none waits for an answer: it finds what is in the ring then.
static bool
answers_have_room(const struct classify_lane *lane, const struct classify_source_ring *ring,
                  const struct jn_answer_ring *answers) {
    if (__atomic_load_n(&ring->shared->answers_boot, __ATOMIC_ACQUIRE) != lane->classified_boot)
        return true;
    return answers->head - __atomic_load_n(&ring->shared->answers_tail, __ATOMIC_ACQUIRE) < JN_ANSWERS;
}

static void
write_answer(struct classify_lane *lane, const struct classify_source *source, unsigned int w) {
    struct jn_answer_ring *answers = &lane->classified->rings[w];
    for (unsigned int waited = 0; !answers_have_room(lane, &source->rings[w], answers);)
        if (!wait_for_room(lane, source, &lane->answers_hopeless, &waited)) {
            count(&answers->lost);
            return;
        }
    lane->answers_hopeless = false;
    struct jn_answer *first = (struct jn_answer *)((char *)lane->classified + jn_classified_size(w));
    memcpy(&first[answers->head & (JN_ANSWERS - 1)], &lane->output.answer, sizeof(*first));
    __atomic_store_n(&answers->head, answers->head + 1, __ATOMIC_RELEASE);
}

// The engine sees a private copy: what is in the ring may still change under a worker that was taken over.
static void
take_sample(struct classify_lane *lane, const struct classify_source *source, unsigned int w) {
    const struct classify_source_ring *ring = &source->rings[w];
    struct jn_sample sample;
    memcpy(&sample, &ring->samples[lane->tails[w] & (ring->capacity - 1)], sizeof(sample));
    count(&counters_of(lane)->samples);
    if (engine_sample_is_sound(&sample)) {
        engine_take(lane->engine, w, &sample, source->waits, &lane->output);
        for (unsigned int i = 0; i < lane->output.annotation_count && i < ENGINE_TEXTS; i++)
            write_text(lane, source, &lane->output.annotations[i]);
        if (lane->output.answered)
            write_answer(lane, source, w);
    } else
        count(&counters_of(lane)->refused_samples);
    lane->tails[w]++;
    __atomic_store_n(&lane->classified->rings[w].samples_tail, lane->tails[w], __ATOMIC_RELEASE);
    classify_lane_beat(lane);
}

// Samples that can be read. A head that cannot be right is gone along with: nothing of what it speaks of is looked at.
static uint64_t
pending(struct classify_lane *lane, const struct classify_source *source, unsigned int w) {
    static struct jn_log_limit limit; // threads may say one line too many
    const struct classify_source_ring *ring = &source->rings[w];
    uint64_t head = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE), tail = lane->tails[w];
    if (head - tail <= ring->capacity)
        return head - tail;
    count(&counters_of(lane)->refused_samples);
    lane->tails[w] = head;
    __atomic_store_n(&lane->classified->rings[w].samples_tail, head, __ATOMIC_RELEASE);
    jn_log_limited(&limit, 1, JN_LOG_ERROR,
                   "samples of worker %u: the head (%lu) is not between %lu and %lu: passed over", w,
                   (unsigned long)head, (unsigned long)tail, (unsigned long)(tail + ring->capacity));
    return 0;
}

unsigned int
classify_lane_round(struct classify_lane *lane, const struct classify_source *source) {
    unsigned int taken = 0;
    for (unsigned int w = lane->thread; w < source->worker_count; w += lane->thread_count) {
        uint64_t waiting = pending(lane, source, w);
        for (unsigned int i = 0; i < RING_ROUND && i < waiting; i++, taken++)
            take_sample(lane, source, w);
    }
    return taken;
}
