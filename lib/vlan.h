// SPDX-License-Identifier: BSD-3-Clause
// A VLAN is held as a TCI (IEEE 802.1Q: priority, DEI and VLAN ID, as in the tag) or as a VLAN ID alone. The field's name
// says which.
#pragma once

#include <stdint.h>

#define JN_VLAN_TCI_NONE 0xffffu // untagged
#define JN_VLAN_ID_NONE  0xffffu // untagged; of a VPG also every VLAN that no other VPG of its wire names

#define JN_FLOW_VLAN_ID_NONE 0x0fffu // of a flow: the VPG's VLANs do not tell its flows apart

// The TCI of a tag as it is kept: one with all bits set would be taken for no tag, and loses its DEI bit.
static inline uint16_t
jn_vlan_tci(uint16_t in_tag) {
    return in_tag == JN_VLAN_TCI_NONE ? in_tag & 0xefffu : in_tag;
}

// The VLAN ID that tells a flow from others where a VPG takes several VLANs, 12 bits. Priority-tagged frames, whose VLAN ID
// is 0, belong to the untagged ones (802.1Q 6.9). So 0 is free to stand for the reserved 4095, which is none of a VLAN.
static inline uint16_t
jn_vlan_flow_id(uint16_t tci) {
    uint16_t vlan_id = tci & 0x0fffu;
    if (tci == JN_VLAN_TCI_NONE)
        return JN_FLOW_VLAN_ID_NONE;
    return vlan_id == 0 || vlan_id == 0x0fffu ? vlan_id ^ 0x0fffu : vlan_id;
}
