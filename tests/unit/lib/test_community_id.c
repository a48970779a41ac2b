// SPDX-License-Identifier: BSD-3-Clause
// Community IDs as the reference implementation (PyPI: communityid) gives them, both ways round.
#include <arpa/inet.h>

#include "community_id.h"
#include "test.h"

static const struct {
    const char *source, *destination;
    uint8_t protocol;
    bool has_ports, one_way;
    uint16_t ports[2];
    const char *id;
} rows[] = {
    {"128.232.110.120", "66.35.250.204", 6, true, false, {34855, 80}, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"192.168.1.52", "8.8.8.8", 17, true, false, {54585, 53}, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {"fd00::2", "fd00::1", 17, true, false, {5000, 5000}, "1:LAfTDGLul0qpXTw772jzyzqoN30="},
    {"192.168.170.8", "192.168.170.56", 132, true, false, {7, 7}, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {"192.168.0.89", "192.168.0.1", 1, true, false, {8, 0}, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {"192.168.0.89", "192.168.0.1", 1, true, true, {3, 1}, "1:LXCfhMUFbYXe+CEMrQuZCbiLY3o="},
    {"fe80::200:86ff:fe05:80da",
     "fe80::260:97ff:fe07:69ea",
     58,
     true,
     false,
     {135, 136},
     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
    {"10.1.24.4", "10.1.12.1", 46, false, false, {0, 0}, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4="},
};

static void
test_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool v6 = strchr(rows[i].source, ':') != NULL;
        for (int swap = 0; swap < (rows[i].one_way ? 1 : 2); swap++) {
            uint8_t address[2][16] = {{0}};
            const uint16_t ports[2] = {rows[i].ports[swap], rows[i].ports[!swap]};
            char id[JN_COMMUNITY_ID_SIZE];
            assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, rows[i].source, address[swap]), 1);
            assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, rows[i].destination, address[!swap]), 1);
            jn_community_id(v6 ? 6 : 4, address, rows[i].protocol, rows[i].has_ports, ports, rows[i].one_way, id);
            assert_string_equal(id, rows[i].id);
        }
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reference)};
    return cmocka_run_group_tests_name("community_id", tests, NULL, NULL);
}
