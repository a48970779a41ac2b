// SPDX-License-Identifier: BSD-3-Clause
// The counters region: written by the dataplane, each worker its own block, read by control and the command line.
// Self-describing: the names of all counters are in the region, so that a reader of another build still shows them.
#pragma once

#include "drop.h"
#include "shm.h"

// What X makes of a list of counters in their struct.
#define JN_COUNTER_MEMBER(member, text) uint64_t member;

#define JN_MAX_WORKERS 32
#define JN_MAX_PORTS   32
#define JN_MAX_WIRES   64
#define JN_MAX_VPGS    4096 // every VLAN of a wire; dataplane.max_vpgs says how many there is room for
#define JN_VPG_ID_MAX  48
#define JN_WHY_MAX     96

// Lists of counters are X(name, "explanation").

// Per-VPG counters: everything that passes, also what a rule then drops. Sizes are IP packet lengths (RFC 791 total
// length, RFC 8200 payload length + 40); bytes are frame bytes without FCS.
#define JN_VPG_COUNTERS(X)                                                                                             \
    X(total_packets, "frames")                                                                                         \
    X(total_bytes, "frame bytes")                                                                                      \
    X(discarded_packets, "frames that the policy dropped")                                                             \
    X(discarded_bytes, "frame bytes that the policy dropped")                                                          \
    X(ip_packets, "packets with an IP header that can be believed")                                                    \
    X(ip_bytes, "frame bytes of IP packets")                                                                           \
    X(ip_length, "bytes of IP packets")                                                                                \
    X(tcp_packets, "TCP packets")                                                                                      \
    X(udp_packets, "UDP packets")                                                                                      \
    X(vlan_packets, "packets with a VLAN tag")                                                                         \
    X(mpls_packets, "packets with an MPLS label")                                                                      \
    X(pppoe_packets, "packets in PPPoE")                                                                               \
    X(fragmented_packets, "IP fragments")                                                                              \
    X(size_0_64, "IP packets under 64 bytes")                                                                          \
    X(size_64_128, "IP packets of 64 to 127 bytes")                                                                    \
    X(size_128_256, "IP packets of 128 to 255 bytes")                                                                  \
    X(size_256_1024, "IP packets of 256 to 1023 bytes")                                                                \
    X(size_1024_1500, "IP packets of 1024 to 1499 bytes")                                                              \
    X(size_1500_up, "IP packets of 1500 bytes and more")                                                               \
    X(size_max, "bytes of the longest IP packet")

struct jn_vpg_counters {
    JN_VPG_COUNTERS(JN_COUNTER_MEMBER)
    // Not in the list, so in no interval's sums: what rules or the VPG's default took out of inspection.
    uint64_t uninspected_packets;
    uint64_t uninspected_bytes;
    uint64_t reserved[2];
};
#define JN_VPG_COUNTER_COUNT 20
_Static_assert(sizeof(struct jn_vpg_counters) == 192, "three cache lines");

#define JN_PORT_COUNTERS(X)                                                                                            \
    X(rx_packets, "frames received")                                                                                   \
    X(rx_bytes, "frame bytes received")                                                                                \
    X(tx_packets, "frames sent")                                                                                       \
    X(tx_bytes, "frame bytes sent")                                                                                    \
    X(tx_dropped, "frames that the port did not send")                                                                 \
    X(rx_astray, "frames that came by another queue than their hash says")                                             \
    X(rx_finished, "frames received whose checksum the sender's kernel had left unfinished")

struct jn_port_counters {
    JN_PORT_COUNTERS(JN_COUNTER_MEMBER)
    uint64_t reserved[1];
};
_Static_assert(sizeof(struct jn_port_counters) == 64, "one cache line");

// What befell a port's device and link.
#define JN_PORT_EVENTS(X)                                                                                              \
    X(link_up, "link up")                                                                                              \
    X(link_down, "link down")                                                                                          \
    X(removed, "gone: its device was taken away, and is given up")                                                     \
    X(returned, "its device is back, and open")                                                                        \
    X(reset, "its device asks to be reset, and is opened anew")                                                        \
    X(recovering, "its device recovers from an error, and nothing passes meanwhile")                                   \
    X(recovered, "its device has recovered")                                                                           \
    X(failed, "its device could not recover, and is opened anew")

#define JN_PORT_EVENT_ID(member, text) JN_PORT_EVENT_##member,
enum jn_port_event { JN_PORT_EVENTS(JN_PORT_EVENT_ID) JN_PORT_EVENT_COUNT };
#define JN_PORT_EVENT_ROOM 16

#define JN_WORKER_COUNTERS(X)                                                                                          \
    X(busy_cycles, "cycles in rounds with packets")                                                                    \
    X(idle_cycles, "cycles in rounds without packets")                                                                 \
    X(bursts, "bursts received")                                                                                       \
    X(rx_packets, "frames received")                                                                                   \
    X(tx_packets, "frames sent")                                                                                       \
    X(flows_active, "flows in the table")                                                                              \
    X(flows_created, "flows entered")                                                                                  \
    X(flows_ended, "flows that ended")                                                                                 \
    X(records_written, "records written to the ring")                                                                  \
    X(intervals_closed, "intervals closed")                                                                            \
    X(lost_packets, "packets whose flow record found no room in the ring")                                             \
    X(lost_bytes, "bytes of those")                                                                                    \
    X(samples_written, "packets of flows, and ends of them, given to junction-classify")                               \
    X(samples_skipped, "of those what found the ring full, or no junction-classify")                                   \
    X(answers_taken, "answers of junction-classify taken")                                                             \
    X(answers_late, "answers for a flow that has ended meanwhile, or asks no more")                                    \
    X(names_full, "server names that were not kept for want of room")

// Between two polls: less than 1 us, less than 2, 4, ... up to 16 ms; the last bucket has the rest.
#define JN_WORK_BUCKETS 16u

static inline unsigned int
jn_work_bucket(uint64_t us) {
    unsigned int bits = us == 0 ? 0 : 64u - (unsigned int)__builtin_clzll(us);
    return bits < JN_WORK_BUCKETS ? bits : JN_WORK_BUCKETS - 1;
}

// One worker's block. Writer: that worker alone, with relaxed atomic stores; readers use relaxed loads.
struct jn_worker_counters {
    JN_WORKER_COUNTERS(JN_COUNTER_MEMBER)
    uint64_t generation; // policy generation in force at this worker: stored (release) once no burst uses an older one
    uint64_t rounds;     // heartbeat: one more each time it has polled its ports, also when idle
    uint64_t longest_work_cycles;          // since the start
    uint64_t work[JN_WORK_BUCKETS];        // rounds by the time from poll to poll, without sleep: jn_work_bucket
    uint64_t longest_work_interval_cycles; // the longest in the last interval that is over; 0: none is
    uint64_t reserved0[3];
    uint64_t drops[JN_DROP_ROOM];
    uint64_t exceptions[JN_EXCEPTION_ROOM];
    struct jn_port_counters ports[JN_MAX_PORTS];
};
_Static_assert(sizeof(struct jn_worker_counters) % 64 == 0, "workers share no cache line");

// By what a device deals frames out to its queues: X(ID, "word", "explanation").
#define JN_PORT_HASHES(X)                                                                                              \
    X(NONE, "none", "it has one queue: software deals out")                                                            \
    X(ADDRESSES, "addresses", "both IP addresses")                                                                     \
    X(PORTS, "ports", "both IP addresses, of TCP and UDP with both ports")

enum jn_port_hash {
#define X(id, word, text) JN_PORT_HASH_##id,
    JN_PORT_HASHES(X)
#undef X
};

// What a port may lose before Junction sees it: X(ID, name of its counter).
#define JN_PORT_LOSSES(X)                                                                                              \
    X(NOMBUF, "rx_nombuf")                                                                                             \
    X(MISSED, "rx_missed")

enum jn_port_loss {
#define X(id, name) JN_PORT_LOSS_##id,
    JN_PORT_LOSSES(X)
#undef X
        JN_PORT_LOSS_COUNT
};

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
    uint32_t events[JN_PORT_EVENT_ROOM]; // by enum jn_port_event
    uint32_t last_event;                 // the latest of them; JN_PORT_EVENT_ROOM: none so far
    uint32_t kept_pools;                 // of the device's earlier lives: pools of which others still hold a buffer
    uint64_t kept_buffers;               // which those are
    uint64_t event_ns;                   // CLOCK_REALTIME of the latest event
    uint32_t link_ms;    // how long its link took to come up after the port was opened; UINT32_MAX: it has not
    uint8_t link_passed; // its link is taken down, since the wire's other port has lost its own
    uint8_t reserved0[3];
    uint16_t workers;   // that the port's frames are dealt out to
    uint8_t hash;       // enum jn_port_hash: what the device computes
    uint8_t disobeys;   // frames come by other queues than that hash says
    char hash_why[124]; // a sentence for people
    uint32_t losing;    // bits by enum jn_port_loss: counters that have grown within the last seconds
    int32_t numa_node;  // that the device is on; -1: of none
    // As its driver took them; "" where it does not say which of its functions it has chosen.
    char rx_burst[40], tx_burst[40];
    uint16_t rx_descriptors, tx_descriptors; // of a queue
    uint8_t reserved1[4];
};
_Static_assert(sizeof(struct jn_port_state) == 552, "port state is ABI");

// One wire, as the same thread sees it.
struct jn_wire_state {
    uint16_t access, network; // numbers of its ports
    uint8_t begun;            // the links of both have been up at once since the start
    uint8_t link_loss_passed; // as configured
    uint8_t reserved[2];
};
_Static_assert(sizeof(struct jn_wire_state) == 8, "wire state is ABI");

// Behind the workers' blocks: VPG counters [worker][vpg_capacity], by the policy's VPG index; jn_counters_of_vpgs().
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
    uint32_t vpg_capacity; // VPG indexes that there is room for; written once
    uint32_t vpg_used;     // of them, from 0 on, were in use: only they have memory. Stored with release
    uint32_t worker_cores[JN_MAX_WORKERS];
    char wires[JN_MAX_WIRES][JN_NAME_MAX];
    // What a reader of another build needs: the words of the counters, in their order.
    char vpg_counter_names[JN_VPG_COUNTER_COUNT][JN_NAME_MAX];
    char port_counter_names[8][JN_NAME_MAX];
    char worker_counter_names[24][JN_NAME_MAX];
    char drop_names[JN_DROP_ROOM][JN_NAME_MAX];
    char exception_names[JN_EXCEPTION_ROOM][JN_NAME_MAX];
    struct jn_port_state ports[JN_MAX_PORTS];
    uint64_t heartbeat_ns __attribute__((aligned(64))); // CLOCK_REALTIME of the main thread's last round
    uint64_t refused_calls;                             // system calls that were on no list and failed
    uint64_t clock_offset_ns;           // by how much that clock was set since the start. Writer: main thread, relaxed
    uint64_t rounds;                    // of the main thread, one more with each heartbeat
    uint32_t silent_ms[JN_MAX_WORKERS]; // since when a worker has not come round, as the main thread sees it
    uint32_t physical_addresses;        // devices are given physical addresses, not virtual ones; written once
    uint32_t huge_pages;                // packet buffers are in huge pages; written once
    char addresses_why[JN_WHY_MAX];     // of these addresses, in words for people; written once
    char port_event_names[JN_PORT_EVENT_ROOM][JN_NAME_MAX];
    struct jn_wire_state wire_states[JN_MAX_WIRES];
    uint32_t starting; // 1: links are still waited for. Stored with release after what it is about
    uint32_t reserved0;
    char isa[16]; // instructions that workers use, as the configuration names them; written once
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

// Where a worker's VPG counters begin. The counts are the caller's own knowledge, never read from the region.
static inline struct jn_vpg_counters *
jn_counters_of_vpgs(struct jn_counters_region *region, unsigned int workers, unsigned int worker, unsigned int vpgs) {
    return (struct jn_vpg_counters *)((char *)region + jn_counters_vpgs_offset(workers, worker, vpgs));
}
