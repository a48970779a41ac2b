// SPDX-License-Identifier: BSD-3-Clause
// A VLAN is held as a TCI (IEEE 802.1Q: priority, DEI and VLAN ID, as in the tag) or as a VLAN ID alone. The field's name
// says which.
#pragma once

#define JN_VLAN_TCI_NONE 0xffffu // untagged
#define JN_VLAN_ID_NONE  0xffffu // untagged; of a VPG also every VLAN that no other VPG of its wire names
