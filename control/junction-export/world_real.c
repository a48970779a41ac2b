// SPDX-License-Identifier: BSD-3-Clause
// The world as it is: system calls. What takes as long as the disk likes (fsync) is done by a thread beside.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock_read.h"
#include "world.h"
#include "world_http.h"
#include "world_kafka.h"

static uint64_t
steady_ns(void) {
    return jn_clock_read(CLOCK_MONOTONIC);
}

static uint64_t
wall_ns(void) {
    return jn_clock_read(CLOCK_REALTIME);
}

static int
or_errno(int rc) {
    return rc < 0 ? -errno : rc;
}

static int
hold_directory(const char *path) {
    return or_errno(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int
open_file(int directory, const char *name, int flags) {
    struct stat st;
    int file = or_errno(openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0640));
    if (file < 0)
        return file;
    if (fstat(file, &st) == 0 && S_ISREG(st.st_mode))
        return file;
    close(file);
    return -EINVAL;
}

static void
close_file(int file) {
    close(file);
}

static ssize_t
read_file(int file, void *bytes, size_t length, uint64_t offset) {
    ssize_t done = pread(file, bytes, length, (off_t)offset);
    return done < 0 ? -errno : done;
}

static ssize_t
write_file(int file, const void *bytes, size_t length, uint64_t offset) {
    ssize_t done = pwrite(file, bytes, length, (off_t)offset);
    return done < 0 ? -errno : done;
}

static int64_t
size_of(int file) {
    struct stat st;
    return fstat(file, &st) < 0 ? -errno : st.st_size;
}

static int
cut(int file, uint64_t size) {
    return or_errno(ftruncate(file, (off_t)size));
}

static int
reserve(int file, uint64_t size) {
    int rc = or_errno(fallocate(file, 0, 0, (off_t)size));
    return rc == -EOPNOTSUPP ? cut(file, size) : rc;
}

static int
lock_file(int file) {
    return or_errno(flock(file, LOCK_EX | LOCK_NB));
}

static int
sync_file(int file) {
    return or_errno(fdatasync(file));
}

static int
rename_file(int directory, const char *from, const char *to) {
    return or_errno(renameat(directory, from, directory, to));
}

static int
unlink_file(int directory, const char *name) {
    return or_errno(unlinkat(directory, name, 0));
}

static int
list(int directory, bool (*each)(void *context, const char *name), void *context) {
    int copy = or_errno(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL)
        return copy < 0 ? copy : -errno;
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL && each(context, entry->d_name))
        ;
    closedir(entries);
    return 0;
}

// One write at a time. `given` and `done` are the thread's and the caller's: whoever sees its own set may touch the rest.
struct world_writer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool started, given, done, end;
    struct world_write write;
    int result;
};

// writev may write less than all of it.
static int
write_parts(const struct world_write *write) {
    uint64_t at = write->offset;
    for (unsigned int i = 0; i < write->part_count; i++) {
        const char *bytes = write->parts[i].iov_base;
        for (size_t left = write->parts[i].iov_len; left > 0;) {
            ssize_t done = pwrite(write->file, bytes, left, (off_t)at);
            if (done < 0 && errno == EINTR)
                continue;
            if (done <= 0)
                return done < 0 ? -errno : -EIO;
            bytes += done;
            left -= (size_t)done;
            at += (uint64_t)done;
        }
    }
    if (fdatasync(write->file) < 0)
        return -errno;
    return write->directory >= 0 && fsync(write->directory) < 0 ? -errno : 0;
}

static void *
write_beside(void *context) {
    struct world_writer *w = context;
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        while (!w->given && !w->end)
            pthread_cond_wait(&w->changed, &w->mutex);
        if (!w->given)
            break;
        w->given = false;
        pthread_mutex_unlock(&w->mutex);
        int result = write_parts(&w->write);
        pthread_mutex_lock(&w->mutex);
        w->result = result;
        w->done = true;
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

static struct world_writer *
writer_open(void) {
    struct world_writer *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return NULL;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->changed, NULL);
    return w;
}

// The thread is made with the first write: most exporters have none for a long time.
static int
write_begin(struct world_writer *w, const struct world_write *write) {
    if (!w->started) {
        int rc = pthread_create(&w->thread, NULL, write_beside, w);
        if (rc != 0)
            return -rc;
        w->started = true;
    }
    pthread_mutex_lock(&w->mutex);
    w->write = *write;
    w->given = true;
    w->done = false;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    return 0;
}

static int
write_end(struct world_writer *w) {
    pthread_mutex_lock(&w->mutex);
    int result = w->done ? w->result : -EAGAIN;
    w->done = false;
    pthread_mutex_unlock(&w->mutex);
    return result;
}

static void
writer_close(struct world_writer *w) {
    if (w->started) {
        pthread_mutex_lock(&w->mutex);
        w->end = true;
        pthread_cond_signal(&w->changed);
        pthread_mutex_unlock(&w->mutex);
        pthread_join(w->thread, NULL);
    }
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->changed);
    free(w);
}

static const struct world_clock clock_real = {steady_ns, wall_ns};
static const struct world_files files_real = {
    .directory = hold_directory,
    .open = open_file,
    .close = close_file,
    .read = read_file,
    .write = write_file,
    .size = size_of,
    .cut = cut,
    .reserve = reserve,
    .lock = lock_file,
    .sync = sync_file,
    .rename = rename_file,
    .unlink = unlink_file,
    .list = list,
    .writer_open = writer_open,
    .write_begin = write_begin,
    .write_end = write_end,
    .writer_close = writer_close,
};
static const struct world real = {
    .clock = &clock_real, .files = &files_real, .http = &world_http_curl, .kafka = &world_kafka_real};
const struct world *world = &real;
