// SPDX-License-Identifier: BSD-3-Clause
// What a router that is older than RFC 1191 means by saying nothing, and quotes that end anywhere.
#include "test.h"
#include "tunnel/encap.h"
#include "tunnel/vxlan.h"

static void
test_plateaus(void **state) {
    (void)state;
    static const struct {
        uint32_t said, length, now, mtu;
    } rows[] = {
        {1400, 1500, 1500, 1400}, {0, 9000, 9000, 8166},    {0, 8166, 9000, 4352}, {0, 1500, 1500, 1492},
        {0, 1492, 1500, 1006},    {0, 1006, 1500, 576},     {0, 700, 1500, 576},   {0, 577, 1500, 576},
        {0, 576, 1500, 508},      {0, 1520, 1500, 1492}, // BSD 4.2 adds the header
        {0, 1500, 1006, 576},     {0, 65535, 65535, 32000}, {0, 100, 1500, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(jn_quote_mtu(rows[i].said, rows[i].length, rows[i].now), rows[i].mtu);
}

// Each quote ends where its allocation ends.
static void
test_no_byte_beyond_the_quote(void **state) {
    (void)state;
    static const struct jn_peer peers[] = {
        {.family = 4, .address = {198, 19, 0, 10}, .ttl = 64, .flags = JN_PEER_KEY, .key = 7},
        {.family = 6, .address = {0xfd, [15] = 10}, .ttl = 64, .encapsulation = JN_ENCAP_ERSPAN3}};
    for (size_t i = 0; i < COUNT(peers); i++) {
        struct jn_encap encap;
        struct jn_vxlan vxlan;
        struct jn_vxlan_settings settings = {
            .family = peers[i].family, .ttl = 64, .vlan_tci = JN_VLAN_ID_NONE, .mtu = 1500};
        uint8_t own[16] = {198, 19, 0, 1}, mac[6] = {2}, packet[128] = {0};
        jn_encap_prepare(&encap, &peers[i], own, JN_VLAN_ID_NONE, mac, 1500);
        memcpy(packet, encap.header + JN_ENCAP_ROOM - encap.length + 14, encap.length - 14);
        jn_put_be16(packet + (peers[i].family == 6 ? 4 : 2), 1400);
        memcpy(settings.source, own, sizeof(own));
        memcpy(settings.peer, peers[i].address, sizeof(settings.peer));
        jn_vxlan_prepare(&vxlan, &settings);
        for (uint32_t held = 0; held < sizeof(packet); held++) {
            uint8_t *exact = malloc(held + 1);
            struct jn_quote quote;
            assert_non_null(exact);
            memcpy(exact + 1, packet, held);
            bool read = jn_quote_read(exact + 1, held, &quote);
            assert_int_equal(read, held >= (peers[i].family == 6 ? 48 : 28));
            if (read) {
                jn_encap_is_quoted(&encap, &quote);
                assert_false(jn_vxlan_is_quoted(&vxlan, &quote));
            }
            free(exact);
        }
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plateaus),
        cmocka_unit_test(test_no_byte_beyond_the_quote),
    };
    return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
