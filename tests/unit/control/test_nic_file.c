// SPDX-License-Identifier: BSD-3-Clause
// junction nic bind --persist and apply: what /etc/junction/nic-bindings says, and what is done by it.
#include "fake_kernel.h"

#define FILE_PATH "/etc/junction/nic-bindings"

static struct nic_uses uses = {.complete = true};

static void
write_bindings(const char *text) {
    host_directory("/etc/junction");
    host_file(FILE_PATH, text);
}

static int
persist(const char *name, const char *driver, char err[JN_ERR_MAX]) {
    struct nic_set set = {0};
    assert_int_equal(nic_set_add(&set, &fake, name, err), 0);
    return nic_change(&fake, &set, driver, &uses, true, err);
}

static void
test_lines_come_and_go(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    host_file("/sys/class/net/eth0/address", "52:54:00:00:00:01\n");
    host_file("/sys/class/net/eth0/addr_assign_type", "0\n");
    host_file("/sys/class/net/eth3/address", "0a:00:00:00:00:01\n");
    host_file("/sys/class/net/eth3/addr_assign_type", "1\n"); // a random one says nothing
    kernel.module = "uio_pci_generic";
    assert_int_equal(persist("eth0", "vfio-pci", err), 0);
    assert_true(file_holds(FILE_PATH, "0000:00:03.0 vfio-pci 8086:1572 52:54:00:00:00:01\n"));
    // A bound one, again: what is known of it is kept.
    assert_int_equal(persist("00:03.0", "vfio-pci", err), 0);
    assert_true(file_holds(FILE_PATH, "0000:00:03.0 vfio-pci 8086:1572 52:54:00:00:00:01\n"));
    assert_int_equal(persist("eth3", "uio_pci_generic", err), 0);
    assert_true(file_holds(FILE_PATH, "0000:00:03.0 vfio-pci 8086:1572 52:54:00:00:00:01\n"
                                      "0000:00:04.0 uio_pci_generic 8086:1572 -\n"));
    assert_int_equal(persist("00:03.0", NULL, err), 0);
    assert_true(file_holds(FILE_PATH, "0000:00:04.0 uio_pci_generic 8086:1572 -\n"));
}

static void
test_comments_stay(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    write_bindings(
        "# NICs of the wire\n\n0000:00:03.0 vfio-pci 8086:1572 - # left\n10000:e1:00.0 vfio-pci 8086:1572 -");
    assert_int_equal(persist("eth0", "vfio-pci", err), 0);
    assert_true(file_holds(FILE_PATH, "# NICs of the wire\n\n10000:e1:00.0 vfio-pci 8086:1572 -\n"
                                      "0000:00:03.0 vfio-pci 8086:1572 -\n"));
}

static const struct {
    const char *text, *said;
} wrong[] = {
    {"0000:00:03.0 vfio-pci\n", ":1: expected an address, a driver, VENDOR:DEVICE, and a MAC address or -"},
    {"# x\n00:03.0 vfio-pci 8086:1572 -\n", ":2: the address is not one as 0000:03:00.0"},
    {"0000:00:03.0 ../x 8086:1572 -\n", ":1: that is not a driver's name"},
    {"0000:00:03.0 vfio-pci 8086 -\n", ":1: expected vendor and device as 8086:1572"},
    {"0000:00:03.0 vfio-pci 8086:15721 -\n", ":1: expected vendor and device as 8086:1572"},
    {"0000:00:03.0 vfio-pci 8086:1572 52:54\n", ":1: expected a MAC address as 3c:fd:fe:a0:00:01, or -"},
    {"0000:00:03.0 vfio-pci 8086:1572 - more\n", ":1: expected an address"},
    {"0000:00:03.0 vfio-pci 8086:1572 -\n0000:00:03.0 vfio-pci 8086:1572 -\n", ":2: the address stands there twice"},
};

static void
test_wrong_files_change_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char err[JN_ERR_MAX] = "", path[PATH_MAX];
        struct nic_file file;
        write_bindings(wrong[i].text);
        assert_int_equal(nic_file_read(&file, &fake, err), -EINVAL);
        if (strstr(err, wrong[i].said) == NULL || strstr(err, FILE_PATH) == NULL)
            fail_msg("expected %s, found %s", wrong[i].said, err);
        assert_int_equal(persist("eth0", "vfio-pci", err), -EINVAL);
        assert_true(file_holds(FILE_PATH, wrong[i].text));
        assert_int_equal(kernel.writes, 0);
        assert_int_not_equal(access(host_path(path, "/etc/junction/.nic-bindings.new"), F_OK), 0);
    }
    char text[700];
    memset(text, '#', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    write_bindings(text);
    struct nic_file file;
    assert_int_equal(nic_file_read(&file, &fake, text), -EINVAL);
    assert_non_null(strstr(text, ":1: the line is too long"));
}

static void
test_a_file_that_others_write_is_not_believed(void **state) {
    (void)state;
    char err[JN_ERR_MAX], path[PATH_MAX];
    struct nic_file file;
    write_bindings("0000:00:03.0 vfio-pci 8086:1572 -\n");
    assert_int_equal(chmod(host_path(path, FILE_PATH), 0666), 0);
    assert_int_equal(nic_file_read(&file, &fake, err), -EPERM);
    assert_non_null(strstr(err, "may be written by others"));
}

// Where the file cannot be written, nothing is bound.
static void
test_no_room_for_the_file(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    host_file("/etc/junction", "in the way");
    assert_int_equal(persist("eth0", "vfio-pci", err), -ENOTDIR);
    assert_int_equal(kernel.writes, 0);
}

static void
test_a_driver_that_fails_leaves_the_file(void **state) {
    (void)state;
    char err[JN_ERR_MAX], path[PATH_MAX];
    kernel.no_bind = "vfio-pci";
    kernel.why = EINVAL;
    write_bindings("# mine\n");
    assert_int_equal(persist("eth0", "vfio-pci", err), -EINVAL);
    assert_true(file_holds(FILE_PATH, "# mine\n"));
    assert_int_not_equal(access(host_path(path, "/etc/junction/.nic-bindings.new"), F_OK), 0);
}

static const struct {
    const char *line, *address, *driver, *said; // said NULL: it is bound
} applied[] = {
    {"0000:00:03.0 vfio-pci 8086:1572 52:54:00:00:00:01\n", "0000:00:03.0", "vfio-pci", NULL},
    {"0000:00:03.0 vfio-pci 8086:1572 -\n", "0000:00:03.0", "vfio-pci", NULL},
    {"0000:00:03.0 vfio-pci 8086:1521 -\n", "0000:00:03.0", "virtio-pci",
     "0000:00:03.0 is another card than /etc/junction/nic-bindings means: expected 8086:1521 -, found 8086:1572 52:54"},
    {"0000:00:03.0 vfio-pci 8086:1572 52:54:00:00:00:02\n", "0000:00:03.0", "virtio-pci",
     "0000:00:03.0 is another card than /etc/junction/nic-bindings means"},
    {"0000:77:00.0 vfio-pci 8086:1572 -\n", "0000:00:03.0", "virtio-pci",
     "0000:77:00.0, of /etc/junction/nic-bindings, is not there"},
    {"0000:03:00.0 vfio-pci 8086:1572 -\n", "0000:03:00.0", "ixgbe", "0000:03:00.0 is in IOMMU group 12 with"},
    {"0000:03:00.0 vfio-pci 8086:1572 -\n0000:03:00.1 vfio-pci 8086:1572 -\n", "0000:03:00.0", "vfio-pci", NULL},
};

static void
test_apply(void **state) {
    for (size_t i = 0; i < COUNT(applied); i++) {
        static struct nic_file file;
        static struct nic_set set;
        char err[JN_ERR_MAX] = "";
        struct jn_nic nic;
        make_kernel(state);
        memset(&set, 0, sizeof(set));
        host_file("/sys/class/net/eth0/address", "52:54:00:00:00:01\n");
        host_file("/sys/class/net/eth0/addr_assign_type", "0\n");
        write_bindings(applied[i].line);
        assert_int_equal(nic_file_read(&file, &fake, err), 0);
        for (size_t j = 0; j < file.count; j++)
            nic_set_add(&set, &fake, file.line[j].address, err);
        int rc = nic_apply(&fake, &set, &file.line[0], &uses, err);
        if (applied[i].said != NULL && strncmp(err, applied[i].said, strlen(applied[i].said)) != 0)
            fail_msg("expected %s, found %s", applied[i].said, err);
        assert_int_equal(rc == 0, applied[i].said == NULL);
        assert_int_equal(jn_nic_read(host, applied[i].address, &nic, err), 0);
        assert_string_equal(nic.driver, applied[i].driver);
        remove_host(state);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_come_and_go, make_kernel, remove_host),
        cmocka_unit_test_setup_teardown(test_comments_stay, make_kernel, remove_host),
        cmocka_unit_test_setup_teardown(test_wrong_files_change_nothing, make_kernel, remove_host),
        cmocka_unit_test_setup_teardown(test_a_file_that_others_write_is_not_believed, make_kernel, remove_host),
        cmocka_unit_test_setup_teardown(test_no_room_for_the_file, make_kernel, remove_host),
        cmocka_unit_test_setup_teardown(test_a_driver_that_fails_leaves_the_file, make_kernel, remove_host),
        cmocka_unit_test(test_apply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
