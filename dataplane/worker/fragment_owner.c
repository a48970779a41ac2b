// SPDX-License-Identifier: BSD-3-Clause
#include "worker/fragment_owner.h"

unsigned int
jn_fragment_owner(struct jn_thread *thread, const struct jn_packet *packet, const uint8_t *frame, uint16_t way,
                  unsigned int home) {
    const struct jn_fragment_origin nowhere = {0};
    unsigned int self = thread->worker.index;
    struct jn_packet known = *packet;
    struct jn_fragment_part part;
    struct jn_fragment taken;
    if (home != self)
        return thread->handed_over ? self : home; // handed over, it comes from home: we own its flow
    jn_parse_fragment(frame, packet, &part);
    // The table's place for a VPG takes the tag, that for a flow's VLAN the way: equal addresses and identifications of two
    // VLANs or ways are two datagrams.
    known.vlan_id = way;
    if (jn_fragment_track(&thread->homed, &known, &part, packet->vlan_tci, 0, thread->worker.now_ns, &nowhere,
                          &taken) != JN_FRAGMENT_KNOWN)
        return self;
    known.flags &= ~(uint32_t)JN_PACKET_FRAGMENT;
    return jn_owner(&thread->app->owners, &known);
}
