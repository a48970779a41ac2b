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

#define DEVICES "/sys/bus/pci/devices"

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

// Somebody uses the device by the kernel's driver.
static bool
is_up(const char *root, const char *address) {
    char path[PATH_MAX], word[16];
    bool up = false;
    snprintf(path, sizeof(path), "%s" DEVICES "/%s/net", root, address);
    DIR *interfaces = opendir(path);
    for (const struct dirent *entry; interfaces != NULL && !up && (entry = readdir(interfaces)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s" DEVICES "/%s/net/%s/flags", root, address, entry->d_name);
        read_word(path, word, sizeof(word));
        up = strtoul(word, NULL, 16) & IFF_UP;
    }
    if (interfaces != NULL)
        closedir(interfaces);
    return up;
}

static int
bind_device(const char *root, const struct jn_nic *noted, const struct jn_nic *now) {
    char path[PATH_MAX];
    if (strcmp(now->driver, noted->driver) == 0)
        return 0;
    if (is_up(root, noted->address))
        return -EBUSY;
    snprintf(path, sizeof(path), "%s" DEVICES "/%s/driver_override", root, noted->address);
    int rc = write_word(path, noted->driver);
    snprintf(path, sizeof(path), "%s" DEVICES "/%s/driver/unbind", root, noted->address);
    if (rc == 0 && now->driver[0] != '\0')
        rc = write_word(path, noted->address);
    snprintf(path, sizeof(path), "%s/sys/bus/pci/drivers_probe", root);
    return rc == 0 ? write_word(path, noted->address) : rc;
}

// Only the owner: who may open the file, and how, is else as it was.
static int
own(const char *root, int group, uid_t owner) {
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof(path), "%s/dev/vfio/%d", root, group);
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

static bool
look_at_same(const char *root, const struct jn_nic *noted, struct jn_nic *now) {
    return jn_nic_look(root, noted->address, now) && now->vendor == noted->vendor && now->device == noted->device &&
           now->class_code == noted->class_code;
}

int
jn_kept_device_give(const char *root, const struct jn_nic *noted, bool bind, uid_t owner) {
    struct jn_nic now;
    if (!look_at_same(root, noted, &now))
        return -ENODEV;
    int rc = bind ? bind_device(root, noted, &now) : 0;
    if (rc < 0)
        return rc;
    if (!look_at_same(root, noted, &now))
        return -ENODEV;
    if (strcmp(now.driver, noted->driver) != 0)
        return -EBUSY;
    if (now.holder == JN_NIC_SHARED)
        return 0;
    return now.iommu_group >= 0 ? own(root, now.iommu_group, owner) : -ENODEV;
}

void
jn_keeper_close_others(int own) {
    if (own > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned int)own - 1, 0);
    close_range((unsigned int)own + 1, UINT_MAX, 0);
}
