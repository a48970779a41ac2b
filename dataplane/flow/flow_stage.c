// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_stage.h"

#include "flow/answer.h"
#include "flow/flow_key.h"
#include "flow/flow_live.h"
#include "flow/flow_sample.h"
#include "flow/fragment_orphan.h"

static struct jn_flow_origin
origin_of(const struct jn_burst *burst, unsigned int i) {
    bool ethernet = burst->link_type == JN_LINKTYPE_ETHERNET && burst->length[i] >= JN_ETHERNET_BYTES;
    return (struct jn_flow_origin){.ethernet = ethernet ? burst->data[i] : NULL,
                                   .port = (uint8_t)burst->port_in,
                                   .wire = (uint8_t)(burst->wire + 1),
                                   .from_network = burst->from_network};
}

// The flow that counts the packet. flow_idx: an entry that may be it, or JN_FLOW_NONE.
static uint32_t
flow_for(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, const struct jn_flow_key *key,
         uint32_t flow_idx) {
    const struct jn_flow_present present = jn_flow_present(worker);
    const struct jn_flow_origin origin = origin_of(burst, i);
    if (flow_idx == JN_FLOW_NONE || !jn_flow_is(&worker->flow->table.entries[flow_idx], key))
        flow_idx = jn_flow_find_or_begin(worker, key, &origin);
    if (jn_flow_needs_slow_path(&present, &worker->flow->table.entries[flow_idx], key->packet))
        flow_idx = jn_flow_slow_path(worker, flow_idx, key, &origin);
    if (worker->flow->table.entries[flow_idx].flags & JN_FLOW_SAMPLED)
        jn_sample_look(worker, burst, i, flow_idx, key->swapped);
    return flow_idx;
}

// Relaxed single stores: a reader may see a flow's counters one packet apart, never torn.
static inline void
count_packet(struct jn_flow_entry *entry, const struct jn_flow_key *key, uint64_t now_ns, uint32_t packets,
             uint64_t bytes) {
    bool end = key->swapped;
    jn_store(&entry->packets[end], entry->packets[end] + packets);
    jn_store(&entry->bytes[end], entry->bytes[end] + bytes);
    jn_store(&entry->last_ns, now_ns);
    if (key->packet->tcp_flags != 0)
        jn_store(&entry->tcp_flags[end], entry->tcp_flags[end] | key->packet->tcp_flags);
}

// Was a packet with this verdict counted as inspected, and did it go on? Then it may be credited to a flow alike.
static bool
was_forwarded(uint16_t verdict) {
    return (verdict & (JN_VERDICT_INSPECT | JN_VERDICT_DROP)) == JN_VERDICT_INSPECT;
}

// A later fragment that came before its first: it has the verdict of the flow without ports, and stays on account only as
// long as another flow may get it.
static void
judge_pending(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, uint32_t id) {
    struct jn_packet *packet = &burst->packet[i];
    struct jn_flow_key key;
    jn_flow_key(&worker->flow->table, packet, burst->vpg_idx[i], &key);
    uint32_t flow_idx = flow_for(worker, burst, i, &key, JN_FLOW_NONE);
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    burst->verdict[i] = entry->verdict;
    burst->flow[i] = JN_FLOW_NONE;
    if (was_forwarded(entry->verdict)) {
        jn_store(&entry->last_ns, worker->now_ns);
        return;
    }
    jn_fragment_withdraw(&worker->flow->fragments, packet, id, burst->vpg_idx[i], burst->bytes[i]);
    count_packet(entry, &key, worker->now_ns, 1, burst->bytes[i]);
}

// A first fragment tells its flow, a later one gets that from it. True if the packet can be counted into that flow.
static bool
track_fragment(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, struct jn_fragment *credit) {
    struct jn_fragment_table *fragments = &worker->flow->fragments;
    const struct jn_fragment_origin origin = {(uint8_t)burst->port_in, burst->from_network,
                                              jn_flow_present(worker).current.both};
    struct jn_fragment_part part;
    jn_parse_fragment(burst->data[i], &burst->packet[i], &part);
    enum jn_fragment_outcome outcome = jn_fragment_track(fragments, &burst->packet[i], &part, burst->vpg_idx[i],
                                                         burst->bytes[i], worker->now_ns, &origin, credit);
    jn_count(&worker->counters->exceptions[JN_EXCEPTION_FRAG_TABLE_FULL], fragments->forgotten);
    fragments->forgotten = 0;
    if (credit->pending_packets != 0 && !credit->first_seen) {
        jn_orphan_add(worker, credit);
        credit->pending_packets = 0;
    }
    if (outcome == JN_FRAGMENT_PENDING)
        judge_pending(worker, burst, i, part.id);
    return outcome == JN_FRAGMENT_KNOWN;
}

static void
count_fragment(struct jn_worker *worker, struct jn_burst *burst, unsigned int i) {
    struct jn_fragment credit;
    struct jn_flow_key key;
    if (!track_fragment(worker, burst, i, &credit))
        return;
    jn_flow_key(&worker->flow->table, &burst->packet[i], burst->vpg_idx[i], &key);
    uint32_t flow_idx = flow_for(worker, burst, i, &key, JN_FLOW_NONE);
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    burst->verdict[i] = entry->verdict;
    burst->flow[i] = flow_idx;
    count_packet(entry, &key, worker->now_ns, 1, burst->bytes[i]);
    if (credit.pending_packets == 0)
        return;
    // They went on before their flow was known: where it is dropped or not inspected, they stay without ports.
    if (was_forwarded(entry->verdict))
        count_packet(entry, &key, worker->now_ns, credit.pending_packets, credit.pending_bytes);
    else
        jn_orphan_add(worker, &credit);
}

static void
leave_without_vpg(struct jn_worker *worker, struct jn_burst *burst) {
    for (unsigned int i = 0; i < burst->count; i++) {
        burst->vpg_idx[i] = JN_NO_VPG;
        burst->verdict[i] = 0;
        burst->flow[i] = JN_FLOW_NONE;
    }
    jn_count(&worker->counters->exceptions[JN_EXCEPTION_NO_VPG], burst->count);
}

// What has no flow of its own, or not by its own headers. What is not IP has none: its verdict is the VPG's default.
static void
set_aside(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, uint64_t *fragments) {
    const uint16_t of_no_flow = JN_VERDICT_INSPECT | JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1;
    uint16_t vpg_idx = burst->vpg_idx[i];
    burst->flow[i] = JN_FLOW_NONE;
    burst->verdict[i] = vpg_idx == JN_NO_VPG ? 0 : worker->rules->vpg[vpg_idx]->defaults & of_no_flow;
    burst->kind[i] = jn_packet_kind(&burst->packet[i]);
    burst->ip_length[i] = burst->packet[i].flags & JN_PACKET_IP ? burst->packet[i].ip_length : 0;
    if (vpg_idx == JN_NO_VPG)
        jn_count(&worker->counters->exceptions[JN_EXCEPTION_NO_VPG], 1);
    else if (burst->packet[i].flags & JN_PACKET_IP)
        *fragments |= UINT64_C(1) << i;
}

// The VPG of every packet, and the VLAN ID that tells its flow from others there. The keys of the IP packets among them, whose
// buckets are on their way then; fragments apart, as a mask.
static unsigned int
sort_out(struct jn_worker *worker, struct jn_burst *burst, struct jn_flow_key *keys, uint64_t *fragments) {
    bool none = worker->rules == NULL || burst->port_out == JN_NO_PORT;
    const struct jn_vlan_vpg *by_vlan = none ? NULL : worker->rules->vpg_by_vlan[burst->wire];
    const struct jn_flow_table *table = &worker->flow->table;
    struct jn_flow_key *key = keys;
    *fragments = 0;
    if (by_vlan == NULL) {
        leave_without_vpg(worker, burst);
        return 0;
    }
    for (unsigned int i = 0, count = burst->count; i < count; i++) {
        struct jn_packet *packet = &burst->packet[i];
        struct jn_vlan_vpg vpg = jn_ruleset_vpg_by_vlan(by_vlan, packet->vlan_tci);
        burst->vpg_idx[i] = vpg.vpg_idx;
        packet->vlan_id = vpg.vlan_id;
        bool flows = (packet->flags & (JN_PACKET_IP | JN_PACKET_FRAGMENT)) == JN_PACKET_IP && vpg.vpg_idx != JN_NO_VPG;
        if (__builtin_expect(!flows, 0)) {
            set_aside(worker, burst, i, fragments);
            continue;
        }
        burst->kind[i] = packet->flags | (uint32_t)packet->protocol << JN_KIND_PROTOCOL_SHIFT;
        burst->ip_length[i] = packet->ip_length;
        jn_flow_key_quick(table, packet, vpg.vpg_idx, key);
        __builtin_prefetch(&table->buckets[jn_flow_first_bucket(table, key->hash)]);
        key++->at = (uint8_t)i;
    }
    return (unsigned int)(key - keys);
}

// Frames in several buffers whose headers go on beyond the first one, which alone is looked at: a chain of extension headers
// longer than a buffer must not hide the ports from the rules.
static void
mark_headers_out_of_reach(struct jn_burst *burst) {
    const uint32_t cut = 1u << JN_EXCEPTION_EXT_TRUNCATED | 1u << JN_EXCEPTION_L4_TRUNCATED;
    for (unsigned int i = 0; i < burst->count && !burst->captured; i++) {
        struct jn_packet *packet = &burst->packet[i];
        if ((packet->exceptions & cut) && burst->length[i] < burst->bytes[i] &&
            !(packet->flags & (JN_PACKET_PORTS | JN_PACKET_LATER_FRAGMENT)))
            jn_packet_make_headerless(packet);
    }
}

// found: the entry that each key's flow probably is.
static void
count_found(struct jn_worker *worker, struct jn_burst *burst, const struct jn_flow_key *keys, const uint32_t *found,
            unsigned int count) {
    struct jn_flow_entry *const entries = worker->flow->table.entries;
    const struct jn_flow_present present = jn_flow_present(worker);
    worker->flow->evicted = false;
    for (unsigned int k = 0; k < count; k++) {
        const struct jn_flow_key *key = &keys[k];
        unsigned int i = key->at;
        uint32_t flow_idx = found[k];
        if (__builtin_expect(flow_idx == JN_FLOW_NONE || !jn_flow_is(&entries[flow_idx], key) ||
                                 (entries[flow_idx].flags & JN_FLOW_SAMPLED) ||
                                 jn_flow_needs_slow_path(&present, &entries[flow_idx], key->packet),
                             0))
            flow_idx = flow_for(worker, burst, i, key, flow_idx);
        count_packet(&entries[flow_idx], key, present.now_ns, 1, burst->bytes[i]);
        burst->verdict[i] = entries[flow_idx].verdict;
        burst->flow[i] = flow_idx;
    }
}

// A flow may have had to make room for a later one: of a whole packet or of a fragment.
static void
clear_evicted_flows(struct jn_worker *worker, struct jn_burst *burst, const struct jn_flow_key *keys,
                    unsigned int count, uint64_t fragments) {
    for (unsigned int k = 0; k < count; k++)
        if (!jn_flow_table_holds(&worker->flow->table, burst->flow[keys[k].at], &keys[k]))
            burst->flow[keys[k].at] = JN_FLOW_NONE;
    for (; fragments != 0; fragments &= fragments - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(fragments);
        struct jn_flow_key key;
        jn_flow_key(&worker->flow->table, &burst->packet[i], burst->vpg_idx[i], &key);
        if (burst->flow[i] != JN_FLOW_NONE && !jn_flow_table_holds(&worker->flow->table, burst->flow[i], &key))
            burst->flow[i] = JN_FLOW_NONE;
    }
}

void
jn_stage_flow(struct jn_worker *worker, struct jn_burst *burst) {
    struct jn_flow_key keys[JN_BURST];
    uint32_t found[JN_BURST];
    uint64_t fragments;
    if (__builtin_expect(burst->exceptions != 0, 0))
        mark_headers_out_of_reach(burst);
    unsigned int count = sort_out(worker, burst, keys, &fragments);
    jn_flow_table_foresee(&worker->flow->table, keys, count, found);
    count_found(worker, burst, keys, found, count);
    for (uint64_t rest = fragments; rest != 0; rest &= rest - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(rest);
        count_fragment(worker, burst, i);
        burst->kind[i] = jn_packet_kind(&burst->packet[i]); // a later one may have been told what it is of
    }
    if (worker->flow->evicted)
        clear_evicted_flows(worker, burst, keys, count, fragments);
    if (__builtin_expect(worker->flow->sampling.waits, 0))
        jn_answers_wait(worker);
}
