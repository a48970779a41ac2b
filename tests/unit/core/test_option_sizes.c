// SPDX-License-Identifier: BSD-3-Clause
// A device's own MTU is known late: is there room for its frames then?
#include "core/option_sizes.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *what;
    unsigned int workers;
    uint16_t mtu, own_mtu; // of the network port
    unsigned int memory_mb;
    bool refused;
} devices[] = {
    {"as counted", 4, 0, 1500, 300, false},
    {"longer frames, room for them", 4, 0, 9000, 2000, false},
    {"longer frames, room for a worker's", 1, 0, 9000, 300, false},
    {"longer frames, no room", 4, 0, 9000, 300, true},
    {"shorter frames", 4, 0, 1400, 300, false},
};

static void
test_own_mtu(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        struct jn_options options = {
            .port_count = 2,
            .wire_count = 1,
            .wires = {{"w", 0, 1, false}},
            .worker_count = devices[i].workers,
            .memory_mb = devices[i].memory_mb,
            .vpgs = 256,
            .ports = {{.name = "a", .device = "0000:01:00.0"}, {.name = "b", .device = "0000:02:00.0"}}};
        struct jn_sizes sizes;
        char err[JN_ERR_MAX] = "";
        options.ports[1].mtu = devices[i].mtu;
        assert_int_equal(jn_option_sizes(&options, &sizes, err), 0);
        options.ports[1].own_mtu = devices[i].own_mtu;
        int rc = jn_option_sizes_known(&options, err);
        if ((rc < 0) != devices[i].refused)
            fail_msg("%s: %d: %s", devices[i].what, rc, err);
        if (devices[i].refused && strstr(err, "port b (0000:02:00.0): its device has an MTU of 9000") == NULL)
            fail_msg("%s: found %s", devices[i].what, err);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_own_mtu)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
