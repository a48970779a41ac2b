// SPDX-License-Identifier: BSD-3-Clause
// A worker beside an exporter that was taken over: what the exporter says to have taken frees room when it can be right; else
// records are lost and counted, what is in the ring stays, and the lie is counted once.
#include "flow/flow_record.h"
#include "rig/rig.h"
#include "test.h"

enum { CAPACITY = 64, BOOT = 9 };

static struct rig rig;
static struct jn_consumed consumed;

static int
open_rig(void **state) {
    (void)state;
    rig_open(&rig, "[]", 1);
    rig.worker->flow->record_capacity = rig.worker->flow->ring->capacity = CAPACITY;
    rig.worker->flow->region_boot = BOOT;
    rig.worker->flow->refused_tail = UINT64_MAX;
    rig.worker->flow->consumed = &consumed;
    jn_consumed_begin(&consumed, BOOT, 0);
    return 0;
}

static int
close_rig(void **state) {
    (void)state;
    rig.worker->flow->consumed = NULL;
    rig_close(&rig);
    return 0;
}

static void
write_records(unsigned int count) {
    while (count-- > 0)
        jn_record_write_end_of_stream(rig.worker);
}

static uint64_t
counted(enum jn_exception exception) {
    return rig.worker->counters->exceptions[exception];
}

static void
test_room_that_was_freed_is_used(void **state) {
    (void)state;
    write_records(CAPACITY);
    assert_int_equal(counted(JN_EXCEPTION_RECORD_LOST), 0);
    consumed.tail = CAPACITY;
    write_records(CAPACITY);
    assert_int_equal(counted(JN_EXCEPTION_RECORD_LOST), 0);
    assert_int_equal(counted(JN_EXCEPTION_CONSUMER_INDEX), 0);
    assert_int_equal(rig.worker->flow->ring->head, 2 * CAPACITY);
}

static void
test_what_cannot_be_frees_nothing(void **state) {
    (void)state;
    static const uint64_t lies[] = {CAPACITY + 1, UINT64_MAX - 1, UINT64_MAX / 2};
    const struct jn_ring *ring = rig.worker->flow->ring;
    write_records(CAPACITY);
    for (unsigned int i = 0; i < COUNT(lies); i++) {
        consumed.tail = lies[i];
        write_records(3);
        assert_int_equal(ring->head, CAPACITY);
        assert_int_equal(ring->tail, 0);
        assert_int_equal(counted(JN_EXCEPTION_RECORD_LOST), 3 * (i + 1));
        assert_int_equal(counted(JN_EXCEPTION_CONSUMER_INDEX), i + 1);
    }
    consumed.tail = CAPACITY;
    write_records(CAPACITY);
    consumed.tail = CAPACITY - 1; // back
    write_records(1);
    assert_int_equal(ring->head, 2 * CAPACITY);
    assert_int_equal(ring->tail, CAPACITY);
    assert_int_equal(counted(JN_EXCEPTION_CONSUMER_INDEX), COUNT(lies) + 1);
}

// What documents lack is known to the packet.
static void
test_lost_flow_records_count_their_packets(void **state) {
    (void)state;
    const struct jn_ring *ring = rig.worker->flow->ring;
    const struct jn_worker_counters *counters = rig.worker->counters;
    struct jn_flow_entry *entry = &rig.worker->flow->table.entries[0];
    write_records(CAPACITY);
    for (unsigned int i = 1; i <= 3; i++) {
        *entry = (struct jn_flow_entry){.key1 = 1, .verdict = JN_VERDICT_INSPECT, .packets = {i, 2}, .bytes = {90, 10}};
        entry->current.interval = rig.worker->flow->interval.number;
        jn_record_write_flow(rig.worker, entry, JN_END_ACTIVE);
        assert_int_equal(entry->packets[0] | entry->packets[1] | entry->bytes[0], 0);
    }
    assert_int_equal(ring->lost, 3);
    assert_int_equal(ring->lost_packets, 1 + 2 + 3 + 3 * 2);
    assert_int_equal(ring->lost_bytes, 300);
    assert_int_equal(counters->lost_packets, ring->lost_packets);
    assert_int_equal(counters->lost_bytes, 300);
    assert_int_equal(ring->next_sequence, ring->head + ring->lost);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_room_that_was_freed_is_used, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_frees_nothing, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(test_lost_flow_records_count_their_packets, open_rig, close_rig),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("consumer index", tests, NULL, NULL);
}
