// SPDX-License-Identifier: BSD-3-Clause
#include "sizes.h"

#include <stdlib.h>
#include <string.h>

#include "contract.h"

enum {
    LINE = 64,               // a cache line; DPDK keeps objects apart by an odd number of them
    OBJECT_HEADER = 64,      // before each buffer of a pool
    MBUF = 128,              // struct rte_mbuf
    IN_HAND = 256,           // buffers of a worker between its queues: a burst received, one going out, pieces of them
    COPIES_IN_HAND = 320,    // a burst's copies, and the buffers taken for the next peer
    OWN_IN_HAND = 128,       // fragments of a packet, and of one before it that are going out
    OWN_WAITING = 4096,      // of a pool of Junction's own frames, beside what is held
    ANSWERS_WAITING = 512,   // answers are few: others are limited by the second
    HELD_COPIES_MOST = 1024, // a worker's copies for next hops that do not answer
    XDP_FILL = 2048,         // AF_XDP, a queue: frames that the kernel has to receive into
    XDP_DONE = 2048,         // and frames sent that it has not given back yet
    EVERYTHING = 1024        // the share of what is waiting that gets room
};

// Bytes.
#define KB(n)      ((uint64_t)(n) << 10)
#define MB(n)      ((uint64_t)(n) << 20)
#define POOL       KB(1280) // a pool itself: caches for every core that DPDK can have
#define WORKER     MB(2)    // its state, tables of fragments
#define QUEUES     KB(384)  // a driver's rings of descriptors, and what it knows of each: a pair of queues
#define LINES      KB(10)   // a worker's lines before a port
#define RING_ENTRY 8u
#define DPDK       MB(8)

struct count {
    uint64_t held, waiting;
};

bool
jn_sizes_is_xdp(const char *device) {
    return strncmp(device, "net_af_xdp", strlen("net_af_xdp")) == 0;
}

// A capture's port: nothing is parked in it.
static bool
is_capture(const struct jn_sizes_port *port) {
    return port->device[0] == '\0';
}

static uint32_t
frame_of(uint16_t mtu, bool xdp) {
    return (mtu != 0 ? mtu : 1500u) + (xdp ? JN_XDP_OVERHEAD : JN_FRAME_OVERHEAD);
}

bool
jn_sizes_is_jumbo(uint16_t mtu) {
    return frame_of(mtu, false) > JN_BUFFER_ROOM;
}

uint16_t
jn_sizes_room(uint16_t mtu, bool xdp, bool chains) {
    uint32_t plain = JN_BUFFER_HEADROOM + JN_BUFFER_ROOM, frame = (frame_of(mtu, xdp) + LINE - 1) / LINE * LINE;
    uint32_t whole = JN_BUFFER_HEADROOM + (xdp ? JN_XDP_HEADROOM : 0) + frame;
    if (chains || whole < plain)
        return (uint16_t)plain;
    return (uint16_t)(whole < UINT16_MAX ? whole : UINT16_MAX);
}

// Buffers that one frame takes, where it may be a chain.
static uint64_t
pieces_of(const struct jn_sizes_port *port) {
    if (jn_sizes_is_xdp(port->device) || is_capture(port))
        return 1;
    return (frame_of(port->mtu, false) + JN_BUFFER_ROOM - 1) / JN_BUFFER_ROOM;
}

// Pairs of queues: AF_XDP has as many as its arguments say. What another device has is known once it is open; fewer than
// workers take no more buffers, since a hand-over ring then stands for the descriptors.
static uint64_t
queues_of(const struct jn_sizes_host *host, const struct jn_sizes_port *port) {
    if (!jn_sizes_is_xdp(port->device))
        return host->workers;
    const char *text = strstr(port->device, "queue_count=");
    unsigned long queues = text != NULL ? strtoul(text + strlen("queue_count="), NULL, 10) : 1;
    return queues >= host->workers ? host->workers : 1;
}

static bool
may_carry_tunnels(const struct jn_sizes_port *port) {
    return port->tunnel || port->peer == JN_SIZES_NO_PEER;
}

// May frames of port `from` leave by port `to`?
static bool
leads(const struct jn_sizes_host *host, unsigned int from, unsigned int to) {
    const struct jn_sizes_port *a = &host->ports[from], *b = &host->ports[to];
    return a->peer == to || may_carry_tunnels(b) || (may_carry_tunnels(a) && b->peer != JN_SIZES_NO_PEER);
}

// Buffers that came from elsewhere and stay in the port's transmit queues. AF_XDP copies them into its own.
static uint64_t
kept_by(const struct jn_sizes_host *host, const struct jn_sizes_port *to) {
    return jn_sizes_is_xdp(to->device) || is_capture(to) ? 0 : queues_of(host, to) * JN_TX_DESCRIPTORS;
}

static uint64_t
frames_before(const struct jn_sizes_host *host, const struct jn_sizes_port *to) {
    uint64_t rings = jn_sizes_is_xdp(to->device) && queues_of(host, to) == 1 ? host->workers - 1 : 0;
    return host->workers * (uint64_t)JN_TX_BACKLOG + rings * JN_TX_RING;
}

// In the caches of that many cores: DPDK empties one when it is half again as full as its size.
static uint64_t
cached(uint64_t cores, uint64_t cache) {
    return cores * (cache + cache / 2);
}

static struct count
count_port(const struct jn_sizes_host *host, unsigned int port_idx) {
    const struct jn_sizes_port *port = &host->ports[port_idx];
    uint64_t workers = host->workers, queues = queues_of(host, port), pieces = pieces_of(port);
    bool xdp = jn_sizes_is_xdp(port->device);
    struct count c = {.held = queues * (xdp ? XDP_FILL + JN_TX_DESCRIPTORS : JN_RX_DESCRIPTORS) +
                              cached(workers + 1, JN_POOL_CACHE) +
                              workers * IN_HAND * pieces, // the main thread fills it
                      .waiting = (xdp ? queues * XDP_DONE : 0) + (workers > 1 ? JN_HANDOVER_RING * pieces : 0)};
    for (unsigned int to = 0; to < host->port_count; to++) {
        if (!leads(host, port_idx, to))
            continue;
        c.held += kept_by(host, &host->ports[to]);
        c.waiting += frames_before(host, &host->ports[to]) * pieces;
    }
    if (may_carry_tunnels(port))
        c.waiting += workers * JN_REASSEMBLY_HELD;
    return c;
}

static struct count
count_copies(const struct jn_sizes_host *host) {
    uint64_t workers = host->workers, peers = (uint64_t)JN_VPG_PEERS * host->vpgs;
    uint64_t hold = peers * JN_HOLD_QUEUE_MAX;
    struct count c = {.held = cached(workers, JN_POOL_CACHE) + workers * COPIES_IN_HAND,
                      .waiting = workers * (hold < HELD_COPIES_MOST ? hold : HELD_COPIES_MOST)};
    for (unsigned int to = 0; to < host->port_count; to++) {
        if (!may_carry_tunnels(&host->ports[to]))
            continue;
        c.held += kept_by(host, &host->ports[to]);
        c.waiting += (workers - 1) * JN_HANDOVER_RING;
    }
    return c;
}

// Answers, requests and pieces may leave by any port.
static void
count_own(const struct jn_sizes_host *host, struct jn_sizes *sizes) {
    uint64_t workers = host->workers, kept = 0, aside = 0;
    for (unsigned int to = 0; to < host->port_count; to++) {
        kept += kept_by(host, &host->ports[to]);
        aside += workers * JN_TX_ASIDE + (workers - 1) * JN_ASIDE_RING;
    }
    kept += cached(workers, JN_OWN_CACHE) + workers * OWN_IN_HAND;
    sizes->own = (uint32_t)(kept + OWN_WAITING);
    sizes->answers = (uint32_t)(kept + aside + ANSWERS_WAITING);
    sizes->requests = (uint32_t)(kept + aside + OWN_WAITING);
}

static uint64_t
pool_bytes(uint64_t count, uint32_t room) {
    uint64_t lines = (OBJECT_HEADER + MBUF + room + LINE - 1) / LINE | 1, entries = 1;
    while (entries <= count)
        entries *= 2;
    return POOL + count * lines * LINE + entries * RING_ENTRY;
}

// A buffer for the longest frame of any port, with outer headers.
static uint32_t
own_room(const struct jn_sizes_host *host) {
    uint32_t room = JN_BUFFER_HEADROOM + JN_BUFFER_ROOM;
    for (unsigned int i = 0; i < host->port_count; i++) {
        uint32_t mtu = host->ports[i].mtu != 0 ? host->ports[i].mtu : 1500;
        uint32_t needed = JN_BUFFER_HEADROOM + (mtu + JN_ENCAP_OVERHEAD + LINE - 1) / LINE * LINE;
        room = needed > room ? needed : room;
    }
    return room < UINT16_MAX ? room : UINT16_MAX;
}

// Its interface takes longer frames than the port: buffers are for those.
static uint16_t
mtu_of_buffers(const struct jn_sizes_port *port) {
    uint32_t mtu = port->mtu != 0 ? port->mtu : 1500u;
    if (jn_sizes_is_xdp(port->device))
        mtu += JN_XDP_ROOM;
    return (uint16_t)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
}

// Where a device can chain buffers is known once it is open: the dearer way is counted.
static uint64_t
port_bytes(const struct jn_sizes_port *port, uint64_t count) {
    bool xdp = jn_sizes_is_xdp(port->device);
    uint64_t whole = pool_bytes(count / pieces_of(port), jn_sizes_room(mtu_of_buffers(port), xdp, false));
    uint64_t chains = pool_bytes(count, jn_sizes_room(mtu_of_buffers(port), xdp, true));
    return xdp || whole > chains ? whole : chains;
}

static uint64_t
pools_bytes(const struct jn_sizes_host *host, const struct jn_sizes *sizes) {
    uint32_t room = own_room(host);
    uint64_t bytes = pool_bytes(sizes->copies, room) + pool_bytes(sizes->own, room) + pool_bytes(sizes->answers, room) +
                     pool_bytes(sizes->requests, JN_BUFFER_HEADROOM + JN_REQUEST_ROOM);
    for (unsigned int i = 0; i < host->port_count; i++)
        bytes += port_bytes(&host->ports[i], sizes->port[i]);
    return bytes;
}

static uint64_t
other_bytes(const struct jn_sizes_host *host) {
    uint64_t workers = host->workers, others = workers - 1;
    uint64_t to_queue = (JN_TX_RING + JN_HANDOVER_RING + JN_ASIDE_RING) * RING_ENTRY + KB(2);
    return DPDK + workers * (WORKER + others * (JN_HANDOVER_RING * RING_ENTRY + KB(1))) +
           host->port_count * (workers * (QUEUES + LINES) + others * to_queue);
}

// A device that returns finds buffers of its life before still on their way.
static uint64_t
spare_bytes(const struct jn_sizes_host *host, const struct jn_sizes *sizes) {
    uint64_t most = 0;
    for (unsigned int i = 0; i < host->port_count; i++) {
        uint64_t bytes = port_bytes(&host->ports[i], sizes->port[i]);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static uint32_t
with_share(const struct count *c, uint64_t share) {
    uint64_t count = c->held + c->waiting * share / EVERYTHING;
    return (uint32_t)(count < JN_SIZES_MOST_MBUFS ? count : JN_SIZES_MOST_MBUFS);
}

static uint32_t
asked_of(const struct jn_sizes_host *host, unsigned int port_idx) {
    return host->ports[port_idx].mbufs != 0 ? host->ports[port_idx].mbufs : host->mbufs;
}

// share: of what is waiting, out of EVERYTHING. enough: each port has been asked for what is held, at least. Returns the bytes of everything but what a returning device needs.
static uint64_t
fill(const struct jn_sizes_host *host, uint64_t share, struct jn_sizes *sizes, bool *enough) {
    struct count copies = count_copies(host);
    sizes->copies = with_share(&copies, share);
    for (unsigned int i = 0; i < host->port_count; i++) {
        struct count c = count_port(host, i);
        uint32_t least = with_share(&c, 0);
        uint32_t asked = asked_of(host, i);
        if (asked == 0)
            sizes->port[i] = with_share(&c, share);
        else
            sizes->port[i] = asked > least ? asked : least;
        sizes->least_mbufs = least > sizes->least_mbufs ? least : sizes->least_mbufs;
        *enough = *enough && (asked == 0 || asked >= least);
    }
    if (host->mbufs != 0) {
        uint32_t least = with_share(&copies, 0);
        sizes->copies = host->mbufs / 2 > least ? host->mbufs / 2 : least;
    }
    count_own(host, sizes);
    return pools_bytes(host, sizes) + other_bytes(host);
}

static uint32_t
whole_mb(uint64_t bytes) {
    return (uint32_t)((bytes + MB(1) - 1) / MB(1));
}

bool
jn_sizes_count(const struct jn_sizes_host *host, struct jn_sizes *sizes) {
    jn_require_always(host->workers != 0 && host->workers <= JN_MAX_WORKERS && host->port_count <= JN_MAX_PORTS);
    bool enough = true;
    *sizes = (struct jn_sizes){0};
    uint32_t least = whole_mb(fill(host, 0, sizes, &enough));
    uint64_t bytes = fill(host, EVERYTHING, sizes, &enough);
    uint32_t most = whole_mb(bytes + spare_bytes(host, sizes));
    sizes->least_memory_mb = least;
    sizes->memory_mb = host->memory_mb != 0 ? host->memory_mb : most;
    if (host->memory_mb != 0 && host->memory_mb < most) {
        uint64_t share = EVERYTHING; // the largest that fits; what a returning device needs is given up first
        while (share != 0 && whole_mb(bytes) > host->memory_mb)
            bytes = fill(host, --share, sizes, &enough);
    }
    return sizes->memory_mb >= least && enough;
}
