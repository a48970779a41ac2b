// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic_user.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counters_view.h"
#include "file_holder.h"

enum { FILES_MAX = 8, FILE_BYTES = 128 };

// Device files by which user space works with one NIC.
struct files {
    char path[FILES_MAX][FILE_BYTES];
    size_t count;
};

bool
nic_group_file(const struct nic_host *host, const struct jn_nic *nic, char *path, size_t size) {
    snprintf(path, size, "%s/dev/vfio/%s%d", host->root, nic->unsafe ? "noiommu-" : "", nic->iommu_group);
    return nic->iommu_group >= 0;
}

// Each name in a directory of the NIC that begins with `kind`: a device file of that name.
static void
add_files(struct files *files, const struct nic_host *host, const struct jn_nic *nic, const char *from,
          const char *kind, const char *to) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/%s", host->root, nic->address, from);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
        if (strncmp(entry->d_name, kind, strlen(kind)) == 0 && files->count < FILES_MAX &&
            strlen(host->root) + strlen(to) + strlen(entry->d_name) < FILE_BYTES)
            sprintf(files->path[files->count++], "%s%s%s", host->root, to, entry->d_name);
    if (directory != NULL)
        closedir(directory);
}

static void
find_files(struct files *files, const struct nic_host *host, const struct jn_nic *nic) {
    files->count = 0;
    if (nic_group_file(host, nic, files->path[0], FILE_BYTES))
        files->count = 1;
    add_files(files, host, nic, "vfio-dev", "vfio", "/dev/vfio/devices/");
    add_files(files, host, nic, "uio", "uio", "/dev/");
}

static bool
find_process(const struct files *files, char text[NIC_USER_TEXT]) {
    const char *paths[FILES_MAX];
    char name[JN_PROCESS_NAME];
    for (size_t i = 0; i < files->count; i++)
        paths[i] = files->path[i];
    pid_t holder = jn_file_holder("/proc", 0, paths, files->count, name);
    if (holder != 0)
        snprintf(text, NIC_USER_TEXT, "%s, pid %d", name[0] != '\0' ? name : "a process", holder);
    return holder != 0;
}

// A group can be open once. This finds a holder in another name space of processes, too.
static bool
group_is_taken(const struct nic_host *host, const struct jn_nic *nic) {
    char path[FILE_BYTES];
    if (!nic_group_file(host, nic, path, sizeof(path)))
        return false;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool taken = fd < 0 && errno == EBUSY;
    if (fd >= 0)
        close(fd);
    return taken;
}

// Is the interface that of a port's device arguments, as in "net_af_xdp0,iface=eth1,start_queue=0"?
static bool
names_interface(const char *device, const char *interface) {
    const char *found = strstr(device, "iface=");
    size_t length = strlen(interface);
    return found != NULL && strncmp(found + strlen("iface="), interface, length) == 0 &&
           strchr(",", found[strlen("iface=") + length]) != NULL;
}

// Sockets of AF_XDP and AF_PACKET have no device file; the instance says which interfaces are its ports.
static bool
instance_has(const char *instance, const struct jn_nic *nic, char text[NIC_USER_TEXT]) {
    struct jn_counters_view view = {0};
    char err[JN_ERR_MAX], device[sizeof(view.region->ports[0].device) + 1];
    bool has = false;
    if (!jn_instance_valid(instance) || !jn_writer_lives(instance, JN_WRITER_DATAPLANE, 0) ||
        jn_counters_open(&view, instance, err) < 0)
        return false;
    for (unsigned int p = 0; !has && p < view.port_count; p++) {
        const struct jn_port_state *port = &view.region->ports[p];
        jn_counters_text(port->device, sizeof(port->device), device, sizeof(device));
        for (unsigned int i = 0; i < nic->interface_count; i++)
            has = has || names_interface(device, nic->interfaces[i]);
    }
    if (has)
        snprintf(text, NIC_USER_TEXT, "Junction's instance %.31s", instance);
    jn_counters_close(&view);
    return has;
}

static bool
find_instance(const struct jn_nic *nic, char text[NIC_USER_TEXT]) {
    DIR *instances = nic->interface_count > 0 ? opendir(jn_run_directory()) : NULL;
    bool found = false;
    for (struct dirent *entry; !found && instances != NULL && (entry = readdir(instances)) != NULL;)
        found = instance_has(entry->d_name, nic, text);
    if (instances != NULL)
        closedir(instances);
    return found;
}

bool
nic_user_find(const struct nic_host *host, const struct jn_nic *nic, char text[NIC_USER_TEXT]) {
    struct files files;
    find_files(&files, host, nic);
    if (find_process(&files, text) || find_instance(nic, text))
        return true;
    if (!group_is_taken(host, nic))
        return false;
    snprintf(text, NIC_USER_TEXT, "a process that is not to be seen from here");
    return true;
}
