// SPDX-License-Identifier: BSD-3-Clause
// A lossy cache of four ways for each VPG, so that one VPG's devices never evict those of another. A version guards each entry: it is odd during a write. A writer that finds it odd gives
// up, a reader takes the entry for empty.
#include "gate/l2_rewrite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "flow.h"
#include "touch.h"

struct l2_entry {
    uint32_t version;
    uint8_t family; // 0: empty
    uint8_t reserved[3];
    uint8_t address[16];
    struct jn_l2_rewrite l2;
    uint64_t seen_ns;
};
_Static_assert(sizeof(struct l2_entry) == 56, "four a few lines");

struct of_vpg {
    struct l2_entry last;
    struct l2_entry *entries; // NULL until the VPG is attached
};

struct jn_l2_table {
    struct jn_hash_key key;
    uint32_t vpgs;
    uint32_t entries; // of a VPG: power of two
    struct of_vpg of_vpg[];
};

struct jn_l2_table *
jn_l2_table_make(uint32_t vpgs, uint32_t entries, const struct jn_hash_key *key) {
    jn_require(entries >= JN_L2_TABLE_WAYS && (entries & (entries - 1)) == 0);
    struct jn_l2_table *l2_table = calloc(1, sizeof(*l2_table) + vpgs * sizeof(struct of_vpg));
    if (l2_table == NULL)
        return NULL;
    l2_table->vpgs = vpgs;
    l2_table->entries = entries;
    l2_table->key = *key;
    return l2_table;
}

void
jn_l2_table_free(struct jn_l2_table *l2_table) {
    for (uint32_t i = 0; l2_table != NULL && i < l2_table->vpgs; i++)
        free(l2_table->of_vpg[i].entries);
    free(l2_table);
}

int
jn_l2_rewrite_attach(struct jn_l2_table *l2_table, uint16_t vpg_idx) {
    struct of_vpg *of = &l2_table->of_vpg[vpg_idx];
    if (of->entries != NULL)
        return 0;
    struct l2_entry *entries = calloc(l2_table->entries, sizeof(*entries));
    if (entries == NULL)
        return -ENOMEM;
    jn_touch(entries, l2_table->entries * sizeof(*entries));
    __atomic_store_n(&of->entries, entries, __ATOMIC_RELEASE);
    return 0;
}

// NULL: the VPG is not attached.
static struct l2_entry *
bucket_of(const struct jn_l2_table *l2_table, uint16_t vpg_idx, const uint8_t address[16]) {
    if (vpg_idx >= l2_table->vpgs)
        return NULL;
    struct l2_entry *entries = __atomic_load_n(&l2_table->of_vpg[vpg_idx].entries, __ATOMIC_ACQUIRE);
    uint32_t bucket = (uint32_t)jn_hash_address(&l2_table->key, address) & (l2_table->entries / JN_L2_TABLE_WAYS - 1);
    return entries == NULL ? NULL : entries + (size_t)bucket * JN_L2_TABLE_WAYS;
}

static bool
begin_write(struct l2_entry *l2_entry) {
    uint32_t version = __atomic_load_n(&l2_entry->version, __ATOMIC_RELAXED);
    return version % 2 == 0 && __atomic_compare_exchange_n(&l2_entry->version, &version, version + 1, false,
                                                           __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void
end_write(struct l2_entry *l2_entry) {
    __atomic_store_n(&l2_entry->version, __atomic_load_n(&l2_entry->version, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

static void
empty_l2_entry(struct l2_entry *l2_entry) {
    if (!begin_write(l2_entry))
        return;
    __atomic_store_n(&l2_entry->family, 0, __ATOMIC_RELEASE);
    end_write(l2_entry);
}

static bool
read_entry(const struct l2_entry *l2_entry, struct l2_entry *out) {
    uint32_t version = jn_seq_begin(&l2_entry->version);
    jn_seq_load(out, l2_entry, sizeof(*out));
    return jn_seq_whole(&l2_entry->version, version) && out->family != 0;
}

static bool
is_of(const struct l2_entry *l2_entry, uint8_t family, const uint8_t address[16]) {
    return l2_entry->family == family && memcmp(l2_entry->address, address, 16) == 0;
}

static void
write_entry(struct l2_entry *l2_entry, struct l2_entry *now) {
    struct l2_entry before;
    bool same = read_entry(l2_entry, &before) && is_of(&before, now->family, now->address) &&
                memcmp(&before.l2, &now->l2, sizeof(now->l2)) == 0;
    if (same && now->seen_ns - before.seen_ns < UINT64_C(1000000000))
        return; // workers must not contend for an entry that does not change
    if (!begin_write(l2_entry))
        return;
    now->version = __atomic_load_n(&l2_entry->version, __ATOMIC_RELAXED);
    jn_seq_store(l2_entry, now, sizeof(*l2_entry));
    end_write(l2_entry);
}

// The device's own entry, else an empty one, else the one seen longest ago.
static struct l2_entry *
choose_entry(struct l2_entry *bucket, const struct l2_entry *now) {
    struct l2_entry *oldest = bucket, seen;
    for (unsigned int way = 0; way < JN_L2_TABLE_WAYS; way++) {
        if (!read_entry(&bucket[way], &seen))
            seen.seen_ns = 0;
        else if (is_of(&seen, now->family, now->address))
            return &bucket[way];
        if (seen.seen_ns < __atomic_load_n(&oldest->seen_ns, __ATOMIC_RELAXED))
            oldest = &bucket[way];
    }
    return oldest;
}

static void
write_last(struct l2_entry *last, struct l2_entry *now) {
    struct l2_entry before;
    bool other = read_entry(last, &before) && memcmp(before.l2.device, now->l2.device, 6) != 0;
    now->l2.one_of_several = other || (before.family != 0 && before.l2.one_of_several);
    write_entry(last, now);
}

// A direction that was not heard now is as it was for the same device.
static void
keep_wires(const struct l2_entry *known, struct l2_entry *now) {
    struct l2_entry before;
    if (!read_entry(known, &before) || !is_of(&before, now->family, now->address))
        return;
    for (unsigned int from_network = 0; from_network < 2; from_network++)
        if (now->l2.heard[from_network] == 0)
            now->l2.heard[from_network] = before.l2.heard[from_network];
}

void
jn_l2_rewrite_learn(struct jn_l2_table *l2_table, const struct jn_flow_entry *entry, uint64_t now_ns) {
    jn_l2_rewrite_learn_wire(l2_table, entry, (const uint8_t[2]){0, 0}, now_ns);
}

void
jn_l2_rewrite_learn_wire(struct jn_l2_table *l2_table, const struct jn_flow_entry *entry, const uint8_t heard[2],
                         uint64_t now_ns) {
    static const uint8_t unknown[6];
    bool a = entry->flags & JN_FLOW_DEVICE_A, b = entry->flags & JN_FLOW_DEVICE_B;
    bool initiator = entry->flags & JN_FLOW_INITIATOR_B, from_network = entry->flags & JN_FLOW_FROM_NETWORK;
    int device = initiator != from_network; // what is on the access side
    // A device's address on the network side is spoofed or looped: only frames from the access side tell where the
    // device is.
    if ((a != b && device != b) || memcmp(entry->mac[0], unknown, 6) == 0 || memcmp(entry->mac[1], unknown, 6) == 0)
        return;
    uint16_t vpg_idx = jn_flow_vpg(entry);
    struct l2_entry *bucket = bucket_of(l2_table, vpg_idx, entry->address[device]);
    if (bucket == NULL)
        return;
    struct l2_entry now = {.family = jn_flow_family(entry),
                           .l2 = {.vlan_tci = entry->vlan_tci, .heard = {heard[0], heard[1]}},
                           .seen_ns = now_ns};
    memcpy(now.address, entry->address[device], sizeof(now.address));
    memcpy(now.l2.device, entry->mac[device], 6);
    memcpy(now.l2.remote, entry->mac[!device], 6);
    struct l2_entry *known = choose_entry(bucket, &now);
    keep_wires(known, &now);
    write_entry(known, &now);
    write_last(&l2_table->of_vpg[vpg_idx].last, &now);
}

bool
jn_l2_rewrite_find(const struct jn_l2_table *l2_table, uint16_t vpg_idx, uint8_t family, const uint8_t address[16],
                   struct jn_l2_rewrite *out) {
    const struct l2_entry *bucket = bucket_of(l2_table, vpg_idx, address);
    struct l2_entry seen;
    for (unsigned int way = 0; bucket != NULL && way < JN_L2_TABLE_WAYS; way++)
        if (read_entry(&bucket[way], &seen) && is_of(&seen, family, address)) {
            *out = seen.l2;
            return true;
        }
    return false;
}

bool
jn_l2_rewrite_last(const struct jn_l2_table *l2_table, uint16_t vpg_idx, struct jn_l2_rewrite *out) {
    struct l2_entry seen;
    if (vpg_idx >= l2_table->vpgs || !read_entry(&l2_table->of_vpg[vpg_idx].last, &seen))
        return false;
    *out = seen.l2;
    return true;
}

void
jn_l2_rewrite_detach(struct jn_l2_table *l2_table, uint16_t vpg_idx) {
    struct of_vpg *of = &l2_table->of_vpg[vpg_idx];
    for (uint32_t i = 0; of->entries != NULL && i < l2_table->entries; i++)
        if (__atomic_load_n(&of->entries[i].family, __ATOMIC_RELAXED) != 0)
            empty_l2_entry(&of->entries[i]);
    empty_l2_entry(&of->last);
}
