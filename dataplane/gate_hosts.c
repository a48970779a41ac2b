// SPDX-License-Identifier: BSD-3-Clause
// The hosts of a virtual network: those that the policy names, each at its peer's place, and those that were learned.
// The main thread lets go of named ones at any time: the owner changes a link by compare-and-exchange alone.
#include "gate_inside.h"

static const uint64_t named_ns = 30 * GATE_SECOND;    // a named one is asked again
static const uint64_t learned_ns = 300 * GATE_SECOND; // a learned one that is not heard is forgotten
enum { WANTED = 5, PROBES = 3 };

static bool
is_at(const struct jn_gate_host *host, uint8_t family, const uint8_t *address) {
    return jn_link_state(gate_link(host)) != JN_NEIGHBOUR_FREE && host->neighbour.family == family &&
           same_address(family, host->neighbour.address, address);
}

static const struct jn_gate_host *
find(const struct jn_gate_state *state, uint8_t family, const uint8_t *address) {
    for (unsigned int i = 0; i < JN_GATE_HOSTS;
         i++) // named ones first: what was learned before it was named is nothing
        if (is_at(&state->hosts[i], family, address))
            return &state->hosts[i];
    return NULL;
}

struct jn_gate_host *
jn_gate_host_find(struct jn_gate_state *state, uint8_t family, const uint8_t *address) {
    const struct jn_gate_host *host = find(state, family, address);
    return host == NULL ? NULL : &state->hosts[host - state->hosts];
}

uint64_t
jn_gate_host_way(const struct jn_gate_state *state, uint8_t family, const uint8_t address[16]) {
    const struct jn_gate_host *host = find(state, family, address);
    if (host == NULL)
        return 0;
    // Both words of one moment: an entry just let go, or taken for another address, has no way yet.
    uint64_t link = gate_link(host), way = __atomic_load_n(&host->way, __ATOMIC_RELAXED);
    return gate_known(link) && (link ^ way) << 16 == 0 ? way : 0;
}

bool
jn_gate_may_hold(const struct jn_gate_engine *engine, unsigned int owner, unsigned int place) {
    bool steps_in = owner == gate_role_place(engine, GATE_GATEWAY) && place == gate_role_place(engine, GATE_STANDBY);
    return place < JN_GATE_PEERS && engine->peers[place] != NULL && (owner == place || steps_in);
}

bool
jn_gate_learnable(const struct jn_gate_engine *engine, uint8_t family, const uint8_t *address) {
    struct jn_underlay_address own = gate_own(engine->gate, family);
    if (own.length == 0 || !is_host(family, address) || !prefix_holds(own.address, own.length, address) ||
        same_address(family, own.address, address) || is_subnet_edge(&own, address) ||
        gate_is_device(engine, family, address))
        return false;
    for (unsigned int i = 0; i < JN_GATE_PEERS; i++) {
        const struct jn_gate_peer *peer = engine->peers[i];
        if (peer != NULL && peer->has_inner[family == 6] && same_address(family, peer->inner[family == 6], address))
            return false;
    }
    return true;
}

// Which of two entries gives way first: a free one, one not known, the one heard longest ago.
static bool
gives_way_before(const struct jn_gate_host *a, const struct jn_gate_host *b) {
    enum jn_neighbour_state of_a = jn_link_state(a->neighbour.link), of_b = jn_link_state(b->neighbour.link);
    bool known_a = gate_known(a->neighbour.link), known_b = gate_known(b->neighbour.link);
    if (known_a != known_b || of_a == JN_NEIGHBOUR_FREE || of_b == JN_NEIGHBOUR_FREE)
        return known_a == known_b ? of_a < of_b : known_b;
    return known_a ? a->heard_ns < b->heard_ns : a->neighbour.asked_ns < b->neighbour.asked_ns;
}

static struct jn_gate_host *
first_to_go(struct jn_gate_state *state) {
    struct jn_gate_host *host = &state->hosts[JN_GATE_NAMED];
    for (unsigned int i = JN_GATE_NAMED + 1; i < JN_GATE_HOSTS; i++)
        if (gives_way_before(&state->hosts[i], host))
            host = &state->hosts[i];
    return host;
}

struct jn_gate_host *
jn_gate_host_take(struct jn_gate_state *state, uint8_t family, const uint8_t *address) {
    struct jn_gate_host *host = first_to_go(state);
    jn_neighbour_close(&host->neighbour);
    *host = (struct jn_gate_host){.place = JN_NO_PLACE, .neighbour = {.family = family, .vlan = JN_ANY_VLAN}};
    memcpy(host->neighbour.address, address, address_bytes(family));
    return host;
}

static bool
change(struct jn_gate_host *host, uint64_t from, uint64_t to) {
    return __atomic_compare_exchange_n(&host->neighbour.link, &from, to, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

bool
jn_gate_host_learn(struct jn_gate_host *host, uint64_t before, const struct jn_neighbour *said, unsigned int place,
                   uint64_t now_ns) {
    struct jn_neighbour *n = &host->neighbour;
    if (!change(host, before, said->link))
        return false;
    __atomic_store_n(&n->mac_changes, said->mac_changes, __ATOMIC_RELAXED);
    __atomic_store_n(&n->unanswered, said->unanswered, __ATOMIC_RELAXED);
    gate_set(&n->confirmed_ns, said->confirmed_ns);
    gate_set(&host->heard_ns, now_ns);
    host->wanted = 0;
    __atomic_store_n(&host->place, (uint8_t)place, __ATOMIC_RELAXED);
    gate_set(&host->way, jn_way_make(JN_WAY_PEER, place, said->link));
    return true;
}

void
jn_gate_host_lose(struct jn_gate_state *state, struct jn_gate_host *host) {
    bool named = host < &state->hosts[JN_GATE_NAMED];
    uint64_t link = gate_link(host);
    gate_set(&host->way, 0);
    if (jn_link_state(link) != JN_NEIGHBOUR_FREE)
        change(host, link, named ? (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48 : 0);
    __atomic_store_n(&host->neighbour.unanswered, 0, __ATOMIC_RELAXED);
    host->wanted = 0;
}

void
jn_gate_host_ask(const struct jn_gate_engine *engine, struct jn_gate_host *host, uint16_t places, uint64_t now_ns,
                 struct jn_gate_send *send) {
    struct jn_neighbour *n = &host->neighbour;
    struct jn_underlay_address own = gate_own(engine->gate, n->family);
    uint64_t link = gate_link(host);
    uint8_t mac[6];
    jn_link_mac(link, mac);
    gate_set(&n->asked_ns, now_ns);
    __atomic_store_n(&n->unanswered, n->unanswered + 1, __ATOMIC_RELAXED);
    if (gate_known(link) && host->place < JN_GATE_PEERS)
        places = (uint16_t)(1u << host->place);
    send->places = places & engine->peer_mask;
    if (own.length == 0 || send->places == 0 || send->room < JN_GATE_FRAME_MAX)
        return;
    send->length = (n->family == 4 ? jn_underlay_arp_request : jn_underlay_solicitation)(
        engine->gate->mac, &own, n->address, gate_known(link) ? mac : NULL, send->frame);
}

// What a device asks for displaces no host that is known, and of those not known none that was just asked for: a device
// that looks for everybody costs few requests a second.
static struct jn_gate_host *
take_wanted(struct jn_gate_state *state, uint8_t family, const uint8_t *address, uint64_t now_ns) {
    const struct jn_gate_host *place = first_to_go(state);
    uint64_t link = gate_link(place), asked_ns = place->neighbour.asked_ns;
    bool waits = jn_link_state(link) == JN_NEIGHBOUR_INCOMPLETE && (asked_ns == 0 || now_ns - asked_ns < GATE_SECOND);
    if (gate_known(link) || waits)
        return NULL;
    struct jn_gate_host *host = jn_gate_host_take(state, family, address);
    change(host, 0, (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48);
    return host;
}

void
jn_gate_want(const struct jn_gate_engine *engine, uint8_t family, const uint8_t address[16], uint64_t now_ns) {
    struct jn_gate_host *host = jn_gate_host_find(engine->state, family, address);
    if (host == NULL && jn_gate_learnable(engine, family, address))
        host = take_wanted(engine->state, family, address, now_ns);
    if (host == NULL || host->wanted > 0 || jn_link_state(gate_link(host)) != JN_NEIGHBOUR_INCOMPLETE)
        return;
    host->wanted = WANTED;
    gate_set(&engine->state->due_ns, now_ns);
}

// Is it known where the host is, and can it be there? One that was learned must have been heard, too, not too long ago.
static bool
stays(const struct jn_gate_engine *engine, unsigned int number, const struct jn_gate_host *host, uint64_t now_ns) {
    if (number < JN_GATE_NAMED)
        return jn_gate_may_hold(engine, number / 2, host->place);
    return host->place < JN_GATE_PEERS && engine->peers[host->place] != NULL && now_ns - host->heard_ns < learned_ns &&
           jn_gate_learnable(engine, host->neighbour.family, host->neighbour.address);
}

// When a named host that is known is to be asked. The third time unanswered it is lost, and nobody has asked for it yet.
static uint64_t
named_due(struct jn_gate_state *state, struct jn_gate_host *host, uint64_t now_ns) {
    const struct jn_neighbour *n = &host->neighbour;
    uint64_t link = gate_link(host);
    if (jn_link_state(link) == JN_NEIGHBOUR_REACHABLE) {
        if (now_ns - n->confirmed_ns < named_ns)
            return n->confirmed_ns + named_ns;
        uint8_t mac[6];
        jn_link_mac(link, mac);
        __atomic_store_n(&host->neighbour.unanswered, 0, __ATOMIC_RELAXED);
        change(host, link, jn_link_make(JN_NEIGHBOUR_PROBE, mac));
        return now_ns;
    }
    if (now_ns - n->asked_ns < GATE_SECOND)
        return n->asked_ns + GATE_SECOND;
    if (n->unanswered < PROBES)
        return now_ns;
    jn_gate_host_lose(state, host);
    return GATE_NEVER;
}

// One that is not known is asked for while it is wanted; what was never named is then forgotten.
static uint64_t
wanted_due(struct jn_gate_state *state, struct jn_gate_host *host, uint64_t now_ns) {
    bool named = host < &state->hosts[JN_GATE_NAMED];
    if (host->wanted == 0 && named)
        return GATE_NEVER;
    if (now_ns - host->neighbour.asked_ns < GATE_SECOND)
        return host->neighbour.asked_ns + GATE_SECOND;
    if (host->wanted > 0)
        return now_ns;
    jn_gate_host_lose(state, host);
    return GATE_NEVER;
}

uint64_t
jn_gate_host_pass(const struct jn_gate_engine *engine, unsigned int number, uint64_t now_ns,
                  struct jn_gate_send *send) {
    struct jn_gate_host *host = &engine->state->hosts[number];
    bool named = number < JN_GATE_NAMED;
    uint64_t link = gate_link(host);
    if (jn_link_state(link) == JN_NEIGHBOUR_FREE)
        return GATE_NEVER;
    if (gate_known(link) && !stays(engine, number, host, now_ns)) {
        jn_gate_host_lose(engine->state, host);
        return GATE_NEVER;
    }
    if (gate_known(link) && !named)
        return host->heard_ns + learned_ns;
    uint64_t due = gate_known(link) ? named_due(engine->state, host, now_ns) : wanted_due(engine->state, host, now_ns);
    if (due > now_ns || send->length != 0)
        return due;
    if (host->wanted > 0)
        host->wanted--;
    jn_gate_host_ask(engine, host, named ? (uint16_t)(1u << number / 2) : engine->peer_mask, now_ns, send);
    return now_ns + GATE_SECOND;
}
