// SPDX-License-Identifier: BSD-3-Clause
// The gates region: each VPG's virtual L2 network as it is now. Who was heard on it and where, whether the gateway is
// there, and what went through it, was returned, or was lost and why.
#pragma once

#include "neighbour.h"

// Where inner addresses are: of each place its IPv4 and its IPv6 address, then those that were learned.
#define JN_GATE_NAMED 32u // JN_GATE_PEERS * 2
#define JN_GATE_HOSTS 64u

// Why what a peer sent is refused. X(enumerator, word, explanation), in the order of the checks.
#define JN_VXLAN_REFUSALS(X)                                                                                           \
    X(OUTER_FRAGMENT, "vxlan_outer_fragment", "fragment of an outer packet that never became whole")                   \
    X(OUTER_LENGTH, "vxlan_outer_length", "outer UDP length under its header or beyond the packet")                    \
    X(CHECKSUM, "vxlan_checksum", "outer UDP checksum is wrong")                                                       \
    X(NO_CHECKSUM, "vxlan_no_checksum", "outer IPv6 packet without UDP checksum")                                      \
    X(TRUNCATED, "vxlan_truncated", "outer packet ends inside the VXLAN header")                                       \
    X(FLAGS, "vxlan_flags", "VXLAN header without the I flag")                                                         \
    X(VNI, "vxlan_vni", "VNI of another virtual network")                                                              \
    X(INNER_TRUNCATED, "inner_truncated", "inner frame ends inside its Ethernet header")                               \
    X(INNER_DESTINATION, "inner_destination", "inner destination MAC is neither our own nor a group")                  \
    X(INNER_OWN_SOURCE, "inner_own_source", "inner source MAC is our own: a loop, or a spoofed frame")                 \
    X(INNER_SOURCE, "inner_source", "inner source MAC is a group or zero")                                             \
    X(INNER_TAGGED, "inner_tagged", "inner frame with a VLAN tag")                                                     \
    X(INNER_TYPE, "inner_type", "inner frame is neither IPv4, IPv6 nor ARP")                                           \
    X(INNER_IP, "inner_ip", "inner IP header cannot be believed")                                                      \
    X(INNER_CHECKSUM, "inner_checksum", "inner IPv4 header checksum is wrong")                                         \
    X(INNER_GROUP, "inner_group", "inner IP packet to a group MAC that is no neighbour discovery")

// Why a packet from or to the virtual network ended here. The first ones are the refusals above.
#define JN_GATE_LOSSES(X)                                                                                              \
    JN_VXLAN_REFUSALS(X)                                                                                               \
    X(INNER_ADDRESS, "inner_address", "inner source or destination that no host can have, or source of our own")       \
    X(NOT_GATEWAY, "not_gateway", "IP packet of a peer that is not the gateway, while redirection is on")              \
    X(NOT_DEVICE, "not_device", "IP packet of a peer to what is no device, while redirection is off")                  \
    X(SPOOFED, "inner_spoofed", "IP packet of a peer from an address that is not its own, while redirection is off")   \
    X(PRIVACY, "privacy", "device and peer, or two devices, of different groups")                                      \
    X(POISON, "poison", "ARP or neighbour discovery that claims the address of a device, of another peer, or ours")    \
    X(NEIGHBOUR, "neighbour_ignored", "ARP or neighbour discovery that is malformed, or none of our business")         \
    X(NO_STATION, "no_station", "the wire's Ethernet address to send it to is not known yet")                          \
    X(DOWN, "gateway_down", "the gateway is down, and on_failure is drop")                                             \
    X(UNREDIRECTABLE, "unredirectable",                                                                                \
      "no plain Ethernet, or of a family that the network lacks; on_failure is drop")                                  \
    X(UNRESOLVED, "unresolved", "the host's MAC address on the virtual network is not known")                          \
    X(TOO_LONG, "too_long", "longer than the path's MTU, and not to be fragmented")                                    \
    X(NO_MBUF, "no_mbuf", "no packet buffer was free")

enum jn_gate_loss {
#define X(e, w, t) JN_GATE_LOST_##e,
    JN_GATE_LOSSES(X)
#undef X
        JN_GATE_LOSS_COUNT
};

static inline const char *
jn_gate_loss_word(unsigned int loss) {
    static const char *const words[] = {
#define X(e, w, t) w,
        JN_GATE_LOSSES(X)
#undef X
    };
    return loss < JN_GATE_LOSS_COUNT ? words[loss] : "unknown";
}

// X(name). Packets are IP packets, bytes theirs.
#define JN_GATE_COUNTERS(X)                                                                                            \
    X(bypassed_packets) /* forwarded directly, as on_failure says */                                                   \
    X(bypassed_bytes)                                                                                                  \
    X(direct_out_packets) /* from devices to hosts of the virtual network, redirection being off */                    \
    X(direct_in_packets)                                                                                               \
    X(mss_clamped)        /* SYNs whose MSS option was lowered */                                                      \
    X(too_big_sent)       /* ICMP answers to packets too long */                                                       \
    X(too_big_suppressed) /* not sent: over the rate, or not to be answered */                                         \
    X(inner_fragments)    /* that packets without DF became */                                                         \
    X(outer_fragments)                                                                                                 \
    X(reassembled) /* outer packets that came in fragments */                                                          \
    X(arp_requests)                                                                                                    \
    X(arp_replies)                                                                                                     \
    X(nd_solicitations)                                                                                                \
    X(nd_advertisements)                                                                                               \
    X(echo_requests)                                                                                                   \
    X(proxy_answers) /* for devices' addresses */                                                                      \
    X(probes)                                                                                                          \
    X(icmp_unreachable) /* from the underlay, about outer packets to its peers */                                      \
    X(icmp_too_big)

struct jn_gate_peer_counters {
    uint64_t sent_packets, sent_bytes;         // redirected to it, or directly
    uint64_t returned_packets, returned_bytes; // from it
};

// One gate's, by one worker. Writer: that worker, relaxed.
struct jn_gate_counters {
#define X(name) uint64_t name;
    JN_GATE_COUNTERS(X)
#undef X
    uint64_t lost[JN_GATE_LOSS_COUNT];
    struct jn_gate_peer_counters peers[JN_GATE_PEERS]; // by place
} __attribute__((aligned(64)));

enum jn_gate_way { JN_WAY_NONE, JN_WAY_PEER, JN_WAY_BYPASS, JN_WAY_DROP };

// One of the two that can be the gateway. state: enum jn_health_state.
enum jn_health_state { JN_HEALTH_UNUSED, JN_HEALTH_DOWN, JN_HEALTH_UP };
struct jn_health {
    uint8_t state;
    uint8_t place, family;  // whose health: of the peer, and of its address that is asked
    uint8_t awaited;        // 0 or 1: the last probe has not been answered yet
    uint32_t lost, answers; // probes in a row
    uint32_t needed;        // answers that bring it up: more while it flaps
    uint32_t changes;       // of its state, in all
    uint32_t reserved2;
    uint64_t asked_ns, answered_ns;
    uint64_t since_ns; // of the last change of state, epoch
};

// A host of the virtual network, by address. Writer: the worker that owns the gate.
struct jn_gate_host {
    struct jn_neighbour neighbour;
    uint64_t way;      // as of struct jn_gate_state: where a packet to it goes; 0 while unresolved
    uint64_t heard_ns; // last time
    uint8_t place;     // of the peer it was heard from last, JN_NO_PLACE: never
    uint8_t wanted;    // requests still to be sent
    uint8_t reserved[6];
};

// One gate. Writers: at the fields.
struct jn_gate_state {
    // Where redirected packets go, one word, so that it is always of one moment: enum jn_gate_way << 56 | place << 48 |
    // MAC, first byte highest. Writer: the worker that owns the gate; readers: all workers, relaxed.
    uint64_t way __attribute__((aligned(64)));
    // Four hosts a word, the first lowest: 16 bits of a hash of the address, 0 for an entry not in use. They are compared
    // before the hosts, which are many lines. Writer and readers: as above.
    uint64_t tags[JN_GATE_HOSTS / 4] __attribute__((aligned(64)));
    // Writer of the next line: the dataplane's main thread, before the policy is in force, or without its ever being.
    uint64_t edition __attribute__((aligned(64))); // how many policies with this gate there were: number of the newest
    uint16_t path_mtu;                             // effective: bytes of the longest inner IP packet to the gateway
    uint16_t owner_port;                           // the worker that owns this port's underlay owns the gate
    uint16_t next_hop[JN_GATE_PEERS];              // neighbour of each peer's outer address, 0xffff: none
    // Writer of the rest: the worker that owns the gate.
    uint64_t due_ns __attribute__((aligned(64))); // nothing is to be done before
    uint64_t applied;                             // edition that all this is of, 0: none yet
    uint64_t identity;                            // of the VPG
    uint32_t vni;                                 // 0: no gate is open here
    uint32_t busy;       // 1 while a worker is at it: for a moment the owner may be another one than before
    uint64_t changed_ns; // when the way last changed, epoch
    uint32_t way_changes;
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
    uint32_t vpg_capacity; // VPG slots that there is room for; written once
    uint32_t vpg_used;     // of them, from 0 on, were in use: only they have memory. Writer: main thread, with release
    uint32_t reserved[13];
    struct jn_gate_state gates[]; // [vpg_capacity], by slot
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

// As the writer, or of a copy found sound: a worker's counters, by slot.
static inline struct jn_gate_counters *
jn_gate_counters_of(struct jn_gates_region *region, unsigned int worker) {
    return (struct jn_gate_counters *)((char *)region + jn_gate_counters_offset(worker, region->vpg_capacity));
}

static inline uint64_t
jn_way_make(enum jn_gate_way way, unsigned int place, uint64_t link) {
    return (uint64_t)way << 56 | (uint64_t)(place & 0xff) << 48 | (link & 0xffffffffffff);
}

static inline enum jn_gate_way
jn_way_kind(uint64_t way) {
    return (enum jn_gate_way)(way >> 56);
}

static inline unsigned int
jn_way_place(uint64_t way) {
    return (unsigned int)(way >> 48 & 0xff);
}

// As jn_neighbours_extent and jn_neighbours_check.
int jn_gates_extent(const struct jn_gates_region *region, size_t size, struct jn_region_extent *extent,
                    char err[JN_ERR_MAX]);
int jn_gates_check(const struct jn_gates_region *region, size_t size, char err[JN_ERR_MAX]);
