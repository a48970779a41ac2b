// SPDX-License-Identifier: BSD-3-Clause
// Redirection of a VPG over two wires: what comes back leaves by the wire where its direction was heard last.
#include "redirect_vector.h"
#include "test.h"

#define T0          VECTOR_START
#define WIRES(list) "[" VECTOR_VPG("v", "", VECTOR_THROUGH("") ",\"wires\":[" list "]") "]"
#define BOTH        WIRES("\"w\",\"x\"")

enum { ACCESS, NETWORK, TUNNEL, ACCESS2 = 4, NETWORK2 };

// Comes in by that port and goes to the gateway.
static void
go(struct rig *rig, const struct frame_spec *spec, uint16_t port, uint64_t now_ns) {
    uint8_t frame[RIG_FRAME];
    const uint8_t *data = frame;
    uint32_t length = frame_build(spec, frame);
    if (port >= ACCESS2)
        rig_frames_of_second_wire(rig, &data, &length, 1, port == NETWORK2, now_ns);
    else
        rig_frames(rig, &data, &length, 1, port == NETWORK, now_ns);
    assert_int_equal(vector_sent(rig, 0)->port, TUNNEL);
}

static void
expect_back(struct rig *rig, const struct frame_spec *spec, uint16_t port, uint64_t now_ns) {
    unsigned int before = rig->sent_count;
    vector_come_back(rig, spec, now_ns);
    assert_int_equal(rig->sent_count, before + 1);
    assert_int_equal(vector_sent(rig, 0)->port, port);
}

static void
test_each_direction_has_its_wire(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec answer = frame_answer(&vector_up);
    vector_open(&rig, BOTH);
    go(&rig, &vector_up, ACCESS, T0);
    expect_back(&rig, &vector_up, NETWORK, T0 + 1);
    expect_back(&rig, &answer, ACCESS, T0 + 1); // the gateway's own answer: there is only one way yet
    go(&rig, &answer, NETWORK2, T0 + 2);
    expect_back(&rig, &answer, ACCESS2, T0 + 3);
    expect_back(&rig, &vector_up, NETWORK, T0 + 3);
    go(&rig, &vector_up, ACCESS2, T0 + 4); // the first wire has failed
    expect_back(&rig, &vector_up, NETWORK2, T0 + 5);
    expect_back(&rig, &answer, ACCESS2, T0 + 5);
    go(&rig, &answer, NETWORK, T0 + 6);
    expect_back(&rig, &answer, ACCESS, T0 + 7);
    rig_close(&rig);
}

// What comes by the wrong side, spoofed or looped, does not turn the flow to its wire.
static void
test_the_wrong_side_tells_nothing(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec answer = frame_answer(&vector_up);
    vector_open(&rig, BOTH);
    go(&rig, &vector_up, ACCESS, T0);
    go(&rig, &answer, NETWORK, T0);
    go(&rig, &answer, ACCESS2, T0 + 1);
    go(&rig, &vector_up, NETWORK2, T0 + 1);
    expect_back(&rig, &vector_up, NETWORK, T0 + 2);
    expect_back(&rig, &answer, ACCESS, T0 + 2);
    rig_close(&rig);
}

// A flow that ends leaves nothing of its wires to the next one at its place.
static void
test_the_next_flow_begins_anew(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec next = vector_up, answer = frame_answer(&vector_up), next_answer;
    next.source_port = 41000;
    next_answer = frame_answer(&next);
    vector_open(&rig, BOTH);
    go(&rig, &vector_up, ACCESS, T0);
    go(&rig, &answer, NETWORK2, T0);
    rig_finish(&rig);
    assert_int_equal(rig.worker->flow->table.header->active, 0);
    go(&rig, &next, ACCESS, T0 + 1);
    assert_int_equal(rig.worker->flow->table.header->high_water, 1); // at the same place
    expect_back(&rig, &next_answer, ACCESS, T0 + 2);
    rig_close(&rig);
}

// What the gateway changed so that it is of no flow goes by the wires of the device, or of the VPG's last.
static void
test_by_the_devices_wires(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec answer = frame_answer(&vector_up), strange = answer, masked = vector_up, silent = answer;
    strange.source_port = 4000;
    masked.source = 0x0afe0002;
    masked.source_port = 61000;
    silent.destination = 0x0a800099;
    vector_open(&rig, BOTH);
    go(&rig, &vector_up, ACCESS2, T0);
    expect_back(&rig, &strange, ACCESS2, T0 + 1);
    expect_back(&rig, &masked, NETWORK2, T0 + 1);
    expect_back(&rig, &silent, ACCESS2, T0 + 1); // the VPG's only device so far
    go(&rig, &answer, NETWORK, T0 + 2);
    expect_back(&rig, &strange, ACCESS, T0 + 3);
    expect_back(&rig, &masked, NETWORK2, T0 + 3);
    rig_close(&rig);
}

// The policy takes a wire away, or gives another one: nothing leaves by a wire that is not the VPG's.
static void
test_wires_change(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec answer = frame_answer(&vector_up);
    vector_open(&rig, BOTH);
    go(&rig, &vector_up, ACCESS2, T0);
    go(&rig, &answer, NETWORK2, T0);
    expect_back(&rig, &answer, ACCESS2, T0 + 1);
    rig_policy(&rig, WIRES("\"w\""), 0);
    expect_back(&rig, &answer, ACCESS, T0 + 2);
    expect_back(&rig, &vector_up, NETWORK, T0 + 2);
    rig_policy(&rig, WIRES("\"x\""), 0);
    expect_back(&rig, &answer, ACCESS2, T0 + 3);
    rig_close(&rig);
}

// Whom a packet was too long for is told by the wire that it came by.
static void
test_the_sender_is_told(void **state) {
    (void)state;
    struct rig rig;
    uint8_t frame[RIG_FRAME];
    const uint8_t *data = frame;
    struct frame_spec long_one = vector_up;
    long_one.payload = 1460;
    long_one.fragment = JN_IPV4_DF;
    vector_open(&rig, BOTH);
    uint32_t length = frame_build(&long_one, frame);
    rig_frames_of_second_wire(&rig, &data, &length, 1, false, T0);
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(vector_sent(&rig, 0)->port, ACCESS2);
    assert_int_equal(vector_counters(&rig)->too_big_sent, 1);
    rig_close(&rig);
}

// A host of the virtual network reaches a device by the wire where that was heard, redirection being off.
static void
test_a_host_reaches_a_device(void **state) {
    (void)state;
    struct rig rig;
    uint8_t frame[RIG_FRAME];
    const uint8_t *data = frame;
    struct frame_spec from_host = frame_answer(&vector_up);
    from_host.source = 0x0afe0002;
    vector_open(&rig, "[" VECTOR_VPG("v", "", ",\"wires\":[\"w\",\"x\"]") "]");
    uint32_t length = frame_build(&vector_up, frame);
    rig_frames_of_second_wire(&rig, &data, &length, 1, false, T0);
    assert_int_equal(vector_sent(&rig, 0)->port, NETWORK2);
    expect_back(&rig, &from_host, ACCESS2, T0 + 1);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_each_direction_has_its_wire),
        VECTOR_TEST(test_the_wrong_side_tells_nothing),
        VECTOR_TEST(test_the_next_flow_begins_anew),
        VECTOR_TEST(test_by_the_devices_wires),
        VECTOR_TEST(test_wires_change),
        VECTOR_TEST(test_the_sender_is_told),
        VECTOR_TEST(test_a_host_reaches_a_device),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("redirect wires", tests, NULL, NULL);
}
