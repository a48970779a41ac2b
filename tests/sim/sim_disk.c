// SPDX-License-Identifier: BSD-3-Clause
// A disk that does what disks may do. A file has what processes see, and what would be there after a reset; a name likewise.
#include "sim_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_faults sim_faults;
struct sim_file files[FILES];
static int descriptors[DESCRIPTORS]; // number of a file + 1, or -(directory + 1)
static char directories[DIRECTORIES][256];
struct world_writer *writers[DESCRIPTORS];

void
sim_set_size(struct content *c, uint64_t size) {
    if (size > c->size) {
        c->bytes = realloc(c->bytes, size);
        if (c->bytes == NULL)
            abort();
        memset(c->bytes + c->size, 0, size - c->size);
    }
    c->size = size;
}

void
sim_copy_content(struct content *to, const struct content *from, uint64_t same) {
    sim_set_size(to, from->size);
    if (from->size > same)
        memcpy(to->bytes + same, from->bytes + same, from->size - same);
}

static void
changed(struct sim_file *file, uint64_t from) {
    file->same = from < file->same ? from : file->same;
}

static uint64_t
used_bytes(void) {
    uint64_t sum = 0;
    for (int i = 0; i < FILES; i++)
        sum += files[i].used ? files[i].seen.size : 0;
    return sum;
}

static int
new_descriptor(int what) {
    for (int i = 0; i < DESCRIPTORS; i++)
        if (descriptors[i] == 0) {
            descriptors[i] = what;
            return i;
        }
    return -EMFILE;
}

static struct sim_file *
file_of(int file) {
    return &files[descriptors[file] - 1];
}

static bool
held(const struct sim_file *file) {
    for (int i = 0; i < DESCRIPTORS; i++)
        if (descriptors[i] == (int)(file - files) + 1)
            return true;
    return false;
}

void
sim_drop_unnamed(struct sim_file *file) {
    if (file->name[0] != '\0' || file->durable_name[0] != '\0' || held(file))
        return;
    free(file->seen.bytes);
    free(file->durable.bytes);
    *file = (struct sim_file){0};
}

static int
hold_directory(const char *path) {
    for (int i = 0; i < DIRECTORIES; i++) {
        if (directories[i][0] == '\0')
            snprintf(directories[i], sizeof(directories[i]), "%s", path);
        if (strcmp(directories[i], path) == 0)
            return new_descriptor(-(i + 1));
    }
    return -ENOENT;
}

static struct sim_file *
named(int directory, const char *name) {
    for (int i = 0; i < FILES; i++)
        if (files[i].used && files[i].directory == directory && strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

static int
open_file(int at, const char *name, int flags) {
    int directory = -descriptors[at] - 1;
    struct sim_file *file = named(directory, name);
    if (sim_faults.dead)
        return -EIO;
    if (file == NULL && !(flags & O_CREAT))
        return -ENOENT;
    if (sim_faults.read_only && (flags & (O_CREAT | O_TRUNC)))
        return -EROFS;
    if (file == NULL) {
        for (file = files; file < files + FILES && file->used; file++)
            ;
        if (file == files + FILES)
            return -ENOSPC;
        *file = (struct sim_file){.used = true, .directory = directory};
        snprintf(file->name, sizeof(file->name), "%s", name);
    }
    if (flags & O_TRUNC) {
        sim_set_size(&file->seen, 0);
        changed(file, 0);
    }
    return new_descriptor((int)(file - files) + 1);
}

static void
close_file(int file) {
    if (descriptors[file] > 0) {
        struct sim_file *f = file_of(file);
        if (f->locked_by == file + 1)
            f->locked_by = 0;
        descriptors[file] = 0;
        sim_drop_unnamed(f);
    }
    descriptors[file] = 0;
}

static ssize_t
read_file(int file, void *bytes, size_t length, uint64_t offset) {
    const struct content *c = &file_of(file)->seen;
    uint64_t left = offset < c->size ? c->size - offset : 0;
    length = length < left ? length : left;
    if (length > 1 && sim_faults.read_short != 0 && sim_one_in(sim_faults.read_short))
        length = 1 + sim_below(length - 1);
    if (length > 0)
        memcpy(bytes, c->bytes + offset, length);
    return (ssize_t)length;
}

static ssize_t
write_file(int file, const void *bytes, size_t length, uint64_t offset) {
    struct content *c = &file_of(file)->seen;
    if (sim_faults.dead || (sim_faults.write_fails != 0 && sim_one_in(sim_faults.write_fails)))
        return -EIO;
    if (sim_faults.read_only)
        return -EROFS;
    uint64_t size = c->size, end = offset + length, more = end > size ? end - size : 0;
    if (sim_faults.capacity != 0 && used_bytes() + more > sim_faults.capacity) {
        if (more >= length)
            return -ENOSPC;
        length -= more; // what was there already is written over
        end = offset + length;
    }
    if (end > c->size)
        sim_set_size(c, end);
    changed(file_of(file), offset < size ? offset : size);
    memcpy(c->bytes + offset, bytes, length);
    return (ssize_t)length;
}

static int64_t
size_of(int file) {
    return (int64_t)file_of(file)->seen.size;
}

static int
cut(int file, uint64_t size) {
    if (sim_faults.dead)
        return -EIO;
    changed(file_of(file), size < file_of(file)->seen.size ? size : file_of(file)->seen.size);
    sim_set_size(&file_of(file)->seen, size);
    return 0;
}

static int
lock_file(int file) {
    struct sim_file *f = file_of(file);
    if (f->locked_by != 0 && f->locked_by != file + 1)
        return -EWOULDBLOCK;
    f->locked_by = file + 1;
    return 0;
}

static int
sync_file(int file) {
    struct sim_file *f = file_of(file);
    if (sim_faults.dead)
        return -EIO;
    sim_copy_content(&f->durable, &f->seen, f->same);
    f->same = f->seen.size;
    return 0;
}

static int
sync_directory(int at) {
    int directory = -descriptors[at] - 1;
    if (sim_faults.dead)
        return -EIO;
    for (int i = 0; i < FILES; i++)
        if (files[i].used && files[i].directory == directory) {
            memcpy(files[i].durable_name, files[i].name, sizeof(files[i].name));
            sim_drop_unnamed(&files[i]);
        }
    return 0;
}

static int
unlink_file(int at, const char *name) {
    struct sim_file *file = named(-descriptors[at] - 1, name);
    if (sim_faults.dead || sim_faults.read_only)
        return -EROFS;
    if (file == NULL)
        return -ENOENT;
    file->name[0] = '\0';
    sim_drop_unnamed(file);
    return 0;
}

static int
rename_file(int at, const char *from, const char *to) {
    struct sim_file *file = named(-descriptors[at] - 1, from);
    if (sim_faults.dead || sim_faults.read_only)
        return -EROFS;
    if (file == NULL)
        return -ENOENT;
    unlink_file(at, to);
    snprintf(file->name, sizeof(file->name), "%s", to);
    return 0;
}

static int
list(int at, bool (*each)(void *context, const char *name), void *context) {
    int directory = -descriptors[at] - 1;
    for (int i = 0; i < FILES; i++)
        if (files[i].used && files[i].directory == directory && files[i].name[0] != '\0' &&
            !each(context, files[i].name))
            break;
    return 0;
}

static struct world_writer *
writer_open(void) {
    struct world_writer *w = calloc(1, sizeof(*w));
    for (int i = 0; w != NULL && i < DESCRIPTORS; i++)
        if (writers[i] == NULL) {
            writers[i] = w;
            break;
        }
    return w;
}

static int
write_begin(struct world_writer *w, const struct world_write *write) {
    if (sim_faults.dead)
        return -EIO;
    w->write = *write;
    w->busy = true;
    return 0;
}

// The first `parts` of it.
int
sim_perform(const struct world_write *write, unsigned int parts) {
    uint64_t at = write->offset;
    for (unsigned int i = 0; i < parts; i++) {
        ssize_t done = write_file(write->file, write->parts[i].iov_base, write->parts[i].iov_len, at);
        if (done < (ssize_t)write->parts[i].iov_len)
            return done < 0 ? (int)done : -ENOSPC;
        at += write->parts[i].iov_len;
    }
    return 0;
}

static int
finish(struct world_writer *w) {
    w->busy = false;
    int rc = sim_perform(&w->write, w->write.part_count);
    if (rc == 0)
        rc = sync_file(w->write.file);
    return rc == 0 && w->write.directory >= 0 ? sync_directory(w->write.directory) : rc;
}

static int
write_end(struct world_writer *w) {
    return w->busy && sim_below(4) < 2 ? -EAGAIN : finish(w);
}

static void
writer_close(struct world_writer *w) {
    if (w->busy && !sim_faults.dead)
        finish(w);
    for (int i = 0; i < DESCRIPTORS; i++)
        if (writers[i] == w)
            writers[i] = NULL;
    free(w);
}

const struct world_files sim_files = {
    .directory = hold_directory,
    .open = open_file,
    .close = close_file,
    .read = read_file,
    .write = write_file,
    .size = size_of,
    .cut = cut,
    .reserve = cut,
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

void
sim_disk_new(void) {
    for (int i = 0; i < FILES; i++) {
        free(files[i].seen.bytes);
        free(files[i].durable.bytes);
    }
    memset(files, 0, sizeof(files));
    memset(descriptors, 0, sizeof(descriptors));
    memset(directories, 0, sizeof(directories));
    memset(writers, 0, sizeof(writers));
    sim_faults = (struct sim_faults){0};
}
