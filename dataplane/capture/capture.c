// SPDX-License-Identifier: BSD-3-Clause
#include "capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capture_file.h"
#include "capture/capture_pcap.h"
#include "capture/capture_pcapng.h"

enum { HEAD = 24 };

// A pipe is read once: copied to where it can be read again.
static int
copy_to_file(int from) {
    static char buffer[65536];
    FILE *copy = tmpfile();
    if (copy == NULL)
        return -errno;
    for (;;) {
        ssize_t got = read(from, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0 && fflush(copy) == 0)
            break;
        if (got <= 0 || fwrite(buffer, 1, (size_t)got, copy) != (size_t)got) {
            int rc = -errno;
            fclose(copy);
            return rc < 0 ? rc : -EIO;
        }
    }
    int fd = dup(fileno(copy)), rc = -errno;
    fclose(copy);
    return fd >= 0 ? fd : rc;
}

static int
open_file(struct jn_capture *c, const char *path) {
    struct stat stat;
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) < 0)
        return -errno;
    c->fd = fd;
    if (S_ISDIR(stat.st_mode))
        return -EISDIR;
    if (S_ISREG(stat.st_mode))
        return 0;
    c->fd = copy_to_file(fd);
    close(fd);
    return c->fd < 0 ? c->fd : 0;
}

static const char *
compression(const uint8_t head[HEAD]) {
    static const struct {
        const char *name;
        uint8_t length, magic[6];
    } rows[] = {
        {"gzip", 2, {0x1f, 0x8b}},
        {"bzip2", 3, {'B', 'Z', 'h'}},
        {"xz", 6, {0xfd, '7', 'z', 'X', 'Z', 0}},
        {"zstd", 4, {0x28, 0xb5, 0x2f, 0xfd}},
        {"lz4", 4, {0x04, 0x22, 0x4d, 0x18}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (memcmp(head, rows[i].magic, rows[i].length) == 0)
            return rows[i].name;
    return NULL;
}

static int
begin(struct jn_capture *c, char err[JN_ERR_MAX]) {
    const uint8_t *bytes;
    uint8_t head[HEAD] = {0};
    int64_t got = capture_look(c, 0, HEAD, &bytes);
    if (got < 0)
        return capture_error(err, "%s", strerror((int)-got));
    if (got > 0)
        memcpy(head, bytes, (size_t)got);
    if (compression(head) != NULL)
        return capture_error(err, "it is compressed by %s: expected a capture as it was before", compression(head));
    if (got < HEAD)
        return got == 0 ? capture_error(err, "the file is empty")
                        : capture_error(err, "truncated: a capture has more than %d bytes", (int)got);
    int rc = capture_begin_pcap(c, head, err);
    if (rc == 0)
        rc = capture_begin_pcapng(c, head, err);
    if (rc == 0)
        return capture_error(err,
                             "expected a capture in the format pcap or pcapng, found a file that begins with "
                             "%02x %02x %02x %02x",
                             head[0], head[1], head[2], head[3]);
    c->at = c->first;
    return rc < 0 ? rc : 0;
}

int
jn_capture_open(struct jn_capture *c, const char *path, char err[JN_ERR_MAX]) {
    *c = (struct jn_capture){.fd = -1, .window = malloc(CAPTURE_WINDOW)};
    int rc = c->window == NULL ? -ENOMEM : open_file(c, path);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "%s", strerror(-rc));
        return rc;
    }
    return begin(c, err);
}

int
jn_capture_next(struct jn_capture *c, struct jn_capture_frame *frame, char err[JN_ERR_MAX]) {
    *frame = (struct jn_capture_frame){0};
    int rc = c->next(c, frame, err);
    if (rc == 1 && frame->time_ns > JN_CAPTURE_LATEST)
        frame->has_time = false;
    if (rc == 1 && !frame->has_time)
        frame->time_ns = 0;
    // A record that says fewer bytes than it holds contradicts itself: the frame had those that are there.
    if (rc == 1 && frame->wire_length < frame->length)
        frame->wire_length = frame->length;
    return rc;
}

const uint8_t *
jn_capture_bytes(struct jn_capture *c, const struct jn_capture_frame *frame) {
    const uint8_t *bytes = c->window;
    return capture_look(c, frame->offset, frame->length, &bytes) == frame->length ? bytes : NULL;
}

void
jn_capture_rewind(struct jn_capture *c) {
    c->at = c->first;
    c->interface_count = 0;
}

void
jn_capture_close(struct jn_capture *c) {
    if (c->fd >= 0)
        close(c->fd);
    free(c->interfaces);
    free(c->window);
    *c = (struct jn_capture){.fd = -1};
}
