// SPDX-License-Identifier: BSD-3-Clause
// Who owns a packet's flow. It is what jn_owner says, but for fragments where NICs deal TCP and UDP out with their ports:
// only a first fragment has them. There all fragments of two addresses go to one worker first, which remembers the ports of
// each datagram and hands its fragments on to the flow's owner. One that overtakes its first fragment stays with that worker:
// nothing waits. Such a packet counts for the flow without ports.
//
// A datagram may pass through Junction more than once: by another wire, or back from a gateway. Each way is remembered by
// itself: what the one has seen to its end, the other still needs.
#pragma once

#include "packet/owner.h"
#include "worker/app.h"

// The way of a packet that came by that wire, or through a tunnel for the VPG of that index.
static inline uint16_t
jn_way_of_wire(uint16_t wire) {
    return wire;
}

static inline uint16_t
jn_way_of_tunnel(uint16_t vpg_idx) {
    return UINT16_C(1) << 15 | vpg_idx;
}

// Of a fragment, where jn_owner says `home`. Worker thread.
unsigned int jn_fragment_owner(struct jn_thread *thread, const struct jn_packet *packet, const uint8_t *frame,
                               uint16_t way, unsigned int home);

// The worker that is to handle a packet with JN_PACKET_IP; frame: where its offsets count from.
static inline unsigned int
jn_thread_owner(struct jn_thread *thread, const struct jn_packet *packet, const uint8_t *frame, uint16_t way) {
    const struct jn_owners *owners = &thread->app->owners;
    unsigned int owner = jn_owner(owners, packet);
    if (__builtin_expect(owners->hash == JN_OWNER_PORTS && (packet->flags & JN_PACKET_FRAGMENT), 0))
        return jn_fragment_owner(thread, packet, frame, way, owner);
    return owner;
}
