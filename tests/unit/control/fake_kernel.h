// SPDX-License-Identifier: BSD-3-Clause
// What a kernel does when sysfs is written to, done on the directory of fake_host.h; and failures, as a test wants them.
#pragma once

#include <errno.h>

#include "fake_host.h"
#include "nic_change.h"

static struct {
    const char *no_bind;  // a driver that takes no device
    int why;              // with this errno
    const char *no_write; // a path's end that cannot be written
    const char *module;   // the only module that can be loaded
    char loaded[64];
    int writes;
} kernel;

static const struct host_nic *
fake_nic(const char *address) {
    for (size_t i = 0; i < COUNT(host_nics); i++)
        if (strcmp(host_nics[i].address, address) == 0)
            return &host_nics[i];
    fail_msg("no such NIC: %s", address);
    return NULL;
}

static bool
file_holds(const char *path, const char *text) {
    char whole[PATH_MAX], found[256] = "";
    FILE *file = fopen(host_path(whole, "%s", path), "r");
    if (file == NULL)
        return text[0] == '\0';
    found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
    fclose(file);
    return strcmp(found, text) == 0;
}

static void
fake_interface(const struct host_nic *nic, bool there) {
    char function[PATH_MAX], path[PATH_MAX];
    if (nic->interface == NULL)
        return;
    assert_non_null(realpath(host_path(path, "/sys/bus/pci/devices/%s", nic->address), function));
    if (there)
        host_add_interface(nic->interface, function + strlen(host), nic->below);
    else
        unlink(host_path(path, "/sys/class/net/%s", nic->interface));
}

static int
fake_unbind(const char *driver, const char *address) {
    char path[PATH_MAX], link[PATH_MAX] = "";
    if (readlink(host_path(path, "/sys/bus/pci/devices/%s/driver", address), link, sizeof(link) - 1) < 0 ||
        strcmp(strrchr(link, '/') + 1, driver) != 0)
        return -ENODEV;
    unlink(path);
    fake_interface(fake_nic(address), false);
    return 0;
}

static int
fake_bind(const char *driver, const char *address) {
    char path[PATH_MAX], target[PATH_MAX];
    const struct host_nic *nic = fake_nic(address);
    bool own = nic->driver != NULL && strcmp(nic->driver, driver) == 0;
    host_words(path, "/sys/bus/pci/devices/%s/driver_override", address);
    host_words(target, "%s\n", driver);
    if (!file_holds(path, target) && !(file_holds(path, "(null)\n") && own))
        return -ENODEV;
    if (kernel.no_bind != NULL && strcmp(driver, kernel.no_bind) == 0)
        return -kernel.why;
    host_words(path, "/sys/bus/pci/devices/%s/driver", address);
    host_words(target, "%s/sys/bus/pci/drivers/%s", host, driver);
    host_link(path, target);
    if (own)
        fake_interface(nic, true);
    host_words(path, "/dev/vfio/%d", nic->group);
    if (strcmp(driver, "vfio-pci") == 0)
        host_file(path, "");
    return 0;
}

// By what the override names, or by its own driver if that is loaded.
static int
fake_probe(const char *address) {
    const struct host_nic *nic = fake_nic(address);
    char path[PATH_MAX];
    host_words(path, "/sys/bus/pci/devices/%s/driver_override", address);
    if (nic->driver != NULL && file_holds(path, "(null)\n") &&
        access(host_path(path, "/sys/bus/pci/drivers/%s", nic->driver), F_OK) == 0)
        fake_bind(nic->driver, address);
    return 0;
}

static int
fake_write(const struct nic_host *this, const char *path, const char *text) {
    char driver[64];
    int end = -1;
    const char *file = path + strlen(this->root);
    kernel.writes++;
    if (kernel.no_write != NULL && strcmp(path + strlen(path) - strlen(kernel.no_write), kernel.no_write) == 0)
        return -EACCES;
    if (strcmp(strrchr(file, '/'), "/driver_override") == 0) {
        host_file(file, text[0] == '\n' ? "(null)\n" : text);
        return 0;
    }
    if (sscanf(file, "/sys/bus/pci/drivers/%63[^/]/unbind%n", driver, &end) == 1 && end == (int)strlen(file))
        return fake_unbind(driver, text);
    if (sscanf(file, "/sys/bus/pci/drivers/%63[^/]/bind%n", driver, &end) == 1 && end == (int)strlen(file))
        return fake_bind(driver, text);
    assert_string_equal(file, "/sys/bus/pci/drivers_probe");
    return fake_probe(text);
}

static void
fake_load(const struct nic_host *this, const char *module) {
    (void)this;
    snprintf(kernel.loaded, sizeof(kernel.loaded), "%s", module);
    if (kernel.module != NULL && strcmp(module, kernel.module) == 0)
        host_driver(strncmp(module, "pci:", 4) == 0 ? "ixgbe" : module);
}

static const struct nic_host fake = {.root = host, .write = fake_write, .load = fake_load};

static int
make_kernel(void **state) {
    memset(&kernel, 0, sizeof(kernel));
    return make_host(state);
}
