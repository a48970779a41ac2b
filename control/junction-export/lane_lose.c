// SPDX-License-Identifier: BSD-3-Clause
// What goes of a lane that can neither send nor spool.
#include "lane_lose.h"

#include "log.h"

static void
lose(const struct lane *lane, enum jn_sink_loss loss, const struct jn_sink_amount *amount) {
    jn_sink_add_amount(&lane->options.view->lost[loss], amount);
    if (lane->spool != NULL)
        spool_lost(lane->spool, loss, amount);
}

static void
say_lost(const struct lane *lane, const struct jn_sink_amount *amount) {
    static struct jn_log_limit limit;
    lose(lane, JN_SINK_LOSS_MEMORY_FULL, amount);
    jn_log_limited(&limit, 1, JN_LOG_WARNING,
                   "sink %s: neither takes documents nor can spool them: its oldest %lu are lost, for others go on",
                   lane->options.view->name, (unsigned long)amount->records);
}

static void
lose_flight(struct lane *lane, struct lane_flight *flight, struct jn_sink_amount *lost) {
    for (uint32_t i = 0; i < flight->block->count; i++) {
        if (flight->done[i / 64] >> i % 64 & 1)
            continue;
        struct document document = block_document(flight->block, i);
        lost->records++;
        lost->packets += document.packets;
        lost->bytes += document.bytes;
    }
    lose(lane, JN_SINK_LOSS_REFUSED, &flight->refused);
    lane->in_flight -= flight->left;
    lane->flight_bytes -= flight->block->size;
    if (!flight->secured)
        lane->options.secured(lane->options.context, flight->block);
    block_let_go(flight->block);
}

// What is in flight from memory: its sink is closed first, for it may look at the documents as long as it has them.
static bool
lose_flights(struct lane *lane) {
    uint64_t from = lane->flight_first;
    while (from < lane->flight_end && lane->flights[from % LANE_FLIGHTS].secured)
        from++;
    if (from == lane->flight_end || lane->options.type->once)
        return false;
    struct jn_sink_amount lost = {0};
    if (lane->sink != NULL)
        lane_give_sink_up(lane);
    for (uint64_t i = from; i < lane->flight_end; i++)
        lose_flight(lane, &lane->flights[i % LANE_FLIGHTS], &lost);
    lane->flight_end = from;
    say_lost(lane, &lost);
    return true;
}

bool
lane_lose_oldest(struct lane *lane) {
    if (lane->spool != NULL && lane->spool->doing != SPOOL_IDLE)
        return false;
    if (lose_flights(lane))
        return true;
    if (lane->queue == NULL)
        return false;
    struct block *block = lane_queue_take(lane);
    say_lost(lane, &block->amount);
    lane->options.secured(lane->options.context, block);
    block_let_go(block);
    return true;
}
