// SPDX-License-Identifier: BSD-3-Clause
#include "dead_letter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lines_end.h"
#include "log.h"
#include "text.h"
#include "world.h"

enum { REASON_MAX = 1024 };
#define SAY_EVERY_NS UINT64_C(60000000000)

// Once a minute, with all that came meanwhile.
static void
unwritten(struct dead_letter *letters, uint64_t documents, const char *why) {
    uint64_t now = world->clock->steady_ns();
    jn_sink_add(&letters->view->counters[JN_SINK_COUNTER_UNWRITTEN], documents);
    letters->unsaid += documents;
    if (letters->said_ns != 0 && now - letters->said_ns < SAY_EVERY_NS)
        return;
    jn_log(JN_LOG_ERROR, "sink %s: %" PRIu64 " refused document%s not kept in %s: %s", letters->view->name,
           letters->unsaid, letters->unsaid == 1 ? " is" : "s are", DEAD_LETTER_FILE, why);
    letters->said_ns = now;
    letters->unsaid = 0;
}

static uint64_t
count_lines(int file) {
    static char block[65536];
    uint64_t lines = 0, offset = 0;
    for (ssize_t got; (got = world->files->read(file, block, sizeof(block), offset)) > 0; offset += (uint64_t)got)
        for (const char *at = block; (at = memchr(at, '\n', (size_t)(block + got - at))) != NULL; at++)
            lines++;
    return lines;
}

static int
open_file(struct dead_letter *letters) {
    int file = world->files->open(letters->directory, DEAD_LETTER_FILE, O_RDWR | O_CREAT);
    if (file < 0)
        return file;
    int64_t size = world->files->size(file);
    uint64_t end = size > 0 ? lines_end(file, (uint64_t)size) : 0;
    int rc = size < 0 ? (int)size : (uint64_t)size != end ? world->files->cut(file, end) : 0;
    if (rc < 0) {
        world->files->close(file);
        return rc;
    }
    letters->file = file;
    letters->size = end;
    return 0;
}

// The file becomes the old one, whose documents go.
static int
rotate(struct dead_letter *letters) {
    uint64_t lost = 0;
    int old = world->files->open(letters->directory, DEAD_LETTER_OLD_FILE, O_RDONLY);
    if (old >= 0) {
        lost = count_lines(old);
        world->files->close(old);
    }
    int rc = world->files->rename(letters->directory, DEAD_LETTER_FILE, DEAD_LETTER_OLD_FILE);
    if (rc < 0)
        return rc;
    world->files->close(letters->file);
    letters->file = -1;
    if (lost > 0)
        unwritten(letters, lost, "both files had reached their largest size, and the older was replaced");
    return open_file(letters);
}

// As put_escaped, in pieces that it takes whole, each of whole characters.
static char *
put_reason(char *at, const char *reason) {
    size_t left = strnlen(reason, REASON_MAX), piece, character;
    while (left == REASON_MAX && ((unsigned char)reason[left] & 0xc0) == 0x80)
        left--;
    for (; left > 0; reason += piece, left -= piece) {
        for (piece = 0; piece < left; piece += character) {
            character = text_utf8_length((const uint8_t *)reason + piece, left - piece);
            character = character == 0 ? 1 : character;
            if (piece + character > TEXT_STRING_MAX)
                break;
        }
        at = put_escaped(at, reason, piece);
    }
    return at;
}

// Returns the length; the caller frees *line. NULL: no memory.
static size_t
make_line(const struct dead_letter *letters, const struct document *document, const char *reason, char **line) {
    struct time_cache cache = {0};
    *line = malloc(document->length + (size_t)REASON_MAX * 6 + TEXT_STRING_ROOM + 128);
    if (*line == NULL)
        return 0;
    char *at = put_time(&cache, PUT(*line, "{\"@timestamp\":\""), world->clock->wall_ns());
    at = PUT(at, "\",\"sink\":\"");
    at = put_escaped(at, letters->view->name, strlen(letters->view->name));
    at = put_reason(PUT(at, "\",\"reason\":\""), reason);
    at = PUT(at, "\",\"document\":");
    at = put_bytes(at, document->text, document->length);
    at = PUT(at, "}\n");
    return (size_t)(at - *line);
}

static int
write_line(struct dead_letter *letters, const char *line, size_t length) {
    int rc = letters->file < 0 ? open_file(letters) : 0;
    if (rc == 0 && letters->size > 0 && letters->size + length > DEAD_LETTER_BYTES)
        rc = rotate(letters);
    if (rc < 0)
        return rc;
    ssize_t written = world->files->write(letters->file, line, length, letters->size);
    if (written == (ssize_t)length) {
        letters->size += length;
        return 0;
    }
    world->files->cut(letters->file, letters->size); // half a line is none
    return written < 0 ? (int)written : -ENOSPC;
}

void
dead_letter_open(struct dead_letter *letters, int directory, struct jn_sink_view *view) {
    *letters = (struct dead_letter){.directory = directory, .file = -1, .view = view};
}

void
dead_letter_add(struct dead_letter *letters, const struct document *document, const char *reason) {
    char *line;
    if (letters->directory < 0) {
        unwritten(letters, 1, "the sink has no spool, and so no directory for it");
        return;
    }
    size_t length = make_line(letters, document, reason, &line);
    int rc = line != NULL ? write_line(letters, line, length) : -ENOMEM;
    free(line);
    if (rc < 0)
        unwritten(letters, 1, strerror(-rc));
}

void
dead_letter_close(struct dead_letter *letters) {
    if (letters->file >= 0)
        world->files->close(letters->file);
    letters->file = -1;
}
