// SPDX-License-Identifier: BSD-3-Clause
// What a dataplane gone wrong may write, against junction-classify's rings and its engine with nDPI: samples of any payload,
// headers that lie, heads and tails out of place, layouts that change. The input is steps: which, then what it takes.
// Whatever came in, what comes out is what its readers may expect, and no memory outside of the regions is touched.
#include <stdio.h>

#include "classify_rings.h"
#include "fuzz.h"

enum { WORKERS = 2, RING = 8, FLOWS = 64, SAMPLE_BYTES = 2 };

static struct jn_samples_region *samples;
static struct jn_classified_region *classified;
static struct jn_annotations_region *annotations;
static struct jn_annotated_region *annotated;
static struct classify_source source;
static const struct classify_source *wanted; // not this one: a full ring is not waited for
static struct classify_lane lane;

// What nDPI loses of hostile packets the engine counts (engine_memory.c); it is no fault of ours.
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void) {
    return "leak:libndpi.so";
}

struct input {
    const uint8_t *data;
    size_t left;
};

static uint64_t
number(struct input *input, unsigned int bytes) {
    uint64_t value = 0;
    for (; bytes > 0 && input->left > 0; bytes--, input->left--)
        value = value << 8 | *input->data++;
    return value;
}

// Sizes are multiples of 64, so that aligned memory ends exactly behind what it holds.
static void *
memory(size_t size) {
    void *base = aligned_alloc(64, (size + 63) / 64 * 64);
    demand(base != NULL);
    return memset(base, 0, size);
}

// The engine lives as long as the process: loading nDPI takes longer than thousands of inputs.
int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    char err[JN_ERR_MAX];
    (void)argc, (void)argv;
    samples = memory(jn_samples_size(WORKERS, RING));
    classified = memory(jn_classified_size(WORKERS));
    annotations = memory(jn_annotations_size(1));
    annotated = memory(sizeof(*annotated));
    jn_classified_init(classified, WORKERS, 1);
    jn_annotations_init(annotations, 1);
    classified->header.boot = 8;
    annotations->header.boot = 9;
    lane.wanted = &wanted;
    lane.engine = engine_make(FLOWS, &classified->counters[0], err);
    demand(lane.engine != NULL);
    classify_lane_open(&lane, classified, annotations, 0);
    return 0;
}

// An IP header that belongs to the sample, so that its payload is looked at.
static size_t
put_header(struct jn_sample *sample, uint16_t length) {
    uint8_t *ip = sample->bytes;
    ip[0] = 0x45;
    ip[2] = (uint8_t)(length >> 8);
    ip[3] = (uint8_t)length;
    ip[8] = 64;
    ip[9] = sample->protocol;
    memcpy(ip + 12, sample->address[sample->from_b], 4);
    memcpy(ip + 16, sample->address[!sample->from_b], 4);
    for (int end = 0; end < 2; end++) {
        ip[20 + 2 * end] = (uint8_t)(sample->port[end ^ sample->from_b] >> 8);
        ip[21 + 2 * end] = (uint8_t)sample->port[end ^ sample->from_b];
    }
    if (sample->protocol == 6) {
        ip[32] = 0x50;
        ip[33] = 0x18;
        return 40;
    }
    ip[24] = (uint8_t)((length - 20) >> 8);
    ip[25] = (uint8_t)(length - 20);
    return 28;
}

// how: bit 0 the direction, bit 1 TCP, bit 2 the end, bit 3 names alone, bit 4 header bytes that lie.
static void
put_sample(struct input *input, unsigned int how) {
    static const uint16_t ports[] = {53, 80, 443, 22, 67, 1883, 5060, 40000};
    unsigned int w = how >> 7, flow = (unsigned int)number(input, 1);
    struct jn_sample_ring *ring = &samples->rings[w];
    struct jn_sample *sample =
        (struct jn_sample *)((char *)samples + jn_samples_size(w, RING)) + (ring->head & (RING - 1));
    uint16_t payload = (uint16_t)(number(input, SAMPLE_BYTES) % (JN_SAMPLE_BYTES - 40));
    payload = payload < input->left ? payload : (uint16_t)input->left;
    memset(sample, 0, sizeof(*sample));
    sample->flow = (struct jn_flow_identity){flow + 1u, flow, 2};
    sample->time_ns = (ring->head + 1) * 1000000;
    sample->address[0][0] = sample->address[1][0] = 10;
    sample->address[0][3] = (uint8_t)flow;
    sample->address[1][3] = 1;
    sample->port[0] = (uint16_t)(20000 + flow);
    sample->port[1] = ports[flow % 8];
    sample->family = 4;
    sample->from_b = how & 1;
    sample->protocol = how & 2 ? 6 : 17;
    sample->kind = how & 4 ? JN_SAMPLE_END : JN_SAMPLE_PACKET;
    sample->metadata = how & 8 ? JN_METADATA_NAMES : JN_METADATA_ALL;
    sample->number = 1;
    if (sample->kind == JN_SAMPLE_PACKET) {
        size_t header = put_header(sample, (uint16_t)((how & 2 ? 40 : 28) + payload));
        memcpy(sample->bytes + header, input->data, payload);
        input->data += payload;
        input->left -= payload;
        sample->length = (uint16_t)(header + payload);
        sample->ip_length = sample->length;
    }
    for (unsigned int i = how & 16 ? 1 + number(input, 1) % 8 : 0; i > 0; i--) {
        size_t at = number(input, 1);
        ((uint8_t *)sample)[at] = (uint8_t)number(input, 1);
    }
    ring->head++;
}

static void
check_texts(uint64_t from) {
    for (uint64_t i = from; i != annotations->rings[0].head; i++) {
        const struct jn_annotation *text = &lane.texts[i & (JN_ANNOTATIONS - 1)];
        demand(jn_annotation_is_sound(text->kind, text->text, text->length));
        demand(text->worker < WORKERS);
    }
}

static void
check_answers(unsigned int w, uint64_t from) {
    const struct jn_answer *answers = (const struct jn_answer *)((char *)classified + jn_classified_size(w));
    for (uint64_t i = from; i != classified->rings[w].head; i++) {
        const struct jn_answer *answer = &answers[i & (JN_ANSWERS - 1)];
        demand(answer->application < JN_APPLICATION_NUMBERS && answer->master < JN_APPLICATION_NUMBERS);
        demand((answer->flags & ~JN_ANSWER_FLAGS) == 0);
        for (unsigned int c = 0; c < answer->name_length; c++)
            demand((uint8_t)answer->name[c] > ' ' && (answer->name[c] < 'A' || answer->name[c] > 'Z'));
    }
}

static void
go_round(void) {
    uint64_t texts = annotations->rings[0].head, answers[WORKERS];
    for (unsigned int w = 0; w < WORKERS; w++)
        answers[w] = classified->rings[w].head;
    classify_lane_round(&lane, &source);
    check_texts(texts);
    for (unsigned int w = 0; w < WORKERS; w++) {
        check_answers(w, answers[w]);
        demand(classified->rings[w].samples_tail == samples->rings[w].head);
    }
}

static void
step(struct input *input) {
    unsigned int how = (unsigned int)number(input, 1);
    struct jn_sample_ring *ring = &samples->rings[how >> 7];
    switch (how & 0x60) {
    case 0x20: // words of the header, which nobody but the check believes
        ((uint64_t *)samples)[number(input, 1) % (sizeof(*samples) / 8)] = number(input, 8);
        break;
    case 0x40: ring->head += number(input, how & 7); break;
    case 0x60: go_round(); break;
    default: put_sample(input, how);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    char err[JN_ERR_MAX];
    memset(samples, 0, jn_samples_size(WORKERS, RING));
    jn_samples_init(samples, WORKERS, RING);
    samples->header.boot = 7;
    samples->waits = number(&input, 1) & 1;
    demand(classify_source_take(&source, samples, jn_samples_size(WORKERS, RING), err) == 0);
    source.annotated = annotated;
    annotated->taken[0] = (struct jn_annotated_taken){9, annotations->rings[0].head};
    for (unsigned int w = 0; w < WORKERS; w++)
        classified->rings[w].samples_boot = 0;
    classify_lane_begin(&lane, &source);
    while (input.left > 0)
        step(&input);
    go_round();
    // Whatever stands there now, it is refused or does not lead out of the region.
    classify_source_take(&source, samples, jn_samples_size(WORKERS, RING), err);
    return 0;
}
