// SPDX-License-Identifier: BSD-3-Clause
// The whole frames of a file, one after the other, past whatever is damaged between them.
#pragma once

#include "frame.h"
#include "world.h"

struct frame_reader {
    int file;
    uint64_t at, end; // what is in the buffer begins at `at` of the file; frames end at `end`
    char *buffer;
    size_t room, have, offset;
    int error; // the file could not be read: negative errno
};

void frame_reader_begin(struct frame_reader *reader, int file, uint64_t from, uint64_t end);

// The next frame, which stays the next until it is taken. NULL: there is none up to the end, or the file cannot be read.
const char *frame_reader_next(struct frame_reader *reader, size_t *size);
void frame_reader_take(struct frame_reader *reader, size_t size);

// The memory of its buffer.
void frame_reader_free(struct frame_reader *reader);
