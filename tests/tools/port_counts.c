// SPDX-License-Identifier: BSD-3-Clause
// port_counts FILE: what a counters region of the dataplane held, as JSON; also of one whose writer is dead, and whose name
// means another region by now (/proc/PID/fd/N of who kept it open).
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"

static struct jn_counters_region *
map(const char *path, size_t *size) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || (size_t)status.st_size < sizeof(struct jn_counters_region))
        return NULL;
    *size = (size_t)status.st_size;
    void *base = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return base == MAP_FAILED ? NULL : base;
}

static void
print_named(const char *what, const char names[][JN_NAME_MAX], const uint64_t *values, unsigned int count) {
    const char *comma = "";
    printf(",\"%s\":{", what);
    for (unsigned int i = 0; i < count; i++) {
        if (values[i] == 0 || names[i][0] == '\0')
            continue;
        printf("%s\"%.*s\":%lu", comma, JN_NAME_MAX - 1, names[i], values[i]);
        comma = ",";
    }
    printf("}");
}

static void
print_vpgs(struct jn_counters_region *region, unsigned int worker) {
    uint64_t packets = 0, bytes = 0;
    struct jn_vpg_counters *vpgs = jn_counters_of_vpgs(region, region->worker_count, worker, region->vpg_capacity);
    for (unsigned int v = 0; v < region->vpg_used; v++) {
        packets += vpgs[v].total_packets;
        bytes += vpgs[v].total_bytes;
    }
    printf(",\"vpg_packets\":%lu,\"vpg_bytes\":%lu", packets, bytes);
}

static void
print_worker(struct jn_counters_region *region, unsigned int number) {
    const struct jn_worker_counters *worker = &region->workers[number];
    uint64_t packets = 0, bytes = 0;
    for (unsigned int p = 0; p < region->port_count && p < JN_MAX_PORTS; p++) {
        packets += worker->ports[p].rx_packets;
        bytes += worker->ports[p].rx_bytes;
    }
    printf("{\"rx_packets\":%lu,\"rx_bytes\":%lu,\"records_written\":%lu", packets, bytes, worker->records_written);
    printf(",\"lost\":[%lu,%lu,%lu]", worker->exceptions[JN_EXCEPTION_RECORD_LOST], worker->lost_packets,
           worker->lost_bytes);
    print_named("drops", region->drop_names, worker->drops, JN_DROP_ROOM);
    print_vpgs(region, number);
    print_named("exceptions", region->exception_names, worker->exceptions, JN_EXCEPTION_ROOM);
    printf("}");
}

int
main(int argc, char **argv) {
    size_t size;
    struct jn_counters_region *region = argc == 2 ? map(argv[1], &size) : NULL;
    if (region == NULL || region->header.magic != JN_SHM_MAGIC || region->header.region != JN_REGION_COUNTERS ||
        region->worker_count > JN_MAX_WORKERS || jn_counters_size(region->worker_count, region->vpg_capacity) > size ||
        region->vpg_used > region->vpg_capacity) {
        fprintf(stderr, "port_counts: expected the file of a counters region\n");
        return 1;
    }
    printf("{\"boot\":\"%016lx\",\"life\":\"%016lx\",\"pid\":%u,\"workers\":[", region->header.boot,
           region->header.life, region->pid);
    for (unsigned int w = 0; w < region->worker_count; w++) {
        printf("%s", w == 0 ? "" : ",");
        print_worker(region, w);
    }
    printf("]}\n");
    return 0;
}
