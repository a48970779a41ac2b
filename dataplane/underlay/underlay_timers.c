// SPDX-License-Identifier: BSD-3-Clause
#include "underlay/underlay_timers.h"

#include "underlay/underlay_arp.h"
#include "underlay/underlay_frame.h"
#include "underlay/underlay_nd.h"
#include "underlay/underlay_neighbour.h"

enum { NEIGHBOURS_A_ROUND = 256 };
static const uint64_t sweep_every_ns = UINT64_C(1000000);

static uint32_t
ask(struct jn_underlay *u, struct jn_neighbour *n, uint64_t now_ns, uint8_t *frame) {
    const struct jn_underlay_address *own = own_subnet(u, n->port, n->vlan_id, n->family, n->address);
    if (own == NULL) // a link-local gateway
        own = own_subnet(u, n->port, n->vlan_id, n->family, NULL);
    if (own == NULL)
        return 0;
    uint64_t state_mac = __atomic_load_n(&n->state_mac, __ATOMIC_RELAXED);
    uint8_t known[6], *mac = jn_neighbour_state_of(state_mac) == JN_NEIGHBOUR_PROBE ? known : NULL;
    jn_neighbour_mac_of(state_mac, known);
    jn_store(&n->asked_ns, now_ns);
    jn_store(&n->unanswered, n->unanswered + 1);
    return (n->family == 4 ? jn_underlay_arp_request : jn_underlay_solicitation)(u->port[n->port].mac, own, n->address,
                                                                                 mac, frame);
}

uint32_t
jn_underlay_run_timers(struct jn_underlay *u, uint64_t now_ns, uint8_t frame[JN_UNDERLAY_REQUEST_MAX], uint16_t *port) {
    if (u->cursor == 0 && now_ns - u->sweep_ns < sweep_every_ns)
        return 0;
    for (unsigned int i = 0; i < NEIGHBOURS_A_ROUND && u->cursor < u->neighbour_count; i++) {
        struct jn_neighbour *n = &u->neighbours[u->cursor++];
        bool mine = n->port < JN_MAX_PORTS && (u->ports >> n->port & 1);
        uint32_t length = mine && jn_underlay_is_due(n, now_ns) ? ask(u, n, now_ns, frame) : 0;
        if (length > 0) {
            *port = n->port;
            return length;
        }
    }
    if (u->cursor < u->neighbour_count)
        return 0;
    u->cursor = 0;
    u->sweep_ns = now_ns;
    return 0;
}
