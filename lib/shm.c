// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "contract.h"

#define PLAIN_DIRECTORY "/dev/shm"

// Open-file-description locks: held by the mapping's file, gone with the process, and a question changes nothing.
static const struct flock whole_file = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

static const char *const region_names[] = {
    [JN_REGION_POLICY] = "policy",   [JN_REGION_COUNTERS] = "counters", [JN_REGION_FLOWS] = "flows",
    [JN_REGION_RECORDS] = "records", [JN_REGION_EXPORT] = "export",     [JN_REGION_NEIGHBOURS] = "neighbours",
    [JN_REGION_GATES] = "gates",     [JN_REGION_LAUNCH] = "launch",
};

static bool
region_known(enum jn_region region) {
    return region >= JN_REGION_POLICY && region <= JN_REGION_LAUNCH;
}

const char *
jn_region_name(enum jn_region region) {
    return region_known(region) ? region_names[region] : "unknown";
}

bool
jn_instance_valid(const char *instance) {
    size_t length = strlen(instance);
    return length > 0 && length < JN_INSTANCE_MAX &&
           strspn(instance, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == length;
}

static int
instance_error(char err[JN_ERR_MAX]) {
    snprintf(err, JN_ERR_MAX, "instance: expected 1 to %d of A-Z a-z 0-9 _ -", JN_INSTANCE_MAX - 1);
    return -EINVAL;
}

static int
shm_error(char err[JN_ERR_MAX], const struct jn_shm *shm, const char *what, int code) {
    snprintf(err, JN_ERR_MAX, "%s: %s%s%s", shm->path, what, code == EPROTO || code == EBUSY ? "" : ": ",
             code == EPROTO || code == EBUSY ? "" : strerror(code));
    return -code;
}

static bool
hugetlbfs_directory(char *directory, size_t size) {
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    bool found = false;
    for (struct mntent *m; mounts != NULL && !found && (m = getmntent(mounts)) != NULL;) {
        found = strcmp(m->mnt_type, "hugetlbfs") == 0;
        if (found)
            snprintf(directory, size, "%s", m->mnt_dir);
    }
    if (mounts != NULL)
        endmntent(mounts);
    return found;
}

static bool
set_path(struct jn_shm *shm, const char *directory, const char *instance, enum jn_region region) {
    int n = snprintf(shm->path, sizeof(shm->path), "%s/junction-%s-%s", directory, instance, jn_region_name(region));
    return n > 0 && (size_t)n < sizeof(shm->path);
}

static int
remember_identity(struct jn_shm *shm, struct stat *st) {
    if (fstat(shm->fd, st) < 0)
        return -errno;
    shm->dev = st->st_dev;
    shm->ino = st->st_ino;
    shm->size = (size_t)st->st_size;
    return 0;
}

static int
map(struct jn_shm *shm, bool writable) {
    shm->base = mmap(NULL, shm->size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, shm->fd, 0);
    if (shm->base != MAP_FAILED)
        return 0;
    shm->base = NULL;
    return -errno;
}

static const char *
header_error(const struct jn_shm *shm, const char *instance, enum jn_region region) {
    const struct jn_region_header *h = shm->base;
    if (__atomic_load_n(&h->magic, __ATOMIC_ACQUIRE) != JN_SHM_MAGIC)
        return "wrong magic: not a Junction region, or not ready";
    if (h->abi_version != JN_SHM_ABI_VERSION)
        return "wrong ABI version: made by another release";
    if (h->region != (uint32_t)region || h->header_size != sizeof(*h))
        return "another kind of region";
    if (h->size != shm->size)
        return "truncated: its size is not what its header says";
    if (strnlen(h->instance, sizeof(h->instance)) == sizeof(h->instance) || strcmp(h->instance, instance) != 0)
        return "belongs to another instance";
    return NULL;
}

// Take the writer's lock on the name; the file must still be the one under that name once the lock is held.
static int
open_locked(struct jn_shm *shm, char err[JN_ERR_MAX]) {
    for (;;) {
        struct stat named, held;
        struct flock lock = whole_file;
        shm->fd = open(shm->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (shm->fd < 0)
            return shm_error(err, shm, "cannot be created", errno);
        if (fcntl(shm->fd, F_OFD_SETLK, &lock) < 0) {
            close(shm->fd);
            return shm_error(err, shm, "another writer of this instance is alive", EBUSY);
        }
        if (fstat(shm->fd, &held) == 0 && stat(shm->path, &named) == 0 && held.st_ino == named.st_ino)
            return 0;
        close(shm->fd);
    }
}

static bool
take_over_region(struct jn_shm *shm, const char *instance, enum jn_region region, uint64_t layout) {
    if (shm->size < sizeof(struct jn_region_header) || map(shm, true) < 0)
        return false;
    if (header_error(shm, instance, region) == NULL && jn_shm_header(shm)->layout == layout)
        return true;
    munmap(shm->base, shm->size);
    shm->base = NULL;
    return false;
}

// Flows and records are memory that the workers write without asking: it is there from the start. The others grow.
static bool
is_whole(enum jn_region region) {
    return region == JN_REGION_FLOWS || region == JN_REGION_RECORDS;
}

int
jn_shm_back(const struct jn_shm *shm, size_t offset, size_t size) {
    return offset > shm->size || size > shm->size - offset ? -EINVAL
                                                           : -posix_fallocate(shm->fd, (off_t)offset, (off_t)size);
}

static int
allocate_pages(int fd, size_t size) {
    errno = posix_fallocate(fd, 0, (off_t)size);
    return errno == 0 ? 0 : -1;
}

// Replace whatever the name meant: readers of the old file keep their mapping, and see that the name moved on.
static int
make_fresh(struct jn_shm *shm, enum jn_region region, size_t size, char err[JN_ERR_MAX]) {
    struct stat st;
    struct statfs fs;
    unlink(shm->path);
    close(shm->fd);
    int rc = open_locked(shm, err);
    if (rc < 0)
        return rc;
    size_t page = fstatfs(shm->fd, &fs) == 0 && fs.f_bsize > 4096 ? (size_t)fs.f_bsize : 4096;
    size = (size + page - 1) / page * page;
    if (ftruncate(shm->fd, (off_t)size) < 0 || (is_whole(region) && allocate_pages(shm->fd, size) < 0) ||
        remember_identity(shm, &st) < 0 || map(shm, true) < 0) {
        rc = shm_error(err, shm, "cannot be sized and mapped", errno);
        unlink(shm->path);
        close(shm->fd);
        return rc;
    }
    return 0;
}

// A region taken over is filled like a fresh one: it may be an older release's, with holes.
static bool
whole(const struct jn_shm *shm, enum jn_region region) {
    return !is_whole(region) || allocate_pages(shm->fd, shm->size) == 0;
}

static int
create_in(struct jn_shm *shm, const char *instance, enum jn_region region, size_t size, uint64_t layout, bool reuse,
          char err[JN_ERR_MAX]) {
    struct stat st;
    int rc = open_locked(shm, err);
    if (rc < 0)
        return rc;
    if (reuse && remember_identity(shm, &st) == 0 && shm->size >= size && whole(shm, region) &&
        take_over_region(shm, instance, region, layout))
        return 1;
    rc = make_fresh(shm, region, size, err);
    if (rc < 0)
        return rc;
    struct jn_region_header *h = shm->base;
    h->abi_version = JN_SHM_ABI_VERSION;
    h->region = (uint32_t)region;
    h->size = shm->size;
    h->layout = layout;
    h->header_size = sizeof(*h);
    memcpy(h->instance, instance, strlen(instance));
    if (getrandom(&h->boot, sizeof(h->boot), 0) == sizeof(h->boot))
        return 0;
    rc = shm_error(err, shm, "no random number for its boot", errno);
    jn_shm_remove(shm);
    return rc;
}

// Readers look on hugetlbfs first: what a dead writer left there would hide a region made of plain pages.
static int
clear_hugetlbfs(struct jn_shm *shm, const char *instance, enum jn_region region, char err[JN_ERR_MAX]) {
    char directory[128];
    if (!hugetlbfs_directory(directory, sizeof(directory)) || !set_path(shm, directory, instance, region) ||
        access(shm->path, F_OK) != 0)
        return 0;
    int rc = open_locked(shm, err);
    if (rc < 0)
        return rc;
    jn_shm_remove(shm);
    return 0;
}

int
jn_shm_create(struct jn_shm *shm, const char *instance, enum jn_region region, size_t size, uint64_t layout, bool huge,
              bool reuse, char err[JN_ERR_MAX]) {
    char directory[128];
    jn_require_always(region_known(region) && size >= sizeof(struct jn_region_header));
    *shm = (struct jn_shm){.fd = -1};
    if (!jn_instance_valid(instance))
        return instance_error(err);
    if (huge && hugetlbfs_directory(directory, sizeof(directory)) && set_path(shm, directory, instance, region)) {
        int rc = create_in(shm, instance, region, size, layout, reuse, err);
        if (rc >= 0 || rc == -EBUSY)
            return rc;
    }
    int rc = clear_hugetlbfs(shm, instance, region, err);
    if (rc < 0)
        return rc;
    set_path(shm, PLAIN_DIRECTORY, instance, region);
    return create_in(shm, instance, region, size, layout, reuse, err);
}

void
jn_shm_ready(struct jn_shm *shm) {
    jn_require_always(shm->base != NULL);
    __atomic_store_n(&jn_shm_header(shm)->magic, JN_SHM_MAGIC, __ATOMIC_RELEASE);
}

static int
open_named(struct jn_shm *shm, const char *instance, enum jn_region region, int flags) {
    char directory[128];
    if (hugetlbfs_directory(directory, sizeof(directory)) && set_path(shm, directory, instance, region)) {
        int fd = open(shm->path, flags | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0)
            return fd;
    }
    set_path(shm, PLAIN_DIRECTORY, instance, region);
    return open(shm->path, flags | O_CLOEXEC | O_NOFOLLOW);
}

int
jn_shm_attach(struct jn_shm *shm, const char *instance, enum jn_region region, size_t minimum_size, bool writable,
              char err[JN_ERR_MAX]) {
    struct stat st;
    int rc;
    jn_require(region_known(region));
    *shm = (struct jn_shm){.fd = -1};
    if (!jn_instance_valid(instance))
        return instance_error(err);
    shm->fd = open_named(shm, instance, region, writable ? O_RDWR : O_RDONLY);
    if (shm->fd < 0)
        return shm_error(err, shm, "cannot be opened", errno);
    if (remember_identity(shm, &st) < 0 || !S_ISREG(st.st_mode))
        rc = shm_error(err, shm, "not a regular file", EPROTO);
    else if (shm->size == 0)
        rc = shm_error(err, shm, "is being made", ENOENT);
    else if (shm->size < minimum_size || shm->size < sizeof(struct jn_region_header))
        rc = shm_error(err, shm, "truncated: shorter than its layout", EPROTO);
    else if ((rc = map(shm, writable)) < 0)
        rc = shm_error(err, shm, "cannot be mapped", -rc);
    else {
        const char *error = header_error(shm, instance, region);
        if (error == NULL)
            return 0;
        // Its writer stores the magic last: without one, but with a writer that lives, it is not there yet.
        bool unready = __atomic_load_n(&jn_shm_header(shm)->magic, __ATOMIC_ACQUIRE) == 0 && jn_shm_writer_alive(shm);
        rc = shm_error(err, shm, unready ? "is being made" : error, unready ? ENOENT : EPROTO);
    }
    jn_shm_detach(shm);
    return rc;
}

bool
jn_shm_replaced(const struct jn_shm *shm, const char *instance, enum jn_region region) {
    jn_require(shm->base != NULL && region_known(region));
    struct jn_shm now = {.fd = -1};
    struct stat st;
    now.fd = open_named(&now, instance, region, O_RDONLY);
    if (now.fd < 0)
        return true;
    bool same = fstat(now.fd, &st) == 0 && st.st_dev == shm->dev && st.st_ino == shm->ino;
    close(now.fd);
    return !same;
}

bool
jn_shm_writer_alive(const struct jn_shm *shm) {
    jn_require(shm->fd >= 0);
    struct flock lock = whole_file;
    return fcntl(shm->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void
jn_shm_detach(struct jn_shm *shm) {
    if (shm->base != NULL)
        munmap(shm->base, shm->size);
    if (shm->fd >= 0)
        close(shm->fd);
    shm->base = NULL;
    shm->fd = -1;
}

void
jn_shm_remove(struct jn_shm *shm) {
    jn_require_always(shm->path[0] == '/');
    unlink(shm->path);
    jn_shm_detach(shm);
}
