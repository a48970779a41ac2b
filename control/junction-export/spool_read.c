// SPDX-License-Identifier: BSD-3-Clause
// What is read back: segment by segment, past what is damaged. Damage is measured by numbers: a document says which it is,
// and how many packets and bytes stood before it.
#include "spool_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "sink.h"
#include "spool_segment.h"

#define GIVE_UP_NS UINT64_C(60000000000)

static struct frame
header_of(const char *at) {
    struct frame header;
    memcpy(&header, at, sizeof(header));
    return header;
}

static struct jn_sink_amount
behind(const struct frame *header) {
    return (struct jn_sink_amount){header->sequence + 1, header->packets_before + header->packets,
                                   header->bytes_before + header->bytes};
}

static void
add_difference(struct jn_sink_amount *sum, const struct jn_sink_amount *from, const struct jn_sink_amount *to) {
    sum->records += to->records - from->records;
    sum->packets += to->packets >= from->packets ? to->packets - from->packets : 0;
    sum->bytes += to->bytes >= from->bytes ? to->bytes - from->bytes : 0;
}

// Its header says so from now on.
static int
mark_made_again(int file, uint64_t offset, const char *at) {
    struct frame header = frame_made_again(at);
    ssize_t done = world->files->write(file, &header, sizeof(header), offset);
    return done < 0 ? (int)done : done < (ssize_t)sizeof(header) ? -EIO : 0;
}

int
spool_scan(int file, uint64_t size, const uint64_t let_go[JN_SINK_SOURCES], struct spool_scan *scan) {
    struct frame_reader reader = {0};
    const char *at;
    size_t length;
    *scan = (struct spool_scan){0};
    frame_reader_begin(&reader, file, sizeof(struct spool_header), size);
    while ((at = frame_reader_next(&reader, &length)) != NULL) {
        struct frame header = header_of(at);
        uint64_t offset = reader.at + reader.offset, limit = let_go[header.source % JN_SINK_SOURCES];
        bool again = header.made_again != 0 || (limit != 0 && header.sequence >= limit);
        if (!scan->any)
            scan->first = (struct jn_sink_amount){header.sequence, header.packets_before, header.bytes_before};
        scan->any = true;
        scan->seen = behind(&header);
        if (again && header.made_again == 0) {
            scan->marked++;
            if (scan->mark_error == 0)
                scan->mark_error = mark_made_again(file, offset, at);
        } else if (!again) {
            scan->kept = scan->seen;
            scan->kept_size = offset + length;
        }
        frame_reader_take(&reader, length);
    }
    int error = reader.error;
    frame_reader_free(&reader);
    return error;
}

void
spool_read_from(struct spool *spool, struct spool_segment *segment) {
    if (spool->read_file >= 0)
        world->files->close(spool->read_file);
    spool->read_file = -1;
    spool->reading = segment;
    if (segment != NULL && segment->first.records > spool->wanted.records)
        spool->wanted = segment->first;
}

// What cannot be read now may be later; after a minute it counts as damaged. True: give it up.
static bool
given_up(struct spool *spool, int error) {
    uint64_t now = world->clock->steady_ns();
    spool_trouble(spool->options.view, "look at the disk (dmesg)", "spool %s: a segment cannot be read: %s",
                  spool->options.directory, strerror(-error));
    if (spool->unreadable_ns == 0)
        spool->unreadable_ns = now;
    return error == -ENOENT || now - spool->unreadable_ns > GIVE_UP_NS;
}

// The file of the segment that is read: 0 or a negative errno.
static int
open_segment(struct spool *spool) {
    char name[SPOOL_NAME_ROOM];
    struct spool_segment *segment = spool->reading;
    if (spool->read_file < 0) {
        spool_segment_name(segment->first.records, name);
        spool->read_file = world->files->open(spool->directory, name, O_RDONLY);
        if (spool->read_file < 0)
            return spool->read_file;
        frame_reader_begin(&spool->reader, spool->read_file, sizeof(struct spool_header), segment->size);
    }
    spool->reader.end = segment->size;
    spool->reader.error = 0;
    return 0;
}

// A frame that is of the spool, in its order. Others are as good as damaged.
static bool
in_order(const struct spool *spool, const struct frame *header) {
    return header->sequence >= spool->wanted.records && header->sequence < spool->reading->end.records;
}

// Frames up to the next damage, or a block of them.
static void
collect(struct spool *spool, struct block *block) {
    const char *at;
    size_t length;
    while ((at = frame_reader_next(&spool->reader, &length)) != NULL) {
        struct frame header = header_of(at);
        if (in_order(spool, &header)) {
            struct jn_sink_amount here = {header.sequence, header.packets_before, header.bytes_before};
            if (here.records > spool->wanted.records && block->count > 0)
                return;
            if (header.made_again == 0 && !block_take(block, at, length))
                return;
            if (here.records > spool->wanted.records)
                add_difference(&block->damaged, &spool->wanted, &here);
            spool->wanted = behind(&header);
        }
        frame_reader_take(&spool->reader, length);
    }
}

// What is missing at the segment's end, once it is read to its end and no more is written into it.
static bool
segment_done(struct spool *spool, struct block *block) {
    struct spool_segment *segment = spool->reading;
    if (spool->wanted.records < segment->end.records) {
        add_difference(&block->damaged, &spool->wanted, &segment->end);
        spool->wanted = segment->end;
    }
    if (segment->next == NULL)
        return false;
    spool_read_from(spool, segment->next);
    return true;
}

// What was made again counts: the sink needs no more of it.
static bool
has_content(const struct spool *spool, const struct block *block) {
    return block->count > 0 || spool->wanted.records > block->behind.records;
}

struct block *
spool_read(struct spool *spool) {
    if (!spool_unread(spool))
        return NULL;
    struct block *block = block_make_read(&spool->wanted);
    if (block == NULL)
        return NULL;
    block->behind = spool->wanted;
    do {
        if (spool->doing == SPOOL_DROPS && spool->reading == spool->dropped)
            break; // it counts as lost already
        int error = open_segment(spool);
        if (error == 0) {
            collect(spool, block);
            error = spool->reader.error;
        }
        if (error < 0 && !given_up(spool, error))
            break;
        if (error == 0 && spool->unreadable_ns != 0) {
            spool->unreadable_ns = 0;
            spool_well(spool->options.view);
        }
        if (block->count > 0 && spool->wanted.records < spool->reading->end.records)
            break; // there is more of it
    } while (segment_done(spool, block) && !has_content(spool, block));
    if (has_content(spool, block)) {
        block->behind = spool->wanted;
        return block;
    }
    block_let_go(block);
    return NULL;
}

bool
spool_unread(const struct spool *spool) {
    return spool->youngest != NULL && spool->wanted.records < spool->youngest->end.records;
}

void
spool_sent(struct spool *spool, const struct jn_sink_amount *next) {
    if (next->records > spool->wanted.records)
        spool->wanted = *next;
}
