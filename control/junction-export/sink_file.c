// SPDX-License-Identifier: BSD-3-Clause
// JSON lines in a file, both kinds of document in one. Rotated by size: FILE, FILE.1 (the newest) to FILE.<keep>. What is
// written, and that it stays, is done beside: a disk that is slow holds up no other sink.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines_end.h"
#include "privilege.h"
#include "sink_batch.h"
#include "world.h"

#define TORN_BYTES (UINT64_C(4) << 20) // of a batch, and more

struct file_sink {
    struct sink sink;
    struct sink_batch filling, writing; // the second stays as it is while it is written beside
    char path[256], name[256];          // name: in its directory
    struct world_writer *writer;
    int directory, file;      // -1: not open
    uint64_t size, max_bytes; // size: of whole lines
    uint32_t keep;
    bool begun;    // the writer has `writing`
    bool new_name; // the file's name is to stay with the next write
};

// A machine that was reset may have left zeros where the last batches were to be, with whole lines behind them.
static uint64_t
before_zeros(int file, uint64_t size) {
    char block[65536];
    for (uint64_t at = size > TORN_BYTES ? size - TORN_BYTES : 0; at < size; at += sizeof(block)) {
        ssize_t got = world->files->read(file, block, sizeof(block), at);
        const char *zero = got > 0 ? memchr(block, '\0', (size_t)got) : NULL;
        if (zero != NULL)
            return at + (uint64_t)(zero - block);
    }
    return size;
}

static void
leave_file(struct file_sink *s) {
    if (s->file >= 0)
        world->files->close(s->file);
    s->file = -1;
}

static int
open_file(struct file_sink *s) {
    s->file = world->files->open(s->directory, s->name, O_RDWR | O_CREAT | O_APPEND);
    if (s->file < 0)
        return s->file;
    int64_t size = world->files->size(s->file);
    int rc = size < 0 ? (int)size : 0;
    if (rc == 0) {
        s->size = lines_end(s->file, before_zeros(s->file, (uint64_t)size));
        rc = s->size != (uint64_t)size ? world->files->cut(s->file, s->size) : 0;
    }
    s->new_name = true;
    if (rc < 0)
        leave_file(s);
    return rc;
}

static int
rotate(struct file_sink *s) {
    char from[sizeof(s->name) + 16], to[sizeof(s->name) + 16];
    leave_file(s);
    for (uint32_t n = s->keep; n > 0; n--) {
        snprintf(to, sizeof(to), "%s.%u", s->name, n);
        if (n > 1)
            snprintf(from, sizeof(from), "%s.%u", s->name, n - 1);
        else
            snprintf(from, sizeof(from), "%s", s->name);
        int rc = world->files->rename(s->directory, from, to);
        if (rc < 0 && rc != -ENOENT)
            return rc;
    }
    int rc = s->keep == 0 ? world->files->unlink(s->directory, s->name) : 0;
    return rc < 0 && rc != -ENOENT ? rc : open_file(s);
}

static int
begin_write(struct file_sink *s) {
    int rc = 0;
    if (s->file < 0)
        rc = open_file(s);
    else if (s->size > 0 && s->size + s->writing.length > s->max_bytes)
        rc = rotate(s);
    if (rc < 0)
        return rc;
    struct world_write write = {
        .file = s->file, .directory = s->new_name ? s->directory : -1, .offset = s->size, .part_count = 1};
    write.parts[0] = (struct iovec){s->writing.text, s->writing.length};
    rc = world->files->write_begin(s->writer, &write);
    s->begun = rc == 0;
    return rc;
}

static int
submit_file(struct sink *sink, const struct document *document, uint64_t opaque) {
    return sink_batch_add(&((struct file_sink *)sink)->filling, document, opaque);
}

// A full disk and the like may pass: the batch is kept and written anew, so that the file has every line once and
// whole.
static void
failed(struct file_sink *s, int rc) {
    char hint[96];
    sink_trouble(s->sink.view, rc == -ENOSPC ? "make room on its disk" : NULL, "%s: %s%s", s->path, strerror(-rc),
                 jn_privilege_hint(-rc, hint, sizeof(hint)));
    if (s->file >= 0 && world->files->cut(s->file, s->size) < 0)
        leave_file(s);
}

// False: it is not done yet.
static bool
end_write(struct file_sink *s) {
    int rc = world->files->write_end(s->writer);
    if (rc == -EAGAIN)
        return false;
    s->begun = false;
    if (rc < 0) {
        failed(s, rc);
        return false; // another attempt comes with the next poll
    }
    s->new_name = false;
    s->size += s->writing.length;
    sink_batch_done(&s->writing, &s->sink);
    sink_well(s->sink.view);
    return true;
}

static int
poll_file(struct sink *sink) {
    struct file_sink *s = (struct file_sink *)sink;
    if (s->begun && !end_write(s))
        return 0;
    if (s->writing.count == 0) {
        struct sink_batch done = s->writing;
        s->writing = s->filling;
        s->filling = done;
    }
    int rc = s->writing.count > 0 ? begin_write(s) : 0;
    if (rc < 0)
        failed(s, rc);
    return 0;
}

static void
close_file(struct sink *sink) {
    struct file_sink *s = (struct file_sink *)sink;
    if (s->writer != NULL)
        world->files->writer_close(s->writer);
    leave_file(s);
    if (s->directory >= 0)
        world->files->close(s->directory);
    sink_batch_close(&s->filling);
    sink_batch_close(&s->writing);
    free(s);
}

static const struct sink_operations operations = {submit_file, poll_file, close_file};

// Its directory is held, so that it is the same for all that follows.
static int
hold_directory(struct file_sink *s) {
    char copy[sizeof(s->path)];
    memcpy(copy, s->path, sizeof(copy));
    snprintf(s->name, sizeof(s->name), "%s", basename(copy));
    memcpy(copy, s->path, sizeof(copy));
    s->directory = world->files->directory(dirname(copy));
    return s->directory < 0 ? s->directory : 0;
}

static struct sink *
open_file_sink(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    struct file_sink *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        snprintf(err, JN_ERR_MAX, "sink.file.path: no memory");
        return NULL;
    }
    s->sink.operations = &operations;
    s->sink.view = view;
    s->directory = s->file = -1;
    snprintf(s->path, sizeof(s->path), "%s", config->path);
    s->max_bytes = (uint64_t)config->max_mb << 20;
    s->keep = config->keep;
    s->writer = world->files->writer_open();
    bool room = sink_batch_open(&s->filling) && sink_batch_open(&s->writing) && s->writer != NULL;
    int rc = room ? hold_directory(s) : -ENOMEM;
    if (rc == 0)
        rc = open_file(s);
    if (rc == 0)
        return &s->sink;
    char hint[96];
    snprintf(err, JN_ERR_MAX, "sink.file.path: %s: %s%s", s->path, rc == -EINVAL ? "not a regular file" : strerror(-rc),
             jn_privilege_hint(-rc, hint, sizeof(hint)));
    close_file(&s->sink);
    return NULL;
}

const struct sink_type sink_file = {.open = open_file_sink};
