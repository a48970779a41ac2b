// SPDX-License-Identifier: BSD-3-Clause
#include "inspect.h"

#define LANE(n) (UINT64_C(1) << 8 * (n))

// Lanes of the first word: what a packet is. Lanes of the second: its size.
enum { LANE_IP, LANE_TCP, LANE_UDP, LANE_VLAN, LANE_MPLS, LANE_PPPOE, LANE_FRAGMENT };

static inline uint64_t
kind_lanes(const struct jn_packet *p) {
    uint64_t lanes = 0;
    if (p->flags & JN_PACKET_IP) {
        uint8_t protocol = jn_packet_counted_protocol(p);
        lanes = LANE(LANE_IP);
        lanes += protocol == 6 ? LANE(LANE_TCP) : 0;
        lanes += protocol == 17 ? LANE(LANE_UDP) : 0;
    }
    lanes += p->flags & JN_PACKET_VLAN ? LANE(LANE_VLAN) : 0;
    lanes += p->flags & JN_PACKET_MPLS ? LANE(LANE_MPLS) : 0;
    lanes += p->flags & JN_PACKET_PPPOE ? LANE(LANE_PPPOE) : 0;
    lanes += p->flags & JN_PACKET_FRAGMENT ? LANE(LANE_FRAGMENT) : 0;
    return lanes;
}

static inline unsigned int
size_lane(uint32_t length) {
    return (length >= 64) + (length >= 128) + (length >= 256) + (length >= 1024) + (length >= 1500);
}

static inline void
add(uint64_t *counter, uint64_t value) {
    __atomic_store_n(counter, *counter + value, __ATOMIC_RELAXED);
}

static inline uint64_t lane(uint64_t word, unsigned int n) { return word >> 8 * n & 0xff; }

void
jn_inspect_count(struct jn_vpg_counters *counters, const struct jn_packet *packets, const uint32_t *frame_bytes,
                 unsigned int count) {
    uint64_t kinds = 0, sizes = 0, bytes = 0, ip_bytes = 0, ip_length = 0, largest = 0;
    for (unsigned int i = 0; i < count; i++) {
        const struct jn_packet *p = &packets[i];
        kinds += kind_lanes(p);
        bytes += frame_bytes[i];
        if (!(p->flags & JN_PACKET_IP))
            continue;
        ip_bytes += frame_bytes[i];
        ip_length += p->ip_length;
        sizes += LANE(size_lane(p->ip_length));
        largest = p->ip_length > largest ? p->ip_length : largest;
    }
    add(&counters->total_packets, count);
    add(&counters->total_bytes, bytes);
    add(&counters->ip_packets, lane(kinds, LANE_IP));
    add(&counters->ip_bytes, ip_bytes);
    add(&counters->ip_length, ip_length);
    add(&counters->tcp_packets, lane(kinds, LANE_TCP));
    add(&counters->udp_packets, lane(kinds, LANE_UDP));
    add(&counters->vlan_packets, lane(kinds, LANE_VLAN));
    add(&counters->mpls_packets, lane(kinds, LANE_MPLS));
    add(&counters->pppoe_packets, lane(kinds, LANE_PPPOE));
    add(&counters->fragmented_packets, lane(kinds, LANE_FRAGMENT));
    uint64_t *buckets = &counters->size_0_64; // six in the list's order
    for (unsigned int i = 0; i < 6; i++)
        add(&buckets[i], lane(sizes, i));
    if (largest > counters->size_max)
        __atomic_store_n(&counters->size_max, largest, __ATOMIC_RELAXED);
}
