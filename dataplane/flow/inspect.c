// SPDX-License-Identifier: BSD-3-Clause
#include "flow/inspect.h"

#include <stddef.h>

#include "flow.h"
#include "flow/vpg_count.h"
#include "packet/headers.h"

#define LANE(n) (UINT64_C(1) << 8 * (n))

// Lanes of the first word: what a packet is. Lanes of the second: its size.
enum { LANE_IP, LANE_TCP, LANE_UDP, LANE_VLAN, LANE_MPLS, LANE_PPPOE, LANE_FRAGMENT };

// By the packet's first flags. IPV6 has no lane of its own.
#define KIND(flags)                                                                                                    \
    (((flags)&JN_PACKET_IP ? LANE(LANE_IP) : 0) + ((flags)&JN_PACKET_VLAN ? LANE(LANE_VLAN) : 0) +                     \
     ((flags)&JN_PACKET_MPLS ? LANE(LANE_MPLS) : 0) + ((flags)&JN_PACKET_PPPOE ? LANE(LANE_PPPOE) : 0) +               \
     ((flags)&JN_PACKET_FRAGMENT ? LANE(LANE_FRAGMENT) : 0))
#define KIND4(n)  KIND(n), KIND((n) + 1), KIND((n) + 2), KIND((n) + 3)
#define KIND16(n) KIND4(n), KIND4((n) + 4), KIND4((n) + 8), KIND4((n) + 12)
static const uint64_t kinds_by_flags[64] = {KIND16(0), KIND16(16), KIND16(32), KIND16(48)};
_Static_assert(JN_PACKET_FRAGMENT < 64, "all flags that have a lane");

static const uint64_t kinds_by_protocol[256] = {[JN_IP_TCP] = LANE(LANE_TCP), [JN_IP_UDP] = LANE(LANE_UDP)};

static inline unsigned int
size_lane(uint32_t length) {
    return (length >= 64) + (length >= 128) + (length >= 256) + (length >= 1024) + (length >= 1500);
}

static inline uint64_t
lane(uint64_t word, unsigned int n) {
    return word >> 8 * n & 0xff;
}

// which: NULL for the first `count`.
static inline void
count_these(struct jn_vpg_counters *counters, const struct jn_packet *packets, const uint32_t *frame_bytes,
            const uint8_t *which, unsigned int count) {
    uint64_t kinds = 0, sizes = 0, bytes = 0, ip_bytes = 0, ip_length = 0, largest = 0;
    for (unsigned int n = 0; n < count; n++) {
        unsigned int i = which != NULL ? which[n] : n;
        const struct jn_packet *p = &packets[i];
        kinds += kinds_by_flags[p->flags & 63];
        bytes += frame_bytes[i];
        if (__builtin_expect(!(p->flags & JN_PACKET_IP), 0))
            continue;
        kinds += kinds_by_protocol[jn_packet_counted_protocol(p)];
        ip_bytes += frame_bytes[i];
        ip_length += p->ip_length;
        sizes += LANE(size_lane(p->ip_length));
        largest = p->ip_length > largest ? p->ip_length : largest;
    }
    jn_count(&counters->total_packets, count);
    jn_count(&counters->total_bytes, bytes);
    jn_count(&counters->ip_packets, lane(kinds, LANE_IP));
    jn_count(&counters->ip_bytes, ip_bytes);
    jn_count(&counters->ip_length, ip_length);
    jn_count(&counters->tcp_packets, lane(kinds, LANE_TCP));
    jn_count(&counters->udp_packets, lane(kinds, LANE_UDP));
    jn_count(&counters->vlan_packets, lane(kinds, LANE_VLAN));
    jn_count(&counters->mpls_packets, lane(kinds, LANE_MPLS));
    jn_count(&counters->pppoe_packets, lane(kinds, LANE_PPPOE));
    jn_count(&counters->fragmented_packets, lane(kinds, LANE_FRAGMENT));
    uint64_t *buckets = &counters->size_0_64; // six in the list's order
    for (unsigned int i = 0; i < 6; i++)
        jn_count(&buckets[i], lane(sizes, i));
    if (largest > counters->size_max)
        jn_store(&counters->size_max, largest);
}

void
jn_inspect_count(struct jn_vpg_counters *counters, const struct jn_packet *packets, const uint32_t *frame_bytes,
                 const uint8_t *which, unsigned int count) {
    count_these(counters, packets, frame_bytes, which, count);
}

// The burst's packets of one VPG after the other.
static void
count_by_vpg(struct jn_worker *worker, const struct jn_burst *burst, uint64_t left) {
    while (left != 0) {
        uint16_t vpg_idx = burst->vpg_idx[__builtin_ctzll(left)];
        uint8_t which[JN_BURST];
        unsigned int count = 0;
        for (uint64_t rest = left; rest != 0; rest &= rest - 1) {
            unsigned int i = (unsigned int)__builtin_ctzll(rest);
            if (burst->vpg_idx[i] != vpg_idx)
                continue;
            which[count++] = (uint8_t)i;
            left &= ~(UINT64_C(1) << i);
        }
        jn_inspect_count(jn_vpg_counters(worker, vpg_idx), burst->packet, burst->bytes, which, count);
    }
}

static void
count_mixed(struct jn_worker *worker, const struct jn_burst *burst) {
    uint64_t inspected = 0;
    for (unsigned int i = 0; i < burst->count; i++) {
        uint16_t vpg_idx = burst->vpg_idx[i];
        if (burst->packet[i].exceptions != 0)
            jn_count_exceptions(worker, burst->packet[i].exceptions);
        if (vpg_idx == JN_NO_VPG)
            continue;
        if (burst->verdict[i] & JN_VERDICT_INSPECT) {
            inspected |= UINT64_C(1) << i;
            continue;
        }
        struct jn_vpg_counters *counters = jn_vpg_counters(worker, vpg_idx);
        jn_count(&counters->uninspected_packets, 1);
        jn_count(&counters->uninspected_bytes, burst->bytes[i]);
    }
    count_by_vpg(worker, burst, inspected);
}

// Most bursts are of one VPG, wholly inspected, with nothing to notice.
void
jn_stage_inspect(struct jn_worker *worker, struct jn_burst *burst) {
    uint16_t vpg_idx = burst->vpg_idx[0], different = 0, verdicts = JN_VERDICT_INSPECT;
    for (unsigned int i = 0; i < burst->count; i++) {
        different |= burst->vpg_idx[i] ^ vpg_idx;
        verdicts &= burst->verdict[i];
    }
    bool mixed = different != 0 || verdicts == 0 || vpg_idx == JN_NO_VPG || burst->exceptions != 0;
    if (__builtin_expect(mixed, 0))
        count_mixed(worker, burst);
    else
        count_these(jn_vpg_counters(worker, vpg_idx), burst->packet, burst->bytes, NULL, burst->count);
}
