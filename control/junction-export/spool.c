// SPDX-License-Identifier: BSD-3-Clause
// What is written: blocks, the position, and what makes room.
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sink.h"
#include "spool_read.h"
#include "spool_segment.h"

#define SAVE_NS UINT64_C(50000000)

static void
next_slot(struct spool *spool, uint64_t *offset) {
    spool->position.generation++;
    spool->position.crc = spool_position_crc(&spool->position);
    *offset = spool->position.generation % 2 * 4096;
    spool->position_changed = false;
}

int
spool_save_position(struct spool *spool) {
    uint64_t offset;
    spool->saved_ns = world->clock->steady_ns();
    next_slot(spool, &offset);
    ssize_t done = world->files->write(spool->position_file, &spool->position, sizeof(spool->position), offset);
    if (done == (ssize_t)sizeof(spool->position))
        return 0;
    spool->position_changed = true;
    return done < 0 ? (int)done : -EIO;
}

static void
gauge(struct spool *spool) {
    uint64_t *gauges = spool->options.view->gauges;
    jn_sink_set(&gauges[JN_SINK_GAUGE_SPOOL_BYTES], spool->total_bytes);
    jn_sink_set(&gauges[JN_SINK_GAUGE_SPOOL_OLDEST_NS], spool->oldest != NULL ? spool->oldest->born_ns : 0);
}

void
spool_forget(struct spool *spool, struct spool_segment *segment) {
    char name[SPOOL_NAME_ROOM];
    struct spool_segment **link = &spool->oldest, *before = NULL;
    while (*link != segment) {
        before = *link;
        link = &(*link)->next;
    }
    *link = segment->next;
    if (spool->youngest == segment) {
        spool->youngest = before;
        if (spool->file >= 0)
            world->files->close(spool->file);
        spool->file = -1;
    }
    if (spool->reading == segment)
        spool_read_from(spool, segment->next);
    spool_segment_name(segment->first.records, name);
    world->files->unlink(spool->directory, name);
    spool->total_bytes -= segment->size;
    free(segment);
    gauge(spool);
}

// Documents of the segment that were not read yet.
static struct jn_sink_amount
unread_of(const struct spool *spool, const struct spool_segment *segment) {
    const struct jn_sink_amount *from = segment == spool->reading ? &spool->wanted : &segment->first;
    return (struct jn_sink_amount){segment->end.records - from->records, segment->end.packets - from->packets,
                                   segment->end.bytes - from->bytes};
}

// Is nothing of it on its way to the sink, where what was read and is not acknowledged is, and nothing in a ring any more,
// out of which it might be made again?
static bool
may_drop(const struct spool *spool, const struct spool_segment *segment) {
    uint64_t read_to = spool->wanted.records;
    if ((segment == spool->youngest && spool->file >= 0) || segment->end.records > spool->released)
        return false;
    return segment->first.records >= read_to ||
           (segment == spool->reading && spool->position.acknowledged.records >= read_to &&
            segment->end.records > read_to);
}

// First the count is on disk, then the segment goes.
static bool
begin_drop(struct spool *spool) {
    struct spool_segment *segment = spool->oldest;
    while (segment != NULL && !may_drop(spool, segment))
        segment = segment->next;
    if (segment == NULL)
        return false;
    struct jn_sink_amount amount = unread_of(spool, segment);
    struct spool_position *position = &spool->position;
    spool->position_before = *position;
    uint64_t from = segment->end.records - amount.records, offset;
    spool_add_gap(position, from, segment->end.records);
    jn_sink_add_amount(&position->lost[JN_SINK_LOSS_SPOOL_FULL], &amount);
    next_slot(spool, &offset);
    memcpy(spool->slot, position, sizeof(spool->slot));
    struct world_write write = {.file = spool->position_file, .directory = -1, .offset = offset, .part_count = 1};
    write.parts[0] = (struct iovec){spool->slot, sizeof(spool->slot)};
    if (world->files->write_begin(spool->writer, &write) < 0) {
        *position = spool->position_before;
        return false;
    }
    spool->doing = SPOOL_DROPS;
    spool->dropped = segment;
    spool->drop_amount = amount;
    return true;
}

static void
end_segment(struct spool *spool) {
    if (spool->file >= 0)
        world->files->close(spool->file);
    spool->file = -1;
}

bool
spool_drop_oldest(struct spool *spool) {
    if (spool->doing != SPOOL_IDLE)
        return true;
    if (begin_drop(spool))
        return true;
    end_segment(spool); // the youngest can go, too, when no more is written into it
    return begin_drop(spool);
}

// A segment begins with what is known of the one before it.
static int
begin_segment(struct spool *spool, const struct block *first) {
    char name[SPOOL_NAME_ROOM], aside[SPOOL_ASIDE_ROOM];
    struct jn_sink_amount begins = {first->first, first->before.packets, first->before.bytes};
    struct spool_header *h = &spool->header;
    *h = (struct spool_header){.magic = SPOOL_MAGIC,
                               .version = SPOOL_VERSION,
                               .life = spool->life,
                               .born_ns = world->clock->wall_ns(),
                               .first = begins,
                               .previous = spool->youngest != NULL ? spool->youngest->end : spool->end};
    snprintf(h->node, sizeof(h->node), "%s", spool->options.node);
    snprintf(h->instance, sizeof(h->instance), "%s", spool->options.instance);
    snprintf(h->sink, sizeof(h->sink), "%s", spool->options.sink);
    h->crc = spool_header_crc(h);
    struct spool_segment *segment = calloc(1, sizeof(*segment));
    if (segment == NULL)
        return -ENOMEM;
    *segment = (struct spool_segment){.first = begins, .end = begins, .born_ns = h->born_ns};
    spool_segment_name(begins.records, name);
    if (spool_set_aside(spool, name, aside) == 0) // one that could not be read at the start
        jn_log(JN_LOG_ERROR, "spool %s: what was in %s is kept as %s, and not delivered", spool->options.directory,
               name, aside);
    int file = world->files->open(spool->directory, name, O_RDWR | O_CREAT | O_TRUNC);
    if (file < 0) {
        free(segment);
        return file;
    }
    spool->file = file;
    spool->begun = segment;
    return 0;
}

static uint64_t
gather(struct spool *spool, struct block *const *blocks, unsigned int count, struct world_write *write) {
    uint64_t size = 0;
    if (spool->begun != NULL) {
        write->parts[write->part_count++] = (struct iovec){&spool->header, sizeof(spool->header)};
        write->directory = spool->directory;
        size = sizeof(spool->header);
    }
    for (unsigned int i = 0; i < count && write->part_count < WORLD_PARTS; i++) {
        block_sign(blocks[i]);
        block_hold(blocks[i]);
        spool->parts[spool->part_count++] = blocks[i];
        write->parts[write->part_count++] = (struct iovec){blocks[i]->bytes, blocks[i]->size};
        size += blocks[i]->size;
    }
    return size;
}

static void
let_parts_go(struct spool *spool) {
    while (spool->part_count > 0)
        block_let_go(spool->parts[--spool->part_count]);
}

// Give a segment up that has nothing in it yet.
static void
abandon_begun(struct spool *spool) {
    char name[SPOOL_NAME_ROOM];
    if (spool->begun == NULL)
        return;
    spool_segment_name(spool->begun->first.records, name);
    world->files->close(spool->file);
    world->files->unlink(spool->directory, name);
    spool->file = -1;
    free(spool->begun);
    spool->begun = NULL;
}

static void
trouble(struct spool *spool, int rc, const char *what) {
    const char *advice = rc == -ENOSPC || rc == -EDQUOT ? "make room there, or give the spool less (spool.max_mb)"
                         : rc == -EROFS                 ? "mount the file system for writing again"
                                        : "look at the disk (dmesg), or give the spool another directory";
    spool_trouble(spool->options.view, advice, "spool %s: %s: %s", spool->options.directory, what, strerror(-rc));
}

// How many of them go in one write, and their bytes: what follows without a gap, which would be damage in a segment, and is
// not more than a segment: a small spool takes one after the other.
static uint64_t
at_once(const struct spool *spool, struct block *const *blocks, unsigned int *count) {
    uint64_t bytes = blocks[0]->size;
    for (unsigned int i = 1; i < *count; i++) {
        if (blocks[i]->first != block_behind(blocks[i - 1]).records || bytes + blocks[i]->size > spool->segment_bytes)
            *count = i;
        else
            bytes += blocks[i]->size;
    }
    return bytes;
}

bool
spool_append(struct spool *spool, struct block *const *blocks, unsigned int count, bool *full) {
    *full = false;
    if (spool->doing != SPOOL_IDLE || count == 0)
        return false;
    uint64_t needed = at_once(spool, blocks, &count);
    if (spool->total_bytes + needed > spool->options.max_bytes && spool->oldest != NULL) {
        *full = !spool_drop_oldest(spool);
        return false;
    }
    if (spool->file >= 0 && blocks[0]->first != spool->end.records)
        end_segment(spool); // a gap in it would be damage
    int rc = spool->file < 0 ? begin_segment(spool, blocks[0]) : 0;
    struct world_write write = {.file = spool->file, .directory = -1};
    if (rc == 0) {
        write.offset = spool->begun != NULL ? 0 : spool->youngest->size;
        spool->write_size = gather(spool, blocks, count, &write);
        rc = world->files->write_begin(spool->writer, &write);
    }
    if (rc == 0) {
        spool->doing = SPOOL_APPENDS;
        return true;
    }
    let_parts_go(spool);
    abandon_begun(spool);
    trouble(spool, rc, "cannot be written");
    return false;
}

static void
appended(struct spool *spool, void (*written)(void *context, struct block *block), void *context) {
    struct jn_sink_view *view = spool->options.view;
    if (spool->begun != NULL) {
        *(spool->youngest != NULL ? &spool->youngest->next : &spool->oldest) = spool->begun;
        spool->youngest = spool->begun;
        spool->begun = NULL;
        if (spool->reading == NULL)
            spool_read_from(spool, spool->youngest);
    }
    spool->youngest->size += spool->write_size;
    spool->total_bytes += spool->write_size;
    for (unsigned int i = 0; i < spool->part_count; i++) {
        struct block *block = spool->parts[i];
        spool->end = block_behind(block);
        spool->youngest->end = spool->end;
        jn_sink_add(&view->counters[JN_SINK_COUNTER_SPOOLED], block->count);
        view->on_disk = spool->end;
        written(context, block);
    }
    if (spool->youngest->size >= spool->segment_bytes)
        end_segment(spool);
}

static void
dropped(struct spool *spool) {
    jn_sink_add_amount(&spool->options.view->lost[JN_SINK_LOSS_SPOOL_FULL], &spool->drop_amount);
    static struct jn_log_limit limit;
    jn_log_limited(&limit, 1, JN_LOG_WARNING,
                   "sink %s: the spool is full: its oldest %lu documents (%lu packets, %lu bytes) are lost",
                   spool->options.sink, (unsigned long)spool->drop_amount.records,
                   (unsigned long)spool->drop_amount.packets, (unsigned long)spool->drop_amount.bytes);
    spool_forget(spool, spool->dropped);
    spool->dropped = NULL;
}

// Segments of which the sink has everything go.
static void
forget_acknowledged(struct spool *spool) {
    while (spool->oldest != NULL && spool->doing == SPOOL_IDLE &&
           spool->oldest->end.records <= spool->position.acknowledged.records &&
           spool->oldest->end.records <= spool->wanted.records) {
        if (spool->oldest->next == NULL && spool->position_changed && spool_save_position(spool) < 0)
            return; // without a segment nothing else says that there are none
        spool_forget(spool, spool->oldest);
    }
}

int
spool_step(struct spool *spool, void (*written)(void *context, struct block *block), void *context) {
    if (spool->doing == SPOOL_IDLE) {
        forget_acknowledged(spool);
        if (spool->position_changed && world->clock->steady_ns() - spool->saved_ns >= SAVE_NS)
            spool_save_position(spool);
        return 0;
    }
    int rc = world->files->write_end(spool->writer);
    if (rc == -EAGAIN)
        return 0;
    enum spool_doing did = spool->doing;
    spool->doing = SPOOL_IDLE;
    if (did == SPOOL_DROPS && rc == 0)
        dropped(spool);
    else if (did == SPOOL_APPENDS && rc == 0)
        appended(spool, written, context);
    let_parts_go(spool);
    if (rc < 0) {
        if (did == SPOOL_DROPS)
            spool->position = spool->position_before;
        if (did == SPOOL_APPENDS && spool->begun == NULL && spool->file >= 0)
            world->files->cut(spool->file, spool->youngest->size); // what is there of it may not come again
        abandon_begun(spool);
        trouble(spool, rc, "cannot be written");
    } else
        spool_well(spool->options.view);
    gauge(spool);
    return rc;
}

// It is on its way to the disk at once: the counts of who comes next begin with it.
static void
count_lost(struct spool *spool, const struct jn_sink_amount lost[JN_SINK_LOSS_COUNT]) {
    bool any = false;
    for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++) {
        any = any || lost[i].records > 0;
        jn_sink_add_amount(&spool->position.lost[i], &lost[i]);
    }
    if (any && spool->doing != SPOOL_DROPS)
        spool_save_position(spool);
    else if (any)
        spool->position_changed = true;
}

void
spool_acknowledged(struct spool *spool, const struct jn_sink_amount *next,
                   const struct jn_sink_amount lost[JN_SINK_LOSS_COUNT]) {
    if (next->records > spool->position.acknowledged.records)
        spool->position.acknowledged = *next;
    count_lost(spool, lost);
    if (spool->oldest == NULL)
        return;
    spool->position_changed = true;
    forget_acknowledged(spool);
}

void
spool_lost(struct spool *spool, enum jn_sink_loss loss, const struct jn_sink_amount *amount) {
    struct jn_sink_amount lost[JN_SINK_LOSS_COUNT] = {0};
    lost[loss] = *amount;
    count_lost(spool, lost);
}

void
spool_close(struct spool *spool) {
    if (spool == NULL)
        return;
    if (spool->writer != NULL)
        world->files->writer_close(spool->writer);
    let_parts_go(spool);
    abandon_begun(spool);
    if (spool->position_file >= 0 && spool->position_changed)
        spool_save_position(spool);
    int files[] = {spool->file, spool->read_file, spool->position_file, spool->lock, spool->directory};
    for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (files[i] >= 0)
            world->files->close(files[i]);
    while (spool->oldest != NULL) {
        struct spool_segment *next = spool->oldest->next;
        free(spool->oldest);
        spool->oldest = next;
    }
    frame_reader_free(&spool->reader);
    free(spool);
}
