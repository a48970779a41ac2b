// SPDX-License-Identifier: BSD-3-Clause
// The gates region: each VPG's virtual L2 network as it is now. Who was heard on it and where, whether the gateway is
// there, and what was sent, returned and dropped, by reason.
#pragma once

#include "neighbour.h"

// Where inner addresses are: of each peer its IPv4 and its IPv6 address, then those that were learned.
#define JN_GATE_NAMED 32u // JN_GATE_PEERS * 2
#define JN_GATE_HOSTS 64u

// X(name, "explanation"). Packets are IP packets, bytes theirs.
#define JN_GATE_COUNTERS(X)                                                                                            \
    X(bypassed_packets, "packets forwarded directly, as on_failure says")                                              \
    X(bypassed_bytes, "bytes forwarded directly, as on_failure says")                                                  \
    X(direct_out_packets, "packets from devices to hosts of the virtual network, redirection being off")               \
    X(direct_in_packets, "packets from hosts of the virtual network to devices, redirection being off")                \
    X(mss_clamped, "SYNs whose MSS option was lowered")                                                                \
    X(too_big_sent, "ICMP answers to packets too long")                                                                \
    X(too_big_suppressed, "such answers not sent: over the rate, or not to be answered")                               \
    X(inner_fragments, "fragments that packets without DF became")                                                     \
    X(outer_fragments, "outer fragments that packets became")                                                          \
    X(reassembled, "outer packets that came in fragments")                                                             \
    JN_NEIGHBOUR_COUNTERS(X)                                                                                           \
    X(proxy_answers, "answers for devices' addresses")                                                                 \
    X(answers_limited, "ARP, neighbour discovery and echo not answered: over the rate of its source")                  \
    X(own_no_mbuf, "answers and requests not made: no packet buffer was free")                                         \
    X(probes, "probes of gateway and standby")                                                                         \
    X(icmp_unreachable, "errors from the underlay about outer packets: unreachable")                                   \
    X(icmp_too_big, "errors from the underlay about outer packets: too big")                                           \
    X(path_mtu_lowered, "of these, those that lowered the path MTU")

struct jn_gate_peer_counters {
    uint64_t sent_packets, sent_bytes;         // redirected to it, or directly
    uint64_t returned_packets, returned_bytes; // from it
};

// One gate's, by one worker. Writer: that worker, relaxed.
struct jn_gate_counters {
    JN_GATE_COUNTERS(JN_COUNTER_MEMBER)
    uint64_t drops[JN_GATE_DROP_ROOM];
    struct jn_gate_peer_counters peers[JN_GATE_PEERS]; // by peer index
} __attribute__((aligned(64)));

// X(ID, "word", "explanation")
#define JN_REDIRECT_TARGETS(X)                                                                                         \
    X(NONE, "none", "not redirected")                                                                                  \
    X(PEER, "peer", "to the gateway")                                                                                  \
    X(BYPASS, "bypass", "no gateway is up: by the wire")                                                               \
    X(DROP, "drop", "no gateway is up: dropped")

enum jn_redirect_target {
#define X(id, word, text) JN_TARGET_##id,
    JN_REDIRECT_TARGETS(X)
#undef X
};

// One of the two that can be the gateway. state: enum jn_health_state.
#define JN_HEALTH_STATES(X)                                                                                            \
    X(UNUSED, "unused", "not probed")                                                                                  \
    X(DOWN, "down", "it does not answer")                                                                              \
    X(UP, "up", "it answers")

enum jn_health_state {
#define X(id, word, text) JN_HEALTH_##id,
    JN_HEALTH_STATES(X)
#undef X
};
struct jn_health {
    uint8_t state;
    uint8_t peer_idx, family; // whose health: of the peer, and of its address that is asked
    uint8_t awaited;          // 0 or 1: the last probe has not been answered yet
    uint32_t lost, answers;   // probes in a row
    uint32_t needed;          // answers that bring it up: more while it flaps
    uint32_t changes;         // of its state, in all
    uint32_t reserved2;
    uint64_t asked_ns, answered_ns;
    uint64_t since_ns; // of the last change of state, epoch
};

// A host of the virtual network, by address. Writer: the worker that owns the gate.
struct jn_gate_host {
    struct jn_neighbour neighbour;
    uint64_t target;       // as of struct jn_gate_state: where a packet to it goes; 0 while unresolved
    uint64_t heard_ns;     // last time
    uint8_t peer_idx;      // of the peer it was heard from last, JN_NO_PEER: never
    uint8_t requests_left; // requests still to be sent
    uint8_t reserved[6];
};

// One gate. Writers: at the fields.
struct jn_gate_state {
    // Where redirected packets go, one word, so that it is always of one moment: enum jn_redirect_target << 56 |
    // peer_idx << 48 | MAC, first byte highest. Writer: the worker that owns the gate; readers: all workers, relaxed.
    uint64_t target __attribute__((aligned(64)));
    // Four hosts a word, the first lowest: 16 bits of a hash of the address, 0 for an entry not in use. They are compared
    // before the hosts, which are many lines. Writer and readers: as above.
    uint64_t tags[JN_GATE_HOSTS / 4] __attribute__((aligned(64)));
    // Writer of the next line: the dataplane's main thread, before the policy is in force, or without its ever being.
    uint64_t edition __attribute__((aligned(64))); // how many policies with this gate there were: number of the newest
    // Effective: bytes of the longest inner IP packet to the gateway. Any worker, too, relaxed, when a lower one is learned or
    // forgotten.
    uint16_t path_mtu;
    uint16_t owner_port;              // the worker that owns this port's underlay owns the gate
    uint64_t tag_seed;                // of the hash for `tags`, always the same
    uint16_t next_hop[JN_GATE_PEERS]; // neighbour of each peer's outer address, 0xffff: none
    // The path MTU that was learned to each peer's outer address (lib/path_mtu.h). Writer: any worker, by compare and exchange.
    uint64_t learned_mtu[JN_GATE_PEERS] __attribute__((aligned(64)));
    // Writer of the rest: the worker that owns the gate.
    uint64_t due_ns __attribute__((aligned(64))); // nothing is to be done before
    uint64_t applied;                             // edition that all this is of, 0: none yet
    uint64_t identity;                            // of the VPG
    uint32_t vni;                                 // 0: no gate is open here
    uint32_t busy;       // 1 while a worker is at it: for a moment the owner may be another one than before
    uint64_t changed_ns; // when the target last changed, epoch
    uint32_t target_changes;
    uint32_t moves,
        moves_refused;          // of the gateway's address to another peer or MAC: taken, and refused while it flapped
    uint32_t recent_moves;      // one less for every 2.5 s since the last
    uint64_t moved_ns;          // last one taken
    struct jn_health health[2]; // gateway, standby
    struct jn_gate_host hosts[JN_GATE_HOSTS];
};

// Behind the gates: counters [worker][vpg_capacity]; jn_gate_counters_of().
struct jn_gates_region {
    struct jn_region_header header;
    uint32_t worker_count;
    uint32_t vpg_capacity; // VPG indexes that there is room for; written once
    uint32_t vpg_used;     // of them, from 0 on, were in use: only they have memory. Writer: main thread, with release
    uint32_t reserved[13];
    // The words of the counters, in their order.
    char counter_names[32][JN_NAME_MAX];
    char drop_names[JN_GATE_DROP_ROOM][JN_NAME_MAX];
    struct jn_gate_state gates[]; // [vpg_capacity], by VPG index
};

static inline size_t
jn_gate_counters_offset(unsigned int worker, unsigned int vpgs) {
    return sizeof(struct jn_gates_region) + vpgs * sizeof(struct jn_gate_state) +
           (size_t)worker * vpgs * sizeof(struct jn_gate_counters);
}

static inline size_t
jn_gates_size(unsigned int workers, unsigned int vpgs) {
    return jn_gate_counters_offset(workers, vpgs);
}

// Of a region found sound, or of a fresh one: a worker's counters, by VPG index.
static inline struct jn_gate_counters *
jn_gate_counters_of(struct jn_gates_region *region, unsigned int worker) {
    return (struct jn_gate_counters *)((char *)region + jn_gate_counters_offset(worker, region->vpg_capacity));
}

// The index of the host that the policy names: of each peer its IPv4 and its IPv6 address.
static inline unsigned int
jn_gate_named_host(unsigned int peer_idx, uint8_t family) {
    return peer_idx * 2 + jn_family_index(family);
}

static inline uint64_t
jn_target_make(enum jn_redirect_target target, unsigned int peer_idx, uint64_t state_mac) {
    return (uint64_t)target << 56 | (uint64_t)(peer_idx & 0xff) << 48 | (state_mac & 0xffffffffffff);
}

static inline enum jn_redirect_target
jn_target_kind(uint64_t target) {
    return (enum jn_redirect_target)(target >> 56);
}

static inline unsigned int
jn_target_peer_idx(uint64_t target) {
    return (unsigned int)(target >> 48 & 0xff);
}

// As jn_neighbours_extent and jn_neighbours_check.
int jn_gates_extent(const void *mapped, size_t size, struct jn_region_extent *extent, char err[JN_ERR_MAX]);
int jn_gates_check(const void *mapped, size_t size, char err[JN_ERR_MAX]);
