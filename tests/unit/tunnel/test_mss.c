// SPDX-License-Identifier: BSD-3-Clause
// MSS clamping against segments that scapy built with and without it, and against random options.
#include "packet/parse.h"
#include "rig/frame.h"
#include "test.h"
#include "vectors/vxlan_vectors.h"

static enum jn_mss_outcome
clamp(uint8_t *frame, uint32_t length, uint32_t mtu) {
    struct jn_packet packet;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    return jn_mss_clamp(frame, length, &packet, mtu);
}

static void
test_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(mss_vectors); i++) {
        const struct mss_vector *row = &mss_vectors[i];
        uint8_t *frame = vector_bytes(&row->before);
        enum jn_mss_outcome outcome = clamp(frame, row->before.length, row->mtu);
        if (outcome != row->outcome)
            fail_msg("%s: expected outcome %d, found %d", row->what, row->outcome, outcome);
        vector_same(row->what, frame, &row->after);
        free(frame);
    }
}

// What was clamped is not clamped again.
static void
test_twice(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(mss_vectors); i++) {
        const struct mss_vector *row = &mss_vectors[i];
        uint8_t *frame = vector_bytes(&row->after);
        assert_int_equal(clamp(frame, row->after.length, row->mtu),
                         row->outcome == JN_MSS_NONE ? JN_MSS_NONE : JN_MSS_KEPT);
        free(frame);
    }
}

// Cut anywhere: nothing is read or written beyond, and nothing but a whole TCP header is touched.
static void
test_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(mss_vectors); i++) {
        const struct mss_vector *row = &mss_vectors[i];
        uint8_t *frame = vector_bytes(&row->before);
        struct jn_packet whole;
        jn_parse_frame(frame, row->before.length, row->before.length, JN_LINKTYPE_ETHERNET, &whole);
        for (uint32_t length = 0; length < row->before.length; length++) {
            struct jn_packet packet;
            uint8_t *cut = vector_cut(frame, length);
            jn_parse_frame(cut, length, length, JN_LINKTYPE_ETHERNET, &packet);
            enum jn_mss_outcome outcome = jn_mss_clamp(cut, length, &packet, row->mtu);
            if (packet.l4_offset + 20u > length || packet.l4_offset + (cut[packet.l4_offset + 12] >> 4) * 4u > length)
                assert_int_equal(outcome, JN_MSS_NONE);
            if (outcome != JN_MSS_CLAMPED)
                assert_memory_equal(cut, frame, length);
            // A caller that parsed the whole frame and has but a piece of it at hand.
            jn_mss_clamp(cut, length, &whole, row->mtu);
            free(cut);
        }
        free(frame);
    }
}

static uint16_t
tcp_sum(const uint8_t *frame, uint32_t length) {
    uint32_t sum = 6 + length - 34 + frame_sum(frame + 26, length - 26); // from the addresses on
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

// Whatever the options are, a right checksum stays right, and no more than MSS values and the checksum change.
static void
test_random_options(void **state) {
    (void)state;
    unsigned int clamped = 0;
    srandom(6);
    for (unsigned int round = 0; round < 200000; round++) {
        uint8_t frame[94] = {[12] = 8, [14] = 0x45, [17] = 80, [23] = 6, [46] = 0xf0, [47] = 2}, before[94];
        for (unsigned int i = 54; i < 94; i++)
            frame[i] = random() % 2 ? (uint8_t)random() : (uint8_t)(random() % 6);
        for (unsigned int i = 26; i < 46; i++)
            frame[i] = (uint8_t)random();
        uint16_t sum = (uint16_t)~tcp_sum(frame, sizeof(frame));
        jn_put_be16(frame + 50, sum);
        assert_int_equal(tcp_sum(frame, sizeof(frame)), 0xffff);
        memcpy(before, frame, sizeof(frame));
        uint32_t mtu = 41 + (uint32_t)random() % 20000;
        bool changed = clamp(frame, sizeof(frame), mtu) == JN_MSS_CLAMPED;
        assert_int_equal(tcp_sum(frame, sizeof(frame)), 0xffff);
        assert_memory_equal(frame, before, 50);
        assert_int_equal(memcmp(frame, before, sizeof(frame)) != 0, changed);
        clamped += changed;
    }
    assert_true(clamped > 1000);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_random_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
