// SPDX-License-Identifier: BSD-3-Clause
#include "nic_change.h"

#include <errno.h>

static void
undo(const struct nic_host *host, const struct nic_set *set, size_t count) {
    while (count > 0)
        nic_restore(host, &set->nic[--count]);
}

// All or none. driver NULL: given back to the kernel.
static int
move_all(const struct nic_host *host, const struct nic_set *set, const char *driver, char err[JN_ERR_MAX]) {
    char given[JN_DRIVER_MAX];
    for (size_t i = 0; i < set->count; i++) {
        int rc =
            driver != NULL ? nic_bind(host, &set->nic[i], driver, err) : nic_unbind(host, &set->nic[i], given, err);
        if (rc < 0) {
            undo(host, set, i);
            return rc;
        }
    }
    return 0;
}

static int
check_all(const struct nic_host *host, const struct nic_set *set, const char *driver, const struct nic_uses *uses,
          char err[JN_ERR_MAX]) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < set->count; i++)
        rc = driver != NULL ? nic_bind_check(host, set, i, driver, uses, err)
                            : nic_unbind_check(host, &set->nic[i], err);
    return rc;
}

// What boots are to do is on disk before a driver changes, and has its name only afterwards.
int
nic_change(const struct nic_host *host, const struct nic_set *set, const char *driver, const struct nic_uses *uses,
           bool persist, char err[JN_ERR_MAX]) {
    int rc = check_all(host, set, driver, uses, err);
    if (rc == 0 && persist)
        rc = nic_file_prepare(host, set, driver, err);
    if (rc < 0)
        return rc;
    rc = move_all(host, set, driver, err);
    if (rc == 0 && persist && (rc = nic_file_commit(host, err)) < 0)
        undo(host, set, set->count);
    if (rc < 0 && persist)
        nic_file_abandon(host);
    for (size_t i = 0; rc == 0 && i < set->count; i++)
        nic_hand_over(host, &set->nic[i]);
    return rc;
}

int
nic_apply(const struct nic_host *host, const struct nic_set *set, const struct nic_line *line,
          const struct nic_uses *uses, char err[JN_ERR_MAX]) {
    const struct jn_nic *nic = nic_set_find(set, line->address);
    if (nic == NULL) {
        snprintf(err, JN_ERR_MAX, "%s, of " NIC_FILE ", is not there", line->address);
        return -ENODEV;
    }
    int rc = nic_file_check(host, line, nic, err);
    if (rc == 0)
        rc = nic_bind_check(host, set, (size_t)(nic - set->nic), line->driver, uses, err);
    if (rc == 0)
        rc = nic_bind(host, nic, line->driver, err);
    if (rc == 0)
        nic_hand_over(host, nic);
    return rc;
}
