// SPDX-License-Identifier: BSD-3-Clause
// What is said of a device that has not the room for tags and labels.
#include "port/frame_room.h"
#include "test.h"

static const struct row {
    uint16_t mtu;
    uint32_t longest;
    const char *text;
} rows[] = {
    {1500, 1538, ""},
    {1500, 65549, ""},
    {1500, 1537, "frames longer than 1537 bytes are lost: two VLAN tags and four MPLS labels at MTU 1500 need 1538"},
    {1500, 1522, "frames longer than 1522 bytes are lost: two VLAN tags and four MPLS labels at MTU 1500 need 1538"},
    {1500, 1521, "frames longer than 1521 bytes are lost: two VLAN tags at MTU 1500 need 1522"},
    {1500, 1514, "frames longer than 1514 bytes are lost: two VLAN tags at MTU 1500 need 1522"},
    {9000, 9018, "frames longer than 9018 bytes are lost: two VLAN tags at MTU 9000 need 9022"},
    {65535, 65549, "frames longer than 65549 bytes are lost: two VLAN tags at MTU 65535 need 65557"},
};

static void
test_what_is_lost_is_said(void **state) {
    (void)state;
    char text[160];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(jn_frame_room_text(rows[i].mtu, rows[i].longest, text, sizeof(text)), rows[i].text);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_lost_is_said)};
    return cmocka_run_group_tests_name("frame_room", tests, NULL, NULL);
}
