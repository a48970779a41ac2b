// SPDX-License-Identifier: BSD-3-Clause
// What sysfs tells of NICs: addresses, interfaces, IOMMU groups, and who holds them.
#include "nic.h"

#include <errno.h>

#include "fake_host.h"

static const struct {
    const char *text, *address; // address NULL: it is none
} addresses[] = {
    {"0000:03:00.0", "0000:03:00.0"},
    {"03:00.0", "0000:03:00.0"},
    {"0000:AF:1f.7", "0000:af:1f.7"},
    {"10000:e1:00.0", "10000:e1:00.0"},
    {"3:0.1", "0000:03:00.1"},
    {"", NULL},
    {"eth0", NULL},
    {"03:00", NULL},
    {"03:00.8", NULL},
    {"03:20.0", NULL},
    {"0000:03:00.0,x=1", NULL},
    {"../03:00.0", NULL},
    {"03:00.00", NULL},
    {" 03:00.0", NULL},
    {"0000:03:00.0 ", NULL},
    {"0000:0000:03:00.0", NULL},
    {"00000000000000000000000003:00.0", NULL},
};

static void
test_addresses(void **state) {
    (void)state;
    char address[JN_PCI_ADDRESS_MAX];
    for (size_t i = 0; i < COUNT(addresses); i++) {
        bool is_one = jn_pci_address(addresses[i].text, address);
        if (is_one != (addresses[i].address != NULL) || (is_one && strcmp(address, addresses[i].address) != 0))
            fail_msg("%s: expected %s, found %s", addresses[i].text,
                     addresses[i].address != NULL ? addresses[i].address : "no address", is_one ? address : "none");
    }
}

static void
test_driver_names(void **state) {
    (void)state;
    static const char *const good[] = {"vfio-pci", "uio_pci_generic", "mlx5_vfio_pci", "e1000e", "8139too"};
    static const char *const bad[] = {"", "../x", "a/b", "-r", "vfio pci", ".", "vfio-pci\n", "x;y"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(jn_driver_name(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(jn_driver_name(bad[i]));
}

static const struct {
    const char *name, *address, *driver, *interface;
    enum jn_nic_holder holder;
    int group;
} nics[] = {
    {"0000:03:00.0", "0000:03:00.0", "ixgbe", "eth1", JN_NIC_KERNEL, 12},
    {"03:00.1", "0000:03:00.1", "ixgbe", "eth2", JN_NIC_KERNEL, 12},
    {"eth0", "0000:00:03.0", "virtio-pci", "eth0", JN_NIC_KERNEL, 5},
    {"eth3", "0000:00:04.0", "e1000e", "eth3", JN_NIC_KERNEL, -1},
    {"eth4", "0000:00:06.0", "mlx5_core", "eth4", JN_NIC_SHARED, 21},
    {"10000:e1:00.0", "10000:e1:00.0", "", "", JN_NIC_FREE, 20},
    {"00:01.0", "0000:00:01.0", "pcieport", "", JN_NIC_KERNEL, 12}, // the interfaces behind a bridge are not its own
};

static void
test_nics_are_found_by_address_and_interface(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    for (size_t i = 0; i < COUNT(nics); i++) {
        struct jn_nic nic;
        assert_int_equal(jn_nic_find(host, nics[i].name, &nic, err), 0);
        assert_string_equal(nic.address, nics[i].address);
        assert_string_equal(nic.driver, nics[i].driver);
        assert_string_equal(nic.interface_count > 0 ? nic.interfaces[0] : "", nics[i].interface);
        assert_int_equal(nic.holder, nics[i].holder);
        assert_int_equal(nic.iommu_group, nics[i].group);
        assert_int_equal(nic.numa_node, 1);
        assert_int_equal(nic.vendor, 0x8086);
    }
}

// A NIC that was away, opened without root.
static void
test_which_return(void **state) {
    (void)state;
    static const struct {
        const char *driver, *group;
        bool returns;
    } cases[] = {
        {"vfio-pci", "", true},       {"vfio-pci", "vfio-noiommu\n", false}, // such a group is root's
        {"mlx4_core", "", true},      {"mlx5_core", "", true},
        {"mana", "", true},           {"uio_pci_generic", "", false},
        {"igb_uio", "", false},       {"ixgbe", "", false},
        {"mlx5_vfio_pci", "", false}, // DPDK does not know it
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const link = "/sys/bus/pci/devices/0000:03:00.0/driver";
        char target[PATH_MAX];
        struct jn_nic nic;
        host_driver(cases[i].driver);
        host_words(target, "%s/sys/bus/pci/drivers/%s", host, cases[i].driver);
        host_link(link, target);
        host_file("/sys/kernel/iommu_groups/12/name", cases[i].group);
        assert_true(jn_nic_look(host, "0000:03:00.0", &nic));
        assert_string_equal(nic.driver, cases[i].driver);
        assert_int_equal(nic.interface_count, 0);
        if (jn_nic_returns(&nic) != cases[i].returns)
            fail_msg("%s %s", cases[i].driver, cases[i].group);
    }
    struct jn_nic none;
    assert_false(jn_nic_look(host, "0000:99:00.0", &none));
    assert_false(jn_nic_returns(&none));
}

static void
test_what_is_no_nic_is_said(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    struct jn_nic nic;
    assert_int_equal(jn_nic_find(host, "0000:99:00.0", &nic, err), -ENODEV);
    assert_non_null(strstr(err, "there is no PCI device 0000:99:00.0"));
    static const char *const names[] = {"eth9", "lo", "..", ".", "a/b", "", "eth0/../eth0"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(jn_nic_find(host, names[i], &nic, err), -EINVAL);
        assert_non_null(strstr(err, "neither a PCI address"));
    }
}

static void
test_list_has_network_functions_alone(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    struct jn_nic *found;
    assert_int_equal(jn_nic_list(host, &found, err), 6);
    for (int i = 0; i < 6; i++)
        assert_true(jn_nic_is_network(&found[i]));
    free(found);
    assert_true(jn_nic_list("/nowhere", &found, err) < 0);
    assert_non_null(strstr(err, "/nowhere/sys/bus/pci/devices"));
}

static void
test_speed_and_functions(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    struct jn_nic nic;
    host_file("/sys/class/net/eth1/speed", "10000\n");
    host_file("/sys/class/net/eth2/speed", "-1\n");
    host_file("/sys/bus/pci/devices/0000:03:00.0/sriov_numvfs", "4\n");
    host_link("/sys/bus/pci/devices/0000:03:00.1/physfn", "../0000:03:00.0");
    host_file("/sys/bus/pci/devices/0000:03:00.1/driver_override", "ixgbe\n");
    assert_int_equal(jn_nic_find(host, "eth1", &nic, err), 0);
    assert_int_equal(nic.speed_mbps, 10000);
    assert_int_equal(nic.virtual_functions, 4);
    assert_string_equal(nic.driver_override, "");
    assert_int_equal(jn_nic_find(host, "eth2", &nic, err), 0);
    assert_int_equal(nic.speed_mbps, -1);
    assert_string_equal(nic.physical_function, "0000:03:00.0");
    assert_string_equal(nic.driver_override, "ixgbe");
}

// Bridges and what has no driver never keep vfio from a group; any other driver of the kernel does.
static void
test_group(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    struct jn_nic nic, others[JN_NIC_GROUP_MAX];
    assert_int_equal(jn_nic_find(host, "eth1", &nic, err), 0);
    assert_int_equal(jn_nic_group_holders(host, &nic, others, JN_NIC_GROUP_MAX), 1);
    assert_string_equal(others[0].address, "0000:03:00.1");
    assert_string_equal(others[0].interfaces[0], "eth2");
    static const char *const drivers[] = {"vfio-pci", "mlx5_vfio_pci", "pci-stub"};
    for (size_t i = 0; i < COUNT(drivers); i++) {
        host_driver(drivers[i]);
        char target[PATH_MAX];
        host_words(target, "../../drivers/%s", drivers[i]);
        host_link("/sys/bus/pci/devices/0000:03:00.1/driver", target);
        assert_int_equal(jn_nic_group_holders(host, &nic, others, JN_NIC_GROUP_MAX), 0);
    }
    host_link("/sys/bus/pci/devices/0000:03:00.1/driver", "../../drivers/uio_pci_generic");
    assert_int_equal(jn_nic_group_holders(host, &nic, others, JN_NIC_GROUP_MAX), 1);
}

static const struct {
    const char *address, *driver; // driver: bound to it before; NULL: as it is
    int rc;
    const char *said;
} checks[] = {
    {"0000:03:00.0", NULL, -EBUSY, "0000:03:00.0 is still the kernel's (ixgbe, eth1): junction nic bind 0000:03:00.0"},
    {"10000:e1:00.0", NULL, -ENXIO, "10000:e1:00.0 has no driver: junction nic bind 10000:e1:00.0"},
    {"0000:77:00.0", NULL, -ENODEV, "there is no PCI device 0000:77:00.0: junction nic list"},
    {"0000:03:00.0", "vfio-pci", -EPERM,
     "0000:03:00.0 is in IOMMU group 12 with 0000:03:00.1, which is still the kernel's (ixgbe, eth2): vfio gives out "
     "the group as a whole: junction nic bind 0000:03:00.1"},
    {"0000:00:03.0", "vfio-pci", 0, ""},
    {"0000:00:06.0", NULL, 0, ""}, // beside mlx5_core
    {"0000:00:04.0", "uio_pci_generic", 0, ""},
    {"0000:03:00.0", "igb_uio", 0, ""}, // uio knows no groups
};

static void
test_check_says_what_to_do(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        char err[JN_ERR_MAX] = "", path[PATH_MAX], target[PATH_MAX];
        if (checks[i].driver != NULL) {
            host_words(path, "/sys/bus/pci/devices/%s/driver", checks[i].address);
            host_words(target, "../../drivers/%s", checks[i].driver);
            host_link(path, target);
        }
        assert_int_equal(jn_nic_check(host, checks[i].address, err), checks[i].rc);
        if (strncmp(err, checks[i].said, strlen(checks[i].said)) != 0)
            fail_msg("expected %s, found %s", checks[i].said, err);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_driver_names),
        cmocka_unit_test_setup_teardown(test_nics_are_found_by_address_and_interface, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_which_return, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_what_is_no_nic_is_said, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_list_has_network_functions_alone, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_speed_and_functions, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_group, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_check_says_what_to_do, make_host, remove_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
