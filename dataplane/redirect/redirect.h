// SPDX-License-Identifier: BSD-3-Clause
// Redirection, as a worker keeps it: what passed of each flow, buffers of its own, and what came back in this burst.
#pragma once

#include "network.h"
#include "station.h"

#define JN_RETURNED   64u                   // as many as a burst has
#define JN_RELEARN_NS UINT64_C(60000000000) // every packet is looked at for so long

struct rte_mbuf;
struct rte_mempool;
struct jn_burst;
struct jn_worker;

// Of a flow, since its last record.
struct jn_flow_through {
    uint32_t sent, returned; // packets
    uint64_t returned_bytes; // of IP packets
};

// What is let in from a network and waits to be sent on, structure of arrays. mbuf: at the inner frame.
struct jn_returned {
    unsigned int count;
    struct rte_mbuf *mbuf[JN_RETURNED];
    const struct jn_network *network[JN_RETURNED];
    uint16_t slot[JN_RETURNED];
    struct jn_packet packet[JN_RETURNED];
};

// ICMP answers that may still be sent.
struct jn_answers {
    uint64_t filled_ns;
    uint32_t tokens;
};

// Whose a gate's counters are: hashes of VPG and peers' outer addresses.
struct jn_met {
    uint64_t network, peer[JN_GATE_PEERS];
};

struct jn_redirect {
    struct rte_mempool *pool;          // of frames that Junction makes itself
    struct jn_gate_counters *counters; // by slot; this worker's in the region
    struct jn_flow_through *flows;     // by flow entry
    struct jn_stations *stations;      // shared
    struct jn_wants *wants;            // shared
    struct jn_reassembly *reassembly;  // of outer fragments; NULL: none is done
    uint64_t relearn_until_ns;  // flows are to be shown to have the Ethernet addresses of their packets till then
    uint32_t cursor;            // next gate to look after
    struct jn_answers *answers; // by slot
    struct jn_met *met;         // by slot
    struct jn_returned returned;
};

// What a frame to one of our underlay addresses is, UDP to port 4789 or a fragment.
struct jn_arrival {
    const struct jn_network *network;
    uint8_t place; // of the peer that sent it
    bool own;      // an IP packet to one of Junction's own inner addresses
    enum jn_vxlan_outcome outcome;
    struct jn_vxlan_inner inner;
};

// Whose peer sent packet i of a burst that came in by a tunnel port, or NULL.
const struct jn_network_source *jn_arrival_source(const struct jn_worker *worker, const struct jn_burst *burst,
                                                  unsigned int i);

// Is it what arrivals nearly always are, for which the underlay engine need not be asked: whole, over untagged IPv4 without
// options, to the MAC and address that Junction sends to this peer from?
bool jn_arrival_is_plain(const struct jn_burst *burst, unsigned int i, const struct jn_network_source *source);

// Look into it. source: as found, NULL: nobody's. False: refused, counted, and its mbuf is gone.
bool jn_arrival_look(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                     const struct jn_network_source *source, struct jn_arrival *arrival);

// Take it in, its mbuf too: an IP packet waits for jn_returned_send or takes a device packet's whole way; ARP and
// neighbour discovery are the engine's, so the worker is the one that owns the gate.
void jn_arrival_take(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i,
                     const struct jn_arrival *arrival);

// What has come back leaves by the side that it belongs to.
void jn_returned_send(struct jn_worker *worker);

// Put an Ethernet header before an inner packet (network order; vlan: TCI or JN_NO_VLAN) that begins l3_offset behind the
// buffer's data, and cut or pad the frame to its length.
void jn_returned_frame(struct rte_mbuf *mbuf, const struct jn_packet *packet, const uint8_t to[6],
                       const uint8_t from[6], uint16_t vlan);

// The Ethernet addresses and VLAN of the VPG's wire for an inner packet that no flow's entry tells. False: not known.
bool jn_returned_station(const struct jn_worker *worker, const struct jn_network *network,
                         const struct jn_packet *packet, bool to_device, struct jn_station *station);

// Does the privacy separator keep the device (network order) and the peer at that place apart?
bool jn_kept_apart(const struct jn_worker *worker, const struct jn_network *network, const uint8_t device[16], bool v6,
                   uint8_t place);

// The networks of rules that come into force: one that is another VPG's, and a peer with another outer address, start with
// counters at zero.
void jn_network_meet(struct jn_worker *worker, const struct jn_ruleset *next);

// Let time pass on a few of this worker's networks: probes, requests. Called every round.
void jn_network_pass_time(struct jn_worker *worker);

// A packet ends here: counted for the gate of the VPG in that slot and among the worker's drops; its mbuf is gone.
void jn_gate_lose(struct jn_worker *worker, uint16_t slot, enum jn_gate_loss why, struct rte_mbuf *mbuf);

// Send an inner frame of the engine's to the peers of the mask.
void jn_network_send_frame(struct jn_worker *worker, const struct jn_network *network, const uint8_t *frame,
                           uint32_t length, uint16_t places);

// A way that packets take through a network, as it is for the moment.
struct jn_way {
    const struct jn_network *network;
    const struct jn_network_link *link;
    uint64_t hop;     // link word of the outer next hop
    uint64_t gateway; // inner MAC
    uint8_t place;
    uint32_t packets; // sent that way and not yet counted
    uint64_t bytes;
};

struct jn_outgoing;

// Send packet i of the burst that way, in one piece or in fragments, or tell its sender that it is too long. Its mbuf is
// gone.
void jn_redirect_send(struct jn_worker *worker, const struct jn_burst *burst, unsigned int i, struct jn_way *way,
                      struct jn_outgoing *out);

// Count what was sent that way since.
void jn_way_count(struct jn_worker *worker, struct jn_way *way);
