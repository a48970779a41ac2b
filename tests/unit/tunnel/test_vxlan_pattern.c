// SPDX-License-Identifier: BSD-3-Clause
// The pattern of a peer's outer headers: it lets in what the peer sends, and whatever bit of the headers is another, nothing
// that the long way would refuse.
#include "packet/parse.h"
#include "random.h"
#include "test.h"
#include "tunnel/vxlan_pattern.h"

enum { PAYLOAD = 60, ROOM = JN_VXLAN_ROOM + PAYLOAD };

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 2}, peer_mac[6] = {2, 0, 0, 0, 0, 0x63};
static const uint8_t own_inner[6] = {6, 7, 0, 0, 0x0f, 1}, peer_inner[6] = {2, 0, 0, 0, 0x0f, 2};

struct case_of {
    const char *what;
    uint8_t family;
    bool zero_checksum, zero; // it may be 0, and it is
    unsigned int let_in;      // of the bits of outer and inner headers, those that may differ
};

static struct jn_vxlan_settings
towards(uint8_t family, const uint8_t mac[6], const uint8_t inner[6], uint8_t from, uint8_t to) {
    struct jn_vxlan_settings s = {
        .family = family, .ttl = 64, .vlan_tci = JN_VLAN_TCI_NONE, .vni = 0x123456, .mtu = 1500};
    memcpy(s.source_mac, mac, 6);
    memcpy(s.inner_mac, inner, 6);
    memcpy(s.source, family == 6 ? (const uint8_t[]){0xfd, 9} : (const uint8_t[]){198, 19}, 2);
    memcpy(s.peer, s.source, 2);
    s.source[family == 6 ? 15 : 3] = from;
    s.peer[family == 6 ? 15 : 3] = to;
    return s;
}

static uint64_t
mac_word(const uint8_t mac[6]) {
    uint64_t word = 0;
    for (int i = 0; i < 6; i++)
        word = word << 8 | mac[i];
    return word;
}

// What the peer sends. Returns its first byte.
static uint8_t *
build(const struct case_of *row, uint8_t *memory, uint32_t *length) {
    struct jn_vxlan v;
    const struct jn_vxlan_settings s = towards(row->family, peer_mac, peer_inner, 20, 1);
    const struct jn_vxlan_send send = {mac_word(own_mac), mac_word(own_inner), PAYLOAD, 77, JN_ETHER_IPV4};
    uint8_t *packet = memory + JN_VXLAN_ROOM;
    for (int i = 0; i < PAYLOAD; i++)
        packet[i] = (uint8_t)(i * 3);
    jn_vxlan_prepare(&v, &s);
    uint32_t header = jn_vxlan_write_packet(&v, packet, &send);
    if (row->zero)
        memset(packet - 14 - 8 - 2, 0, 2);
    *length = header + PAYLOAD;
    return packet - header;
}

// The long way: parser, underlay and jn_vxlan_parse, of an inner frame that is not yet looked into.
static bool
is_let_in(const struct case_of *row, const struct jn_vxlan_settings *to, const uint8_t *frame, uint32_t length) {
    const struct jn_vxlan_expected vnet = {
        .vni = to->vni, .mac = {6, 7, 0, 0, 0x0f, 1}, .zero_checksum_ipv6 = row->zero_checksum};
    struct jn_vxlan_inner inner;
    struct jn_packet p;
    jn_parse_frame(frame, length, length, JN_LINKTYPE_ETHERNET, &p);
    uint32_t bytes = row->family == 6 ? 16 : 4;
    if (!(p.flags & JN_PACKET_IP) || jn_packet_family(&p) != row->family || p.l3_offset != 14 || p.exceptions != 0 ||
        memcmp(frame, own_mac, 6) != 0 || memcmp(frame + 6, own_mac, 6) == 0 || (frame[6] & 1) ||
        memcmp(p.address[0], to->peer, bytes) != 0 || memcmp(p.address[1], to->source, bytes) != 0 ||
        p.protocol != 17 || p.port[1] != 4789 || (row->family == 4 && !jn_checksum_is_right_ipv4(frame + 14)))
        return false;
    enum jn_vxlan_outcome outcome = jn_vxlan_parse(&vnet, frame, length, &p, &inner);
    return outcome < JN_VXLAN_FIRST_REFUSAL || outcome == JN_VXLAN_REFUSED_INNER_TYPE ||
           outcome == JN_VXLAN_REFUSED_INNER_IP || outcome == JN_VXLAN_REFUSED_INNER_TAGGED ||
           outcome == JN_VXLAN_REFUSED_INNER_CHECKSUM;
}

static void
test_one_bit_is_another(void **state) {
    (void)state;
    static const struct case_of rows[] = {
        // MACs 2 * 47, source port 16, reserved of VXLAN 7 + 24 + 8, inner type 16, a shorter UDP length 3
        {"IPv4", 4, false, false, 168},
        // the same without what the checksum covers, and traffic class, flow label, hop limit
        {"IPv6", 6, false, false, 47 + 36},
        {"IPv6 without checksum", 6, true, true, 168 + 36},
        {"IPv6 without checksum, which it must have", 6, false, true, 0},
    };
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        uint8_t memory[ROOM];
        uint32_t length, header, let_in = 0;
        struct jn_vxlan_pattern pattern;
        const struct jn_vxlan_settings s = towards(rows[r].family, own_mac, own_inner, 1, 20);
        uint8_t *frame = build(&rows[r], memory, &length);
        jn_vxlan_pattern_prepare(&pattern, &s, rows[r].zero_checksum);
        assert_int_equal(jn_vxlan_pattern_matches(&pattern, frame, length), rows[r].let_in != 0);
        header = length - PAYLOAD;
        for (uint32_t bit = 0; bit < header * 8; bit++) {
            frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool matches = jn_vxlan_pattern_matches(&pattern, frame, length);
            if (matches && !is_let_in(&rows[r], &s, frame, length))
                fail_msg("%s: bit %u of byte %u", rows[r].what, bit % 8, bit / 8);
            let_in += matches;
            frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        if (let_in != rows[r].let_in)
            fail_msg("%s: expected %u bits, found %u", rows[r].what, rows[r].let_in, let_in);
        if (rows[r].let_in == 0)
            continue;
        assert_int_equal(jn_vxlan_pattern_inner(frame, pattern.v6), PAYLOAD + 14);
        for (uint32_t cut = 1; cut <= length; cut++) // of exactly its size, for a sanitizer
            assert_false(jn_vxlan_pattern_matches(&pattern, frame, length - cut));
    }
}

static void
test_macs_that_nobody_has(void **state) {
    (void)state;
    static const struct case_of v4 = {"IPv4", 4, false, false, 1};
    uint8_t memory[ROOM];
    uint32_t length;
    struct jn_vxlan_pattern pattern;
    const struct jn_vxlan_settings s = towards(4, own_mac, own_inner, 1, 20);
    jn_vxlan_pattern_prepare(&pattern, &s, false);
    static const struct {
        uint32_t at;
        uint8_t mac[6];
    } rows[] = {{6, {0}},
                {6, {2, 0, 0, 0, 0, 2}},
                {56, {0}},
                {56, {6, 7, 0, 0, 0x0f, 1}},
                {50, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        uint8_t *frame = build(&v4, memory, &length);
        assert_true(jn_vxlan_pattern_matches(&pattern, frame, length));
        memcpy(frame + rows[r].at, rows[r].mac, 6);
        assert_false(jn_vxlan_pattern_matches(&pattern, frame, length));
    }
    struct jn_vxlan_settings tagged = s;
    tagged.vlan_tci = 5;
    jn_vxlan_pattern_prepare(&pattern, &tagged, false);
    assert_false(jn_vxlan_pattern_matches(&pattern, build(&v4, memory, &length), length));
}

// Whatever the header: in few words, so that sums that are 0 or just fold come up.
static void
test_the_checksum_of_an_ipv4_header(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 0, 0xff, 0xff, 0x45, 0x80, 1, 0x7f};
    uint64_t seed = RANDOM_SEED;
    unsigned int right = 0;
    for (unsigned int n = 0; n < 100000; n++) {
        uint8_t header[20];
        for (unsigned int i = 0; i < sizeof(header); i++)
            header[i] = n == 0 ? 0 : bytes[random_next(&seed) >> 40 & 7];
        if (n % 2 != 0) {
            jn_put_be16(header + 10, 0);
            jn_put_be16(header + 10, jn_checksum(header, sizeof(header)));
        }
        uint16_t sum = jn_checksum_sum(header, sizeof(header));
        assert_int_equal(jn_checksum_is_right_ipv4(header), sum == 0xffff);
        right += sum == 0xffff;
    }
    assert_in_range(right, 50000, 51000);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_bit_is_another),
        cmocka_unit_test(test_macs_that_nobody_has),
        cmocka_unit_test(test_the_checksum_of_an_ipv4_header),
    };
    return cmocka_run_group_tests_name("vxlan_pattern", tests, NULL, NULL);
}
