// SPDX-License-Identifier: BSD-3-Clause
// Stage: every IP packet of a VPG finds or begins its flow, and is counted there. The verdict is the flow's.
#include <string.h>

#include "flow_live.h"
#include "orphan.h"
#include "report.h"

static const uint8_t *
ethernet_of(const struct jn_burst *burst, unsigned int i) {
    return burst->link == JN_LINK_ETHERNET && burst->length[i] >= 14 ? burst->data[i] : NULL;
}

// The flow that counts: the one found, unless another took its place earlier in this burst or it has news.
static inline uint32_t
flow_for(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, const struct jn_flow_key *key, uint32_t number) {
    if (__builtin_expect(number == JN_FLOW_NONE, 0) ||
        (__builtin_expect(worker->churned, 0) && !jn_flow_table_holds(&worker->flows, number, key)))
        number = jn_flow_find_or_begin(worker, key, burst, ethernet_of(burst, i));
    if (__builtin_expect(jn_flow_is_news(worker, &worker->flows.entries[number], key->packet), 0))
        number = jn_flow_settle_news(worker, number, key, burst, ethernet_of(burst, i));
    return number;
}

// Relaxed single stores: a reader may see a flow's counters one packet apart, never torn.
static inline void
count_packet(struct jn_worker *worker, struct jn_flow_entry *entry, const struct jn_flow_key *key, uint32_t packets, uint64_t bytes) {
    bool end = key->swapped;
    __atomic_store_n(&entry->packets[end], entry->packets[end] + packets, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->bytes[end], entry->bytes[end] + bytes, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->last_ns, worker->now_ns, __ATOMIC_RELAXED);
    entry->tcp_flags[end] |= key->packet->tcp_flags;
}

// A fragment tells its ports or waits for them: on account, under the verdict of its flow without ports.
// True when the packet can be counted into the flow that its ports name.
static bool
track_fragment(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, struct jn_fragment *credit) {
    struct jn_packet *packet = &burst->packet[i];
    struct jn_flow_key key;
    enum jn_fragment_outcome outcome =
        jn_fragment_track(&worker->fragments, packet, burst->slot[i], burst->bytes[i], worker->now_ns, credit);
    if (credit->pending_packets != 0 && !(credit->flags & JN_PACKET_PORTS)) {
        jn_count(&worker->counters->notices[JN_NOTICE_FRAG_TABLE_FULL], 1);
        jn_orphan_book(worker, credit);
        credit->pending_packets = 0;
    }
    if (outcome == JN_FRAGMENT_PORTS)
        return true;
    jn_flow_key(&worker->flows, packet, burst->slot[i], &key);
    uint32_t number = flow_for(worker, burst, i, &key, JN_FLOW_NONE);
    burst->verdict[i] = worker->flows.entries[number].verdict;
    if (!(burst->verdict[i] & JN_VERDICT_INSPECT))
        jn_fragment_withdraw(&worker->fragments, packet, burst->slot[i], burst->bytes[i]);
    return false;
}

static void
count_fragment(struct jn_worker *worker, struct jn_burst *burst, unsigned int i) {
    struct jn_fragment credit;
    struct jn_flow_key key;
    if (!track_fragment(worker, burst, i, &credit))
        return;
    jn_flow_key(&worker->flows, &burst->packet[i], burst->slot[i], &key);
    uint32_t number = flow_for(worker, burst, i, &key, JN_FLOW_NONE);
    struct jn_flow_entry *entry = &worker->flows.entries[number];
    burst->verdict[i] = entry->verdict;
    count_packet(worker, entry, &key, 1, burst->bytes[i]);
    if (credit.pending_packets == 0)
        return;
    // They were counted as inspected before their flow was known: where it is not, they stay without ports.
    if (entry->verdict & JN_VERDICT_INSPECT)
        count_packet(worker, entry, &key, credit.pending_packets, credit.pending_bytes);
    else
        jn_orphan_book(worker, &credit);
}

// Slot of every packet; the verdict of frames without a flow is their VPG's default.
static void
find_vpgs(struct jn_worker *worker, struct jn_burst *burst) {
    const struct jn_ruleset *rules = worker->rules;
    bool none = rules == NULL || burst->port_out == JN_NO_PORT;
    const uint16_t *slots = none ? NULL : rules->slot_by_tag[burst->wire];
    unsigned int lost = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        uint16_t slot = burst->slot[i] = slots == NULL ? JN_NO_SLOT : jn_ruleset_slot_of(slots, burst->packet[i].vlan);
        burst->verdict[i] = slot == JN_NO_SLOT ? 0 : rules->vpg[slot]->defaults & JN_VERDICT_INSPECT;
        lost += slot == JN_NO_SLOT;
    }
    if (lost != 0)
        jn_count(&worker->counters->notices[JN_NOTICE_NO_VPG], lost);
}

// Numbers of the IP packets of VPGs into `which`; fragments apart, as a mask.
static unsigned int
sort_out(const struct jn_burst *burst, uint8_t *which, uint64_t *fragments) {
    unsigned int n = 0;
    *fragments = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        uint32_t flags = burst->packet[i].flags & (JN_PACKET_IP | JN_PACKET_FRAGMENT);
        if (__builtin_expect(burst->slot[i] == JN_NO_SLOT || !(flags & JN_PACKET_IP), 0))
            continue;
        if (__builtin_expect(flags & JN_PACKET_FRAGMENT, 0))
            *fragments |= UINT64_C(1) << i;
        else
            which[n++] = (uint8_t)i;
    }
    return n;
}

static void
count_found(struct jn_worker *worker, struct jn_burst *burst, const uint8_t *which, const struct jn_flow_key *keys,
            const uint32_t *found, unsigned int count) {
    worker->churned = false;
    for (unsigned int k = 0; k < count; k++) {
        unsigned int i = which[k];
        uint32_t number = flow_for(worker, burst, i, &keys[k], found[k]);
        struct jn_flow_entry *entry = &worker->flows.entries[number];
        count_packet(worker, entry, &keys[k], 1, burst->bytes[i]);
        burst->verdict[i] = entry->verdict;
    }
}

void
jn_stage_flow(struct jn_worker *worker, struct jn_burst *burst) {
    struct jn_flow_key keys[JN_BURST];
    uint32_t found[JN_BURST];
    uint8_t which[JN_BURST];
    uint64_t fragments;
    find_vpgs(worker, burst);
    unsigned int count = sort_out(burst, which, &fragments);
    jn_flow_keys(&worker->flows, burst->packet, burst->slot, which, count, keys);
    jn_flow_table_lookup(&worker->flows, keys, count, found);
    count_found(worker, burst, which, keys, found, count);
    for (; fragments != 0; fragments &= fragments - 1)
        count_fragment(worker, burst, (unsigned int)__builtin_ctzll(fragments));
}
