// SPDX-License-Identifier: BSD-3-Clause
// Shared-memory regions: created by their one writer, found by name by their readers, validated on attach.
// A region is a file named junction-<instance>-<region> on hugetlbfs where huge pages were asked for and can be had,
// in /dev/shm otherwise. Its writer holds an exclusive file lock (F_OFD_SETLK) for as long as it lives, so everyone can
// tell a live writer from a dead one without trusting a process id.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JN_SHM_MAGIC       UINT64_C(0x314e4f4954434e4a) // "JNCTION1", little endian
#define JN_SHM_ABI_VERSION 5u
#define JN_INSTANCE_MAX    32
#define JN_NAME_MAX        32 // of what a region names
#define JN_ERR_MAX         512

enum jn_region {
    JN_REGION_POLICY = 1,
    JN_REGION_COUNTERS,
    JN_REGION_FLOWS,
    JN_REGION_RECORDS,
    JN_REGION_EXPORT,
    JN_REGION_NEIGHBOURS,
    JN_REGION_GATES,
};

// First 128 bytes of every region. All fields: written once by the region's writer before `magic`, which it stores last
// (release); readers load `magic` first (acquire). Nothing here changes afterwards.
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
    uint64_t reserved[6];
};
_Static_assert(sizeof(struct jn_region_header) == 128, "region header is ABI");

struct jn_shm {
    void *base; // NULL when not attached
    size_t size;
    int fd;
    uint64_t dev, ino; // the file's identity: a new one under the same name means the writer made it anew
    char path[256];
};

// Is the name usable as an instance: 1 to 31 of [A-Za-z0-9_-].
bool jn_instance_valid(const char *instance);

// Create, or with `reuse` take over, the region as its writer. Returns 0; 1 when an existing region of the same layout
// was taken over with its content; or a negative errno with a sentence in err (-EBUSY: another writer is alive).
// huge: try hugetlbfs first, fall back to plain pages. size is rounded up to the page size.
// A new region is all zero but for its header, whose magic is not set yet: call jn_shm_ready when laid out.
int jn_shm_create(struct jn_shm *shm, const char *instance, enum jn_region region, size_t size, uint64_t layout,
                  bool huge, bool reuse, char err[JN_ERR_MAX]);

// Publish a region laid out by its writer: stores the magic with release order.
void jn_shm_ready(struct jn_shm *shm);

// Attach as a reader (writable: the consumer of the records region, whose index lives in it).
// Returns 0 or a negative errno with a sentence in err: -ENOENT not there (yet), -EPROTO not what it should be.
int jn_shm_attach(struct jn_shm *shm, const char *instance, enum jn_region region, size_t minimum_size, bool writable,
                  char err[JN_ERR_MAX]);

// Has the name come to mean another file than the one attached (the writer was restarted with a new layout)?
bool jn_shm_replaced(const struct jn_shm *shm, const char *instance, enum jn_region region);

// As the writer: give a part of the region memory. Of policy, counters, neighbours, gates and the exporter's state only
// that part is there which was asked for, or touched; the others are whole from the start. A full file system is an error
// here, and a signal where a part is touched that was not asked for. 0 or negative errno.
int jn_shm_back(const struct jn_shm *shm, size_t offset, size_t size);

// As a reader: is the region's writer alive, that is, does another holder have the writer's lock?
bool jn_shm_writer_alive(const struct jn_shm *shm);

void jn_shm_detach(struct jn_shm *shm);

// As the writer: remove the name, then detach.
void jn_shm_remove(struct jn_shm *shm);

const char *jn_region_name(enum jn_region region);

static inline struct jn_region_header *
jn_shm_header(const struct jn_shm *shm) {
    return (struct jn_region_header *)shm->base;
}
