// SPDX-License-Identifier: BSD-3-Clause
// When documents go by way of the spool, and when directly again.
#include <errno.h>

#include "lane_spool.h"
#include "log.h"
#include "spool_open.h"
#include "spool_read.h"

#define RETRY_NS UINT64_C(1000000000) // after the disk failed

int
lane_spool_open(struct lane *lane, char err[JN_ERR_MAX]) {
    const struct lane_options *o = &lane->options;
    lane->spool = spool_open(
        &(struct spool_options){
            .directory = o->spool_directory,
            .node = o->node,
            .instance = o->instance,
            .sink = o->view->name,
            .max_bytes = (uint64_t)o->config->spool.max_mb << 20,
            .view = o->view,
        },
        err);
    if (lane->spool == NULL)
        return -EIO;
    lane->spooling = spool_unread(lane->spool);
    lane->earlier_end = lane->spool->end.records;
    return 0;
}

void
lane_spool_damaged(const struct lane *lane, const struct jn_sink_amount *amount) {
    static struct jn_log_limit limit;
    jn_log_limited(&limit, 1, JN_LOG_ERROR,
                   "sink %s: %lu documents of its spool are damaged and lost (%lu packets, %lu bytes)",
                   lane->options.view->name, (unsigned long)amount->records, (unsigned long)amount->packets,
                   (unsigned long)amount->bytes);
}

// The oldest block in memory that is neither acknowledged nor on disk.
static const struct block *
oldest_unsecured(const struct lane *lane) {
    for (uint64_t i = lane->flight_first; i < lane->flight_end; i++)
        if (!lane->flights[i % LANE_FLIGHTS].secured)
            return lane->flights[i % LANE_FLIGHTS].block;
    return lane->queue != NULL ? lane->queue->block : NULL;
}

// Those that are to be written next, in their order. What is acknowledged among them goes with them: a segment has no
// gaps but for what is damaged.
static unsigned int
gather(const struct lane *lane, struct block *blocks[WORLD_PARTS - 1]) {
    unsigned int count = 0, most = lane->write_most != 0 ? lane->write_most : WORLD_PARTS - 1;
    for (uint64_t i = lane->flight_first; i < lane->flight_end && count < most; i++)
        if (count > 0 || !lane->flights[i % LANE_FLIGHTS].secured)
            blocks[count++] = lane->flights[i % LANE_FLIGHTS].block;
    for (const struct lane_item *item = lane->queue; item != NULL && count < most; item = item->next)
        blocks[count++] = item->block;
    return count;
}

static void
on_written(void *context, struct block *block) {
    struct lane *lane = context;
    if (lane->write_most != 0)
        lane->write_most = lane->write_most >= WORLD_PARTS / 2 ? 0 : lane->write_most * 2;
    if (lane->queue != NULL && lane->queue->block == block) {
        lane_queue_take(lane);
        lane->options.secured(lane->options.context, block);
        block_let_go(block);
        return;
    }
    for (uint64_t i = lane->flight_first; i < lane->flight_end; i++) {
        struct lane_flight *flight = &lane->flights[i % LANE_FLIGHTS];
        if (flight->block != block || flight->secured)
            continue;
        flight->secured = true;
        lane->options.secured(lane->options.context, block);
    }
}

static void
begin_spooling(struct lane *lane) {
    lane->spooling = true;
    lane->answers = false;
    jn_log(JN_LOG_INFO, "sink %s: does not keep up; documents go by way of its spool", lane->options.view->name);
}

static bool
must_spill(const struct lane *lane, bool pressed) {
    const struct block *oldest = oldest_unsecured(lane);
    return oldest != NULL && (pressed || world->clock->steady_ns() - oldest->born_ns > LANE_SPILL_NS);
}

// Nothing of the spool is left that the sink does not have, or is about to say that it has.
static bool
caught_up(const struct lane *lane) {
    if (lane->spool->doing != SPOOL_IDLE || spool_unread(lane->spool) || lane->sink == NULL)
        return false;
    if (lane->flight_first == lane->flight_end)
        return true;
    return lane->answers &&
           world->clock->steady_ns() - lane->flights[lane->flight_first % LANE_FLIGHTS].begun_ns < LANE_SPILL_NS;
}

static unsigned int
append(struct lane *lane, unsigned int count, struct block *const *blocks) {
    bool full = false;
    if (count == 0 || world->clock->steady_ns() < lane->spool_retry_ns)
        return 0;
    unsigned int begun = spool_append(lane->spool, blocks, count, &full);
    lane->spool_full = full;
    if (!begun && lane->spool->doing == SPOOL_IDLE)
        lane->spool_retry_ns = world->clock->steady_ns() + RETRY_NS;
    return begun;
}

// The next time less is written, which may find room.
static void
write_failed(struct lane *lane, int rc, bool pressed) {
    lane->write_most = lane->write_most == 0 ? WORLD_PARTS / 2 : lane->write_most > 1 ? lane->write_most / 2 : 1;
    lane->spool_retry_ns = world->clock->steady_ns() + RETRY_NS;
    if ((rc == -ENOSPC || rc == -EDQUOT) && pressed)
        spool_drop_oldest(lane->spool);
}

unsigned int
lane_spool_step(struct lane *lane, bool pressed) {
    struct block *blocks[WORLD_PARTS - 1];
    int rc = spool_step(lane->spool, on_written, lane);
    if (rc < 0)
        write_failed(lane, rc, pressed);
    if (!lane->spooling && must_spill(lane, pressed))
        begin_spooling(lane);
    if (!lane->spooling)
        return 0;
    if (caught_up(lane) && !must_spill(lane, pressed)) {
        lane->spooling = false;
        spool_well(lane->options.view); // nothing waits for it
        jn_log(JN_LOG_INFO, "sink %s: its spool is empty; documents go to it directly again", lane->options.view->name);
        return 1;
    }
    return append(lane, gather(lane, blocks), blocks);
}

uint64_t
lane_spool_documents(const struct lane *lane) {
    const struct spool *spool = lane->spool;
    if (spool == NULL || spool->youngest == NULL)
        return 0;
    uint64_t from = spool->position.acknowledged.records, end = spool->youngest->end.records;
    if (from < spool->oldest->first.records)
        from = spool->oldest->first.records;
    return end > from ? end - from : 0;
}

bool
lane_stuck(const struct lane *lane) {
    const struct block *oldest = oldest_unsecured(lane);
    uint64_t now = world->clock->steady_ns();
    if (oldest == NULL || now - oldest->born_ns < LANE_SPILL_NS)
        return false;
    return lane->spool == NULL || lane->spool_retry_ns > now || lane->spool_full;
}

void
lane_spill(struct lane *lane) {
    lane->hurry = true;
    if (lane->sink != NULL)
        lane->sink->hurry = true;
    if (lane->spool != NULL && !lane->spooling && !lane_settled(lane))
        begin_spooling(lane);
}
