// SPDX-License-Identifier: BSD-3-Clause
// The flows of a burst's packets, looked for all at once: keys in columns, by the packet's place in the burst. What they say
// is what jn_flow_key says of the packet alone: the fuzzer compares.
#pragma once

#include "core/burst.h"
#include "flow/flow_table.h"

struct jn_flow_burst {
    uint64_t flows; // bit i: packet i has a key. What is in the columns of others means nothing
    uint64_t v6;    // bit i: that of an IPv6 flow
    uint64_t key0[JN_BURST], key1[JN_BURST];
    uint64_t end[JN_BURST];   // of the flow, that is the packet's source: 0 or 1
    uint32_t found[JN_BURST]; // the entry that its flow probably is, or JN_FLOW_NONE
};

// Make the keys of those packets in `flows` (bit i for packet i; IP, all of them), each at its place (jn_flow_place): that of
// burst->vpg_idx and burst->vlan_id. Then find what their flows probably are, and prefetch these.
void jn_flow_burst_find(const struct jn_flow_table *table, const struct jn_burst *burst, const uint64_t place[JN_BURST],
                        uint64_t flows, struct jn_flow_burst *f);
