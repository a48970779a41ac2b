// SPDX-License-Identifier: BSD-3-Clause
// What junction-export reaches outside of its own memory: clocks, files, HTTP exchanges, the Kafka producer. A table of
// functions each, so that tests can put a world of their own in its place. One thread, but for what a table itself starts.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "shm.h"

// A write, and that it stays: done beside the caller. The bytes stay as they are until it is done.
#define WORLD_PARTS 16
struct world_write {
    int file;
    int directory; // whose names are to stay, too; -1: none
    uint64_t offset;
    unsigned int part_count;
    struct iovec parts[WORLD_PARTS];
};

// Every function returns 0 or more, or a negative errno. A name is one of the directory: no slash, no link is followed.
struct world_files {
    // Hold a directory: its descriptor.
    int (*directory)(const char *path);
    int (*open)(int directory, const char *name, int flags); // as open(2); created with mode 0640
    void (*close)(int file);
    ssize_t (*read)(int file, void *bytes, size_t length, uint64_t offset); // as pread(2)
    ssize_t (*write)(int file, const void *bytes, size_t length, uint64_t offset);
    int64_t (*size)(int file);
    int (*cut)(int file, uint64_t size);     // as ftruncate(2)
    int (*reserve)(int file, uint64_t size); // as fallocate(2), from 0
    int (*lock)(int file);                   // exclusively, until it is closed; -EWOULDBLOCK: another process has it
    int (*sync)(int file);                   // what was written stays, also when the machine is reset
    int (*rename)(int directory, const char *from, const char *to);
    int (*unlink)(int directory, const char *name);
    // Each name in the directory, in no order; `each` returns false to stop.
    int (*list)(int directory, bool (*each)(void *context, const char *name), void *context);
    // Beside the caller, one at a time: begin, and ask until the result is not -EAGAIN: 0 all of it is written and stays.
    struct world_writer *(*writer_open)(void); // NULL: no memory
    int (*write_begin)(struct world_writer *writer, const struct world_write *write);
    int (*write_end)(struct world_writer *writer);
    void (*writer_close)(struct world_writer *writer); // waits for what was begun
};

struct world_clock {
    uint64_t (*steady_ns)(void); // never set, never back
    uint64_t (*wall_ns)(void);   // since the epoch; may jump either way
};

struct world_http;  // world_http.h
struct world_kafka; // world_kafka.h

struct world {
    const struct world_clock *clock;
    const struct world_files *files;
    const struct world_http *http;
    const struct world_kafka *kafka;
};

// The real one, unless a test has put another in its place before anything else here was called.
extern const struct world *world;
