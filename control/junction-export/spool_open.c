// SPDX-License-Identifier: BSD-3-Clause
// A spool is taken over as it was left: by an exporter that ended or was killed, or by a machine that was reset.
#include "spool_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"
#include "spool_read.h"
#include "spool_segment.h"

enum { POSITION_BYTES = 8192 }; // two slots, a page each

static bool
read_whole(int file, void *to, size_t size, uint64_t at) {
    return world->files->read(file, to, size, at) == (ssize_t)size;
}

// What went out of memory is in no position for sure: the view may know more of it.
static void
take_counts(struct jn_sink_amount *lost, struct jn_sink_amount *shown, bool of_memory) {
    if (of_memory && shown->records > lost->records)
        *lost = *shown;
    *shown = *lost;
}

static void
load_position(struct spool *spool) {
    struct spool_position slot;
    bool found = false;
    for (uint64_t at = 0; at < POSITION_BYTES; at += POSITION_BYTES / 2)
        if (read_whole(spool->position_file, &slot, sizeof(slot), at) && slot.crc == spool_position_crc(&slot) &&
            slot.generation >= spool->position.generation && slot.generation > 0 &&
            slot.acknowledged.records < FRAME_NUMBERS) {
            spool->position = slot;
            found = true;
        }
    struct jn_sink_amount *shown = spool->options.view->lost;
    if (found)
        for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++)
            take_counts(&spool->position.lost[i], &shown[i], i == JN_SINK_LOSS_MEMORY_FULL);
    else
        memcpy(spool->position.lost, shown, sizeof(spool->position.lost));
}

// Where there is no room for it nothing can be spooled.
static int
open_position(struct spool *spool) {
    spool->position_file = world->files->open(spool->directory, "position", O_RDWR | O_CREAT);
    if (spool->position_file < 0)
        return spool->position_file;
    load_position(spool);
    int rc = world->files->size(spool->position_file) < POSITION_BYTES
                 ? world->files->reserve(spool->position_file, POSITION_BYTES)
                 : 0;
    return rc < 0 ? rc : world->files->sync(spool->position_file);
}

static bool
collect_name(void *context, const char *name) {
    struct spool *spool = context;
    uint64_t first;
    if (!spool_segment_number(name, &first))
        return true;
    struct spool_segment *segment = calloc(1, sizeof(*segment)), **link = &spool->oldest;
    if (segment == NULL)
        return false;
    segment->first.records = first;
    while (*link != NULL && (*link)->first.records < first)
        link = &(*link)->next;
    segment->next = *link;
    *link = segment;
    return true;
}

// What another version, or another instance, left here is kept and not touched.
static const char *
foreign(const struct spool *spool, const struct spool_header *h) {
    if (h->magic != SPOOL_MAGIC || h->crc != spool_header_crc(h))
        return NULL; // damaged: its documents say for themselves what they are
    if (h->version != SPOOL_VERSION)
        return "of another version of Junction";
    if (strncmp(h->instance, spool->options.instance, sizeof(h->instance)) != 0)
        return "of another instance";
    return strncmp(h->sink, spool->options.sink, sizeof(h->sink)) != 0 ? "of another sink" : NULL;
}

static void
set_aside(const struct spool *spool, const char *name, const char *why) {
    char other[SPOOL_ASIDE_ROOM];
    int rc = spool_set_aside(spool, name, other);
    jn_log(JN_LOG_ERROR, "spool %s: %s is %s: it is kept as %s, and not delivered%s%s", spool->options.directory, name,
           why, other, rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "");
}

static void
said_node(const struct spool *spool, const struct spool_header *h) {
    if (strncmp(h->node, spool->options.node, sizeof(h->node)) != 0)
        jn_log(JN_LOG_WARNING, "spool %s: has documents of node \"%.63s\", which are delivered as they are",
               spool->options.directory, h->node);
}

static int
open_found(const struct spool *spool, const struct spool_segment *segment, int flags) {
    char name[SPOOL_NAME_ROOM];
    spool_segment_name(segment->first.records, name);
    return world->files->open(spool->directory, name, flags);
}

static int
read_header(const struct spool *spool, struct spool_segment *segment, struct spool_header *h) {
    int file = open_found(spool, segment, O_RDONLY);
    int64_t size = file < 0 ? file : world->files->size(file);
    segment->sound = size >= 0 && read_whole(file, h, sizeof(*h), 0) && h->magic == SPOOL_MAGIC &&
                     h->crc == spool_header_crc(h) && h->first.records == segment->first.records &&
                     h->previous.records < FRAME_NUMBERS;
    segment->size = size >= 0 ? (uint64_t)size : 0;
    if (file >= 0)
        world->files->close(file);
    return size < 0 ? (int)size : 0;
}

// What its header says. False: it is not to be read.
static bool
introduce(struct spool *spool, struct spool_segment *segment) {
    char name[SPOOL_NAME_ROOM];
    struct spool_header h = {0};
    int rc = read_header(spool, segment, &h);
    const char *why = rc == 0 ? foreign(spool, &h) : NULL;
    spool_segment_name(segment->first.records, name);
    if (rc < 0)
        jn_log(JN_LOG_ERROR, "spool %s: %s: %s", spool->options.directory, name, strerror(-rc));
    if (why != NULL)
        set_aside(spool, name, why);
    segment->born_ns = segment->sound ? h.born_ns : world->clock->wall_ns();
    if (!segment->sound)
        return rc == 0 && why == NULL;
    segment->first = h.first;
    segment->previous = h.previous;
    if (why == NULL)
        said_node(spool, &h);
    return why == NULL;
}

// Takes it off the list; its file stays.
static void
leave_out(struct spool_segment **link) {
    struct spool_segment *segment = *link;
    *link = segment->next;
    free(segment);
}

// Was something of what stands between them let go for want of room, and counted?
static bool
gap_between(const struct spool *spool, const struct spool_segment *before, const struct spool_segment *behind) {
    return spool_gap_between(&spool->position, before->first.records, behind->first.records);
}

// A segment whose dropping was begun: its loss is counted already, and the sink has what was before it there.
static bool
was_dropped(const struct spool *spool, const struct spool_segment *segment) {
    for (unsigned int i = 0; i < SPOOL_GAPS; i++)
        if (segment->end.records > spool->position.gaps[i].from && segment->end.records <= spool->position.gaps[i].to)
            return true;
    return false;
}

// Of the last segment's end the exporter before this one knew, unless the machine was reset.
static bool
believe_view(const struct spool *spool, struct spool_segment *last, const struct jn_sink_amount *seen) {
    const struct jn_sink_amount *known = &spool->options.view->on_disk;
    if (known->records <= seen->records || known->packets < seen->packets || known->bytes < seen->bytes ||
        spool_gap_between(&spool->position, seen->records, known->records))
        return false; // or what stood behind it went for want of room
    last->end = *known;
    return true;
}

// From this number on documents may be made again: older segments need not be looked at.
static uint64_t
made_again_from(const struct spool *spool) {
    uint64_t from = UINT64_MAX;
    for (unsigned int i = 0; i < JN_SINK_SOURCES; i++)
        if (spool->options.view->let_go[i] != 0 && spool->options.view->let_go[i] < from)
            from = spool->options.view->let_go[i];
    return from;
}

// Where a segment ends the next one's header says, but for the last. Elsewhere, and where documents may be made again, it is
// read.
static bool
end_is_known(const struct spool *spool, struct spool_segment *segment) {
    const struct spool_segment *next = segment->next;
    if (!segment->sound || next == NULL || !next->sound || next->previous.records < segment->first.records ||
        gap_between(spool, segment, next))
        return false;
    segment->end = next->previous;
    return true;
}

// What was made again is cut off at the last one's end, and with it what is torn: first this is no longer known as an end.
static void
end_last(const struct spool *spool, struct spool_segment *last, const struct spool_scan *scan, int file) {
    last->end = scan->kept_size != 0 ? scan->kept : last->first;
    if (believe_view(spool, last, scan->any ? &scan->seen : &last->first))
        return;
    uint64_t size = scan->kept_size != 0 ? scan->kept_size : sizeof(struct spool_header);
    spool->options.view->on_disk = scan->kept_size != 0 ? last->end : last->previous;
    if (size < last->size && world->files->cut(file, size) == 0)
        last->size = size;
}

// Read it through: 0 or a negative errno.
static int
look_into(const struct spool *spool, struct spool_segment *segment, bool known, int *mark_error) {
    struct spool_scan scan;
    int file = open_found(spool, segment, O_RDWR);
    if (file < 0)
        file = open_found(spool, segment, O_RDONLY);
    if (file < 0)
        return file;
    int rc = spool_scan(file, segment->size, spool->options.view->let_go, &scan);
    if (!segment->sound && scan.any && segment->first.packets == 0) {
        segment->first.packets = scan.first.packets;
        segment->first.bytes = scan.first.bytes;
    }
    if (rc == 0 && segment->next == NULL)
        end_last(spool, segment, &scan, file);
    else if (rc == 0 && !known)
        segment->end = scan.any ? scan.seen : segment->first;
    if (scan.marked > 0 && scan.mark_error == 0)
        scan.mark_error = world->files->sync(file);
    if (scan.mark_error < 0)
        *mark_error = scan.mark_error;
    world->files->close(file);
    return rc;
}

// False: it is not to be read.
static bool
find_end(const struct spool *spool, struct spool_segment *segment, const struct spool_segment *before,
         int *mark_error) {
    char name[SPOOL_NAME_ROOM];
    if (!segment->sound && before != NULL && before->end.records == segment->first.records)
        segment->first = before->end;
    segment->end = segment->first;
    bool known = end_is_known(spool, segment);
    int rc = known && segment->end.records <= made_again_from(spool) ? 0 : look_into(spool, segment, known, mark_error);
    bool mine = segment->end.records >= segment->first.records;
    spool_segment_name(segment->first.records, name);
    if (!mine) // documents that come later would have numbers that are taken for read
        set_aside(spool, name, "of other documents than its name says");
    if (rc == 0 || known)
        return mine;
    jn_log(JN_LOG_ERROR, "spool %s: %s: %s", spool->options.directory, name, strerror(-rc));
    return false;
}

// A mark that is not on disk would let documents come twice, and out of their order, after the next start.
static int
recover_segments(struct spool *spool) {
    struct spool_segment **link = &spool->oldest, *before = NULL;
    int mark_error = 0;
    while (*link != NULL)
        if (introduce(spool, *link))
            link = &(*link)->next;
        else
            leave_out(link);
    for (link = &spool->oldest; *link != NULL;) {
        struct spool_segment *segment = *link;
        bool mine = find_end(spool, segment, before, &mark_error);
        bool over = mine && (was_dropped(spool, segment) || segment->end.records == segment->first.records);
        if (!mine || over) {
            char name[SPOOL_NAME_ROOM];
            spool_segment_name(segment->first.records, name);
            if (over)
                world->files->unlink(spool->directory, name);
            leave_out(link);
            continue;
        }
        if (before != NULL && segment->sound && segment->previous.records > before->end.records &&
            !gap_between(spool, before, segment))
            before->end = segment->previous;
        if (before != NULL && segment->end.records < before->end.records)
            segment->end = before->end; // damaged ones may overlap: the youngest's end is that of all
        spool->total_bytes += segment->size;
        before = spool->youngest = segment;
        link = &segment->next;
    }
    return mark_error;
}

// Find segments and position, cut a torn end off, and set the reader to the position.
static int
recover(struct spool *spool, char err[JN_ERR_MAX]) {
    int rc = open_position(spool);
    if (rc == 0)
        rc = world->files->list(spool->directory, collect_name, spool);
    struct jn_sink_amount known = spool->options.view->on_disk;
    if (rc == 0)
        rc = recover_segments(spool);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "spool %s: %s", spool->options.directory, strerror(-rc));
        return rc;
    }
    spool->end = spool->position.acknowledged;
    if (known.records > spool->end.records)
        spool->end = known;
    for (const struct spool_segment *segment = spool->oldest; segment != NULL; segment = segment->next)
        if (segment->end.records >= spool->end.records)
            spool->end = segment->end;
    spool->options.view->on_disk = spool->youngest != NULL ? spool->youngest->end : spool->position.acknowledged;
    spool->wanted = spool->position.acknowledged;
    while (spool->oldest != NULL && spool->oldest->end.records <= spool->wanted.records)
        spool_forget(spool, spool->oldest);
    spool_read_from(spool, spool->oldest);
    if (spool_unread(spool))
        jn_log(JN_LOG_INFO, "sink %s: its spool has about %lu documents, which go first", spool->options.sink,
               (unsigned long)(spool->end.records - spool->wanted.records));
    return 0;
}

static int
take_lock(struct spool *spool, char err[JN_ERR_MAX]) {
    spool->lock = world->files->open(spool->directory, "lock", O_RDWR | O_CREAT);
    int rc = spool->lock < 0 ? spool->lock : world->files->lock(spool->lock);
    if (rc == -EWOULDBLOCK)
        snprintf(err, JN_ERR_MAX, "spool %s: another junction-export uses it: each instance and sink needs its own",
                 spool->options.directory);
    else if (rc < 0)
        snprintf(err, JN_ERR_MAX, "spool %s: cannot be locked: %s", spool->options.directory, strerror(-rc));
    return rc;
}

static uint64_t
between(uint64_t value, uint64_t least, uint64_t most) {
    return value < least ? least : value > most ? most : value;
}

struct spool *
spool_open(const struct spool_options *options, char err[JN_ERR_MAX]) {
    struct spool *spool = calloc(1, sizeof(*spool));
    if (spool == NULL) {
        snprintf(err, JN_ERR_MAX, "no memory for a spool");
        return NULL;
    }
    spool->options = *options;
    spool->lock = spool->position_file = spool->file = spool->read_file = -1;
    spool->segment_bytes = between(options->max_bytes / 8, BLOCK_BYTES, SPOOL_SEGMENT_MAX);
    if (getrandom(&spool->life, sizeof(spool->life), 0) < 0)
        spool->life = world->clock->steady_ns();
    spool->writer = world->files->writer_open();
    spool->directory = world->files->directory(options->directory);
    int rc = spool->directory;
    if (rc < 0)
        snprintf(err, JN_ERR_MAX, "spool %s: %s", options->directory, strerror(-rc));
    else
        rc = take_lock(spool, err);
    if (rc >= 0 && spool->writer == NULL) {
        snprintf(err, JN_ERR_MAX, "spool %s: no thread to write it", options->directory);
        rc = -ENOMEM;
    }
    if (rc >= 0)
        rc = recover(spool, err);
    if (rc >= 0)
        return spool;
    spool_close(spool);
    return NULL;
}
