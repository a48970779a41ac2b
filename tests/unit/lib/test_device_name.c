// SPDX-License-Identifier: BSD-3-Clause
// What a port's device names, and whether two take the same.
#include "device_name.h"

#include "test.h"

static const struct {
    const char *device, *address; // address NULL: no PCI function
    const char *written, *interface;
} devices[] = {
    {"03:00.0", "0000:03:00.0", "0000:03:00.0", NULL},
    {"0000:AF:00.1,rx-queues=2", "0000:af:00.1", "0000:af:00.1,rx-queues=2", NULL},
    {"10000:e1:00.0", "10000:e1:00.0", "10000:e1:00.0", NULL},
    {"net_af_xdp0,iface=eth2,busy_budget=0", NULL, "net_af_xdp0,iface=eth2,busy_budget=0", "eth2"},
    {"eth_vhost0,iface=/run/a:b", NULL, "eth_vhost0,iface=/run/a:b", "/run/a:b"},
    {"net_pcap0,rx_pcap=iface=x,tx_iface=eth1", NULL, "net_pcap0,rx_pcap=iface=x,tx_iface=eth1", "eth1"},
    {"net_null0", NULL, "net_null0", NULL},
    {"0000:03:00", NULL, "0000:03:00", NULL},
    {"", NULL, "", NULL},
    {",", NULL, ",", NULL},
    {"net_x,iface", NULL, "net_x,iface", NULL},
};

static void
test_devices(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(devices); i++) {
        char address[JN_PCI_ADDRESS_MAX], written[128], interface[64];
        bool pci = jn_device_pci(devices[i].device, address);
        assert_true(jn_device_write(devices[i].device, written, sizeof(written)));
        bool has = jn_device_interface(devices[i].device, 0, interface, sizeof(interface));
        if (pci != (devices[i].address != NULL) || (pci && strcmp(address, devices[i].address) != 0) ||
            strcmp(written, devices[i].written) != 0 || has != (devices[i].interface != NULL) ||
            (has && strcmp(interface, devices[i].interface) != 0))
            fail_msg("%s: found address %s, device %s, interface %s", devices[i].device, pci ? address : "none",
                     written, has ? interface : "none");
    }
}

static void
test_too_long(void **state) {
    (void)state;
    char written[16];
    assert_true(jn_device_write("0000:03:00.0,a", written, sizeof(written)));
    assert_false(jn_device_write("03:00.0,arg=1", written, sizeof(written)));
}

static const struct {
    const char *a, *b, *taken; // taken NULL: they do not meet
} pairs[] = {
    {"03:00.0", "0000:03:00.0", "NIC 0000:03:00.0"},
    {"0000:AF:00.0", "af:00.0,x=1", "NIC 0000:af:00.0"},
    {"0000:03:00.0", "0000:03:00.1", NULL},
    {"0001:03:00.0", "0000:03:00.0", NULL},
    {"net_af_xdp0,iface=eth2", "net_af_xdp1,iface=eth2", "interface eth2"},
    {"net_af_xdp0,iface=eth2", "net_af_packet0,qpairs=1,iface=eth2", "interface eth2"},
    {"net_pcap0,rx_iface=a,tx_iface=b", "net_pcap1,iface=b", "interface b"},
    {"net_af_xdp0,iface=eth2", "net_af_xdp1,iface=eth22", NULL},
    {"net_af_xdp0,iface=eth2", "net_af_xdp0,iface=eth3", "DPDK's device net_af_xdp0"},
    {"net_null0", "net_null0,size=64", "DPDK's device net_null0"},
    {"net_null1", "net_null10", NULL},
    {"net_af_xdp0,iface=", "net_af_xdp1,iface=", NULL},
    {"net_null0", "0000:03:00.0", NULL},
};

static void
test_pairs(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++)
        for (int turned = 0; turned < 2; turned++) {
            char taken[JN_DEVICE_TAKEN_MAX];
            const char *a = turned ? pairs[i].b : pairs[i].a, *b = turned ? pairs[i].a : pairs[i].b;
            bool shares = jn_device_shares(a, b, taken);
            if (shares != (pairs[i].taken != NULL) || (shares && strcmp(taken, pairs[i].taken) != 0))
                fail_msg("%s and %s: expected %s, found %s", a, b, pairs[i].taken != NULL ? pairs[i].taken : "nothing",
                         shares ? taken : "nothing");
        }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
