// SPDX-License-Identifier: BSD-3-Clause
// Outer headers of copies against what scapy built (encap_vectors.py), checksums against a plain sum, fragments put
// together again. test_encap FILE: writes every outer frame into a capture as well, for other dissectors to judge.
#include "capture_file.h"
#include "hex.h"
#include "rig/frame.h"
#include "test.h"
#include "tunnel/ip_fragment.h"
#include "vectors/encap_vectors.h"

#define NEXT_HOP (UINT64_C(2) << 48 | 0x02000000010a)
#define BIGGEST  70000u
#define GUARD    0xa5

static const uint8_t own_mac[6] = {2, 0, 0, 0, 1, 1};
static const uint8_t own_v4[16] = {198, 18, 0, 1};
static const uint8_t own_v6[16] = {0xfd, [15] = 1};
static FILE *capture;

static void
prepare(struct jn_encap *e, const struct jn_peer *peer, uint16_t vlan_tci, uint32_t mtu) {
    jn_encap_prepare(e, peer, peer->family == 4 ? own_v4 : own_v6, vlan_tci, own_mac, mtu);
}

static void
same(const char *what, const uint8_t *found, const uint8_t *wanted, uint32_t length) {
    for (uint32_t i = 0; i < length; i++)
        if (found[i] != wanted[i])
            fail_msg("%s: byte %u: expected 0x%02x, found 0x%02x", what, i, wanted[i], found[i]);
}

// The outer frame of a row in `buffer`, as the mirror stage makes it: the payload first, the header before it.
static uint8_t *
encapsulate(const struct encap_vector *row, const struct jn_encap *e, const struct jn_encap_part *part,
            const uint8_t *frame, uint8_t *buffer, uint32_t *length) {
    uint8_t *payload = buffer + JN_ENCAP_ROOM;
    memcpy(payload, frame + part->offset, part->length);
    uint32_t header = jn_encap_write(e, payload, NEXT_HOP, row->sequence, &frame_vectors[row->frame].facts, part);
    *length = header + part->length;
    return payload - header;
}

static void
check_fragments(const struct encap_vector *row, const uint8_t *outer, uint32_t length) {
    struct jn_fragments f;
    uint8_t out[2048], wanted[128];
    assert_int_equal(jn_fragments_begin(&f, outer, length, row->mtu, row->identification), row->fragment_count);
    for (unsigned int i = 0; i < row->fragment_count; i++) {
        const struct fragment_vector *fragment = &fragment_vectors[row->fragment + i];
        uint32_t header = hex_decode(fragment->header, wanted);
        assert_int_equal(jn_fragments_next(&f, out), header + fragment->length);
        same(row->what, out, wanted, header);
        same(row->what, out + header, outer + f.header + fragment->offset, fragment->length);
        capture_keep(capture, out, header + fragment->length);
    }
    assert_int_equal(jn_fragments_next(&f, out), 0);
}

static void
check_row(const struct encap_vector *row) {
    static uint8_t frame[4096], buffer[4096 + JN_ENCAP_ROOM];
    uint8_t wanted[128];
    struct jn_encap e;
    struct jn_encap_part part;
    hex_decode(frame_vectors[row->frame].hex, frame);
    prepare(&e, &row->peer, row->vlan_tci, row->mtu);
    enum jn_encap_outcome outcome = jn_encap_choose(&e, &frame_vectors[row->frame].facts, &part);
    if (outcome != row->outcome)
        fail_msg("%s: expected outcome %d, found %d", row->what, row->outcome, outcome);
    if (outcome == JN_ENCAP_NOT_IP || outcome == JN_ENCAP_TOO_LONG)
        return;
    if (part.offset != row->offset || part.length != row->length)
        fail_msg("%s: expected bytes %u+%u, found %u+%u", row->what, row->offset, row->length, part.offset,
                 part.length);
    uint32_t length, header = hex_decode(row->header, wanted);
    const uint8_t *outer = encapsulate(row, &e, &part, frame, buffer, &length);
    assert_int_equal(length, header + row->length);
    same(row->what, outer, wanted, header);
    same(row->what, outer + header, frame + row->offset, row->length);
    if (outcome == JN_ENCAP_FRAGMENT)
        check_fragments(row, outer, length);
    else
        capture_keep(capture, outer, length);
}

static void
test_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(encap_vectors); i++)
        check_row(&encap_vectors[i]);
}

// Only the room before the payload is written, and the payload not at all.
static void
test_bounds(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(encap_vectors); i++) {
        uint8_t memory[8 + JN_ENCAP_ROOM + 8];
        struct jn_encap e;
        struct jn_encap_part part = {0, 100, true};
        memset(memory, GUARD, sizeof(memory));
        prepare(&e, &encap_vectors[i].peer, encap_vectors[i].vlan_tci, encap_vectors[i].mtu);
        assert_true(e.length + 4u <= JN_ENCAP_ROOM);
        jn_encap_write(&e, memory + 8 + JN_ENCAP_ROOM, NEXT_HOP, 1, &frame_vectors[encap_vectors[i].frame].facts,
                       &part);
        for (unsigned int j = 0; j < 8; j++) {
            assert_int_equal(memory[j], GUARD);
            assert_int_equal(memory[8 + JN_ENCAP_ROOM + j], GUARD);
        }
    }
}

// A right header sums to 0xffff with its checksum in it: every length, for headers of random settings.
static void
test_checksum(void **state) {
    (void)state;
    struct jn_encap_frame frame = {.ip = 4, .vlan_tci = JN_VLAN_TCI_NONE};
    srandom(4);
    for (unsigned int round = 0; round < 64; round++) {
        uint8_t memory[JN_ENCAP_ROOM];
        struct jn_peer peer = {.family = 4, .ttl = (uint8_t)random(), .dscp = (uint8_t)(random() & 63)};
        struct jn_encap e;
        for (unsigned int i = 0; i < 4; i++)
            peer.address[i] = (uint8_t)random();
        prepare(&e, &peer, JN_VLAN_TCI_NONE, 65535);
        for (uint32_t length = 0; length <= 65535 - 24; length += 1 + (uint32_t)random() % 32) {
            struct jn_encap_part part = {0, length, false};
            uint32_t header = jn_encap_write(&e, memory + sizeof(memory), NEXT_HOP, 0, &frame, &part);
            const uint8_t *ip = memory + sizeof(memory) - header + 14;
            assert_int_equal(frame_sum(ip, 20), 0xffff);
            assert_int_equal(ip[2] << 8 | ip[3], 24 + length);
        }
    }
}

// Put the fragments together by what their headers say. Returns the number of bytes.
static uint32_t
reassemble(struct jn_fragments *f, uint32_t mtu, uint32_t count, uint8_t *whole) {
    static uint8_t out[BIGGEST];
    uint32_t length, total = 0, found = 0;
    for (bool more = true; (length = jn_fragments_next(f, out)) != 0; found++) {
        const uint8_t *ip = out + f->ip_at, *extension = ip + 40;
        uint32_t header = f->ip_at + (f->v6 ? 48 : 20), field = jn_be16(f->v6 ? extension + 2 : ip + 6);
        uint32_t offset = f->v6 ? field & 0xfff8 : (field & 0x1fff) * 8;
        assert_true(more);
        more = field & (f->v6 ? 1 : 0x2000);
        assert_true(length - f->ip_at <= mtu);
        assert_true(!more || (length - header) % 8 == 0);
        assert_int_equal(offset, total);
        assert_int_equal(f->v6 ? jn_be16(ip + 4) + 40 : jn_be16(ip + 2), length - f->ip_at);
        if (f->v6)
            assert_int_equal(ip[6] << 8 | extension[0], 44 << 8 | 47);
        else
            assert_int_equal(frame_sum(ip, 20), 0xffff);
        memcpy(whole + offset, out + header, length - header);
        total += length - header;
        if (total == f->length)
            assert_false(more);
    }
    assert_int_equal(found, count);
    return total;
}

static void
test_reassembly(void **state) {
    (void)state;
    static uint8_t buffer[JN_ENCAP_ROOM + BIGGEST], whole[BIGGEST];
    static const uint32_t mtus[] = {68, 69, 75, 76, 577, 1280, 1281, 1499, 1500, 9000, 65534};
    static const uint32_t lengths[] = {60, 100, 1400, 1514, 9014, 40000, 65400, 69000};
    struct jn_encap_frame frame = {.ip = 4, .vlan_tci = JN_VLAN_TCI_NONE};
    for (uint32_t i = 0; i < BIGGEST; i++)
        buffer[JN_ENCAP_ROOM + i] = (uint8_t)(i * 7 + i / 256);
    for (size_t i = 0; i < COUNT(encap_vectors); i++) {
        struct jn_peer peer = encap_vectors[i].peer;
        peer.too_long = JN_TOO_LONG_FRAGMENT;
        peer.snap_length = 0;
        for (size_t j = 0; j < COUNT(mtus) * COUNT(lengths); j++) {
            struct jn_encap e;
            struct jn_encap_part part;
            struct jn_fragments f;
            uint32_t mtu = mtus[j / COUNT(lengths)];
            frame.length = frame.wire_length = frame.ip_length = lengths[j % COUNT(lengths)];
            prepare(&e, &peer, encap_vectors[i].vlan_tci, mtu);
            if (jn_encap_choose(&e, &frame, &part) != JN_ENCAP_FRAGMENT)
                continue;
            uint8_t *payload = buffer + JN_ENCAP_ROOM;
            uint32_t header = jn_encap_write(&e, payload, NEXT_HOP, 0, &frame, &part);
            uint32_t count = jn_fragments_begin(&f, payload - header, header + part.length, mtu, 1);
            assert_true(count > 1);
            assert_int_equal(reassemble(&f, mtu, count, whole), f.length);
            same("reassembled", whole, payload - header + f.header, f.length);
        }
    }
}

// The longest copy that one IP packet carries leaves in fragments; one byte more is no copy, and is never cut in silence.
static void
test_longest_copy(void **state) {
    (void)state;
    static const struct {
        uint8_t encapsulation, family;
        uint32_t snap_length, longest;
    } rows[] = {
        {JN_ENCAP_GRETAP, 4, 0, 65535 - 20 - 4},   {JN_ENCAP_GRETAP, 6, 0, 65535 - 4},
        {JN_ENCAP_GRE, 4, 0, 65535 - 20 - 4},      {JN_ENCAP_GRE, 6, 0, 65535 - 4},
        {JN_ENCAP_ERSPAN2, 4, 0, 65535 - 20 - 16}, {JN_ENCAP_ERSPAN2, 6, 0, 65535 - 16},
        {JN_ENCAP_ERSPAN3, 4, 0, 65535 - 20 - 20}, {JN_ENCAP_ERSPAN3, 6, 0, 65535 - 20},
        {JN_ENCAP_GRETAP, 4, 65511, UINT32_MAX},   {JN_ENCAP_GRETAP, 6, 65532, 65531},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_peer peer = {.family = rows[i].family,
                               .encapsulation = rows[i].encapsulation,
                               .too_long = JN_TOO_LONG_FRAGMENT,
                               .snap_length = rows[i].snap_length};
        struct jn_encap e;
        struct jn_encap_part part;
        prepare(&e, &peer, JN_VLAN_TCI_NONE, 1500);
        for (uint32_t more = 0; more < 2; more++) {
            uint32_t length = rows[i].longest == UINT32_MAX ? 262144 : rows[i].longest + more;
            struct jn_encap_frame frame = {.length = length,
                                           .wire_length = length,
                                           .ip = rows[i].family,
                                           .ip_length = length,
                                           .vlan_tci = JN_VLAN_TCI_NONE};
            bool fits = more == 0 || rows[i].longest == UINT32_MAX;
            assert_int_equal(jn_encap_choose(&e, &frame, &part), fits ? JN_ENCAP_FRAGMENT : JN_ENCAP_TOO_LONG);
            if (fits)
                assert_int_equal(part.length, length < e.snap ? length : e.snap);
        }
    }
}

// Longer than an IP packet can be; an MTU that has no room for anything.
static void
test_extremes(void **state) {
    (void)state;
    struct jn_encap e;
    struct jn_encap_part part;
    struct jn_fragments f;
    const struct jn_encap_frame frame = {.length = 262144, .wire_length = 262144, .vlan_tci = JN_VLAN_TCI_NONE};
    struct jn_peer peer = {.family = 4, .encapsulation = JN_ENCAP_GRETAP, .too_long = JN_TOO_LONG_CUT};
    prepare(&e, &peer, JN_VLAN_TCI_NONE, 70000);
    assert_int_equal(jn_encap_choose(&e, &frame, &part), JN_ENCAP_TRUNCATED);
    assert_int_equal(part.length, 65535 - 24);
    assert_true(part.truncated);
    for (peer.too_long = 0; peer.too_long <= JN_TOO_LONG_DROP; peer.too_long++) {
        prepare(&e, &peer, JN_VLAN_TCI_NONE, 67);
        assert_int_equal(jn_encap_choose(&e, &frame, &part), JN_ENCAP_TOO_LONG);
    }
    uint8_t outer[100] = {[12] = 0x08};
    assert_int_equal(jn_fragments_begin(&f, outer, sizeof(outer), 27, 0), 0);
    assert_int_equal(jn_fragments_next(&f, outer), 0);
}

int
main(int argc, char **argv) {
    capture = capture_open(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),    cmocka_unit_test(test_bounds),       cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_reassembly), cmocka_unit_test(test_longest_copy), cmocka_unit_test(test_extremes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return capture != NULL && fclose(capture) != 0 ? 1 : failed;
}
