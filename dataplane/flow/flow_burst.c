// SPDX-License-Identifier: BSD-3-Clause
#include "flow/flow_burst.h"

#include "core/burst_mask.h"
#include "flow/flow_bucket.h"
#include "flow/flow_key.h"

// The ports as key1 has them. ports: a column's.
static inline uint64_t
ports_of(uint32_t ports, bool swapped) {
    uint64_t high = be32toh(ports); // source << 16 | destination
    return swapped ? high : (high << 16 | high >> 16) & UINT32_MAX;
}

// As of IPv4 with ports, which most packets are: plain arithmetic of 64 bits, of which the compiler makes vectors. True if an
// address may talk to itself: then the ports would say which end is which.
static inline bool
make_common_keys(const struct jn_burst *burst, const uint64_t place[JN_BURST], struct jn_flow_burst *f) {
    const struct jn_columns *columns = &burst->columns;
    uint64_t same = 0;
    for (unsigned int i = 0, count = burst->count; i < count; i++) {
        uint64_t forth = be64toh(columns->addresses[i]), back = forth << 32 | forth >> 32;
        uint64_t protocol = columns->kind[i] >> JN_KIND_PROTOCOL_SHIFT;
        f->end[i] = forth > back;
        f->key0[i] = forth > back ? back : forth;
        f->key1[i] = ports_of(columns->ports[i], forth > back) | protocol << 32 | place[i];
        same |= forth == back;
    }
    return same;
}

// Those of which source and destination are one address.
static __attribute__((noinline)) uint64_t
of_one_address(const struct jn_columns *columns, unsigned int count) {
    uint64_t mask = 0;
    for (unsigned int i = 0; i < count; i++)
        mask |= (uint64_t)((uint32_t)columns->addresses[i] == columns->addresses[i] >> 32) << i;
    return mask;
}

// Of IPv6 with ports: in the common key the protocol, the VLAN ID and the VPG are right.
static inline void
make_v6_keys(const struct jn_flow_table *table, const struct jn_burst *burst, uint64_t v6, struct jn_flow_burst *f) {
    f->v6 |= v6;
    for (; v6 != 0; v6 &= v6 - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(v6);
        bool swapped = jn_flow_key_v6(table, &burst->parsed[i], &f->key0[i]);     // always written
        uint32_t ports = be32toh(burst->columns.ports[i]), turn = !swapped * 16u; // no branch: traffic goes both ways
        f->end[i] = swapped;
        f->key1[i] = (f->key1[i] & ~(uint64_t)UINT32_MAX) | (ports << turn | ports >> (-turn & 31u));
    }
}

// One by one.
static void
make_other_keys(const struct jn_flow_table *table, const struct jn_burst *burst, uint64_t others,
                struct jn_flow_burst *f) {
    for (; others != 0; others &= others - 1) {
        unsigned int i = (unsigned int)__builtin_ctzll(others);
        struct jn_flow_key key;
        jn_flow_key(table, jn_burst_packet(burst, i), burst->vpg_idx[i], &key);
        f->key0[i] = key.key0;
        f->key1[i] = key.key1;
        f->end[i] = key.swapped;
        f->v6 |= (uint64_t)key.v6 << i;
    }
}

void
jn_flow_burst_find(const struct jn_flow_table *table, const struct jn_burst *burst, const uint64_t place[JN_BURST],
                   uint64_t flows, struct jn_flow_burst *f) {
    const uint32_t looked_at = JN_PACKET_IPV6 | JN_PACKET_ONE_WAY | JN_PACKET_PORTS;
    const uint32_t *kind = burst->columns.kind;
    const struct jn_flow_bucket *buckets = table->buckets;
    uint32_t first[JN_BURST];
    uint16_t tag[JN_BURST];
    uint64_t v4 = jn_burst_mask32(kind, burst->count, looked_at, JN_PACKET_PORTS);
    f->flows = flows;
    f->v6 = 0;
    if (__builtin_expect(make_common_keys(burst, place, f), 0))
        v4 &= ~of_one_address(&burst->columns, burst->count); // what is not IPv4 may look like it, and is not in v4
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
