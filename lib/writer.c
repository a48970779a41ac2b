// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "contract.h"

#define LOCK      "lock"
#define ALIVE     "alive"
#define ALIVE_NEW "alive.new"

enum { LIVES_MAX = 8, LOCK_TRIES = 8, NAME_BYTES = 64 };

struct jn_life {
    unsigned int count; // 0: free
    pid_t pid;          // a child of ours is not what we are
    char instance[JN_INSTANCE_MAX];
    enum jn_writer writer;
    uint64_t number;
    int lock, alive;
};
static struct jn_life lives[LIVES_MAX];

// Open-file-description locks: held by the open file, gone with the process.
static const struct flock write_lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

static int
life_error(char err[JN_ERR_MAX], const char *directory, const char *name, int code) {
    if (code == EBUSY)
        snprintf(err, JN_ERR_MAX, "%s/%s: another writer of this instance is alive", directory, name);
    else
        snprintf(err, JN_ERR_MAX, "%s/%s: cannot be made or taken: %s", directory, name, strerror(code));
    return -code;
}

// The file to lock, made when it is not there. No reader can open it.
static int
open_lock(int at, const char *name, enum jn_writer writer, const char *directory, char err[JN_ERR_MAX]) {
    char path[JN_PATH_MAX + NAME_BYTES];
    struct stat st;
    int fd = openat(at, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), rc = 0;
    if (fd >= 0)
        rc = jn_place_hand_over(fd, writer, 0600);
    else if (errno == EEXIST)
        fd = openat(at, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || rc < 0 || fstat(fd, &st) < 0) {
        rc = life_error(err, directory, name, rc < 0 ? -rc : errno);
    } else {
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        rc = jn_place_check(&st, S_IFREG, writer, path, err);
    }
    if (rc == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return rc;
}

// The file must still be the one of that name once its lock is held: who ends removes it, and maybe the directory.
int
jn_lock_take(int at, const char *name, enum jn_writer writer, const char *directory, char err[JN_ERR_MAX]) {
    for (int i = 0;; i++) {
        struct stat held, named;
        struct flock lock = write_lock;
        int fd = open_lock(at, name, writer, directory, err);
        if (fd == -ENOENT && i < LOCK_TRIES)
            continue;
        if (fd < 0)
            return fd;
        if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
            close(fd);
            return life_error(err, directory, name, EBUSY);
        }
        if (fstat(fd, &held) == 0 && fstatat(at, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && held.st_ino == named.st_ino)
            return fd;
        close(fd);
    }
}

// The lock's holder alone comes here.
static int
make_alive(int at, enum jn_writer writer, uint64_t number, const char *directory, char err[JN_ERR_MAX]) {
    struct flock lock = write_lock;
    unlinkat(at, ALIVE_NEW, 0);
    int fd = openat(at, ALIVE_NEW, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return life_error(err, directory, ALIVE_NEW, errno);
    int rc = fcntl(fd, F_OFD_SETLK, &lock) < 0 || write(fd, &number, sizeof(number)) != sizeof(number) ? -errno : 0;
    if (rc == 0)
        rc = jn_place_hand_over(fd, writer, 0640);
    if (rc == 0 && renameat(at, ALIVE_NEW, at, ALIVE) < 0)
        rc = -errno;
    if (rc == 0)
        return fd;
    close(fd);
    return life_error(err, directory, ALIVE_NEW, -rc);
}

static int
begin_life(struct jn_life *life, char err[JN_ERR_MAX]) {
    char directory[JN_PATH_MAX];
    int at = jn_place_open(life->instance, life->writer, false, directory, err);
    if (at < 0)
        return at;
    life->lock = jn_lock_take(at, LOCK, life->writer, directory, err);
    int rc = life->lock < 0 ? life->lock : 0;
    while (rc == 0 && life->number == 0)
        if (getrandom(&life->number, sizeof(life->number), 0) < 0)
            rc = life_error(err, directory, ALIVE, errno);
    if (rc == 0)
        rc = life->alive = make_alive(at, life->writer, life->number, directory, err);
    if (rc < 0 && life->lock >= 0)
        close(life->lock);
    close(at);
    return rc < 0 ? rc : 0;
}

struct jn_life *
jn_writer_take(const char *instance, enum jn_writer writer, int *rc, char err[JN_ERR_MAX]) {
    struct jn_life *free_life = NULL;
    for (unsigned int i = 0; i < LIVES_MAX; i++) {
        struct jn_life *life = &lives[i];
        if (life->count == 0) {
            free_life = life;
        } else if (life->pid == getpid() && life->writer == writer && strcmp(life->instance, instance) == 0) {
            life->count++;
            return life;
        }
    }
    jn_require_always(free_life != NULL);
    *free_life = (struct jn_life){.pid = getpid(), .writer = writer, .lock = -1, .alive = -1};
    snprintf(free_life->instance, sizeof(free_life->instance), "%s", instance);
    *rc = begin_life(free_life, err);
    if (*rc < 0)
        return NULL;
    free_life->count = 1;
    return free_life;
}

uint64_t
jn_life_number(const struct jn_life *life) {
    return life->number;
}

// `alive` first: who comes next makes its own only with the lock.
static void
remove_files(int at) {
    unlinkat(at, ALIVE, 0);
    unlinkat(at, ALIVE_NEW, 0);
    unlinkat(at, LOCK, 0);
}

void
jn_writer_give_back(struct jn_life *life) {
    char directory[JN_PATH_MAX], err[JN_ERR_MAX];
    jn_require_always(life->count > 0);
    if (--life->count > 0)
        return;
    int at = jn_place_open(life->instance, life->writer, false, directory, err);
    if (at >= 0) {
        remove_files(at);
        close(at);
    }
    close(life->alive);
    close(life->lock);
    jn_place_tidy(life->instance);
}

bool
jn_writer_lives(const char *instance, enum jn_writer writer, uint64_t number) {
    char path[JN_PATH_MAX], err[JN_ERR_MAX];
    struct stat st;
    uint64_t found = 0;
    // Asking for a read lock: what other readers hold does not count.
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int at = jn_place_open(instance, writer, false, path, err);
    if (at < 0)
        return false;
    int fd = openat(at, ALIVE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close(at);
    if (fd < 0)
        return false;
    bool found_alive = fstat(fd, &st) == 0 && jn_place_check(&st, S_IFREG, writer, path, err) == 0 &&
                       pread(fd, &found, sizeof(found), 0) == sizeof(found) && (number == 0 || found == number) &&
                       fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return found_alive;
}

void
jn_instance_tidy(const char *instance) {
    char directory[JN_PATH_MAX], err[JN_ERR_MAX];
    for (unsigned int i = 0; i < JN_WRITER_COUNT; i++) {
        int at = jn_place_open(instance, i, false, directory, err);
        if (at < 0)
            continue;
        int lock = jn_lock_take(at, LOCK, i, directory, err);
        if (lock >= 0) {
            remove_files(at);
            close(lock);
        }
        close(at);
    }
    jn_place_tidy(instance);
}
