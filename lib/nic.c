// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"

enum { CLASS_NETWORK = 0x02, CLASS_BRIDGE = 0x0604 };

bool
jn_pci_address(const char *text, char address[JN_PCI_ADDRESS_MAX]) {
    unsigned int domain, bus, slot, function;
    int end = -1;
    size_t length = strlen(text);
    if (length == 0 || length >= JN_PCI_ADDRESS_MAX || strspn(text, "0123456789abcdefABCDEF:.") != length)
        return false;
    if (sscanf(text, "%8x:%2x:%2x.%1o%n", &domain, &bus, &slot, &function, &end) != 4 || end != (int)length) {
        domain = 0;
        end = -1;
        if (sscanf(text, "%2x:%2x.%1o%n", &bus, &slot, &function, &end) != 3 || end != (int)length)
            return false;
    }
    if (slot < 32)
        snprintf(address, JN_PCI_ADDRESS_MAX, "%04x:%02x:%02x.%o", domain, bus, slot, function);
    return slot < 32;
}

bool
jn_driver_name(const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length >= JN_DRIVER_MAX || !isalnum((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("_-.", text[i]) == NULL)
            return false;
    return true;
}

// The path of one of the function's files. False: too long, so it is not there.
static bool
path_of(char path[PATH_MAX], const char *root, const char *address, const char *file) {
    return snprintf(path, PATH_MAX, "%s" DEVICES "/%s/%s", root, address, file) < PATH_MAX;
}

// The first line of a file, without its end. False: it cannot be read.
static bool
read_line(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "re");
    bool read = file != NULL && fgets(text, (int)size, file) != NULL;
    if (file != NULL)
        fclose(file);
    if (!read)
        text[0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return read;
}

static long
read_number(const char *root, const char *address, const char *file, long otherwise) {
    char path[PATH_MAX], text[64];
    char *end;
    if (!path_of(path, root, address, file) || !read_line(path, text, sizeof(text)))
        return otherwise;
    long number = strtol(text, &end, 0);
    return end != text ? number : otherwise;
}

// The last part of what a link of the function leads to; "" where there is none.
static void
read_link(const char *root, const char *address, const char *file, char *name, size_t size) {
    char path[PATH_MAX], target[PATH_MAX];
    ssize_t length = path_of(path, root, address, file) ? readlink(path, target, sizeof(target) - 1) : -1;
    target[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(target, '/');
    const char *last = slash != NULL ? slash + 1 : target;
    snprintf(name, size, "%.*s", (int)strnlen(last, size - 1), last);
}

static bool
has_file(const char *root, const char *address, const char *file) {
    char path[PATH_MAX];
    return path_of(path, root, address, file) && access(path, F_OK) == 0;
}

// These drivers stay beside DPDK's, which asks them for queues: its documentation calls them bifurcated. No file of sysfs
// tells them from others.
static bool
is_shared(const char *driver) {
    static const char *const names[] = {"mlx4_core", "mlx5_core", "mana"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(driver, names[i]) == 0)
            return true;
    return false;
}

static enum jn_nic_holder
holder_of(const char *root, const char *address, const char *driver) {
    if (driver[0] == '\0')
        return JN_NIC_FREE;
    if (strstr(driver, "vfio") != NULL)
        return JN_NIC_VFIO;
    if (has_file(root, address, "uio") || strncmp(driver, "uio_", 4) == 0 || strcmp(driver, "igb_uio") == 0)
        return JN_NIC_UIO;
    return is_shared(driver) ? JN_NIC_SHARED : JN_NIC_KERNEL;
}

static void
read_group(const char *root, struct jn_nic *nic) {
    char text[64], path[PATH_MAX];
    char *end;
    read_link(root, nic->address, "iommu_group", text, sizeof(text));
    nic->iommu_group = (int)strtol(text, &end, 10);
    if (end == text) {
        nic->iommu_group = -1;
        return;
    }
    snprintf(path, sizeof(path), "%s/sys/kernel/iommu_groups/%d/name", root, nic->iommu_group);
    read_line(path, text, sizeof(text));
    nic->unsafe = strcmp(text, "vfio-noiommu") == 0;
    snprintf(path, sizeof(path), "%s/sys/kernel/iommu_groups/%d/type", root, nic->iommu_group);
    read_line(path, text, sizeof(text));
    nic->translated = strncmp(text, "DMA", 3) == 0;
}

// The function that the interface stands on, perhaps by a device of its own such as virtio0. False: none.
static bool
function_of(const char *root, const char *interface, char address[JN_PCI_ADDRESS_MAX]) {
    char path[PATH_MAX], real[PATH_MAX];
    if (strchr(interface, '/') != NULL || strlen(interface) >= IF_NAMESIZE)
        return false;
    snprintf(path, sizeof(path), "%s/sys/class/net/%s/device", root, interface);
    if (realpath(path, real) == NULL)
        return false;
    for (char *slash; (slash = strrchr(real, '/')) != NULL; *slash = '\0')
        if (jn_pci_address(slash + 1, address))
            return true;
    return false;
}

static void
read_interfaces(const char *root, struct jn_nic *nic) {
    char path[PATH_MAX], text[32], address[JN_PCI_ADDRESS_MAX];
    struct dirent **names;
    snprintf(path, sizeof(path), "%s/sys/class/net", root);
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        if (nic->interface_count < JN_NIC_INTERFACES && name[0] != '.' && strlen(name) < IF_NAMESIZE &&
            function_of(root, name, address) && strcmp(address, nic->address) == 0)
            memcpy(nic->interfaces[nic->interface_count++], name, strlen(name) + 1);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    nic->speed_mbps = -1;
    if (nic->interface_count == 0)
        return;
    snprintf(path, sizeof(path), "%s/sys/class/net/%s/speed", root, nic->interfaces[0]);
    if (read_line(path, text, sizeof(text)))
        nic->speed_mbps = strtol(text, NULL, 10);
    if (nic->speed_mbps <= 0)
        nic->speed_mbps = -1;
}

bool
jn_nic_look(const char *root, const char *address, struct jn_nic *nic) {
    char path[PATH_MAX], text[JN_DRIVER_MAX];
    *nic = (struct jn_nic){.speed_mbps = -1};
    snprintf(nic->address, sizeof(nic->address), "%s", address);
    if (!has_file(root, address, "class"))
        return false;
    nic->class_code = (uint32_t)read_number(root, address, "class", 0);
    nic->vendor = (uint16_t)read_number(root, address, "vendor", 0);
    nic->device = (uint16_t)read_number(root, address, "device", 0);
    nic->numa_node = (int)read_number(root, address, "numa_node", -1);
    nic->virtual_functions = (unsigned int)read_number(root, address, "sriov_numvfs", 0);
    read_link(root, address, "driver", nic->driver, sizeof(nic->driver));
    read_link(root, address, "physfn", nic->physical_function, sizeof(nic->physical_function));
    if (path_of(path, root, address, "driver_override") && read_line(path, text, sizeof(text)) &&
        strcmp(text, "(null)") != 0)
        snprintf(nic->driver_override, sizeof(nic->driver_override), "%s", text);
    nic->holder = holder_of(root, address, nic->driver);
    read_group(root, nic);
    return true;
}

uint64_t
jn_nic_life(const char *root, const char *address) {
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof(path), "%s" DEVICES "/%s", root, address);
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

bool
jn_nic_returns(const struct jn_nic *nic) {
    return nic->holder == JN_NIC_SHARED || (strcmp(nic->driver, JN_NIC_DRIVER) == 0 && !nic->unsafe);
}

int
jn_nic_read(const char *root, const char *address, struct jn_nic *nic, char err[JN_ERR_MAX]) {
    if (!jn_nic_look(root, address, nic)) {
        snprintf(err, JN_ERR_MAX, "there is no PCI device %s: junction nic list has those that are there", address);
        return -ENODEV;
    }
    read_interfaces(root, nic);
    return 0;
}

int
jn_nic_find(const char *root, const char *name, struct jn_nic *nic, char err[JN_ERR_MAX]) {
    char address[JN_PCI_ADDRESS_MAX];
    if (jn_pci_address(name, address) || function_of(root, name, address))
        return jn_nic_read(root, address, nic, err);
    snprintf(err, JN_ERR_MAX,
             "%.64s: neither a PCI address, as 0000:03:00.0 or 03:00.0, nor an interface of a PCI device: junction nic "
             "list has both",
             name);
    return -EINVAL;
}

bool
jn_nic_is_network(const struct jn_nic *nic) {
    return nic->class_code >> 16 == CLASS_NETWORK;
}

int
jn_nic_list(const char *root, struct jn_nic **nics, char err[JN_ERR_MAX]) {
    char path[PATH_MAX];
    struct dirent **names;
    int found = 0;
    snprintf(path, sizeof(path), "%s" DEVICES, root);
    int count = scandir(path, &names, NULL, alphasort);
    if (count < 0) {
        snprintf(err, JN_ERR_MAX, "%.300s cannot be read: %s", path, strerror(errno));
        return -errno;
    }
    *nics = calloc((size_t)count + 1, sizeof(**nics));
    for (int i = 0; i < count; i++) {
        struct jn_nic *nic = *nics != NULL ? &(*nics)[found] : NULL;
        if (nic != NULL && strlen(names[i]->d_name) < JN_PCI_ADDRESS_MAX && jn_nic_look(root, names[i]->d_name, nic) &&
            jn_nic_is_network(nic)) {
            read_interfaces(root, nic);
            found++;
        }
        free(names[i]);
    }
    free(names);
    if (*nics != NULL)
        return found;
    snprintf(err, JN_ERR_MAX, "no memory");
    return -ENOMEM;
}

size_t
jn_nic_group_holders(const char *root, const struct jn_nic *nic, struct jn_nic *others, size_t max) {
    char path[PATH_MAX];
    struct dirent **names;
    size_t found = 0;
    if (nic->iommu_group < 0)
        return 0;
    snprintf(path, sizeof(path), "%s/sys/kernel/iommu_groups/%d/devices", root, nic->iommu_group);
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct jn_nic other;
        if (strlen(names[i]->d_name) < JN_PCI_ADDRESS_MAX && strcmp(names[i]->d_name, nic->address) != 0 &&
            jn_nic_look(root, names[i]->d_name, &other) && other.class_code >> 8 != CLASS_BRIDGE &&
            other.holder != JN_NIC_FREE && other.holder != JN_NIC_VFIO && strcmp(other.driver, "pci-stub") != 0) {
            read_interfaces(root, &other);
            if (found < max)
                others[found] = other;
            found++;
        }
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return found;
}

const char *
jn_nic_holder_text(const struct jn_nic *nic, char *text, size_t size) {
    snprintf(text, size, "%s%s%s", nic->driver[0] != '\0' ? nic->driver : "no driver",
             nic->interface_count > 0 ? ", " : "", nic->interface_count > 0 ? nic->interfaces[0] : "");
    return text;
}

int
jn_nic_check(const char *root, const char *address, char err[JN_ERR_MAX]) {
    char holder[JN_DRIVER_MAX + IF_NAMESIZE + 4];
    struct jn_nic nic, other;
    int rc = jn_nic_read(root, address, &nic, err);
    if (rc < 0)
        return rc;
    jn_nic_holder_text(&nic, holder, sizeof(holder));
    if (nic.holder == JN_NIC_KERNEL) {
        snprintf(err, JN_ERR_MAX, "%s is still the kernel's (%s): junction nic bind %s", address, holder, address);
        return -EBUSY;
    }
    if (nic.holder == JN_NIC_FREE) {
        snprintf(err, JN_ERR_MAX, "%s has no driver: junction nic bind %s", address, address);
        return -ENXIO;
    }
    size_t count = nic.holder == JN_NIC_VFIO ? jn_nic_group_holders(root, &nic, &other, 1) : 0;
    if (count == 0)
        return 0;
    jn_nic_holder_text(&other, holder, sizeof(holder));
    snprintf(err, JN_ERR_MAX,
             "%s is in IOMMU group %d with %s, which is still the kernel's (%s): vfio gives out the group as a whole: "
             "junction nic bind %s, or another slot",
             address, nic.iommu_group, other.address, holder, other.address);
    return -EPERM;
}
