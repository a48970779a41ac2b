// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/device_give.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
read_word(const char *path, char *word, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, word, size - 1) : 0;
    word[n > 0 ? n : 0] = '\0';
    word[strcspn(word, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
}

static int
write_word(const char *path, const char *word) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = write(fd, word, strlen(word)) == (ssize_t)strlen(word) ? 0 : -errno;
    close(fd);
    return rc;
}

static void
read_make(const char *sysfs, const char *address, char make[64]) {
    static const char *const names[] = {"vendor", "device", "class"};
    char path[PATH_MAX], word[16];
    int length = 0;
    make[0] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", sysfs, address, names[i]);
        read_word(path, word, sizeof(word));
        length += snprintf(make + length, 64 - (size_t)length, " %s", word);
    }
}

void
jn_kept_device_note(const char *sysfs, struct jn_kept_device *device) {
    jn_pci_driver(sysfs, device->address, device->driver);
    read_make(sysfs, device->address, device->make);
}

// Somebody uses the device by the kernel's driver.
static bool
is_up(const char *sysfs, const char *address) {
    char path[PATH_MAX], word[16];
    bool up = false;
    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/net", sysfs, address);
    DIR *interfaces = opendir(path);
    for (const struct dirent *entry; interfaces != NULL && !up && (entry = readdir(interfaces)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/net/%s/flags", sysfs, address, entry->d_name);
        read_word(path, word, sizeof(word));
        up = strtoul(word, NULL, 16) & IFF_UP;
    }
    if (interfaces != NULL)
        closedir(interfaces);
    return up;
}

static int
bind_device(const char *sysfs, const struct jn_kept_device *device) {
    char path[PATH_MAX], driver[JN_PCI_DRIVER_MAX];
    jn_pci_driver(sysfs, device->address, driver);
    if (strcmp(driver, device->driver) == 0)
        return 0;
    if (is_up(sysfs, device->address))
        return -EBUSY;
    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver_override", sysfs, device->address);
    int rc = write_word(path, device->driver);
    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver/unbind", sysfs, device->address);
    if (rc == 0 && driver[0] != '\0')
        rc = write_word(path, device->address);
    snprintf(path, sizeof(path), "%s/bus/pci/drivers_probe", sysfs);
    return rc == 0 ? write_word(path, device->address) : rc;
}

// Only the owner: who may open the file, and how, is else as it was.
static int
own(const char *dev, int group, uid_t owner) {
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof(path), "%s/vfio/%d", dev, group);
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), rc = 0;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode))
        rc = -ENODEV;
    else if (st.st_uid != owner && fchownat(fd, "", owner, (gid_t)-1, AT_EMPTY_PATH) < 0)
        rc = -errno;
    close(fd);
    return rc;
}

int
jn_kept_device_give(const char *sysfs, const char *dev, const struct jn_kept_device *device, bool bind, uid_t owner) {
    char make[sizeof(device->make)], driver[JN_PCI_DRIVER_MAX];
    read_make(sysfs, device->address, make);
    if (strcmp(make, device->make) != 0)
        return -ENODEV;
    int rc = bind ? bind_device(sysfs, device) : 0;
    if (rc < 0)
        return rc;
    jn_pci_driver(sysfs, device->address, driver);
    if (strcmp(driver, device->driver) != 0)
        return -EBUSY;
    if (jn_pci_driver_shares(driver))
        return 0;
    int group = jn_pci_group(sysfs, device->address);
    return group >= 0 ? own(dev, group, owner) : -ENODEV;
}

void
jn_keeper_close_others(int own) {
    if (own > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned int)own - 1, 0);
    close_range((unsigned int)own + 1, UINT_MAX, 0);
}
