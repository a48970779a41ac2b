// SPDX-License-Identifier: BSD-3-Clause
// junction nic bind and unbind: what is refused, and that a failure leaves drivers as they were.
#include <fcntl.h>
#include <sys/wait.h>

#include "fake_kernel.h"
#include "users.h"

static struct nic_uses uses;

static void
add_all(struct nic_set *set, const char *names) {
    char copy[128], err[JN_ERR_MAX];
    memset(set, 0, sizeof(*set));
    snprintf(copy, sizeof(copy), "%s", names);
    for (char *name = strtok(copy, " "); name != NULL; name = strtok(NULL, " "))
        assert_int_equal(nic_set_add(set, &fake, name, err), 0);
}

static int
change(const char *names, const char *driver, bool force, char err[JN_ERR_MAX]) {
    struct nic_set set;
    add_all(&set, names);
    set.force = force;
    return nic_change(&fake, &set, driver, &uses, false, err);
}

static void
expect_driver(const char *address, const char *driver, const char *override) {
    char err[JN_ERR_MAX];
    struct jn_nic nic;
    assert_int_equal(jn_nic_read(host, address, &nic, err), 0);
    assert_string_equal(nic.driver, driver);
    assert_string_equal(nic.driver_override, override);
}

static int
make_uses(void **state) {
    memset(&uses, 0, sizeof(uses));
    uses.complete = true;
    return make_kernel(state);
}

static void
test_bind_and_unbind(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    assert_int_equal(change("eth0", "vfio-pci", false, err), 0);
    expect_driver("0000:00:03.0", "vfio-pci", "vfio-pci");
    kernel.writes = 0;
    assert_int_equal(change("00:03.0", "vfio-pci", false, err), 0);
    assert_int_equal(kernel.writes, 0);
    assert_int_equal(change("00:03.0", NULL, false, err), 0);
    expect_driver("0000:00:03.0", "virtio-pci", "");
    kernel.writes = 0;
    assert_int_equal(change("eth0", NULL, false, err), 0);
    assert_int_equal(kernel.writes, 0);
}

static const struct {
    const char *names, *driver, *said;
    int rc;
} refused[] = {
    {"0000:00:05.0", "vfio-pci", "0000:00:05.0 is no NIC (class 010802)", -EINVAL},
    {"eth3", "vfio-pci", "0000:00:04.0 has no IOMMU group, and vfio-pci needs one: switch the IOMMU on", -ENODEV},
    {"eth1", "vfio-pci", "0000:03:00.0 is in IOMMU group 12 with 0000:03:00.1 (ixgbe, eth2)", -EPERM},
    {"eth0 eth1", "vfio-pci", "0000:03:00.0 is in IOMMU group 12 with 0000:03:00.1 (ixgbe, eth2)", -EPERM},
    {"eth4", "vfio-pci", "0000:00:06.0: DPDK works beside its driver mlx5_core", -EINVAL},
    {"eth0", "uio_pci_generic", "0000:00:03.0: the IOMMU keeps what uio_pci_generic drives from this host's memory",
     -EINVAL},
    {"eth0", "nosuch", "0000:00:03.0: the kernel has no PCI driver nosuch, and modprobe nosuch brings none", -ENOENT},
};

static void
test_what_makes_no_sense_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        char err[JN_ERR_MAX] = "";
        assert_int_equal(change(refused[i].names, refused[i].driver, false, err), refused[i].rc);
        if (strncmp(err, refused[i].said, strlen(refused[i].said)) != 0)
            fail_msg("expected %s, found %s", refused[i].said, err);
        assert_int_equal(kernel.writes, 0);
    }
}

static void
test_functions_of_a_group_go_together(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    assert_int_equal(change("eth1 eth2 03:00.0", "vfio-pci", false, err), 0);
    expect_driver("0000:03:00.0", "vfio-pci", "vfio-pci");
    expect_driver("0000:03:00.1", "vfio-pci", "vfio-pci");
    assert_int_equal(jn_nic_check(host, "0000:03:00.0", err), 0);
}

// One that cannot be bound undoes those before it.
static void
test_all_or_none(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    kernel.no_write = "/0000:03:00.1/driver_override";
    assert_int_equal(change("eth0 eth1 eth2", "vfio-pci", false, err), -EACCES);
    assert_non_null(strstr(err, "0000:03:00.1 does not get the driver vfio-pci: Permission denied (are you root?)"));
    expect_driver("0000:00:03.0", "virtio-pci", "");
    expect_driver("0000:03:00.0", "ixgbe", "");
    expect_driver("0000:03:00.1", "ixgbe", "");
    assert_int_equal(access(host_path((char[PATH_MAX]){0}, "/sys/class/net/eth1"), F_OK), 0);
}

static void
test_a_driver_that_does_not_want_it(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    kernel.no_bind = "vfio-pci";
    kernel.why = EINVAL;
    assert_int_equal(change("eth0", "vfio-pci", false, err), -EINVAL);
    assert_non_null(strstr(err, "0000:00:03.0 does not get the driver vfio-pci: Invalid argument"));
    assert_non_null(strstr(err, "it stays as it was"));
    expect_driver("0000:00:03.0", "virtio-pci", "");
}

static void
test_no_driver_of_the_kernel(void **state) {
    (void)state;
    char err[JN_ERR_MAX], path[PATH_MAX];
    assert_int_equal(change("eth1 eth2", "vfio-pci", false, err), 0);
    assert_int_equal(rmdir(host_path(path, "/sys/bus/pci/drivers/ixgbe")), 0);
    host_file("/sys/bus/pci/devices/0000:03:00.0/modalias", "pci:v00008086d00001572\n");
    assert_int_equal(change("03:00.0", NULL, false, err), -ENODEV);
    assert_string_equal(kernel.loaded, "pci:v00008086d00001572");
    assert_non_null(strstr(err, "no driver of the kernel takes it"));
    expect_driver("0000:03:00.0", "vfio-pci", "vfio-pci");
    kernel.module = kernel.loaded; // the module is there, only not loaded
    assert_int_equal(change("03:00.0", NULL, false, err), 0);
    expect_driver("0000:03:00.0", "ixgbe", "");
}

static void
test_module_is_loaded(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    kernel.module = "uio_pci_generic";
    assert_int_equal(change("eth3", "uio_pci_generic", false, err), 0);
    expect_driver("0000:00:04.0", "uio_pci_generic", "uio_pci_generic");
}

static void
test_unsafe_mode(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    assert_int_equal(change("eth3", "vfio-pci", true, err), -ENODEV);
    assert_null(strstr(err, "unsafe")); // a kernel that was built without it
    host_directory("/sys/module/vfio/parameters");
    host_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
    assert_int_equal(change("eth3", "vfio-pci", true, err), -ENODEV);
    assert_non_null(strstr(err, "write all of this host's memory"));
    assert_non_null(strstr(err, "echo 1 >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"));
    host_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
    assert_int_equal(change("eth3", "vfio-pci", false, err), 0);
    expect_driver("0000:00:04.0", "vfio-pci", "vfio-pci");
}

static const struct {
    const char *interface; // that is needed
    unsigned int why;
    const char *above[2][2]; // interface, and what stands on it
    const char *said;        // NULL: it is bound
} needed[] = {
    {"eth0", NIC_USE_DEFAULT_ROUTE, {{NULL}}, "0000:00:03.0 (eth0) carries the default route (by interface eth0)"},
    {"eth0", NIC_USE_SSH, {{NULL}}, "0000:00:03.0 (eth0) carries an SSH session (by interface eth0)"},
    {"eth0", NIC_USE_SSH | NIC_USE_DEFAULT_ROUTE, {{NULL}}, "0000:00:03.0 (eth0) carries the default route and an SSH"},
    {"bond0", NIC_USE_SSH, {{"eth0", "bond0"}}, "0000:00:03.0 (eth0) carries an SSH session (by interface bond0)"},
    {"br0.7",
     NIC_USE_DEFAULT_ROUTE,
     {{"eth0", "br0"}, {"br0", "br0.7"}},
     "0000:00:03.0 (eth0) carries the default route (by interface br0.7)"},
    {"bond0", NIC_USE_SSH, {{"eth0", "br0"}, {"br0", "eth0"}}, NULL}, // a circle ends, too
    {"eth1", NIC_USE_DEFAULT_ROUTE, {{NULL}}, NULL},
};

static void
test_what_the_host_is_reached_by(void **state) {
    char err[JN_ERR_MAX] = "";
    for (size_t i = 0; i < COUNT(needed); i++) {
        make_uses(state);
        nic_uses_add(&uses, needed[i].interface, needed[i].why);
        for (int j = 0; j < 2 && needed[i].above[j][0] != NULL; j++) {
            char path[PATH_MAX];
            host_words(path, "/sys/class/net/%s", needed[i].above[j][0]);
            host_directory(path);
            host_words(path, "/sys/class/net/%s/upper_%s", needed[i].above[j][0], needed[i].above[j][1]);
            host_directory(path);
        }
        assert_int_equal(change("eth0", "vfio-pci", false, err), needed[i].said != NULL ? -EBUSY : 0);
        if (needed[i].said != NULL && strncmp(err, needed[i].said, strlen(needed[i].said)) != 0)
            fail_msg("expected %s, found %s", needed[i].said, err);
        assert_int_equal(change("00:03.0", "vfio-pci", true, err), 0);
        expect_driver("0000:00:03.0", "vfio-pci", "vfio-pci");
        remove_host(state);
    }
}

static void
test_what_cannot_be_told_is_refused(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    uses.complete = false;
    assert_int_equal(change("eth0", "vfio-pci", false, err), -EPERM);
    assert_non_null(strstr(err, "it cannot be told"));
    host_file("/sys/bus/pci/devices/0000:00:03.0/sriov_numvfs", "2\n");
    uses.complete = true;
    assert_int_equal(change("eth0", "vfio-pci", false, err), -EBUSY);
    assert_non_null(strstr(err, "has 2 virtual functions"));
}

// This process has the group open.
static void
test_in_use_is_refused_by_force_too(void **state) {
    (void)state;
    char err[JN_ERR_MAX], path[PATH_MAX], said[128];
    assert_int_equal(change("eth0", "vfio-pci", false, err), 0);
    int fd = open(host_path(path, "/dev/vfio/5"), O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(change("00:03.0", "uio_pci_generic", true, err), -EBUSY);
    assert_int_equal(change("00:03.0", NULL, true, err), -EBUSY);
    snprintf(said, sizeof(said), "0000:00:03.0 is in use by test_nic_bind, pid %d: stop that first", getpid());
    assert_string_equal(err, said);
    expect_driver("0000:00:03.0", "vfio-pci", "vfio-pci");
    close(fd);
    assert_int_equal(change("00:03.0", NULL, true, err), 0);
}

// For a device that returns when nobody is root any more.
static void
test_group_is_the_dataplanes(void **state) {
    (void)state;
    char err[JN_ERR_MAX], path[PATH_MAX];
    struct stat st;
    assert_int_equal(change("eth0", "vfio-pci", false, err), 0);
    assert_int_equal(stat(host_path(path, "/dev/vfio/5"), &st), 0);
    if (geteuid() != 0 || jn_writer_uid(JN_WRITER_DATAPLANE) == 0)
        skip();
    assert_int_equal(st.st_uid, jn_writer_uid(JN_WRITER_DATAPLANE));
    assert_int_equal(st.st_mode & 07777, 0600);
}

// A second command waits until the first one has let go.
static void
test_one_at_a_time(void **state) {
    (void)state;
    char err[JN_ERR_MAX], byte;
    int news[2], lock = nic_host_lock(&fake, err);
    assert_true(lock >= 0);
    assert_int_equal(pipe(news), 0);
    pid_t child = fork();
    if (child == 0) {
        close(lock);
        _exit(nic_host_lock(&fake, err) >= 0 && write(news[1], "2", 1) == 1 ? 0 : 1);
    }
    assert_int_equal(write(news[1], "1", 1), 1);
    assert_int_equal(read(news[0], &byte, 1), 1);
    assert_int_equal(byte, '1');
    close(lock);
    assert_int_equal(read(news[0], &byte, 1), 1);
    assert_int_equal(byte, '2');
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(news[0]);
    close(news[1]);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bind_and_unbind, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_what_makes_no_sense_is_refused, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_functions_of_a_group_go_together, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_all_or_none, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_a_driver_that_does_not_want_it, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_no_driver_of_the_kernel, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_module_is_loaded, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_unsafe_mode, make_uses, remove_host),
        cmocka_unit_test(test_what_the_host_is_reached_by),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_told_is_refused, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_in_use_is_refused_by_force_too, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_group_is_the_dataplanes, make_uses, remove_host),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, make_uses, remove_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
