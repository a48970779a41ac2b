// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "contract.h"
#include "shm_guard.h"

enum { CREATE_TRIES = 8, REGION_MODE = 0640, PAGE_BYTES = 4096, SMALL_BYTES = 65536 };

static const struct {
    const char *name; // NULL: no region has that number
    enum jn_writer writer;
} regions[] = {
#define X(id, number, name, writer) [number] = {name, JN_WRITER_##writer},
    JN_REGIONS(X)
#undef X
};

static bool
region_known(unsigned int region) {
    return region < sizeof(regions) / sizeof(regions[0]) && regions[region].name != NULL;
}

const char *
jn_region_name(enum jn_region region) {
    return region_known(region) ? regions[region].name : "unknown";
}

enum jn_writer
jn_region_writer(enum jn_region region) {
    jn_require_always(region_known(region));
    return regions[region].writer;
}

static int
shm_error(char err[JN_ERR_MAX], const struct jn_shm *shm, const char *what, int code) {
    snprintf(err, JN_ERR_MAX, "%s: %s%s%s", shm->path, what, code == EPROTO ? "" : ": ",
             code == EPROTO ? "" : strerror(code));
    return -code;
}

// The descriptor of the directory that the region is in, or is to be in; its path in shm->path.
static int
open_directory(struct jn_shm *shm, bool huge, char err[JN_ERR_MAX]) {
    int at = jn_place_open(shm->instance, regions[shm->region].writer, huge, shm->path, err);
    size_t length = strlen(shm->path);
    snprintf(shm->path + length, sizeof(shm->path) - length, "/%s", regions[shm->region].name);
    shm->huge = huge;
    return at;
}

static bool
set_names(struct jn_shm *shm, const char *instance, enum jn_region region) {
    *shm = (struct jn_shm){.fd = -1, .region = region};
    if (!jn_instance_valid(instance))
        return false;
    snprintf(shm->instance, sizeof(shm->instance), "%s", instance);
    return true;
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

// Flows, records and what is not reported of them are memory that the workers write without asking: it is there from the start,
// and may be huge pages. The others grow.
static bool
is_whole(enum jn_region region) {
    return region == JN_REGION_FLOWS || region == JN_REGION_RECORDS || region == JN_REGION_UNREPORTED;
}

int
jn_shm_back(const struct jn_shm *shm, size_t offset, size_t size) {
    return offset > shm->size || size > shm->size - offset ? -EINVAL
                                                           : -posix_fallocate(shm->fd, (off_t)offset, (off_t)size);
}

// What is touched before its writer asks for more: with a full file system that would end the process.
static int
allocate_pages(const struct jn_shm *shm, size_t size) {
    errno = -jn_shm_back(shm, 0, is_whole(shm->region) || size <= SMALL_BYTES ? size : PAGE_BYTES);
    return errno == 0 ? 0 : -1;
}

static int
size_and_map(struct jn_shm *shm, size_t size) {
    struct stat st;
    struct statfs fs;
    size_t page = fstatfs(shm->fd, &fs) == 0 && fs.f_bsize > PAGE_BYTES ? (size_t)fs.f_bsize : PAGE_BYTES;
    size = (size + page - 1) / page * page;
    return ftruncate(shm->fd, (off_t)size) < 0 || remember_identity(shm, &st) < 0 || allocate_pages(shm, size) < 0 ||
                   map(shm, true) < 0
               ? -errno
               : 0;
}

static int
size_error(char err[JN_ERR_MAX], const struct jn_shm *shm, size_t size, int code) {
    struct statfs fs;
    if (code != ENOSPC || !is_whole(shm->region) || fstatfs(shm->fd, &fs) < 0)
        return shm_error(err, shm, "cannot be sized and mapped", code);
    snprintf(err, JN_ERR_MAX, "%s: takes %zu MB, %llu are free: mount a larger tmpfs at %s, or use huge pages",
             shm->path, size >> 20, (unsigned long long)fs.f_bavail * (unsigned long long)fs.f_bsize >> 20,
             jn_run_directory());
    return -code;
}

// Replace whatever the name meant: readers of the old file keep their mapping, and see that the name moved on. The new one
// has its name once they may read it.
static int
make_fresh(struct jn_shm *shm, int at, size_t size, char err[JN_ERR_MAX]) {
    const char *name = regions[shm->region].name;
    char fresh[32];
    snprintf(fresh, sizeof(fresh), "%s.new", name);
    if (unlinkat(at, name, 0) < 0 && errno != ENOENT)
        return shm_error(err, shm, "cannot be made anew", errno);
    unlinkat(at, fresh, 0);
    shm->fd = openat(at, fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (shm->fd < 0)
        return shm_error(err, shm, "cannot be created", errno);
    int rc = jn_place_hand_over(shm->fd, regions[shm->region].writer, REGION_MODE);
    if (rc == 0 && renameat(at, fresh, at, name) < 0)
        rc = -errno;
    if (rc < 0)
        rc = shm_error(err, shm, "cannot be given its owner and group", -rc);
    else if ((rc = size_and_map(shm, size)) < 0)
        rc = size_error(err, shm, size, -rc);
    if (rc < 0) {
        unlinkat(at, fresh, 0);
        unlinkat(at, name, 0);
        close(shm->fd);
        shm->fd = -1;
    }
    return rc;
}

// What an earlier life left under the name. 0 when there is nothing; -EPERM when that was not the writer.
static int
look_at_left(struct jn_shm *shm, int at, char err[JN_ERR_MAX]) {
    struct stat st;
    if (fstatat(at, regions[shm->region].name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : shm_error(err, shm, "cannot be looked at", errno);
    int rc = jn_place_check(&st, S_IFREG, regions[shm->region].writer, shm->path, err);
    return rc < 0 ? rc : 1;
}

// One that is taken over is filled like a fresh one: it may have holes.
static bool
fits(struct jn_shm *shm, size_t size, uint64_t layout) {
    struct stat st;
    char err[JN_ERR_MAX];
    return remember_identity(shm, &st) == 0 && shm->size >= size && shm->size >= sizeof(struct jn_region_header) &&
           jn_place_check(&st, S_IFREG, regions[shm->region].writer, shm->path, err) == 0 &&
           allocate_pages(shm, shm->size) == 0 && map(shm, true) == 0 &&
           header_error(shm, shm->instance, shm->region) == NULL && jn_shm_header(shm)->layout == layout;
}

static bool
take_over(struct jn_shm *shm, int at, size_t size, uint64_t layout) {
    shm->fd = openat(at, regions[shm->region].name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (shm->fd >= 0 && fits(shm, size, layout))
        return true;
    jn_shm_detach(shm);
    return false;
}

static int
fill_header(struct jn_shm *shm, uint64_t layout, char err[JN_ERR_MAX]) {
    struct jn_region_header *h = shm->base;
    h->abi_version = JN_SHM_ABI_VERSION;
    h->region = (uint32_t)shm->region;
    h->size = shm->size;
    h->layout = layout;
    h->header_size = sizeof(*h);
    memcpy(h->instance, shm->instance, sizeof(h->instance));
    return getrandom(&h->boot, sizeof(h->boot), 0) == sizeof(h->boot)
               ? 0
               : shm_error(err, shm, "no random number for its boot", errno);
}

static int
create_in(struct jn_shm *shm, bool huge, size_t size, uint64_t layout, bool reuse, char err[JN_ERR_MAX]) {
    int at = open_directory(shm, huge, err);
    if (at < 0)
        return at;
    int rc = look_at_left(shm, at, err);
    if (rc == 1 && reuse && take_over(shm, at, size, layout)) {
        close(at);
        return 1;
    }
    if (rc >= 0)
        rc = make_fresh(shm, at, size, err);
    close(at);
    return rc < 0 ? rc : fill_header(shm, layout, err);
}

// Readers look on hugetlbfs first: what a dead writer left there would hide a region made of plain pages.
static void
clear_hugetlbfs(const struct jn_shm *shm) {
    struct jn_shm left = *shm;
    char err[JN_ERR_MAX];
    int at = is_whole(shm->region) ? open_directory(&left, true, err) : -ENOENT;
    if (at < 0)
        return;
    unlinkat(at, regions[shm->region].name, 0);
    close(at);
}

// -ENOENT: a directory was removed meanwhile, by one that was ending.
static int
try_create(struct jn_shm *shm, size_t size, uint64_t layout, bool huge, bool reuse, char err[JN_ERR_MAX]) {
    int rc = jn_instance_make(shm->instance, huge, err);
    struct jn_life *life = rc == 0 ? jn_writer_take(shm->instance, regions[shm->region].writer, &rc, err) : NULL;
    if (life == NULL)
        return rc;
    rc = huge ? create_in(shm, true, size, layout, reuse, err) : -ENOENT;
    if (rc < 0) {
        jn_shm_detach(shm);
        clear_hugetlbfs(shm);
        rc = create_in(shm, false, size, layout, reuse, err);
    }
    if (rc < 0) {
        jn_shm_detach(shm);
        jn_writer_give_back(life);
        return rc;
    }
    shm->life = life;
    __atomic_store_n(&jn_shm_header(shm)->life, jn_life_number(life), __ATOMIC_RELEASE);
    return rc;
}

int
jn_shm_create(struct jn_shm *shm, const char *instance, enum jn_region region, size_t size, uint64_t layout, bool huge,
              bool reuse, char err[JN_ERR_MAX]) {
    jn_require_always(region_known(region) && size >= sizeof(struct jn_region_header));
    huge = huge && is_whole(region);
    if (!set_names(shm, instance, region))
        return jn_instance_check(instance, err);
    int rc = -ENOENT;
    for (int i = 0; i < CREATE_TRIES && rc == -ENOENT; i++)
        rc = try_create(shm, size, layout, huge, reuse, err);
    return rc;
}

void
jn_shm_ready(struct jn_shm *shm) {
    jn_require_always(shm->base != NULL);
    __atomic_store_n(&jn_shm_header(shm)->magic, JN_SHM_MAGIC, __ATOMIC_RELEASE);
}

// -ENOENT, -EACCES or -EPERM with a sentence in err.
static int
open_in(struct jn_shm *shm, bool huge, bool writable, char err[JN_ERR_MAX]) {
    struct stat st;
    int at = open_directory(shm, huge, err);
    if (at < 0)
        return at;
    int fd = openat(at, regions[shm->region].name,
                    (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int code = errno;
    close(at);
    if (fd < 0 && code == ELOOP)
        return shm_error(err, shm, "is a symbolic link: not believed", EPERM);
    if (fd < 0)
        return shm_error(err, shm, "cannot be opened", code);
    int rc = fstat(fd, &st) < 0 ? shm_error(err, shm, "cannot be looked at", errno)
                                : jn_place_check(&st, S_IFREG, regions[shm->region].writer, shm->path, err);
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

static int
open_named(struct jn_shm *shm, bool writable, char err[JN_ERR_MAX]) {
    int fd = is_whole(shm->region) ? open_in(shm, true, writable, err) : -ENOENT;
    return fd == -ENOENT ? open_in(shm, false, writable, err) : fd;
}

// What the header says of the mapped region. Its writer stores the magic last: without one, but with a writer that lives,
// it is not there yet.
static int
check_mapped(struct jn_shm *shm, char err[JN_ERR_MAX]) {
    const char *error = header_error(shm, shm->instance, shm->region);
    if (error == NULL)
        return 0;
    bool unready = __atomic_load_n(&jn_shm_header(shm)->magic, __ATOMIC_ACQUIRE) == 0 &&
                   jn_writer_lives(shm->instance, regions[shm->region].writer, 0);
    return shm_error(err, shm, unready ? "is being made" : error, unready ? ENOENT : EPROTO);
}

int
jn_shm_attach(struct jn_shm *shm, const char *instance, enum jn_region region, size_t minimum_size, bool writable,
              char err[JN_ERR_MAX]) {
    struct stat st;
    jn_require_always(region_known(region));
    if (!set_names(shm, instance, region))
        return jn_instance_check(instance, err);
    int rc = shm->fd = open_named(shm, writable, err);
    if (rc < 0) {
        shm->fd = -1;
        return rc;
    }
    if (remember_identity(shm, &st) < 0 || shm->size == 0)
        rc = shm_error(err, shm, "is being made", ENOENT);
    else if (shm->size < minimum_size || shm->size < sizeof(struct jn_region_header))
        rc = shm_error(err, shm, "truncated: shorter than its layout", EPROTO);
    else if ((rc = map(shm, writable)) < 0)
        rc = shm_error(err, shm, "cannot be mapped", -rc);
    else {
        jn_shm_guard(shm->base, shm->size);
        rc = check_mapped(shm, err);
    }
    if (rc < 0)
        jn_shm_detach(shm);
    return rc;
}

bool
jn_shm_replaced(const struct jn_shm *shm, const char *instance, enum jn_region region) {
    jn_require(shm->base != NULL && region_known(region));
    struct jn_shm now;
    struct stat st;
    char err[JN_ERR_MAX];
    if (!set_names(&now, instance, region) || (now.fd = open_named(&now, false, err)) < 0)
        return true;
    bool same = fstat(now.fd, &st) == 0 && st.st_dev == shm->dev && st.st_ino == shm->ino;
    close(now.fd);
    return !same;
}

bool
jn_shm_writer_alive(const struct jn_shm *shm) {
    jn_require(shm->base != NULL);
    uint64_t life = __atomic_load_n(&jn_shm_header(shm)->life, __ATOMIC_ACQUIRE);
    return life != 0 && jn_writer_lives(shm->instance, regions[shm->region].writer, life);
}

void
jn_shm_detach(struct jn_shm *shm) {
    if (shm->base != NULL) {
        jn_shm_unguard(shm->base);
        munmap(shm->base, shm->size);
    }
    if (shm->fd >= 0)
        close(shm->fd);
    shm->base = NULL;
    shm->fd = -1;
    if (shm->life != NULL)
        jn_writer_give_back(shm->life);
    shm->life = NULL;
}

void
jn_shm_remove(struct jn_shm *shm) {
    jn_require_always(shm->path[0] == '/');
    unlink(shm->path);
    jn_shm_detach(shm);
}
