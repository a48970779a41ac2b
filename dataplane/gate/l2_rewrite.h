// SPDX-License-Identifier: BSD-3-Clause
// Ethernet headers learned from the flows of VPGs with a gate: the MAC addresses of the device's side and of the
// network's side, and the VLAN tag. A packet from a virtual network that belongs to no known flow gets its Ethernet
// header from here. Shared by all workers.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "packet/keyed_hash.h"

#define JN_L2_TABLE_WAYS 4u

struct jn_l2_table;
struct jn_flow_entry;

// The two ends of a wire, as its frames name them.
struct jn_l2_rewrite {
    uint8_t device[6];   // on the access side
    uint8_t remote[6];   // on the network side
    uint16_t vlan_tci;   // TCI, 0xffff: untagged
    uint8_t heard[2];    // 1 + the wire where it was heard last, 0: not yet; [1] from the network
    bool one_of_several; // of the last: other devices of the VPG have other headers
    uint8_t reserved;
};

// A table with room for so many VPG indexes, and for so many devices of each: a power of two. NULL: no memory. Main thread.
struct jn_l2_table *jn_l2_table_make(uint32_t vpgs, uint32_t entries, const struct jn_hash_key *key);
void jn_l2_table_free(struct jn_l2_table *l2_table);

// The VPG with that index has a gate now: memory for its devices, which is there once they are learned. 0 or -ENOMEM. It stays for
// the next VPG with that index. Main thread, before workers learn.
int jn_l2_rewrite_attach(struct jn_l2_table *l2_table, uint16_t vpg_idx);

// Learn the header of a flow's device and VPG. Any worker. If another worker is writing the same entry, nothing is
// learned: the next flow repeats it.
void jn_l2_rewrite_learn(struct jn_l2_table *l2_table, const struct jn_flow_entry *entry, uint64_t now_ns);

// The same, and by which wire it was heard (as in `heard`); 0: what is known of that direction stays.
void jn_l2_rewrite_learn_wire(struct jn_l2_table *l2_table, const struct jn_flow_entry *entry, const uint8_t heard[2],
                              uint64_t now_ns);

// The header of that device (network order) of the VPG with that index. False: not known. Any worker.
bool jn_l2_rewrite_find(const struct jn_l2_table *l2_table, uint16_t vpg_idx, uint8_t family, const uint8_t address[16],
                        struct jn_l2_rewrite *out);

// The header learned last in the VPG, of whichever device. False: none yet. Any worker.
bool jn_l2_rewrite_last(const struct jn_l2_table *l2_table, uint16_t vpg_idx, struct jn_l2_rewrite *out);

// The index is free for another VPG: remove what was learned under it. Main thread.
void jn_l2_rewrite_detach(struct jn_l2_table *l2_table, uint16_t vpg_idx);
