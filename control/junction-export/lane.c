// SPDX-License-Identifier: BSD-3-Clause
// Blocks to the sink, and its answers.
#include "lane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lane_spool.h"
#include "log.h"
#include "spool_read.h"

enum { SUBMIT_ROUND = 4096, REOPEN_S = 1, REOPEN_LONGEST_S = 30, OPAQUE_FLIGHT_BITS = 31 };
#define SECOND_NS UINT64_C(1000000000)

static struct lane_flight *
flight_at(struct lane *lane, uint64_t number) {
    return &lane->flights[number % LANE_FLIGHTS];
}

static uint64_t
opaque_of(uint64_t flight, uint32_t document) {
    return (flight & ((UINT64_C(1) << OPAQUE_FLIGHT_BITS) - 1)) << 32 | document;
}

// The flight and document that the sink speaks of, when it may: what it says twice, or of what is over, counts for nothing.
static struct lane_flight *
find(struct lane *lane, uint64_t opaque, uint32_t *document) {
    const uint64_t mask = (UINT64_C(1) << OPAQUE_FLIGHT_BITS) - 1;
    uint64_t number = lane->flight_first + (((opaque >> 32) - lane->flight_first) & mask);
    *document = (uint32_t)opaque;
    if (number >= lane->flight_end)
        return NULL;
    struct lane_flight *flight = flight_at(lane, number);
    if (*document >= flight->block->count || flight->done[*document / 64] >> *document % 64 & 1)
        return NULL;
    return flight;
}

static void
settle(struct lane *lane, struct lane_flight *flight, uint32_t document) {
    flight->done[document / 64] |= UINT64_C(1) << document % 64;
    lane->in_flight--;
    if (--flight->left > 0 || flight->secured)
        return;
    flight->secured = true;
    lane->options.secured(lane->options.context, flight->block);
}

static void
on_acknowledged(void *context, uint64_t opaque) {
    struct lane *lane = context;
    uint32_t document;
    struct lane_flight *flight = find(lane, opaque, &document);
    if (flight == NULL)
        return;
    uint64_t *counters = lane->options.view->counters;
    lane->answers = true;
    jn_sink_add(&counters[JN_SINK_COUNTER_DELIVERED], 1);
    jn_sink_add(&counters[JN_SINK_COUNTER_DELIVERED_BYTES], block_length(flight->block, document));
    settle(lane, flight, document);
}

static void
on_refused(void *context, uint64_t opaque, const char *reason) {
    static struct jn_log_limit limit;
    struct lane *lane = context;
    struct jn_sink_view *view = lane->options.view;
    uint32_t number;
    struct lane_flight *flight = find(lane, opaque, &number);
    if (flight == NULL)
        return;
    struct document document = block_document(flight->block, number);
    jn_sink_add(&view->counters[JN_SINK_COUNTER_REFUSED], 1);
    dead_letter_add(&lane->letters, &document, reason);
    jn_log_limited(&limit, 1, JN_LOG_ERROR, "sink %s: document %.*s is refused for good: %s (%lu refused so far)",
                   view->name, (int)document.id_length, document.id, reason,
                   (unsigned long)view->counters[JN_SINK_COUNTER_REFUSED]);
    flight->refused.records++;
    flight->refused.packets += document.packets;
    flight->refused.bytes += document.bytes;
    settle(lane, flight, number);
}

static int
open_sink(struct lane *lane, char err[JN_ERR_MAX]) {
    lane->sink = lane->options.type->open(lane->options.config, lane->options.view, err);
    if (lane->sink == NULL)
        return -EIO;
    lane->sink->acknowledge = on_acknowledged;
    lane->sink->refuse = on_refused;
    lane->sink->lane = lane;
    lane->sink->hurry = lane->hurry;
    return 0;
}

int
lane_open(struct lane *lane, const struct lane_options *options, bool others, char err[JN_ERR_MAX]) {
    *lane = (struct lane){.options = *options, .letters = {.directory = -1, .file = -1}};
    lane->queue_end = &lane->queue;
    if (open_sink(lane, err) < 0) {
        if (!others)
            return -EIO;
        sink_trouble(options->view, "mend it: it is opened again all 30 seconds", "%s", err);
        lane->reopen_ns = world->clock->steady_ns() + REOPEN_LONGEST_S * SECOND_NS;
    }
    if (options->spool_directory != NULL && lane_spool_open(lane, err) < 0)
        return -EIO; // documents' numbers go on behind what it has
    dead_letter_open(&lane->letters, lane->spool != NULL ? lane->spool->directory : -1, options->view);
    return 0;
}

bool
lane_add(struct lane *lane, struct block *block) {
    struct lane_item *item = malloc(sizeof(*item));
    if (item == NULL)
        return false;
    *item = (struct lane_item){NULL, block};
    *lane->queue_end = item;
    lane->queue_end = &item->next;
    lane->queue_documents += block->count;
    block_hold(block);
    return true;
}

struct block *
lane_queue_take(struct lane *lane) {
    struct lane_item *item = lane->queue;
    struct block *block = item->block;
    lane->queue = item->next;
    if (lane->queue == NULL)
        lane->queue_end = &lane->queue;
    lane->queue_documents -= block->count;
    free(item);
    return block;
}

// A small spool must have segments that nothing is in flight of: those can go when it is full.
static uint64_t
most_in_flight(const struct lane *lane) {
    uint64_t share = lane->spool != NULL ? lane->spool->options.max_bytes / 4 : LANE_FLIGHT_BYTES;
    return share < LANE_FLIGHT_BYTES ? share : LANE_FLIGHT_BYTES;
}

// While its disk fails, and nothing on it is to be read before, what is in memory need not go by way of it.
static bool
cannot_write(const struct lane *lane) {
    return lane->spool->doing == SPOOL_IDLE && lane->spool_retry_ns > world->clock->steady_ns();
}

static bool
no_room(const struct lane *lane) {
    return lane->flight_end - lane->flight_first == LANE_FLIGHTS || lane->flight_bytes >= most_in_flight(lane);
}

// The next block is in flight. False: there is none, or no room.
static bool
next_flight(struct lane *lane) {
    if (no_room(lane))
        return false;
    bool from_disk = lane->spool != NULL && (spool_unread(lane->spool) || (lane->spooling && !cannot_write(lane)));
    struct block *block = from_disk ? spool_read(lane->spool) : lane->queue != NULL ? lane_queue_take(lane) : NULL;
    if (block == NULL)
        return false;
    struct lane_flight *flight = flight_at(lane, lane->flight_end++);
    *flight = (struct lane_flight){
        .block = block, .left = block->count, .secured = from_disk, .begun_ns = world->clock->steady_ns()};
    lane->flight_bytes += block->size;
    lane->in_flight += block->count;
    struct jn_sink_amount behind = block_behind(block);
    if (!from_disk && lane->spool != NULL)
        spool_sent(lane->spool, &behind);
    return true;
}

// False: the sink takes no more for now.
static bool
submit_flight(struct lane *lane, unsigned int *moved) {
    struct lane_flight *flight = flight_at(lane, lane->submit_flight);
    while (lane->submit_document < flight->block->count) {
        uint32_t number = lane->submit_document;
        if (!(flight->done[number / 64] >> number % 64 & 1)) {
            struct document document = block_document(flight->block, number);
            document.earlier = document.earlier || block_sequence(flight->block, number) < lane->earlier_end;
            if (lane->sink->operations->submit(lane->sink, &document, opaque_of(lane->submit_flight, number)) < 0)
                return false;
            ++*moved;
        }
        lane->submit_document++;
    }
    lane->submit_flight++;
    lane->submit_document = 0;
    return true;
}

static unsigned int
submit(struct lane *lane) {
    unsigned int moved = 0;
    while (moved < SUBMIT_ROUND) {
        if (lane->submit_flight == lane->flight_end && !next_flight(lane))
            break;
        if (!submit_flight(lane, &moved))
            break;
    }
    lane->sink->held_up = lane->submit_flight == lane->flight_end && no_room(lane);
    return moved;
}

// What is acknowledged in order leaves; what was lost of it is counted now, with the position that says so.
static unsigned int
retire(struct lane *lane) {
    unsigned int moved = 0;
    for (; lane->flight_first < lane->submit_flight; moved++) {
        struct lane_flight *flight = flight_at(lane, lane->flight_first);
        if (flight->left > 0)
            break;
        struct jn_sink_amount lost[JN_SINK_LOSS_COUNT] = {0}, behind = block_behind(flight->block);
        lost[JN_SINK_LOSS_DAMAGED] = flight->block->damaged;
        lost[JN_SINK_LOSS_REFUSED] = flight->refused;
        for (unsigned int i = 0; i < JN_SINK_LOSS_COUNT; i++)
            jn_sink_add_amount(&lane->options.view->lost[i], &lost[i]);
        if (flight->block->damaged.records > 0)
            lane_spool_damaged(lane, &flight->block->damaged);
        lane->flight_bytes -= flight->block->size;
        if (lane->spool != NULL)
            spool_acknowledged(lane->spool, &behind, lost);
        block_let_go(flight->block);
        lane->flight_first++;
    }
    return moved;
}

void
lane_give_sink_up(struct lane *lane) {
    lane->sink->operations->close(lane->sink);
    lane->sink = NULL;
    uint64_t end =
        lane->flight_end > lane->flight_first ? block_behind(flight_at(lane, lane->flight_end - 1)->block).records : 0;
    lane->earlier_end = end > lane->earlier_end ? end : lane->earlier_end;
    lane->submit_flight = lane->flight_first;
    lane->submit_document = 0;
    lane->failed = lane->options.type->once;
    if (lane->failed)
        return;
    lane->reopen_wait_ns = lane->reopen_wait_ns == 0 ? REOPEN_S * SECOND_NS : lane->reopen_wait_ns * 2;
    if (lane->reopen_wait_ns > REOPEN_LONGEST_S * SECOND_NS)
        lane->reopen_wait_ns = REOPEN_LONGEST_S * SECOND_NS;
    lane->reopen_ns = world->clock->steady_ns() + lane->reopen_wait_ns;
    jn_log(JN_LOG_WARNING, "sink %s: is opened again in %lu s", lane->options.view->name,
           (unsigned long)(lane->reopen_wait_ns / SECOND_NS));
}

static void
keep_sink_open(struct lane *lane) {
    char err[JN_ERR_MAX];
    if (lane->sink != NULL || lane->failed || world->clock->steady_ns() < lane->reopen_ns)
        return;
    if (open_sink(lane, err) == 0)
        return;
    sink_trouble(lane->options.view, NULL, "%s", err);
    lane->reopen_ns = world->clock->steady_ns() + REOPEN_LONGEST_S * SECOND_NS;
}

static void
show(const struct lane *lane) {
    struct jn_sink_view *view = lane->options.view;
    jn_sink_set(&view->state, lane->sink == NULL ? JN_SINK_STATE_CLOSED
                              : lane->spooling   ? JN_SINK_STATE_SPOOLING
                                                 : JN_SINK_STATE_DIRECT);
    jn_sink_set(&view->gauges[JN_SINK_GAUGE_IN_MEMORY], lane->queue_documents);
    jn_sink_set(&view->gauges[JN_SINK_GAUGE_IN_FLIGHT], lane->in_flight);
    jn_sink_set(&view->gauges[JN_SINK_GAUGE_SPOOL_DOCUMENTS], lane_spool_documents(lane));
}

unsigned int
lane_step(struct lane *lane, bool pressed, uint64_t released) {
    unsigned int moved = 0;
    keep_sink_open(lane);
    if (lane->sink != NULL) {
        moved += submit(lane);
        uint64_t before = lane->in_flight;
        if (lane->sink->operations->poll(lane->sink) < 0)
            lane_give_sink_up(lane);
        else if (lane->in_flight < before)
            lane->reopen_wait_ns = 0;
        moved += (unsigned int)(before - lane->in_flight);
    }
    moved += retire(lane);
    if (lane->spool != NULL) {
        lane->spool->released = released;
        moved += lane_spool_step(lane, pressed);
    }
    show(lane);
    return moved;
}

bool
lane_hungry(const struct lane *lane) {
    return lane->queue == NULL;
}

bool
lane_empty(const struct lane *lane) {
    return lane->in_flight == 0 && lane->queue == NULL && (lane->spool == NULL || !spool_unread(lane->spool));
}

bool
lane_settled(const struct lane *lane) {
    if (lane->queue != NULL)
        return false;
    for (uint64_t i = lane->flight_first; i < lane->flight_end; i++)
        if (!lane->flights[i % LANE_FLIGHTS].secured)
            return false;
    return true;
}

void
lane_close(struct lane *lane) {
    if (lane->sink != NULL)
        lane->sink->operations->close(lane->sink);
    while (lane->queue != NULL)
        block_let_go(lane_queue_take(lane));
    for (; lane->flight_first < lane->flight_end; lane->flight_first++)
        block_let_go(flight_at(lane, lane->flight_first)->block);
    dead_letter_close(&lane->letters);
    spool_close(lane->spool);
    *lane = (struct lane){0};
}
