// SPDX-License-Identifier: BSD-3-Clause
// A directory that looks like the /sys of a host with NICs: built here line by line, so that no test needs hardware.
#pragma once

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char host[64];

static inline char *
host_path(char path[PATH_MAX], const char *format, ...) {
    va_list list;
    int length = snprintf(path, PATH_MAX, "%s", host);
    va_start(list, format);
    vsnprintf(path + length, PATH_MAX - (size_t)length, format, list);
    va_end(list);
    return path;
}

// The words into out.
static inline void
host_words(char out[PATH_MAX], const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(out, PATH_MAX, format, list);
    va_end(list);
}

static inline void
host_directory(const char *path) {
    char whole[PATH_MAX];
    host_path(whole, "%s", path);
    for (char *slash = whole + strlen(host) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(whole, 0755);
        *slash = '/';
    }
    mkdir(whole, 0755);
}

static inline void
host_file(const char *path, const char *text) {
    char whole[PATH_MAX];
    FILE *file = fopen(host_path(whole, "%s", path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline void
host_link(const char *path, const char *target) {
    char whole[PATH_MAX];
    unlink(host_path(whole, "%s", path));
    assert_int_equal(symlink(target, whole), 0);
}

struct host_nic {
    const char *address, *driver; // driver NULL: none
    const char *interface;        // NULL: none
    int group;                    // -1: none
    const char *class_code;       // NULL: Ethernet
    const char *behind;           // the bridge in whose slot it is, or NULL
    const char *below;            // what stands between it and the interface, as "virtio0", or NULL
};

static inline void
host_driver(const char *driver) {
    char path[PATH_MAX];
    host_words(path, "/sys/bus/pci/drivers/%s", driver);
    host_directory(path);
}

static inline void
host_add_interface(const char *interface, const char *function, const char *below) {
    char path[PATH_MAX], target[PATH_MAX], device[PATH_MAX];
    host_words(device, "%s%s%s", function, below != NULL ? "/" : "", below != NULL ? below : "");
    host_words(path, "%s/net/%s", device, interface);
    host_directory(path);
    host_words(target, "%s%s", host, device);
    strcat(path, "/device");
    host_link(path, target);
    path[strlen(path) - strlen("/device")] = '\0';
    host_words(target, "%s%s", host, path);
    host_words(path, "/sys/class/net/%s", interface);
    host_link(path, target);
}

static inline void
host_add(const struct host_nic *nic) {
    char function[PATH_MAX], path[PATH_MAX], target[PATH_MAX];
    host_words(function, "/sys/devices/pci0000:00/%s%s%s", nic->behind != NULL ? nic->behind : "",
               nic->behind != NULL ? "/" : "", nic->address);
    host_directory(function);
    host_words(path, "%s/class", function);
    host_file(path, nic->class_code != NULL ? nic->class_code : "0x020000\n");
    host_words(path, "%s/vendor", function);
    host_file(path, "0x8086\n");
    host_words(path, "%s/device", function);
    host_file(path, "0x1572\n");
    host_words(path, "%s/numa_node", function);
    host_file(path, "1\n");
    host_words(path, "%s/driver_override", function);
    host_file(path, "(null)\n");
    host_words(path, "/sys/bus/pci/devices/%s", nic->address);
    host_words(target, "%s%s", host, function);
    host_link(path, target);
    if (nic->driver != NULL) {
        host_driver(nic->driver);
        host_words(path, "%s/driver", function);
        host_words(target, "%s/sys/bus/pci/drivers/%s", host, nic->driver);
        host_link(path, target);
    }
    if (nic->group >= 0) {
        host_words(path, "/sys/kernel/iommu_groups/%d/devices", nic->group);
        host_directory(path);
        strcat(strcat(path, "/"), nic->address);
        host_words(target, "%s%s", host, function);
        host_link(path, target);
        host_words(path, "/sys/kernel/iommu_groups/%d/type", nic->group);
        host_file(path, "DMA-FQ\n");
        host_words(path, "%s/iommu_group", function);
        host_words(target, "%s/sys/kernel/iommu_groups/%d", host, nic->group);
        host_link(path, target);
    }
    if (nic->interface != NULL)
        host_add_interface(nic->interface, function, nic->below);
}

// Two ports of one card behind a bridge, in one group; a virtio NIC alone; one without a group; and what is no NIC.
static const struct host_nic host_nics[] = {
    {"0000:00:01.0", "pcieport", NULL, 12, "0x060400\n", NULL, NULL},
    {"0000:03:00.0", "ixgbe", "eth1", 12, NULL, "0000:00:01.0", NULL},
    {"0000:03:00.1", "ixgbe", "eth2", 12, NULL, "0000:00:01.0", NULL},
    {"0000:00:03.0", "virtio-pci", "eth0", 5, NULL, NULL, "virtio0"},
    {"0000:00:04.0", "e1000e", "eth3", -1, NULL, NULL, NULL},
    {"0000:00:05.0", "nvme", NULL, 7, "0x010802\n", NULL, NULL},
    {"10000:e1:00.0", NULL, NULL, 20, NULL, NULL, NULL},
    {"0000:00:06.0", "mlx5_core", "eth4", 21, NULL, NULL, NULL},
};

static inline int
make_host(void **state) {
    (void)state;
    strcpy(host, "/tmp/junction-host-XXXXXX");
    if (mkdtemp(host) == NULL)
        return -1;
    host_directory("/sys/bus/pci/devices");
    host_directory("/sys/class/net");
    host_directory("/sys/kernel/iommu_groups");
    host_directory("/dev/vfio");
    host_directory("/run");
    host_directory("/etc");
    host_driver("vfio-pci");
    for (size_t i = 0; i < COUNT(host_nics); i++)
        host_add(&host_nics[i]);
    return 0;
}

static inline int
remove_host(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", host);
    return system(command);
}
