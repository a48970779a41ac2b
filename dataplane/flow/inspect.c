// SPDX-License-Identifier: BSD-3-Clause
#include "flow/inspect.h"

#include <stddef.h>

#include "core/burst_mask.h"
#include "flow.h"
#include "flow/vpg_count.h"
#include "packet/headers.h"

// What there is no more than one of a packet.
struct sums {
    uint32_t ip, tcp, udp, vlan, mpls, pppoe, fragments;
    uint32_t from[5]; // IP packets of at least 64, 128, 256, 1024, 1500 bytes
    uint32_t longest;
};

static inline struct sums
sum_kinds(const uint32_t *kind, const uint32_t *ip_length, unsigned int count) {
    struct sums s = {0};
    for (unsigned int i = 0; i < count; i++) {
        uint32_t flags = kind[i], protocol = kind[i] >> JN_KIND_PROTOCOL_SHIFT, length = ip_length[i];
        s.ip += (flags & JN_PACKET_IP) != 0;
        s.tcp += protocol == JN_IP_TCP;
        s.udp += protocol == JN_IP_UDP;
        s.vlan += (flags & JN_PACKET_VLAN) != 0;
        s.mpls += (flags & JN_PACKET_MPLS) != 0;
        s.pppoe += (flags & JN_PACKET_PPPOE) != 0;
        s.fragments += (flags & JN_PACKET_FRAGMENT) != 0;
        s.from[0] += length >= 64;
        s.from[1] += length >= 128;
        s.from[2] += length >= 256;
        s.from[3] += length >= 1024;
        s.from[4] += length >= 1500;
        s.longest = length > s.longest ? length : s.longest;
    }
    return s;
}

static inline uint64_t
sum_of(const uint32_t *values, unsigned int count) {
    uint64_t sum = 0;
    for (unsigned int i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

static __attribute__((noinline)) uint64_t
sum_of_ip(const uint32_t *kind, const uint32_t *bytes, unsigned int count) {
    uint64_t sum = 0;
    for (unsigned int i = 0; i < count; i++)
        sum += kind[i] & JN_PACKET_IP ? bytes[i] : 0;
    return sum;
}

void
jn_inspect_count(struct jn_vpg_counters *counters, const uint32_t *kind, const uint32_t *ip_length,
                 const uint32_t *bytes, unsigned int count) {
    const struct sums s = sum_kinds(kind, ip_length, count);
    uint64_t all = sum_of(bytes, count);
    jn_count(&counters->total_packets, count);
    jn_count(&counters->total_bytes, all);
    jn_count(&counters->ip_packets, s.ip);
    jn_count(&counters->ip_bytes, s.ip == count ? all : sum_of_ip(kind, bytes, count));
    jn_count(&counters->ip_length, sum_of(ip_length, count));
    jn_count(&counters->tcp_packets, s.tcp);
    jn_count(&counters->udp_packets, s.udp);
    jn_count(&counters->vlan_packets, s.vlan);
    jn_count(&counters->mpls_packets, s.mpls);
    jn_count(&counters->pppoe_packets, s.pppoe);
    jn_count(&counters->fragmented_packets, s.fragments);
    jn_count(&counters->size_0_64, s.ip - s.from[0]);
    jn_count(&counters->size_64_128, s.from[0] - s.from[1]);
    jn_count(&counters->size_128_256, s.from[1] - s.from[2]);
    jn_count(&counters->size_256_1024, s.from[2] - s.from[3]);
    jn_count(&counters->size_1024_1500, s.from[3] - s.from[4]);
    jn_count(&counters->size_1500_up, s.from[4]);
    if (s.longest > counters->size_max)
        jn_store(&counters->size_max, s.longest);
}

// The burst's packets of one VPG after the other.
static void
count_by_vpg(struct jn_worker *worker, const struct jn_burst *burst, uint64_t left) {
    while (left != 0) {
        uint16_t vpg_idx = burst->vpg_idx[__builtin_ctzll(left)];
        uint32_t kind[JN_BURST], ip_length[JN_BURST], bytes[JN_BURST];
        unsigned int count = 0;
        for (uint64_t rest = left; rest != 0; rest &= rest - 1) {
            unsigned int i = (unsigned int)__builtin_ctzll(rest);
            if (burst->vpg_idx[i] != vpg_idx)
                continue;
            kind[count] = burst->columns.kind[i];
            ip_length[count] = burst->columns.ip_length[i];
            bytes[count++] = burst->bytes[i];
            left &= ~(UINT64_C(1) << i);
        }
        jn_inspect_count(jn_vpg_counters(worker, vpg_idx), kind, ip_length, bytes, count);
    }
}

static void
count_exceptions(struct jn_worker *worker, const struct jn_burst *burst) {
    for (uint64_t written = jn_burst_written(burst); written != 0; written &= written - 1) {
        uint32_t exceptions = burst->parsed[__builtin_ctzll(written)].exceptions;
        if (exceptions != 0)
            jn_count_exceptions(worker, exceptions);
    }
}

static void
count_mixed(struct jn_worker *worker, const struct jn_burst *burst) {
    uint64_t inspected = 0;
    if (burst->exceptions != 0)
        count_exceptions(worker, burst);
    for (unsigned int i = 0; i < burst->count; i++) {
        uint16_t vpg_idx = burst->vpg_idx[i];
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
        jn_inspect_count(jn_vpg_counters(worker, vpg_idx), burst->columns.kind, burst->columns.ip_length, burst->bytes,
                         burst->count);
}
