// SPDX-License-Identifier: BSD-3-Clause
#include "capture/capture_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NS_IN_A_SECOND = 1000000000, NANOSECONDS = 9 };
enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_ENHANCED = 6, OPTION_RESOLUTION = 9 };

struct jn_capture_written {
    uint64_t order, at; // at: in the temporary file
    uint32_t size;
};

static void
put(FILE *file, const void *bytes, size_t length) {
    fwrite(bytes, 1, length, file); // ferror is asked at the end
}

static void
put_pcapng_head(struct jn_capture_writer *w) {
    const uint32_t section[] = {BLOCK_SECTION, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28};
    put(w->file, section, sizeof(section));
    for (unsigned int i = 0; i < w->link_type_count; i++) {
        const uint32_t interface[] = {
            BLOCK_INTERFACE, 32, w->link_types[i], JN_CAPTURE_LONGEST, 1 << 16 | OPTION_RESOLUTION, NANOSECONDS, 0, 32};
        put(w->file, interface, sizeof(interface));
    }
}

int
jn_capture_write_open(struct jn_capture_writer *w, const char *path, const struct jn_capture_kind *kind,
                      char err[JN_ERR_MAX]) {
    *w = (struct jn_capture_writer){.path = path, .link_type_count = kind->link_type_count};
    memcpy(w->link_types, kind->link_types, sizeof(w->link_types));
    w->pcapng = kind->link_type_count != 1 || kind->latest_ns / NS_IN_A_SECOND > UINT32_MAX;
    w->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (w->file == NULL || (!kind->ordered && (w->unordered = tmpfile()) == NULL)) {
        int rc = -errno;
        snprintf(err, JN_ERR_MAX, "%s: %s", path, strerror(-rc));
        return rc;
    }
    const uint32_t pcap[] = {0xa1b23c4d, 4 << 16 | 2, 0, 0, JN_CAPTURE_LONGEST, kind->link_types[0]};
    if (w->pcapng)
        put_pcapng_head(w);
    else
        put(w->file, pcap, sizeof(pcap));
    return 0;
}

static uint32_t
interface_of(const struct jn_capture_writer *w, uint16_t link_type) {
    for (uint32_t i = 0; i < w->link_type_count; i++)
        if (w->link_types[i] == link_type)
            return i;
    return 0;
}

static bool
note_place(struct jn_capture_writer *w, uint64_t order, uint32_t size) {
    if (w->written_count == w->written_room) {
        size_t room = w->written_room != 0 ? 2 * w->written_room : 1024;
        void *larger = realloc(w->written, room * sizeof(*w->written));
        if (larger == NULL)
            return false;
        w->written = larger;
        w->written_room = room;
    }
    const struct jn_capture_written *last = w->written_count != 0 ? &w->written[w->written_count - 1] : NULL;
    uint64_t at = last != NULL ? last->at + last->size : 0;
    w->written[w->written_count++] = (struct jn_capture_written){order, at, size};
    return true;
}

void
jn_capture_write(struct jn_capture_writer *w, const struct jn_capture_frame *frame, const void *bytes) {
    FILE *file = w->unordered != NULL ? w->unordered : w->file;
    uint32_t padding = w->pcapng ? -frame->length & 3 : 0, total = 32 + frame->length + padding;
    const uint32_t pcapng[] = {BLOCK_ENHANCED,
                               total,
                               interface_of(w, frame->link_type),
                               (uint32_t)(frame->time_ns >> 32),
                               (uint32_t)frame->time_ns,
                               frame->length,
                               frame->wire_length};
    const uint32_t pcap[] = {(uint32_t)(frame->time_ns / NS_IN_A_SECOND), (uint32_t)(frame->time_ns % NS_IN_A_SECOND),
                             frame->length, frame->wire_length};
    uint32_t size = w->pcapng ? total : (uint32_t)sizeof(pcap) + frame->length;
    if (w->unordered != NULL && !note_place(w, frame->offset, size)) {
        w->error = -ENOMEM;
        return;
    }
    put(file, w->pcapng ? pcapng : pcap, w->pcapng ? sizeof(pcapng) : sizeof(pcap));
    put(file, bytes, frame->length);
    if (w->pcapng) {
        put(file, (const uint8_t[4]){0}, padding);
        put(file, &total, sizeof(total));
    }
}

static int
by_order(const void *a, const void *b) {
    const struct jn_capture_written *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

// From the temporary file to the one that was asked for.
static int
bring_into_order(struct jn_capture_writer *w) {
    static uint8_t block[JN_CAPTURE_LONGEST + 64];
    if (fflush(w->unordered) != 0 || ferror(w->unordered))
        return -errno;
    if (w->written_count != 0)
        qsort(w->written, w->written_count, sizeof(*w->written), by_order);
    for (size_t i = 0; i < w->written_count; i++) {
        const struct jn_capture_written *frame = &w->written[i];
        if (frame->size > sizeof(block) ||
            pread(fileno(w->unordered), block, frame->size, (off_t)frame->at) != frame->size)
            return -EIO;
        put(w->file, block, frame->size);
    }
    return 0;
}

int
jn_capture_write_close(struct jn_capture_writer *w, char err[JN_ERR_MAX]) {
    if (w->file == NULL)
        return 0;
    if (w->unordered != NULL) {
        int rc = bring_into_order(w);
        w->error = w->error != 0 ? w->error : rc;
        fclose(w->unordered);
    }
    if ((fflush(w->file) != 0 || ferror(w->file)) && w->error == 0)
        w->error = errno != 0 ? -errno : -EIO;
    if (w->file != stdout && fclose(w->file) != 0 && w->error == 0)
        w->error = -errno;
    if (w->error < 0)
        snprintf(err, JN_ERR_MAX, "%s: cannot be written: %s", w->path, strerror(-w->error));
    free(w->written);
    w->file = NULL;
    return w->error;
}
