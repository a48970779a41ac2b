// SPDX-License-Identifier: BSD-3-Clause
#include "mirror/mirror.h"

#include <rte_mbuf.h>

#include "core/burst_mask.h"
#include "core/tx.h"
#include "flow/flow_live.h"
#include "mirror/mirror_choice.h"
#include "mirror/mirror_send.h"
#include "mirror/mirror_usual.h"
#include "policy/learn_mtu.h"
#include "policy/mirror_peer.h"
#include "policy/ruleset.h"
#include "tunnel/ip_fragment.h"
#include "underlay/underlay.h"

// From here on a copy shares the original's bytes by reference, where the port can send in segments. Read off
// tests/bench/bench_copy: sharing costs 150 cycles at any size (a second buffer, and counts), copying 53 at 256 bytes, 110
// at 1,024 and 140 at 1,514, so that only jumbo frames gain.
enum { SHARE_FROM = 1600, PEERS_A_ROUND = 16, REFRESH_NS = 1000000 };

static inline struct jn_peer_counters *
counters_of(struct jn_worker *worker, const struct jn_mirror_peer *to) {
    return &worker->mirror->counters[to->mirror_idx];
}

static void
drop_copies(struct jn_worker *worker, const struct jn_mirror_peer *to, enum jn_copy_drop why, uint64_t frames) {
    jn_count(&counters_of(worker, to)->drops[why], frames);
}

static void
describe_frame(const struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
               struct jn_encap_frame *frame) {
    const struct jn_packet *packet = jn_burst_packet(burst, i);
    bool ip = packet->flags & JN_PACKET_IP;
    *frame = (struct jn_encap_frame){.time_ns = worker->now_ns + worker->wall_offset,
                                     .length = rte_pktmbuf_pkt_len(burst->mbuf[i]),
                                     .wire_length = burst->bytes[i],
                                     .ip_length = packet->ip_length,
                                     .l3_offset = packet->l3_offset,
                                     .vlan_tci = packet->vlan_tci,
                                     .ip = ip ? jn_packet_family(packet) : 0,
                                     .downlink = burst->from_network};
}

static void
queue_copy(struct jn_worker *worker, const struct jn_mirror_peer *to, struct rte_mbuf *mbuf, uint32_t flow) {
    struct jn_copies *copies = jn_mirror_room(worker, 1);
    copies->mbuf[copies->count] = mbuf;
    copies->to[copies->count] = to;
    copies->flow[copies->count] = flow;
    copies->bytes[copies->count++] = rte_pktmbuf_pkt_len(mbuf);
}

// The payload by reference: `copy` gets the header alone, an indirect buffer behind it the original's bytes.
static bool
attach_payload(struct jn_worker *worker, struct rte_mbuf *copy, struct rte_mbuf *original,
               const struct jn_encap_part *part) {
    struct rte_mbuf *payload = rte_pktmbuf_alloc(worker->mirror->pool);
    if (payload == NULL)
        return false;
    rte_pktmbuf_attach(payload, original);
    payload->data_off = (uint16_t)(original->data_off + part->offset);
    payload->data_len = (uint16_t)part->length;
    payload->pkt_len = part->length;
    copy->data_len = 0;
    copy->pkt_len = 0;
    rte_pktmbuf_chain(copy, payload);
    return true;
}

static void
copy_bytes(uint8_t *out, const struct rte_mbuf *original, uint32_t offset, uint32_t length) {
    if (original->nb_segs == 1) {
        rte_memcpy(out, rte_pktmbuf_mtod_offset(original, const void *, offset), length);
        return;
    }
    const void *bytes = rte_pktmbuf_read(original, offset, length, out);
    if (bytes != NULL && bytes != out)
        memcpy(out, bytes, length);
}

// A payload longer than one buffer goes on in further ones. False: dropped, and counted.
static __attribute__((noinline)) bool
copy_in_pieces(struct jn_worker *worker, const struct jn_mirror_peer *to, struct rte_mbuf *copy,
               const struct rte_mbuf *original, const struct jn_encap_part *part) {
    const uint32_t room = (uint32_t)copy->buf_len - RTE_PKTMBUF_HEADROOM;
    uint32_t done = 0;
    if (!jn_tx_sends_chains(worker->tx[to->port])) {
        drop_copies(worker, to, JN_COPY_DROP_TOO_LONG, 1);
        return false;
    }
    for (struct rte_mbuf *buffer = copy; done < part->length;) {
        if (buffer == NULL) {
            drop_copies(worker, to, JN_COPY_DROP_NO_MBUF, 1);
            return false;
        }
        uint32_t take = part->length - done < room ? part->length - done : room;
        copy_bytes((uint8_t *)buffer->buf_addr + RTE_PKTMBUF_HEADROOM, original, part->offset + done, take);
        buffer->data_len = (uint16_t)take;
        buffer->pkt_len = take;
        done += take;
        if (buffer != copy)
            rte_pktmbuf_chain(copy, buffer);
        buffer = done < part->length ? rte_pktmbuf_alloc(worker->mirror->pool) : NULL;
    }
    return true;
}

// Payload first, right behind the headroom; the outer header then ends where it begins. False: dropped, and counted.
static bool
make_copy(struct jn_worker *worker, const struct jn_mirror_peer *to, struct rte_mbuf *copy, struct rte_mbuf *original,
          const struct jn_encap_frame *frame, const struct jn_encap_part *part, uint64_t state_mac, uint32_t sequence) {
    uint8_t *payload = (uint8_t *)copy->buf_addr + RTE_PKTMBUF_HEADROOM;
    bool shared = part->length >= SHARE_FROM && jn_tx_sends_chains(worker->tx[to->port]) && original->nb_segs == 1 &&
                  attach_payload(worker, copy, original, part);
    if (!shared && __builtin_expect(RTE_PKTMBUF_HEADROOM + part->length <= copy->buf_len, 1)) {
        copy_bytes(payload, original, part->offset, part->length);
        copy->data_len = (uint16_t)part->length;
        copy->pkt_len = part->length;
    } else if (!shared && !copy_in_pieces(worker, to, copy, original, part))
        return false;
    uint32_t header = jn_encap_write(&to->encap, payload, state_mac, sequence, frame, part);
    copy->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM - header);
    copy->data_len = (uint16_t)(copy->data_len + header);
    copy->pkt_len += header;
    return true;
}

// A copy longer than the MTU leaves as fragments; all of them or none.
static __attribute__((noinline)) void
queue_fragments(struct jn_worker *worker, const struct jn_mirror_peer *to, struct rte_mbuf *original,
                const struct jn_encap_frame *frame, const struct jn_encap_part *part, uint64_t state_mac,
                uint32_t sequence, uint32_t flow) {
    struct jn_mirror_whole *whole = worker->mirror->whole;
    struct jn_fragments fragments;
    uint8_t *payload = whole->bytes + JN_ENCAP_ROOM;
    copy_bytes(payload, original, part->offset, part->length);
    uint32_t header = jn_encap_write(&to->encap, payload, state_mac, sequence, frame, part);
    uint32_t id = __atomic_fetch_add(worker->outer_identification, 1, __ATOMIC_RELAXED);
    uint32_t count =
        jn_fragments_begin(&fragments, payload - header, header + part->length, jn_encap_mtu(&to->encap), id);
    if (count == 0 || count > JN_COPY_FRAGMENTS) {
        drop_copies(worker, to, JN_COPY_DROP_TOO_LONG, 1);
    } else if (rte_pktmbuf_alloc_bulk(worker->mirror->pool, whole->fragments, count) != 0) {
        drop_copies(worker, to, JN_COPY_DROP_NO_MBUF, 1);
    } else {
        for (uint32_t i = 0; i < count; i++) {
            struct rte_mbuf *fragment = whole->fragments[i];
            uint32_t length = jn_fragments_next(&fragments, rte_pktmbuf_mtod(fragment, uint8_t *));
            fragment->data_len = (uint16_t)length;
            fragment->pkt_len = length;
            queue_copy(worker, to, fragment, i == 0 ? flow : JN_FLOW_FRAGMENT);
        }
        jn_count(&counters_of(worker, to)->fragments, count);
    }
}

static void
hold_copy(struct jn_worker *worker, const struct jn_mirror_peer *to, struct rte_mbuf *copy, uint32_t flow) {
    struct jn_mirror_state *state = &worker->mirror->state[to->mirror_idx];
    if (state->hold_count < JN_HOLD_QUEUE_MAX) {
        worker->mirror->hold_peers += state->hold_count == 0;
        if (state->hold_count == 0)
            state->hold_since_ns = worker->now_ns;
        state->hold_hop = to->next_hop;
        state->hold_queue[state->hold_count++] =
            (struct jn_held_copy){copy, flow, flow < JN_FLOW_FRAGMENT ? worker->flow->table.entries[flow].version : 0};
        return;
    }
    drop_copies(worker, to, JN_COPY_DROP_UNRESOLVED, 1);
    rte_pktmbuf_free(copy);
}

// The flow may have ended while the copy waited; then none counts it. It may have entered another interval.
static uint32_t
flow_of_held(struct jn_worker *worker, const struct jn_held_copy *held) {
    if (held->flow >= JN_FLOW_FRAGMENT)
        return held->flow;
    struct jn_flow_entry *entry = &worker->flow->table.entries[held->flow];
    if (entry->version != held->flow_version)
        return JN_FLOW_NONE;
    jn_flow_close_interval(worker, entry);
    return held->flow;
}

// The next hop is resolved: the hold queue is sent first.
static void
flush_hold_queue(struct jn_worker *worker, const struct jn_mirror_peer *to, uint64_t state_mac) {
    struct jn_mirror_state *state = &worker->mirror->state[to->mirror_idx];
    for (uint32_t i = 0; i < state->hold_count; i++) {
        const struct jn_held_copy *held = &state->hold_queue[i];
        jn_neighbour_mac_of(state_mac, rte_pktmbuf_mtod(held->mbuf, uint8_t *));
        queue_copy(worker, to, held->mbuf, flow_of_held(worker, held));
    }
    worker->mirror->hold_peers -= state->hold_count != 0;
    state->hold_count = 0;
}

void
jn_mirror_flush_hold_queues(struct jn_worker *worker) {
    struct jn_mirror *mirror = worker->mirror;
    for (unsigned int i = 0; i < PEERS_A_ROUND && mirror->hold_peers != 0; i++) {
        unsigned int mirror_idx = mirror->cursor++ % (worker->flow->vpg_used * JN_VPG_PEERS);
        const struct jn_mirror_peer *to = worker->rules->mirror[mirror_idx];
        if (mirror->state[mirror_idx].hold_count == 0)
            continue;
        if (to == NULL || mirror->state[mirror_idx].hold_hop != to->next_hop)
            jn_mirror_drop_hold_queue(worker, mirror_idx);
        else
            jn_mirror_attach(worker, to);
        if (mirror->state[mirror_idx].hold_count == 0)
            continue;
        uint64_t state_mac = __atomic_load_n(&to->next_hop->state_mac, __ATOMIC_RELAXED);
        if (jn_neighbour_state_of(state_mac) >= JN_NEIGHBOUR_REACHABLE)
            flush_hold_queue(worker, to, state_mac);
        else if (worker->now_ns - mirror->state[mirror_idx].hold_since_ns >= JN_HOLD_NS)
            jn_mirror_drop_hold_queue(worker, mirror_idx);
    }
    jn_mirror_send(worker);
}

void
jn_mirror_refresh_paths(struct jn_worker *worker) {
    struct jn_mirror *mirror = worker->mirror;
    if (worker->steady_ns - mirror->refreshed_ns < REFRESH_NS)
        return;
    mirror->refreshed_ns = worker->steady_ns;
    for (unsigned int i = 0; i < PEERS_A_ROUND; i++) {
        unsigned int mirror_idx = mirror->refresh_cursor++ % (worker->rules->vpg_idx_end * JN_VPG_PEERS);
        struct jn_mirror_peer *to = worker->rules->mirror[mirror_idx];
        if (to != NULL && (to->peer->flags & JN_PEER_LEARN_MTU) && (worker->underlay->ports >> to->port & 1))
            jn_mirror_peer_refresh(to, worker->steady_ns);
    }
}

static __attribute__((noinline)) void
mirror_one(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, const struct jn_mirror_peer *to,
           uint64_t state_mac, uint32_t sequence, struct rte_mbuf *copy) {
    struct jn_mirror_state *state = &worker->mirror->state[to->mirror_idx];
    struct jn_encap_frame frame;
    struct jn_encap_part part;
    rte_pktmbuf_reset(copy);
    describe_frame(worker, burst, i, &frame);
    enum jn_encap_outcome outcome = jn_encap_choose(&to->encap, &frame, &part);
    if (burst->link_type != JN_LINKTYPE_ETHERNET && !to->encap.ip_only) {
        drop_copies(worker, to, JN_COPY_DROP_NOT_ETHERNET, 1);
    } else if (outcome == JN_ENCAP_NOT_IP || outcome == JN_ENCAP_TOO_LONG) {
        drop_copies(worker, to, outcome == JN_ENCAP_NOT_IP ? JN_COPY_DROP_NOT_IP : JN_COPY_DROP_TOO_LONG, 1);
    } else if (to->peer->rate_mbps != 0 &&
               !jn_mirror_within_rate(worker, state, to->peer->rate_mbps, part.length + to->encap.length)) {
        drop_copies(worker, to, JN_COPY_DROP_RATE, 1);
    } else if (outcome == JN_ENCAP_FRAGMENT) {
        if (jn_neighbour_state_of(state_mac) < JN_NEIGHBOUR_REACHABLE)
            drop_copies(worker, to, JN_COPY_DROP_UNRESOLVED, 1);
        else
            queue_fragments(worker, to, burst->mbuf[i], &frame, &part, state_mac, sequence, burst->flow[i]);
    } else if (make_copy(worker, to, copy, burst->mbuf[i], &frame, &part, state_mac, sequence)) {
        jn_count(&counters_of(worker, to)->truncated, outcome == JN_ENCAP_TRUNCATED);
        if (jn_neighbour_state_of(state_mac) < JN_NEIGHBOUR_REACHABLE)
            hold_copy(worker, to, copy, burst->flow[i]);
        else
            queue_copy(worker, to, copy, burst->flow[i]);
        return;
    }
    rte_pktmbuf_free(copy);
}

// Raw buffers for a burst's copies: all at once, or as many as there are.
static unsigned int
take_buffers(struct jn_worker *worker, struct rte_mbuf **mbufs, unsigned int count) {
    if (rte_mempool_get_bulk(worker->mirror->pool, (void **)mbufs, count) == 0)
        return count;
    unsigned int got = 0;
    while (got < count && (mbufs[got] = rte_mbuf_raw_alloc(worker->mirror->pool)) != NULL)
        got++;
    return got;
}

// As many copies as there are buffers: how many were made, or had a reason not to be.
static unsigned int
make_copies(struct jn_worker *worker, const struct jn_burst *burst, const struct jn_mirror_peer *to, uint64_t mask,
            uint64_t state_mac, struct rte_mbuf **mbufs, unsigned int count, uint32_t sequence) {
    struct jn_mirror_usual usual;
    unsigned int used = 0;
    usual.longest = 0;
    if (jn_neighbour_state_of(state_mac) >= JN_NEIGHBOUR_REACHABLE)
        jn_mirror_usual_begin(&usual, worker, burst, to, state_mac, SHARE_FROM - 1);
    while (mask != 0 && used < count) {
        unsigned int made = usual.longest == 0 ? 0
                                               : jn_mirror_usual_run(worker, &usual, burst, mask, mbufs + used,
                                                                     count - used, sequence + used);
        for (used += made; made != 0; made--)
            mask &= mask - 1;
        if (mask == 0 || used == count)
            break;
        mirror_one(worker, burst, (unsigned int)__builtin_ctzll(mask), to, state_mac, sequence + used, mbufs[used]);
        mask &= mask - 1;
        used++;
    }
    return used;
}

static void
mirror_to(struct jn_worker *worker, const struct jn_burst *burst, const struct jn_mirror_peer *to, uint64_t mask) {
    struct jn_mirror_state *state = &worker->mirror->state[to->mirror_idx];
    struct rte_mbuf *mbufs[JN_BURST];
    uint64_t state_mac = __atomic_load_n(&to->next_hop->state_mac, __ATOMIC_RELAXED);
    jn_mirror_attach(worker, to);
    if (to->peer->direction != 0 && burst->from_network != (to->peer->direction == 2))
        return;
    if (to->peer->sample_flows > 1)
        mask = jn_mirror_sample_flows(worker, burst, mask, to->peer->sample_flows);
    if (to->peer->sample_packets > 1)
        mask = jn_mirror_sample_packets(state, mask, to->peer->sample_packets);
    unsigned int count = (unsigned int)__builtin_popcountll(mask);
    bool resolved = jn_neighbour_state_of(state_mac) >= JN_NEIGHBOUR_REACHABLE;
    if (state->hold_count != 0 && resolved)
        flush_hold_queue(worker, to, state_mac);
    if (!resolved && state->hold_count == JN_HOLD_QUEUE_MAX) {
        drop_copies(worker, to, JN_COPY_DROP_UNRESOLVED, count);
        return;
    }
    unsigned int got = take_buffers(worker, mbufs, count);
    uint32_t sequence =
        to->sequenced ? __atomic_fetch_add(&worker->mirror->sequence[to->mirror_idx], got, __ATOMIC_RELAXED) : 0;
    make_copies(worker, burst, to, mask, state_mac, mbufs, got, sequence);
    if (got < count)
        drop_copies(worker, to, JN_COPY_DROP_NO_MBUF, count - got);
}

// By a port that carries the tunnel: copies of copies would never end. On other ports such a packet is a device's like
// any other, and is mirrored: a device must not escape mirroring by it.
static bool
is_by_tunnel_port(const struct jn_worker *worker, const struct jn_burst *burst) {
    const bool *is_tunnel = worker->rules->is_tunnel;
    return is_tunnel[burst->port_in] || (burst->port_out < JN_MAX_PORTS && is_tunnel[burst->port_out]);
}

// Those of `mask` that are, counted.
static uint64_t
copies_of_ours(struct jn_worker *worker, const struct jn_burst *burst, uint64_t mask) {
    uint64_t ours = 0;
    for (; mask != 0; mask &= mask - 1)
        if (jn_ruleset_is_own_tunnel(worker->rules, jn_burst_packet(burst, __builtin_ctzll(mask))))
            ours |= mask & -mask;
    jn_count(&worker->counters->exceptions[JN_EXCEPTION_OWN_TUNNEL], (uint64_t)__builtin_popcountll(ours));
    return ours;
}

void
jn_stage_mirror(struct jn_worker *worker, struct jn_burst *burst) {
    uint64_t wanted[JN_VPG_PEERS] = {
        jn_burst_mask(burst->verdict, burst->count, JN_VERDICT_MIRROR0, JN_VERDICT_MIRROR0),
        jn_burst_mask(burst->verdict, burst->count, JN_VERDICT_MIRROR1, JN_VERDICT_MIRROR1)};
    uint64_t left = wanted[0] | wanted[1];
    if (__builtin_expect(left == 0, 1))
        return;
    if (__builtin_expect(is_by_tunnel_port(worker, burst), 0))
        left &= ~copies_of_ours(worker, burst, left);
    while (left != 0) {
        uint16_t vpg_idx = burst->vpg_idx[__builtin_ctzll(left)];
        uint64_t same = left & jn_burst_mask(burst->vpg_idx, burst->count, UINT16_MAX, vpg_idx);
        left &= ~same;
        for (unsigned int peer_idx = 0; peer_idx < JN_VPG_PEERS; peer_idx++) {
            const struct jn_mirror_peer *to = worker->rules->mirror[vpg_idx * JN_VPG_PEERS + peer_idx];
            if (to != NULL && (same & wanted[peer_idx]) != 0)
                mirror_to(worker, burst, to, same & wanted[peer_idx]);
        }
    }
}
