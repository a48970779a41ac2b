// SPDX-License-Identifier: BSD-3-Clause
// Which flow of a worker's table: the entry, and which of the flows that it has had. Given to junction-classify with each
// sample, and given back with what it says: an answer for a flow that has ended meanwhile finds another version.
#pragma once

#include <stdint.h>

struct jn_flow_identity {
    uint64_t start_ns; // of the flow, worker's time
    uint32_t flow_idx; // number of its entry
    uint32_t version;  // of the entry: even, and another one for each flow
};
_Static_assert(sizeof(struct jn_flow_identity) == 16, "flow identity is ABI");
