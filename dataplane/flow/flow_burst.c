// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_burst.h"

#include "core/burst_mask.h"
#include "flow/flow_bucket.h"
#include "flow/flow_key.h"

// As of IPv4 with ports, which most packets are: plain arithmetic, of which the compiler makes vectors.
static inline void
make_common_keys(const struct jn_burst *burst, const uint16_t vlan_id[JN_BURST], struct jn_flow_burst *f) {
    const struct jn_columns *columns = &burst->columns;
    for (unsigned int i = 0, count = burst->count; i < count; i++) {
        uint64_t forth = columns->addresses[i], back = forth << 32 | forth >> 32;
        uint32_t ports = columns->ports[i], turned = ports << 16 | ports >> 16;
        uint64_t swapped = (forth > back) | ((forth == back) & (turned > ports));
        f->end[i] = swapped;
        f->key0[i] = swapped ? back : forth;
        f->key1[i] = (swapped ? turned : ports) | (uint64_t)(columns->kind[i] >> JN_KIND_PROTOCOL_SHIFT) << 32 |
                     (uint64_t)vlan_id[i] << 40 | (uint64_t)burst->vpg_idx[i] << 52;
    }
}

// Of IPv6 with ports: in the common key the protocol, the VLAN ID and the VPG are right.
static inline void
make_v6_keys(const struct jn_flow_table *table, const struct jn_burst *burst, uint64_t v6, struct jn_flow_burst *f) {
    f->v6 |= v6;
    for (; v6 != 0; v6 &= v6 - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(v6);
        uint32_t ports = burst->columns.ports[i], turned = ports << 16 | ports >> 16;
        bool swapped = jn_flow_key_v6(table, &burst->packet[i], &f->key0[i]);
        f->end[i] = swapped;
        f->key1[i] = (f->key1[i] & ~(uint64_t)UINT32_MAX) | (swapped ? turned : ports);
    }
}

// One by one.
static void
make_other_keys(const struct jn_flow_table *table, const struct jn_burst *burst, uint64_t others,
                struct jn_flow_burst *f) {
    for (; others != 0; others &= others - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(others);
        struct jn_flow_key key;
        jn_flow_key(table, &burst->packet[i], burst->vpg_idx[i], &key);
        f->key0[i] = key.key0;
        f->key1[i] = key.key1;
        f->end[i] = key.swapped;
        f->v6 |= (uint64_t)key.v6 << i;
    }
}

void
jn_flow_burst_find(const struct jn_flow_table *table, const struct jn_burst *burst, const uint16_t vlan_id[JN_BURST],
                   uint64_t flows, struct jn_flow_burst *f) {
    const uint32_t looked_at = JN_PACKET_IPV6 | JN_PACKET_ONE_WAY | JN_PACKET_PORTS;
    const uint32_t *kind = burst->columns.kind;
    const struct jn_flow_bucket *buckets = table->buckets;
    uint32_t first[JN_BURST];
    uint16_t tag[JN_BURST];
    uint64_t v4 = jn_burst_mask32(kind, burst->count, looked_at, JN_PACKET_PORTS);
    f->flows = flows;
    f->v6 = 0;
    make_common_keys(burst, vlan_id, f);
    if (__builtin_expect((flows & ~v4) != 0, 0)) {
        uint64_t v6 = flows & jn_burst_mask32(kind, burst->count, looked_at, JN_PACKET_PORTS | JN_PACKET_IPV6);
        make_v6_keys(table, burst, v6, f);
        make_other_keys(table, burst, flows & ~v4 & ~v6, f);
    }
    for (unsigned int i = 0, count = burst->count; i < count; i++) {
        uint64_t hash = jn_flow_hash(table, f->key0[i], f->key1[i]);
        first[i] = jn_flow_first_bucket(table, hash);
        tag[i] = jn_flow_hash_tag(hash);
        __builtin_prefetch(&buckets[first[i]]);
    }
    jn_flow_table_foresee(table, first, tag, burst->count, f->found);
    for (uint64_t v6 = f->v6; v6 != 0; v6 &= v6 - 1) { // their addresses are compared, too
        uint32_t flow_idx = f->found[__builtin_ctzll(v6)];
        if (flow_idx != JN_FLOW_NONE)
            __builtin_prefetch(table->entries[flow_idx].address);
    }
}
