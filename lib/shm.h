// SPDX-License-Identifier: BSD-3-Clause
// Shared-memory regions: created by their one writer, found by name by their readers, validated on attach.
// A region is a file in its writer's directory (place.h), on hugetlbfs where huge pages were asked for and can be had. It has
// mode 0640: group `junction` reads. A reader believes only what belongs to the writer's user or root. Whether the writer
// lives, its life tells (writer.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writer.h"

#define JN_SHM_MAGIC       UINT64_C(0x314e4f4954434e4a) // "JNCTION1", little endian
#define JN_SHM_ABI_VERSION 9u
#define JN_NAME_MAX        32 // of what a region names

// X(ID, number, name of its file, who writes it). A number never changes its meaning.
#define JN_REGIONS(X)                                                                                                  \
    X(POLICY, 1, "policy", CONTROL)                                                                                    \
    X(COUNTERS, 2, "counters", DATAPLANE)                                                                              \
    X(FLOWS, 3, "flows", DATAPLANE)                                                                                    \
    X(RECORDS, 4, "records", DATAPLANE)                                                                                \
    X(EXPORT, 5, "export", EXPORT)                                                                                     \
    X(NEIGHBOURS, 6, "neighbours", DATAPLANE)                                                                          \
    X(GATES, 7, "gates", DATAPLANE)                                                                                    \
    X(CONSUMED, 8, "consumed", EXPORT)                                                                                 \
    X(LAUNCH, 9, "launch", LAUNCH)                                                                                     \
    X(SINKS, 10, "sinks", EXPORT)                                                                                      \
    X(STATUS, 11, "status", EXPORT)                                                                                    \
    X(UNREPORTED, 12, "unreported", DATAPLANE)                                                                         \
    X(SAMPLES, 13, "samples", DATAPLANE)                                                                               \
    X(CLASSIFIED, 14, "classified", CLASSIFY)                                                                          \
    X(ANNOTATIONS, 15, "annotations", CLASSIFY)                                                                        \
    X(ANNOTATED, 16, "annotated", EXPORT)

enum jn_region {
#define X(id, number, name, writer) JN_REGION_##id = (number),
    JN_REGIONS(X)
#undef X
};

// First 128 bytes of every region. All fields: written once by the region's writer before `magic`, which it stores last
// (release); readers load `magic` first (acquire). Nothing here changes afterwards but `life`.
struct jn_region_header {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t region; // enum jn_region
    uint64_t size;   // of the whole region, in bytes
    uint64_t layout; // hash of the sizes the region was laid out for: a writer reuses a region only if equal
    uint64_t boot;   // random number of the writer's start that made the region
    uint32_t header_size;
    uint32_t reserved0;
    char instance[JN_INSTANCE_MAX]; // NUL-terminated
    uint64_t life; // of the writer that has the region now; stored (release) when it makes it or takes it over
    uint64_t reserved[5];
};
_Static_assert(sizeof(struct jn_region_header) == 128, "region header is ABI");

struct jn_shm {
    void *base; // NULL when not attached
    size_t size;
    int fd;
    uint64_t dev, ino; // the file's identity: a new one under the same name means the writer made it anew
    bool huge;         // on hugetlbfs
    enum jn_region region;
    char instance[JN_INSTANCE_MAX];
    struct jn_life *life; // of this process, when it is the writer
    char path[JN_PATH_MAX + 32];
};

// Create, or with `reuse` take over, the region as its writer. Returns 0; 1 when an existing region of the same layout
// was taken over with its content; or a negative errno with a sentence in err (-EBUSY: another writer is alive, -EPERM: what
// is there is somebody else's). The instance's directories are made.
// huge: try hugetlbfs first, fall back to plain pages. size is rounded up to the page size.
// A new region is all zero but for its header, whose magic is not set yet: call jn_shm_ready when laid out.
int jn_shm_create(struct jn_shm *shm, const char *instance, enum jn_region region, size_t size, uint64_t layout,
                  bool huge, bool reuse, char err[JN_ERR_MAX]);

// Publish a region laid out by its writer: stores the magic with release order.
void jn_shm_ready(struct jn_shm *shm);

// Attach as a reader. writable: for tests, which play a writer gone wrong.
// Returns 0 or a negative errno with a sentence in err: -ENOENT not there (yet), -EPROTO not what it should be, -EPERM not
// its writer's, -EACCES not for this user. Should the writer cut the file short afterwards, the mapping reads as zero.
int jn_shm_attach(struct jn_shm *shm, const char *instance, enum jn_region region, size_t minimum_size, bool writable,
                  char err[JN_ERR_MAX]);

// Has the name come to mean another file than the one attached (the writer was restarted with a new layout)?
bool jn_shm_replaced(const struct jn_shm *shm, const char *instance, enum jn_region region);

// As the writer: give a part of the region memory. Of policy, counters, neighbours, gates and the exporter's state only
// the first page is there, and that part which was asked for, or touched; the others are whole from the start. A full file system is an error
// here, and a signal where a part is touched that was not asked for. 0 or negative errno.
int jn_shm_back(const struct jn_shm *shm, size_t offset, size_t size);

// Is the writer alive that made the region, or took it over last?
bool jn_shm_writer_alive(const struct jn_shm *shm);

void jn_shm_detach(struct jn_shm *shm);

// As the writer: remove the name, then detach.
void jn_shm_remove(struct jn_shm *shm);

const char *jn_region_name(enum jn_region region);
enum jn_writer jn_region_writer(enum jn_region region);

// Does a region of `size` bytes hold `count` elements of `each` bytes at that offset, which is a multiple of 8, behind a
// struct of `head` bytes at its beginning? count * each is less than 2^64. For what a reader checks.
static inline bool
jn_region_holds(size_t size, size_t head, uint64_t offset, uint64_t count, size_t each) {
    return offset % 8 == 0 && offset >= head && offset <= size && count * each <= size - offset;
}

static inline struct jn_region_header *
jn_shm_header(const struct jn_shm *shm) {
    return (struct jn_region_header *)shm->base;
}
