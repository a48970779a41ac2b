// SPDX-License-Identifier: BSD-3-Clause
// Neighbours: what is heard of them, and when they are due. A worker changes `state_mac` by compare-and-exchange, so
// that it never revives an entry that the main thread has just freed.
#include "underlay/underlay_neighbour.h"

#include <errno.h>

#include "contract.h"
#include "seqlock.h"
#include "underlay/underlay_frame.h"
#include "underlay/underlay_route.h"

#define SECOND UINT64_C(1000000000)

// Less than the 30 s of RFC 4861 10: on an interface shared with the host announcements go to the host, and a next hop that
// changed its MAC address is found by asking. One request every five seconds to each costs nothing.
static const uint64_t reachable_ns = 5 * SECOND;
enum { PROBES = 3, ASK_EAGERLY = 3 };

static bool
same_hop(const struct jn_neighbour *n, uint16_t port, uint16_t vlan_id, uint8_t family, const uint8_t *address) {
    return jn_neighbour_state_of(__atomic_load_n(&n->state_mac, __ATOMIC_ACQUIRE)) != JN_NEIGHBOUR_FREE &&
           n->family == family && n->port == port && n->vlan_id == vlan_id &&
           jn_address_equal(family, n->address, address);
}

int
jn_neighbour_open(struct jn_neighbour *neighbours, uint32_t count, const struct jn_underlay_path *path) {
    int free_entry = -ENOSPC;
    jn_require(path->family == 4 || path->family == 6);
    for (uint32_t i = 0; i < count; i++) {
        if (same_hop(&neighbours[i], path->port, path->vlan_id, path->family, path->next_hop))
            return (int)i;
        if (free_entry < 0 && jn_neighbour_state_of(neighbours[i].state_mac) == JN_NEIGHBOUR_FREE)
            free_entry = (int)i;
    }
    if (free_entry < 0)
        return free_entry;
    struct jn_neighbour *n = &neighbours[free_entry];
    struct jn_neighbour fresh = {.family = path->family, .port = path->port, .vlan_id = path->vlan_id};
    memcpy(fresh.address, path->next_hop, jn_address_bytes(path->family));
    jn_seq_store(n, &fresh, sizeof(*n)); // workers look at state_mac of every entry
    __atomic_store_n(&n->state_mac, (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48, __ATOMIC_RELEASE);
    return free_entry;
}

void
jn_neighbour_close(struct jn_neighbour *neighbour) {
    __atomic_store_n(&neighbour->state_mac, 0, __ATOMIC_RELEASE);
}

struct jn_neighbour *
jn_underlay_find(struct jn_underlay *u, const struct underlay_frame *f, uint8_t family, const uint8_t *address) {
    for (uint32_t i = 0; i < u->neighbour_count; i++)
        if (same_hop(&u->neighbours[i], f->port, f->vlan_id, family, address))
            return &u->neighbours[i];
    return NULL;
}

static bool
change_state(struct jn_neighbour *n, uint64_t from, uint64_t to) {
    if (!__atomic_compare_exchange_n(&n->state_mac, &from, to, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        return false;
    jn_store(&n->unanswered, 0);
    return true;
}

void
jn_underlay_heard(struct jn_neighbour *n, const uint8_t mac[6], bool confirmed, uint64_t now_ns) {
    uint64_t state_mac = __atomic_load_n(&n->state_mac, __ATOMIC_ACQUIRE);
    enum jn_neighbour_state state = jn_neighbour_state_of(state_mac), next = JN_NEIGHBOUR_REACHABLE;
    bool known = state == JN_NEIGHBOUR_REACHABLE || state == JN_NEIGHBOUR_PROBE;
    bool changed = known && jn_neighbour_state_mac(state, mac) != state_mac;
    if (state == JN_NEIGHBOUR_FREE || (known && !changed && !confirmed))
        return; // what says nothing new confirms nothing: the same again and again must not keep a dead entry alive
    if (!confirmed)
        next = JN_NEIGHBOUR_PROBE;
    if (!change_state(n, state_mac, jn_neighbour_state_mac(next, mac)))
        return;
    if (changed)
        jn_store(&n->mac_changes, n->mac_changes + 1);
    if (confirmed)
        jn_store(&n->confirmed_ns, now_ns);
}

void
jn_underlay_doubt(struct jn_neighbour *n) {
    uint64_t state_mac = __atomic_load_n(&n->state_mac, __ATOMIC_ACQUIRE);
    uint8_t mac[6];
    jn_neighbour_mac_of(state_mac, mac);
    if (jn_neighbour_state_of(state_mac) == JN_NEIGHBOUR_REACHABLE)
        change_state(n, state_mac, jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac));
}

// At least a second lies between two requests, whatever is heard between: hostile announcements must not cause many
// requests.
bool
jn_underlay_is_due(struct jn_neighbour *n, uint64_t now_ns) {
    uint64_t state_mac = __atomic_load_n(&n->state_mac, __ATOMIC_ACQUIRE), wait = SECOND;
    uint8_t mac[6];
    switch (jn_neighbour_state_of(state_mac)) {
    case JN_NEIGHBOUR_FREE: return false;
    case JN_NEIGHBOUR_REACHABLE:
        if (now_ns - n->confirmed_ns < reachable_ns)
            return false;
        jn_neighbour_mac_of(state_mac, mac);
        if (!change_state(n, state_mac, jn_neighbour_state_mac(JN_NEIGHBOUR_PROBE, mac)))
            return false;
        break;
    case JN_NEIGHBOUR_PROBE:
        if (n->unanswered < PROBES || now_ns - n->asked_ns < SECOND)
            break;
        if (!change_state(n, state_mac, (uint64_t)JN_NEIGHBOUR_INCOMPLETE << 48))
            return false;
        break;
    case JN_NEIGHBOUR_INCOMPLETE:
        if (n->unanswered > ASK_EAGERLY)
            wait = n->unanswered == ASK_EAGERLY + 1 ? 2 * SECOND : 4 * SECOND;
        break;
    }
    return now_ns - n->asked_ns >= wait;
}
