// SPDX-License-Identifier: BSD-3-Clause
// The process: its options, ports, wires, regions and workers. Written by the main thread; what workers read while it
// writes is said at the field.
#pragma once

#include "core/burst.h"
#include "core/clock.h"
#include "core/follow.h"
#include "core/numa.h"
#include "core/options.h"
#include "core/port.h"
#include "heartbeat.h"
#include "log.h"
#include "packet/owner.h"
#include "worker/portion.h"
#include "worker/rooms.h"

// A receive queue and what follows from its port. Owner: the worker that lists it.
struct jn_rx_queue {
    const struct jn_port *port;
    uint16_t port_idx; // the port's, in the configuration
    uint16_t queue;
    uint16_t port_out, wire;
    bool from_network;
};

struct jn_app;
struct jn_path;
struct jn_ruleset;
struct jn_l2_table;
struct jn_unreported_region;
struct rte_ring;

// What a worker thread has besides the pipeline's worker.
struct jn_thread {
    struct jn_worker worker;
    struct jn_rooms rooms; // what the worker points to
    struct jn_burst burst;
    struct jn_app *app;
    struct jn_rx_queue rx[JN_MAX_PORTS];
    unsigned int rx_count;
    // By the other worker: packets of this worker's flows that it received, and, by port, what it forwards by this
    // worker's queues: packets, mirrored copies, which never wait behind originals, and Junction's own frames.
    struct rte_ring *handover_ring[JN_MAX_WORKERS];
    struct rte_ring *tx_ring[JN_MAX_WORKERS][JN_MAX_PORTS], *mirror_ring[JN_MAX_WORKERS][JN_MAX_PORTS],
        *aside_ring[JN_MAX_WORKERS][JN_MAX_PORTS];
    uint64_t rounds; // Writer: the worker, relaxed; the main thread sees that it has passed
    unsigned int empty_rounds;
    struct jn_portions portions;
    bool behind;                         // the last round left timers for the next
    uint64_t tsc;                        // of the last round
    uint64_t longest_in, longest_cycles; // number of an interval, and the longest round in it so far
    struct rte_mbuf *spare;              // for the next reply of the underlay engine
    struct rte_mempool *flush; // Writer: the main thread; the worker stores NULL when its cache of the pool is empty
    bool handed_over;          // the burst at hand came from another worker
    struct jn_fragment_table homed; // worker/fragment_owner.h; only where owners go by ports
};

// What the main thread saw of junction-classify and a worker's samples.
struct jn_classifier_look {
    uint64_t tail, since_ns; // samples taken, and since when no more although some wait
    unsigned int count;      // looks since then
};

struct jn_classifier_watch {
    struct jn_follow follow;
    struct jn_classifier_life lives[2][JN_MAX_WORKERS]; // by the lowest bit of the number, and worker
    struct jn_classifier_look looks[JN_MAX_WORKERS];
    unsigned int number; // of the life at hand, from 1 on
    uint64_t life;       // as its region says
    bool there;          // it takes some worker's samples
};

struct jn_app {
    struct jn_options options;
    const struct jn_path *path; // by which the workers run
    struct jn_shm counters_shm, flows_shm, records_shm, neighbours_shm, gates_shm, unreported_shm, policy_shm,
        samples_shm;
    struct jn_follow consumer; // junction-export's `consumed`
    struct jn_classifier_watch classifier;
    struct jn_counters_region *counters;
    struct jn_flow_region *flows;
    struct jn_records_region *records;
    const struct jn_consumed_region *consumed; // NULL: no exporter so far
    struct jn_neighbours_region *neighbours;
    struct jn_gates_region *gates;
    struct jn_unreported_region *unreported;
    struct jn_samples_region *samples; // NULL: without a classifier
    // What the process knows by itself: others may be able to write the regions.
    uint64_t *path_mtus;                    // learned, of each mirroring peer, in the neighbours region
    uint16_t *next_hops;                    // of each mirroring peer, in the neighbours region
    struct jn_gate_counters *gate_counters; // of the first worker, in the gates region
    uint32_t flows_each;                    // flows that a worker's table takes
    uint32_t vpg_used;                      // VPG indexes that have memory in the regions
    struct jn_l2_table *l2_table;
    struct jn_resolutions *resolutions;
    struct rte_mempool *copies;
    // Fragments and whole copies of packets; what Junction answers; what it asks. Copies in hold queues must not use up the
    // buffers of the requests that they wait for, nor answers those of the probes that keep a gateway up.
    struct rte_mempool *own_frames, *answers, *requests;
    struct jn_hash_key hash_key; // every worker's
    uint32_t longest_packet;     // bytes of an IP packet that a buffer of these pools takes with all its headers
    uint32_t *mirror_sequence;   // by peer number. Workers: atomic additions
    struct jn_clock clock;
    struct jn_interval_clock interval_clock;
    struct jn_port ports[JN_MAX_PORTS];
    struct jn_thread *threads[JN_MAX_WORKERS];
    struct jn_ruleset *rules; // Workers: acquire loads; freed once all have acknowledged a later one
    struct jn_heartbeat heartbeats[JN_MAX_WORKERS];
    uint64_t policy_seen;
    bool policy_waiting_said;
    bool port_returned;
    int stop;                // Workers: relaxed loads
    struct jn_owners owners; // before the workers start
    struct jn_numa numa;     // of the workers' cores
    // A line of its own: a worker that fragments must not take from others what they read in every round.
    uint32_t outer_identification __attribute__((aligned(64))); // Workers: atomic additions
    uint32_t reserved[15];
    // Called with every policy before it is built. NULL: nobody wants it.
    void (*on_policy)(struct jn_policy *policy);
};
