// SPDX-License-Identifier: BSD-3-Clause
// A VPG over two wires: one flow whichever wire a packet takes, and no frame changes its wire.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0   (UINT64_C(1767322800) * 1000000000)
#define BOTH "[{\"id\":\"v\",\"wires\":[\"w\",\"x\"]}]"

enum { ACCESS, NETWORK, ACCESS2 = 4, NETWORK2 };

static const struct frame_spec up = {.source = 0x0a800001,
                                     .destination = 0xc6120001,
                                     .protocol = 17,
                                     .source_port = 40000,
                                     .destination_port = 53,
                                     .payload = 8};

// Comes in by that port, and leaves as it is by the other port of the wire; or is dropped, when there is none.
static void
pass(struct rig *rig, const struct frame_spec *spec, uint16_t port, bool dropped) {
    uint8_t frame[256];
    const uint8_t *data = frame;
    unsigned int before = rig->sent_count;
    uint32_t length = frame_build(spec, frame);
    if (port >= ACCESS2)
        rig_frames_of_second_wire(rig, &data, &length, 1, port == NETWORK2, T0);
    else
        rig_frames(rig, &data, &length, 1, port == NETWORK, T0);
    assert_int_equal(rig->sent_count, before + !dropped);
    if (dropped)
        return;
    const struct rig_sent *sent = &rig->sent[before % RIG_SENT];
    assert_int_equal(sent->port, port ^ 1);
    assert_int_equal(sent->length, length);
    assert_memory_equal(sent->data, frame, length);
}

static unsigned int
take_flows(struct rig *rig, struct jn_record_flow *last) {
    unsigned int count = 0;
    rig_finish(rig);
    for (const struct jn_record *r; (r = rig_record(rig)) != NULL;)
        if (r->type == JN_RECORD_FLOW) {
            *last = r->flow;
            count++;
        }
    return count;
}

static void
test_one_flow(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint16_t ups[3], downs[3];
    } rows[] = {
        {"each direction by a wire of its own", {ACCESS, ACCESS, ACCESS}, {NETWORK2, NETWORK2, NETWORK2}},
        {"the other way round", {ACCESS2, ACCESS2, ACCESS2}, {NETWORK, NETWORK, NETWORK}},
        {"packet by packet", {ACCESS, ACCESS2, ACCESS}, {NETWORK, NETWORK2, NETWORK2}},
        {"one wire fails", {ACCESS, ACCESS2, ACCESS2}, {NETWORK, NETWORK2, NETWORK2}},
    };
    struct frame_spec answer = frame_answer(&up);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        struct jn_record_flow flow = {0};
        rig_open(&rig, BOTH, 0);
        for (int n = 0; n < 3; n++) {
            pass(&rig, &up, rows[i].ups[n], false);
            pass(&rig, &answer, rows[i].downs[n], false);
        }
        assert_int_equal(rig.worker->vpg_counters[0].total_packets, 6);
        if (take_flows(&rig, &flow) != 1)
            fail_msg("%s: more than one flow", rows[i].what);
        assert_int_equal(flow.packets[0], 3);
        assert_int_equal(flow.packets[1], 3);
        assert_int_equal(flow.ingress, rows[i].ups[0]);
        assert_int_equal(flow.flags & JN_FLOW_FROM_NETWORK, 0);
        rig_close(&rig);
    }
}

// A datagram's fragments by both wires: the later one, that comes first, is counted with its first one.
static void
test_fragments(void **state) {
    (void)state;
    struct rig rig;
    struct jn_record_flow flow = {0};
    struct frame_spec first = up, later = up;
    first.id = later.id = 77;
    first.fragment = JN_IPV4_MF;
    later.fragment = JN_IPV4_MF | 2; // not the last: a datagram that is complete is forgotten
    rig_open(&rig, BOTH, 0);
    pass(&rig, &later, ACCESS2, false);
    pass(&rig, &first, ACCESS, false);
    pass(&rig, &later, ACCESS2, false);
    assert_int_equal(take_flows(&rig, &flow), 1);
    assert_int_equal(flow.packets[0], 3);
    rig_close(&rig);
}

// What a rule drops, it drops on each of the wires; a VPG on one of them alone keeps to its own.
static void
test_vpgs_share_wires(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec dropped = up, tagged = up, other = up;
    dropped.destination_port = 7;
    tagged.vlan = 10;
    other.vlan = 20;
    rig_open(&rig,
             "[{\"id\":\"v\",\"wires\":[\"x\",\"w\"],\"vlan\":10,\"rules\":[{\"match\":{\"remote_ports\":[7]},\"drop\":"
             "true}]},{\"id\":\"one\",\"wire\":\"x\"}]",
             0);
    pass(&rig, &tagged, ACCESS, false);
    pass(&rig, &tagged, ACCESS2, false);
    dropped.vlan = 10;
    pass(&rig, &dropped, ACCESS, true);
    pass(&rig, &dropped, ACCESS2, true);
    pass(&rig, &other, ACCESS2, false);
    pass(&rig, &other, ACCESS, false);
    assert_int_equal(rig.worker->vpg_counters[0].total_packets, 4);
    assert_int_equal(rig.worker->vpg_counters[1].total_packets, 1);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_NO_VPG], 1);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_flow),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_vpgs_share_wires),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("wires", tests, NULL, NULL);
}
