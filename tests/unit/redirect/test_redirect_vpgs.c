// SPDX-License-Identifier: BSD-3-Clause
// Several VPGs, one after the other or beside each other: nothing of the one leaves as the other's, and what a new policy
// makes of ports, VLANs, places and slots, packets and counters follow.
#include "redirect_vector.h"
#include "test.h"

#define T0            VECTOR_START
#define THROUGH(keys) "[" VECTOR_VPG("v", "", VECTOR_THROUGH(keys)) "]"

enum { ACCESS, NETWORK, TUNNEL };

#define TWO                                                                                                            \
    "[" VECTOR_VPG("one", ",\"vni\":10", VECTOR_THROUGH("") ",\"vlan\":1") "," VECTOR_VPG(                             \
        "two", ",\"vni\":20", VECTOR_THROUGH("") ",\"vlan\":2") ",{\"id\":\"three\",\"vlan\":3}]"

// The same device subnet on two VLANs: nothing crosses over, in one burst, and the rest of the wire goes on in order.
static void
test_two_networks_in_one_burst(void **state) {
    (void)state;
    static uint8_t frames[48][256];
    const uint8_t *data[48];
    uint32_t length[48];
    struct rig rig;
    rig_open(&rig, TWO, 0);
    rig_resolve(&rig, true);
    for (int vpg_idx = 0; vpg_idx < 2; vpg_idx++)
        rig.gates->gates[vpg_idx].target = jn_target_make(JN_TARGET_PEER, 0, jn_neighbour_state_mac(0, vector_gateway));
    for (uint16_t n = 0; n < 48; n++) {
        struct frame_spec s = vector_up;
        s.vlan = 1 + n % 3;
        s.id = n;
        data[n] = frames[n];
        length[n] = frame_build(&s, frames[n]);
    }
    rig_frames(&rig, data, length, 48, false, T0);
    assert_int_equal(rig.sent_count, 48);
    unsigned int next[3] = {0};
    for (unsigned int i = 0; i < 48; i++) {
        const struct rig_sent *sent = &rig.sent[i];
        bool through = sent->port == TUNNEL;
        unsigned int id = sent->data[through ? VECTOR_INNER + 5 : 18 + 5], which = id % 3;
        assert_int_equal(through, which != 2);
        assert_int_equal(id / 3, next[which]++);
        if (through)
            assert_int_equal(sent->data[VECTOR_OUTER - 2], which == 0 ? 10 : 20);
    }
    uint8_t back[RIG_FRAME];
    struct frame_spec answer = frame_answer(&vector_up);
    for (uint32_t vni = 10; vni <= 20; vni += 10) {
        rig_arrive(&rig, back, vector_input(&answer, vni, back), T0 + 1);
        assert_int_equal(vector_sent(&rig, 0)->port, ACCESS);
        assert_int_equal(vector_sent(&rig, 0)->data[15], vni / 10);
    }
    rig_close(&rig);
}

// What a rule drops behind a redirected packet is still the one that is dropped, and counted for its own VPG.
static void
test_drops_in_one_burst(void **state) {
    (void)state;
    static uint8_t frames[3][256];
    const uint8_t *data[3];
    uint32_t length[3];
    struct rig rig;
    vector_open(&rig,
                "[" VECTOR_VPG("one", "",
                               VECTOR_THROUGH("") ",\"vlan\":1") ",{\"id\":\"two\",\"vlan\":2,\"rules\":["
                                                                 "{\"match\":{\"remote_ports\":[7]},\"drop\":true}]}]");
    for (uint16_t n = 0; n < 3; n++) {
        struct frame_spec s = vector_up;
        s.vlan = n == 0 ? 1 : 2;
        s.destination_port = n == 1 ? 7 : 9;
        data[n] = frames[n];
        length[n] = frame_build(&s, frames[n]);
    }
    rig_frames(&rig, data, length, 3, false, T0);
    assert_int_equal(rig.sent_count, 2);
    assert_int_equal(vector_sent(&rig, 1)->port, TUNNEL);
    assert_int_equal(vector_sent(&rig, 0)->port, NETWORK);
    assert_memory_equal(vector_sent(&rig, 0)->data, frames[2], length[2]);
    assert_int_equal(rig.worker->vpg_counters[0].discarded_packets, 0);
    assert_int_equal(rig.worker->vpg_counters[1].discarded_packets, 1);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_POLICY], 1);
    assert_int_equal(vector_dropped(&rig), 0);
    rig_close(&rig);
}

#define SWAPPED                                                                                                        \
    "[" VECTOR_VPG("one", ",\"vni\":10", VECTOR_THROUGH("") ",\"vlan\":2") "," VECTOR_VPG(                             \
        "two", ",\"vni\":20", VECTOR_THROUGH("") ",\"vlan\":1") "]"

static void
swap_open(struct rig *rig) {
    rig_open(rig, TWO, 0);
    rig_resolve(rig, true);
    for (int vpg_idx = 0; vpg_idx < 2; vpg_idx++)
        rig->gates->gates[vpg_idx].target =
            jn_target_make(JN_TARGET_PEER, 0, jn_neighbour_state_mac(0, vector_gateway));
}

// Where the frame sent last left, and by which VLAN; the number of frames sent so far.
static void
expect_vlan(const struct rig *rig, unsigned int count, uint16_t port, uint8_t vlan) {
    assert_int_equal(rig->sent_count, count);
    assert_int_equal(vector_sent(rig, 0)->port, port);
    assert_int_equal(vector_sent(rig, 0)->data[13], 0);
    assert_int_equal(vector_sent(rig, 0)->data[15], vlan);
}

// What was out comes back to a VLAN that is the other VPG's now: no frame of the one may leave in it.
static void
test_vlans_are_swapped(void **state) {
    (void)state;
    struct rig rig;
    uint8_t first[256], second[256];
    struct frame_spec up = vector_up, other = vector_up, masked = vector_up;
    up.vlan = other.vlan = 1;
    other.source_port = 41000;
    masked.source = 0x0afe0002;
    struct frame_spec answer = frame_answer(&up), other_answer = frame_answer(&other);
    swap_open(&rig);
    vector_send(&rig, &up, false, T0);
    vector_send(&rig, &other, false, T0);
    vector_come_back(&rig, &answer, T0 + 1);
    expect_vlan(&rig, 3, ACCESS, 1);
    rig_policy(&rig, SWAPPED, 0);
    vector_come_back(&rig, &answer, T0 + 2);
    vector_come_back(&rig, &up, T0 + 2);
    vector_come_back(&rig, &masked, T0 + 2);
    assert_int_equal(rig.sent_count, 3);
    assert_int_equal(vector_counters(&rig)->drops[JN_GATE_DROP_NO_L2_HEADER], 3);
    up.vlan = other.vlan = 2;
    uint32_t lengths[2] = {frame_build(&up, first), frame_build(&other, second)};
    rig_frames(&rig, (const uint8_t *[]){first, second}, lengths, 2, false, T0 + 3);
    vector_come_back(&rig, &answer, T0 + 4);
    expect_vlan(&rig, 6, ACCESS, 2);
    vector_come_back(&rig, &other_answer, T0 + 4);
    expect_vlan(&rig, 7, ACCESS, 2);
    vector_come_back(&rig, &masked, T0 + 4);
    expect_vlan(&rig, 8, NETWORK, 2);
    rig_close(&rig);
}

// The router has another address in the new VLAN; what comes by the wrong side does not tell it.
static void
test_a_policy_shows_the_other_end_anew(void **state) {
    (void)state;
    struct rig rig;
    uint8_t frames[3][256];
    struct frame_spec up = vector_up, other = vector_up;
    other.source_port = 41000;
    vector_open(&rig, VECTOR_REDIRECTED);
    vector_send(&rig, &other, false, T0);
    vector_send(&rig, &up, false, T0);
    rig_policy(&rig, THROUGH(",\"on_failure\":\"drop\""), 0);
    uint32_t length = frame_build(&other, frames[0]);
    frame_build(&up, frames[1]);
    frame_build(&up, frames[2]);
    frames[1][5] = 0x77;
    frames[2][5] = 0x78;
    rig_frames(&rig, (const uint8_t *[]){frames[0], frames[1]}, (uint32_t[]){length, length}, 2, false, T0 + 1);
    vector_come_back(&rig, &up, T0 + 2);
    assert_int_equal(vector_sent(&rig, 0)->port, NETWORK);
    assert_int_equal(vector_sent(&rig, 0)->data[5], 0x77);
    rig_policy(&rig, VECTOR_REDIRECTED, 0);
    rig_frame(&rig, frames[2], length, 0, true, T0 + 3);
    vector_come_back(&rig, &up, T0 + 4);
    assert_int_equal(vector_sent(&rig, 0)->data[5], 0x77);
    rig_close(&rig);
}

// A VPG that takes several VLANs redirects untagged frames: what comes back would not tell the VLAN of another. Those of
// the same addresses and ports in a VLAN change nothing of it.
static void
test_several_vlans(void **state) {
    (void)state;
    static const uint16_t vlans[] = {10, 4095, 20};
    struct rig rig;
    struct frame_spec answer = frame_answer(&vector_up), masked = vector_up;
    masked.source = 0x0afe0002;
    vector_open(&rig, VECTOR_REDIRECTED);
    for (size_t i = 0; i < VECTOR_COUNT(vlans); i++) {
        struct frame_spec other = vector_up, other_answer = answer;
        other.vlan = other_answer.vlan = vlans[i];
        vector_send(&rig, &other, false, T0);
        assert_int_equal(vector_sent(&rig, 0)->port, NETWORK);
        vector_send(&rig, &vector_up, false, T0 + 1);
        assert_int_equal(vector_sent(&rig, 0)->port, TUNNEL);
        vector_send(&rig, &other_answer, true, T0 + 1);
        assert_int_equal(vector_sent(&rig, 0)->port, ACCESS);
        vector_come_back(&rig, &vector_up, T0 + 2);
        assert_int_equal(vector_sent(&rig, 0)->port, NETWORK);
        assert_int_equal(jn_be16(vector_sent(&rig, 0)->data + 12), JN_ETHER_IPV4);
        vector_come_back(&rig, &answer, T0 + 2);
        assert_int_equal(vector_sent(&rig, 0)->port, ACCESS);
        assert_int_equal(jn_be16(vector_sent(&rig, 0)->data + 12), JN_ETHER_IPV4);
        vector_come_back(&rig, &masked, T0 + 2); // of no flow of the wire's
        assert_int_equal(jn_be16(vector_sent(&rig, 0)->data + 12), JN_ETHER_IPV4);
    }
    assert_int_equal(vector_counters(&rig)->bypassed_packets, 2 * VECTOR_COUNT(vlans));
    rig_policy(&rig, THROUGH(",\"on_failure\":\"drop\""), 0);
    struct frame_spec other = vector_up;
    other.vlan = 10;
    vector_send(&rig, &other, false, T0 + 3);
    assert_int_equal(vector_counters(&rig)->drops[JN_GATE_DROP_UNREDIRECTABLE], 1);
    rig_close(&rig);
}

// The VPG had one VLAN and takes all now: what was learned of that VLAN is of no use for what comes back.
static void
test_one_vlan_becomes_several(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec up = vector_up, answer = frame_answer(&vector_up);
    up.vlan = 10;
    vector_open(&rig, "[" VECTOR_VPG("v", "", VECTOR_THROUGH("") ",\"vlan\":10") "]");
    vector_send(&rig, &up, false, T0);
    vector_come_back(&rig, &answer, T0 + 1);
    expect_vlan(&rig, 2, ACCESS, 10);
    rig_policy(&rig, VECTOR_REDIRECTED, 0);
    vector_come_back(&rig, &answer, T0 + 2);
    assert_int_equal(rig.sent_count, 2);
    assert_int_equal(vector_counters(&rig)->drops[JN_GATE_DROP_NO_L2_HEADER], 1);
    vector_send(&rig, &vector_up, false, T0 + 3);
    vector_come_back(&rig, &answer, T0 + 4);
    assert_int_equal(vector_sent(&rig, 0)->port, ACCESS);
    assert_int_equal(jn_be16(vector_sent(&rig, 0)->data + 12), JN_ETHER_IPV4);
    rig_close(&rig);
}

#define PEERS(id, first, second)                                                                                       \
    "[{\"id\":\"" id "\",\"device_subnets\":[\"10.128.0.0/16\"],\"gate\":{\"address\":\"10.254.0.1/16\","              \
    "\"peers\":[{\"outer\":\"198.19.0." first "\",\"inner\":\"10.254.0.2\"},{\"outer\":\"198.19.0." second             \
    "\",\"inner\":\"10.254.0.3\"}]}" VECTOR_THROUGH(",\"standby\":\"10.254.0.3\",\"on_failure\":\"standby\"") "}]"

#define ALONE(id, outer)                                                                                               \
    "[{\"id\":\"" id "\",\"device_subnets\":[\"10.128.0.0/16\"],\"gate\":{\"address\":\"10.254.0.1/16\","              \
    "\"peers\":[{\"outer\":\"198.19.0." outer "\",\"inner\":\"10.254.0.2\"}]}}]"

// A place that nobody has keeps what it counted until another one comes.
static void
test_counters_are_of_one_vpg_and_peer(void **state) {
    (void)state;
    static const struct {
        const char *vpgs;
        uint64_t bypassed;
        uint64_t sent[2];
    } rows[] = {
        {PEERS("v", "20", "21"), 4, {1, 2}},
        {VECTOR_OPEN, 4, {1, 2}},
        {"[{\"id\":\"v\"}]", 4, {1, 2}},
        {PEERS("v", "20", "21"), 4, {1, 2}},
        {ALONE("v", "20"), 4, {1, 2}},
        {PEERS("v", "20", "21"), 4, {1, 2}},
        {ALONE("v", "20"), 4, {1, 2}},
        {PEERS("v", "20", "22"), 4, {1, 0}},
        {ALONE("v", "22"), 4, {1, 0}},
        {PEERS("v", "23", "22"), 4, {0, 0}},
        {"[]", 4, {0, 0}},
        {ALONE("v", "23"), 4, {0, 0}},
        {"[]", 4, {0, 0}},
        {ALONE("w", "23"), 0, {0, 0}},
    };
    struct rig rig;
    vector_open(&rig, rows[0].vpgs);
    struct jn_gate_counters *counters = &rig.worker->redirect->counters[0];
    counters->bypassed_packets = 4;
    counters->peers[0].sent_packets = 1;
    counters->peers[1].sent_packets = 2;
    for (size_t i = 0; i < VECTOR_COUNT(rows); i++) {
        rig_policy(&rig, rows[i].vpgs, 0);
        assert_int_equal(counters->bypassed_packets, rows[i].bypassed);
        assert_int_equal(counters->peers[0].sent_packets, rows[i].sent[0]);
        assert_int_equal(counters->peers[1].sent_packets, rows[i].sent[1]);
    }
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_two_networks_in_one_burst),
        VECTOR_TEST(test_drops_in_one_burst),
        VECTOR_TEST(test_vlans_are_swapped),
        VECTOR_TEST(test_a_policy_shows_the_other_end_anew),
        VECTOR_TEST(test_several_vlans),
        VECTOR_TEST(test_one_vlan_becomes_several),
        VECTOR_TEST(test_counters_are_of_one_vpg_and_peer),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("redirect VPGs", tests, NULL, NULL);
}
