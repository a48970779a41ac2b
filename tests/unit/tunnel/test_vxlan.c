// SPDX-License-Identifier: BSD-3-Clause
// VXLAN headers against what scapy built (vxlan_vectors.py), sums against a plain one, arrivals whole and cut everywhere.
// test_vxlan FILE: writes every outer frame into a capture as well, for other dissectors to judge.
#include "capture_file.h"
#include "packet/parse.h"
#include "rig/frame.h"
#include "test.h"
#include "tunnel/ip_fragment.h"
#include "vectors/vxlan_vectors.h"

#define NEXT_HOP (UINT64_C(2) << 48 | 0x02000000010a)
#define GATEWAY  (UINT64_C(3) << 48 | 0x020000000f02)
#define GUARD    0xa5
#define VNI      10

static const uint8_t own_mac[6] = {6, 7, 0, 0, 0x0f, 1};
static FILE *capture;

// Write a row's header: `room` bytes of scratch, the payload in memory that ends with it, and guards around both.
static void
check_send(const struct send_vector *row, bool in_pieces) {
    struct jn_vxlan v;
    uint32_t room = row->whole_frame ? JN_VXLAN_FRAME_ROOM : JN_VXLAN_ROOM, length = row->payload.length;
    const struct jn_vxlan_send send = {NEXT_HOP, GATEWAY, length, row->hash, row->type};
    uint8_t *memory = malloc(8 + room + length), *payload = memory + 8 + room;
    memset(memory, GUARD, 8 + room);
    vector_decode(&row->payload, payload);
    jn_vxlan_prepare(&v, &row->settings);
    uint32_t written;
    if (row->whole_frame)
        written = jn_vxlan_write_frame(&v, payload, &send);
    else if (!in_pieces)
        written = jn_vxlan_write_packet(&v, payload, &send);
    else {
        uint32_t first = length / 2; // odd in some rows
        uint16_t sum = jn_checksum_sum(payload, first);
        sum = jn_checksum_join(sum, first, jn_checksum_sum(payload + first, length - first));
        written = jn_vxlan_write_packet_summed(&v, payload, &send, sum);
    }
    if (written != row->header.length)
        fail_msg("%s: expected a header of %u bytes, found %u", row->what, row->header.length, written);
    vector_same(row->what, payload - written, &row->header);
    vector_same(row->what, payload, &row->payload);
    for (unsigned int i = 0; i < 8; i++)
        assert_int_equal(memory[i], GUARD);
    capture_keep(capture, payload - written, written + length);
    free(memory);
}

static void
test_send(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(send_vectors); i++) {
        check_send(&send_vectors[i], false);
        check_send(&send_vectors[i], true);
    }
}

// Every length, at every alignment, of random bytes and of those that carry most.
static void
test_sum(void **state) {
    (void)state;
    srandom(5);
    for (uint32_t length = 0; length < 200; length++)
        for (uint32_t shift = 0; shift < 8; shift++)
            for (int most = 0; most < 2; most++) {
                uint8_t *memory = malloc(shift + length + 1), *bytes = memory + shift + 1;
                for (uint32_t i = 0; i < length; i++)
                    bytes[i] = most ? 0xff : (uint8_t)random();
                assert_int_equal(jn_checksum_sum(bytes, length), frame_sum(bytes, length));
                uint32_t first = length / 3;
                uint16_t sum = jn_checksum_sum(bytes, first);
                sum = jn_checksum_join(sum, first, jn_checksum_sum(bytes + first, length - first));
                assert_int_equal(sum, frame_sum(bytes, length));
                free(memory);
            }
    static uint8_t large[65536];
    memset(large, 0xff, sizeof(large));
    assert_int_equal(jn_checksum_sum(large, sizeof(large)), 0xffff);
    large[65535] = 0xfe;
    assert_int_equal(jn_checksum_sum(large, sizeof(large)), frame_sum(large, sizeof(large)));
}

static void
test_ports(void **state) {
    (void)state;
    struct jn_vxlan v;
    struct jn_vxlan_settings settings = send_vectors[0].settings;
    jn_vxlan_prepare(&v, &settings);
    uint16_t low = UINT16_MAX, high = 0;
    for (uint32_t i = 0; i < 1u << 18; i++) {
        uint16_t port = jn_vxlan_source_port(&v, i * 16384u + i);
        low = port < low ? port : low;
        high = port > high ? port : high;
    }
    assert_int_equal(low, 49152);
    assert_int_equal(high, 65535);
    for (uint32_t bit = 0; bit < 32; bit++)
        assert_int_not_equal(jn_vxlan_source_port(&v, 1u << bit), jn_vxlan_source_port(&v, 0));
    settings.fixed_port = true;
    jn_vxlan_prepare(&v, &settings);
    assert_int_equal(jn_vxlan_source_port(&v, 0xffffffff), 4789);
}

static void
test_mtu(void **state) {
    (void)state;
    static const struct {
        uint8_t family;
        uint32_t mtu;
        uint16_t inner, whole, overhead;
    } rows[] = {
        {4, 1500, 1450, 65485, 50},    {6, 1500, 1430, 65505, 70},   {4, 1550, 1500, 65485, 50},
        {4, 50, 0, 65485, 50},         {4, 51, 1, 65485, 50},        {6, 70, 0, 65505, 70},
        {4, 100000, 65485, 65485, 50}, {6, 65535, 65465, 65505, 70}, {4, 0, 0, 65485, 50},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_vxlan v;
        struct jn_vxlan_settings settings = {.family = rows[i].family, .mtu = rows[i].mtu, .vlan_tci = 7};
        jn_vxlan_prepare(&v, &settings);
        assert_int_equal(v.inner_mtu, rows[i].inner);
        assert_int_equal(v.inner_whole, rows[i].whole);
        assert_int_equal(v.overhead, rows[i].overhead);
    }
}

// The longest of all, to outer fragments and back.
static void
test_outer_fragments(void **state) {
    (void)state;
    static uint8_t memory[JN_VXLAN_ROOM + 65535], whole[65535 + 8], out[1518];
    for (uint32_t i = 0; i < sizeof(memory); i++)
        memory[i] = (uint8_t)(i * 31 + i / 256);
    for (uint8_t family = 4; family <= 6; family += 2) {
        struct jn_vxlan v;
        struct jn_fragments f;
        struct jn_vxlan_settings settings = {.family = family, .mtu = 1500, .vlan_tci = 7, .vni = 5};
        jn_vxlan_prepare(&v, &settings);
        const struct jn_vxlan_send send = {NEXT_HOP, GATEWAY, v.inner_whole, 0, 0x0800};
        uint8_t *packet = memory + JN_VXLAN_ROOM;
        uint32_t header = jn_vxlan_write_packet(&v, packet, &send), done = 0, length;
        const uint8_t *outer = packet - header;
        assert_int_equal(outer[18 + (family == 6 ? 4 : 2)] << 8 | outer[18 + (family == 6 ? 5 : 3)], 65535);
        assert_true(jn_fragments_begin(&f, outer, header + send.length, 1500, 9) > 40);
        while ((length = jn_fragments_next(&f, out)) != 0) {
            uint32_t at = f.ip_at + (family == 6 ? 48 : 20);
            assert_int_equal(out[f.ip_at + (family == 6 ? 40 : 9)], 17);
            memcpy(whole + done, out + at, length - at);
            done += length - at;
        }
        assert_int_equal(done, f.length);
        assert_memory_equal(whole, outer + f.header, done);
    }
}

static enum jn_vxlan_outcome
parse(const uint8_t *frame, uint32_t length, bool zero, struct jn_vxlan_inner *inner) {
    struct jn_packet outer;
    struct jn_vxlan_expected vnet = {.vni = VNI, .zero_checksum_ipv6 = zero};
    memcpy(vnet.mac, own_mac, 6);
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &outer);
    return jn_vxlan_parse(&vnet, frame, length, &outer, inner);
}

static void
test_return(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(return_vectors); i++) {
        const struct return_vector *row = &return_vectors[i];
        struct jn_vxlan_inner inner;
        struct jn_packet alone;
        uint8_t *frame = vector_bytes(&row->frame);
        enum jn_vxlan_outcome outcome = parse(frame, row->frame.length, row->zero_checksum_ipv6, &inner);
        if (outcome != row->outcome)
            fail_msg("%s: expected %d (%s), found %d (%s)", row->what, row->outcome,
                     jn_vxlan_refusal_word(row->outcome), outcome, jn_vxlan_refusal_word(outcome));
        if (outcome < JN_VXLAN_FIRST_REFUSAL) {
            if (inner.offset != row->offset || inner.length != row->length || inner.group != row->group)
                fail_msg("%s: expected %u+%u, found %u+%u", row->what, row->offset, row->length, inner.offset,
                         inner.length);
            jn_parse_frame(frame + row->offset, row->length, row->length, JN_LINKTYPE_ETHERNET, &alone);
            if (outcome != JN_VXLAN_ARP)
                assert_memory_equal(&inner.packet, &alone, sizeof(alone));
        }
        free(frame);
    }
}

// No frame cut anywhere is read beyond its end; one cut inside its outer packet is never believed.
static void
test_return_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(return_vectors); i++) {
        const struct return_vector *row = &return_vectors[i];
        uint8_t *frame = vector_bytes(&row->frame);
        for (uint32_t length = 0; length < row->frame.length; length++) {
            struct jn_vxlan_inner inner;
            uint8_t *cut = vector_cut(frame, length);
            enum jn_vxlan_outcome outcome = parse(cut, length, row->zero_checksum_ipv6, &inner);
            if (outcome < JN_VXLAN_FIRST_REFUSAL && inner.offset + inner.length > length)
                fail_msg("%s: cut to %u bytes, found an inner frame up to %u", row->what, length,
                         inner.offset + inner.length);
            free(cut);
        }
        free(frame);
    }
}

// The outer frame with only the first `left` bytes of its inner one, and lengths that say so.
static uint8_t *
shorten(const uint8_t *frame, uint32_t offset, uint32_t left) {
    uint8_t *cut = vector_cut(frame, offset + left), *udp = cut + offset - 16;
    jn_put_be16(cut + 16, offset - 14 + left);
    jn_put_be16(udp + 4, 16 + left);
    jn_put_be16(udp + 6, 0);
    return cut;
}

// What ends too early within an outer packet that is right: of the rows that came untagged over IPv4.
static void
test_inner_cut(void **state) {
    (void)state;
    unsigned int rows = 0;
    for (size_t i = 0; i < COUNT(return_vectors); i++) {
        const struct return_vector *row = &return_vectors[i];
        uint8_t *frame = vector_bytes(&row->frame);
        bool fits = row->outcome < JN_VXLAN_FIRST_REFUSAL && frame[12] == 0x08 && frame[14] >> 4 == 4;
        for (uint32_t left = 0; fits && left < row->length; left++) {
            struct jn_vxlan_inner inner;
            uint8_t *cut = shorten(frame, row->offset, left);
            enum jn_vxlan_outcome outcome = parse(cut, row->offset + left, false, &inner);
            if (left < 14)
                assert_int_equal(outcome, JN_VXLAN_REFUSED_INNER_TRUNCATED);
            else if (row->outcome == JN_VXLAN_ARP)
                assert_int_equal(outcome, JN_VXLAN_ARP);
            else if (outcome != JN_VXLAN_REFUSED_INNER_IP)
                assert_true(outcome < JN_VXLAN_FIRST_REFUSAL && 14 + inner.packet.ip_length <= left);
            free(cut);
        }
        rows += fits;
        free(frame);
    }
    assert_true(rows > 10);
}

static void
test_words(void **state) {
    (void)state;
    assert_string_equal(jn_vxlan_refusal_word(JN_VXLAN_REFUSED_OUTER_FRAGMENT), "vxlan_outer_fragment");
    assert_string_equal(jn_vxlan_refusal_word(JN_VXLAN_REFUSED_INNER_GROUP), "inner_group");
    assert_string_equal(jn_vxlan_refusal_word(JN_VXLAN_ND), "unknown");
    assert_string_equal(jn_vxlan_refusal_word(JN_VXLAN_OUTCOMES), "unknown");
}

int
main(int argc, char **argv) {
    capture = capture_open(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_mtu),
        cmocka_unit_test(test_outer_fragments),
        cmocka_unit_test(test_return),
        cmocka_unit_test(test_return_cut),
        cmocka_unit_test(test_inner_cut),
        cmocka_unit_test(test_words),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return capture != NULL && fclose(capture) != 0 ? 1 : failed;
}
