// SPDX-License-Identifier: BSD-3-Clause
#include "flow/tcp_close.h"

#include "flow/flow_end.h"
#include "packet/headers.h"

#define LINGER_NS UINT64_C(1000000000)

static void
end_oldest_lingering(struct jn_worker *worker) {
    struct jn_tcp_linger *linger = &worker->flow->linger;
    const struct jn_tcp_lingering *oldest = &linger->flows[linger->tail++ & (JN_TCP_LINGER_MAX - 1)];
    if (worker->flow->table.entries[oldest->flow_idx].version == oldest->version)
        jn_flow_end(worker, oldest->flow_idx, JN_END_DETECTED);
}

void
jn_tcp_end_lingering(struct jn_worker *worker) {
    const struct jn_tcp_linger *linger = &worker->flow->linger;
    for (; worker->flow->sweep.left > 0 && linger->head != linger->tail &&
           worker->now_ns - linger->flows[linger->tail & (JN_TCP_LINGER_MAX - 1)].since_ns >= LINGER_NS;
         worker->flow->sweep.left--)
        end_oldest_lingering(worker);
}

static void
start_linger(struct jn_worker *worker, uint32_t flow_idx) {
    struct jn_tcp_linger *linger = &worker->flow->linger;
    if (linger->head - linger->tail == JN_TCP_LINGER_MAX)
        end_oldest_lingering(worker);
    linger->flows[linger->head++ & (JN_TCP_LINGER_MAX - 1)] =
        (struct jn_tcp_lingering){worker->now_ns, flow_idx, worker->flow->table.entries[flow_idx].version};
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
