// SPDX-License-Identifier: BSD-3-Clause
// A device of DPDK's null driver, of which the driver and the bus tell what a NIC's would: what becomes of the port.
#define ALLOW_EXPERIMENTAL_API // rte_dev_event_callback_process: what the interrupt thread calls
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "port/port_events.h"
#include "port/port_link.h"
#include "port/port_open.h"
#include "port/port_watch.h"
#include "rig/rig.h"
#include "test.h"

// Those of DPDK's headers for drivers, which Debian does not install.
struct rte_eth_dev *rte_eth_dev_allocated(const char *name);
int rte_eth_dev_callback_process(struct rte_eth_dev *dev, enum rte_eth_event_type event, void *result);

static struct jn_thread thread;
static struct jn_tx tx;
static struct jn_app app;
static const struct jn_port *const port = &app.ports[0];

static const struct jn_port_state *
shown(void) {
    return &app.counters->ports[0];
}

static void
driver_says(enum rte_eth_event_type event) {
    struct rte_eth_dev *dev = rte_eth_dev_allocated(port->device_name);
    assert_non_null(dev);
    rte_eth_dev_callback_process(dev, event, NULL);
}

static int
open_port(void **state) {
    char err[JN_ERR_MAX] = "";
    (void)state;
    memset(&app, 0, sizeof(app));
    app.counters = calloc(1, jn_counters_size(1, 1));
    assert_non_null(app.counters);
    app.options = (struct jn_options){
        .port_count = 1, .worker_count = 1, .mbufs = 8192, .ports = {{.name = "p", .device = "net_null0"}}};
    // A worker that does not run: nobody waits for its rounds.
    memset(&thread, 0, sizeof(thread));
    jn_rooms_join(&thread.worker, &thread.rooms);
    thread.worker.tx[0] = &tx;
    app.threads[0] = &thread;
    app.stop = 1;
    if (jn_port_open(&app, 0, err) < 0)
        fail_msg("%s", err);
    jn_port_watch_start(&app);
    assert_int_equal(port->state, JN_PORT_UP);
    jn_port_events_take(&app, 0);
    return 0;
}

static int
close_port(void **state) {
    (void)state;
    jn_port_close(&app, 0);
    assert_null(rte_eth_dev_allocated("net_null0"));
    rte_mempool_free(port->pool);
    free(app.counters);
    return 0;
}

static void
expect_events(const char *what, uint32_t returned, enum jn_port_event event, uint32_t count) {
    if (shown()->events[JN_PORT_EVENT_returned] != returned || shown()->events[event] != count)
        fail_msg("%s: %u returned, event %d %u times", what, shown()->events[JN_PORT_EVENT_returned], event,
                 shown()->events[event]);
}

// Each is opened anew, with the pool that it had.
static void
test_opened_anew(void **state) {
    (void)state;
    static const struct {
        enum rte_eth_event_type says;
        enum jn_port_event event;
    } cases[] = {
        {RTE_ETH_EVENT_INTR_RMV, JN_PORT_EVENT_removed},
        {RTE_ETH_EVENT_INTR_RESET, JN_PORT_EVENT_reset}, // which this driver cannot
        {RTE_ETH_EVENT_RECOVERY_FAILED, JN_PORT_EVENT_failed},
    };
    const struct rte_mempool *pool = port->pool;
    for (uint32_t i = 0; i < COUNT(cases); i++) {
        driver_says(cases[i].says);
        jn_port_watch(&app);
        expect_events("taken away", i, cases[i].event, 1);
        assert_int_equal(port->state, JN_PORT_GONE);
        assert_false(shown()->present);
        assert_null(rte_eth_dev_allocated("net_null0"));
        jn_port_watch(&app);
        expect_events("opened", i + 1, cases[i].event, 1);
        assert_int_equal(port->state, JN_PORT_UP);
        assert_int_equal(shown()->last_event, JN_PORT_EVENT_link_up);
        assert_ptr_equal(port->pool, pool);
        assert_int_equal(rte_mempool_in_use_count(pool), 0);
        jn_port_watch(&app);
        expect_events("nothing more", i + 1, cases[i].event, 1);
    }
    assert_int_equal(shown()->kept_pools, 0);
}

static void
test_recovers_by_itself(void **state) {
    (void)state;
    driver_says(RTE_ETH_EVENT_ERR_RECOVERING);
    for (unsigned int i = 0; i < 3; i++) {
        jn_port_watch(&app);
        assert_int_equal(port->state, JN_PORT_DOWN);
        expect_events("recovering", 0, JN_PORT_EVENT_recovering, 1);
        assert_non_null(rte_eth_dev_allocated("net_null0")); // the driver has it
    }
    driver_says(RTE_ETH_EVENT_RECOVERY_SUCCESS);
    jn_port_watch(&app);
    expect_events("recovered", 0, JN_PORT_EVENT_recovered, 1);
    assert_int_equal(port->state, JN_PORT_UP);
    assert_true(shown()->event_ns != 0);
}

// The rings' driver can take its link down, and is told to bring it up as one does that starts a mended device.
static void
test_a_link_taken_down_stays_so(void **state) {
    (void)state;
    struct rte_eth_link link;
    char err[JN_ERR_MAX] = "";
    jn_port_close(&app, 0);
    app.options.ports[0] = (struct jn_port_option){.name = "p", .device = "net_ring0"};
    assert_int_equal(jn_port_open(&app, 0, err), 0);
    assert_int_equal(jn_port_link_pass(&app.ports[0], false), 0);
    driver_says(RTE_ETH_EVENT_ERR_RECOVERING);
    jn_port_watch(&app);
    assert_int_equal(rte_eth_dev_set_link_up(port->ethdev), 0);
    driver_says(RTE_ETH_EVENT_RECOVERY_SUCCESS);
    jn_port_watch(&app);
    expect_events("recovered", 0, JN_PORT_EVENT_recovered, 1);
    assert_true(port->link_passed);
    assert_int_equal(port->state, JN_PORT_DOWN);
    assert_int_equal(rte_eth_link_get_nowait(port->ethdev, &link), 0);
    assert_int_equal(link.link_status, RTE_ETH_LINK_DOWN);
}

static void
test_other_events_are_not_ours(void **state) {
    (void)state;
    driver_says(RTE_ETH_EVENT_INTR_LSC);
    rte_dev_event_callback_process("0000:3b:00.0", RTE_DEV_EVENT_REMOVE);
    jn_port_watch(&app);
    assert_int_equal(port->state, JN_PORT_UP);
    assert_int_equal(shown()->last_event, JN_PORT_EVENT_link_up);
}

// The pool that no longer fits is kept as long as another port has a buffer of it.
static void
test_another_pool(void **state) {
    (void)state;
    struct rte_mempool *former = port->pool;
    struct rte_mbuf *parked = rte_pktmbuf_alloc(former);
    assert_non_null(parked);
    app.options.mbufs = 4096; // as another MTU would have it
    driver_says(RTE_ETH_EVENT_INTR_RMV);
    jn_port_watch(&app);
    jn_port_watch(&app);
    assert_int_equal(port->state, JN_PORT_UP);
    assert_ptr_not_equal(port->pool, former);
    jn_port_watch(&app);
    assert_int_equal(shown()->kept_pools, 1);
    assert_int_equal(shown()->kept_buffers, 1);
    assert_ptr_equal(parked->pool, former); // still there
    rte_pktmbuf_free(parked);
    jn_port_watch(&app);
    assert_int_equal(shown()->kept_pools, 0);
}

// Its number may be another port's while it is closed: what is told of that one must not be lost.
static void
test_a_closed_port_hears_nothing(void **state) {
    (void)state;
    struct jn_app other = {.options = {.port_count = 1}};
    uint16_t number = port->ethdev;
    driver_says(RTE_ETH_EVENT_INTR_RMV);
    driver_says(RTE_ETH_EVENT_INTR_RESET);
    jn_port_watch(&app);
    assert_int_equal(port->state, JN_PORT_GONE);
    assert_int_not_equal(port->ethdev, number);
    other.ports[0].ethdev = number;
    assert_int_equal(jn_port_events_take(&other, 0), 0); // nor does the next one hear what was told of this
    jn_port_watch(&app);
    assert_int_equal(port->state, JN_PORT_UP);
}

// vfio's request comes by the name of the device on its bus.
static void
test_the_bus_asks(void **state) {
    (void)state;
    static struct jn_app pci = {
        .options = {.port_count = 2,
                    .ports = {{.name = "a", .device = "net_null0"}, {.name = "b", .device = "3B:00.0,x=1"}}},
    };
    char err[JN_ERR_MAX] = "";
    assert_int_equal(jn_port_events_listen(&pci, err), 0);
    rte_dev_event_callback_process("0000:3b:00.0", RTE_DEV_EVENT_ADD);
    assert_int_equal(jn_port_events_take(&pci, 1), 0);
    rte_dev_event_callback_process("0000:3b:00.1", RTE_DEV_EVENT_REMOVE);
    assert_int_equal(jn_port_events_take(&pci, 1), 0);
    rte_dev_event_callback_process("0000:3b:00.0", RTE_DEV_EVENT_REMOVE);
    assert_int_equal(jn_port_events_take(&pci, 0), 0);
    assert_true(jn_port_events_take(&pci, 1) != 0);
    assert_int_equal(jn_port_events_take(&pci, 1), 0);
}

int
main(void) {
#define WITH_PORT(test) cmocka_unit_test_setup_teardown(test, open_port, close_port)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bus_asks),         WITH_PORT(test_opened_anew),
        WITH_PORT(test_recovers_by_itself),          WITH_PORT(test_another_pool),
        WITH_PORT(test_a_link_taken_down_stays_so),  WITH_PORT(test_other_events_are_not_ours),
        WITH_PORT(test_a_closed_port_hears_nothing),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
