// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic_bind.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "nic_user.h"
#include "users.h"

#define DRIVERS "/sys/bus/pci/drivers"
#define UNSAFE  "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

int
nic_set_add(struct nic_set *set, const struct nic_host *host, const char *name, char err[JN_ERR_MAX]) {
    struct jn_nic nic;
    int rc = jn_nic_find(host->root, name, &nic, err);
    if (rc < 0)
        return rc;
    if (nic_set_find(set, nic.address) != NULL)
        return 0;
    if (set->count == NIC_SET_MAX) {
        snprintf(err, JN_ERR_MAX, "at most %d NICs at once", NIC_SET_MAX);
        return -E2BIG;
    }
    set->nic[set->count++] = nic;
    return 0;
}

const struct jn_nic *
nic_set_find(const struct nic_set *set, const char *address) {
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->nic[i].address, address) == 0)
            return &set->nic[i];
    return NULL;
}

static bool
is_vfio(const char *driver) {
    return strstr(driver, "vfio") != NULL;
}

static int
check_use(const struct nic_host *host, const struct jn_nic *nic, const struct nic_uses *uses, char err[JN_ERR_MAX]) {
    char by[IF_NAMESIZE];
    unsigned int why = nic_uses_of(uses, host, nic, by);
    if (why != 0) {
        snprintf(err, JN_ERR_MAX,
                 "%s (%s) carries %s%s%s (by interface %s): this host may be out of reach without it; --force takes it "
                 "all the same",
                 nic->address, nic->interfaces[0], why & NIC_USE_DEFAULT_ROUTE ? "the default route" : "",
                 why == (NIC_USE_DEFAULT_ROUTE | NIC_USE_SSH) ? " and " : "", why & NIC_USE_SSH ? "an SSH session" : "",
                 by);
        return -EBUSY;
    }
    if (!uses->complete && nic->interface_count > 0) {
        snprintf(
            err, JN_ERR_MAX,
            "%s (%s): it cannot be told whether a default route or an SSH session needs it (are you root?); --force "
            "takes it all the same",
            nic->address, nic->interfaces[0]);
        return -EPERM;
    }
    if (nic->virtual_functions > 0) {
        snprintf(
            err, JN_ERR_MAX,
            "%s has %u virtual functions, which go when its driver does: bind those, or --force takes it all the same",
            nic->address, nic->virtual_functions);
        return -EBUSY;
    }
    return 0;
}

static int
check_nobody_has(const struct nic_host *host, const struct jn_nic *nic, char err[JN_ERR_MAX]) {
    char user[NIC_USER_TEXT];
    if (!nic_user_find(host, nic, user))
        return 0;
    snprintf(err, JN_ERR_MAX, "%s is in use by %s: stop that first", nic->address, user);
    return -EBUSY;
}

static int
check_iommu(const struct nic_host *host, const struct jn_nic *nic, const char *driver, char err[JN_ERR_MAX]) {
    char mode[8];
    nic_host_read(host, mode, sizeof(mode), UNSAFE);
    if (!is_vfio(driver) || (nic->iommu_group >= 0 && !nic->unsafe) || mode[0] == 'Y' || mode[0] == '1')
        return 0;
    snprintf(err, JN_ERR_MAX,
             "%s has no IOMMU group, and %s needs one: switch the IOMMU on (VT-d or AMD-Vi in the firmware, "
             "intel_iommu=on on "
             "the kernel's command line). Or, with a NIC that can then write all of this host's memory: --driver "
             "uio_pci_generic%s",
             nic->address, driver, mode[0] == '\0' ? "" : ", or vfio without an IOMMU (echo 1 >" UNSAFE ")");
    return -ENODEV;
}

// Those of its group that would keep vfio from it, and are not in the set.
static int
check_group(const struct nic_host *host, const struct nic_set *set, const struct jn_nic *nic, char err[JN_ERR_MAX]) {
    static struct jn_nic others[JN_NIC_GROUP_MAX];
    char text[JN_DRIVER_MAX + IF_NAMESIZE + 4];
    size_t count = jn_nic_group_holders(host->root, nic, others, JN_NIC_GROUP_MAX);
    for (size_t i = 0; i < count && i < JN_NIC_GROUP_MAX; i++) {
        if (nic_set_find(set, others[i].address) != NULL)
            continue;
        jn_nic_holder_text(&others[i], text, sizeof(text));
        snprintf(
            err, JN_ERR_MAX,
            "%s is in IOMMU group %d with %.19s (%s), and vfio gives out a group as a whole: %s; or put the card into "
            "another slot; --force binds it all the same",
            nic->address, nic->iommu_group, others[i].address, text,
            jn_nic_is_network(&others[i]) ? "bind both with one command" : "unbind that device from its driver");
        return -EPERM;
    }
    return 0;
}

static int
check_driver(const struct nic_host *host, const struct jn_nic *nic, const char *driver, char err[JN_ERR_MAX]) {
    if (!nic_host_has(host, DRIVERS "/%s", driver))
        host->load(host, driver);
    if (nic_host_has(host, DRIVERS "/%s", driver))
        return 0;
    snprintf(err, JN_ERR_MAX, "%s: the kernel has no PCI driver %s, and modprobe %s brings none", nic->address, driver,
             driver);
    return -ENOENT;
}

// What only makes no sense, or cuts somebody off.
static int
check_sense(const struct nic_host *host, const struct nic_set *set, const struct jn_nic *nic, const char *driver,
            const struct nic_uses *uses, char err[JN_ERR_MAX]) {
    bool uio = strncmp(driver, "uio", 3) == 0 || strcmp(driver, "igb_uio") == 0;
    int rc = check_use(host, nic, uses, err);
    if (rc < 0)
        return rc;
    if (nic->holder == JN_NIC_SHARED) {
        snprintf(
            err, JN_ERR_MAX,
            "%s: DPDK works beside its driver %s, so it stays with it: give the address to a port as it is; --force "
            "binds it all the same",
            nic->address, nic->driver);
        return -EINVAL;
    }
    if (uio && nic->translated) {
        snprintf(
            err, JN_ERR_MAX,
            "%s: the IOMMU keeps what %s drives from this host's memory: use vfio-pci, or iommu=pt on the kernel's "
            "command line; --force binds it all the same",
            nic->address, driver);
        return -EINVAL;
    }
    return is_vfio(driver) ? check_group(host, set, nic, err) : 0;
}

int
nic_bind_check(const struct nic_host *host, const struct nic_set *set, size_t number, const char *driver,
               const struct nic_uses *uses, char err[JN_ERR_MAX]) {
    const struct jn_nic *nic = &set->nic[number];
    if (!jn_nic_is_network(nic)) {
        snprintf(err, JN_ERR_MAX, "%s is no NIC (class %06x)", nic->address, nic->class_code);
        return -EINVAL;
    }
    if (strcmp(nic->driver, driver) == 0)
        return 0;
    int rc = check_nobody_has(host, nic, err);
    if (rc == 0 && !set->force)
        rc = check_sense(host, set, nic, driver, uses, err);
    if (rc == 0)
        rc = check_driver(host, nic, driver, err);
    return rc < 0 ? rc : check_iommu(host, nic, driver, err); // vfio's module has the parameter
}

static void
driver_now(const struct nic_host *host, const struct jn_nic *nic, char driver[JN_DRIVER_MAX]) {
    struct jn_nic now;
    char err[JN_ERR_MAX];
    int rc = jn_nic_read(host->root, nic->address, &now, err);
    snprintf(driver, JN_DRIVER_MAX, "%s", rc == 0 ? now.driver : "");
}

static int
set_override(const struct nic_host *host, const struct jn_nic *nic, const char *driver) {
    char line[JN_DRIVER_MAX + 1];
    snprintf(line, sizeof(line), "%s\n", driver); // an empty line is none
    return nic_host_write(host, line, "/sys/bus/pci/devices/%s/driver_override", nic->address);
}

static int
release(const struct nic_host *host, const struct jn_nic *nic, const char *driver) {
    return driver[0] != '\0' ? nic_host_write(host, nic->address, DRIVERS "/%s/unbind", driver) : 0;
}

void
nic_restore(const struct nic_host *host, const struct jn_nic *nic) {
    char driver[JN_DRIVER_MAX];
    set_override(host, nic, nic->driver_override);
    driver_now(host, nic, driver);
    if (strcmp(driver, nic->driver) == 0)
        return;
    release(host, nic, driver);
    if (nic->driver[0] != '\0' && nic_host_write(host, nic->address, DRIVERS "/%s/bind", nic->driver) < 0)
        jn_log(JN_LOG_ERROR, "%s cannot be given back to %s either: it has no driver now", nic->address, nic->driver);
}

static int
bind_error(const struct jn_nic *nic, const char *driver, int rc, char err[JN_ERR_MAX]) {
    snprintf(err, JN_ERR_MAX, "%s does not get the driver %s: %s%s; it stays as it was", nic->address, driver,
             strerror(-rc), rc == -EACCES || rc == -EPERM ? " (are you root?)" : " (dmesg may say why)");
    return rc;
}

int
nic_bind(const struct nic_host *host, const struct jn_nic *nic, const char *driver, char err[JN_ERR_MAX]) {
    char now[JN_DRIVER_MAX];
    if (strcmp(nic->driver, driver) == 0 && strcmp(nic->driver_override, driver) == 0)
        return 0;
    int rc = set_override(host, nic, driver);
    if (rc < 0)
        return bind_error(nic, driver, rc, err);
    if (strcmp(nic->driver, driver) == 0)
        return 0;
    rc = release(host, nic, nic->driver);
    if (rc == 0)
        rc = nic_host_write(host, nic->address, DRIVERS "/%s/bind", driver);
    driver_now(host, nic, now);
    if (strcmp(now, driver) == 0)
        return 0; // udev may have been quicker
    nic_restore(host, nic);
    return bind_error(nic, driver, rc < 0 ? rc : -ENODEV, err);
}

int
nic_unbind_check(const struct nic_host *host, const struct jn_nic *nic, char err[JN_ERR_MAX]) {
    if (!jn_nic_is_network(nic)) {
        snprintf(err, JN_ERR_MAX, "%s is no NIC (class %06x)", nic->address, nic->class_code);
        return -EINVAL;
    }
    bool kernels = nic->holder == JN_NIC_KERNEL || nic->holder == JN_NIC_SHARED;
    return kernels ? 0 : check_nobody_has(host, nic, err);
}

// A driver whose module is not loaded is not found by itself.
static void
probe(const struct nic_host *host, const struct jn_nic *nic, char driver[JN_DRIVER_MAX]) {
    char alias[256];
    nic_host_write(host, nic->address, "/sys/bus/pci/drivers_probe");
    driver_now(host, nic, driver);
    if (driver[0] != '\0')
        return;
    nic_host_read(host, alias, sizeof(alias), "/sys/bus/pci/devices/%s/modalias", nic->address);
    if (alias[0] != '\0')
        host->load(host, alias);
    nic_host_write(host, nic->address, "/sys/bus/pci/drivers_probe");
    driver_now(host, nic, driver);
}

int
nic_unbind(const struct nic_host *host, const struct jn_nic *nic, char driver[JN_DRIVER_MAX], char err[JN_ERR_MAX]) {
    bool kernels = nic->holder == JN_NIC_KERNEL || nic->holder == JN_NIC_SHARED;
    snprintf(driver, JN_DRIVER_MAX, "%s", nic->driver);
    if (kernels && nic->driver_override[0] == '\0')
        return 0;
    int rc = set_override(host, nic, "");
    if (rc < 0)
        return bind_error(nic, "of the kernel", rc, err);
    if (kernels)
        return 0;
    rc = release(host, nic, nic->driver);
    if (rc == 0)
        probe(host, nic, driver);
    if (rc == 0 && driver[0] != '\0')
        return 0;
    nic_restore(host, nic);
    if (rc < 0)
        return bind_error(nic, "of the kernel", rc, err);
    snprintf(err, JN_ERR_MAX, "%s: no driver of the kernel takes it (is its module there?); it stays as it was",
             nic->address);
    return -ENODEV;
}

// Not without an IOMMU: such a group is only for who may do everything.
void
nic_hand_over(const struct nic_host *host, const struct jn_nic *nic) {
    struct jn_nic now;
    char err[JN_ERR_MAX], path[128];
    uid_t owner = jn_writer_uid(JN_WRITER_DATAPLANE);
    if (owner == 0 || jn_nic_read(host->root, nic->address, &now, err) < 0 || now.holder != JN_NIC_VFIO || now.unsafe ||
        !nic_group_file(host, &now, path, sizeof(path)))
        return;
    if (lchown(path, owner, (gid_t)-1) < 0 || chmod(path, 0600) < 0)
        jn_log(JN_LOG_WARNING, "%s cannot be given to %s: %s: a NIC that goes and returns is not opened again", path,
               jn_writer_user(JN_WRITER_DATAPLANE), strerror(errno));
}
