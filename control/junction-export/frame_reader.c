// SPDX-License-Identifier: BSD-3-Clause
#include "frame_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { READ_BYTES = 1 << 20, STEP = 8 }; // frames begin at multiples of 8

void
frame_reader_begin(struct frame_reader *r, int file, uint64_t from, uint64_t end) {
    r->file = file;
    r->at = from;
    r->end = end;
    r->have = r->offset = 0;
    r->error = 0;
}

// Have at least `needed` bytes from the offset on in the buffer, if the file has them.
static bool
fill(struct frame_reader *r, size_t needed) {
    size_t left = r->have - r->offset, length = needed > READ_BYTES ? needed : READ_BYTES;
    if (left > 0 && r->buffer != NULL)
        memmove(r->buffer, r->buffer + r->offset, left);
    r->at += r->offset;
    r->offset = 0;
    r->have = left;
    if (r->room < length) {
        char *larger = realloc(r->buffer, length);
        if (larger == NULL) {
            r->error = -ENOMEM;
            return false;
        }
        r->buffer = larger;
        r->room = length;
    }
    if (length > r->end - r->at)
        length = (size_t)(r->end - r->at);
    while (r->have < length) {
        ssize_t got = world->files->read(r->file, r->buffer + r->have, length - r->have, r->at + r->have);
        if (got == -EINTR)
            continue;
        if (got < 0)
            r->error = (int)got;
        if (got <= 0)
            break;
        r->have += (size_t)got;
    }
    return r->error == 0;
}

const char *
frame_reader_next(struct frame_reader *r, size_t *size) {
    while (r->at + r->offset < r->end) {
        const char *at = r->buffer != NULL ? r->buffer + r->offset : NULL;
        size_t left = r->have - r->offset;
        size_t wanted = left < sizeof(struct frame) ? sizeof(struct frame) : frame_wanted(at, left);
        if (wanted > left && r->at + r->offset + wanted <= r->end) {
            if (!fill(r, wanted))
                return NULL;
            if (r->have - r->offset < wanted)
                r->end = r->at + r->have; // the file is shorter than it was
            continue;
        }
        if (wanted <= left && wanted > 0 && frame_check(at, left) > 0) {
            *size = wanted;
            return at;
        }
        if (wanted <= left && wanted > 0) {
            r->offset += wanted; // its header is right: behind it comes the next
            continue;
        }
        r->offset += left > STEP ? STEP : left;
        if (left <= STEP && r->at + r->offset < r->end && !fill(r, STEP))
            return NULL;
        if (r->have == r->offset)
            break;
    }
    return NULL;
}

void
frame_reader_take(struct frame_reader *r, size_t size) {
    r->offset += size;
}

void
frame_reader_free(struct frame_reader *r) {
    free(r->buffer);
    r->buffer = NULL;
    r->room = r->have = r->offset = 0;
}
