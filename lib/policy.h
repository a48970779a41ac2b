// SPDX-License-Identifier: BSD-3-Clause
// The policy region: compiled by junction-control, two slots and a generation. The dataplane's main thread copies and
// validates a new generation, builds its lookup structures, and hands workers one pointer; each acknowledges in its
// counters. So a hostile slot never reaches a worker, and what is allocated for it stays off the packet path.
#pragma once

#include "address.h"
#include "classified.h"
#include "counters.h"
#include "vlan.h"

#define JN_POLICY_SLOT_BYTES (UINT32_C(32) << 20) // sparse: only what is used is backed by memory
#define JN_MAX_RULES         4096u
#define JN_MAX_SERVER_NAMES  16384u // that rules name, all together: a flow's name is compared with each
#define JN_VPG_PEERS         2u
#define JN_MAX_PEERS         (JN_VPG_PEERS * JN_MAX_VPGS)
#define JN_MAX_ADDRESSES     64u // of the underlay
#define JN_MAX_ROUTES        256u
#define JN_MAX_SESSION       1023u // ERSPAN has ten bits for it
#define JN_MIN_SNAP_LENGTH   64u   // below, a header may be cut
#define JN_MAX_SNAP_LENGTH   65535u
#define JN_MAX_SAMPLE        1000000u
#define JN_MAX_RATE_MBPS     400000u
#define JN_GATE_PEERS        16u // of one VPG
#define JN_MAX_GATE_PEERS    (JN_GATE_PEERS * JN_MAX_VPGS)
#define JN_NO_PEER           0xffu
#define JN_MAX_VNI           0xffffffu
#define JN_MIN_PATH_MTU      576u // of IPv4 inside the tunnel
#define JN_MIN_PATH_MTU6     1280u

enum jn_rule_action { // values of the three-state actions
    JN_ACTION_DEFAULT = 0,
    JN_ACTION_OFF = 1,
    JN_ACTION_ON = 2,
};

struct jn_rule {
    struct jn_prefix device, remote;
    uint16_t device_ports[2], remote_ports[2]; // inclusive ranges; 0..65535 matches all
    uint8_t protocol;                          // 0 matches all
    uint8_t direction;                         // of the first packet: 0 any, 1 uplink, 2 downlink
    uint8_t dscp;                              // 0xff matches all
    uint8_t inspect, mirror, redirect;         // enum jn_rule_action
    uint8_t drop;                              // 0 or 1
    uint8_t mirror_peers;                      // with mirror on: bit mask of peers
    uint32_t group;                            // 0 matches all, else group number as in jn_device
    uint32_t application_match;                // 1 + index of what it says of the application; 0: nothing
    uint8_t new_flows_only;                    // 0 or 1: only flows of which no packet went on under another verdict
    uint8_t reserved[3];
};

// What a rule says of the application of a flow: all that is named has to hold. Empty masks match all.
struct jn_application_match {
    uint64_t applications[JN_APPLICATION_NUMBERS / 64]; // by nDPI's number: the application's, or its master's
    uint64_t categories[JN_CATEGORY_NUMBERS / 64];      // by nDPI's number
    uint64_t risks;                                     // one of them
    uint32_t server_name_first, server_name_count;      // one of them
    uint8_t undecided; // 0 or 1: as long as it is looked for; then the others are empty
    uint8_t reserved[7];
};
_Static_assert(sizeof(struct jn_application_match) == 120, "application match is ABI");

// In lower case, without a dot at its end.
struct jn_server_name {
    uint32_t string_offset;
    uint8_t length;   // 1..JN_SERVER_NAME_MAX
    uint8_t wildcard; // 0 or 1: "*.example.org" is "example.org" with this: every name below it, not itself
    uint8_t reserved[2];
};
_Static_assert(sizeof(struct jn_server_name) == 8, "server name is ABI");

enum jn_encapsulation { JN_ENCAP_GRETAP, JN_ENCAP_GRE, JN_ENCAP_ERSPAN2, JN_ENCAP_ERSPAN3 };
enum jn_too_long { JN_TOO_LONG_CUT, JN_TOO_LONG_FRAGMENT, JN_TOO_LONG_DROP };
enum jn_peer_flags { JN_PEER_ENABLED = 1, JN_PEER_KEY = 2, JN_PEER_SEQUENCE = 4, JN_PEER_LEARN_MTU = 8 };

// A mirroring peer. Its mirror index, for counters and state: vpg_idx * JN_VPG_PEERS + peer_idx.
struct jn_peer {
    uint8_t address[16];   // network order
    uint8_t family;        // 4 or 6
    uint8_t peer_idx;      // 0 or 1 in its VPG, kept for the peer's life: the bit in rules and verdicts
    uint8_t encapsulation; // enum jn_encapsulation
    uint8_t flags;         // enum jn_peer_flags
    uint8_t too_long;      // enum jn_too_long
    uint8_t direction;     // 0 both, 1 uplink, 2 downlink
    uint8_t ttl, dscp;     // of the outer header
    uint16_t session;      // ERSPAN session ID, 0..1023
    uint16_t reserved;
    uint32_t key;            // RFC 2890
    uint32_t snap_length;    // bytes of the frame that are copied; 0: all
    uint32_t sample_packets; // one in so many; 1: all
    uint32_t sample_flows;
    uint32_t rate_mbps; // of outer frames; 0: no limit
    uint32_t description_offset;
};

_Static_assert(sizeof(struct jn_peer) == 52, "peer is ABI");

// An address of Junction's own on the underlay, with its connected subnet: no other's overlaps it.
struct jn_underlay_address {
    uint8_t address[16];
    uint8_t family, length;
    uint16_t port;    // number in the configuration
    uint16_t vlan_id; // 802.1Q tag of the underlay there, or JN_VLAN_ID_NONE: untagged
    uint16_t reserved;
};
_Static_assert(sizeof(struct jn_underlay_address) == 24, "underlay address is ABI");

struct jn_route {
    struct jn_prefix to;
    uint8_t via[16]; // of the family of `to`, in a connected subnet of the port
    uint16_t port;
    uint8_t reserved[2];
};
_Static_assert(sizeof(struct jn_route) == 40, "route is ABI");

enum jn_gate_flags {
    JN_GATE_PRIVACY = 1u << 0,        // devices and peers of different groups do not reach each other
    JN_GATE_FIXED_PORT = 1u << 1,     // outer source port 4789 instead of one by flow
    JN_GATE_REDIRECT = 1u << 2,       // redirection is on: `gateway` is a peer index
    JN_GATE_OUTER_FRAGMENT = 1u << 3, // a packet too long for the path: its outer packet is fragmented
    JN_GATE_ZERO_CHECKSUM = 1u << 4,  // outer IPv6 packets may come without UDP checksum (RFC 6935)
    JN_GATE_LEARN_MTU = 1u << 5,      // ICMP errors of the underlay lower the path MTU
};

enum jn_on_failure { JN_FAILURE_BYPASS, JN_FAILURE_DROP, JN_FAILURE_STANDBY };

// The virtual L2 network of a VPG whose gate is open. Families: [0] IPv4, [1] IPv6. All addresses in network order, an
// IPv4 address in the first four bytes.
struct jn_gate {
    uint8_t address[2][16];     // own; unspecified where length is 0
    uint8_t icmp_source[2][16]; // of "packet too big"; unspecified: none is sent for that family
    uint8_t length[2];          // of the subnet's prefix; 0: no address of that family
    uint8_t mac[6];             // own
    uint32_t vni;               // 1..JN_MAX_VNI
    uint8_t flags;              // enum jn_gate_flags
    uint8_t ttl, dscp;          // of the outer header
    uint8_t gateway, standby;   // peer indexes, JN_NO_PEER: none; of the gateway only without JN_GATE_REDIRECT
    uint8_t gateway_family, standby_family; // 4 or 6: of the address that is probed
    uint8_t on_failure;                     // enum jn_on_failure
    uint8_t on_standby_failure;             // with JN_FAILURE_STANDBY, when both are down: BYPASS or DROP
    uint8_t probe_lost, probe_answers;      // so many in a row change the state; at least 1
    uint8_t reserved;
    uint16_t probe_ms; // 10..10000
    uint16_t mtu;      // of the path, bytes of an inner IP packet; 0: what the tunnel port leaves
};
_Static_assert(sizeof(struct jn_gate) == 92, "gate is ABI");

// A peer on the virtual network, at its peer index within the gate.
struct jn_gate_peer {
    uint8_t outer[16];    // its VXLAN tunnel endpoint
    uint8_t inner[2][16]; // its addresses on the virtual network
    uint8_t outer_family; // 4 or 6
    uint8_t has_inner[2]; // 0 or 1, for each family; at least one
    uint8_t peer_idx;     // 0..JN_GATE_PEERS-1, kept as long as the peer with that outer address
    uint32_t group;       // as in jn_device; 0: none
    uint32_t description_offset;
};
_Static_assert(sizeof(struct jn_gate_peer) == 60, "gate peer is ABI");

struct jn_device {
    uint8_t address[16];
    uint8_t family, reserved[3];
    uint32_t group;
    uint32_t name_offset;
    uint32_t group_name_offset;
};

enum jn_vpg_flags {
    JN_VPG_DROP_HEADERLESS = 1u << 0,   // fragments of datagrams whose transport header is not known
    JN_VPG_DROP_UNCLASSIFIED = 1u << 1, // `classifier_down` is "drop": flows that a rule by application may be for
};

struct jn_vpg {
    char id[JN_VPG_ID_MAX];
    char name[64];
    uint16_t vpg_idx;  // 0..JN_MAX_VPGS-1: kept for the VPG's life, so that counters and flows stay its own
    uint16_t vlan_id;  // 0..4094, or JN_VLAN_ID_NONE: untagged and every VLAN no other VPG of the wire names
    uint16_t defaults; // enum jn_verdict_bits without a matching rule
    uint8_t metadata;  // enum jn_metadata
    uint8_t reserved8;
    uint64_t wires; // bit mask by index in the configuration's wires: at least one
    uint32_t subnet_first, subnet_count;
    uint32_t rule_first, rule_count;           // expanded: port lists become several rules, order kept
    uint32_t device_first, device_count;       // sorted by family, address
    uint32_t peer_first, peer_count;           // at most JN_VPG_PEERS, of different peer indexes
    uint32_t gate_first, gate_count;           // 0 or 1: none while the gate is closed
    uint32_t gate_peer_first, gate_peer_count; // at most JN_GATE_PEERS, with different indexes
    uint32_t flags;                            // enum jn_vpg_flags
    uint32_t reserved0;
    uint64_t reserved[4];
};

// The parts of a slot, in their order: X(part, accessor, type). Of each there are `part`_count, at `part`_offset from the
// slot's start, where the accessor points to. Strings come behind them.
#define JN_POLICY_PARTS(X)                                                                                             \
    X(vpg, jn_policy_vpgs, struct jn_vpg)                                                                              \
    X(subnet, jn_policy_subnets, struct jn_prefix)                                                                     \
    X(rule, jn_policy_rules, struct jn_rule)                                                                           \
    X(device, jn_policy_devices, struct jn_device)                                                                     \
    X(peer, jn_policy_peers, struct jn_peer)                                                                           \
    X(address, jn_policy_addresses, struct jn_underlay_address)                                                        \
    X(route, jn_policy_routes, struct jn_route)                                                                        \
    X(gate, jn_policy_gates, struct jn_gate)                                                                           \
    X(gate_peer, jn_policy_gate_peers, struct jn_gate_peer)                                                            \
    X(application_match, jn_policy_application_matches, struct jn_application_match)                                   \
    X(server_name, jn_policy_server_names, struct jn_server_name)

// A slot begins with this header.
struct jn_policy {
    uint64_t generation;
    uint32_t length;                       // bytes used
    uint32_t crc;                          // CRC-32C of everything after this field
    uint64_t interval_ns, idle_timeout_ns; // interval 0: only at the end (replay)
    uint64_t tcp_linger_ns;
#define X(part, accessor, type) uint32_t part##_count, part##_offset;
    JN_POLICY_PARTS(X)
#undef X
    uint32_t string_bytes, string_offset;
    uint32_t top_flows, log_level;
    uint32_t idle_mode, max_sleep_us; // informational
    char node[64];
};

struct jn_policy_region {
    struct jn_region_header header;
    uint64_t generation
        __attribute__((aligned(64))); // 0: none yet. Stored (release) after the slot generation & 1 is whole
    uint32_t wake;                    // low bits of generation: the futex word. Writer: control
    uint32_t reserved[13];
    uint64_t slot_offset[2];
};

static inline size_t
jn_policy_region_size(void) {
    return 4096 + 2 * (size_t)JN_POLICY_SLOT_BYTES;
}
void jn_policy_region_init(struct jn_policy_region *region);
// Reader: copy the current generation into fresh private memory (caller frees), validated. -ENOENT none yet.
int jn_policy_copy(const struct jn_policy_region *region, size_t region_size, struct jn_policy **out,
                   char err[JN_ERR_MAX]);
// Writer, before it publishes a policy of that length: memory for it in either slot, so that a full file system is an error
// and ends nobody. 0 or negative errno.
static inline int
jn_policy_back(const struct jn_shm *shm, uint32_t length) {
    int rc = jn_shm_back(shm, 4096, length);
    return rc == 0 ? jn_shm_back(shm, 4096 + JN_POLICY_SLOT_BYTES, length) : rc;
}
// Writer: publish as the generation after the region's and after policy->generation (the last one that the dataplane
// acknowledged, which may be of a region that is gone); sets generation and crc in `policy`. The caller has seen the
// region's generation acknowledged everywhere.
int jn_policy_publish(struct jn_policy_region *region, struct jn_policy *policy, char err[JN_ERR_MAX]);
// Reader: wait until the generation differs from `seen` or timeout_ms passes (futex on a read-only mapping).
uint64_t jn_policy_wait(const struct jn_policy_region *region, uint64_t seen, int timeout_ms);

// Is any number of the bit mask set?
static inline bool
jn_mask_has_any(const uint64_t *words, size_t count) {
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= words[i];
    return all != 0;
}

#define X(part, accessor, type)                                                                                        \
    static inline const type *accessor(const struct jn_policy *p) {                                                    \
        return (const void *)((const char *)p + p->part##_offset);                                                     \
    }
JN_POLICY_PARTS(X)
#undef X
// One more than the highest slot in use.
static inline uint32_t
jn_policy_vpg_idx_end(const struct jn_policy *p) {
    uint32_t end = 0;
    for (uint32_t i = 0; i < p->vpg_count; i++)
        end = jn_policy_vpgs(p)[i].vpg_idx >= end ? jn_policy_vpgs(p)[i].vpg_idx + 1u : end;
    return end;
}
static inline const char *
jn_policy_string(const struct jn_policy *p, uint32_t offset) {
    return (const char *)p + p->string_offset + offset;
}

// The peer of the VPG's gate with that index, or NULL.
static inline const struct jn_gate_peer *
jn_vpg_gate_peer(const struct jn_policy *p, const struct jn_vpg *vpg, unsigned int peer_idx) {
    const struct jn_gate_peer *peers = jn_policy_gate_peers(p) + vpg->gate_peer_first;
    for (uint32_t i = 0; i < vpg->gate_peer_count; i++)
        if (peers[i].peer_idx == peer_idx)
            return &peers[i];
    return NULL;
}

// Own address on the virtual network, with its subnet's length; length 0: none of that family.
static inline struct jn_prefix
jn_gate_own(const struct jn_gate *gate, uint8_t family) {
    unsigned int i = jn_family_index(family);
    struct jn_prefix own = {.family = family, .length = gate->length[i]};
    memcpy(own.address, gate->address[i], sizeof(own.address));
    return own;
}

static inline bool
jn_gate_is_own(const struct jn_gate *gate, uint8_t family, const uint8_t *address) {
    unsigned int i = jn_family_index(family);
    return gate->length[i] != 0 && jn_address_equal(family, gate->address[i], address);
}

// Is the address in the virtual network's subnet?
static inline bool
jn_gate_is_near(const struct jn_gate *gate, uint8_t family, const uint8_t *address) {
    unsigned int i = jn_family_index(family);
    return gate->length[i] != 0 && jn_prefix_holds(gate->address[i], gate->length[i], address);
}

// The peer's address on the virtual network, NULL: none of that family.
static inline const uint8_t *
jn_gate_peer_inner(const struct jn_gate_peer *peer, uint8_t family) {
    unsigned int i = jn_family_index(family);
    return peer->has_inner[i] ? peer->inner[i] : NULL;
}

// Is it that peer's by name?
static inline bool
jn_gate_peer_has(const struct jn_gate_peer *peer, uint8_t family, const uint8_t *address) {
    const uint8_t *inner = jn_gate_peer_inner(peer, family);
    return inner != NULL && jn_address_equal(family, inner, address);
}
