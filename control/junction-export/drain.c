// SPDX-License-Identifier: BSD-3-Clause
#include "drain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "record_check.h"

enum { RING_ROUND = 512, CONSUMED_LAYOUT = 1 };

static void
on_secured(void *context, uint64_t opaque) {
    struct drain *d = context;
    if (emission_owns(opaque))
        emission_acknowledge(&d->emission, opaque);
    else if (opaque >> RING_POSITION_BITS < d->ring_count)
        acknowledge_record(&d->rings[opaque >> RING_POSITION_BITS].acknowledged, opaque & RING_POSITION_MASK);
}

void
drain_open(struct drain *d, const char *instance, struct aggregator *aggregator, struct delivery *delivery,
           const char *node, const struct names *names) {
    *d = (struct drain){.instance = instance,
                        .aggregator = aggregator,
                        .delivery = delivery,
                        .flow_documents = true,
                        .annotations.shm.fd = -1,
                        .shm.fd = -1,
                        .consumed.fd = -1};
    flow_writer_open(&d->writer, node, names);
    emission_open(&d->emission, aggregator, delivery, node);
    delivery->secured = on_secured;
    delivery->context = d;
}

void
drain_annotate(struct drain *d, struct annotated *annotated) {
    annotation_rings_open(&d->annotations, d->instance, annotated);
    d->writer.annotated = annotated;
    d->emission.annotated = annotated;
}

static void
detach_rings(struct drain *d) {
    for (unsigned int w = 0; w < JN_MAX_WORKERS; w++) {
        acknowledge_close(&d->rings[w].acknowledged);
        d->rings[w] = (struct drain_ring){0};
    }
    d->ring_count = 0;
    jn_shm_detach(&d->shm);
}

static struct jn_consumed *
consumed_of(const struct drain *d, unsigned int w) {
    return &((struct jn_consumed_region *)d->consumed.base)->rings[w];
}

// Ours is taken over, with what it says of the rings, or made.
static int
open_consumed(struct drain *d, char err[JN_ERR_MAX]) {
    if (d->consumed.base != NULL)
        return 0;
    int rc = jn_shm_create(&d->consumed, d->instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region),
                           CONSUMED_LAYOUT, false, true, err);
    if (rc == 0)
        jn_shm_ready(&d->consumed);
    return rc < 0 ? rc : 0;
}

// Every number of a ring's is copied once and checked as a copy: the writer's word is not asked twice.
static int
open_rings(struct drain *d, const struct jn_records_region *region, unsigned int count, char err[JN_ERR_MAX]) {
    struct jn_records_region *copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy, region, sizeof(*copy));
    copy->worker_count = count;
    int rc = jn_records_check(copy, d->shm.size, err);
    for (unsigned int w = 0; rc == 0 && w < count; w++) {
        const struct jn_ring *ring = &copy->rings[w];
        uint64_t refused, tail = jn_ring_taken(ring, consumed_of(d, w), copy->header.boot, &refused);
        d->rings[w] = (struct drain_ring){
            .records = (const struct jn_record *)((const char *)region + ring->offset),
            .cursor = tail,
            .lost = ring->lost,
        };
        rc =
            acknowledge_open(&d->rings[w].acknowledged, &region->rings[w], ring, consumed_of(d, w), tail) ? 0 : -ENOMEM;
    }
    if (rc == -ENOMEM)
        snprintf(err, JN_ERR_MAX, "no memory for the rings");
    flow_writer_ports(&d->writer, copy->ports);
    free(copy);
    return rc;
}

int
drain_attach(struct drain *d, char err[JN_ERR_MAX]) {
    uint64_t tails[JN_MAX_WORKERS] = {0}, heads[JN_MAX_WORKERS] = {0};
    int rc = jn_shm_attach(&d->shm, d->instance, JN_REGION_RECORDS, sizeof(struct jn_records_region), false, err);
    if (rc < 0)
        return rc;
    const struct jn_records_region *region = d->shm.base;
    unsigned int count = __atomic_load_n(&region->worker_count, __ATOMIC_RELAXED);
    uint64_t boot = __atomic_load_n(&region->header.boot, __ATOMIC_RELAXED);
    rc = open_consumed(d, err);
    if (rc == 0)
        rc = open_rings(d, region, count, err);
    for (unsigned int w = 0; rc == 0 && w < count; w++) {
        tails[w] = d->rings[w].acknowledged.tail;
        heads[w] = __atomic_load_n(&d->rings[w].acknowledged.shared->head, __ATOMIC_ACQUIRE);
        d->rings[w].found_end = heads[w];
    }
    if (rc == 0 && !aggregate_attach(d->aggregator, boot, count, tails, heads)) {
        aggregate_end_all(d->aggregator);
        snprintf(err, JN_ERR_MAX, "summaries of an earlier run are delivered first");
        rc = -EAGAIN;
    }
    if (rc < 0) {
        detach_rings(d);
        return rc;
    }
    delivery_rings(d->delivery, boot);
    for (unsigned int w = 0; w < JN_MAX_WORKERS; w++)
        jn_consumed_begin(consumed_of(d, w), w < count ? boot : 0, w < count ? tails[w] : 0);
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
    acknowledge_record(&ring->acknowledged, ring->cursor);
}

// junction-classify has looked at the flow, so its region is there, whenever that was last looked for: in a replay of a moment
// names must not depend on it.
static void
find_texts(struct drain *d, const struct jn_record *record) {
    if (d->annotations.count > 0 || d->looked_for_texts ||
        jn_application_phase(record->flow.flags) == JN_APPLICATION_NONE_PHASE)
        return;
    d->looked_for_texts = true;
    annotation_rings_look(&d->annotations, true);
    annotation_rings_take(&d->annotations);
}

static int
submit_flow(struct drain *d, unsigned int w, const struct jn_record *record) {
    struct flow_document *made = &d->document;
    flow_document_write(&d->writer, record, made);
    struct document document = {
        .text = made->text,
        .length = made->length,
        .key = made->key,
        .key_length = made->key_length,
        .id = made->text + made->id_at,
        .id_length = made->id_length,
        .date = made->text + made->time_at,
        .packets = made->packets,
        .bytes = made->bytes,
        .kind = DOCUMENT_FLOW,
        .source = (uint8_t)w,
        .earlier = d->rings[w].cursor < d->rings[w].found_end,
    };
    uint64_t position = d->rings[w].cursor & RING_POSITION_MASK;
    int rc = delivery_add(d->delivery, &document, (uint64_t)w << RING_POSITION_BITS | position);
    if (rc == 0)
        acknowledge_number(&d->rings[w].acknowledged, d->rings[w].cursor, delivery_next(d->delivery) - 1);
    return rc;
}

// False when it has to wait: for room, or for an older interval's end.
static bool
take_record(struct drain *d, unsigned int w) {
    struct drain_ring *ring = &d->rings[w];
    struct jn_record record;
    memcpy(&record, &ring->records[ring->cursor & (ring->acknowledged.capacity - 1)], sizeof(record));
    const char *error = record_error(&record, w);
    if (error != NULL) {
        pass_over(d, w, error);
        ring->cursor++;
        return true;
    }
    if (aggregate_record(d->aggregator, w, ring->cursor, &record) < 0)
        return false;
    if (record.type == JN_RECORD_FLOW)
        find_texts(d, &record);
    if (record.type == JN_RECORD_FLOW && d->flow_documents) {
        if (submit_flow(d, w, &record) < 0)
            return false;
    } else if (record.type == JN_RECORD_INTERVAL_END) {
        int interval_idx = aggregate_find(d->aggregator, &record);
        acknowledge_with(&ring->acknowledged, ring->cursor, interval_idx >= 0 ? 1u << interval_idx : 0);
    } else if (record.type == JN_RECORD_END_OF_STREAM)
        acknowledge_with(&ring->acknowledged, ring->cursor, aggregate_in_use(d->aggregator));
    else
        acknowledge_record(&ring->acknowledged, ring->cursor);
    ring->cursor++;
    return true;
}

// Records that can be read: 0 also when the ring's head cannot be right.
static uint64_t
pending(const struct drain_ring *ring, unsigned int w) {
    static struct jn_log_limit limit;
    const struct acknowledged *a = &ring->acknowledged;
    uint64_t head = __atomic_load_n(&a->shared->head, __ATOMIC_ACQUIRE);
    if (head - a->tail <= a->capacity && head - a->tail >= ring->cursor - a->tail)
        return head - ring->cursor;
    jn_log_limited(&limit, 1, JN_LOG_ERROR, "ring of worker %u: its head (%lu) is not between %lu and %lu: not read", w,
                   (unsigned long)head, (unsigned long)ring->cursor, (unsigned long)(a->tail + a->capacity));
    return 0;
}

static int
read_ring(struct drain *d, unsigned int w) {
    int taken = 0;
    while ((uint64_t)taken < d->rings[w].count && take_record(d, w))
        taken++;
    return taken;
}

// A worker writes a record after it has taken the answer, and junction-classify answers after it has written the texts: so the
// texts of all records below heads that were loaded before are there.
static int
read_rings(struct drain *d) {
    int read = 0;
    for (unsigned int w = 0; w < d->ring_count; w++) {
        uint64_t count = pending(&d->rings[w], w);
        d->rings[w].count = count < RING_ROUND ? count : RING_ROUND;
    }
    d->looked_for_texts = false;
    annotation_rings_look(&d->annotations, false);
    annotation_rings_take(&d->annotations);
    d->turn++;
    for (unsigned int i = 0; i < d->ring_count; i++)
        read += read_ring(d, (d->turn + i) % d->ring_count);
    return read;
}

static void
release(struct drain *d) {
    uint64_t number = UINT64_MAX;
    for (unsigned int w = 0; w < d->ring_count; w++) {
        uint64_t first = acknowledge_advance(&d->rings[w].acknowledged, d->rings[w].cursor);
        number = first < number ? first : number;
        delivery_lets_go(d->delivery, w, first < UINT64_MAX ? first : delivery_next(d->delivery));
    }
    delivery_released(d->delivery, number);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (unsigned int w = 0; w < d->ring_count; w++)
        acknowledge_publish(&d->rings[w].acknowledged);
}

// What status documents say of the rings. Nothing of them is believed that could not be.
static void
note_rings(const struct drain *d, struct status *status) {
    const struct jn_records_region *region = d->shm.base;
    memset(status->rings, 0, sizeof(status->rings));
    status->sources.rings_boot = d->ring_count > 0 ? region->header.boot : 0;
    for (unsigned int w = 0; w < d->ring_count; w++) {
        const struct acknowledged *a = &d->rings[w].acknowledged;
        uint64_t head = __atomic_load_n(&a->shared->head, __ATOMIC_ACQUIRE), waiting = head - a->tail;
        status->rings[w] = (struct status_ring){.waiting = waiting <= a->capacity ? waiting : 0,
                                                .lost = __atomic_load_n(&a->shared->lost, __ATOMIC_RELAXED),
                                                .capacity = (uint32_t)a->capacity};
    }
}

static void
note_texts(const struct drain *d, struct status *status) {
    const struct annotated *annotated = d->annotations.annotated;
    if (annotated == NULL)
        return;
    status->texts = (struct status_texts){.boot = annotated->region->header.boot,
                                          .refused = annotated->region->refused,
                                          .forgotten = annotated->region->forgotten,
                                          .ring_full = annotation_rings_lost(&d->annotations)};
}

// Of the rings, and of the intervals that can be open at once.
static enum delivery_fill
fill_of(const struct drain *d) {
    unsigned int open = (unsigned int)__builtin_popcount(aggregate_in_use(d->aggregator));
    enum delivery_fill fill = open + 2 >= STATE_INTERVALS   ? DELIVERY_CRISIS
                              : open >= STATE_INTERVALS / 2 ? DELIVERY_HALF
                                                            : DELIVERY_ROOM;
    for (unsigned int w = 0; w < d->ring_count; w++) {
        const struct acknowledged *a = &d->rings[w].acknowledged;
        uint64_t waiting = __atomic_load_n(&a->shared->head, __ATOMIC_RELAXED) - a->tail;
        if (waiting > a->capacity / 4 * 3)
            return DELIVERY_CRISIS;
        if (waiting > a->capacity / 2)
            fill = fill > DELIVERY_HALF ? fill : DELIVERY_HALF;
    }
    return fill;
}

int
drain_step(struct drain *d) {
    int moved = 0;
    if (d->emission.status != NULL) {
        note_rings(d, d->emission.status);
        note_texts(d, d->emission.status);
    }
    // Where there is often no room nobody must starve: summaries go first, and each ring comes first in its turn.
    for (int interval_idx; (interval_idx = emission_step(&d->emission)) >= 0; moved++)
        for (unsigned int w = 0; w < d->ring_count; w++)
            acknowledge_interval(&d->rings[w].acknowledged, interval_idx);
    int read = read_rings(d);
    d->delivery->fill = fill_of(d);
    moved += read + (int)delivery_step(d->delivery, read == 0);
    release(d);
    return moved;
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
        if (d->rings[w].acknowledged.tail != d->rings[w].cursor)
            return false;
    return true;
}

void
drain_report_loss(struct drain *d) {
    uint64_t now = world->clock->steady_ns();
    if (d->loss_said_ns != 0 && now - d->loss_said_ns < UINT64_C(60000000000))
        return;
    for (unsigned int w = 0; w < d->ring_count; w++) {
        const struct jn_ring *ring = d->rings[w].acknowledged.shared;
        uint64_t lost = __atomic_load_n(&ring->lost, __ATOMIC_RELAXED);
        if (lost == d->rings[w].lost)
            continue;
        jn_log(JN_LOG_WARNING,
               "worker %u: %lu records lost, for its ring was full (since it was made %lu: %lu packets, %lu bytes)", w,
               (unsigned long)(lost - d->rings[w].lost), (unsigned long)lost,
               (unsigned long)__atomic_load_n(&ring->lost_packets, __ATOMIC_RELAXED),
               (unsigned long)__atomic_load_n(&ring->lost_bytes, __ATOMIC_RELAXED));
        d->rings[w].lost = lost;
        d->loss_said_ns = now;
    }
}

void
drain_detach(struct drain *d) {
    delivery_rings(d->delivery, 0);
    aggregate_end_all(d->aggregator);
    detach_rings(d);
}

bool
drain_records_left(const struct drain *d) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    int rc = jn_shm_attach(&shm, d->instance, JN_REGION_RECORDS, sizeof(struct jn_region_header), false, err);
    if (rc == 0)
        jn_shm_detach(&shm);
    return rc != -ENOENT;
}

void
drain_close(struct drain *d) {
    detach_rings(d);
    if (d->consumed.base != NULL && drain_records_left(d))
        jn_shm_detach(&d->consumed);
    else if (d->consumed.base != NULL)
        jn_shm_remove(&d->consumed);
    annotation_rings_close(&d->annotations);
    emission_close(&d->emission);
}
