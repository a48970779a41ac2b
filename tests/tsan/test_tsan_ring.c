// SPDX-License-Identifier: BSD-3-Clause
// The record ring: a worker writes, the exporter takes, a third looks at the numbers.
// To see it fail: in jn_ring_commit (lib/record.h) store `head` relaxed.
#include "threads.h"

#include <sched.h>

#include "record.h"
#include "unit/lib/region.h"

enum { CAPACITY = 8, RECORDS = 20000 };

enum { BOOT = 7 };
static struct jn_records_region *region;
static struct jn_consumed consumed; // exporter's
static int done;

static void *
worker(void *argument) {
    struct jn_ring *ring = &region->rings[0];
    uint64_t tail = 0;
    (void)argument;
    for (uint64_t written = 0; written < RECORDS;) {
        must(jn_ring_believe(ring, &consumed, BOOT) == UINT64_MAX);
        struct jn_record *record = jn_ring_reserve(jn_ring_first(region, ring), CAPACITY, ring, &tail, 0);
        if (record == NULL) {
            sched_yield();
            continue;
        }
        record->sequence = ring->next_sequence;
        memset(record->raw, (int)record->sequence, sizeof(record->raw));
        jn_ring_commit(ring);
        written++;
    }
    return NULL;
}

static void *
exporter(void *argument) {
    const struct jn_ring *ring = &region->rings[0];
    const struct jn_record *first = jn_ring_first(region, ring);
    uint64_t next = 0;
    (void)argument;
    jn_consumed_begin(&consumed, BOOT, 0);
    for (uint64_t tail = 0; tail < RECORDS;) {
        uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
        if (head == tail)
            sched_yield();
        for (; tail < head; tail++) {
            const struct jn_record *record = &first[tail % CAPACITY];
            must(record->sequence >= next); // gaps are records that found the ring full
            next = record->sequence + 1;
            must((uint8_t)record->raw[19] == (uint8_t)record->sequence);
        }
        __atomic_store_n(&consumed.tail, tail, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void
test_ring(void **state) {
    (void)state;
    size_t size = jn_records_size(1, CAPACITY);
    char err[JN_ERR_MAX];
    region = region_memory(size);
    jn_records_init(region, 1, CAPACITY);
    pthread_t threads[] = {begin_thread(worker, NULL), begin_thread(exporter, NULL)};
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
        int rc = jn_records_check(region, size, err); // head and tail are not of one moment
        must(rc == 0 || strstr(err, "more records pending") != NULL);
        sched_yield();
    }
    for (unsigned int i = 0; i < 2; i++)
        join_thread(threads[i]);
    assert_int_equal(region->rings[0].head, RECORDS);
    assert_int_equal(region->rings[0].next_sequence, RECORDS + region->rings[0].lost);
    free(region);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ring)};
    return cmocka_run_group_tests_name("ring under ThreadSanitizer", tests, NULL, NULL);
}
