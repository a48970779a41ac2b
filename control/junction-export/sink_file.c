// SPDX-License-Identifier: BSD-3-Clause
// JSON lines in a file, both kinds of document in one. Rotated by size: FILE, FILE.1 (the newest) to FILE.<keep>.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_write.h"
#include "privilege.h"
#include "sink_batch.h"

struct file_sink {
    struct sink sink;
    struct sink_batch batch;
    char path[256];
    int fd;
    uint64_t size, max_bytes; // size: of whole lines
    uint32_t keep;
};

// Where the last whole line ends: a predecessor that was killed may have left half a one, which was never acknowledged.
static off_t
end_of_lines(int fd, off_t size) {
    char block[4096];
    while (size > 0) {
        size_t length = size < (off_t)sizeof(block) ? (size_t)size : sizeof(block);
        if (pread(fd, block, length, size - (off_t)length) != (ssize_t)length)
            return size;
        const char *newline = memrchr(block, '\n', length);
        if (newline != NULL)
            return size - (off_t)length + (newline - block) + 1;
        size -= (off_t)length;
    }
    return 0;
}

static int
open_file(struct file_sink *s) {
    struct stat st;
    s->fd = open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (s->fd < 0)
        return -errno;
    int rc = 0;
    if (fstat(s->fd, &st) < 0)
        rc = -errno;
    else if (!S_ISREG(st.st_mode))
        rc = -EINVAL;
    else {
        s->size = (uint64_t)end_of_lines(s->fd, st.st_size);
        if ((off_t)s->size != st.st_size && ftruncate(s->fd, (off_t)s->size) < 0)
            rc = -errno;
    }
    if (rc == 0) {
        char copy[sizeof(s->path)];
        memcpy(copy, s->path, sizeof(copy));
        jn_sync_directory(dirname(copy));
        return 0;
    }
    close(s->fd);
    s->fd = -1;
    return rc;
}

static int
rotate(struct file_sink *s) {
    char from[sizeof(s->path) + 16], to[sizeof(s->path) + 16];
    close(s->fd);
    s->fd = -1;
    for (uint32_t n = s->keep; n > 0; n--) {
        snprintf(to, sizeof(to), "%s.%u", s->path, n);
        if (n > 1)
            snprintf(from, sizeof(from), "%s.%u", s->path, n - 1);
        else
            snprintf(from, sizeof(from), "%s", s->path);
        if (rename(from, to) < 0 && errno != ENOENT)
            return -errno;
    }
    if (s->keep == 0 && unlink(s->path) < 0 && errno != ENOENT)
        return -errno;
    return open_file(s);
}

static int
write_batch(struct file_sink *s) {
    int rc = 0;
    if (s->fd < 0)
        rc = open_file(s);
    else if (s->size > 0 && s->size + s->batch.length > s->max_bytes)
        rc = rotate(s);
    if (rc == 0)
        rc = jn_write_all(s->fd, s->batch.text, s->batch.length);
    if (rc == 0 && fsync(s->fd) < 0)
        rc = -errno;
    if (rc == 0)
        s->size += s->batch.length;
    return rc;
}

static int
submit_file(struct sink *sink, const struct document *document, uint64_t opaque) {
    return sink_batch_add(&((struct file_sink *)sink)->batch, document, opaque);
}

// A full disk and the like may pass: the batch is kept and written anew, so that the file has every line once and
// whole.
static int
poll_file(struct sink *sink) {
    struct file_sink *s = (struct file_sink *)sink;
    if (s->batch.count == 0)
        return 0;
    int rc = write_batch(s);
    if (rc == 0) {
        sink_batch_done(&s->batch, sink);
        sink_well(sink->view);
        return 0;
    }
    char hint[96];
    sink_trouble(sink->view, rc == -ENOSPC ? "make room on its disk" : NULL, "%s: %s%s", s->path, strerror(-rc),
                 jn_privilege_hint(-rc, hint, sizeof(hint)));
    if (s->fd >= 0 && ftruncate(s->fd, (off_t)s->size) < 0) {
        close(s->fd);
        s->fd = -1;
    }
    return 0;
}

static void
close_file(struct sink *sink) {
    struct file_sink *s = (struct file_sink *)sink;
    if (s->fd >= 0)
        close(s->fd);
    sink_batch_close(&s->batch);
    free(s);
}

static const struct sink_operations operations = {submit_file, poll_file, close_file};

static struct sink *
open_file_sink(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    struct file_sink *s = calloc(1, sizeof(*s));
    if (s == NULL || !sink_batch_open(&s->batch)) {
        free(s);
        snprintf(err, JN_ERR_MAX, "sink.file.path: no memory");
        return NULL;
    }
    s->sink.operations = &operations;
    s->sink.view = view;
    snprintf(s->path, sizeof(s->path), "%s", config->path);
    s->max_bytes = (uint64_t)config->max_mb << 20;
    s->keep = config->keep;
    int rc = open_file(s);
    if (rc == 0)
        return &s->sink;
    char hint[96];
    snprintf(err, JN_ERR_MAX, "sink.file.path: %s: %s%s", s->path, rc == -EINVAL ? "not a regular file" : strerror(-rc),
             jn_privilege_hint(-rc, hint, sizeof(hint)));
    close_file(&s->sink);
    return NULL;
}

const struct sink_type sink_file = {.open = open_file_sink};
