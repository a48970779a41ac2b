// SPDX-License-Identifier: BSD-3-Clause
// The return path as policies and flows come and go: what is under way when the gateway changes, flows that the gateway
// began or brought back, flows whose Ethernet addresses are not known.
#include "redirect_vector.h"
#include "test.h"

#define T0 VECTOR_START

enum { ACCESS, NETWORK, TUNNEL };

#define STANDBY(gateway) "[" VECTOR_VPG("v", "", ",\"redirection\":{\"gateway\":\"10.254.0." gateway "\"}") "]"

static void
expect_let_in(struct rig *rig, const struct frame_spec *packet, uint64_t now, enum jn_gate_drop drop) {
    unsigned int before = rig->sent_count;
    uint64_t lost = vector_dropped(rig);
    vector_come_back(rig, packet, now);
    bool in = drop == JN_GATE_DROP_COUNT;
    assert_int_equal(rig->sent_count, before + in);
    assert_int_equal(vector_dropped(rig), lost + !in);
    if (in)
        assert_int_equal(vector_sent(rig, 0)->port, packet->source == vector_up.source ? NETWORK : ACCESS);
    else
        assert_int_not_equal(vector_counters(rig)->drops[drop], 0);
}

// What is under way comes back for two seconds, though no packet goes there any more.
static void
test_redirection_changes_while_packets_are_out(void **state) {
    (void)state;
    static const struct {
        const char *vpgs;
        enum jn_gate_drop later;
    } rows[] = {{VECTOR_OPEN, JN_GATE_DROP_SPOOFED},
                {STANDBY("3"), JN_GATE_DROP_NOT_GATEWAY},
                {"[" VECTOR_VPG("v", "", VECTOR_THROUGH(",\"enabled\":false")) "]", JN_GATE_DROP_SPOOFED}};
    const uint64_t end = T0 + 2 * VECTOR_SECOND;
    struct frame_spec answer = frame_answer(&vector_up);
    for (size_t i = 0; i < VECTOR_COUNT(rows); i++) {
        struct rig rig;
        vector_open(&rig, VECTOR_REDIRECTED);
        vector_send(&rig, &vector_up, false, T0);
        rig_policy(&rig, rows[i].vpgs, 0);
        expect_let_in(&rig, &answer, T0 + 1, JN_GATE_DROP_COUNT);
        expect_let_in(&rig, &vector_up, end - 2, JN_GATE_DROP_COUNT);
        rig_policy(&rig, rows[i].vpgs, 1); // any other change does not make it longer
        expect_let_in(&rig, &answer, end - 1, JN_GATE_DROP_COUNT);
        expect_let_in(&rig, &answer, end, rows[i].later);
        expect_let_in(&rig, &vector_up, end, rows[i].later);
        rig_close(&rig);
    }
}

// With the gate, or the VPG, or under the name of another one, none of it comes any more.
static void
test_the_gate_is_gone_while_packets_are_out(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec answer = frame_answer(&vector_up);
    vector_open(&rig, VECTOR_REDIRECTED);
    vector_send(&rig, &vector_up, false, T0);
    rig_policy(&rig, "[{\"id\":\"v\"}]", 0);
    vector_come_back(&rig, &answer, T0 + 2);
    assert_int_equal(rig.worker->underlay->counters->ignored_tunnel, 1);
    rig_policy(&rig, "[]", 0); // the VPG itself is gone
    vector_come_back(&rig, &answer, T0 + 3);
    assert_int_equal(rig.worker->underlay->counters->ignored_tunnel, 2);
    assert_int_equal(rig.sent_count, 1);
    rig_policy(&rig, VECTOR_REDIRECTED, 0);
    vector_send(&rig, &vector_up, false, T0 + 4); // forgotten meanwhile, shown again
    expect_let_in(&rig, &answer, T0 + 5, JN_GATE_DROP_COUNT);
    rig_policy(&rig, "[]", 0);
    rig_policy(&rig, "[" VECTOR_VPG("w", "", "") "]", 0); // in the same slot
    expect_let_in(&rig, &answer, T0 + 6, JN_GATE_DROP_SPOOFED);
    rig_close(&rig);
}

// The first of as many peers as there may be, and the others.
static void
write_peers(char *text, size_t room, unsigned int first, const char *rest) {
    size_t n = (size_t)snprintf(text, room,
                                "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/16\"],\"gate\":{\"address\":"
                                "\"10.254.0.1/16\",\"mac\":\"06:07:00:00:0f:01\",\"peers\":[");
    for (unsigned int k = 0; k < JN_GATE_PEERS; k++)
        n += (size_t)snprintf(text + n, room - n, "%s{\"outer\":\"198.19.0.%u\",\"inner\":\"10.254.0.%u\"}",
                              k ? "," : "", k ? 100 + k : first, 2 + k);
    snprintf(text + n, room - n, "]}%s}]", rest);
}

// Another peer in the place of the gateway of before is not believed.
static void
test_the_place_is_anothers_while_packets_are_out(void **state) {
    (void)state;
    struct rig rig;
    char text[4096];
    uint8_t frame[256];
    struct frame_spec answer = frame_answer(&vector_up);
    uint32_t length = vector_input(&answer, 10, frame);
    write_peers(text, sizeof(text), 20, VECTOR_THROUGH(""));
    vector_open(&rig, text);
    vector_send(&rig, &vector_up, false, T0);
    write_peers(text, sizeof(text), 30, "");
    rig_policy(&rig, text, 0);
    assert_non_null(rig.rules->vnet[0]->engine.peers[0]);
    vector_come_back(&rig, &answer, T0 + 1);
    assert_int_equal(rig.worker->underlay->counters->ignored_tunnel, 1);
    frame[29] = 30;
    vector_sum(frame + 14);
    rig_arrive(&rig, frame, length, T0 + 2);
    assert_int_equal(vector_counters(&rig)->drops[JN_GATE_DROP_SPOOFED], 1);
    assert_int_equal(rig.sent_count, 1);
    rig_close(&rig);
}

#define ONLY_WEB                                                                                                       \
    "[" VECTOR_VPG("v", "",                                                                                            \
                   VECTOR_THROUGH(",\"default\":false") ",\"rules\":[{\"match\":{\"remote_ports\":[443]},"             \
                                                        "\"redirect\":true}]") "]"
#define DROP_DNS                                                                                                       \
    "[" VECTOR_VPG("v", "", VECTOR_THROUGH("") ",\"rules\":[{\"match\":{\"remote_ports\":[53]},\"drop\":true}]") "]"

static void
expect_dropped(struct rig *rig, const struct frame_spec *spec, bool down, uint64_t now) {
    unsigned int before = rig->sent_count;
    uint64_t dropped = rig->worker->counters->drops[JN_DROP_POLICY];
    vector_send(rig, spec, down, now);
    assert_int_equal(rig->sent_count, before);
    assert_int_equal(rig->worker->counters->drops[JN_DROP_POLICY], dropped + 1);
}

static void
expect_redirected(struct rig *rig, const struct frame_spec *spec, bool down, uint64_t now) {
    unsigned int before = rig->sent_count;
    vector_send(rig, spec, down, now);
    assert_int_equal(rig->sent_count, before + 1);
    assert_int_equal(vector_sent(rig, 0)->port, TUNNEL);
}

// A device's own flow that had to leave the table begins with what comes back of it: its answers go by the gateway, and
// it is still a device's flow that rules are about.
static void
test_a_device_flow_that_comes_back_first(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec own = vector_up;
    own.source_port = 41000;
    struct frame_spec answer = frame_answer(&own);
    vector_open(&rig, ONLY_WEB);
    vector_send(&rig, &vector_up, false, T0);
    assert_int_equal(vector_sent(&rig, 0)->port, NETWORK);
    vector_come_back(&rig, &own, T0 + 1);
    assert_int_equal(vector_sent(&rig, 0)->port, NETWORK);
    expect_redirected(&rig, &answer, true, T0 + 2);
    expect_redirected(&rig, &own, false, T0 + 2);
    rig_policy(&rig, DROP_DNS, 0);
    expect_dropped(&rig, &answer, true, T0 + 3);
    expect_dropped(&rig, &own, false, T0 + 3);
    rig_close(&rig);
}

// What the gateway made of a flow, under an address that nobody has, and what answers it when nothing was heard for long.
static void
test_the_gateways_flow_after_a_long_silence(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec masked = vector_up, web = vector_up;
    web.destination_port = 443;
    masked.source = 0xc612c801; // 198.18.200.1
    masked.source_port = 61000;
    struct frame_spec answer = frame_answer(&masked);
    vector_open(&rig, ONLY_WEB);
    expect_redirected(&rig, &web, false, T0);
    for (uint16_t n = 0; n < 300; n++) { // so that the sweep does not come to the masked flow first
        struct frame_spec some = vector_up;
        some.source_port = n;
        vector_send(&rig, &some, false, T0);
    }
    vector_come_back(&rig, &masked, T0);
    uint64_t created = rig.worker->counters->flows_created;
    for (int n = 1; n <= 3; n++) {
        uint64_t again = T0 + (uint64_t)n * 31 * VECTOR_SECOND;
        rig.worker->now_ns = rig.worker->flow->expiry.ran_ns = again; // the worker had no time for a sweep
        expect_redirected(&rig, &answer, true, again);
        assert_int_equal(rig.worker->counters->flows_created, created + (unsigned int)n);
    }
    rig_close(&rig);
}

// The flow of a protocol without ports is that of its fragments, too: begun when one that lost its datagram is booked, long
// after its frame was seen.
static void
open_with_a_booked_fragment(struct rig *rig, const struct frame_spec *whole, uint64_t now) {
    struct frame_spec fragment = *whole;
    fragment.fragment = 4;
    vector_open(rig, VECTOR_REDIRECTED);
    vector_send(rig, &fragment, false, T0);
    for (uint64_t at = now - 5 * VECTOR_SECOND; at <= now; at += VECTOR_SECOND / 100)
        rig_idle(rig, at);
    assert_int_equal(rig->worker->counters->exceptions[JN_EXCEPTION_FRAG_ORPHAN], 1);
}

static void
expect_back(const struct rig *rig, unsigned int count, const uint8_t *frame, uint32_t length) {
    assert_int_equal(rig->sent_count, count);
    assert_int_equal(vector_sent(rig, 0)->port, NETWORK);
    assert_memory_equal(vector_sent(rig, 0)->data, frame, 12);
    assert_int_equal(vector_sent(rig, 0)->length, length);
}

static void
test_a_flow_whose_addresses_are_not_known(void **state) {
    (void)state;
    const uint64_t now = T0 + 34 * VECTOR_SECOND;
    struct rig rig;
    struct frame_spec whole = vector_up;
    uint8_t frame[256], answer_frame[256];
    whole.protocol = 253;
    struct frame_spec answer = frame_answer(&whole);
    uint32_t length = frame_build(&whole, frame);
    frame_build(&answer, answer_frame);
    memcpy(answer_frame, frame + 6, 6);
    memcpy(answer_frame + 6, frame, 6);
    open_with_a_booked_fragment(&rig, &whole, now);
    vector_come_back(&rig, &whole, now);
    expect_back(&rig, 2, frame, length);
    rig_policy(&rig, VECTOR_REDIRECTED, 0); // from now on one of the two addresses is known
    rig_frame(&rig, answer_frame, length, 0, true, now);
    vector_come_back(&rig, &whole, now);
    expect_back(&rig, 4, frame, length);
    vector_send(&rig, &whole, false, now);
    vector_come_back(&rig, &whole, now);
    expect_back(&rig, 6, frame, length);
    rig_close(&rig);
}

static void
test_a_flow_learns_both_addresses_late(void **state) {
    (void)state;
    const uint64_t now = T0 + 34 * VECTOR_SECOND;
    struct rig rig;
    struct frame_spec whole = vector_up;
    uint8_t frame[256];
    whole.protocol = 253;
    uint32_t length = frame_build(&whole, frame);
    open_with_a_booked_fragment(&rig, &whole, now);
    jn_l2_rewrite_detach(rig.l2_table, 0);
    vector_send(&rig, &whole, false, now);
    vector_come_back(&rig, &whole, now);
    expect_back(&rig, 3, frame, length);
    rig_close(&rig);
}

// The low bits of a policy's number come to 0 again: no VPG has left with that policy, and what was learned stays.
static void
test_what_was_learned_outlives_many_policies(void **state) {
    (void)state;
    const uint64_t now = T0 + 40 * VECTOR_SECOND;
    struct rig rig;
    struct jn_l2_rewrite l2;
    vector_open(&rig, VECTOR_REDIRECTED);
    vector_send(&rig, &vector_up, false, now);
    assert_true(jn_l2_rewrite_last(rig.l2_table, 0, &l2));
    rig.generation = UINT16_MAX;
    rig_policy(&rig, VECTOR_REDIRECTED, 0);
    assert_int_equal(rig.rules->generation, 0);
    assert_true(jn_l2_rewrite_last(rig.l2_table, 0, &l2));
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_redirection_changes_while_packets_are_out),
        VECTOR_TEST(test_the_gate_is_gone_while_packets_are_out),
        VECTOR_TEST(test_the_place_is_anothers_while_packets_are_out),
        VECTOR_TEST(test_a_device_flow_that_comes_back_first),
        VECTOR_TEST(test_the_gateways_flow_after_a_long_silence),
        VECTOR_TEST(test_a_flow_whose_addresses_are_not_known),
        VECTOR_TEST(test_a_flow_learns_both_addresses_late),
        VECTOR_TEST(test_what_was_learned_outlives_many_policies),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("reinject flows", tests, NULL, NULL);
}
