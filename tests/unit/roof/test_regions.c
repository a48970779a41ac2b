// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's regions as their writer keeps them: what somebody else wrote into one is not believed.
#include <errno.h>
#include <unistd.h>

#include "consumer.h"
#include "regions.h"
#include "run_directory.h"

enum { VPGS = 256 };

static struct jn_app app;

static int
set_up(void **state) {
    static char instance[JN_INSTANCE_MAX];
    char err[JN_ERR_MAX] = "";
    if (make_run_directory(state) < 0)
        return -1;
    snprintf(instance, sizeof(instance), "regions-%d", (int)getpid());
    app.options = (struct jn_options){
        .instance = instance, .worker_count = 2, .flow_entries = 64, .record_entries = 64, .vpgs = VPGS};
    return jn_regions_make(&app, err);
}

static int
tear_down(void **state) {
    jn_regions_remove(&app);
    return remove_run_directory(state);
}

static void
test_vpgs_have_memory(void **state) {
    char err[JN_ERR_MAX] = "";
    (void)state;
    assert_int_equal(jn_regions_grow(&app, 10, err), 0);
    assert_int_equal(app.counters->vpg_used, 10);
    assert_int_equal(app.next_hops[JN_VPG_PEERS * 10 - 1], 0xffff);
    assert_int_equal(jn_regions_grow(&app, VPGS + 1, err), -E2BIG);
    assert_non_null(strstr(err, "room for 256 VPGs"));
}

static void
test_foreign_counts_are_not_believed(void **state) {
    char err[JN_ERR_MAX] = "";
    (void)state;
    app.counters->vpg_used = app.neighbours->vpg_used = app.gates->vpg_used = JN_MAX_VPGS;
    app.counters->vpg_capacity = app.neighbours->vpg_capacity = app.gates->vpg_capacity = JN_MAX_VPGS;
    app.counters->worker_count = app.neighbours->worker_count = app.gates->worker_count = JN_MAX_WORKERS;
    assert_int_equal(jn_regions_grow(&app, 4000, err), -E2BIG);
    assert_int_equal(jn_regions_grow(&app, VPGS, err), 0);
    assert_int_equal(app.next_hops[JN_VPG_PEERS * VPGS - 1], 0xffff);
    assert_int_equal(app.counters->vpg_used, VPGS);
}

static void
make_consumed(struct jn_shm *shm, uint64_t boot, uint64_t tail) {
    char err[JN_ERR_MAX] = "";
    int rc = jn_shm_create(shm, app.options.instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region), 1, false,
                           false, err);
    if (rc < 0)
        fail_msg("%s", err);
    jn_consumed_begin(&((struct jn_consumed_region *)shm->base)->rings[0], boot, tail);
    jn_shm_ready(shm);
}

// The exporter comes, goes and comes again; what it cannot have taken is still to be taken.
static void
test_what_the_exporter_took(void **state) {
    (void)state;
    enum { WRITTEN = 10 };
    static const struct {
        bool this_region;
        uint64_t tail, left;
    } rows[] = {
        {true, 4, 6}, {true, WRITTEN, 0}, {true, 11, WRITTEN}, {true, UINT64_MAX, WRITTEN}, {false, 4, WRITTEN}};
    struct jn_ring *ring = &app.records->rings[0];
    struct jn_record *records = jn_ring_first(app.records, ring);
    for (unsigned int i = 0; i < WRITTEN; i++)
        records[i] = (struct jn_record){.type = i % 2 != 0 ? JN_RECORD_FLOW : JN_RECORD_VPG_INTERVAL,
                                        .flow = {.packets = {1, 2}, .bytes = {60, 40}}};
    ring->head = WRITTEN;
    assert_false(jn_consumer_find(&app));
    assert_int_equal(jn_consumer_left(&app), WRITTEN);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_shm shm;
        make_consumed(&shm, app.records->header.boot + !rows[i].this_region, rows[i].tail);
        bool former = jn_consumer_find(&app);
        assert_int_equal(former, i > 0);
        if (former)
            jn_consumer_forget(&app);
        assert_int_equal(jn_consumer_left(&app), rows[i].left);
        struct jn_left left = jn_consumer_left_in(app.options.instance, app.records);
        assert_int_equal(left.records, rows[i].left);
        assert_int_equal(left.packets, (rows[i].left + 1) / 2 * 3); // every second one is of a flow
        assert_int_equal(left.bytes, (rows[i].left + 1) / 2 * 100);
        jn_shm_remove(&shm);
    }
    assert_false(jn_consumer_find(&app)); // it went: what it said last counts
    ring->head = 0;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vpgs_have_memory),
        cmocka_unit_test(test_what_the_exporter_took),
        cmocka_unit_test(test_foreign_counts_are_not_believed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
