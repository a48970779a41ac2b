// SPDX-License-Identifier: BSD-3-Clause
// What each kind of device keeps of root: as docs/security.md has it.
#include "port/port_needs.h"
#include "privilege.h"
#include "test.h"

#define C(name) JN_CAPABILITY(CAP_##name)

static const struct device_case {
    const char *devices[2];
    uint64_t to_open, to_run;
    const char *calls, *not_calls; // one that may be made while it runs, and one that may not
} cases[] = {
    {{"net_null0", "net_null1"}, 0, 0, "ioctl", "bind"},
    {{"net_af_xdp0,iface=a", "net_af_xdp1,iface=b"},
     C(NET_ADMIN) | C(NET_RAW) | C(BPF) | C(IPC_LOCK) | C(SYS_ADMIN),
     C(NET_ADMIN) | C(NET_RAW) | C(BPF) | C(IPC_LOCK),
     "bpf",
     "listen"},
    {{"net_af_packet0,iface=a", "net_null0"}, C(NET_ADMIN) | C(NET_RAW), 0, "sendto", "bpf"},
    {{"net_tap0,iface=t", "net_null0"}, C(NET_ADMIN), 0, "ioctl", "bind"},
    {{"net_pcap0,rx_pcap=f", "net_null0"}, C(NET_ADMIN) | C(NET_RAW), 0, "recvfrom", "connect"},
    {{"net_memif0,socket=/s", "net_null0"}, 0, 0, "accept4", "bpf"},
    {{"0000:3b:00.0", "net_null0"},
     C(NET_ADMIN) | C(NET_RAW) | C(IPC_LOCK) | C(SYS_RAWIO) | C(DAC_OVERRIDE),
     C(IPC_LOCK),
     "ioctl",
     "bind"},
    {{"net_of_tomorrow0", "net_null0"}, C(NET_ADMIN) | C(NET_RAW) | C(IPC_LOCK), C(IPC_LOCK), "connect", "bpf"},
    {{"net_memif0,socket=/s", "net_af_xdp0,iface=a"},
     C(NET_ADMIN) | C(NET_RAW) | C(BPF) | C(IPC_LOCK) | C(SYS_ADMIN),
     C(NET_ADMIN) | C(NET_RAW) | C(BPF) | C(IPC_LOCK),
     "accept4",
     "ptrace"},
    {{"", ""}, 0, 0, "ioctl", "connect"}, // a capture's
};

// Has one of the lists the name as a word?
static bool
lists_have(const struct jn_sandbox_list *const *lists, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        for (const char *at = lists[i]->calls; (at = strstr(at, name)) != NULL; at++)
            if ((at == lists[i]->calls || at[-1] == ' ') && strchr(" ", at[strlen(name)]) != NULL)
                return true;
    return false;
}

static void
test_needs(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct jn_sandbox_list *lists[JN_PORT_CALL_LISTS];
        struct jn_options options = {.port_count = 2};
        for (int p = 0; p < 2; p++)
            snprintf(options.ports[p].device, sizeof(options.ports[p].device), "%s", cases[i].devices[p]);
        size_t count = jn_port_calls(&options, lists);
        if (jn_port_needs_to_open(&options) != cases[i].to_open || jn_port_needs_to_run(&options) != cases[i].to_run)
            fail_msg("%s: found %#lx and %#lx", cases[i].devices[0], (unsigned long)jn_port_needs_to_open(&options),
                     (unsigned long)jn_port_needs_to_run(&options));
        if (!lists_have(lists, count, cases[i].calls) || lists_have(lists, count, cases[i].not_calls))
            fail_msg("%s: expected %s and not %s", cases[i].devices[0], cases[i].calls, cases[i].not_calls);
    }
}

// A wire that passes link loss on sets interfaces down and up while it runs; one beside it changes nothing.
static void
test_link_loss_needs_more(void **state) {
    (void)state;
    struct jn_options options = {.port_count = 4, .wire_count = 2};
    static const char *const devices[] = {"net_null0", "net_null1", "net_tap0,iface=t", "net_null2"};
    for (int p = 0; p < 4; p++)
        snprintf(options.ports[p].device, sizeof(options.ports[p].device), "%s", devices[p]);
    options.wires[0] = (struct jn_wire_option){.access = 0, .network = 1, .passes_link_loss = true};
    options.wires[1] = (struct jn_wire_option){.access = 2, .network = 3};
    assert_int_equal(jn_port_needs_to_run(&options), 0);
    options.wires[1].passes_link_loss = true;
    assert_int_equal(jn_port_needs_to_run(&options), C(NET_ADMIN));
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_needs), cmocka_unit_test(test_link_loss_needs_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
