// SPDX-License-Identifier: BSD-3-Clause
// The parser: frames in, findings out; then every truncation of every frame, each in memory of exactly its size.
#include "hex.h"
#include "packet/parse.h"
#include "packets.h"
#include "test.h"

#define EXPECT(field, wanted)                                                                                          \
    if ((p.field) != (wanted))                                                                                         \
    fail_msg("%s: " #field ": expected 0x%x, found 0x%x", row->what, (unsigned int)(wanted), (unsigned int)(p.field))

static void
test_table(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(packet_rows) / sizeof(packet_rows[0]); i++) {
        const struct packet_row *row = &packet_rows[i];
        uint8_t frame[256];
        uint32_t length = hex_decode(row->hex, frame);
        struct jn_packet p;
        jn_parse_frame(frame, length, length, row->link_type, &p);
        EXPECT(flags, row->flags);
        EXPECT(exceptions, row->exceptions);
        EXPECT(ip_length, row->ip_length);
        EXPECT(vlan_tci, row->vlan_tci);
        EXPECT(protocol, row->protocol);
        EXPECT(port[0], row->source);
        EXPECT(port[1], row->destination);
    }
}

static void
test_every_truncation_stays_inside(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(packet_rows) / sizeof(packet_rows[0]); i++) {
        uint8_t frame[256];
        uint32_t whole = hex_decode(packet_rows[i].hex, frame);
        for (uint32_t length = 0; length < whole; length++) {
            uint8_t *exact = malloc(length + 1);
            assert_non_null(exact);
            memcpy(exact + 1, frame, length); // ends where the allocation ends: the sanitizer sees one byte too many
            struct jn_packet p;
            jn_parse_frame(exact + 1, length, length, packet_rows[i].link_type, &p);
            if (p.exceptions == 0 && (p.flags & JN_PACKET_IP) == 0)
                fail_msg("%s cut to %u bytes: neither parsed nor counted", packet_rows[i].what, length);
            free(exact);
        }
    }
}

static void
test_snap_length_is_no_lie(void **state) {
    (void)state;
    uint8_t frame[256];
    uint32_t length = hex_decode(packet_rows[0].hex, frame);
    struct jn_packet p;
    frame[16] = 0x05; // total length 0x0528, and the frame had as many bytes on the wire
    jn_parse_frame(frame, length, 0x0528 + 14, JN_LINKTYPE_ETHERNET, &p);
    assert_int_equal(p.exceptions, 0);
    assert_int_equal(p.ip_length, 0x0528);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_every_truncation_stays_inside),
        cmocka_unit_test(test_snap_length_is_no_lie),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
