// SPDX-License-Identifier: BSD-3-Clause
// The neighbours region: next hops of the underlay, their MAC addresses and state, and what each peer was sent, and
// drops by reason.
#pragma once

#include "counters.h"
#include "path_mtu.h"
#include "policy.h"

#define JN_MAX_NEIGHBOURS 1024u

// X(ID, "word", "explanation")
#define JN_NEIGHBOUR_STATES(X)                                                                                         \
    X(FREE, "free", "not in use")                                                                                      \
    X(INCOMPLETE, "incomplete", "asked for, no answer: nothing can be sent to it")                                     \
    X(REACHABLE, "reachable", "confirmed")                                                                             \
    X(PROBE, "probe", "not confirmed for a while: still used, and asked again")

enum jn_neighbour_state {
#define X(id, word, text) JN_NEIGHBOUR_##id,
    JN_NEIGHBOUR_STATES(X)
#undef X
};

// One next hop. address, family, port, vlan: written by the dataplane's main thread, which alone takes a FREE entry into
// use (state INCOMPLETE, stored with release, comes last) and lets one go (state FREE). In between `state_mac` and the rest are
// written by the worker that owns the port; `state_mac` by compare-and-exchange, so that an entry let go stays so.
struct jn_neighbour {
    uint64_t state_mac; // state << 48 | MAC, first byte highest: one word, so that a reader never sees half a change
    uint8_t address[16];
    uint8_t family;
    uint8_t reserved;
    uint16_t port;
    uint16_t vlan_id;
    uint16_t reserved2;
    uint32_t mac_changes;
    uint32_t unanswered;   // requests since the last confirmation
    uint64_t asked_ns;     // last request
    uint64_t confirmed_ns; // last answer, epoch
};
_Static_assert(sizeof(struct jn_neighbour) == 56, "neighbour is ABI");

// X(name, "explanation")
#define JN_PEER_COUNTERS(X)                                                                                            \
    X(frames, "copies sent")                                                                                           \
    X(bytes, "bytes of their outer frames")                                                                            \
    X(truncated, "copies sent, but shortened to the MTU")                                                              \
    X(fragments, "outer fragments that copies too long became")                                                        \
    X(icmp_unreachable, "errors from the underlay about the peer: unreachable")                                        \
    X(icmp_too_big, "errors from the underlay about the peer: too big")                                                \
    X(path_mtu_lowered, "of these, those that lowered the path MTU")

// Of one peer, by one worker. Writer: that worker, relaxed.
struct jn_peer_counters {
    JN_PEER_COUNTERS(JN_COUNTER_MEMBER)
    uint64_t reserved[7];
    uint64_t drops[JN_COPY_DROP_ROOM];
};
_Static_assert(sizeof(struct jn_peer_counters) == 192, "three cache lines");

// What neighbours ask and answer, on the underlay and on a virtual network.
#define JN_NEIGHBOUR_COUNTERS(X)                                                                                       \
    X(arp_requests, "ARP requests")                                                                                    \
    X(arp_replies, "ARP replies")                                                                                      \
    X(nd_solicitations, "neighbour solicitations")                                                                     \
    X(nd_advertisements, "neighbour advertisements")                                                                   \
    X(echo_requests, "ICMP echo requests")

// Hostile or useless input of the underlay, all told. X(name, "explanation")
#define JN_UNDERLAY_COUNTERS(X)                                                                                        \
    JN_NEIGHBOUR_COUNTERS(X)                                                                                           \
    X(icmp_errors, "ICMP errors")                                                                                      \
    X(ignored_malformed, "ignored: malformed")                                                                         \
    X(ignored_foreign, "ignored: not from or for Junction's subnets")                                                  \
    X(ignored_hop_limit, "ignored: neighbour discovery from beyond a router")                                          \
    X(ignored_other, "ignored: anything else")                                                                         \
    X(ignored_tunnel, "ignored: GRE or VXLAN to Junction that nothing takes")                                          \
    X(answers_limited, "ARP, neighbour discovery and echo not answered: over the rate of its source")                  \
    X(own_no_mbuf, "answers and requests not made: no packet buffer was free")                                         \
    X(icmp_errors_limited, "ICMP errors over the rate: counted for no peer")                                           \
    X(path_mtu_fixed, "path MTU not learned: path_mtu is fixed")                                                       \
    X(path_mtu_unquoted, "path MTU not learned: the error quotes no packet that we sent to the peer")                  \
    X(path_mtu_too_small, "path MTU not learned: below 576 bytes, or 1,280 of IPv6")                                   \
    X(path_mtu_not_lower, "path MTU not learned: not below the one in use, or not below the packet quoted")

struct jn_underlay_counters {
    JN_UNDERLAY_COUNTERS(JN_COUNTER_MEMBER)
    uint64_t reserved[6];
};
_Static_assert(sizeof(struct jn_underlay_counters) == 192, "three cache lines");

// Behind the counters, by mirror index: the path MTU that was learned, jn_path_mtus(), writer: any worker, by compare and
// exchange; then the peer's neighbour, 0xffff: none, jn_next_hops(), writer: main thread.
struct jn_neighbours_region {
    struct jn_region_header header;
    uint32_t worker_count;
    uint32_t vpg_capacity; // VPG indexes that there is room for; written once
    uint32_t vpg_used;     // of them, from 0 on, were in use: only they have memory. Writer: main thread, with release
    uint32_t reserved[13];
    struct jn_underlay_counters underlay[JN_MAX_WORKERS];
    struct jn_neighbour neighbours[JN_MAX_NEIGHBOURS];
    // The words of the counters, in their order.
    char underlay_counter_names[24][JN_NAME_MAX];
    char peer_counter_names[14][JN_NAME_MAX];
    char drop_names[JN_COPY_DROP_ROOM][JN_NAME_MAX];
    struct jn_peer_counters peers[] __attribute__((aligned(64))); // [worker][JN_VPG_PEERS * vpg_capacity]
};

static inline size_t
jn_path_mtus_offset(unsigned int workers, unsigned int vpgs) {
    return sizeof(struct jn_neighbours_region) +
           (size_t)workers * JN_VPG_PEERS * vpgs * sizeof(struct jn_peer_counters);
}

static inline size_t
jn_next_hops_offset(unsigned int workers, unsigned int vpgs) {
    return jn_path_mtus_offset(workers, vpgs) + (size_t)JN_VPG_PEERS * vpgs * sizeof(uint64_t);
}

static inline size_t
jn_neighbours_size(unsigned int workers, unsigned int vpgs) {
    return jn_next_hops_offset(workers, vpgs) + JN_VPG_PEERS * vpgs * sizeof(uint16_t);
}

// Of a region found sound, or of a fresh one: by peer number.
static inline struct jn_peer_counters *
jn_peers_of_worker(struct jn_neighbours_region *region, unsigned int worker) {
    return region->peers + (size_t)worker * JN_VPG_PEERS * region->vpg_capacity;
}
static inline uint64_t *
jn_path_mtus(struct jn_neighbours_region *region) {
    return (uint64_t *)((char *)region + jn_path_mtus_offset(region->worker_count, region->vpg_capacity));
}
static inline uint16_t *
jn_next_hops(struct jn_neighbours_region *region) {
    return (uint16_t *)((char *)region + jn_next_hops_offset(region->worker_count, region->vpg_capacity));
}

static inline enum jn_neighbour_state
jn_neighbour_state_of(uint64_t state_mac) {
    return (enum jn_neighbour_state)(state_mac >> 48);
}

static inline uint64_t
jn_neighbour_state_mac(enum jn_neighbour_state state, const uint8_t mac[6]) {
    uint64_t state_mac = state;
    for (int i = 0; i < 6; i++)
        state_mac = state_mac << 8 | mac[i];
    return state_mac;
}

static inline void
jn_neighbour_mac_of(uint64_t state_mac, uint8_t mac[6]) {
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)(state_mac >> (40 - 8 * i));
}

// How much of a region there is.
struct jn_region_extent {
    uint32_t workers, vpg_capacity, vpg_used;
};
#define JN_REGION_EXTENT(region)                                                                                       \
    ((struct jn_region_extent){__atomic_load_n(&(region)->worker_count, __ATOMIC_RELAXED),                             \
                               __atomic_load_n(&(region)->vpg_capacity, __ATOMIC_RELAXED),                             \
                               __atomic_load_n(&(region)->vpg_used, __ATOMIC_ACQUIRE)})

// Are its counts in range, and is the region of `size` bytes as large as they need it? 0, or -EPROTO with a sentence.
int jn_region_fits(const struct jn_region_extent *extent, size_t size, size_t needed, const char *region,
                   char err[JN_ERR_MAX]);
// -EPROTO with the sentence in err.
int jn_region_error(char err[JN_ERR_MAX], const char *region, const char *what, unsigned int number);

// As a reader of a mapped region of `size` bytes: its extent, read once and found to fit. 0, or -EPROTO with a sentence.
int jn_neighbours_extent(const void *mapped, size_t size, struct jn_region_extent *extent, char err[JN_ERR_MAX]);

// Check a region or a copy: its extent, and every index in it. 0, or -EPROTO with a sentence in err. A live writer may
// change them afterwards, so a reader bounds them again.
int jn_neighbours_check(const void *mapped, size_t size, char err[JN_ERR_MAX]);
