// SPDX-License-Identifier: BSD-3-Clause
// What the wires' Ethernet addresses are, as the flows of VPGs with a gate have shown: behind which MAC address a device
// is, which MAC address stands for the network, and their VLAN tag. What comes back from a virtual network as another
// flow than the one that left, or never was one, is given its Ethernet header from here. Shared by all workers.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JN_L2_TABLE_ENTRIES 8192u // power of two
#define JN_L2_TABLE_WAYS    4u

struct jn_l2_table;
struct jn_flow_entry;

// The two ends of a wire, as its frames name them.
struct jn_l2_rewrite {
    uint8_t device[6];   // on the access side
    uint8_t remote[6];   // on the network side
    uint16_t vlan_tci;   // TCI, 0xffff: untagged
    bool one_of_several; // of the last: devices of the VPG have shown others too
    uint8_t reserved;
};

// Memory for the table, zeroed, with room for so many VPG indexes; NULL when there is none. Main thread.
struct jn_l2_table *jn_l2_table_make(uint32_t vpgs);
void jn_l2_table_free(struct jn_l2_table *l2_table);

// Take note of what a flow's entry says of its device, and so of its VPG. Any worker; when another one is just writing in
// the same place, nothing is noted: the next flow will say it again.
void jn_l2_rewrite_learn(struct jn_l2_table *l2_table, const struct jn_flow_entry *entry, uint64_t now_ns);

// The station of that device (network order) of the VPG with that index. False: it is not known. Any worker.
bool jn_l2_rewrite_find(const struct jn_l2_table *l2_table, uint16_t vpg_idx, uint8_t family, const uint8_t address[16],
                        struct jn_l2_rewrite *out);

// The station that the VPG has shown last, whichever device's it was. False: it has shown none yet. Any worker.
bool jn_l2_rewrite_last(const struct jn_l2_table *l2_table, uint16_t vpg_idx, struct jn_l2_rewrite *out);

// The VPG's place is another's now: forget what it showed. Main thread.
void jn_l2_rewrite_detach(struct jn_l2_table *l2_table, uint16_t vpg_idx);
