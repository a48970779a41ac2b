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
#include "policy_sample.h"
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

// What rules say of applications: masks, and names that end within the strings.
static void
read_applications(const struct jn_policy *p) {
    for (uint32_t i = 0; i < p->rule_count; i++)
        if (jn_policy_rules(p)[i].application_match > p->application_match_count)
            abort();
    for (uint32_t i = 0; i < p->application_match_count; i++) {
        const struct jn_application_match *match = &jn_policy_application_matches(p)[i];
        const struct jn_server_name *names = jn_policy_server_names(p) + match->server_name_first;
        touch(match, sizeof(*match));
        if (match->undecided && (match->server_name_count > 0 || match->risks != 0))
            abort();
        for (uint32_t j = 0; j < match->server_name_count; j++)
            touch(jn_policy_string(p, names[j].string_offset), names[j].length);
    }
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
    read_applications(p);
    touch(jn_policy_peers(p), p->peer_count * sizeof(struct jn_peer));
    for (uint32_t i = 0; i < p->address_count; i++)
        if (jn_policy_addresses(p)[i].port >= JN_MAX_PORTS)
            abort();
    for (uint32_t i = 0; i < p->route_count; i++)
        if (jn_policy_routes(p)[i].port >= JN_MAX_PORTS)
            abort();
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

// What is overlaid has to be sound, or nothing is tried.
static void
check_sample(struct jn_policy_region *region, struct jn_policy *p) {
    static bool checked;
    char err[JN_ERR_MAX];
    if (!checked && jn_policy_publish(region, p, err) != 0) {
        fprintf(stderr, "the sample itself: %s\n", err);
        abort();
    }
    checked = true;
}

// Through a region's publisher, which makes the checksum right; then as a reader takes it.
static void
try_policy(const uint8_t *data, size_t size) {
    enum { BYTES = 1792 };
    struct jn_policy_region *region = policy_region();
    char err[JN_ERR_MAX];
    struct jn_policy *p = sample_policy(BYTES), *copy;
    region->generation = 0;
    check_sample(region, p);
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
