// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_stage.h"

#include "core/burst_mask.h"
#include "flow/answer.h"
#include "flow/flow_burst.h"
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

// Of the flow's end. Relaxed single stores: a reader may see a flow's counters one packet apart, never torn.
static inline void
count_packets(struct jn_flow_entry *entry, uint64_t end, uint8_t tcp_flags, uint64_t now_ns, uint32_t packets,
              uint64_t bytes) {
    jn_store(&entry->packets[end], entry->packets[end] + packets);
    jn_store(&entry->bytes[end], entry->bytes[end] + bytes);
    jn_store(&entry->last_ns, now_ns);
    if (__builtin_expect(tcp_flags & ~entry->tcp_flags[end], 0))
        jn_store(&entry->tcp_flags[end], entry->tcp_flags[end] | tcp_flags);
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
    struct jn_packet *packet = jn_burst_packet(burst, i);
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
    count_packets(entry, key.swapped, packet->tcp_flags, worker->now_ns, 1, burst->bytes[i]);
}

// A first fragment tells its flow, a later one gets that from it. True if the packet can be counted into that flow.
static bool
track_fragment(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, struct jn_fragment *credit) {
    struct jn_fragment_table *fragments = &worker->flow->fragments;
    const struct jn_fragment_origin origin = {(uint8_t)burst->port_in, burst->from_network,
                                              jn_flow_present(worker).current.both};
    struct jn_fragment_part part;
    jn_parse_fragment(burst->data[i], jn_burst_packet(burst, i), &part);
    enum jn_fragment_outcome outcome = jn_fragment_track(fragments, jn_burst_packet(burst, i), &part, burst->vpg_idx[i],
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
    jn_flow_key(&worker->flow->table, jn_burst_packet(burst, i), burst->vpg_idx[i], &key);
    uint32_t flow_idx = flow_for(worker, burst, i, &key, JN_FLOW_NONE);
    struct jn_flow_entry *entry = &worker->flow->table.entries[flow_idx];
    burst->verdict[i] = entry->verdict;
    burst->flow[i] = flow_idx;
    count_packets(entry, key.swapped, jn_burst_packet(burst, i)->tcp_flags, worker->now_ns, 1, burst->bytes[i]);
    if (credit.pending_packets == 0)
        return;
    // They went on before their flow was known: where it is dropped or not inspected, they stay without ports.
    if (was_forwarded(entry->verdict))
        count_packets(entry, key.swapped, jn_burst_packet(burst, i)->tcp_flags, worker->now_ns, credit.pending_packets,
                      credit.pending_bytes);
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

static inline void
set_vpg(struct jn_burst *burst, unsigned int i, struct jn_vlan_vpg vpg, uint64_t *place) {
    burst->vpg_idx[i] = vpg.vpg_idx;
    burst->vlan_id[i] = vpg.vlan_id;
    place[i] = jn_flow_place(vpg.vlan_id, vpg.vpg_idx);
}

// The VPG of every packet, and the VLAN ID that tells its flow from others there. A burst is mostly of one VLAN.
static void
find_vpgs(struct jn_burst *burst, const struct jn_vlan_vpg *by_vlan, uint64_t place[JN_BURST]) {
    const uint16_t *tci = burst->columns.vlan_tci;
    const unsigned int count = burst->count;
    if (jn_burst_mask(tci, count, UINT16_MAX, tci[0]) == jn_burst_all(count)) {
        const struct jn_vlan_vpg vpg = jn_ruleset_vpg_by_vlan(by_vlan, tci[0]);
        for (unsigned int i = 0; i < count; i++)
            set_vpg(burst, i, vpg, place);
    } else {
        for (unsigned int i = 0; i < count; i++)
            set_vpg(burst, i, jn_ruleset_vpg_by_vlan(by_vlan, tci[i]), place);
    }
    burst->placed = true;
    for (uint64_t written = jn_burst_written(burst); written != 0; written &= written - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(written);
        burst->parsed[i].vlan_id = burst->vlan_id[i];
    }
}

// What has no flow of its own, or not by its own headers. What is not IP has none: its verdict is the VPG's default. Returns
// the fragments among them.
static uint64_t
set_aside(struct jn_worker *worker, struct jn_burst *burst, uint64_t aside) {
    const uint16_t of_no_flow = JN_VERDICT_INSPECT | JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1;
    uint64_t fragments = 0;
    for (; aside != 0; aside &= aside - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(aside);
        uint16_t vpg_idx = burst->vpg_idx[i];
        burst->flow[i] = JN_FLOW_NONE;
        burst->verdict[i] = vpg_idx == JN_NO_VPG ? 0 : worker->rules->vpg[vpg_idx]->defaults & of_no_flow;
        if (vpg_idx == JN_NO_VPG)
            jn_count(&worker->counters->exceptions[JN_EXCEPTION_NO_VPG], 1);
        else if (burst->columns.kind[i] & JN_PACKET_IP)
            fragments |= UINT64_C(1) << i;
    }
    return fragments;
}

// Find the packets' VPGs, and probably their flows. Returns the fragments, which come to theirs apart.
static uint64_t
sort_out(struct jn_worker *worker, struct jn_burst *burst, struct jn_flow_burst *f) {
    bool none = worker->rules == NULL || burst->port_out == JN_NO_PORT;
    const struct jn_vlan_vpg *by_vlan = none ? NULL : worker->rules->vpg_by_vlan[burst->wire];
    uint64_t place[JN_BURST];
    f->flows = f->v6 = 0;
    if (by_vlan == NULL) {
        leave_without_vpg(worker, burst);
        return 0;
    }
    find_vpgs(burst, by_vlan, place);
    uint64_t flows =
        jn_burst_mask32(burst->columns.kind, burst->count, JN_PACKET_IP | JN_PACKET_FRAGMENT, JN_PACKET_IP) &
        ~jn_burst_mask(burst->vpg_idx, burst->count, UINT16_MAX, JN_NO_VPG);
    if (__builtin_expect(flows != 0, 1))
        jn_flow_burst_find(&worker->flow->table, burst, place, flows, f);
    return set_aside(worker, burst, jn_burst_all(burst->count) & ~flows);
}

// Frames in several buffers whose headers go on beyond the first one, which alone is looked at: a chain of extension headers
// longer than a buffer must not hide the ports from the rules.
static void
mark_headers_out_of_reach(struct jn_burst *burst) {
    const uint32_t cut = 1u << JN_EXCEPTION_EXT_TRUNCATED | 1u << JN_EXCEPTION_L4_TRUNCATED;
    for (uint64_t written = burst->captured ? 0 : jn_burst_written(burst); written != 0; written &= written - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(written);
        struct jn_packet *packet = &burst->parsed[i];
        if ((packet->exceptions & cut) && burst->length[i] < burst->bytes[i] &&
            !(packet->flags & (JN_PACKET_PORTS | JN_PACKET_LATER_FRAGMENT))) {
            jn_packet_make_headerless(packet);
            jn_columns_set(&burst->columns, i, packet);
        }
    }
}

// Is the entry the flow of packet i, up to date and not looked into, and the packet one that changes nothing but counters?
static inline bool
is_usual(const struct jn_flow_entry *entry, const struct jn_flow_present *present, const struct jn_burst *burst,
         const struct jn_flow_burst *f, unsigned int i, bool v6) {
    const uint16_t looked_at = JN_FLOW_IPV6 | JN_FLOW_SAMPLED;
    uint64_t other = (entry->key0 ^ f->key0[i]) | (entry->key1 ^ f->key1[i]) | ((entry->flags & looked_at) ^ v6) |
                     (entry->current.both ^ present->current.both) |
                     (burst->columns.tcp_flags[i] & (JN_TCP_FIN | JN_TCP_SYN | JN_TCP_RST));
    return other == 0 && present->now_ns - entry->last_ns < present->idle_timeout_ns &&
           (!v6 || jn_flow_has_addresses(entry, &burst->parsed[i], f->end[i]));
}

// The flow of packet i, whatever is to be done before it is counted.
static __attribute__((noinline)) uint32_t
unusual_flow(struct jn_worker *worker, struct jn_burst *burst, unsigned int i, uint32_t flow_idx) {
    struct jn_flow_key key;
    jn_flow_key(&worker->flow->table, jn_burst_packet(burst, i), burst->vpg_idx[i], &key);
    return flow_for(worker, burst, i, &key, flow_idx);
}

// some_v6: false if it is known that none is of IPv6.
static inline __attribute__((always_inline)) void
count_all(struct jn_worker *worker, struct jn_burst *burst, const struct jn_flow_burst *f, bool some_v6) {
    struct jn_flow_entry *const entries = worker->flow->table.entries;
    const struct jn_flow_present present = jn_flow_present(worker);
    for (unsigned int i = 0, count = burst->count; i < count; i++) {
        uint32_t flow_idx = f->found[i];
        if (__builtin_expect(!(f->flows >> i & 1), 0))
            continue;
        bool v6 = some_v6 && (f->v6 >> i & 1);
        if (__builtin_expect(flow_idx == JN_FLOW_NONE || !is_usual(&entries[flow_idx], &present, burst, f, i, v6), 0))
            flow_idx = unusual_flow(worker, burst, i, flow_idx);
        count_packets(&entries[flow_idx], f->end[i], burst->columns.tcp_flags[i], present.now_ns, 1, burst->bytes[i]);
        burst->verdict[i] = entries[flow_idx].verdict;
        burst->flow[i] = flow_idx;
    }
}

static void
count_found(struct jn_worker *worker, struct jn_burst *burst, const struct jn_flow_burst *f) {
    worker->flow->evicted = false;
    if (f->v6 == 0)
        count_all(worker, burst, f, false);
    else
        count_all(worker, burst, f, true);
}

// A flow may have had to make room for a later one: of a whole packet or of a fragment.
static void
clear_evicted_flows(struct jn_worker *worker, struct jn_burst *burst, uint64_t packets) {
    for (; packets != 0; packets &= packets - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(packets);
        struct jn_flow_key key;
        jn_flow_key(&worker->flow->table, jn_burst_packet(burst, i), burst->vpg_idx[i], &key);
        if (burst->flow[i] != JN_FLOW_NONE && !jn_flow_table_holds(&worker->flow->table, burst->flow[i], &key))
            burst->flow[i] = JN_FLOW_NONE;
    }
}

void
jn_stage_flow(struct jn_worker *worker, struct jn_burst *burst) {
    struct jn_flow_burst f;
    if (__builtin_expect(burst->exceptions != 0, 0))
        mark_headers_out_of_reach(burst);
    uint64_t fragments = sort_out(worker, burst, &f);
    count_found(worker, burst, &f);
    for (uint64_t rest = fragments; rest != 0; rest &= rest - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(rest);
        count_fragment(worker, burst, i);
        burst->columns.kind[i] =
            jn_packet_kind(jn_burst_packet(burst, i)); // a later one may have been told what it is of
    }
    if (worker->flow->evicted)
        clear_evicted_flows(worker, burst, f.flows | fragments);
    if (__builtin_expect(worker->flow->sampling.waits, 0))
        jn_answers_wait(worker);
}
