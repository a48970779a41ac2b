// SPDX-License-Identifier: BSD-3-Clause
// The parser: frames in, findings out; then every truncation of every frame, each in memory of exactly its size.
#include <sys/mman.h>
#include <unistd.h>

#include "hex.h"
#include "packet/parse.h"
#include "packet/parse_common.h"
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

// Bytes that end where memory ends.
static uint8_t *
before_guard_page(const uint8_t *bytes, uint32_t length) {
    static uint8_t *page;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    if (page == NULL) {
        page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(page != MAP_FAILED && mprotect(page + size, size, PROT_NONE) == 0);
    }
    return memcpy(page + size - length, bytes, length);
}

static void
test_where_a_fragment_lies(void **state) {
    (void)state;
    static const struct {
        const char *what; // a row of the table
        struct jn_fragment_part part;
    } rows[] = {
        {"first fragment", {1, 0, 8, 0, true}},
        {"later fragment", {1, 0xb9 * 8, 8, 0, false}},
        {"fragment without payload", {1, 0xb9 * 8, 0, 0, false}},
        {"IPv6 first fragment", {7, 0, 8, 0, true}},
        {"IPv6 later fragment", {7, 0x5c8, 8, 0, false}},
        {"IPv6 first fragment of ESP", {7, 0, 8, 8, true}},
        {"IPv6 fragment behind an atomic one", {8, 0, 8, 0, true}},
        {"IPv6 fragment in a fragment", {7, 0, 16, 0, true}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct packet_row *row = packet_rows;
        while (strcmp(row->what, rows[i].what) != 0)
            row++;
        uint8_t frame[256];
        uint32_t length = hex_decode(row->hex, frame);
        const struct jn_fragment_part *wanted = &rows[i].part;
        struct jn_fragment_part p;
        struct jn_packet packet;
        jn_parse_frame(frame, length, length, row->link_type, &packet);
        jn_parse_fragment(frame, &packet, &p);
        EXPECT(id, wanted->id);
        EXPECT(offset, wanted->offset);
        EXPECT(length, wanted->length);
        EXPECT(header_end, wanted->header_end);
        EXPECT(more, wanted->more);
    }
}

// What a capture cut off was there: the fragment lacks no header.
static void
test_a_cut_fragment_lacks_no_header(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(packet_rows) / sizeof(packet_rows[0]); i++) {
        uint8_t frame[256];
        uint32_t whole = hex_decode(packet_rows[i].hex, frame);
        for (uint32_t length = 0; length < whole; length++) {
            struct jn_packet p;
            jn_parse_frame(frame, length, whole, packet_rows[i].link_type, &p);
            if ((p.flags & JN_PACKET_HEADERLESS) && !(packet_rows[i].flags & JN_PACKET_HEADERLESS))
                fail_msg("%s: %u bytes: no header", packet_rows[i].what, length);
        }
    }
}

static bool
same_findings(const struct jn_packet *a, const struct jn_packet *b) {
    return memcmp(a, b, offsetof(struct jn_packet, address) + sizeof(a->address)) == 0;
}

// What is at hand and what the wire had may say anything of each other: no byte beyond is read, nothing is found there, and
// what a frame had on the wire is at least what is at hand.
static void
test_lengths_that_contradict_each_other(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(packet_rows) / sizeof(packet_rows[0]); i++) {
        const struct packet_row *row = &packet_rows[i];
        uint8_t frame[256];
        uint32_t whole = hex_decode(row->hex, frame);
        for (uint32_t length = 0; length <= whole; length++) {
            const uint32_t wires[] = {0, 1, length / 2, length - (length != 0), length, length + 1, 65535, UINT32_MAX};
            const uint8_t *exact = before_guard_page(frame, length);
            for (size_t w = 0; w < sizeof(wires) / sizeof(wires[0]); w++) {
                struct jn_packet p, bulk, least;
                jn_parse_frame(exact, length, wires[w], row->link_type, &p);
                jn_parse_frames(&exact, &length, &wires[w], row->link_type, &bulk, 1);
                jn_parse_frame(exact, length, wires[w] < length ? length : wires[w], row->link_type, &least);
                if (!same_findings(&p, &bulk) || !same_findings(&p, &least))
                    fail_msg("%s: %u of %u bytes: found in two ways", row->what, length, wires[w]);
                if (((p.flags & JN_PACKET_IP) && p.l3_offset + 20u > length) ||
                    ((p.flags & JN_PACKET_PORTS) && p.l4_offset + 2u > length) ||
                    ((p.flags & JN_PACKET_TCP) && p.l4_offset + 14u > length))
                    fail_msg("%s: %u of %u bytes: found beyond them", row->what, length, wires[w]);
                if (p.ip_length > UINT32_MAX - UINT16_MAX)
                    fail_msg("%s: %u of %u bytes: an IP packet longer than any", row->what, length, wires[w]);
            }
        }
    }
}

// The rows that are named so go the short way when they are whole, and no other row does that has exceptions, fragments,
// options or another protocol.
static void
test_what_goes_the_short_way(void **state) {
    (void)state;
    unsigned int common = 0;
    for (size_t i = 0; i < sizeof(packet_rows) / sizeof(packet_rows[0]); i++) {
        const struct packet_row *row = &packet_rows[i];
        uint8_t frame[256];
        uint32_t length = hex_decode(row->hex, frame);
        struct jn_packet p;
        bool named = strncmp(row->what, "common ", 7) == 0;
        bool plain = row->link_type == JN_LINKTYPE_ETHERNET && row->exceptions == 0 &&
                     (row->protocol == JN_IP_TCP || row->protocol == JN_IP_UDP) && !(row->flags & JN_PACKET_FRAGMENT);
        bool taken = row->link_type == JN_LINKTYPE_ETHERNET &&
                     jn_parse_common(frame, length, length, JN_ASKED_PACKETS, &p, NULL, 0);
        if ((named && !taken) || (taken && !plain))
            fail_msg("%s: %s", row->what, taken ? "taken, and is nothing common" : "not taken");
        common += taken;
    }
    assert_true(common >= 7);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_every_truncation_stays_inside),
        cmocka_unit_test(test_snap_length_is_no_lie),
        cmocka_unit_test(test_where_a_fragment_lies),
        cmocka_unit_test(test_a_cut_fragment_lacks_no_header),
        cmocka_unit_test(test_lengths_that_contradict_each_other),
        cmocka_unit_test(test_what_goes_the_short_way),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
