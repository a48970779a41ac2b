// SPDX-License-Identifier: BSD-3-Clause
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "flow/idle_expiry.h"
#include "flow/tcp_close.h"
#include "gate/l2_rewrite.h"
#include "gate/resolution.h"
#include "mirror/mirror_send.h"
#include "path/path.h"
#include "tunnel/reassembly.h"
#include "underlay/underlay_input.h"
#include "worker/rooms.h"
#include "worker/underlay_error.h"

// Short packets that came through a tunnel are padded to Ethernet's least length.
enum { RIG_TAIL = 64 };

static struct rte_mempool *pool;

void
rig_start_dpdk(void) {
    static char *arguments[] = {"rig", "--no-huge", "--no-shconf",    "--no-pci",          "--no-telemetry",
                                "-m",  "64",        "--iova-mode=va", "--log-level=error", "--lcores=0@0",
                                NULL};
    if (rte_eal_init(10, arguments) < 0)
        abort();
    pool = rte_pktmbuf_pool_create("rig", 1023, 0, 0, RIG_FRAME + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
    if (pool == NULL)
        abort();
}

static void *
zeroed(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (memory == NULL)
        abort();
    return memset(memory, 0, size);
}

static const struct jn_adjacency_ports rig_ports = {.mac = {[2] = {2, 0, 0, 0, 0, 2}, [3] = {2, 0, 0, 0, 0, 3}},
                                                    .mtu = {1500, 1500, 1500, 9000, 1500, 1500},
                                                    .count = RIG_PORTS,
                                                    .access = {0, 4},
                                                    .network = {1, 5}};

static bool
is_tunnel(uint16_t port) {
    return port == 2 || port == 3;
}

static struct jn_adjacency_regions
regions_of(const struct rig *rig) {
    return (struct jn_adjacency_regions){.hash_key = &rig->worker->hash_key,
                                         .neighbours = rig->neighbours,
                                         .gates = rig->gates,
                                         .l2_table = rig->l2_table,
                                         .path_mtus = jn_path_mtus(rig->neighbours),
                                         .next_hops = jn_next_hops(rig->neighbours),
                                         .gate_counters = jn_gate_counters_of(rig->gates, 0),
                                         .vpg_used = rig->gates->vpg_used};
}

void
rig_resolve(struct rig *rig, bool resolved) {
    for (uint32_t i = 0; i < rig->rules->neighbour_count; i++)
        rig->neighbours->neighbours[i].state_mac =
            resolved ? (uint64_t)JN_NEIGHBOUR_REACHABLE << 48 | UINT64_C(0x020000000063)
                     : (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48;
}

void
rig_target(struct rig *rig, enum jn_redirect_target kind, unsigned int peer_idx, const uint8_t mac[6]) {
    rig->gates->gates[0].target = jn_target_make(kind, peer_idx, jn_neighbour_state_mac(0, mac));
}

unsigned int
rig_buffers_free(void) {
    return rte_mempool_avail_count(pool);
}

unsigned int
rig_take_buffers(struct rte_mbuf **taken, unsigned int count) {
    return rte_pktmbuf_alloc_bulk(pool, taken, count) == 0 ? count : 0;
}

void
rig_give_buffers(struct rte_mbuf **taken, unsigned int count) {
    rte_pktmbuf_free_bulk(taken, count);
}

static bool
rig_is_swept(const struct rig *rig, const struct jn_ruleset *rules) {
    return rig->worker->flow->sweep.done == rules->policy->generation;
}

void
rig_policy(struct rig *rig, const char *vpgs, unsigned int interval_s) {
    char err[JN_ERR_MAX];
    struct jn_ruleset *former = rig->rules;
    struct jn_policy *policy = rig_compile(rig, vpgs, interval_s, former != NULL ? former->policy : NULL);
    policy->generation = ++rig->generation;
    rig->rules = jn_ruleset_build(policy, err);
    // As policy_watch.c: a VPG index changes hands again only when it is swept.
    while (former != NULL && jn_ruleset_must_wait(rig->rules, former) && !rig_is_swept(rig, former))
        rig_idle(rig, rig->worker->now_ns);
    jn_ruleset_follow(rig->rules, former, former != NULL && rig_is_swept(rig, former));
    struct jn_adjacency_regions regions = regions_of(rig);
    regions.former = former;
    if (rig->rules == NULL || jn_adjacency_build(rig->rules, &regions, &rig->ports, rig->worker->now_ns) < 0)
        abort();
    jn_unreported_name_vpgs(rig->unreported, rig->vpgs, rig->rules);
    jn_worker_take_rules(rig->worker, rig->rules);
    jn_ruleset_free(former);
    jn_adjacency_release(rig->rules, &regions);
}

static uint16_t
keep(struct jn_tx *tx, struct rte_mbuf **mbufs, uint16_t count) {
    struct rig *rig = tx->context;
    if (is_tunnel(tx->port) ? rig->refuse_tunnel : rig->refuse)
        return 0;
    for (uint16_t i = 0; i < count; i++) {
        struct rig_sent *sent = &rig->sent[rig->sent_count++ % RIG_SENT];
        sent->port = tx->port;
        sent->segments = mbufs[i]->nb_segs;
        sent->length = rte_pktmbuf_pkt_len(mbufs[i]);
        uint32_t kept = sent->length < RIG_FRAME ? sent->length : RIG_FRAME;
        const void *bytes = rte_pktmbuf_read(mbufs[i], 0, kept, sent->data);
        if (bytes != sent->data)
            memcpy(sent->data, bytes, kept);
    }
    rte_pktmbuf_free_bulk(mbufs, count);
    return count;
}

const struct jn_path *
rig_path(const char *name) {
    enum { SKIPPED = 77 };
    char err[JN_ERR_MAX];
    const char *wanted = name != NULL ? name : getenv("JN_ISA");
    if (wanted == NULL)
        return jn_path_at(0, JN_ISA_BASE);
    const struct jn_path *path = jn_path_choose(wanted, jn_isa_here(), err);
    if (path == NULL) {
        fprintf(stderr, "%s\n", err);
        exit(SKIPPED);
    }
    return path;
}

void
rig_open(struct rig *rig, const char *vpgs, unsigned int interval_s) {
    rig_open_for(rig, vpgs, interval_s, RIG_VPGS);
}

// What a worker shares with other programs.
static void
open_regions(struct rig *rig) {
    struct jn_worker *w = rig->worker;
    struct jn_flow_region *flows = zeroed(jn_flow_region_size(1, RIG_FLOWS));
    rig->records = zeroed(jn_records_size(1, RIG_RECORDS));
    rig->neighbours = zeroed(jn_neighbours_size(1, rig->vpgs));
    rig->gates = zeroed(jn_gates_size(1, rig->vpgs));
    rig->unreported = zeroed(jn_unreported_size(1, rig->vpgs, RIG_FLOWS));
    jn_unreported_init(rig->unreported, 1, rig->vpgs, RIG_FLOWS);
    jn_unreported_bind(w->flow, rig->unreported, 0, rig->vpgs, RIG_FLOWS);
    jn_flow_region_init(flows, 1, RIG_FLOWS);
    jn_flow_table_open(&w->flow->table, flows, 0, 42);
    jn_records_init(rig->records, 1, RIG_RECORDS);
    w->flow->ring = &rig->records->rings[0];
    w->flow->records = jn_ring_first(rig->records, w->flow->ring);
    w->flow->record_capacity = RIG_RECORDS;
    w->counters = zeroed(sizeof(*w->counters));
    w->vpg_counters = zeroed(rig->vpgs * sizeof(*w->vpg_counters));
    rig->neighbours->worker_count = rig->gates->worker_count = 1;
    rig->neighbours->vpg_capacity = rig->neighbours->vpg_used = rig->vpgs;
    rig->gates->vpg_capacity = rig->gates->vpg_used = rig->vpgs;
    w->mirror->counters = rig->neighbours->peers;
    w->redirect->counters = jn_gate_counters_of(rig->gates, 0);
    w->underlay->neighbours = rig->neighbours->neighbours;
    w->underlay->counters = rig->neighbours->underlay;
}

static void
open_flows(struct jn_flow_state *flow) {
    flow->fragments = (struct jn_fragment_table){.entries = zeroed(64 * JN_FRAGMENT_WAYS * sizeof(struct jn_fragment)),
                                                 .bucket_count = 64,
                                                 .timeout_ns = UINT64_C(30000000000),
                                                 .key = jn_hash_key_of(42)};
    if (jn_tcp_linger_make(&flow->linger, RIG_FLOWS) < 0 || jn_expiry_make(&flow->expiry, RIG_FLOWS) < 0)
        abort();
}

static void
open_ports(struct rig *rig) {
    struct jn_worker *w = rig->worker;
    w->underlay->ports = 1u << 2 | 1u << 3;
    for (uint16_t port = 2; is_tunnel(port); port++) {
        memcpy(w->underlay->port[port].mac, rig_ports.mac[port], 6);
        w->underlay->port[port].mtu = rig_ports.mtu[port];
    }
    for (uint16_t port = 0; port < RIG_PORTS; port++) {
        rig->tx[port] = (struct jn_tx){.transmit = keep,
                                       .context = rig,
                                       .port = port,
                                       .own = true,
                                       .segments = true,
                                       .longest = UINT32_MAX,
                                       .state = &rig->port_state};
        w->tx[port] = &rig->tx[port];
    }
}

void
rig_open_for(struct rig *rig, const char *vpgs, unsigned int interval_s, uint32_t room) {
    *rig = (struct rig){
        .path = rig_path(NULL), .lazy = getenv("JN_LAZY"), .port_state = JN_PORT_UP, .ports = rig_ports, .vpgs = room};
    struct jn_worker *w = rig->worker = zeroed(sizeof(*w));
    w->hash_key = jn_hash_key_of(42);
    rig->rooms = zeroed(sizeof(*rig->rooms));
    rig->sent = zeroed(RIG_SENT * sizeof(*rig->sent));
    jn_rooms_join(w, rig->rooms);
    open_regions(rig);
    open_flows(w->flow);
    if (jn_worker_vpgs_make(w, rig->vpgs) < 0)
        abort();
    w->flow->l2_table = rig->l2_table = jn_l2_table_make(rig->vpgs, 64, &w->hash_key);
    w->own_frames = w->answers = w->requests = w->mirror->pool = pool;
    w->outer_identification = zeroed(sizeof(uint32_t));
    w->mirror->sequence = zeroed(JN_VPG_PEERS * rig->vpgs * sizeof(uint32_t));
    w->redirect->resolutions = jn_resolutions_make(rig->vpgs);
    w->redirect->reassembly = jn_reassembly_make();
    open_ports(rig);
    rig_policy(rig, vpgs, interval_s);
}

// What is beside the table is looked at only where the entry says so.
static void
check_beside(const struct jn_flow_state *flow) {
    static const struct jn_flow_through nothing;
    for (uint32_t n = 0; n < flow->table.header->capacity; n++)
        if (!(flow->table.entries[n].flags & JN_FLOW_BESIDE) &&
            ((flow->copies[n][0] | flow->copies[n][1]) != 0 ||
             memcmp(&flow->through[n], &nothing, sizeof(nothing)) != 0))
            abort();
}

void
rig_close(struct rig *rig) {
    check_beside(rig->worker->flow);
    rig->port_state = JN_PORT_DOWN;
    for (unsigned int mirror_idx = 0; mirror_idx < JN_VPG_PEERS * rig->vpgs; mirror_idx++)
        jn_mirror_drop_hold_queue(rig->worker, mirror_idx);
    for (uint16_t port = 0; port < RIG_PORTS; port++)
        jn_tx_drain(rig->worker, &rig->tx[port]);
    jn_ruleset_free(rig->rules);
    free((char *)rig->worker->flow->table.header - offsetof(struct jn_flow_region, tables));
    free(rig->records);
    free(rig->worker->counters);
    free(rig->worker->vpg_counters);
    jn_worker_vpgs_free(rig->worker);
    free(rig->worker->flow->fragments.entries);
    free(rig->neighbours);
    free(rig->worker->mirror->sequence);
    free(rig->worker->outer_identification);
    free(rig->unreported);
    free(rig->gates);
    jn_l2_table_free(rig->l2_table);
    free(rig->worker->redirect->resolutions);
    jn_reassembly_free(rig->worker->redirect->reassembly);
    jn_tcp_linger_free(&rig->worker->flow->linger);
    jn_expiry_free(&rig->worker->flow->expiry);
    free(rig->rooms);
    free(rig->worker);
    free(rig->sent);
}

void
rig_idle(struct rig *rig, uint64_t now_ns) {
    struct jn_worker *w = rig->worker;
    w->now_ns = w->steady_ns = now_ns > w->now_ns ? now_ns : w->now_ns;
    rig->path->interval_advance(w);
    rig->path->answers_take(w);
    rig->path->attach(w);
    rig->path->flow_expire(w);
    rig->path->orphan_expire(w);
    if (w->rules->learns_mtu)
        rig->path->refresh_paths(w);
}

static void
look(struct rig *rig, unsigned int i) {
    struct jn_burst *b = &rig->burst;
    b->data[i] = rte_pktmbuf_mtod(b->mbuf[i], const uint8_t *);
    b->length[i] = rte_pktmbuf_data_len(b->mbuf[i]);
    b->bytes[i] = rte_pktmbuf_pkt_len(b->mbuf[i]);
}

// tail: bytes left behind the frame, none of them zero.
static struct rte_mbuf *
one_mbuf(const void *data, uint32_t length, uint32_t tail) {
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
    if (mbuf == NULL || length > RIG_FRAME)
        abort();
    // At the buffer's end, so that a sanitizer's poison or the next buffer shows a read beyond the frame.
    mbuf->data_off = (uint16_t)(mbuf->buf_len - length - tail);
    memset((char *)mbuf->buf_addr + mbuf->buf_len - tail, 0xa5, tail);
    memcpy((char *)mbuf->buf_addr + mbuf->data_off, data, length);
    mbuf->data_len = (uint16_t)length;
    mbuf->pkt_len = length;
    return mbuf;
}

static struct rte_mbuf *
to_mbuf(const struct rig *rig, const uint8_t *data, uint32_t length, uint32_t tail) {
    if (rig->split == 0 || rig->split >= length)
        return one_mbuf(data, length, tail);
    struct rte_mbuf *first = one_mbuf(data, rig->split, 0);
    if (rte_pktmbuf_chain(first, one_mbuf(data + rig->split, length - rig->split, tail)) != 0)
        abort();
    return first;
}

static bool
is_lazy(const struct rig *rig) {
    return rig->lazy != NULL ? strcmp(rig->lazy, "always") == 0 : rig->rules != NULL && rig->rules->sources == NULL;
}

void
rig_load(struct rig *rig, const uint8_t *const *data, const uint32_t *length, unsigned int count, uint16_t port) {
    struct jn_burst *b = &rig->burst;
    b->count = count;
    b->port_in = port;
    b->port_out = is_tunnel(port) ? JN_NO_PORT : port ^ 1;
    b->wire = port >= 4;
    b->from_network = !is_tunnel(port) && (port & 1);
    b->link_type = JN_LINKTYPE_ETHERNET;
    b->lazy = is_lazy(rig);
    for (unsigned int i = 0; i < count; i++) {
        b->mbuf[i] = to_mbuf(rig, data[i], length[i], 0);
        look(rig, i);
    }
}

static void
play(struct rig *rig, uint64_t now_ns) {
    rig_idle(rig, now_ns);
    rig->path->pipeline(rig->worker, &rig->burst);
}

void
rig_frame(struct rig *rig, const void *data, uint32_t length, uint32_t wire_length, bool from_network,
          uint64_t now_ns) {
    const uint8_t *bytes = data;
    rig_load(rig, &bytes, &length, 1, from_network);
    rig->burst.captured = wire_length != 0;
    if (wire_length != 0)
        rig->burst.bytes[0] = wire_length;
    play(rig, now_ns);
    rig->burst.captured = false;
}

void
rig_frames(struct rig *rig, const uint8_t *const *data, const uint32_t *length, unsigned int count, bool from_network,
           uint64_t now_ns) {
    rig_load(rig, data, length, count, from_network);
    play(rig, now_ns);
}

void
rig_frames_of_second_wire(struct rig *rig, const uint8_t *const *data, const uint32_t *length, unsigned int count,
                          bool from_network, uint64_t now_ns) {
    rig_load(rig, data, length, count, from_network ? 5 : 4);
    play(rig, now_ns);
}

void
rig_take_usual(struct rig *rig) {
    struct jn_vxlan_usual usual;
    jn_vxlan_usual_begin(&usual, NULL);
    if (rig->path->usual_take(rig->worker, &rig->burst, 0, &usual) != rig->burst.count)
        abort();
}

static uint16_t
tunnel_of(const uint8_t *frame, uint32_t length) {
    return length > 13 && frame[12] == 0x81 && frame[13] == 0 ? 3 : 2;
}

static void
check_input(struct rig *rig, struct rte_mbuf *mbuf) {
    struct jn_burst *b = &rig->burst;
    uint16_t port = tunnel_of(rte_pktmbuf_mtod(mbuf, const uint8_t *), rte_pktmbuf_data_len(mbuf));
    *b = (struct jn_burst){.count = 1, .port_in = port, .port_out = JN_NO_PORT, .link_type = JN_LINKTYPE_ETHERNET};
    b->mbuf[0] = mbuf;
    look(rig, 0);
    rig->path->parse(rig->worker, b);
}

// What has to be made one buffer first, as the worker does it. False: nothing is there yet, or it is lost.
static bool
make_whole(struct rig *rig) {
    struct jn_packet *packet = jn_burst_packet(&rig->burst, 0);
    struct rte_mbuf *mbuf = rig->burst.mbuf[0];
    bool fragment = packet->flags & JN_PACKET_FRAGMENT;
    if (rig->worker->rules->sources == NULL || (!fragment && mbuf->nb_segs == 1))
        return true;
    mbuf->l2_len = packet->l3_offset;
    mbuf = fragment ? rig->path->outer_fragment_add(rig->worker, mbuf, packet)
                    : rig->path->in_one_piece(rig->worker, mbuf);
    if (mbuf != NULL)
        check_input(rig, mbuf);
    return mbuf != NULL;
}

static bool
is_usual(const struct rig *rig, struct jn_vxlan_usual *usual) {
    jn_vxlan_usual_begin(usual, NULL);
    return rig->path->usual_find(rig->worker, &rig->burst, 0, usual) == 0;
}

// Does the packet that waits last, a usual one, have the key and the length that the long way found?
static bool
is_waiting(const struct rig *rig, const struct jn_packet *inner) {
    const struct jn_worker *w = rig->worker;
    const struct jn_reinject *reinject = &w->redirect->reinject;
    const struct jn_flow_key *key = &reinject->key[reinject->keys - 1];
    unsigned int at = reinject->count - 1;
    struct jn_packet packet = *inner;
    struct jn_flow_key wanted;
    packet.vlan_id = JN_FLOW_VLAN_ID_NONE;
    jn_flow_key(&w->flow->table, &packet, reinject->vnet[at]->vpg_idx, &wanted);
    return key->at == at && key->key0 == wanted.key0 && key->key1 == wanted.key1 && key->hash == wanted.hash &&
           key->swapped == wanted.swapped && key->v6 == wanted.v6 && key->packet == &reinject->packet[at] &&
           reinject->ip_length[at] == packet.ip_length &&
           (!key->v6 || memcmp(key->packet->address, packet.address, sizeof(packet.address)) == 0);
}

// Usual packets go the short way, which says of them what the long one says.
static bool
take_usual(struct rig *rig) {
    struct jn_worker *w = rig->worker;
    struct jn_vxlan_input input;
    struct jn_vxlan_usual usual;
    if (!is_usual(rig, &usual) || rig->long_way)
        return false;
    if (!rig->path->input_check(w, &rig->burst, 0, rig->path->input_source(w, &rig->burst, 0), &input) ||
        input.outcome != JN_VXLAN_PACKET || input.own || input.vnet != usual.source->vnet ||
        input.peer_idx != usual.source->peer_idx || jn_vxlan_inner_at(usual.pattern->v6) != input.inner.offset)
        abort();
    if (rig->path->usual_take(w, &rig->burst, 0, &usual) != 1 || !is_waiting(rig, &input.inner.packet))
        abort();
    return true;
}

bool
rig_arrive_before(struct rig *rig, const void *data, uint32_t length, uint64_t now_ns) {
    struct jn_worker *w = rig->worker;
    struct jn_underlay_result result = {0};
    struct jn_vxlan_input input;
    rig_idle(rig, now_ns);
    check_input(rig, to_mbuf(rig, data, length, RIG_TAIL));
    const struct jn_vnet_source *source = rig->path->input_source(w, &rig->burst, 0);
    bool plain = source != NULL && rig->path->input_is_plain(&rig->burst, 0, source);
    enum jn_underlay_outcome outcome =
        jn_underlay_input(w->underlay, rig->burst.port_in, rig->burst.data[0], rig->burst.length[0],
                          jn_burst_packet(&rig->burst, 0), w->now_ns, &result);
    if (outcome == JN_UNDERLAY_ERROR)
        jn_underlay_error(w, &result);
    if (outcome != JN_UNDERLAY_TUNNEL) {
        struct jn_vxlan_usual usual;
        if (plain || is_usual(rig, &usual)) // the short ways let nothing in that the engine does not
            abort();
        rte_pktmbuf_free(rig->burst.mbuf[0]);
        return false;
    }
    if (!plain && !make_whole(rig))
        return true;
    struct jn_burst onward;
    if (take_usual(rig))
        return true;
    if (rig->path->input_check(w, &rig->burst, 0, rig->path->input_source(w, &rig->burst, 0), &input) &&
        rig->path->input_take(w, &rig->burst, 0, &input, &onward))
        rig->path->pipeline(w, &onward);
    return true;
}

bool
rig_arrive(struct rig *rig, const void *data, uint32_t length, uint64_t now_ns) {
    bool tunnel = rig_arrive_before(rig, data, length, now_ns);
    rig->path->reinject_send(rig->worker);
    return tunnel;
}

void
rig_finish(struct rig *rig) {
    jn_worker_finish(rig->worker);
}

const struct jn_record *
rig_record(struct rig *rig) {
    struct jn_ring *ring = rig->worker->flow->ring;
    if (ring->tail == ring->head)
        return NULL;
    return &rig->worker->flow->records[ring->tail++ & (rig->worker->flow->record_capacity - 1)];
}
