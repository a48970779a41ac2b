// SPDX-License-Identifier: BSD-3-Clause
// No cache line is written by two workers with every packet, nor by one while others read it so: where all that a worker
// writes begins, and that it fills whole lines.
#include <stdlib.h>

#include "flow/unreported.h"
#include "gate.h"
#include "neighbour.h"
#include "samples.h"
#include "test.h"
#include "worker/app.h"
#include "worker/rooms.h"

enum { LINE = 64, WORKERS = 3, VPGS = 5, FLOWS = 1001 }; // numbers that fill no lines by themselves

static void
test_what_regions_have_of_each_worker(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t first, each; // where the first worker's begins, and bytes up to the next one's
    } rows[] = {
#define ARRAY(type, member) {#type "." #member, offsetof(struct type, member), sizeof(((struct type *)0)->member[0])}
        ARRAY(jn_counters_region, workers),
        ARRAY(jn_flow_region, tables),
        ARRAY(jn_records_region, rings),
        ARRAY(jn_samples_region, rings),
        ARRAY(jn_unreported_region, workers),
        ARRAY(jn_neighbours_region, underlay),
        ARRAY(jn_neighbours_region, peers),
#undef ARRAY
        {"ports of jn_worker_counters", offsetof(struct jn_worker_counters, ports), sizeof(struct jn_port_counters)},
        {"VPG counters", sizeof(struct jn_counters_region), sizeof(struct jn_vpg_counters)},
        {"gate counters", sizeof(struct jn_gates_region), sizeof(struct jn_gate_counters)},
        {"jn_thread", 0, sizeof(struct jn_thread)},
        {"jn_burst", offsetof(struct jn_thread, burst), sizeof(struct jn_burst)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].first % LINE != 0 || rows[i].each % LINE != 0)
            fail_msg("%s: at %zu, %zu bytes each: two workers share a line", rows[i].what, rows[i].first, rows[i].each);
}

static void
test_offsets_by_worker(void **state) {
    (void)state;
    struct jn_flow_region *flows = aligned_alloc(LINE, sizeof(*flows));
    assert_non_null(flows);
    memset(flows, 0, sizeof(*flows));
    jn_flow_region_init(flows, WORKERS, FLOWS);
    for (unsigned int w = 0; w < WORKERS; w++) {
        assert_int_equal(flows->tables[w].buckets_offset % LINE, 0);
        assert_int_equal(flows->tables[w].entries_offset % LINE, 0);
        assert_int_equal(jn_counters_vpgs_offset(WORKERS, w, VPGS) % LINE, 0);
        assert_int_equal(jn_gate_counters_offset(w, VPGS) % LINE, 0);
    }
    assert_int_equal(jn_path_mtus_offset(WORKERS, VPGS) % LINE, 0); // behind the last worker's peers
    free(flows);
}

static void
test_what_is_beside_a_flow(void **state) {
    (void)state;
    size_t size = jn_unreported_size(WORKERS, VPGS, FLOWS);
    struct jn_unreported_region *region = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);
    assert_non_null(region);
    memset(region, 0, size);
    jn_unreported_init(region, WORKERS, VPGS, FLOWS);
    for (unsigned int w = 0; w < WORKERS; w++) {
        struct jn_flow_state flow = {0};
        jn_unreported_bind(&flow, region, w, VPGS, FLOWS);
        assert_int_equal((uintptr_t)flow.copies % LINE, 0);
        assert_int_equal((uintptr_t)flow.through % LINE, 0);
        assert_int_equal((uintptr_t)flow.vpgs % LINE, 0);
    }
    free(region);
}

// Two workers, whose arrays are made one after the other.
static void
test_what_a_worker_has_for_itself(void **state) {
    (void)state;
    static struct jn_rooms rooms[2];
    static struct jn_worker workers[2];
    for (unsigned int w = 0; w < 2; w++) {
        jn_rooms_join(&workers[w], &rooms[w]);
        assert_int_equal(jn_worker_vpgs_make(&workers[w], VPGS), 0);
    }
    for (unsigned int w = 0; w < 2; w++) {
        assert_int_equal((uintptr_t)workers[w].mirror->state % LINE, 0);
        assert_int_equal((uintptr_t)workers[w].mirror->whole % LINE, 0);
        assert_int_equal((uintptr_t)workers[w].redirect->answers % LINE, 0);
        assert_int_equal((uintptr_t)workers[w].redirect->counted % LINE, 0);
        jn_worker_vpgs_free(&workers[w]);
    }
}

// The main thread writes there, or workers by atomic additions.
static void
test_what_workers_read_in_every_round(void **state) {
    (void)state;
    const size_t line = offsetof(struct jn_app, outer_identification) / LINE,
                 read[] = {offsetof(struct jn_app, options), offsetof(struct jn_app, owners),
                           offsetof(struct jn_app, clock),   offsetof(struct jn_app, rules),
                           offsetof(struct jn_app, stop),    offsetof(struct jn_app, hash_key)};
    assert_int_equal(offsetof(struct jn_app, outer_identification) % LINE, 0);
    for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++)
        assert_int_not_equal(read[i] / LINE, line);
    assert_true(offsetof(struct jn_app, on_policy) / LINE > line);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_regions_have_of_each_worker),
        cmocka_unit_test(test_offsets_by_worker),
        cmocka_unit_test(test_what_is_beside_a_flow),
        cmocka_unit_test(test_what_a_worker_has_for_itself),
        cmocka_unit_test(test_what_workers_read_in_every_round),
    };
    return cmocka_run_group_tests_name("sharing", tests, NULL, NULL);
}
