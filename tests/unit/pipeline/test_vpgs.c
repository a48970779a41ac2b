// SPDX-License-Identifier: BSD-3-Clause
// A VPG for every VLAN of a wire, from the configuration to the worker's counters; and what room for them costs.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0 (UINT64_C(1767322800) * 1000000000)

// VLANs from 0 on, the last VPG without one. Every `step`th has a rule.
static char *
vpgs_text(unsigned int count, unsigned int step) {
    char *text = malloc(count * 128u + 16), *at = text;
    for (unsigned int i = 0; i < count; i++) {
        at += sprintf(at, "%c{\"id\":\"v%u\"", i == 0 ? '[' : ',', i);
        if (i + 1 < count)
            at += sprintf(at, ",\"vlan\":%u", i);
        if (i % step == 0)
            at += sprintf(at, ",\"rules\":[{\"match\":{\"remote_ports\":[%u]},\"drop\":true}]", 1000 + i);
        at += sprintf(at, "}");
    }
    sprintf(at, "]");
    return text;
}

static void
send(struct rig *rig, uint16_t vlan, uint16_t port) {
    uint8_t frame[128];
    const struct frame_spec s = {.source = 0x0a800001,
                                 .destination = 0xc6120001,
                                 .protocol = 17,
                                 .source_port = 40000,
                                 .destination_port = port,
                                 .vlan = vlan};
    rig_frame(rig, frame, frame_build(&s, frame), 0, false, T0);
}

static uint16_t
vpg_idx_of(const struct rig *rig, const char *id) {
    for (uint32_t i = 0; i < rig->rules->policy->vpg_count; i++)
        if (strcmp(jn_policy_vpgs(rig->rules->policy)[i].id, id) == 0)
            return jn_policy_vpgs(rig->rules->policy)[i].vpg_idx;
    fail_msg("no VPG %s", id);
    return 0;
}

static uint64_t
packets_of(const struct rig *rig, const char *id) {
    return rig->worker->vpg_counters[vpg_idx_of(rig, id)].total_packets;
}

static void
test_a_vpg_for_every_vlan(void **state) {
    (void)state;
    struct rig rig;
    char *text = vpgs_text(JN_MAX_VPGS, 8), id[JN_VPG_ID_MAX];
    rig_open_for(&rig, text, 60, JN_MAX_VPGS);
    free(text);
    assert_int_equal(rig.rules->vpg_idx_end, JN_MAX_VPGS);
    for (uint16_t vlan = 0; vlan < 4095; vlan++) {
        snprintf(id, sizeof(id), "v%u", vlan);
        assert_int_equal(jn_ruleset_vpg_idx(rig.rules, 0, vlan), vpg_idx_of(&rig, id));
    }
    assert_int_equal(jn_ruleset_vpg_idx(rig.rules, 0, 0xffff), vpg_idx_of(&rig, "v4095"));
    send(&rig, 4094, 53);
    send(&rig, 4094, 53);
    send(&rig, 0, 53); // untagged
    send(&rig, 4088, 1000 + 4088);
    send(&rig, 4087, 1000 + 4088);
    assert_int_equal(packets_of(&rig, "v4094"), 2);
    assert_int_equal(packets_of(&rig, "v4095"), 1);
    assert_int_equal(packets_of(&rig, "v4088"), 1);
    assert_int_equal(rig.sent_count, 4); // the rule of 4088 is no other VPG's
    assert_int_equal(rig.worker->flow->table.header->active, 4);
    assert_int_equal(jn_flow_vpg(&rig.worker->flow->table.entries[0]), vpg_idx_of(&rig, "v4094"));
    rig_finish(&rig);
    const struct jn_record *r;
    unsigned int found = 0;
    while ((r = rig_record(&rig)) != NULL)
        found += r->type == JN_RECORD_VPG_INTERVAL && strcmp(r->vpg_id, "v4094") == 0 && r->counters[0] == 2;
    assert_int_equal(found, 1);
    rig_close(&rig);
}

// Slots are kept through changes, up to the last.
static void
test_a_vpg_index_changes_hands(void **state) {
    (void)state;
    struct rig rig;
    char *text = vpgs_text(JN_MAX_VPGS, JN_MAX_VPGS), *last = strstr(text, "\"v4094\"");
    rig_open_for(&rig, text, 60, JN_MAX_VPGS);
    uint16_t vpg_idx = vpg_idx_of(&rig, "v4094");
    send(&rig, 4094, 53);
    memcpy(last, "\"w4094\"", 7);
    rig_policy(&rig, text, 60);
    free(text);
    assert_int_equal(vpg_idx_of(&rig, "w4094"), vpg_idx); // none is free
    send(&rig, 4094, 53);
    rig_finish(&rig);
    unsigned int former = 0, next = 0;
    for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;) {
        former += r->type == JN_RECORD_FLOW && strcmp(r->vpg_id, "v4094") == 0;
        next += r->type == JN_RECORD_FLOW && strcmp(r->vpg_id, "w4094") == 0;
    }
    assert_int_equal(former, 1);
    assert_int_equal(next, 1);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_vpg_for_every_vlan),
        cmocka_unit_test(test_a_vpg_index_changes_hands),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("vpgs", tests, NULL, NULL);
}
