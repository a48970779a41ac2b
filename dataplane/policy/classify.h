// SPDX-License-Identifier: BSD-3-Clause
// The verdict of a flow: by its VPG's defaults, the first rule that it matches, and the VPG's virtual network.
#pragma once

#include "policy/ruleset.h"

struct jn_classified {
    uint16_t verdict; // enum jn_verdict_bits
    uint16_t rule;    // that gave it, as in a flow entry
};

// What is known of a flow's application when its verdict is asked for.
struct jn_application_known {
    enum jn_application_phase phase;
    bool fresh;                   // no packet of the flow went on before: all were dropped, or this is its first
    bool classifier;              // it lives, or has said its last of the flow
    uint16_t application, master; // nDPI's numbers, 0: not known
    uint8_t category;
    uint8_t name_length;
    uint64_t risks;
    const char *name; // server name in lower case; NULL: none, or one that was cut short and matches nothing
};

// Set the entry's device flags by its VPG's device_subnets and return its verdict.
// The entry's identity, JN_FLOW_FROM_NETWORK, JN_FLOW_INITIATOR_B and dscp are set. Without device_subnets the device is
// the end on the access side.
// known: of its application.
struct jn_classified jn_classify(const struct jn_ruleset *rules, struct jn_flow_entry *entry,
                                 const struct jn_application_known *known);

// Does the privacy separator keep the device (network order) and that peer apart?
bool jn_keeps_apart(const struct jn_ruleset *rules, const struct jn_vnet *vnet, uint8_t family,
                    const uint8_t device[16], uint8_t peer_idx);
