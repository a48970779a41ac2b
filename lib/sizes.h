// SPDX-License-Identifier: BSD-3-Clause
// How many packet buffers there must be, and the memory of all of them. One formula serves the check of a file and the
// dataplane. It counts where a buffer may be:
//
//   held     what nothing but the next frame gives back: descriptors of receive queues; descriptors of the transmit queues
//            that the port's frames leave by, since a driver may keep what it has sent until it sends more; each core's
//            cache of the pool; the bursts that workers have in hand.
//   waiting  what goes on by itself, or after a second: lines before transmit queues, hand-over rings, fragments of outer
//            packets, copies that wait for a next hop.
//
// A pool with less than what is held can be dead for good, all of it parked: that is refused. With less than both, ports
// that stand still can take buffers from one that does not. A port's frames leave by the other port of its wire and by
// those that carry tunnels; what comes by a tunnel may leave by any port.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

#define JN_RX_DESCRIPTORS   1024u // of a queue
#define JN_TX_DESCRIPTORS   1024u
#define JN_TX_BACKLOG       1024u // frames that wait for a transmit queue, a worker and port; power of two
#define JN_TX_RING          1024u // frames handed over to a transmit queue's owner: no more than a queue of one's own holds
#define JN_TX_ASIDE         32u   // power of two: requests that wait, and answers
#define JN_ASIDE_RING       128u  // the same, handed over
#define JN_HANDOVER_RING    4096u // packets on their way to their flows' worker, and copies to a queue's owner
#define JN_HOLD_QUEUE_MAX   8u    // a peer's copies that wait for its next hop to be resolved
#define JN_POOL_CACHE       256u  // buffers that a core keeps of a port's pool, and of copies
#define JN_OWN_CACHE        32u   // and of Junction's own frames
#define JN_BUFFER_ROOM      2048u // longest frame in one buffer, where the device may chain them
#define JN_BUFFER_HEADROOM  128u  // before a frame
#define JN_XDP_HEADROOM     256u  // and what the kernel keeps there on AF_XDP (XDP_PACKET_HEADROOM)
#define JN_FRAME_OVERHEAD   58u   // a frame beyond the MTU: Ethernet header, two VLAN tags, eight MPLS labels, checksum
#define JN_XDP_OVERHEAD     26u   // without labels: a frame of AF_XDP must fit a page
#define JN_XDP_ROOM         24u   // an AF_XDP wire interface's MTU beyond its port's: two VLAN tags, four MPLS labels
#define JN_REQUEST_ROOM     256u  // of a request of Junction's own
#define JN_ENCAP_OVERHEAD   128u  // outer headers of a copy, or of a packet through a tunnel
#define JN_REASSEMBLY_HELD  2048u // fragments of outer packets that a worker keeps: 256 packets of 8
#define JN_SIZES_NO_PEER    UINT16_MAX
#define JN_SIZES_MOST_MBUFS (UINT32_C(1) << 26)

struct jn_sizes_port {
    char device[128]; // as configured: tells the kind
    uint16_t mtu;     // 0: not known, 1,500
    uint16_t peer;    // the other port of its wire, or JN_SIZES_NO_PEER
    uint32_t mbufs;   // its own count, before the host's; 0: none
    bool tunnel;      // has addresses. One without a wire counts as if it had
};

// What the sizes follow from.
struct jn_sizes_host {
    unsigned int workers, port_count;
    uint32_t vpgs;      // dataplane.max_vpgs
    uint32_t mbufs;     // a port, as configured; 0: as many as it takes
    uint32_t memory_mb; // as configured; 0: as much as it takes
    struct jn_sizes_port ports[JN_MAX_PORTS];
};

struct jn_sizes {
    uint32_t port[JN_MAX_PORTS];             // packet buffers of each port
    uint32_t copies, own, answers, requests; // that all workers share
    uint32_t memory_mb;                      // what DPDK gets
    uint32_t least_mbufs;                    // of the port that needs most: fewer are refused
    uint32_t least_memory_mb;                // with so many buffers as are configured: less is refused
};

// Work out all sizes. Where memory_mb is configured and has not the room for all, what is waiting gets less. False when
// mbufs or memory_mb is below its least; the sizes are then what they would be with the least.
bool jn_sizes_count(const struct jn_sizes_host *host, struct jn_sizes *sizes);

// Does a frame of that MTU take more than one plain buffer? Such a port asks its device to receive and send in chains.
bool jn_sizes_is_jumbo(uint16_t mtu);

// Bytes of a buffer of that port, headroom included: a whole frame where the device does not chain.
uint16_t jn_sizes_room(uint16_t mtu, bool xdp, bool chains);

// Of device arguments: is it AF_XDP? Its driver copies what it sends into the port's own buffers.
bool jn_sizes_is_xdp(const char *device);
