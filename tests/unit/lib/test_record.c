// SPDX-License-Identifier: BSD-3-Clause
// The record ring: order, loss counted to the record, and a region's fields never trusted.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record.h"
#include "region.h"

#define CAPACITY 8u

static void *
fresh(size_t *size) {
    *size = jn_records_size(2, CAPACITY);
    struct jn_records_region *region = region_memory(*size);
    jn_records_init(region, 2, CAPACITY);
    return region;
}

static int
check(const void *region, size_t size, char err[JN_ERR_MAX]) {
    return jn_records_check(region, size, err);
}

static void
test_full_ring_counts_loss_and_keeps_order(void **state) {
    (void)state;
    size_t size;
    struct jn_records_region *region = fresh(&size);
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
    static const struct corruption rows[] = {
        {"no worker", FIELD(jn_records_region, worker_count), 0},
        {"too many workers", FIELD(jn_records_region, worker_count), JN_MAX_WORKERS + 1},
        {"capacity zero", FIELD(jn_records_region, rings[1].capacity), 0},
        {"capacity odd", FIELD(jn_records_region, rings[1].capacity), 7},
        {"capacity too large", FIELD(jn_records_region, rings[1].capacity), 1u << 31},
        {"offset in the header", FIELD(jn_records_region, rings[0].offset), 64},
        {"offset outside", FIELD(jn_records_region, rings[0].offset), UINT64_MAX - 63},
        {"tail ahead of head", FIELD(jn_records_region, rings[0].tail), 1},
    };
    expect_refused(rows, COUNT(rows), fresh, check);
}

// The consumer can be anybody that took junction-export over: what it cannot have taken moves nothing.
static void
test_consumer_index_is_believed_when_it_can_be_right(void **state) {
    (void)state;
    enum { TAIL = 5, HEAD = 9, BOOT = 77 };
    static const struct {
        const char *what;
        uint64_t boot, says, tail, refused;
    } rows[] = {
        {"nothing new", BOOT, TAIL, TAIL, UINT64_MAX},
        {"a part", BOOT, 7, 7, UINT64_MAX},
        {"all", BOOT, HEAD, HEAD, UINT64_MAX},
        {"more than there is", BOOT, HEAD + 1, TAIL, HEAD + 1},
        {"far more", BOOT, UINT64_MAX - 1, TAIL, UINT64_MAX - 1},
        {"back", BOOT, TAIL - 1, TAIL, TAIL - 1},
        {"zero", BOOT, 0, TAIL, 0},
        {"of another region", BOOT + 1, 7, TAIL, UINT64_MAX},
        {"while it changes", 0, 7, TAIL, UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_ring ring = {.tail = TAIL, .head = HEAD};
        const struct jn_consumed consumed = {.boot = rows[i].boot, .tail = rows[i].says};
        uint64_t refused = jn_ring_believe(&ring, &consumed, BOOT);
        if (refused != rows[i].refused || ring.tail != rows[i].tail)
            fail_msg("%s: tail %lu, refused %lu", rows[i].what, (unsigned long)ring.tail, (unsigned long)refused);
    }
    struct jn_ring ring = {.tail = TAIL, .head = HEAD};
    assert_int_equal(jn_ring_believe(&ring, NULL, BOOT), UINT64_MAX);
    assert_int_equal(ring.tail, TAIL);
}

// A contract with the caller, which is kept in release builds too (contract.h).
static void
test_a_capacity_that_is_no_power_of_two_stops_its_caller(void **state) {
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        size_t size;
        jn_records_init(fresh(&size), 2, CAPACITY - 1);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_ring_counts_loss_and_keeps_order),
        cmocka_unit_test(test_corrupt_region_is_refused),
        cmocka_unit_test(test_consumer_index_is_believed_when_it_can_be_right),
        cmocka_unit_test(test_a_capacity_that_is_no_power_of_two_stops_its_caller),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
