// SPDX-License-Identifier: BSD-3-Clause
// Devices that DPDK cannot have, and what addresses those need that it can.
#include "host/host_ports.h"

#include "host/host_holder.h"
#include "host_case.h"

// Beside those of fake_host.h: one bound to vfio-pci behind an IOMMU, one whose group has an interface of the kernel's, one
// without an IOMMU, two bound to uio, of which the IOMMU keeps the second from memory, and slips.
static const struct host_nic more_nics[] = {
    {"0000:05:00.0", "vfio-pci", NULL, 30, NULL, NULL, NULL},
    {"0000:05:00.1", "vfio-pci", NULL, 30, NULL, NULL, NULL},
    {"0000:06:00.0", "vfio-pci", NULL, 31, NULL, NULL, NULL},
    {"0000:06:00.1", "ixgbe", "eth6", 31, NULL, NULL, NULL},
    {"0000:07:00.0", "vfio-pci", NULL, 32, NULL, NULL, NULL},
    {"0000:08:00.0", "uio_pci_generic", NULL, -1, NULL, NULL, NULL},
    {"0000:08:00.1", "uio_pci_generic", NULL, 33, NULL, NULL, NULL},
    {"0000:08:00.2", "uio_pci_generic", NULL, 34, NULL, NULL, NULL},
    {"0000:08:00.3", "uio_pci_generic", NULL, -1, NULL, NULL, NULL},
    {"0000:08:00.4", "uio_pci_generic", NULL, -1, NULL, NULL, NULL},
    {"0000:09:00.0", NULL, NULL, -1, NULL, NULL, NULL},
    {"0000:0a:00.0", "mlx5_vfio_pci", NULL, 36, NULL, NULL, NULL},
    {"0000:0b:00.0", "vfio-pci", NULL, 37, NULL, NULL, NULL},
    {"0000:0c:00.0", "vfio-pci", NULL, -1, NULL, NULL, NULL},
};

static const char *const files[] = {
    "/dev/vfio/vfio=",
    "/dev/vfio/30=",
    "/dev/vfio/31=",
    "/dev/vfio/36=",
    "/dev/vfio/noiommu-32=",
    "/sys/kernel/iommu_groups/32/name=vfio-noiommu\n",
    "/sys/kernel/iommu_groups/34/type=identity\n",
    "/sys/devices/pci0000:00/0000:08:00.0/uio/uio0/",
    "/sys/devices/pci0000:00/0000:08:00.2/uio/uio2/",
    "/sys/devices/pci0000:00/0000:08:00.4/uio/uio4/",
    "/dev/uio0=",
    "/dev/uio2=",
    "/dev/uio4=",
    "/proc/4711/comm=dpdk-testpmd\n",
    "/proc/4711/fd/9>/dev/uio4",
    "/proc/4711/fd/3>/dev/null",
    "/proc/self/",
};

static int
make_more(void **state) {
    int rc = make_host(state);
    for (size_t i = 0; i < COUNT(more_nics); i++)
        host_add(&more_nics[i]);
    for (size_t i = 0; i < COUNT(files); i++)
        host_put(files[i]);
    return rc;
}

static const struct {
    const char *a, *b; // devices of ports a and b
    const char *found; // the sentence, or why addresses are as they are
    enum { REFUSED, VIRTUAL, PHYSICAL } outcome;
} cases[] = {
    {"net_null0", "net_af_xdp0,iface=eth1", "no port is a PCI device", VIRTUAL},
    {"0000:05:00.0", "0000:05:00.1", "port a: vfio-pci behind an IOMMU", VIRTUAL},
    {"net_null0", "0000:00:06.0", "port b: mlx5_core", VIRTUAL},
    {"0000:07:00.0", "net_null0", "port a: vfio-pci without an IOMMU", PHYSICAL},
    {"0000:05:00.0", "0000:08:00.0", "port b: uio_pci_generic", PHYSICAL},
    {"0000:08:00.2", "0000:05:00.0", "port a: uio_pci_generic", PHYSICAL},
    {"net_null0", "net_null0", "port b: port a has DPDK's device net_null0 already: give each port a device of its own",
     REFUSED},
    {"0000:05:00.0", "0000:05:00.0,x=1",
     "port b: port a has NIC 0000:05:00.0 already: give each port a device of its own", REFUSED},
    {"net_af_xdp0,iface=eth1", "net_af_xdp1,iface=enp3s0f0",
     "port b: port a has interface enp3s0f0, which is eth1 already: give each port a device of its own", REFUSED},
    {"net_af_xdp0,iface=eth1", "0000:03:00.0",
     "port b: 0000:03:00.0 is the NIC of interface eth1, which port a has already", REFUSED},
    {"0000:00:06.0", "net_af_xdp0,iface=eth4",
     "port a: 0000:00:06.0 is the NIC of interface eth4, which port b has already", REFUSED},
    {"0000:3f:00.0", "net_null0",
     "port a: there is no PCI device 0000:3f:00.0: junction nic list has those that are there", REFUSED},
    {"0000:00:05.0", "net_null0",
     "port a: 0000:00:05.0 is no network device (class 010802): junction nic list has those that are there", REFUSED},
    {"0000:03:00.1", "net_null0",
     "port a: 0000:03:00.1 is still the kernel's (ixgbe, eth2): junction nic bind 0000:03:00.1, or use it as "
     "net_af_xdp0,iface=eth2",
     REFUSED},
    {"10000:e1:00.0", "net_null0", "port a: 10000:e1:00.0 has no driver: junction nic bind 10000:e1:00.0", REFUSED},
    {"0000:09:00.0", "net_null0",
     "port a: 0000:09:00.0 has no driver, and this host no IOMMU, which vfio-pci needs: turn it on (VT-d or AMD-Vi in "
     "the "
     "firmware, intel_iommu=on on the kernel's command line), or junction nic bind 0000:09:00.0 --driver "
     "uio_pci_generic",
     REFUSED},
    {"0000:0a:00.0", "net_null0",
     "port a: 0000:0a:00.0 has driver mlx5_vfio_pci, by which DPDK cannot open it: junction nic bind 0000:0a:00.0",
     REFUSED},
    {"0000:06:00.0", "net_null0",
     "port a: 0000:06:00.0 is in IOMMU group 31 with 0000:06:00.1, which is still the kernel's (ixgbe, eth6): vfio "
     "gives out "
     "the group as a whole: junction nic bind 0000:06:00.1, or another slot",
     REFUSED},
    {"0000:0b:00.0", "net_null0",
     "port a: 0000:0b:00.0: /dev/vfio/37 cannot be opened: No such file or directory: give the container that device "
     "and "
     "/dev/vfio/vfio",
     REFUSED},
    {"0000:0c:00.0", "net_null0",
     "port a: 0000:0c:00.0 has driver vfio-pci and no IOMMU group: junction nic bind 0000:0c:00.0 --driver "
     "uio_pci_generic",
     REFUSED},
    {"0000:08:00.1", "net_null0",
     "port a: 0000:08:00.1 has driver uio_pci_generic, and the IOMMU keeps it from memory (group 33 translates): "
     "junction "
     "nic bind 0000:08:00.1 --driver vfio-pci",
     REFUSED},
    {"0000:08:00.3", "net_null0",
     "port a: 0000:08:00.3 has driver uio_pci_generic, which made no /dev/uio of it: junction nic bind 0000:08:00.3",
     REFUSED},
    {"net_null0", "0000:08:00.4",
     "port b: 0000:08:00.4 is in use by dpdk-testpmd (process 4711), which has /dev/uio4 open: end that first",
     REFUSED},
    {"eth1", "net_null0",
     "port a: eth1 is an interface of the kernel's: use it as net_af_xdp0,iface=eth1, or give its PCI address",
     REFUSED},
    {"0000:03:00", "net_null0", "port a: 0000:03:00 is no PCI address: expected one as 0000:03:00.0 or 03:00.0",
     REFUSED},
};

static void
test_ports(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jn_host fake = host_usual();
        struct jn_options options = {.port_count = 2, .ports = {{.name = "a"}, {.name = "b"}}};
        struct jn_host_plan plan;
        char err[JN_ERR_MAX] = "";
        strcpy(options.ports[0].device, cases[i].a);
        strcpy(options.ports[1].device, cases[i].b);
        int rc = jn_host_check_ports(&fake, &options, &plan, err);
        expect_sentence(cases[i].a, cases[i].outcome == REFUSED ? cases[i].found : NULL, rc, err);
        if (cases[i].outcome == REFUSED)
            continue;
        assert_string_equal(plan.iova_why, cases[i].found);
        assert_int_equal(plan.iova, cases[i].outcome == PHYSICAL ? JN_IOVA_PHYSICAL : JN_IOVA_VIRTUAL);
    }
}

static void
test_holder(void **state) {
    (void)state;
    struct jn_host fake = host_usual();
    char text[64];
    assert_int_equal(jn_host_holder(&fake, "/dev/uio4", text, sizeof(text)), 4711);
    assert_string_equal(text, "dpdk-testpmd (process 4711)");
    assert_int_equal(jn_host_holder(&fake, "/dev/uio0", text, sizeof(text)), 0);
    host_link("/proc/4711/fd/9", "/dev/uio44");
    assert_int_equal(jn_host_holder(&fake, "/dev/uio4", text, sizeof(text)), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ports, make_more, remove_host),
        cmocka_unit_test_setup_teardown(test_holder, make_more, remove_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
