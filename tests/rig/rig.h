// SPDX-License-Identifier: BSD-3-Clause
// A worker on a bench: the live stages over private memory, a configuration text for a policy, frames in, frames and
// records out. Serves unit tests and fuzzers.
#pragma once

#include "core/tx.h"
#include "flow/unreported.h"
#include "pipeline/pipeline.h"
#include "policy/adjacency.h"
#include "policy/ruleset.h"
#include "redirect/reinject.h"
#include "redirect/vxlan_input.h"
#include "worker/rooms.h"

struct jn_path;

enum { RIG_PORTS = 6, RIG_SENT = 256, RIG_FRAME = 10240, RIG_RECORDS = 16384, RIG_FLOWS = 4096, RIG_VPGS = 16 };

struct rig_sent {
    uint16_t port;     // 0 access, 1 network, 2 tunnel, 3 tunnel whose underlay is VLAN 42, MTU 9000;
                       // 4 access, 5 network of a second wire "x", beside "w", where a VPG names its wire
    uint16_t segments; // buffers it came in
    uint32_t length;
    uint8_t data[RIG_FRAME]; // of a longer one its beginning
};

struct rig {
    const struct jn_path *path; // by which all goes
    struct jn_worker *worker;
    struct jn_rooms *rooms; // what the worker points to
    struct jn_burst burst;
    const char *
        lazy; // JN_LAZY in the environment: packets are written "never" or "always" lazily; NULL: as the dataplane does
    struct jn_ruleset *rules;
    struct jn_records_region *records;
    struct jn_unreported_region *unreported;
    uint64_t generation;
    uint32_t vpgs;         // that there is room for
    struct rig_sent *sent; // the last RIG_SENT of them
    unsigned int sent_count;
    struct jn_tx tx[RIG_PORTS];
    struct jn_neighbours_region *neighbours;
    struct jn_gates_region *gates;
    struct jn_l2_table *l2_table;
    bool refuse_tunnel; // the tunnel ports' queues take nothing
    uint8_t port_state;
    bool refuse;                     // the transmit queues take nothing
    struct jn_adjacency_ports ports; // what the next policy is told of them
    bool long_way;                   // also what is usual of a gateway's goes it
    uint32_t split;                  // frames come as chains: so many bytes in the first buffer; 0: in one
};

// DPDK without huge pages, devices or files; once a process.
void rig_start_dpdk(void);

// The path by that name; NULL: what JN_ISA names in the environment, the plain one without it. Where the CPU has not got it the
// program ends: skipped, as meson has it.
const struct jn_path *rig_path(const char *name);

// vpgs: the "vpgs" array of a configuration, as JSON text. Aborts when it is refused. The path is rig_path(NULL)'s until
// another is set.
void rig_open(struct rig *rig, const char *vpgs, unsigned int interval_s);
void rig_close(struct rig *rig);

// The same, with room for more than RIG_VPGS.
void rig_open_for(struct rig *rig, const char *vpgs, unsigned int interval_s, uint32_t room);

// The policy of a configuration with those VPGs.
struct jn_policy *rig_compile(const struct rig *rig, const char *vpgs, unsigned int interval_s,
                              const struct jn_policy *previous);

// All next hops of the policy answer (MAC 02:00:00:00:00:63), or none does.
void rig_resolve(struct rig *rig, bool resolved);

// The gateway of the only VPG's network is there: the peer at `peer_idx` has that inner MAC address; or what `kind` says.
void rig_target(struct rig *rig, enum jn_redirect_target kind, unsigned int peer_idx, const uint8_t mac[6]);

// A frame comes in by a tunnel port (3 when it is tagged, else 2), as the worker takes it that owns the port and the flow.
// False: not one of UDP to port 4789 at all. Fragments go through reassembly, chains of buffers become one.
bool rig_arrive(struct rig *rig, const void *data, uint32_t length, uint64_t now_ns);

// The same within a burst: what comes back waits for the next rig_arrive.
bool rig_arrive_before(struct rig *rig, const void *data, uint32_t length, uint64_t now_ns);

// Packet buffers that are free.
unsigned int rig_buffers_free(void);

// Take so many away, and give them back.
unsigned int rig_take_buffers(struct rte_mbuf **taken, unsigned int count);
void rig_give_buffers(struct rte_mbuf **taken, unsigned int count);

// Another policy for the running worker.
void rig_policy(struct rig *rig, const char *vpgs, unsigned int interval_s);

// One frame, as a burst of its own, at that time. wire_length: of a captured frame; 0 for `length`.
void rig_frame(struct rig *rig, const void *data, uint32_t length, uint32_t wire_length, bool from_network,
               uint64_t now_ns);

// `count` frames of one side as one burst.
void rig_frames(struct rig *rig, const uint8_t *const *data, const uint32_t *length, unsigned int count,
                bool from_network, uint64_t now_ns);

// The same by the second wire.
void rig_frames_of_second_wire(struct rig *rig, const uint8_t *const *data, const uint32_t *length, unsigned int count,
                               bool from_network, uint64_t now_ns);

// Makes a burst of `count` frames that came in by that port, and does not play it.
void rig_load(struct rig *rig, const uint8_t *const *data, const uint32_t *length, unsigned int count, uint16_t port);

// Takes in the burst as the worker does: all of it are usual packets of a gateway (redirect/vxlan_usual.h). They wait for
// jn_reinject_send.
void rig_take_usual(struct rig *rig);

// Time passes without a frame: one idle round of the worker.
void rig_idle(struct rig *rig, uint64_t now_ns);

// End everything, as at shutdown.
void rig_finish(struct rig *rig);

// The next record not taken yet, or NULL.
const struct jn_record *rig_record(struct rig *rig);
