// SPDX-License-Identifier: BSD-3-Clause
// Interfaces that are refused before a driver is asked: what is said.
#include "port/port_open.h"

#include <errno.h>

#include "rig/rig.h"
#include "run_directory.h"

static const struct {
    const char *device, *sentence;
} refused[] = {
    {"net_af_xdp0,iface=jn-none", "port p: there is no interface jn-none"},
    {"net_af_xdp0,iface=jn-none,start_queue=0", "port p: there is no interface jn-none"},
};

static void
test_refused(void **state) {
    (void)state;
    static struct jn_app app;
    char err[JN_ERR_MAX] = "";
    assert_int_equal(jn_instance_make("open", false, err), 0);
    for (size_t i = 0; i < COUNT(refused); i++) {
        app.options = (struct jn_options){.port_count = 1, .worker_count = 1, .mbufs = 8192, .ports = {{.name = "p"}}};
        strcpy(app.options.ports[0].device, refused[i].device);
        assert_int_equal(jn_port_open(&app, 0, err), -ENODEV);
        assert_string_equal(err, refused[i].sentence);
        assert_false(app.ports[0].opened);
        jn_port_close(&app, 0);
        assert_int_equal(app.ports[0].lock, -1);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused, make_run_directory, remove_run_directory)};
    rig_start_dpdk();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
