// SPDX-License-Identifier: BSD-3-Clause
// The path MTU to mirroring peers and to peers of gates: what the port and the policy leave, or less where an ICMP error of
// the underlay says so and the policy believes it (`path_mtu` is "learn").
#pragma once

#include "gate/vnet.h"
#include "policy/mirror_peer.h"

enum jn_path_mtu_outcome {
    JN_PATH_MTU_UNQUOTED,  // the error quotes no packet that we sent to the peer
    JN_PATH_MTU_FIXED,     // the policy does not learn it
    JN_PATH_MTU_TOO_SMALL, // below JN_LEAST_PATH_MTU4 or 6
    JN_PATH_MTU_NOT_LOWER, // it would not lower the path MTU, or the quoted packet had fitted
    JN_PATH_MTU_LOWERED,
};

// An error says that the path takes `said` bytes (0: it does not say how many), and quotes a packet; NULL: nothing that
// could be one of ours. Any worker.
enum jn_path_mtu_outcome jn_mirror_peer_learn(struct jn_mirror_peer *to, uint32_t said, const struct jn_quote *quote,
                                              uint64_t now_ns);
enum jn_path_mtu_outcome jn_vnet_learn(struct jn_vnet *vnet, unsigned int peer_idx, uint32_t said,
                                       const struct jn_quote *quote, uint64_t now_ns);

// Forget what was learned too long ago, and use what is left: also what another worker or the policy before has learned.
// Main thread before a policy is in force; then the worker that owns the tunnel port, again and again.
void jn_mirror_peer_refresh(struct jn_mirror_peer *to, uint64_t now_ns);
void jn_vnet_refresh(struct jn_vnet *vnet, uint64_t now_ns);
