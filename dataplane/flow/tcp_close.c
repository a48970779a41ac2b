// SPDX-License-Identifier: BSD-3-Clause
#include "flow/tcp_close.h"

#include <errno.h>
#include <stdlib.h>

#include "flow/flow_end.h"
#include "packet/headers.h"

int
jn_tcp_linger_make(struct jn_tcp_linger *linger, uint32_t capacity) {
    uint32_t size = 1;
    while (size < capacity)
        size *= 2;
    *linger = (struct jn_tcp_linger){.flows = calloc(size, sizeof(*linger->flows)), .mask = size - 1};
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
push(struct jn_tcp_linger *linger, const struct jn_tcp_lingering *lingering) {
    linger->flows[linger->head++ & linger->mask] = *lingering;
}

// The oldest leaves the ring: its flow ends, or lingers on after a late packet. since_ns of others may then be a little
// before that of the one in front of them.
static void
take_oldest(struct jn_worker *worker, uint64_t linger_ns) {
    struct jn_tcp_linger *linger = &worker->flow->linger;
    const struct jn_tcp_lingering oldest = linger->flows[linger->tail++ & linger->mask];
    const struct jn_flow_entry *entry = &worker->flow->table.entries[oldest.flow_idx];
    if (entry->version != oldest.version)
        return; // it has ended in another way
    if (worker->now_ns - entry->last_ns >= linger_ns)
        jn_flow_end(worker, oldest.flow_idx, JN_END_DETECTED);
    else
        push(linger, &(struct jn_tcp_lingering){entry->last_ns, oldest.flow_idx, oldest.version});
}

void
jn_tcp_end_lingering(struct jn_worker *worker) {
    const struct jn_tcp_linger *linger = &worker->flow->linger;
    if (linger->head == linger->tail)
        return;
    uint64_t linger_ns = linger_for(worker);
    for (; worker->flow->sweep.left > 0 && linger->head != linger->tail &&
           worker->now_ns - linger->flows[linger->tail & linger->mask].since_ns >= linger_ns;
         worker->flow->sweep.left--)
        take_oldest(worker, linger_ns);
}

static void
start_linger(struct jn_worker *worker, uint32_t flow_idx) {
    struct jn_tcp_linger *linger = &worker->flow->linger;
    if (linger->head - linger->tail > linger->mask)
        take_oldest(worker, 0); // of more flows than the table has, most have ended in another way
    push(linger, &(struct jn_tcp_lingering){worker->now_ns, flow_idx, worker->flow->table.entries[flow_idx].version});
}

void
jn_tcp_close(struct jn_worker *worker, uint32_t flow_idx, const struct jn_flow_key *key) {
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    if (jn_tcp_is_closed(entry))
        return;
    uint16_t closing = key->swapped ? JN_FLOW_CLOSING_B : JN_FLOW_CLOSING_A;
    if (key->packet->tcp_flags & JN_TCP_RST)
        closing = JN_FLOW_CLOSING_A | JN_FLOW_CLOSING_B;
    jn_store(&entry->flags, entry->flags | closing);
    if (jn_tcp_is_closed(entry))
        start_linger(worker, flow_idx);
}
