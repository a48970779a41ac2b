// SPDX-License-Identifier: BSD-3-Clause
// Interfaces that are refused before a driver is asked: what is said.
#include "port/port_open.h"

#include <errno.h>

#include "port/device_return.h"
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

// Its driver keeps a device that it has reset, whatever that is bound to: what must be bound anew is one that went.
static void
test_reset(void **state) {
    (void)state;
    static const struct {
        bool opened, returns, back;
    } cases[] = {{true, false, true}, {true, true, true}, {false, false, false}, {false, true, false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jn_port port = {
            .pci = "ffff:ff:1f.7", .life = 1, .opened = cases[i].opened, .returns = cases[i].returns};
        assert_int_equal(jn_device_is_back(&port, 0), cases[i].back);
    }
}

// An interface that is made again is set up a moment later, and is not to be opened in between.
static void
test_interface_made_again(void **state) {
    (void)state;
    static const struct {
        bool there, enabled, ready;
        uint64_t now_ns, since_ns;
    } steps[] = {
        {false, false, false, 1, 0},
        {true, false, false, 5, 5},
        {true, false, false, 5 + JN_INTERFACE_WAIT_NS - 1, 5},
        {true, true, true, 5 + JN_INTERFACE_WAIT_NS - 1, 5},
        {false, false, false, 6 + JN_INTERFACE_WAIT_NS, 0},
        {true, false, false, 7 + JN_INTERFACE_WAIT_NS, 7 + JN_INTERFACE_WAIT_NS},
        {true, false, true, 7 + 2 * JN_INTERFACE_WAIT_NS, 7 + JN_INTERFACE_WAIT_NS}, // it is to be down
    };
    uint64_t since_ns = 0;
    for (size_t i = 0; i < COUNT(steps); i++) {
        assert_int_equal(jn_interface_is_ready(&since_ns, steps[i].there, steps[i].enabled, steps[i].now_ns),
                         steps[i].ready);
        assert_true(since_ns == steps[i].since_ns);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused, make_run_directory, remove_run_directory),
        cmocka_unit_test(test_reset), cmocka_unit_test(test_interface_made_again)};
    rig_start_dpdk();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
