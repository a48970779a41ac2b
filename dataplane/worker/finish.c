// SPDX-License-Identifier: BSD-3-Clause
#include "worker/finish.h"

#include <rte_mbuf.h>

#include "packet/unfinished.h"

enum { LONGEST = (1 << 16) + 256 }; // an IP packet behind tags and labels

// The whole frame: where it lies, or a copy when it lies in several buffers. NULL: longer than a checksum covers.
static const uint8_t *
in_one_piece(const struct rte_mbuf *mbuf) {
    static _Thread_local uint8_t copy[LONGEST];
    uint32_t length = rte_pktmbuf_pkt_len(mbuf);
    return length <= sizeof(copy) ? rte_pktmbuf_read(mbuf, 0, length, copy) : NULL;
}

static void
write_at(struct rte_mbuf *mbuf, const struct jn_finish *finish) {
    uint32_t at = finish->at;
    for (unsigned int i = 0; i < finish->length; i++, at++) {
        while (at >= rte_pktmbuf_data_len(mbuf)) {
            at -= rte_pktmbuf_data_len(mbuf);
            mbuf = mbuf->next;
        }
        *rte_pktmbuf_mtod_offset(mbuf, uint8_t *, at) = finish->bytes[i];
    }
}

void
jn_stage_finish(struct jn_worker *worker, struct jn_burst *burst) {
    uint64_t finished = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        struct jn_finish finish;
        struct rte_mbuf *mbuf = burst->mbuf[i];
        const uint8_t *frame = in_one_piece(mbuf);
        if (frame == NULL || !jn_find_unfinished(frame, rte_pktmbuf_pkt_len(mbuf), jn_burst_packet(burst, i), &finish))
            continue;
        write_at(mbuf, &finish);
        finished++;
    }
    jn_count(&worker->counters->ports[burst->port_in].rx_finished, finished);
}
