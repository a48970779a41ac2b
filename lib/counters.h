// SPDX-License-Identifier: BSD-3-Clause
// The counters region: written by the dataplane, each worker its own block, read by control and the command line.
// Self-describing: the names of all counters are in the region, so that a reader of another build still shows them.
#pragma once

#include "drop.h"
#include "shm.h"

#define JN_MAX_WORKERS 32
#define JN_MAX_PORTS   32
#define JN_MAX_WIRES   64
#define JN_MAX_VPGS    4096 // every VLAN of a wire; dataplane.max_vpgs says how many there is room for
#define JN_NAME_MAX    32
#define JN_VPG_ID_MAX  48

// Per-VPG counters: everything that passes, also what a rule then drops. Sizes are IP packet lengths (RFC 791 total
// length, RFC 8200 payload length + 40); bytes are frame bytes without FCS.
#define JN_VPG_COUNTERS(X)                                                                                             \
    X(total_packets)                                                                                                   \
    X(total_bytes)                                                                                                     \
    X(discarded_packets)                                                                                               \
    X(discarded_bytes)                                                                                                 \
    X(ip_packets)                                                                                                      \
    X(ip_bytes)                                                                                                        \
    X(ip_length)                                                                                                       \
    X(tcp_packets)                                                                                                     \
    X(udp_packets)                                                                                                     \
    X(vlan_packets)                                                                                                    \
    X(mpls_packets)                                                                                                    \
    X(pppoe_packets)                                                                                                   \
    X(fragmented_packets)                                                                                              \
    X(size_0_64)                                                                                                       \
    X(size_64_128)                                                                                                     \
    X(size_128_256)                                                                                                    \
    X(size_256_1024)                                                                                                   \
    X(size_1024_1500)                                                                                                  \
    X(size_1500_up)                                                                                                    \
    X(size_max)

struct jn_vpg_counters {
#define X(name) uint64_t name;
    JN_VPG_COUNTERS(X)
#undef X
    // Not in the list, so in no interval's sums: what rules or the VPG's default took out of inspection.
    uint64_t uninspected_packets;
    uint64_t uninspected_bytes;
    uint64_t reserved[2];
};
#define JN_VPG_COUNTER_COUNT 20
_Static_assert(sizeof(struct jn_vpg_counters) == 192, "three cache lines");

#define JN_PORT_COUNTERS(X)                                                                                            \
    X(rx_packets)                                                                                                      \
    X(rx_bytes)                                                                                                        \
    X(tx_packets)                                                                                                      \
    X(tx_bytes)                                                                                                        \
    X(tx_dropped)

struct jn_port_counters {
#define X(name) uint64_t name;
    JN_PORT_COUNTERS(X)
#undef X
    uint64_t reserved[3];
};

#define JN_WORKER_COUNTERS(X)                                                                                          \
    X(busy_cycles)                                                                                                     \
    X(idle_cycles)                                                                                                     \
    X(bursts)                                                                                                          \
    X(rx_packets)                                                                                                      \
    X(tx_packets)                                                                                                      \
    X(flows_active)                                                                                                    \
    X(flows_created)                                                                                                   \
    X(flows_ended)                                                                                                     \
    X(records_written)                                                                                                 \
    X(intervals_closed)

// One worker's block. Writer: that worker alone, with relaxed atomic stores; readers use relaxed loads.
struct jn_worker_counters {
#define X(name) uint64_t name;
    JN_WORKER_COUNTERS(X)
#undef X
    uint64_t generation; // policy generation in force at this worker: stored (release) once no burst uses an older one
    uint64_t reserved0[5];
    uint64_t drops[16];
    uint64_t notices[32];
    struct jn_port_counters ports[JN_MAX_PORTS];
};
_Static_assert(JN_DROP_COUNT <= 16 && JN_NOTICE_COUNT <= 32, "room for every reason");
_Static_assert(sizeof(struct jn_worker_counters) % 64 == 0, "workers share no cache line");

// One port as the dataplane's main thread sees it, refreshed about ten times a second. Writer: that thread.
struct jn_port_state {
    char name[JN_NAME_MAX];
    char device[128];
    uint8_t mac[6];
    uint8_t link_up;
    uint8_t present; // 0 once the device is gone
    uint16_t mtu;
    uint16_t queues;
    uint32_t link_changes;
    uint64_t rx_missed;
    uint64_t rx_errors;
    uint64_t rx_nombuf;
    uint64_t tx_errors;
    uint64_t reserved[3];
};
_Static_assert(sizeof(struct jn_port_state) == 232, "port state is ABI");

// Behind the workers' blocks: VPG counters [worker][vpg_capacity], by the policy's VPG slot; jn_counters_of_vpgs().
// After the region header. Writer: the dataplane's main thread.
struct jn_counters_region {
    struct jn_region_header header;
    uint32_t worker_count;
    uint32_t port_count;
    uint32_t wire_count;
    uint32_t pid;
    uint64_t started_ns;   // CLOCK_REALTIME
    uint64_t policy_error; // last generation that was refused, 0 when none
    char policy_error_text[192];
    uint64_t tsc_hz;
    uint32_t vpg_capacity; // VPG slots that there is room for; written once
    uint32_t vpg_used;     // of them, from 0 on, were in use: only they have memory. Stored with release
    uint32_t worker_cores[JN_MAX_WORKERS];
    char wires[JN_MAX_WIRES][JN_NAME_MAX];
    char names[64][JN_NAME_MAX]; // of the 20 VPG counters, then from 32 on of the notices: what a foreign reader needs
    struct jn_port_state ports[JN_MAX_PORTS];
    uint64_t heartbeat_ns __attribute__((aligned(64))); // CLOCK_REALTIME of the main thread's last round
    struct jn_worker_counters workers[] __attribute__((aligned(64)));
};

static inline size_t
jn_counters_vpgs_offset(unsigned int workers, unsigned int worker, unsigned int vpgs) {
    return sizeof(struct jn_counters_region) + workers * sizeof(struct jn_worker_counters) +
           (size_t)worker * vpgs * sizeof(struct jn_vpg_counters);
}

static inline size_t
jn_counters_size(unsigned int workers, unsigned int vpgs) {
    return jn_counters_vpgs_offset(workers, workers, vpgs);
}

// As the writer: where a worker's VPG counters begin.
static inline struct jn_vpg_counters *
jn_counters_of_vpgs(struct jn_counters_region *region, unsigned int worker) {
    size_t offset = jn_counters_vpgs_offset(region->worker_count, worker, region->vpg_capacity);
    return (struct jn_vpg_counters *)((char *)region + offset);
}
