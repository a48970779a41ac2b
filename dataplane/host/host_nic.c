// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_nic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/host_holder.h"

static int
nic_error(char err[JN_ERR_MAX], int rc, const char *sentence) {
    snprintf(err, JN_ERR_MAX, "%s", sentence);
    return rc;
}

static int
in_use(const struct jn_host *host, const struct jn_nic *nic, const char *file, char err[JN_ERR_MAX]) {
    char holder[96];
    bool known = jn_host_holder(host, file, holder, sizeof(holder)) != 0;
    snprintf(err, JN_ERR_MAX, "%s is in use by %s, which has %s open: end that first", nic->address,
             known ? holder : "another process", file);
    return -EBUSY;
}

// vfio gives a group to one process at a time. Opening it changes nothing.
static int
open_group(const struct jn_host *host, const struct jn_nic *nic, char err[JN_ERR_MAX]) {
    char file[64], path[PATH_MAX];
    snprintf(file, sizeof(file), "/dev/vfio/%s%d", nic->unsafe ? "noiommu-" : "", nic->iommu_group);
    snprintf(path, sizeof(path), "%s%s", host->root, file);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    int code = errno;
    if (code == EBUSY)
        return in_use(host, nic, file, err);
    snprintf(err, JN_ERR_MAX, "%s: %s cannot be opened: %s: %s", nic->address, file, strerror(code),
             code == ENOENT ? "give the container that device and /dev/vfio/vfio"
                            : "start Junction as root, or give its user the file (deploy/udev/60-junction.rules)");
    return -code;
}

static int
check_vfio(const struct jn_host *host, const struct jn_nic *nic, char err[JN_ERR_MAX]) {
    char path[PATH_MAX];
    if (nic->iommu_group < 0) {
        snprintf(err, JN_ERR_MAX, "%s has driver %s and no IOMMU group: junction nic bind %s --driver uio_pci_generic",
                 nic->address, nic->driver, nic->address);
        return -ENXIO;
    }
    snprintf(path, sizeof(path), "%s/dev/vfio/vfio", host->root);
    if (access(path, F_OK) == 0)
        return open_group(host, nic, err);
    return nic_error(err, -ENXIO, "/dev/vfio/vfio is not there: modprobe vfio-pci, or give the container that device");
}

static bool
uio_number(const struct jn_host *host, const struct jn_nic *nic, unsigned int *number) {
    char path[PATH_MAX];
    bool found = false;
    snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/uio", host->root, nic->address);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(directory)) != NULL;)
        found = sscanf(entry->d_name, "uio%u", number) == 1;
    closedir(directory);
    return found;
}

// uio lets any number of processes open the NIC, so that two would drive it.
static int
check_uio(const struct jn_host *host, const struct jn_nic *nic, char err[JN_ERR_MAX]) {
    char file[32], path[PATH_MAX], holder[96];
    unsigned int number;
    if (nic->translated) {
        snprintf(
            err, JN_ERR_MAX,
            "%s has driver %s, and the IOMMU keeps it from memory (group %d translates): junction nic bind %s --driver "
            "vfio-pci",
            nic->address, nic->driver, nic->iommu_group, nic->address);
        return -ENXIO;
    }
    if (!uio_number(host, nic, &number)) {
        snprintf(err, JN_ERR_MAX, "%s has driver %s, which made no /dev/uio of it: junction nic bind %s", nic->address,
                 nic->driver, nic->address);
        return -ENXIO;
    }
    snprintf(file, sizeof(file), "/dev/uio%u", number);
    snprintf(path, sizeof(path), "%s%s", host->root, file);
    if (access(path, R_OK | W_OK) != 0) {
        int code = errno;
        snprintf(err, JN_ERR_MAX, "%s: %s cannot be opened: %s: start Junction as root", nic->address, file,
                 strerror(code));
        return -code;
    }
    return jn_host_holder(host, file, holder, sizeof(holder)) != 0 ? in_use(host, nic, file, err) : 0;
}

// Without an IOMMU the kernel refuses the driver that is bound by default.
static int
without_driver(const struct jn_nic *nic, char err[JN_ERR_MAX]) {
    snprintf(
        err, JN_ERR_MAX,
        "%s has no driver, and this host no IOMMU, which vfio-pci needs: turn it on (VT-d or AMD-Vi in the firmware, "
        "intel_iommu=on on the kernel's command line), or junction nic bind %s --driver uio_pci_generic",
        nic->address, nic->address);
    return -ENXIO;
}

// Drivers that DPDK knows by their name, or works beside.
static bool
is_known(const struct jn_nic *nic) {
    return nic->holder == JN_NIC_SHARED || strcmp(nic->driver, "vfio-pci") == 0 ||
           strcmp(nic->driver, "uio_pci_generic") == 0 || strcmp(nic->driver, "igb_uio") == 0;
}

int
jn_host_check_nic(const struct jn_host *host, const char *address, struct jn_nic *nic, char err[JN_ERR_MAX]) {
    int rc = jn_nic_read(host->root, address, nic, err);
    if (rc < 0)
        return rc;
    if (!jn_nic_is_network(nic)) {
        snprintf(err, JN_ERR_MAX, "%s is no network device (class %06x): junction nic list has those that are there",
                 address, nic->class_code);
        return -ENODEV;
    }
    if (nic->holder == JN_NIC_FREE && nic->iommu_group < 0)
        return without_driver(nic, err);
    rc = jn_nic_check(host->root, address, err);
    if (rc < 0)
        return rc;
    if (!is_known(nic)) {
        snprintf(err, JN_ERR_MAX, "%s has driver %s, by which DPDK cannot open it: junction nic bind %s", address,
                 nic->driver, address);
        return -ENXIO;
    }
    if (nic->holder == JN_NIC_SHARED)
        return 0;
    return nic->holder == JN_NIC_VFIO ? check_vfio(host, nic, err) : check_uio(host, nic, err);
}
