// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/pci_device.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t
jn_pci_life(const char *sysfs, const char *address) {
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", sysfs, address);
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

static bool
link_of(const char *sysfs, const char *address, const char *name, char target[PATH_MAX]) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", sysfs, address, name);
    ssize_t n = readlink(path, target, PATH_MAX - 1);
    target[n > 0 ? n : 0] = '\0';
    return n > 0;
}

void
jn_pci_driver(const char *sysfs, const char *address, char driver[JN_PCI_DRIVER_MAX]) {
    char target[PATH_MAX];
    driver[0] = '\0';
    if (link_of(sysfs, address, "driver", target))
        snprintf(driver, JN_PCI_DRIVER_MAX, "%.31s", basename(target));
}

int
jn_pci_group(const char *sysfs, const char *address) {
    char target[PATH_MAX], *end;
    if (!link_of(sysfs, address, "iommu_group", target))
        return -1;
    const char *number = basename(target);
    long group = strtol(number, &end, 10);
    return end != number && *end == '\0' && group >= 0 && group <= INT_MAX ? (int)group : -1;
}

bool
jn_pci_driver_shares(const char *driver) {
    return strcmp(driver, "mlx5_core") == 0 || strcmp(driver, "mlx4_core") == 0;
}

bool
jn_pci_driver_returns(const char *driver) {
    return strcmp(driver, "vfio-pci") == 0 || jn_pci_driver_shares(driver);
}
