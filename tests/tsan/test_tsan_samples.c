// SPDX-License-Identifier: BSD-3-Clause
// Samples and answers: a worker gives samples and takes answers, a classifier does the reverse, and the main thread says
// whether it is there.
// To see it fail: in commit (dataplane/flow/flow_sample.c) store `head` relaxed.
#include "threads.h"

#include <sched.h>

#include "rig/frame.h"
#include "rig/rig_classifier.h"

enum { CAPACITY = 8, FRAMES = 3000, FLOWS = 400 };

static struct rig rig;
static struct rig_classifier classifier;
static int done;

static void *
worker(void *argument) {
    uint64_t now_ns = UINT64_C(1767322800) * 1000000000;
    uint8_t frame[256];
    (void)argument;
    for (unsigned int i = 0; i < FRAMES; i++) {
        const struct frame_spec spec = {.source = 0x0a800001 + i % FLOWS,
                                        .destination = 0xc6120001,
                                        .protocol = JN_IP_UDP,
                                        .source_port = 1,
                                        .destination_port = 2,
                                        .payload = 40};
        rig_frame(&rig, frame, frame_build(&spec, frame), 0, false, now_ns += 1000);
        if (i % CAPACITY == 0)
            sched_yield();
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void
write_answer(const struct jn_sample *sample) {
    struct jn_answer_ring *ring = &classifier.classified->rings[0];
    uint64_t boot = __atomic_load_n(&classifier.samples->rings[0].answers_boot, __ATOMIC_ACQUIRE),
             taken = __atomic_load_n(&classifier.samples->rings[0].answers_tail, __ATOMIC_ACQUIRE);
    if (boot == 0 || ring->head - taken >= JN_ANSWERS)
        return;
    struct jn_answer *first = (void *)((char *)classifier.classified + ring->offset);
    first[ring->head & (JN_ANSWERS - 1)] = (struct jn_answer){
        .flow = sample->flow, .application = 5, .flags = sample->number == 2 ? JN_ANSWER_DECIDED : 0};
    __atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
}

static void *
classify(void *argument) {
    struct jn_answer_ring *ring = &classifier.classified->rings[0];
    const struct jn_sample_ring *samples = &classifier.samples->rings[0];
    const struct jn_sample *first = (const void *)((char *)classifier.samples + samples->offset);
    (void)argument;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        uint64_t head = __atomic_load_n(&samples->head, __ATOMIC_ACQUIRE);
        if (head == ring->samples_tail)
            sched_yield();
        while (ring->samples_tail != head) {
            const struct jn_sample *sample = &first[ring->samples_tail & (CAPACITY - 1)];
            must(sample->kind == JN_SAMPLE_PACKET && sample->length == 68 && sample->bytes[0] == 0x45);
            write_answer(sample);
            __atomic_store_n(&ring->samples_tail, ring->samples_tail + 1, __ATOMIC_RELEASE);
        }
    }
    return NULL;
}

static void
test_samples(void **state) {
    (void)state;
    rig_open(&rig, "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]}]", 60);
    rig_classifier_open(&classifier, &rig, CAPACITY);
    rig_classifier_comes(&classifier);
    struct jn_sampling *sampling = &rig.worker->flow->sampling;
    const struct jn_classifier_life *life = sampling->shared;
    pthread_t threads[] = {begin_thread(worker, NULL), begin_thread(classify, NULL)};
    for (unsigned int i = 0; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); i++) {
        __atomic_store_n(&sampling->shared, i % 16 == 0 ? NULL : life, __ATOMIC_RELEASE);
        sched_yield();
    }
    for (unsigned int i = 0; i < COUNT(threads); i++)
        join_thread(threads[i]);
    const struct jn_worker_counters *counters = rig.worker->counters;
    assert_int_equal(counters->samples_written + counters->samples_skipped, FRAMES);
    assert_int_not_equal(counters->samples_written, 0);
    assert_int_equal(counters->exceptions[JN_EXCEPTION_CLASSIFIER_INDEX], 0);
    assert_int_equal(counters->exceptions[JN_EXCEPTION_ANSWER_UNASKED], 0);
    rig_classifier_close(&classifier);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
    rig_start_dpdk();
    return cmocka_run_group_tests_name("samples under ThreadSanitizer", tests, NULL, NULL);
}
