// SPDX-License-Identifier: BSD-3-Clause
// Checksums that a kernel left unfinished, against what scapy says is right (unfinished_vectors.py).
#include "hex.h"
#include "packet/parse.h"
#include "packet/unfinished.h"
#include "rig/frame.h"
#include "test.h"
#include "vectors/unfinished_vectors.h"

enum { ROOM = 2048 };

// The frame in memory that ends with it, finished if there is something to be finished.
static bool
finish(uint8_t *frame, uint32_t length) {
    struct jn_packet packet;
    struct jn_finish finish;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &packet);
    if (!jn_find_unfinished(frame, length, &packet, &finish))
        return false;
    assert_in_range(finish.at + finish.length, 1, length);
    memcpy(frame + finish.at, finish.bytes, finish.length);
    return true;
}

static void
check(const struct unfinished_vector *row, bool expected) {
    uint8_t before[ROOM] = {0}, after[ROOM] = {0};
    hex_decode(row->before.hex, before);
    hex_decode(row->after.hex, after);
    uint8_t *frame = malloc(row->before.length);
    memcpy(frame, before, row->before.length);
    bool found = finish(frame, row->before.length);
    if (found != expected)
        fail_msg("%s: expected %s", row->what, expected ? "to be finished" : "to be left as it is");
    for (uint32_t i = 0; i < row->after.length; i++)
        if (frame[i] != after[i])
            fail_msg("%s: byte %u is %02x, expected %02x", row->what, i, frame[i], after[i]);
    free(frame);
}

static void
test_unfinished(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(unfinished_vectors); i++)
        check(&unfinished_vectors[i], true);
}

static void
test_left_as_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(left_vectors); i++)
        check(&left_vectors[i], false);
}

// What is finished is not finished a second time into something else.
static void
test_finished_twice(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(unfinished_vectors); i++) {
        uint8_t frame[ROOM] = {0}, once[ROOM];
        hex_decode(unfinished_vectors[i].before.hex, frame);
        finish(frame, unfinished_vectors[i].before.length);
        memcpy(once, frame, sizeof(once));
        finish(frame, unfinished_vectors[i].before.length);
        assert_memory_equal(once, frame, sizeof(once));
    }
}

// Nothing is read behind a frame that ends early, nor is such a one finished: malloc's memory tells AddressSanitizer.
static void
test_cut_everywhere(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(unfinished_vectors); i++) {
        uint8_t whole[ROOM] = {0};
        hex_decode(unfinished_vectors[i].before.hex, whole);
        for (uint32_t length = 0; length < unfinished_vectors[i].before.length && length < 200; length++) {
            uint8_t *frame = malloc(length + 1);
            memcpy(frame + 1, whole, length);
            finish(frame + 1, length);
            free(frame);
        }
    }
}

static uint64_t seed;

static uint32_t
any(void) {
    return (uint32_t)(jn_hash_key_of(++seed).word[0] >> 32);
}

// A random IPv4 frame whose checksum is 0, maybe with padding behind it. Few addresses and few values of bytes: rare sums come
// often. The fields' offsets, and the pseudo-header's sum.
struct any_frame {
    uint8_t bytes[256];
    uint32_t length, covered, at, field;
    uint16_t partial;
};

static void
make_any_frame(struct any_frame *f) {
    struct frame_spec spec = {.source = any() % 4 ? any() : 0xffffffff,
                              .destination = any() % 4 ? any() : 0xffff0000,
                              .source_port = (uint16_t)any(),
                              .destination_port = (uint16_t)(any() % 4 ? any() : JN_VXLAN_PORT),
                              .protocol = any() % 2 ? JN_IP_TCP : JN_IP_UDP,
                              .vlan = (uint16_t)(any() % 2),
                              .payload = (uint16_t)(any() % 100)};
    uint8_t pseudo[12] = {0};
    memset(f, 0, sizeof(*f));
    f->length = frame_build(&spec, f->bytes);
    f->at = JN_ETHERNET_BYTES + (spec.vlan != 0 ? JN_VLAN_TAG_BYTES : 0) + JN_IPV4_BYTES;
    f->covered = f->length - f->at;
    f->field = f->at + (spec.protocol == JN_IP_TCP ? 16 : 6);
    for (uint32_t i = f->length - spec.payload; i < f->length; i++)
        f->bytes[i] = any() % 2 ? 0xff : (uint8_t)any();
    memset(f->bytes + f->field, 0, 2);
    if (spec.protocol == JN_IP_UDP)
        jn_put_be16(f->bytes + f->at + 4, (uint16_t)f->covered);
    jn_put_be16(jn_put_be32(jn_put_be32(pseudo, spec.source), spec.destination), spec.protocol);
    jn_put_be16(pseudo + 10, (uint16_t)f->covered);
    f->partial = frame_sum(pseudo, sizeof(pseudo));
    // Every eighth has a pseudo-header's sum of all ones, where 0 and ffff are the same.
    if (any() % 8 == 0) {
        uint8_t *last = f->bytes + f->at - 2;
        uint32_t sum = (uint32_t)(last[0] << 8 | last[1]) + (0xffff - f->partial);
        jn_put_be16(last, (uint16_t)(sum > 0xffff ? sum - 0xffff : sum));
        f->partial = 0xffff;
    }
    f->length += any() % 2 ? any() % 8 : 0;
}

// A right frame is never changed; an unfinished one becomes right; any other wrong one stays as it is.
static void
test_any_frame(void **state) {
    (void)state;
    for (unsigned int n = 0; n < 20000; n++) {
        struct any_frame f;
        make_any_frame(&f);
        uint32_t sum = (uint32_t)f.partial + frame_sum(f.bytes + f.at, f.covered);
        uint16_t right = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
        if (right == 0 && (any() % 2 || f.field == f.at + 6)) // of TCP both are right
            right = 0xffff;
        const uint16_t fields[] = {right, f.partial, (uint16_t)any(), 0, 0xffff};
        for (size_t i = 0; i < COUNT(fields); i++) {
            bool is_right = fields[i] == right || (fields[i] % 0xffff == 0 && right % 0xffff == 0);
            uint16_t wanted = !is_right && fields[i] == f.partial ? right : fields[i];
            uint8_t frame[256];
            memcpy(frame, f.bytes, sizeof(frame));
            jn_put_be16(frame + f.field, fields[i]);
            bool found = finish(frame, f.length);
            uint16_t after = jn_be16(frame + f.field);
            if (found != (wanted != fields[i]) || (after != wanted && (after % 0xffff != 0 || wanted % 0xffff != 0)))
                fail_msg("frame %u: %04x became %04x, expected %04x (right %04x, pseudo-header %04x)", n, fields[i],
                         after, wanted, right, f.partial);
            jn_put_be16(frame + f.field, 0);
            assert_memory_equal(frame, f.bytes, f.length);
        }
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unfinished), cmocka_unit_test(test_left_as_it_is),  cmocka_unit_test(test_finished_twice),
        cmocka_unit_test(test_any_frame),  cmocka_unit_test(test_cut_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
