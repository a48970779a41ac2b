// SPDX-License-Identifier: BSD-3-Clause
// The record ring: order, loss counted to the record, and a region's fields never trusted.
#include "record.h"
#include "test.h"

#define CAPACITY 8u

static struct jn_records_region *
fresh_region(size_t *size) {
    *size = jn_records_size(2, CAPACITY);
    struct jn_records_region *region = aligned_alloc(64, (*size + 63) / 64 * 64);
    assert_non_null(region);
    memset(region, 0, *size);
    jn_records_init(region, 2, CAPACITY);
    return region;
}

static void
test_full_ring_counts_loss_and_keeps_order(void **state) {
    (void)state;
    size_t size;
    struct jn_records_region *region = fresh_region(&size);
    struct jn_ring *ring = &region->rings[1];
    uint64_t tail = 0;
    for (uint64_t i = 0; i < CAPACITY + 3; i++) {
        struct jn_record *record = jn_ring_reserve(jn_ring_first(region, ring), ring->capacity, ring, &tail, 0);
        if (i >= CAPACITY) {
            assert_null(record);
            continue;
        }
        record->sequence = ring->next_sequence;
        jn_ring_commit(ring);
    }
    assert_int_equal(ring->lost, 3);
    __atomic_store_n(&ring->tail, 1, __ATOMIC_RELEASE);
    struct jn_record *record = jn_ring_reserve(jn_ring_first(region, ring), ring->capacity, ring, &tail, 0);
    assert_non_null(record);
    record->sequence = ring->next_sequence;
    jn_ring_commit(ring);
    const struct jn_record *records = (const void *)((const char *)region + ring->offset);
    for (uint64_t i = 1; i < CAPACITY; i++)
        assert_int_equal(records[i].sequence, i);
    assert_int_equal(records[0].sequence, CAPACITY + 3); // the gap shows the three that were lost
    free(region);
}

static void
test_corrupt_region_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t offset;
        size_t width;
        uint64_t value;
    } rows[] = {
        {"no worker", offsetof(struct jn_records_region, worker_count), 4, 0},
        {"too many workers", offsetof(struct jn_records_region, worker_count), 4, JN_MAX_WORKERS + 1},
        {"capacity zero", offsetof(struct jn_records_region, rings[1].capacity), 4, 0},
        {"capacity odd", offsetof(struct jn_records_region, rings[1].capacity), 4, 7},
        {"capacity too large", offsetof(struct jn_records_region, rings[1].capacity), 4, 1u << 31},
        {"offset in the header", offsetof(struct jn_records_region, rings[0].offset), 8, 64},
        {"offset outside", offsetof(struct jn_records_region, rings[0].offset), 8, UINT64_MAX - 63},
        {"tail ahead of head", offsetof(struct jn_records_region, rings[0].tail), 8, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size;
        char err[JN_ERR_MAX] = "";
        struct jn_records_region *region = fresh_region(&size);
        assert_int_equal(jn_records_check(region, size, err), 0);
        memcpy((char *)region + rows[i].offset, &rows[i].value, rows[i].width);
        if (jn_records_check(region, size, err) == 0 || err[0] == '\0')
            fail_msg("accepted: %s", rows[i].what);
        free(region);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_ring_counts_loss_and_keeps_order),
        cmocka_unit_test(test_corrupt_region_is_refused),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
