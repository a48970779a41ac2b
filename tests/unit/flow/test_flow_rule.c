// SPDX-License-Identifier: BSD-3-Clause
// The rule that gave a flow its verdict goes into entry and record; a silent flow never comes to look up to date.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0 (UINT64_C(1767322800) * 1000000000)

// The second rule becomes three: one for each port of its list.
#define RULES(first)                                                                                                   \
    "[{\"id\":\"u\",\"vlan\":7,\"rules\":[{\"match\":{},\"inspect\":true}]},{\"id\":\"v\",\"rules\":[" first           \
    "{\"match\":{\"remote_ports\":[53,\"60-70\",80]},\"inspect\":true},"                                               \
    "{\"match\":{\"protocol\":\"tcp\"},\"inspect\":true}]}]"

static void
send_to(struct rig *rig, uint16_t port, uint64_t now_ns) {
    uint8_t frame[128];
    const struct frame_spec s = {.source = 0x0a800001,
                                 .destination = 0xc6120001,
                                 .protocol = 17,
                                 .source_port = 40000,
                                 .destination_port = port};
    rig_frame(rig, frame, frame_build(&s, frame), 0, false, now_ns);
}

static uint16_t
recorded_rule(struct rig *rig) {
    const struct jn_record *r;
    while ((r = rig_record(rig)) != NULL && r->type != JN_RECORD_FLOW)
        continue;
    assert_non_null(r);
    assert_int_equal(r->flow.application, JN_APPLICATION_NONE);
    assert_int_equal(r->flow.rtt_us, JN_RTT_NONE);
    assert_int_equal(r->flow.retransmissions[0] | r->flow.retransmissions[1], 0);
    assert_int_equal(r->flow.vlan_id, JN_FLOW_VLAN_ID_NONE);
    return r->flow.rule;
}

static void
test_record_names_the_rule(void **state) {
    (void)state;
    static const struct { uint16_t port, rule; } rows[] = {{53, 1}, {65, 2}, {80, 3}, {81, JN_RULE_DEFAULT}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_open(&rig, RULES("{\"match\":{\"dscp\":46},\"drop\":true},"), 60);
        send_to(&rig, rows[i].port, T0);
        assert_int_equal(rig.worker->flow->table.entries[0].rule, rows[i].rule);
        rig_finish(&rig);
        assert_int_equal(recorded_rule(&rig), rows[i].rule);
        rig_close(&rig);
    }
}

static void
test_delta_keeps_the_rule_it_was_counted_under(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, RULES(""), 60);
    send_to(&rig, 53, T0);
    rig_policy(&rig, RULES("{\"match\":{\"remote_ports\":[53]},\"inspect\":false},"), 60);
    send_to(&rig, 53, T0 + 1000);
    assert_int_equal(recorded_rule(&rig), 0);
    rig_policy(&rig, RULES("{\"match\":{\"dscp\":46},\"drop\":true},"), 60);
    send_to(&rig, 53, T0 + 2000);
    rig_finish(&rig);
    assert_int_equal(recorded_rule(&rig), 1);
    rig_close(&rig);
}

// As many policies as its low bits can tell come and go while a flow is silent; the sweep sees it from time to time.
static void
test_old_generation_never_looks_new(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, "[{\"id\":\"v\"}]", 60);
    send_to(&rig, 53, T0);
    const struct jn_flow_entry *entry = &rig.worker->flow->table.entries[0];
    uint64_t now = T0;
    for (uint32_t policies = 1; policies <= 3 * 65536; policies++) {
        rig.rules->generation++;
        if (policies % 10000 == 0)
            rig_idle(&rig, now += UINT64_C(1000000000));
        assert_int_not_equal(entry->current.generation, rig.rules->generation);
    }
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_names_the_rule),
        cmocka_unit_test(test_delta_keeps_the_rule_it_was_counted_under),
        cmocka_unit_test(test_old_generation_never_looks_new),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("flow_rule", tests, NULL, NULL);
}
