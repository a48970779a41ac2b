// SPDX-License-Identifier: BSD-3-Clause
#include "mirror/mirror_usual.h"

#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "mirror/mirror_send.h"

void
jn_mirror_usual_begin(struct jn_mirror_usual *usual, const struct jn_worker *worker, const struct jn_burst *burst,
                      const struct jn_mirror_peer *to, uint64_t state_mac, uint32_t longest) {
    uint32_t room = rte_pktmbuf_data_room_size(worker->mirror->pool) - RTE_PKTMBUF_HEADROOM;
    uint32_t fits = __atomic_load_n(&to->encap.room, __ATOMIC_RELAXED);
    usual->to = to;
    usual->longest = 0;
    if (burst->link_type != JN_LINKTYPE_ETHERNET || to->peer->rate_mbps != 0 || !jn_encap_can_be_ready(&to->encap))
        return;
    longest = longest < room ? longest : room;
    longest = longest < fits ? longest : fits;
    usual->longest = longest < to->encap.snap ? longest : to->encap.snap;
    jn_encap_make_ready(&usual->header, &to->encap, state_mac);
}

// A raw buffer becomes one of a single piece that nothing is known of: words of fields that lie together. They are not put
// together in memory: a wide load would wait for the narrow stores.
static inline void
set_up(struct rte_mbuf *copy, uint64_t rearm, uint32_t length) {
    _Static_assert(offsetof(struct rte_mbuf, data_off) == 16 && offsetof(struct rte_mbuf, ol_flags) == 24 &&
                       offsetof(struct rte_mbuf, data_len) == 40 && offsetof(struct rte_mbuf, vlan_tci) == 42,
                   "as the words below have it");
    const uint64_t last = htole64((uint16_t)length);
    memcpy((uint8_t *)copy + offsetof(struct rte_mbuf, data_off), &rearm, sizeof(rearm));
    copy->ol_flags = 0;
    copy->packet_type = 0;
    copy->pkt_len = length;
    memcpy((uint8_t *)copy + offsetof(struct rte_mbuf, data_len), &last, sizeof(last));
}

// No byte behind the frame is read: a short one ends with moves that overlap.
static inline void
copy_frame(uint8_t *out, const uint8_t *frame, uint32_t length) {
    if (length > 64 || length < 32) {
        rte_memcpy(out, frame, length);
        return;
    }
    memcpy(out, frame, 32);
    memcpy(out + length - 32, frame + length - 32, 32);
}

unsigned int
jn_mirror_usual_run(struct jn_worker *worker, const struct jn_mirror_usual *usual, const struct jn_burst *burst,
                    uint64_t mask, struct rte_mbuf **buffers, unsigned int count, uint32_t sequence) {
    const uint32_t header = usual->header.length, longest = usual->longest;
    const struct rte_mbuf empty = {.data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM - header),
                                   .refcnt = 1,
                                   .nb_segs = 1,
                                   .port = RTE_MBUF_PORT_INVALID};
    // Where a buffer of its own lies is known without a look at it.
    const uint32_t ahead =
        (uint32_t)sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(worker->mirror->pool) + RTE_PKTMBUF_HEADROOM;
    uint64_t rearm;
    memcpy(&rearm, (const uint8_t *)&empty + offsetof(struct rte_mbuf, data_off), sizeof(rearm));
    struct jn_copies *queue = jn_mirror_room(worker, count);
    unsigned int made = 0, at = queue->count;
    for (; mask != 0 && made < count; mask &= mask - 1, made++, at++) {
        unsigned int i = (unsigned int)__builtin_ctzll(mask);
        const struct rte_mbuf *original = burst->mbuf[i];
        uint32_t length = original->pkt_len;
        if (length > longest || original->nb_segs != 1)
            break;
        struct rte_mbuf *copy = buffers[made];
        uint8_t *payload = (uint8_t *)copy + ahead;
        copy_frame(payload, rte_pktmbuf_mtod(original, const uint8_t *), length);
        jn_encap_write_ready(&usual->header, payload, length, sequence + made);
        set_up(copy, rearm, header + length);
        queue->mbuf[at] = copy;
        queue->to[at] = usual->to;
        queue->flow[at] = burst->flow[i];
        queue->bytes[at] = header + length;
    }
    queue->count = at;
    return made;
}
