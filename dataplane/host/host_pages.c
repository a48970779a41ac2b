// SPDX-License-Identifier: BSD-3-Clause
#include "host/host_pages.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "host/host_file.h"

#define HUGE_PAGES "/sys/kernel/mm/hugepages"

enum { GROUP_MAX = 1024, MB = 1 << 20, SIZE_NAME = 24 };

// The process's control group of a controller of version 1, or of version 2 (controller ""). False: it is in none.
static bool
group_of(const struct jn_host *host, const char *controller, char group[GROUP_MAX]) {
    char path[PATH_MAX], line[GROUP_MAX], controllers[128];
    bool found = false;
    snprintf(path, sizeof(path), "%s/proc/self/cgroup", host->root);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
        controllers[0] = '\0';
        line[strcspn(line, "\n")] = '\0';
        char *begin = strchr(line, ':'), *end = begin != NULL ? strchr(begin + 1, ':') : NULL;
        if (end == NULL)
            continue;
        snprintf(controllers, sizeof(controllers), ",%.*s,", (int)(end - begin - 1), begin + 1);
        char wanted[32];
        snprintf(wanted, sizeof(wanted), ",%s,", controller);
        found = controller[0] == '\0' ? strcmp(controllers, ",,") == 0 : strstr(controllers, wanted) != NULL;
        snprintf(group, GROUP_MAX, "%s", end + 1);
    }
    if (file != NULL)
        fclose(file);
    return found;
}

// The tightest of a file's values from the group up to the root, less what is used there already. used_name: NULL counts
// nothing as used. UINT64_MAX: no limit.
static uint64_t
tightest(const struct jn_host *host, const char *top, char group[GROUP_MAX], const char *name, const char *used_name,
         char *limit, size_t size) {
    uint64_t least = UINT64_MAX;
    for (;;) {
        const char *at = strcmp(group, "/") == 0 ? "" : group;
        uint64_t value = jn_host_number(host, UINT64_MAX, "%s%s/%s", top, at, name), used = 0;
        if (used_name != NULL)
            used = jn_host_number(host, 0, "%s%s/%s", top, at, used_name);
        // Version 1 writes the largest number of pages where there is no limit.
        if (value < UINT64_MAX / 4 && (value > used ? value - used : 0) < least) {
            least = value > used ? value - used : 0;
            snprintf(limit, size, "%s%s/%s", top, at, name);
        }
        char *slash = strrchr(group, '/');
        if (slash == NULL || group[0] == '\0')
            return least;
        *slash = '\0';
    }
}

static uint64_t
group_limit(const struct jn_host *host, const char *controller, const char *name2, const char *used2, const char *name1,
            const char *used1, char *limit, size_t size) {
    char group[GROUP_MAX], top[64], other[160];
    uint64_t least = UINT64_MAX;
    limit[0] = '\0';
    if (group_of(host, "", group))
        least = tightest(host, "/sys/fs/cgroup", group, name2, used2, limit, size);
    snprintf(top, sizeof(top), "/sys/fs/cgroup/%s", controller);
    if (group_of(host, controller, group)) {
        uint64_t old = tightest(host, top, group, name1, used1, other, sizeof(other));
        if (old < least) {
            snprintf(limit, size, "%s", other);
            least = old;
        }
    }
    return least;
}

// As control groups name a size: 64KB, 2MB, 1GB.
static void
size_name(uint64_t kb, char name[SIZE_NAME]) {
    if (kb >= 1 << 20)
        snprintf(name, SIZE_NAME, "%luGB", (unsigned long)(kb >> 20));
    else if (kb >= 1 << 10)
        snprintf(name, SIZE_NAME, "%luMB", (unsigned long)(kb >> 10));
    else
        snprintf(name, SIZE_NAME, "%luKB", (unsigned long)kb);
}

static void
add_size(const struct jn_host *host, uint64_t kb, struct jn_host_pages *pages) {
    char name[SIZE_NAME], names[4][64], limit[160];
    uint64_t count = jn_host_number(host, 0, HUGE_PAGES "/hugepages-%lukB/nr_hugepages", (unsigned long)kb);
    uint64_t unused = jn_host_number(host, 0, HUGE_PAGES "/hugepages-%lukB/free_hugepages", (unsigned long)kb);
    uint64_t reserved = jn_host_number(host, 0, HUGE_PAGES "/hugepages-%lukB/resv_hugepages", (unsigned long)kb);
    size_name(kb, name);
    snprintf(names[0], sizeof(names[0]), "hugetlb.%s.max", name);
    snprintf(names[1], sizeof(names[1]), "hugetlb.%s.current", name);
    snprintf(names[2], sizeof(names[2]), "hugetlb.%s.limit_in_bytes", name);
    snprintf(names[3], sizeof(names[3]), "hugetlb.%s.usage_in_bytes", name);
    uint64_t mb = (unused > reserved ? unused - reserved : 0) * kb / 1024;
    uint64_t allowed = group_limit(host, "hugetlb", names[0], names[1], names[2], names[3], limit, sizeof(limit)) / MB;
    if (allowed < mb) {
        mb = allowed;
        snprintf(pages->limit, sizeof(pages->limit), "%s", limit);
    }
    pages->usable_mb += mb;
    pages->total += count;
    if (kb == pages->default_kb)
        pages->default_count = count;
}

static uint64_t
meminfo_kb(const struct jn_host *host, const char *name) {
    char path[PATH_MAX], line[128];
    unsigned long kb = 0;
    snprintf(path, sizeof(path), "%s/proc/meminfo", host->root);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            sscanf(line + strlen(name), ": %lu", &kb);
    if (file != NULL)
        fclose(file);
    return kb;
}

void
jn_host_read_pages(const struct jn_host *host, struct jn_host_pages *pages) {
    char path[PATH_MAX];
    unsigned long kb;
    *pages = (struct jn_host_pages){.default_kb = meminfo_kb(host, "Hugepagesize")};
    snprintf(path, sizeof(path), "%s" HUGE_PAGES, host->root);
    DIR *sizes = opendir(path);
    if (sizes == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(sizes)) != NULL;)
        if (sscanf(entry->d_name, "hugepages-%lukB", &kb) == 1)
            add_size(host, kb, pages);
    closedir(sizes);
}

uint64_t
jn_host_plain_mb(const struct jn_host *host, char *limit, size_t size) {
    uint64_t total = meminfo_kb(host, "MemTotal") / 1024;
    uint64_t allowed = group_limit(host, "memory", "memory.max", NULL, "memory.limit_in_bytes", NULL, limit, size) / MB;
    if (allowed < total || total == 0)
        return total == 0 && limit[0] == '\0' ? UINT64_MAX : allowed;
    limit[0] = '\0';
    return total;
}
