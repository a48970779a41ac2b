// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic_use.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "nic_route.h"
#include "nic_ssh.h"

enum { ABOVE_MAX = 64 };

void
nic_uses_add(struct nic_uses *uses, const char *interface, unsigned int why) {
    for (size_t i = 0; i < uses->count; i++) {
        if (strcmp(uses->row[i].interface, interface) == 0) {
            uses->row[i].why |= why;
            return;
        }
    }
    if (uses->count == NIC_USES_MAX || strlen(interface) >= IF_NAMESIZE) {
        uses->complete = false;
        return;
    }
    strcpy(uses->row[uses->count].interface, interface);
    uses->row[uses->count++].why = why;
}

void
nic_uses_read(struct nic_uses *uses) {
    *uses = (struct nic_uses){.complete = true};
    if (nic_default_routes(uses) < 0)
        uses->complete = false;
    nic_ssh_sessions(uses);
}

// The interfaces that stand on one: links of its directory that begin with upper_.
static void
add_uppers(const struct nic_host *host, const char *interface, char above[ABOVE_MAX][IF_NAMESIZE], size_t *count) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/sys/class/net/%s", host->root, interface);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *name = entry->d_name + strlen("upper_");
        bool known = strncmp(entry->d_name, "upper_", strlen("upper_")) != 0 || strlen(name) >= IF_NAMESIZE;
        for (size_t i = 0; !known && i < *count; i++)
            known = strcmp(above[i], name) == 0;
        if (!known && *count < ABOVE_MAX)
            strcpy(above[(*count)++], name);
    }
    if (directory != NULL)
        closedir(directory);
}

unsigned int
nic_uses_of(const struct nic_uses *uses, const struct nic_host *host, const struct jn_nic *nic, char by[IF_NAMESIZE]) {
    char above[ABOVE_MAX][IF_NAMESIZE];
    size_t count = 0;
    unsigned int why = 0;
    for (; count < nic->interface_count; count++)
        strcpy(above[count], nic->interfaces[count]);
    for (size_t i = 0; i < count; i++) {
        add_uppers(host, above[i], above, &count);
        for (size_t j = 0; j < uses->count; j++) {
            if (strcmp(uses->row[j].interface, above[i]) != 0)
                continue;
            if (why == 0)
                strcpy(by, above[i]);
            why |= uses->row[j].why;
        }
    }
    return why;
}
