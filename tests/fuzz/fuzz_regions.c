// SPDX-License-Identifier: BSD-3-Clause
// Regions and policies of random bytes, in memory of exactly their size: what their checks accept can be read without
// leaving it. First byte: which; the rest overlays a sound layout, so that the checks are passed often.
#include <stdio.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "gate.h"
#include "neighbour.h"
#include "policy.h"
#include "policy_check.h"
#include "record.h"

static volatile uint64_t sink; // reads into it are not optimised away

static void
touch(const void *bytes, size_t size) {
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += ((const uint8_t *)bytes)[i];
    sink = sum;
}

// Triples of offset (two bytes, in eights, over the whole of `size`), length, and that many bytes.
static void
overlay(uint8_t *base, size_t size, const uint8_t *data, size_t left) {
    while (left >= 3 && size > 0) {
        size_t offset = (data[0] | (size_t)data[1] << 8) * 8 % size, length = data[2] % 32u;
        data += 3;
        left -= 3;
        length = length < left ? length : left;
        length = length < size - offset ? length : size - offset;
        memcpy(base + offset, data, length);
        data += length;
        left -= length;
    }
}

static void *
allocate(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (memory == NULL)
        abort();
    memset(memory, 0, (size + 63) / 64 * 64);
    return memory;
}

// A sound layout, cut or whole, overlaid. Sizes are multiples of 64, so that aligned memory ends exactly behind them.
static size_t
truncate_to(size_t size, uint8_t how) {
    return how < 200 ? size : size / 64 * (255u - how) / 56 * 64;
}

static void
try_flows(const uint8_t *data, size_t size) {
    enum { WORKERS = 2, CAPACITY = 16 };
    size_t whole = jn_flow_region_size(WORKERS, CAPACITY), is = truncate_to(whole, data[0]);
    struct jn_flow_region *region = allocate(whole);
    struct jn_flow_entry entry;
    char err[JN_ERR_MAX];
    jn_flow_region_init(region, WORKERS, CAPACITY);
    region->tables[0].high_water = region->tables[1].high_water = CAPACITY;
    overlay((uint8_t *)region, whole, data + 1, size - 1);
    struct jn_flow_region *exact = allocate(is);
    memcpy(exact, region, is);
    free(region);
    bool sound = jn_flow_check(exact, is, err) == 0;
    for (unsigned int worker = 0; sound && worker <= JN_MAX_WORKERS; worker++)
        for (uint32_t flow_idx = 0; flow_idx <= 4 * CAPACITY; flow_idx++)
            if (jn_flow_snapshot(exact, is, worker, flow_idx, &entry)) {
                if (jn_flow_is_free(&entry) || entry.version & 1)
                    abort();
                touch(&entry, sizeof(entry));
            }
    free(exact);
}

static void
try_records(const uint8_t *data, size_t size) {
    enum { WORKERS = 2, CAPACITY = 8 };
    size_t whole = jn_records_size(WORKERS, CAPACITY), is = truncate_to(whole, data[0]);
    struct jn_records_region *region = allocate(whole);
    char err[JN_ERR_MAX];
    jn_records_init(region, WORKERS, CAPACITY);
    region->rings[0].head = region->rings[1].head = CAPACITY;
    overlay((uint8_t *)region, whole, data + 1, size - 1);
    struct jn_records_region *exact = allocate(is);
    memcpy(exact, region, is);
    free(region);
    if (jn_records_check(exact, is, err) == 0)
        for (unsigned int worker = 0; worker < exact->worker_count; worker++) {
            const struct jn_ring *ring = &exact->rings[worker];
            const struct jn_record *records = (const void *)((const char *)exact + ring->offset);
            for (uint64_t at = ring->tail; at != ring->head; at++)
                touch(&records[at & (ring->capacity - 1)], sizeof(*records));
        }
    free(exact);
}

static void
try_neighbours(const uint8_t *data, size_t size) {
    enum { WORKERS = 2, VPGS = 8 };
    size_t whole = jn_neighbours_size(WORKERS, VPGS), is = truncate_to(whole, data[0]);
    struct jn_neighbours_region *region = allocate(whole);
    char err[JN_ERR_MAX];
    region->worker_count = WORKERS;
    region->vpg_capacity = VPGS;
    region->vpg_used = VPGS - 2;
    for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++)
        region->neighbours[i] =
            (struct jn_neighbour){.state_mac = (uint64_t)(i % 4) << 48, .family = 4, .vlan_id = JN_VLAN_ID_NONE};
    for (unsigned int i = 0; i < JN_VPG_PEERS * VPGS; i++)
        jn_next_hops(region)[i] = (uint16_t)(i % 2 == 0 ? i : 0xffff);
    overlay((uint8_t *)region, whole, data + 1, size - 1);
    struct jn_neighbours_region *exact = allocate(is);
    memcpy(exact, region, is);
    free(region);
    if (jn_neighbours_check(exact, is, err) == 0) {
        for (unsigned int i = 0; i < JN_VPG_PEERS * exact->vpg_used; i++)
            if (jn_next_hops(exact)[i] != 0xffff)
                touch(&exact->neighbours[jn_next_hops(exact)[i]], sizeof(struct jn_neighbour));
        for (unsigned int i = 0; i < JN_MAX_NEIGHBOURS; i++) {
            const struct jn_neighbour *n = &exact->neighbours[i];
            if (jn_neighbour_state_of(n->state_mac) > JN_NEIGHBOUR_PROBE ||
                (jn_neighbour_state_of(n->state_mac) != JN_NEIGHBOUR_FREE &&
                 (n->port >= JN_MAX_PORTS || n->family % 2 != 0)))
                abort();
        }
        touch(exact->underlay, exact->worker_count * sizeof(struct jn_underlay_counters));
        touch(exact->peers,
              (size_t)exact->worker_count * JN_VPG_PEERS * exact->vpg_capacity * sizeof(struct jn_peer_counters));
    }
    free(exact);
}

static void
read_gates(struct jn_gates_region *region) {
    for (unsigned int vpg_idx = 0; vpg_idx < region->vpg_used; vpg_idx++) {
        const struct jn_gate_state *gate = &region->gates[vpg_idx];
        if (gate->vni == 0)
            continue;
        if (jn_target_kind(gate->target) > JN_TARGET_DROP ||
            (jn_target_kind(gate->target) == JN_TARGET_PEER && jn_target_peer_idx(gate->target) >= JN_GATE_PEERS))
            abort();
        for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++)
            if (gate->next_hop[peer_idx] != 0xffff && gate->next_hop[peer_idx] >= JN_MAX_NEIGHBOURS)
                abort();
    }
    touch(jn_gate_counters_of(region, 0),
          (size_t)region->worker_count * region->vpg_capacity * sizeof(struct jn_gate_counters));
}

static void
try_gates(const uint8_t *data, size_t size) {
    enum { VPGS = 12 };
    size_t whole = jn_gates_size(1, VPGS), is = truncate_to(whole, data[0]);
    struct jn_gates_region *region = allocate(whole);
    char err[JN_ERR_MAX];
    region->worker_count = 1;
    region->vpg_capacity = VPGS;
    region->vpg_used = VPGS - 2;
    for (unsigned int vpg_idx = 0; vpg_idx < 8; vpg_idx++)
        region->gates[vpg_idx].vni = vpg_idx + 1;
    overlay((uint8_t *)region, whole, data + 1, size - 1);
    struct jn_gates_region *exact = allocate(is);
    memcpy(exact, region, is);
    free(region);
    if (jn_gates_check(exact, is, err) == 0)
        read_gates(exact);
    free(exact);
}

// A text within a struct ends there: what follows it would hide that it does not.
static void
read_text(const char *text, size_t size) {
    if (strnlen(text, size) == size)
        abort();
}

// What workers index by is in range, and what they mirror to is there.
static void
read_mirroring(const struct jn_policy *p, const struct jn_vpg *v) {
    unsigned int peer_bits = 0;
    for (uint32_t i = 0; i < v->peer_count; i++) {
        const struct jn_peer *peer = &jn_policy_peers(p)[v->peer_first + i];
        if (peer->peer_idx >= JN_VPG_PEERS || peer_bits >> peer->peer_idx & 1 ||
            peer->encapsulation > JN_ENCAP_ERSPAN3 || peer->sample_packets == 0 || peer->sample_flows == 0)
            abort();
        peer_bits |= 1u << peer->peer_idx;
        touch(jn_policy_string(p, peer->description_offset), strlen(jn_policy_string(p, peer->description_offset)));
    }
    if (v->defaults >> 4 & ~peer_bits)
        abort();
    for (uint32_t i = 0; i < v->rule_count; i++)
        if (jn_policy_rules(p)[v->rule_first + i].mirror_peers & ~peer_bits)
            abort();
}

// A gate's peers are in different places, and the gateway's is one of them.
static void
read_gate(const struct jn_policy *p, const struct jn_vpg *v) {
    unsigned int peer_bits = 0;
    bool redirects = v->gate_count > 0 && jn_policy_gates(p)[v->gate_first].flags & JN_GATE_REDIRECT;
    if (v->gate_count > 1 || v->gate_peer_count > JN_GATE_PEERS || (!redirects && v->defaults & JN_VERDICT_REDIRECT))
        abort();
    for (uint32_t i = 0; i < v->gate_peer_count; i++) {
        const struct jn_gate_peer *peer = &jn_policy_gate_peers(p)[v->gate_peer_first + i];
        if (peer->peer_idx >= JN_GATE_PEERS || peer_bits >> peer->peer_idx & 1)
            abort();
        peer_bits |= 1u << peer->peer_idx;
        touch(jn_policy_string(p, peer->description_offset), strlen(jn_policy_string(p, peer->description_offset)));
    }
    if (v->gate_count == 0)
        return;
    const struct jn_gate *gate = &jn_policy_gates(p)[v->gate_first];
    if (gate->vni == 0 || gate->vni > JN_MAX_VNI || gate->probe_ms == 0 || gate->probe_lost == 0)
        abort();
    if (redirects && (gate->gateway >= JN_GATE_PEERS || !(peer_bits >> gate->gateway & 1)))
        abort();
    if (redirects && gate->standby != JN_NO_PEER &&
        (gate->standby >= JN_GATE_PEERS || !(peer_bits >> gate->standby & 1) || gate->standby == gate->gateway))
        abort();
}

static void
read_policy(const struct jn_policy *p) {
    read_text(p->node, sizeof(p->node));
    for (uint32_t i = 0; i < p->vpg_count; i++) {
        const struct jn_vpg *v = &jn_policy_vpgs(p)[i];
        read_text(v->id, sizeof(v->id));
        read_text(v->name, sizeof(v->name));
        touch(jn_policy_subnets(p) + v->subnet_first, v->subnet_count * sizeof(struct jn_prefix));
        touch(jn_policy_rules(p) + v->rule_first, v->rule_count * sizeof(struct jn_rule));
        read_mirroring(p, v);
        read_gate(p, v);
        for (uint32_t j = 0; j < v->device_count; j++) {
            const struct jn_device *d = &jn_policy_devices(p)[v->device_first + j];
            touch(jn_policy_string(p, d->name_offset), strlen(jn_policy_string(p, d->name_offset)));
            touch(jn_policy_string(p, d->group_name_offset), strlen(jn_policy_string(p, d->group_name_offset)));
        }
    }
    touch(jn_policy_peers(p), p->peer_count * sizeof(struct jn_peer));
    for (uint32_t i = 0; i < p->address_count; i++)
        if (jn_policy_addresses(p)[i].port >= JN_MAX_PORTS)
            abort();
    for (uint32_t i = 0; i < p->route_count; i++)
        if (jn_policy_routes(p)[i].port >= JN_MAX_PORTS)
            abort();
}

// One of each part; every text is as long as can be: one byte alone ends it.
static struct jn_policy *
sample_policy(size_t size) {
    struct jn_policy *p = allocate(size);
    uint32_t end = sizeof(*p);
    *p = (struct jn_policy){.length = (uint32_t)size,
                            .vpg_count = 1,
                            .subnet_count = 1,
                            .rule_count = 1,
                            .device_count = 1,
                            .peer_count = 2,
                            .address_count = 1,
                            .route_count = 1,
                            .gate_count = 1,
                            .gate_peer_count = 2};
    p->vpg_offset = end;
    p->subnet_offset = p->vpg_offset + sizeof(struct jn_vpg);
    p->rule_offset = p->subnet_offset + (sizeof(struct jn_prefix) + 7) / 8 * 8;
    p->device_offset = p->rule_offset + (sizeof(struct jn_rule) + 7) / 8 * 8;
    p->peer_offset = p->device_offset + (sizeof(struct jn_device) + 7) / 8 * 8;
    p->address_offset = p->peer_offset + (2 * sizeof(struct jn_peer) + 7) / 8 * 8;
    p->route_offset = p->address_offset + sizeof(struct jn_underlay_address);
    p->gate_offset = p->route_offset + sizeof(struct jn_route);
    p->gate_peer_offset = p->gate_offset + (sizeof(struct jn_gate) + 7) / 8 * 8;
    p->string_offset = p->gate_peer_offset + 2 * sizeof(struct jn_gate_peer);
    p->string_bytes = (uint32_t)size - p->string_offset;
    memset((char *)p + p->string_offset, 'x', p->string_bytes - 1);
    struct jn_vpg *vpg = (struct jn_vpg *)jn_policy_vpgs(p);
    *vpg = (struct jn_vpg){.wires = 1,
                           .vlan_id = JN_VLAN_ID_NONE,
                           .defaults = JN_VERDICT_MIRROR1 | JN_VERDICT_REDIRECT,
                           .subnet_count = 1,
                           .rule_count = 1,
                           .device_count = 1,
                           .peer_count = 2,
                           .gate_count = 1,
                           .gate_peer_count = 2};
    memset(vpg->id, 'x', sizeof(vpg->id) - 1);
    memset(vpg->name, 'x', sizeof(vpg->name) - 1);
    memset(p->node, 'x', sizeof(p->node) - 1);
    ((struct jn_device *)jn_policy_devices(p))->family = 4;
    struct jn_peer *peers = (struct jn_peer *)jn_policy_peers(p);
    for (uint8_t i = 0; i < 2; i++)
        peers[i] = (struct jn_peer){
            .family = 4, .peer_idx = i, .flags = JN_PEER_ENABLED, .ttl = 64, .sample_packets = 1, .sample_flows = 1};
    *(struct jn_underlay_address *)jn_policy_addresses(p) =
        (struct jn_underlay_address){.family = 4, .length = 24, .vlan_id = JN_VLAN_ID_NONE};
    *(struct jn_route *)jn_policy_routes(p) = (struct jn_route){.to = {.family = 4, .length = 16}};
    *(struct jn_gate *)jn_policy_gates(p) = (struct jn_gate){.length = {16},
                                                             .mac = {2},
                                                             .vni = 10,
                                                             .flags = JN_GATE_REDIRECT,
                                                             .ttl = 64,
                                                             .standby = 1,
                                                             .gateway_family = 4,
                                                             .standby_family = 4,
                                                             .probe_lost = 3,
                                                             .probe_answers = 3,
                                                             .probe_ms = 100};
    struct jn_gate_peer *gate_peers = (struct jn_gate_peer *)jn_policy_gate_peers(p);
    for (uint8_t i = 0; i < 2; i++)
        gate_peers[i] = (struct jn_gate_peer){.outer = {i}, .outer_family = 4, .has_inner = {1, 0}, .peer_idx = i};
    return p;
}

static struct jn_policy_region *
policy_region(void) {
    static struct jn_policy_region *region;
    if (region == NULL)
        region = mmap(NULL, jn_policy_region_size(), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED)
        abort();
    return region;
}

// Through a region's publisher, which makes the checksum right; then as a reader takes it.
static void
try_policy(const uint8_t *data, size_t size) {
    enum { BYTES = 1536 };
    struct jn_policy_region *region = policy_region();
    char err[JN_ERR_MAX];
    struct jn_policy *p = sample_policy(BYTES), *copy;
    overlay((uint8_t *)p, BYTES, data + 1, size - 1);
    if (p->length > BYTES) {
        if (jn_policy_validate(p, BYTES, err) == 0)
            abort();
        p->length = BYTES;
    }
    region->generation = p->generation = 0;
    if (jn_policy_publish(region, p, err) == 0) {
        read_policy(p);
        if (jn_policy_copy(region, jn_policy_region_size(), &copy, err) != 0)
            abort();
        read_policy(copy);
        free(copy);
    }
    free(p);
}

// The slot itself is random: nothing of it is to be believed, not even its length.
static void
try_slot(const uint8_t *data, size_t size) {
    struct jn_policy_region *region = policy_region();
    struct jn_policy *copy;
    char err[JN_ERR_MAX];
    size_t length = size - 1 < 4096 ? size - 1 : 4096;
    region->generation = data[0];
    uint8_t *slot = (uint8_t *)region + 4096 + (data[0] & 1u) * (size_t)JN_POLICY_SLOT_BYTES;
    memset(slot, 0, 4096);
    memcpy(slot, data + 1, length);
    if (((struct jn_policy *)slot)->length > 65536) // what is longer takes long, and is no different
        ((struct jn_policy *)slot)->length |= 0x80000000u;
    if (jn_policy_copy(region, jn_policy_region_size(), &copy, err) == 0) {
        read_policy(copy);
        free(copy);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const tries[])(const uint8_t *, size_t) = {try_flows, try_records,    try_policy,
                                                             try_slot,  try_neighbours, try_gates};
    if (size >= 2)
        tries[data[0] % 6](data + 1, size - 1);
    return 0;
}
