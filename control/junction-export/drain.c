// SPDX-License-Identifier: BSD-3-Clause
#include "drain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "record_check.h"

enum { RING_ROUND = 512, RING_SHIFT = 56 };
#define POSITION_MASK ((UINT64_C(1) << RING_SHIFT) - 1)

static void
set_delivered(struct drain_ring *ring, uint64_t position) {
    uint64_t bit = position & (ring->capacity - 1);
    if (((position - ring->tail) & POSITION_MASK) < ring->capacity)
        ring->delivered[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void
acknowledge(void *context, uint64_t opaque) {
    struct drain *d = context;
    if (emission_owns(opaque))
        emission_acknowledge(&d->emission, opaque);
    else if (opaque >> RING_SHIFT < d->ring_count)
        set_delivered(&d->rings[opaque >> RING_SHIFT], opaque & POSITION_MASK);
}

void
drain_open(struct drain *d, const char *instance, struct aggregator *aggregator, struct sink *sink, const char *node,
           const struct names *names) {
    *d = (struct drain){
        .instance = instance, .aggregator = aggregator, .sink = sink, .flow_documents = true, .shm.fd = -1};
    flow_writer_open(&d->writer, node, names);
    emission_open(&d->emission, aggregator, sink, node);
    sink->acknowledge = acknowledge;
    sink->context = d;
}

static void
detach_rings(struct drain *d) {
    for (unsigned int w = 0; w < JN_MAX_WORKERS; w++) {
        free(d->rings[w].delivered);
        d->rings[w] = (struct drain_ring){0};
    }
    d->ring_count = 0;
    jn_shm_detach(&d->shm);
}

// Every number of a ring's is copied once and checked as a copy: the writer's word is not asked twice.
static int
open_rings(struct drain *d, struct jn_records_region *region, unsigned int count, char err[JN_ERR_MAX]) {
    struct jn_records_region *copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, region, sizeof(*copy));
    copy->worker_count = count;
    int rc = jn_records_check(copy, d->shm.size, err);
    for (unsigned int w = 0; rc == 0 && w < count; w++) {
        const struct jn_ring *ring = &copy->rings[w];
        d->rings[w] = (struct drain_ring){
            .shared = &region->rings[w],
            .records = (const struct jn_record *)((const char *)region + ring->offset),
            .capacity = ring->capacity,
            .cursor = ring->tail,
            .tail = ring->tail,
            .lost = ring->lost,
            .delivered = calloc((ring->capacity + 63) / 64, sizeof(uint64_t)),
        };
        rc = d->rings[w].delivered == NULL ? -ENOMEM : 0;
    }
    if (rc == -ENOMEM)
        snprintf(err, JN_ERR_MAX, "no memory for the rings");
    flow_writer_ports(&d->writer, copy->ports);
    free(copy);
    return rc;
}

int
drain_attach(struct drain *d, char err[JN_ERR_MAX]) {
    uint64_t tails[JN_MAX_WORKERS], heads[JN_MAX_WORKERS];
    int rc = jn_shm_attach(&d->shm, d->instance, JN_REGION_RECORDS, sizeof(struct jn_records_region), true, err);
    if (rc < 0)
        return rc;
    struct jn_records_region *region = d->shm.base;
    unsigned int count = __atomic_load_n(&region->worker_count, __ATOMIC_RELAXED);
    rc = open_rings(d, region, count, err);
    for (unsigned int w = 0; rc == 0 && w < count; w++) {
        tails[w] = d->rings[w].tail;
        heads[w] = __atomic_load_n(&d->rings[w].shared->head, __ATOMIC_ACQUIRE);
    }
    if (rc == 0 && !aggregate_attach(d->aggregator, region->header.boot, count, tails, heads)) {
        aggregate_end_all(d->aggregator);
        snprintf(err, JN_ERR_MAX, "summaries of an earlier run are delivered first");
        rc = -EAGAIN;
    }
    if (rc < 0) {
        detach_rings(d);
        return rc;
    }
    d->ring_count = count;
    return 0;
}

static void
pass_over(struct drain *d, unsigned int w, const char *error) {
    static struct jn_log_limit limit;
    struct drain_ring *ring = &d->rings[w];
    d->unsound++;
    jn_log_limited(&limit, 1, JN_LOG_ERROR, "ring of worker %u: record %lu is not sound and is passed over: %s", w,
                   (unsigned long)ring->cursor, error);
    aggregate_skip(d->aggregator, w, ring->cursor);
    set_delivered(ring, ring->cursor);
}

// Released with the summaries of these intervals; without a place to note it, at once: the export region has what
// counts.
static void
hold_record(struct drain_ring *ring, unsigned int intervals) {
    if (intervals == 0 || ring->mark_count == DRAIN_MARKS)
        set_delivered(ring, ring->cursor);
    else
        ring->marks[ring->mark_count++] = (struct drain_mark){ring->cursor, intervals};
}

static int
submit_flow(struct drain *d, unsigned int w, const struct jn_record *record) {
    flow_document_write(&d->writer, record, &d->document);
    struct sink_document document = {
        .text = d->document.text,
        .length = d->document.length,
        .key = d->document.key,
        .key_length = d->document.key_length,
        .topic = SINK_FLOW,
        .opaque = (uint64_t)w << RING_SHIFT | (d->rings[w].cursor & POSITION_MASK),
    };
    return d->sink->operations->submit(d->sink, &document);
}

// False when it has to wait: for the sink, or for an older interval's end.
static bool
take_record(struct drain *d, unsigned int w) {
    struct drain_ring *ring = &d->rings[w];
    struct jn_record record;
    memcpy(&record, &ring->records[ring->cursor & (ring->capacity - 1)], sizeof(record));
    const char *error = record_error(&record, w);
    if (error != NULL) {
        pass_over(d, w, error);
        ring->cursor++;
        return true;
    }
    if (aggregate_record(d->aggregator, w, ring->cursor, &record) < 0)
        return false;
    if (record.type == JN_RECORD_FLOW && d->flow_documents) {
        if (submit_flow(d, w, &record) < 0)
            return false;
    } else if (record.type == JN_RECORD_INTERVAL_END) {
        int interval_idx = aggregate_find(d->aggregator, &record);
        hold_record(ring, interval_idx >= 0 ? 1u << interval_idx : 0);
    } else if (record.type == JN_RECORD_END_OF_STREAM)
        hold_record(ring, aggregate_in_use(d->aggregator));
    else
        set_delivered(ring, ring->cursor);
    ring->cursor++;
    return true;
}

// Records that can be read: 0 also when the ring's head cannot be right.
static uint64_t
pending(const struct drain_ring *ring, unsigned int w) {
    static struct jn_log_limit limit;
    uint64_t head = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
    if (head - ring->tail <= ring->capacity && head - ring->tail >= ring->cursor - ring->tail)
        return head - ring->cursor;
    jn_log_limited(&limit, 1, JN_LOG_ERROR, "ring of worker %u: its head (%lu) is not between %lu and %lu: not read", w,
                   (unsigned long)head, (unsigned long)ring->cursor, (unsigned long)(ring->tail + ring->capacity));
    return 0;
}

static int
read_ring(struct drain *d, unsigned int w) {
    uint64_t count = pending(&d->rings[w], w);
    int taken = 0;
    if (count > RING_ROUND)
        count = RING_ROUND;
    while ((uint64_t)taken < count && take_record(d, w))
        taken++;
    return taken;
}

static void
release_records(struct drain_ring *ring) {
    uint64_t tail = ring->tail;
    while (tail != ring->cursor) {
        uint64_t bit = tail & (ring->capacity - 1), *word = &ring->delivered[bit / 64];
        if (!(*word >> bit % 64 & 1))
            break;
        *word &= ~(UINT64_C(1) << bit % 64);
        tail++;
    }
    if (tail == ring->tail)
        return;
    ring->tail = tail;
    __atomic_store_n(&ring->shared->tail, tail, __ATOMIC_RELEASE);
}

static void
interval_delivered(struct drain *d, int interval_idx) {
    for (unsigned int w = 0; w < d->ring_count; w++) {
        struct drain_ring *ring = &d->rings[w];
        unsigned int kept = 0;
        for (unsigned int i = 0; i < ring->mark_count; i++) {
            struct drain_mark mark = ring->marks[i];
            mark.intervals &= ~(1u << interval_idx);
            if (mark.intervals == 0)
                set_delivered(ring, mark.position);
            else
                ring->marks[kept++] = mark;
        }
        ring->mark_count = kept;
    }
}

int
drain_step(struct drain *d) {
    int moved = 0;
    // A sink that is often full must starve nobody: summaries go first, and each ring comes first in its turn.
    for (int interval_idx; (interval_idx = emission_step(&d->emission)) >= 0; moved++)
        interval_delivered(d, interval_idx);
    d->turn++;
    for (unsigned int i = 0; i < d->ring_count; i++)
        moved += read_ring(d, (d->turn + i) % d->ring_count);
    int rc = d->sink->operations->poll(d->sink);
    for (unsigned int w = 0; w < d->ring_count; w++)
        release_records(&d->rings[w]);
    return rc < 0 ? rc : moved;
}

bool
drain_empty(const struct drain *d) {
    for (unsigned int w = 0; w < d->ring_count; w++)
        if (pending(&d->rings[w], w) > 0)
            return false;
    return true;
}

bool
drain_released(const struct drain *d) {
    for (unsigned int w = 0; w < d->ring_count; w++)
        if (d->rings[w].tail != d->rings[w].cursor)
            return false;
    return true;
}

void
drain_report_loss(struct drain *d) {
    for (unsigned int w = 0; w < d->ring_count; w++) {
        uint64_t lost = __atomic_load_n(&d->rings[w].shared->lost, __ATOMIC_RELAXED);
        if (lost == d->rings[w].lost)
            continue;
        jn_log(JN_LOG_WARNING, "worker %u: %lu records lost, for its ring was full (%lu since it was made)", w,
               (unsigned long)(lost - d->rings[w].lost), (unsigned long)lost);
        d->rings[w].lost = lost;
    }
}

void
drain_detach(struct drain *d) {
    aggregate_end_all(d->aggregator);
    detach_rings(d);
}

void
drain_close(struct drain *d) {
    detach_rings(d);
    emission_close(&d->emission);
}
