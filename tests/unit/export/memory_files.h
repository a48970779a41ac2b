// SPDX-License-Identifier: BSD-3-Clause
// struct world_files in memory: a few files of one directory, and a disk that can be full.
#pragma once

#include <errno.h>
#include <fcntl.h>

#include "test.h"
#include "world.h"

struct memory_file {
    char name[64]; // "": none
    char *bytes;
    uint64_t size;
};

static struct memory_file memory_files[4];
static uint64_t memory_room = UINT64_MAX; // bytes that can still be written
static int memory_rename_error;

static struct memory_file *
memory_find(const char *name) {
    for (size_t i = 0; i < COUNT(memory_files); i++)
        if (strcmp(memory_files[i].name, name) == 0)
            return &memory_files[i];
    return NULL;
}

static int
memory_open(int directory, const char *name, int flags) {
    struct memory_file *file = memory_find(name);
    (void)directory;
    if (file == NULL && (flags & O_CREAT) == 0)
        return -ENOENT;
    if (file == NULL) {
        file = memory_find("");
        snprintf(file->name, sizeof(file->name), "%s", name);
    }
    return (int)(file - memory_files);
}

static void
memory_close(int file) {
    (void)file;
}

static ssize_t
memory_read(int file, void *bytes, size_t length, uint64_t offset) {
    const struct memory_file *f = &memory_files[file];
    uint64_t left = offset < f->size ? f->size - offset : 0;
    length = length < left ? length : left;
    if (length > 0)
        memcpy(bytes, f->bytes + offset, length);
    return (ssize_t)length;
}

static int
memory_cut(int file, uint64_t size) {
    struct memory_file *f = &memory_files[file];
    f->bytes = realloc(f->bytes, size + 1);
    assert_non_null(f->bytes);
    if (size > f->size)
        memset(f->bytes + f->size, 0, size - f->size);
    f->size = size;
    f->bytes[size] = '\0';
    return 0;
}

static ssize_t
memory_write(int file, const void *bytes, size_t length, uint64_t offset) {
    length = length < memory_room ? length : memory_room;
    if (length == 0)
        return -ENOSPC;
    memory_room -= length;
    if (offset + length > memory_files[file].size)
        memory_cut(file, offset + length);
    memcpy(memory_files[file].bytes + offset, bytes, length);
    return (ssize_t)length;
}

static int64_t
memory_size(int file) {
    return (int64_t)memory_files[file].size;
}

static void
memory_remove(struct memory_file *file) {
    free(file->bytes);
    *file = (struct memory_file){0};
}

static int
memory_rename(int directory, const char *from, const char *to) {
    (void)directory;
    if (memory_rename_error < 0)
        return memory_rename_error;
    if (memory_find(to) != NULL)
        memory_remove(memory_find(to));
    snprintf(memory_find(from)->name, sizeof(memory_files[0].name), "%s", to);
    return 0;
}

static const struct world_files memory_world_files = {
    .open = memory_open,
    .close = memory_close,
    .read = memory_read,
    .write = memory_write,
    .size = memory_size,
    .cut = memory_cut,
    .rename = memory_rename,
};

static inline void
memory_clear(void) {
    for (size_t i = 0; i < COUNT(memory_files); i++)
        memory_remove(&memory_files[i]);
    memory_room = UINT64_MAX;
    memory_rename_error = 0;
}
