// SPDX-License-Identifier: BSD-3-Clause
// Reading flow tables that somebody else writes: no two flows mixed, no field of the region trusted.
#include <pthread.h>

#include "flow.h"
#include "region.h"

#define CAPACITY 100u
#define ROUNDS   200000u

static void *
fresh(size_t *size) {
    *size = jn_flow_region_size(2, CAPACITY);
    struct jn_flow_region *region = region_memory(*size);
    jn_flow_region_init(region, 2, CAPACITY);
    region->tables[1].high_water = CAPACITY;
    return region;
}

static int
check(const void *region, size_t size, char err[JN_ERR_MAX]) {
    return jn_flow_check(region, size, err);
}

static void
test_buckets_have_room_to_spare(void **state) {
    (void)state;
    static const uint32_t capacities[] = {1, 8, 10, 11, 1000, 65536, 1000000, 10000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
        uint64_t count = jn_flow_bucket_count(capacities[i]);
        assert_int_equal(count % 2, 0);
        assert_true(count * JN_FLOW_WAYS * 10 >= (uint64_t)capacities[i] * 16);
    }
}

// What a flow takes of shared memory, the region's own header and whole huge pages among it.
static void
test_a_flow_takes_at_most_144_bytes(void **state) {
    (void)state;
    static const uint32_t capacities[] = {1000000, 1048576, 2000000, 10000000, 33554432};
    const size_t page = 2u << 20;
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++)
        for (unsigned int workers = 1; workers <= 4; workers *= 2) {
            size_t size = jn_flow_region_size(workers, capacities[i] / workers);
            assert_true((size + page - 1) / page * page <= (size_t)capacities[i] * 144);
        }
}

static void
test_corrupt_region_is_refused(void **state) {
    (void)state;
    static const struct corruption rows[] = {
        {"no worker", FIELD(jn_flow_region, worker_count), 0},
        {"too many workers", FIELD(jn_flow_region, worker_count), JN_MAX_WORKERS + 1},
        {"no bucket", FIELD(jn_flow_region, tables[1].bucket_count), 0},
        {"an odd number of buckets", FIELD(jn_flow_region, tables[1].bucket_count), 3},
        {"too many buckets", FIELD(jn_flow_region, tables[1].bucket_count), 1u << 31},
        {"capacity zero", FIELD(jn_flow_region, tables[1].capacity), 0},
        {"capacity too large", FIELD(jn_flow_region, tables[1].capacity), UINT32_MAX},
        {"entries in the header", FIELD(jn_flow_region, tables[0].entries_offset), 0},
        {"entries outside", FIELD(jn_flow_region, tables[0].entries_offset), UINT64_MAX - 63},
        {"entries not aligned", FIELD(jn_flow_region, tables[0].entries_offset), 4097},
    };
    expect_refused(rows, COUNT(rows), fresh, check);
}

// Changes the flow in entry 0 again and again, as a worker does: version odd, identity, version even.
static void *
writer(void *argument) {
    struct jn_flow_entry *entry = argument;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        __atomic_store_n(&entry->version, entry->version + 1, __ATOMIC_RELAXED);
        jn_seq_store(&entry->key0, &i, sizeof(i));
        jn_seq_store(&entry->key1, &i, sizeof(i));
        jn_seq_store(&entry->start_ns, &i, sizeof(i));
        __atomic_store_n(&entry->version, entry->version + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void
test_snapshot_never_mixes_two_flows(void **state) {
    (void)state;
    size_t size;
    struct jn_flow_region *region = fresh(&size);
    struct jn_flow_entry *entry = (void *)((char *)region + region->tables[1].entries_offset), seen = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, writer, entry), 0);
    while (seen.key0 < ROUNDS) {
        if (!jn_flow_snapshot(region, size, 1, 0, &seen))
            continue;
        assert_int_equal(seen.key0, seen.key1);
        assert_int_equal(seen.key0, seen.start_ns);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(jn_flow_snapshot(region, size, 1, 1, &seen));
    assert_false(jn_flow_snapshot(region, size, 1, CAPACITY, &seen));
    assert_false(jn_flow_snapshot(region, size, 2, 0, &seen));
    region->tables[1].entries_offset = UINT64_MAX - 63;
    assert_false(jn_flow_snapshot(region, size, 1, 0, &seen));
    free(region);
}

static void
test_parts_of_the_key(void **state) {
    (void)state;
    const struct jn_flow_entry e = {.key1 = UINT64_C(0xfff5aa06ffff1234)};
    assert_int_equal(jn_flow_port(&e, 0), 0x1234);
    assert_int_equal(jn_flow_port(&e, 1), 0xffff);
    assert_int_equal(jn_flow_protocol(&e), 6);
    assert_int_equal(jn_flow_vlan_id(&e), 0x5aa);
    assert_int_equal(jn_flow_vpg(&e), 4095);
}

static void
test_begin_of_a_delta_is_exact(void **state) {
    (void)state;
    const uint64_t hour = UINT64_C(3600000000000), times[] = {0, 1, UINT64_C(1) << 48, UINT64_C(1767322800123456789)},
                   lengths[] = {0, 1, UINT64_C(4294967296), hour, 38 * hour};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
            struct jn_flow_entry e = {.last_ns = times[i] + lengths[k]};
            jn_flow_set_delta_start(&e, times[i]);
            assert_true(jn_flow_delta_start(&e) == times[i]);
        }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets_have_room_to_spare), cmocka_unit_test(test_a_flow_takes_at_most_144_bytes),
        cmocka_unit_test(test_parts_of_the_key),           cmocka_unit_test(test_begin_of_a_delta_is_exact),
        cmocka_unit_test(test_corrupt_region_is_refused),  cmocka_unit_test(test_snapshot_never_mixes_two_flows),
    };
    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
