// SPDX-License-Identifier: BSD-3-Clause
// Idle flows end in time, whatever is beside them in the table, and a table of busy flows is hardly looked at.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (UINT64_C(1767322800) * SECOND)
#define STEP   (SECOND / 50)
#define VPG    "[{\"id\":\"v\"}]"

enum { TIMEOUT = 30, SWEEP = 2, FEW = 100, MANY = 4000 };

static void
play(struct rig *rig, uint32_t flow, uint64_t now_ns) {
    uint8_t frame[128];
    struct frame_spec s = {
        .source = 0x0a800000 + flow, .destination = 0xc6120001, .protocol = 17, .source_port = 40000};
    rig_frame(rig, frame, frame_build(&s, frame), 0, false, now_ns);
}

static void
open_with(struct rig *rig, uint32_t flows) {
    rig_open(rig, VPG, 0);
    rig->worker->flow->idle_timeout_ns = TIMEOUT * SECOND;
    for (uint32_t flow = 0; flow < flows; flow++)
        play(rig, flow, T0);
    assert_int_equal(rig->worker->flow->table.header->active, flows);
}

// Idle rounds for a second. Returns how many flows they looked at.
static uint32_t
pass_second(struct rig *rig, uint64_t from_ns) {
    uint32_t looked = 0;
    for (uint64_t now_ns = from_ns; now_ns < from_ns + SECOND; now_ns += STEP) {
        rig_idle(rig, now_ns);
        looked += JN_FLOWS_A_ROUND - rig->worker->flow->sweep.left;
    }
    return looked;
}

// Of FEW flows, one of which falls silent each second, how many were silent for so long.
static uint32_t
silent_flows(uint32_t second, uint32_t silent) {
    uint32_t flows = second > silent ? second - silent : 0;
    return flows < FEW ? flows : FEW;
}

// Flow n falls silent after n seconds, and its neighbours in the table go on.
static void
test_one_that_is_silent_ends_among_others(void **state) {
    (void)state;
    struct rig rig;
    open_with(&rig, FEW);
    for (uint32_t second = 1; second < FEW + TIMEOUT + SWEEP + 2; second++) {
        for (uint32_t flow = second; flow < FEW; flow++)
            play(&rig, flow, T0 + second * SECOND);
        pass_second(&rig, T0 + second * SECOND);
        uint32_t ended = FEW - rig.worker->flow->table.header->active;
        assert_in_range(ended, silent_flows(second, TIMEOUT + SWEEP), silent_flows(second + 1, TIMEOUT));
    }
    assert_int_equal(rig.worker->flow->table.header->active, 0);
    assert_int_equal(rig.worker->counters->flows_created, FEW);
    rig_close(&rig);
}

static void
test_busy_flows_are_left_alone(void **state) {
    (void)state;
    struct rig rig;
    uint32_t looked = 0;
    open_with(&rig, MANY);
    pass_second(&rig, T0);
    pass_second(&rig, T0 + SECOND);
    for (uint32_t second = SWEEP; second < 14; second++) {
        for (uint32_t flow = 0; flow < MANY; flow++)
            play(&rig, flow, T0 + second * SECOND);
        looked += pass_second(&rig, T0 + second * SECOND);
    }
    assert_in_range(looked, 0, MANY);
    rig_close(&rig);
}

static void
test_a_shorter_timeout_is_that_of_all_flows(void **state) {
    (void)state;
    struct rig rig;
    open_with(&rig, MANY);
    for (uint32_t second = 0; second < 6; second++)
        pass_second(&rig, T0 + second * SECOND);
    assert_int_equal(rig.worker->flow->table.header->active, MANY);
    rig.worker->flow->idle_timeout_ns = 5 * SECOND;
    for (uint32_t second = 6; second < 9; second++)
        pass_second(&rig, T0 + second * SECOND);
    assert_int_equal(rig.worker->flow->table.header->active, 0);
    rig_close(&rig);
}

// Its record is written before its counter of packets wraps, though no flow beside it is silent.
static void
test_a_counter_that_is_nearly_full(void **state) {
    (void)state;
    struct rig rig;
    const struct jn_record *record = NULL;
    open_with(&rig, 1);
    pass_second(&rig, T0);
    rig.worker->flow->table.entries[0].packets[0] = UINT32_C(1) << 31;
    while (rig_record(&rig) != NULL)
        ;
    for (uint32_t second = 1; second < 18; second++) {
        play(&rig, 0, T0 + second * SECOND);
        pass_second(&rig, T0 + second * SECOND);
        const struct jn_record *written = rig_record(&rig);
        record = written != NULL && written->type == JN_RECORD_FLOW ? written : record;
    }
    assert_non_null(record);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_that_is_silent_ends_among_others),
        cmocka_unit_test(test_busy_flows_are_left_alone),
        cmocka_unit_test(test_a_shorter_timeout_is_that_of_all_flows),
        cmocka_unit_test(test_a_counter_that_is_nearly_full),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("idle_expiry", tests, NULL, NULL);
}
