// SPDX-License-Identifier: BSD-3-Clause
#include "flow/tcp_close.h"

#include <errno.h>
#include <stdlib.h>

#include "flow/flow_end.h"
#include "packet/headers.h"

int
jn_tcp_linger_make(struct jn_tcp_linger *linger, uint32_t capacity) {
    *linger = (struct jn_tcp_linger){.flows = calloc(capacity, sizeof(*linger->flows)), .room = capacity};
    return linger->flows != NULL ? 0 : -ENOMEM;
}

void
jn_tcp_linger_free(struct jn_tcp_linger *linger) {
    free(linger->flows);
    linger->flows = NULL;
}

// A table whose last quarter fills up keeps ended flows for less long, and in the end not at all.
static uint64_t
linger_for(const struct jn_worker *worker) {
    const struct jn_flow_table_header *table = worker->flow->table.header;
    uint32_t room = table->capacity - table->active, quarter = table->capacity / 4;
    uint64_t linger_ns = worker->flow->linger.linger_ns;
    return room >= quarter ? linger_ns : linger_ns / quarter * room;
}

static void
push(struct jn_worker *worker, uint32_t flow_idx, uint64_t since_ns) {
    struct jn_tcp_linger *linger = &worker->flow->linger;
    uint64_t at = (uint64_t)linger->oldest + linger->count++;
    linger->flows[at < linger->room ? at : at - linger->room] =
        (struct jn_tcp_lingering){.flow_idx = flow_idx,
                                  .since_low = (uint32_t)since_ns,
                                  .since_high = (uint16_t)(since_ns >> 32),
                                  .version = (uint16_t)worker->flow->table.entries[flow_idx].version};
}

static struct jn_tcp_lingering
pop(struct jn_tcp_linger *linger) {
    const struct jn_tcp_lingering oldest = linger->flows[linger->oldest];
    linger->oldest = linger->oldest + 1 < linger->room ? linger->oldest + 1 : 0;
    linger->count--;
    return oldest;
}

// No flow lingers for as long as 48 bits have nanoseconds.
static uint64_t
lingers_for(const struct jn_worker *worker, const struct jn_tcp_lingering *lingering) {
    uint64_t since_ns = (uint64_t)lingering->since_high << 32 | lingering->since_low;
    return (worker->now_ns - since_ns) & ((UINT64_C(1) << 48) - 1);
}

// The oldest leaves the ring: its flow ends, or lingers on after a late packet. since_ns of others may then be a little
// before that of the one in front of them.
static void
take_oldest(struct jn_worker *worker, uint64_t linger_ns) {
    const struct jn_tcp_lingering oldest = pop(&worker->flow->linger);
    const struct jn_flow_entry *entry = &worker->flow->table.entries[oldest.flow_idx];
    if ((uint16_t)entry->version != oldest.version || !jn_tcp_is_closed(entry))
        return; // it has ended in another way
    if (worker->now_ns - entry->last_ns >= linger_ns)
        jn_flow_end(worker, oldest.flow_idx, JN_END_DETECTED);
    else
        push(worker, oldest.flow_idx, entry->last_ns);
}

void
jn_tcp_end_lingering(struct jn_worker *worker) {
    const struct jn_tcp_linger *linger = &worker->flow->linger;
    if (linger->count == 0)
        return;
    uint64_t linger_ns = linger_for(worker);
    for (; worker->flow->sweep.left > 0 && linger->count != 0 &&
           lingers_for(worker, &linger->flows[linger->oldest]) >= linger_ns;
         worker->flow->sweep.left--)
        take_oldest(worker, linger_ns);
}

static void
start_linger(struct jn_worker *worker, uint32_t flow_idx) {
    const struct jn_tcp_linger *linger = &worker->flow->linger;
    if (linger->count == linger->room)
        take_oldest(worker, 0); // of more flows than the table has, most have ended in another way
    push(worker, flow_idx, worker->now_ns);
}

void
jn_tcp_close(struct jn_worker *worker, uint32_t flow_idx, const struct jn_flow_key *key) {
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    if (jn_tcp_is_closed(entry))
        return;
    const uint16_t both = JN_FLOW_CLOSING_A | JN_FLOW_CLOSING_B;
    uint16_t closing = key->swapped ? JN_FLOW_CLOSING_B : JN_FLOW_CLOSING_A;
    uint16_t flags = entry->flags | (key->packet->tcp_flags & JN_TCP_RST ? both : closing);
    // Not closed yet: what leaves a full ring for it may be of an earlier flow of its entry, and look like it by its version.
    if ((flags & both) == both)
        start_linger(worker, flow_idx);
    jn_store(&entry->flags, flags);
}
