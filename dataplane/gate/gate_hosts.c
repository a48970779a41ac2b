// SPDX-License-Identifier: BSD-3-Clause
// The hosts of a virtual network: those that the policy names, indexed by peer, and those that were learned. The owner
// writes; other workers look up redirect targets at the same time.
#include "gate/gate_hosts.h"

#include "gate/gate_inside.h"
#include "underlay/underlay_arp.h"
#include "underlay/underlay_nd.h"

static const uint64_t named_ns = 30 * GATE_SECOND;    // a named one is requested again
static const uint64_t learned_ns = 300 * GATE_SECOND; // a learned one that is not heard is removed
enum { WANTED = 5, PROBES = 3, LEARNED = JN_GATE_HOSTS - JN_GATE_NAMED, DEVICES = JN_GATE_PEERS, PARTIES };

#define LANES UINT64_C(0x0001000100010001) // of a word of tags

// Never 0.
static uint16_t
host_tag(const struct jn_gate_state *state, uint8_t family, const uint8_t *address) {
    uint64_t half[2], seed = __atomic_load_n(&state->tag_seed, __ATOMIC_RELAXED);
    uint64_t other = (seed << 32 | seed >> 32) ^ UINT64_C(0x9e3779b97f4a7c15);
    jn_address_copy(family, (uint8_t *)half, address);
    uint16_t tag = (uint16_t)(jn_hash_mix(half[0] ^ seed, half[1] ^ other) >> 48);
    return tag == 0 ? 1 : tag;
}

static void
set_tag(struct jn_gate_state *state, unsigned int host_idx, uint16_t tag) {
    unsigned int shift = host_idx % 4 * 16;
    uint64_t *word = &state->tags[host_idx / 4];
    jn_store(word, (*word & ~((uint64_t)UINT16_MAX << shift)) | (uint64_t)tag << shift);
}

static bool
host_is_at(const struct jn_gate_host *host, uint8_t family, const uint8_t *address) {
    uint8_t its[16];
    if (jn_neighbour_state_of(gate_host_state_mac(host)) == JN_NEIGHBOUR_FREE ||
        __atomic_load_n(&host->neighbour.family, __ATOMIC_ACQUIRE) != family)
        return false;
    jn_seq_load(its, host->neighbour.address, sizeof(its));
    return jn_address_equal(family, its, address);
}

// Named hosts come first: they hide a learned entry with the same address.
static const struct jn_gate_host *
find_host(const struct jn_gate_state *state, uint8_t family, const uint8_t *address) {
    uint64_t wanted = host_tag(state, family, address) * LANES;
    for (unsigned int i = 0; i < JN_GATE_HOSTS / 4; i++) {
        uint64_t differ = __atomic_load_n(&state->tags[i], __ATOMIC_RELAXED) ^ wanted;
        // The highest bit of each lane that is zero, and sometimes of one above it: the address decides.
        for (uint64_t hits = (differ - LANES) & ~differ & LANES << 15; hits != 0; hits &= hits - 1) {
            const struct jn_gate_host *host = &state->hosts[i * 4 + (unsigned int)__builtin_ctzll(hits) / 16];
            if (host_is_at(host, family, address))
                return host;
        }
    }
    return NULL;
}

struct jn_gate_host *
jn_gate_host_find(struct jn_gate_state *state, uint8_t family, const uint8_t *address) {
    const struct jn_gate_host *host = find_host(state, family, address);
    return host == NULL ? NULL : &state->hosts[host - state->hosts];
}

uint64_t
jn_gate_host_target(const struct jn_gate_state *state, uint8_t family, const uint8_t address[16]) {
    const struct jn_gate_host *host = find_host(state, family, address);
    if (host == NULL)
        return 0;
    // The target is read before the address is checked: the entry may change hands in between.
    uint64_t target = __atomic_load_n(&host->target, __ATOMIC_ACQUIRE);
    return host_is_at(host, family, address) ? target : 0;
}

bool
jn_gate_may_hold(const struct jn_gate_engine *engine, unsigned int owner, unsigned int peer_idx) {
    bool steps_in =
        owner == gate_role_peer_idx(engine, GATE_GATEWAY) && peer_idx == gate_role_peer_idx(engine, GATE_STANDBY);
    return peer_idx < JN_GATE_PEERS && engine->peers[peer_idx] != NULL && (owner == peer_idx || steps_in);
}

bool
jn_gate_learnable(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address) {
    struct jn_underlay_address own = gate_own(engine->gate, family);
    if (own.length == 0 || !jn_address_is_host(family, address) || !jn_prefix_holds(own.address, own.length, address) ||
        jn_address_equal(family, own.address, address) || is_subnet_edge(&own, address) ||
        gate_is_device(engine, family, address))
        return false;
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++) {
        const struct jn_gate_peer *peer = engine->peers[i];
        if (peer != NULL && jn_gate_peer_has(peer, family, address))
            return false;
    }
    return true;
}

void
jn_gate_host_close(struct jn_gate_state *state, unsigned int host_idx) {
    struct jn_gate_host *host = &state->hosts[host_idx];
    jn_store(&host->target, 0);
    gate_host_set_state_mac(host, 0);
    set_tag(state, host_idx, 0);
}

void
jn_gate_host_open(struct jn_gate_state *state, unsigned int host_idx, uint8_t family, const uint8_t *address) {
    struct jn_gate_host *host = &state->hosts[host_idx];
    if (host_is_at(host, family, address))
        return;
    jn_gate_host_close(state, host_idx); // readers must see the entry closed before its address changes
    struct jn_gate_host fresh = {.peer_idx = JN_NO_PEER, .neighbour = {.family = family, .vlan_id = JN_VLAN_ID_NONE}};
    memcpy(fresh.neighbour.address, address, jn_address_bytes(family));
    jn_seq_store(host, &fresh, sizeof(*host));
    set_tag(state, host_idx, host_tag(state, family, address));
    gate_host_set_state_mac(host, (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48);
}

// Who is charged with the entry: the peer that the host was heard from, or all devices if it is unresolved.
static unsigned int
party_of(const struct jn_gate_host *host) {
    return gate_is_resolved(gate_host_state_mac(host)) && host->peer_idx < JN_GATE_PEERS ? host->peer_idx
                                                                                         : (unsigned int)DEVICES;
}

// Which of two entries is evicted first: the one not heard, or not requested, for longer.
static bool
is_staler(const struct jn_gate_host *a, const struct jn_gate_host *b) {
    return gate_is_resolved(gate_host_state_mac(a)) ? a->heard_ns < b->heard_ns
                                                    : a->neighbour.asked_ns < b->neighbour.asked_ns;
}

// Which party loses an entry when none is free. Peers and devices have equal shares. A party at its share evicts one of
// its own. A party below it evicts one of the party that has most, which has more than a share.
static unsigned int
party_to_pay(const struct jn_gate_engine *engine, unsigned int party) {
    unsigned int has[PARTIES] = {0}, parties = 1, most = 0;
    for (unsigned int i = JN_GATE_NAMED; i < JN_GATE_HOSTS; i++)
        has[party_of(&engine->state->hosts[i])]++;
    for (unsigned int peer_idx = 0; peer_idx < JN_GATE_PEERS; peer_idx++)
        parties += engine->peers[peer_idx] != NULL;
    for (unsigned int i = 0; i < PARTIES; i++)
        most = has[i] > has[most] ? i : most;
    return has[party] >= LEARNED / parties ? party : most;
}

// The entry that a party gets.
static unsigned int
entry_for(const struct jn_gate_engine *engine, unsigned int party) {
    const struct jn_gate_host *hosts = engine->state->hosts, *entry = NULL;
    for (unsigned int i = JN_GATE_NAMED; i < JN_GATE_HOSTS; i++)
        if (jn_neighbour_state_of(gate_host_state_mac(&hosts[i])) == JN_NEIGHBOUR_FREE)
            return i;
    unsigned int pays = party_to_pay(engine, party);
    for (unsigned int i = JN_GATE_NAMED; i < JN_GATE_HOSTS; i++)
        if (party_of(&hosts[i]) == pays && (entry == NULL || is_staler(&hosts[i], entry)))
            entry = &hosts[i];
    return (unsigned int)(entry - hosts);
}

struct jn_gate_host *
jn_gate_host_take(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address, unsigned int peer_idx) {
    unsigned int host_idx = entry_for(engine, peer_idx);
    jn_gate_host_open(engine->state, host_idx, family, address);
    return &engine->state->hosts[host_idx];
}

void
jn_gate_host_learn(struct jn_gate_host *host, const struct jn_neighbour *said, unsigned int peer_idx, uint64_t now_ns) {
    struct jn_neighbour *n = &host->neighbour;
    gate_host_set_state_mac(host, said->state_mac);
    jn_store(&n->mac_changes, said->mac_changes);
    jn_store(&n->unanswered, said->unanswered);
    jn_store(&n->confirmed_ns, said->confirmed_ns);
    jn_store(&host->heard_ns, now_ns);
    host->requests_left = 0;
    jn_store(&host->peer_idx, (uint8_t)peer_idx);
    __atomic_store_n(&host->target, jn_target_make(JN_TARGET_PEER, peer_idx, said->state_mac), __ATOMIC_RELEASE);
}

void
jn_gate_host_unresolve(struct jn_gate_state *state, struct jn_gate_host *host) {
    unsigned int host_idx = (unsigned int)(host - state->hosts);
    jn_store(&host->target, 0);
    if (host_idx >= JN_GATE_NAMED)
        jn_gate_host_close(state, host_idx);
    else if (jn_neighbour_state_of(gate_host_state_mac(host)) != JN_NEIGHBOUR_FREE)
        gate_host_set_state_mac(host, (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48);
    jn_store(&host->neighbour.unanswered, 0);
    host->requests_left = 0;
}

void
jn_gate_host_ask(const struct jn_gate_engine *engine, struct jn_gate_host *host, uint16_t peer_bits, uint64_t now_ns,
                 struct jn_gate_send *send) {
    struct jn_neighbour *n = &host->neighbour;
    struct jn_underlay_address own = gate_own(engine->gate, n->family);
    uint64_t state_mac = gate_host_state_mac(host);
    uint8_t mac[6];
    jn_neighbour_mac_of(state_mac, mac);
    jn_store(&n->asked_ns, now_ns);
    jn_store(&n->unanswered, n->unanswered + 1);
    if (gate_is_resolved(state_mac) && host->peer_idx < JN_GATE_PEERS)
        peer_bits = (uint16_t)(1u << host->peer_idx);
    send->peer_bits = peer_bits & engine->peer_mask;
    if (own.length == 0 || send->peer_bits == 0 || send->room < JN_GATE_FRAME_MAX)
        return;
    send->length = (n->family == 4 ? jn_underlay_arp_request : jn_underlay_solicitation)(
        engine->gate->mac, &own, n->address, gate_is_resolved(state_mac) ? mac : NULL, send->frame);
}

// An entry that was requested less than a second ago is not evicted for devices: a device that scans the subnet then
// costs few requests a second.
static struct jn_gate_host *
take_for_devices(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address, uint64_t now_ns) {
    unsigned int host_idx = entry_for(engine, DEVICES);
    struct jn_gate_host *host = &engine->state->hosts[host_idx];
    uint64_t asked_ns = host->neighbour.asked_ns;
    if (jn_neighbour_state_of(gate_host_state_mac(host)) == JN_NEIGHBOUR_INCOMPLETE &&
        (asked_ns == 0 || now_ns - asked_ns < GATE_SECOND))
        return NULL;
    jn_gate_host_open(engine->state, host_idx, family, address);
    return host;
}

void
jn_gate_host_resolve(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address, uint64_t now_ns) {
    struct jn_gate_host *host = jn_gate_host_find(engine->state, family, address);
    if (host == NULL && jn_gate_learnable(engine, family, address))
        host = take_for_devices(engine, family, address, now_ns);
    if (host == NULL || host->requests_left > 0 ||
        jn_neighbour_state_of(gate_host_state_mac(host)) != JN_NEIGHBOUR_INCOMPLETE)
        return;
    host->requests_left = WANTED;
    jn_store(&engine->state->due_ns, now_ns);
}

// May the entry stay? Its peer must exist. A learned host must also have been heard lately.
static bool
may_stay(const struct jn_gate_engine *engine, unsigned int host_idx, const struct jn_gate_host *host, uint64_t now_ns) {
    if (host_idx < JN_GATE_NAMED)
        return jn_gate_may_hold(engine, host_idx / 2, host->peer_idx);
    return host->peer_idx < JN_GATE_PEERS && engine->peers[host->peer_idx] != NULL &&
           now_ns - host->heard_ns < learned_ns &&
           jn_gate_learnable(engine, host->neighbour.family, host->neighbour.address);
}

// When a resolved named host is requested next. After three requests without answer it becomes INCOMPLETE.
static uint64_t
named_due(struct jn_gate_state *state, struct jn_gate_host *host, uint64_t now_ns) {
    const struct jn_neighbour *n = &host->neighbour;
    uint64_t state_mac = gate_host_state_mac(host);
    if (jn_neighbour_state_of(state_mac) == JN_NEIGHBOUR_REACHABLE) {
        if (now_ns - n->confirmed_ns < named_ns)
            return n->confirmed_ns + named_ns;
        uint8_t mac[6];
        jn_neighbour_mac_of(state_mac, mac);
        jn_store(&host->neighbour.unanswered, 0);
        gate_host_set_state_mac(host, jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac));
        return now_ns;
    }
    if (now_ns - n->asked_ns < GATE_SECOND)
        return n->asked_ns + GATE_SECOND;
    if (n->unanswered < PROBES)
        return now_ns;
    jn_gate_host_unresolve(state, host);
    return GATE_NEVER;
}

// When an unresolved host is requested next. Without requests left, a host that the policy does not name is removed.
static uint64_t
resolution_due(struct jn_gate_state *state, struct jn_gate_host *host, uint64_t now_ns) {
    bool named = host < &state->hosts[JN_GATE_NAMED];
    if (host->requests_left == 0 && named)
        return GATE_NEVER;
    if (now_ns - host->neighbour.asked_ns < GATE_SECOND)
        return host->neighbour.asked_ns + GATE_SECOND;
    if (host->requests_left > 0)
        return now_ns;
    jn_gate_host_unresolve(state, host);
    return GATE_NEVER;
}

uint64_t
jn_gate_host_run_timers(const struct jn_gate_engine *engine, unsigned int host_idx, uint64_t now_ns,
                        struct jn_gate_send *send) {
    struct jn_gate_host *host = &engine->state->hosts[host_idx];
    bool named = host_idx < JN_GATE_NAMED;
    uint64_t state_mac = gate_host_state_mac(host);
    if (jn_neighbour_state_of(state_mac) == JN_NEIGHBOUR_FREE)
        return GATE_NEVER;
    if (gate_is_resolved(state_mac) && !may_stay(engine, host_idx, host, now_ns)) {
        jn_gate_host_unresolve(engine->state, host);
        return GATE_NEVER;
    }
    if (gate_is_resolved(state_mac) && !named)
        return host->heard_ns + learned_ns;
    uint64_t due = gate_is_resolved(state_mac) ? named_due(engine->state, host, now_ns)
                                               : resolution_due(engine->state, host, now_ns);
    if (due > now_ns || send->length != 0)
        return due;
    if (host->requests_left > 0)
        host->requests_left--;
    jn_gate_host_ask(engine, host, named ? (uint16_t)(1u << host_idx / 2) : engine->peer_mask, now_ns, send);
    return now_ns + GATE_SECOND;
}
