// SPDX-License-Identifier: BSD-3-Clause
#include "capture/capture_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NEARBY = 16384 };

int
capture_error(char err[JN_ERR_MAX], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err, JN_ERR_MAX, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

uint16_t
capture_u16(const struct jn_capture *c, const uint8_t *bytes) {
    uint16_t value;
    memcpy(&value, bytes, sizeof(value));
    return c->swapped ? __builtin_bswap16(value) : value;
}

uint32_t
capture_u32(const struct jn_capture *c, const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return c->swapped ? __builtin_bswap32(value) : value;
}

// Read ahead where the file is read from front to back; little where it is read here and there.
static int
fill_window(struct jn_capture *c, uint64_t offset, uint32_t wanted) {
    bool onward = offset >= c->window_at && offset <= c->window_at + c->window_length;
    uint32_t most = onward ? CAPTURE_WINDOW : wanted > NEARBY ? wanted : NEARBY;
    c->window_at = offset;
    c->window_length = 0;
    while (c->window_length < most) {
        ssize_t got =
            pread(c->fd, c->window + c->window_length, most - c->window_length, (off_t)(offset + c->window_length));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        c->window_length += (uint32_t)got;
    }
    return 0;
}

int64_t
capture_look(struct jn_capture *c, uint64_t offset, uint32_t wanted, const uint8_t **bytes) {
    if (offset > INT64_MAX - CAPTURE_WINDOW)
        return 0;
    if (offset < c->window_at || offset - c->window_at > c->window_length ||
        wanted > c->window_length - (uint32_t)(offset - c->window_at)) {
        int rc = fill_window(c, offset, wanted);
        if (rc < 0)
            return rc;
    }
    uint32_t have = c->window_length - (uint32_t)(offset - c->window_at);
    *bytes = c->window + (offset - c->window_at);
    return have < wanted ? have : wanted;
}
