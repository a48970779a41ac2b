// SPDX-License-Identifier: BSD-3-Clause
// The redirect stage as time goes by: ways that change, buffers that are shared or gone, queues that are full, answers that
// are rationed, policies that come and go under running flows.
#include "redirect_vector.h"
#include "test.h"

#define T0            VECTOR_START
#define THROUGH(keys) "[" VECTOR_VPG("v", "", VECTOR_THROUGH(keys)) "]"
#define STANDBY       ",\"standby\":\"10.254.0.3\",\"on_failure\":\"standby\""

enum { ACCESS, NETWORK, TUNNEL, JUMBO, SOURCE_PORT_AT = 34, DF = 0x4000 };

static uint16_t
source_port(const struct rig_sent *sent) {
    return (uint16_t)(sent->data[SOURCE_PORT_AT] << 8 | sent->data[SOURCE_PORT_AT + 1]);
}

static void
test_both_directions_have_one_port(void **state) {
    (void)state;
    struct rig rig;
    static bool seen[65536];
    unsigned int different = 0;
    vector_open(&rig, VECTOR_REDIRECTED);
    for (uint16_t n = 0; n < 200; n++) {
        struct frame_spec up = vector_up;
        up.source += n;
        up.source_port = (uint16_t)(up.source_port + n * 7);
        struct frame_spec down = frame_answer(&up);
        vector_send(&rig, &up, false, T0);
        vector_send(&rig, &down, true, T0);
        uint16_t port = source_port(vector_sent(&rig, 1));
        assert_int_equal(vector_sent(&rig, 1)->port, TUNNEL);
        assert_in_range(port, 49152, 65535);
        assert_int_equal(port, source_port(vector_sent(&rig, 0)));
        different += !seen[port];
        seen[port] = true;
    }
    assert_in_range(different, 150, 200);
    rig_close(&rig);
}

// A mirrored copy of a jumbo frame is the frame's own buffer: the outer header must not be written into it.
static void
test_a_shared_copy_is_not_overwritten(void **state) {
    (void)state;
    struct rig rig;
    uint8_t frame[RIG_FRAME];
    struct frame_spec jumbo = vector_up;
    jumbo.payload = 3000;
    vector_open(&rig, "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/16\"],\"mirroring\":{\"peers\":[{\"address\":"
                      "\"198.19.2.10\"}]},\"gate\":{\"address\":\"10.254.0.1/16\",\"mac\":\"06:07:00:00:0f:01\","
                      "\"peers\":[{\"outer\":\"198.19.2.20\",\"inner\":\"10.254.0.2\"}]}" VECTOR_THROUGH("") "}]");
    uint32_t length = frame_build(&jumbo, frame);
    for (uint32_t i = 60; i < length; i++)
        frame[i] = (uint8_t)(i * 7);
    rig_frame(&rig, frame, length, 0, false, T0);
    assert_int_equal(rig.sent_count, 2);
    const struct rig_sent *original = vector_sent(&rig, 1), *copy = vector_sent(&rig, 0);
    assert_int_equal(original->length, VECTOR_OUTER + 4 + length);
    assert_memory_equal(original->data + VECTOR_INNER + 4, frame + 14, length - 14);
    assert_int_equal(copy->segments, 2); // it does share
    assert_memory_equal(copy->data + copy->length - length, frame, length);
    rig_close(&rig);
}

static void
test_answers_are_rationed(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec large = vector_up;
    large.payload = 1440;
    large.fragment = DF;
    vector_open(&rig, VECTOR_REDIRECTED);
    // frame_build leaves the header's checksum to others, and a header that is wrong is not answered.
    uint8_t frame[RIG_FRAME];
    uint32_t length = frame_build(&large, frame);
    vector_sum(frame + 14);
    static const struct {
        uint64_t after_ns;
        unsigned int answers;
    } rows[] = {{0, 100}, {9999999, 0}, {1, 1}, {VECTOR_SECOND / 2, 50}, {3600 * VECTOR_SECOND, 100}};
    uint64_t now = T0, sent = 0;
    for (size_t i = 0; i < VECTOR_COUNT(rows); i++) {
        now += rows[i].after_ns;
        for (int n = 0; n < 150; n++)
            rig_frame(&rig, frame, length, 0, false, now);
        sent += rows[i].answers;
        assert_int_equal(vector_counters(&rig)->too_big_sent, sent);
        assert_int_equal(vector_counters(&rig)->too_big_suppressed, (i + 1) * 150 - sent);
        assert_int_equal(vector_counters(&rig)->drops[JN_GATE_DROP_TOO_LONG], (i + 1) * 150);
    }
    assert_int_equal(rig.sent_count, sent);
    assert_int_equal(vector_sent(&rig, 0)->port, ACCESS);
    rig_close(&rig);
}

static void
test_one_device_does_not_use_up_the_answers(void **state) {
    (void)state;
    struct rig rig;
    static struct jn_answer_limits limits;
    struct frame_spec large = vector_up;
    large.payload = 1440;
    large.fragment = DF;
    vector_open(&rig, VECTOR_REDIRECTED);
    limits.key = jn_hash_key_of(42);
    rig.worker->underlay->limits = &limits;
    for (uint32_t device = 0; device < 3; device++) {
        uint8_t frame[RIG_FRAME];
        large.source = vector_up.source + device;
        uint32_t length = frame_build(&large, frame);
        for (int n = 0; n < 150; n++)
            rig_frame(&rig, frame, length, 0, false, T0);
        assert_int_equal(vector_counters(&rig)->too_big_sent, (device + 1) * 20);
    }
    assert_int_equal(vector_counters(&rig)->too_big_suppressed, 3 * 130);
    rig_close(&rig);
}

static void
expect_port(struct rig *rig, uint16_t port, unsigned int count) {
    static uint64_t now = T0;
    unsigned int before = rig->sent_count;
    vector_send(rig, &vector_up, false, now += 1000);
    assert_int_equal(rig->sent_count, before + count);
    if (count != 0)
        assert_int_equal(vector_sent(rig, 0)->port, port);
}

static void
test_the_target_changes_under_a_flow(void **state) {
    (void)state;
    static const uint8_t standby[6] = {2, 0, 0, 0, 0x0f, 3}, down = JN_PORT_DOWN;
    struct rig rig;
    vector_open(&rig, THROUGH(STANDBY));
    const struct jn_gate_counters *counters = vector_counters(&rig);
    expect_port(&rig, TUNNEL, 1);
    assert_memory_equal(vector_sent(&rig, 0)->data + VECTOR_OUTER, vector_gateway, 6);
    rig_target(&rig, JN_TARGET_PEER, 1, standby);
    expect_port(&rig, TUNNEL, 1);
    assert_memory_equal(vector_sent(&rig, 0)->data + VECTOR_OUTER, standby, 6);
    assert_int_equal(vector_sent(&rig, 0)->data[33], 21);
    rig_target(&rig, JN_TARGET_BYPASS, 0, standby);
    expect_port(&rig, NETWORK, 1);
    rig_target(&rig, JN_TARGET_PEER, 0, vector_gateway);
    rig_resolve(&rig, false);
    expect_port(&rig, NETWORK, 1);
    rig_resolve(&rig, true);
    expect_port(&rig, TUNNEL, 1);
    rig.tx[TUNNEL].state = &down;
    expect_port(&rig, NETWORK, 1);
    rig.tx[TUNNEL].state = &rig.port_state;
    expect_port(&rig, TUNNEL, 1);
    assert_int_equal(counters->bypassed_packets, 3);
    assert_int_equal(counters->bypassed_bytes, 3 * 58);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_BYPASSED], 3);
    assert_int_equal(counters->peers[0].sent_packets, 3);
    assert_int_equal(counters->peers[0].sent_bytes, 3 * 58);
    assert_int_equal(counters->peers[1].sent_packets, 1);
    rig_policy(&rig, THROUGH(",\"on_failure\":\"drop\""), 0);
    expect_port(&rig, TUNNEL, 1);
    rig_resolve(&rig, false);
    expect_port(&rig, 0, 0);
    assert_int_equal(counters->drops[JN_GATE_DROP_DOWN], 1);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_GATE], 1);
    rig_close(&rig);
}

// As on any port: what the queue does not take waits, in order.
static void
test_a_full_tunnel_port(void **state) {
    (void)state;
    struct rig rig;
    vector_open(&rig, VECTOR_REDIRECTED);
    rig.refuse_tunnel = true;
    for (uint16_t n = 0; n < 20; n++) {
        struct frame_spec s = vector_up;
        s.id = n;
        vector_send(&rig, &s, false, T0 + n);
    }
    assert_int_equal(rig.sent_count, 0);
    rig.refuse_tunnel = false;
    assert_false(jn_tx_drain(rig.worker, &rig.tx[TUNNEL]));
    assert_int_equal(rig.sent_count, 20);
    for (unsigned int n = 0; n < 20; n++)
        assert_int_equal(rig.sent[n].data[VECTOR_INNER + 5], n);
    rig_close(&rig);
}

static void
send_without_buffers(const char *vpgs, uint16_t payload, uint16_t fragment, enum jn_gate_drop drop) {
    static struct rte_mbuf *taken[2048];
    struct rig rig;
    struct frame_spec large = vector_up;
    large.payload = payload;
    large.fragment = fragment;
    vector_open(&rig, vpgs);
    unsigned int count = rig_take_buffers(taken, rig_buffers_free() - 1); // one is left, for the original
    vector_send(&rig, &large, false, T0);
    rig_give_buffers(taken, count);
    assert_int_equal(rig.sent_count, 0);
    assert_int_equal(vector_counters(&rig)->drops[drop], 1);
    assert_int_equal(vector_dropped(&rig), 1);
    rig_close(&rig);
}

static void
test_no_buffer_is_a_drop_with_a_name(void **state) {
    (void)state;
    send_without_buffers(VECTOR_REDIRECTED, 1440, 0, JN_GATE_DROP_NO_MBUF);
    send_without_buffers(THROUGH(",\"too_long\":\"fragment_outer\""), 1440, 0, JN_GATE_DROP_NO_MBUF);
    send_without_buffers(VECTOR_REDIRECTED, 1440, DF, JN_GATE_DROP_TOO_LONG); // and nobody is told
}

static void
test_policies_change_under_a_running_flow(void **state) {
    (void)state;
    static const struct {
        const char *vpgs;
        uint16_t port;
    } rows[] = {
        {"[{\"id\":\"v\"}]", NETWORK},
        {VECTOR_REDIRECTED, TUNNEL},
        {VECTOR_OPEN, NETWORK},
        {"[" VECTOR_VPG("v", ",\"enabled\":false", "") "]", NETWORK},
        {THROUGH(",\"default\":false"), NETWORK},
        {"[" VECTOR_VPG("v", "",
                        VECTOR_THROUGH(",\"default\":false") ",\"rules\":[{\"match\":{\"protocol\":\"udp\"},"
                                                             "\"redirect\":true}]") "]",
         TUNNEL},
        {"[" VECTOR_VPG("v", "",
                        VECTOR_THROUGH("") ",\"rules\":[{\"match\":{\"protocol\":\"udp\"},\"redirect\":false}]") "]",
         NETWORK},
    };
    struct rig rig;
    vector_open(&rig, rows[0].vpgs);
    for (size_t round = 0; round < 50; round++)
        for (size_t i = 0; i < VECTOR_COUNT(rows); i++) {
            rig_policy(&rig, rows[i].vpgs, 0);
            rig_resolve(&rig, true);
            if (rig.rules->vnet[0] != NULL && rig.rules->vnet[0]->redirects)
                rig_target(&rig, JN_TARGET_PEER, 0, vector_gateway);
            expect_port(&rig, rows[i].port, 1); // with the very next packet
        }
    assert_int_equal(vector_dropped(&rig), 0);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_both_directions_have_one_port),
        VECTOR_TEST(test_a_shared_copy_is_not_overwritten),
        VECTOR_TEST(test_answers_are_rationed),
        VECTOR_TEST(test_one_device_does_not_use_up_the_answers),
        VECTOR_TEST(test_the_target_changes_under_a_flow),
        VECTOR_TEST(test_a_full_tunnel_port),
        VECTOR_TEST(test_no_buffer_is_a_drop_with_a_name),
        VECTOR_TEST(test_policies_change_under_a_running_flow),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("redirect path", tests, NULL, NULL);
}
