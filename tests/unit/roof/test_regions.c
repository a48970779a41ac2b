// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's regions as their writer keeps them: what somebody else wrote into one is not believed.
#include <errno.h>
#include <unistd.h>

#include "regions.h"
#include "test.h"

enum { VPGS = 256 };

static struct jn_app app;

static int
set_up(void **state) {
    static char instance[JN_INSTANCE_MAX];
    char err[JN_ERR_MAX] = "";
    (void)state;
    snprintf(instance, sizeof(instance), "regions-%d", (int)getpid());
    app.options = (struct jn_options){
        .instance = instance, .worker_count = 2, .flow_entries = 64, .record_entries = 64, .vpgs = VPGS};
    return jn_regions_make(&app, err);
}

static int
tear_down(void **state) {
    (void)state;
    jn_regions_remove(&app);
    return 0;
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

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vpgs_have_memory),
        cmocka_unit_test(test_foreign_counts_are_not_believed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
