// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "host/claim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device_name.h"
#include "writer.h"

int
jn_claim_take(const char *name, char err[JN_ERR_MAX]) {
    char directory[JN_PATH_MAX];
    int at = jn_claims_open(directory, err);
    if (at < 0)
        return at;
    int claim = jn_lock_take(at, name, JN_WRITER_DATAPLANE, directory, err);
    close(at);
    return claim;
}

void
jn_claim_give_back(int claim) {
    char link[64], path[JN_PATH_MAX + 64], directory[JN_PATH_MAX], err[JN_ERR_MAX];
    if (claim < 0)
        return;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", claim);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *name = strrchr(path, '/');
    int at = jn_claims_open(directory, err);
    if (at >= 0 && name != NULL)
        unlinkat(at, name + 1, 0);
    if (at >= 0)
        close(at);
    close(claim);
}

int
jn_nic_claims_take(struct jn_nic_claims *claims, const struct jn_options *options, char err[JN_ERR_MAX]) {
    char address[JN_PCI_ADDRESS_MAX], name[JN_PCI_ADDRESS_MAX + 8], reason[JN_ERR_MAX];
    for (unsigned int i = 0; i < options->port_count; i++) {
        if (!jn_device_pci(options->ports[i].device, address))
            continue;
        snprintf(name, sizeof(name), "pci-%s", address);
        int claim = jn_claim_take(name, reason);
        if (claim == -EBUSY)
            snprintf(reason, sizeof(reason), "NIC %s is in use by another junction-dataplane", address);
        if (claim < 0) {
            snprintf(err, JN_ERR_MAX, "port %s: %.400s", options->ports[i].name, reason);
            jn_nic_claims_give_back(claims);
            return claim;
        }
        claims->claims[claims->count++] = claim;
    }
    return 0;
}

void
jn_nic_claims_give_back(struct jn_nic_claims *claims) {
    while (claims->count > 0)
        jn_claim_give_back(claims->claims[--claims->count]);
}
