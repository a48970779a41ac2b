// SPDX-License-Identifier: BSD-3-Clause
// PCI devices as sysfs shows them, and what their keeper does when one was plugged in again: in a tree of the test's own.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/device_give.h"
#include "test.h"

#define ADDRESS "0000:3b:00.0"

enum { OWNER = 4321 };

static char sys[64], root[80];

// A path below one of the trees; good until four more were asked for.
static const char *
in(const char *tree, const char *path) {
    static char text[4][256];
    static unsigned int next;
    char *chosen = text[next++ % COUNT(text)];
    snprintf(chosen, sizeof(text[0]), "%.100s/%.120s", tree, path);
    return chosen;
}

static void
remove_tree(const char *path) {
    char command[300];
    snprintf(command, sizeof(command), "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

static void
put(const char *path, const char *text) {
    FILE *file = fopen(in(sys, path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void
expect_text(const char *path, const char *text) {
    char found[64] = "";
    FILE *file = fopen(in(sys, path), "r");
    assert_non_null(file);
    assert_true(fgets(found, sizeof(found), file) != NULL || text[0] == '\0');
    fclose(file);
    assert_string_equal(found, text);
}

#define DEVICE "bus/pci/devices/" ADDRESS

static void
drive(const char *driver) {
    unlink(in(sys, DEVICE "/driver"));
    if (driver != NULL)
        assert_int_equal(symlink(in("../../../pci/drivers", driver), in(sys, DEVICE "/driver")), 0);
}

static void
plug(const char *device, const char *driver) {
    remove_tree(sys);
    static const char *const folders[] = {"",
                                          "bus",
                                          "bus/pci",
                                          "bus/pci/devices",
                                          "bus/pci/drivers",
                                          "bus/pci/drivers/vfio-pci",
                                          "bus/pci/drivers/ixgbe",
                                          DEVICE};
    for (size_t i = 0; i < COUNT(folders); i++)
        assert_int_equal(mkdir(in(sys, folders[i]), 0755), 0);
    put("bus/pci/drivers_probe", "");
    put("bus/pci/drivers/ixgbe/unbind", "");
    put(DEVICE "/vendor", "0x8086\n");
    put(DEVICE "/device", device);
    put(DEVICE "/class", "0x020000\n");
    put(DEVICE "/driver_override", "");
    assert_int_equal(symlink("../../../kernel/iommu_groups/17", in(sys, DEVICE "/iommu_group")), 0);
    drive(driver);
}

static int
make_trees(void **state) {
    (void)state;
    char folder[] = "/tmp/jn-keeper-XXXXXX";
    assert_non_null(mkdtemp(folder));
    snprintf(root, sizeof(root), "%s", folder);
    snprintf(sys, sizeof(sys), "%s/sys", folder);
    assert_int_equal(mkdir(in(root, "dev"), 0755), 0);
    assert_int_equal(mkdir(in(root, "dev/vfio"), 0755), 0);
    return 0;
}

static int
remove_trees(void **state) {
    (void)state;
    remove_tree(root);
    return 0;
}

static struct jn_nic
noted(void) {
    struct jn_nic device;
    plug("0x1572\n", "vfio-pci");
    assert_true(jn_nic_look(root, ADDRESS, &device));
    assert_string_equal(device.driver, "vfio-pci");
    return device;
}

static void
test_another_life(void **state) {
    (void)state;
    plug("0x1572\n", "vfio-pci");
    uint64_t life = jn_nic_life(root, ADDRESS);
    assert_true(life != 0 && life == jn_nic_life(root, ADDRESS));
    drive(NULL);
    assert_true(life == jn_nic_life(root, ADDRESS)); // unbound alone
    remove_tree(in(sys, DEVICE));
    assert_true(jn_nic_life(root, ADDRESS) == 0);
}

static void
test_another_device_in_the_slot(void **state) {
    (void)state;
    struct jn_nic device = noted();
    plug("0x0a54\n", NULL);
    assert_int_equal(jn_kept_device_give(root, &device, true, OWNER), -ENODEV);
    expect_text("bus/pci/drivers_probe", "");
    expect_text(DEVICE "/driver_override", "");
}

// The tree does not bind by itself: what is written says what would be done.
static void
test_binding(void **state) {
    (void)state;
    struct jn_nic device = noted();
    plug("0x1572\n", NULL);
    assert_int_equal(jn_kept_device_give(root, &device, false, OWNER), -EBUSY);
    expect_text(DEVICE "/driver_override", "");
    assert_int_equal(jn_kept_device_give(root, &device, true, OWNER), -EBUSY);
    expect_text(DEVICE "/driver_override", "vfio-pci");
    expect_text("bus/pci/drivers_probe", ADDRESS);
    expect_text("bus/pci/drivers/ixgbe/unbind", "");
}

static void
test_binding_takes_it_from_the_kernel(void **state) {
    (void)state;
    struct jn_nic device = noted();
    plug("0x1572\n", "ixgbe");
    assert_int_equal(mkdir(in(sys, DEVICE "/net"), 0755), 0);
    assert_int_equal(mkdir(in(sys, DEVICE "/net/eth7"), 0755), 0);
    put(DEVICE "/net/eth7/flags", "0x1003\n"); // somebody uses it
    assert_int_equal(jn_kept_device_give(root, &device, true, OWNER), -EBUSY);
    expect_text("bus/pci/drivers/ixgbe/unbind", "");
    put(DEVICE "/net/eth7/flags", "0x1002\n");
    jn_kept_device_give(root, &device, true, OWNER);
    expect_text(DEVICE "/driver_override", "vfio-pci");
    expect_text("bus/pci/drivers/ixgbe/unbind", ADDRESS);
    expect_text("bus/pci/drivers_probe", ADDRESS);
}

static void
test_only_a_device_file_is_given_away(void **state) {
    (void)state;
    struct jn_nic device = noted();
    struct stat st;
    assert_int_equal(jn_kept_device_give(root, &device, false, OWNER), -ENOENT);
    assert_int_equal(symlink("/dev/null", in(root, "dev/vfio/17")), 0);
    assert_int_equal(jn_kept_device_give(root, &device, false, OWNER), -ENODEV);
    unlink(in(root, "dev/vfio/17"));
    if (geteuid() == 0 && mknod(in(root, "dev/vfio/17"), S_IFCHR | 0600, makedev(1, 3)) == 0) {
        assert_int_equal(jn_kept_device_give(root, &device, false, OWNER), 0);
        assert_int_equal(stat(in(root, "dev/vfio/17"), &st), 0);
        assert_int_equal(st.st_uid, OWNER);
        assert_int_equal(st.st_gid, 0);
    }
    unlink(in(root, "dev/vfio/17"));
}

static void
test_shared_drivers_need_no_file(void **state) {
    (void)state;
    static const char *const drivers[] = {"mlx4_core", "mlx5_core", "mana"};
    for (size_t i = 0; i < COUNT(drivers); i++) {
        struct jn_nic device = noted();
        plug("0x1572\n", drivers[i]);
        snprintf(device.driver, sizeof(device.driver), "%s", drivers[i]);
        assert_int_equal(jn_kept_device_give(root, &device, false, OWNER), 0);
    }
}

// Exit status of a process that has five descriptors more, and keeps one: 0 when that is what is left.
static int
keep_one(size_t kept) {
    int fds[5];
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = dup(STDERR_FILENO);
    jn_keeper_close_others(fds[kept]);
    for (size_t i = 0; i < COUNT(fds); i++)
        if ((fcntl(fds[i], F_GETFD) >= 0) != (i == kept))
            return 1;
    return fcntl(STDERR_FILENO, F_GETFD) >= 0 ? 0 : 2;
}

// What the dataplane has open when its keeper begins is not the keeper's, above all no claim.
static void
test_the_keeper_has_its_own_descriptor_alone(void **state) {
    (void)state;
    static const size_t kept[] = {0, 2, 4};
    for (size_t i = 0; i < COUNT(kept); i++) {
        int status = 1;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(keep_one(kept[i]));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_life),
        cmocka_unit_test(test_another_device_in_the_slot),
        cmocka_unit_test(test_binding),
        cmocka_unit_test(test_binding_takes_it_from_the_kernel),
        cmocka_unit_test(test_only_a_device_file_is_given_away),
        cmocka_unit_test(test_shared_drivers_need_no_file),
        cmocka_unit_test(test_the_keeper_has_its_own_descriptor_alone),
    };
    return cmocka_run_group_tests(tests, make_trees, remove_trees);
}
