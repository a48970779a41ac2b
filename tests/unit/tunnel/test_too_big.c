// SPDX-License-Identifier: BSD-3-Clause
// What is said to senders of packets too long, and inner packets in pieces, against what scapy built.
// test_too_big FILE: writes every answer into a capture as well, for other dissectors to judge.
#include "capture_file.h"
#include "packet/parse.h"
#include "rig/frame.h"
#include "test.h"
#include "tunnel/ip_fragment.h"
#include "tunnel/too_big.h"
#include "vectors/vxlan_vectors.h"

static const uint8_t router4[4] = {10, 254, 0, 1};
static const uint8_t router6[16] = {0xfd, 0, 0, 0x0f, [15] = 1};
static FILE *capture;

static uint32_t
answer_to(const uint8_t *frame, uint32_t length, uint32_t mtu, uint8_t *answer) {
    struct jn_packet packet;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    return jn_too_big(frame, length, &packet, packet.flags & JN_PACKET_IPV6 ? router6 : router4, mtu, answer);
}

static void
test_too_big(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(too_big_vectors); i++) {
        const struct too_big_vector *row = &too_big_vectors[i];
        uint8_t *frame = vector_bytes(&row->frame), *answer = malloc(JN_TOO_BIG_MAX);
        uint32_t length = answer_to(frame, row->frame.length, row->mtu, answer);
        if (length != row->answer.length)
            fail_msg("%s: expected an answer of %u bytes, found %u", row->what, row->answer.length, length);
        vector_same(row->what, answer, &row->answer);
        if (length != 0) {
            capture_keep(capture, answer, length);
            assert_int_equal(answer_to(answer, length, 68, frame), 0); // never about an error
        }
        free(frame);
        free(answer);
    }
}

// A packet that is not whole gets no answer, and nothing is read beyond it.
static void
test_too_big_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(too_big_vectors); i++) {
        const struct too_big_vector *row = &too_big_vectors[i];
        struct jn_packet packet;
        uint8_t *frame = vector_bytes(&row->frame), answer[JN_TOO_BIG_MAX];
        jn_parse_frame(frame, row->frame.length, row->frame.length, JN_LINKTYPE_ETHERNET, &packet);
        uint32_t whole = packet.l3_offset + packet.ip_length;
        for (uint32_t length = 0; length < row->frame.length && length < whole; length += length < 100 ? 1 : 97) {
            uint8_t *cut = vector_cut(frame, length);
            assert_int_equal(answer_to(cut, length, row->mtu, answer), 0);
            // A caller that parsed the whole frame and has but a piece of it at hand.
            assert_int_equal(jn_too_big(cut, length, &packet, router6, row->mtu, answer), 0);
            free(cut);
        }
        free(frame);
    }
}

static void
test_inner_fragments(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(inner_fragment_vectors); i++) {
        const struct inner_fragment_vector *row = &inner_fragment_vectors[i];
        struct jn_fragments f;
        uint8_t *packet = vector_bytes(&row->packet), *out = malloc(row->mtu);
        uint32_t count = jn_inner_fragments_begin(&f, packet, row->packet.length, row->mtu);
        if (count != row->count)
            fail_msg("%s: expected %u fragments, found %u", row->what, row->count, count);
        for (uint32_t j = 0; j < count; j++) {
            uint32_t length = jn_fragments_next(&f, out);
            if (length != row->fragments[j].length)
                fail_msg("%s: fragment %u: expected %u bytes, found %u", row->what, j, row->fragments[j].length,
                         length);
            vector_same(row->what, out, &row->fragments[j]);
        }
        assert_int_equal(jn_fragments_next(&f, out), 0);
        free(packet);
        free(out);
    }
}

static void
test_inner_fragments_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(inner_fragment_vectors); i++) {
        const struct inner_fragment_vector *row = &inner_fragment_vectors[i];
        uint8_t *packet = vector_bytes(&row->packet);
        uint32_t total = (uint32_t)packet[2] << 8 | packet[3];
        for (uint32_t length = 0; length < row->packet.length && length < total; length++) {
            struct jn_fragments f;
            uint8_t *cut = vector_cut(packet, length);
            assert_int_equal(jn_inner_fragments_begin(&f, cut, length, row->mtu), 0);
            free(cut);
        }
        free(packet);
    }
}

// Options of any kind: every fragment has a header of one length, and every byte comes over.
static void
test_random_options(void **state) {
    (void)state;
    srandom(7);
    for (unsigned int round = 0; round < 20000; round++) {
        uint8_t packet[160], out[100];
        struct jn_fragments f;
        for (unsigned int i = 0; i < sizeof(packet); i++)
            packet[i] = random() % 2 ? (uint8_t)random() : (uint8_t)(random() % 12);
        packet[0] = (uint8_t)(0x40 | (5 + random() % 11));
        jn_put_be16(packet + 2, sizeof(packet));
        jn_put_be16(packet + 6, (uint32_t)random() % 1000);
        uint32_t header = (packet[0] & 15u) * 4u, done = 0, length;
        jn_put_be16(packet + 10, 0);
        assert_int_equal(jn_inner_fragments_begin(&f, packet, sizeof(packet), sizeof(out)), 0);
        jn_put_be16(packet + 10, frame_checksum(packet, header));
        assert_true(jn_inner_fragments_begin(&f, packet, sizeof(packet), sizeof(out)) > 1);
        while ((length = jn_fragments_next(&f, out)) != 0) {
            assert_int_equal(out[0], packet[0]);
            assert_true((length <= sizeof(out) && (length - header) % 8 == 0) || done + length - header == f.length);
            assert_memory_equal(out + header, packet + header + done, length - header);
            done += length - header;
        }
        assert_int_equal(done, sizeof(packet) - header);
    }
}

int
main(int argc, char **argv) {
    capture = capture_open(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_big),         cmocka_unit_test(test_too_big_cut),
        cmocka_unit_test(test_inner_fragments), cmocka_unit_test(test_inner_fragments_cut),
        cmocka_unit_test(test_random_options),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return capture != NULL && fclose(capture) != 0 ? 1 : failed;
}
