// SPDX-License-Identifier: BSD-3-Clause
// Outer packets in fragments that come to nothing: each under the name of its own reason.
#include "redirect_vector.h"
#include "test.h"

#define T0 VECTOR_START

enum { IP_AT = 14, PAYLOAD_AT = IP_AT + 20, LONGEST = 20000 };
#define SOME UINT64_MAX

struct outer {
    uint8_t frame[LONGEST];
    uint32_t length;
};

// A whole outer frame of the gateway's, whose inner packet is as long as asked.
static void
build(struct outer *outer, uint32_t inner, uint32_t vni) {
    struct frame_spec spec = vector_up;
    spec.payload = 100;
    memset(outer->frame, 0x5a, sizeof(outer->frame));
    outer->length = vector_input(&spec, vni, outer->frame);
    if (inner == 0)
        return;
    // The inner packet grows behind what was built; its IP length says so, and the UDP lengths.
    outer->length = VECTOR_INNER + inner;
    jn_put_be16(outer->frame + VECTOR_INNER + 2, inner);
    vector_sum(outer->frame + VECTOR_INNER);
    jn_put_be16(outer->frame + PAYLOAD_AT + 4, outer->length - PAYLOAD_AT);
}

// `take` bytes of its payload from `at` on, as a fragment.
static void
arrive(struct rig *rig, const struct outer *outer, uint32_t at, uint32_t take) {
    uint8_t frame[RIG_FRAME];
    bool more = PAYLOAD_AT + at + take < outer->length;
    memcpy(frame, outer->frame, PAYLOAD_AT);
    memcpy(frame + PAYLOAD_AT, outer->frame + PAYLOAD_AT + at, take);
    jn_put_be16(frame + IP_AT + 2, 20 + take);
    jn_put_be16(frame + IP_AT + 4, 7);
    jn_put_be16(frame + IP_AT + 6, at / 8 | (more ? JN_IPV4_MF : 0));
    vector_sum(frame + IP_AT);
    rig_arrive(rig, frame, PAYLOAD_AT + take, T0);
}

static void
arrive_in_pieces(struct rig *rig, const struct outer *outer, uint32_t size) {
    for (uint32_t at = 0; PAYLOAD_AT + at < outer->length; at += size) {
        uint32_t left = outer->length - PAYLOAD_AT - at;
        arrive(rig, outer, at, left < size ? left : size);
    }
}

// count: SOME: at least one.
static void
expect_drops(const struct rig *rig, const char *what, enum jn_gate_drop why, uint64_t count) {
    if (count == SOME && vector_counters(rig)->drops[why] != 0)
        count = vector_counters(rig)->drops[why];
    for (unsigned int drop = 0; drop < JN_GATE_DROP_COUNT; drop++)
        if (vector_counters(rig)->drops[drop] != (drop == why ? count : 0))
            fail_msg("%s: %s: %lu", what, jn_list_word(&jn_gate_drop_list, drop), vector_counters(rig)->drops[drop]);
    assert_int_equal(rig->worker->counters->drops[JN_DROP_GATE], count);
    assert_int_equal(rig->sent_count, 0);
}

static void
test_what_is_whole_has_its_own_reason(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint32_t inner, vni, size;
        enum jn_gate_drop why;
        uint64_t drops, reassembled;
    } rows[] = {
        {"another VNI", 0, 11, 64, JN_GATE_DROP_VNI, 1, 1},
        {"longer than a buffer", 11000, 10, 2800, JN_GATE_DROP_OUTER_TOO_LONG, 1, 0},
        {"more pieces than are kept of one packet", 3000, 10, 304, JN_GATE_DROP_OUTER_FRAGMENT, SOME, 0},
    };
    for (size_t i = 0; i < VECTOR_COUNT(rows); i++) {
        struct rig rig;
        struct outer outer;
        vector_open(&rig, VECTOR_REDIRECTED);
        build(&outer, rows[i].inner, rows[i].vni);
        arrive_in_pieces(&rig, &outer, rows[i].size);
        expect_drops(&rig, rows[i].what, rows[i].why, rows[i].drops);
        assert_int_equal(vector_counters(&rig)->reassembled, rows[i].reassembled);
        rig_close(&rig);
    }
}

static void
test_overlapping_ones_never_become_whole(void **state) {
    (void)state;
    struct rig rig;
    struct outer outer;
    vector_open(&rig, VECTOR_REDIRECTED);
    build(&outer, 0, 10);
    uint32_t payload = outer.length - PAYLOAD_AT;
    arrive(&rig, &outer, 0, 64);
    arrive(&rig, &outer, 56, payload - 56);
    assert_int_equal(rig.sent_count, 0);
    assert_int_equal(vector_counters(&rig)->reassembled, 0);
    rig_close(&rig);
}

static void
test_no_buffer_for_the_whole(void **state) {
    (void)state;
    static struct rte_mbuf *taken[2048];
    struct rig rig;
    struct outer outer;
    vector_open(&rig, VECTOR_REDIRECTED);
    build(&outer, 0, 10);
    uint32_t payload = outer.length - PAYLOAD_AT;
    arrive(&rig, &outer, 0, 64);
    unsigned int count = rig_take_buffers(taken, rig_buffers_free() - 1); // one is left, for the last fragment
    arrive(&rig, &outer, 64, payload - 64);
    rig_give_buffers(taken, count);
    expect_drops(&rig, "no buffer", JN_GATE_DROP_NO_MBUF, 1);
    assert_int_equal(vector_counters(&rig)->reassembled, 0);
    rig_close(&rig);
}

// What no packet is ever made of is refused by the underlay, as any malformed packet to its addresses.
static void
test_malformed_ones_do_not_wait(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint32_t at, take, length; // length: of the IP packet as its header says; 0: right
    } rows[] = {
        {"without payload", 64, 0, 0},
        {"a first one without the UDP header", 0, 3, 0},
        {"longer than its frame", 64, 64, 1000},
        {"shorter than its header", 64, 64, 10},
    };
    for (size_t i = 0; i < VECTOR_COUNT(rows); i++) {
        struct rig rig;
        struct outer outer;
        uint8_t frame[RIG_FRAME];
        vector_open(&rig, VECTOR_REDIRECTED);
        build(&outer, 0, 10);
        memcpy(frame, outer.frame, PAYLOAD_AT + rows[i].take);
        jn_put_be16(frame + IP_AT + 2, rows[i].length != 0 ? rows[i].length : 20 + rows[i].take);
        jn_put_be16(frame + IP_AT + 6, rows[i].at / 8 | JN_IPV4_MF);
        vector_sum(frame + IP_AT);
        rig_arrive(&rig, frame, PAYLOAD_AT + rows[i].take, T0);
        const struct jn_underlay_counters *c = rig.worker->underlay->counters;
        if (c->ignored_malformed != (rows[i].length != 10) || vector_dropped(&rig) != 0)
            fail_msg("%s: %lu malformed, %lu dropped", rows[i].what, c->ignored_malformed, vector_dropped(&rig));
        rig_close(&rig);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_what_is_whole_has_its_own_reason),
        VECTOR_TEST(test_overlapping_ones_never_become_whole),
        VECTOR_TEST(test_no_buffer_for_the_whole),
        VECTOR_TEST(test_malformed_ones_do_not_wait),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("outer_fragments", tests, NULL, NULL);
}
