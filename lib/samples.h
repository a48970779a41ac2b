// SPDX-License-Identifier: BSD-3-Clause
// The samples region: the first packets of flows, on their way to junction-classify. One single-producer single-consumer ring
// a worker. Writer: the dataplane, each ring its worker. What the consumer has taken, and what it answers, stands in its own
// region (classified.h): neither can write what is the other's.
#pragma once

#include "address.h"
#include "counters.h"
#include "flow_identity.h"

#define JN_SAMPLE_BYTES   1500u // of a packet, from its IP header on
#define JN_SAMPLES_A_FLOW 24u   // packets with payload, of both ends; the first of UDP also without

// What may be said of a VPG's flows in text: `inspection.metadata`. X(ID, number, "word", "explanation")
#define JN_METADATA(X)                                                                                                 \
    X(ALL, 0, "all", "host names, paths, user agents, fingerprints, certificates and identifiers")                     \
    X(NAMES, 1, "names", "host names alone: of TLS, QUIC, HTTP and DNS")                                               \
    X(NONE, 2, "none", "nothing, and no payload reaches the classifier: applications are guessed by port")

enum jn_metadata {
#define X(id, number, word, text) JN_METADATA_##id = (number),
    JN_METADATA(X)
#undef X
};

enum jn_sample_kind {
    JN_SAMPLE_PACKET = 1, // a packet with payload
    JN_SAMPLE_END = 2,    // the flow has ended, or is not looked at any more: no bytes. A replay waits for the answer
};

struct jn_sample {
    struct jn_flow_identity flow;
    uint64_t time_ns;       // of the packet, worker's time
    uint8_t address[2][16]; // ends a and b as in the flow entry, network order
    uint16_t port[2];       // of ends a and b; 0 where the protocol has none
    uint16_t vpg_idx;
    uint16_t length;    // bytes of the packet that are here: at most JN_SAMPLE_BYTES
    uint32_t ip_length; // bytes that it has
    uint8_t kind;       // enum jn_sample_kind
    uint8_t family;     // 4 or 6
    uint8_t protocol;
    uint8_t from_b;       // end b sent it: 0 or 1
    uint8_t initiator_b;  // end b sent the flow's first packet: 0 or 1
    uint8_t metadata;     // enum jn_metadata, of the VPG: ALL or NAMES
    uint8_t number;       // of the flow's samples that this life of the classifier was given, from 1
    uint8_t tcp_flags[2]; // seen from ends a and b so far: nDPI is told of a handshake, which has no payload
    uint8_t reserved[11];
    uint8_t bytes[JN_SAMPLE_BYTES + 4];
};
_Static_assert(sizeof(struct jn_sample) == 1592, "sample is ABI");
_Static_assert(__builtin_offsetof(struct jn_sample, bytes) == 88, "sample is ABI");

struct jn_sample_ring {
    // Line 1. Writer: the worker.
    uint64_t head __attribute__((aligned(64))); // samples ever written; stored with release after the sample's bytes
    uint64_t skipped;                           // samples that found the ring full, or no classifier
    // Line 2. Writer: the worker. What it has taken of the answers ring of the classified region with that boot.
    uint64_t answers_boot __attribute__((aligned(64))); // 0 while it changes to another; stored with release
    uint64_t answers_tail;                              // stored with release
    // Line 3. Written once at creation.
    uint64_t offset __attribute__((aligned(64))); // of sample 0 from the region's start
    uint32_t capacity;                            // power of two
    uint32_t reserved;
};
_Static_assert(sizeof(struct jn_sample_ring) == 192, "sample ring is ABI");

struct jn_samples_region {
    struct jn_region_header header;
    uint64_t records_boot; // of the records that the flows' reports are in: annotations carry it
    uint32_t worker_count;
    uint32_t waits; // 1: a replay, which waits for every answer: nothing is skipped on either side
    uint64_t reserved[6];
    struct jn_sample_ring rings[JN_MAX_WORKERS];
};

size_t jn_samples_size(unsigned int workers, uint32_t capacity);
// Lay a fresh region out (writer); capacity in samples a worker, a power of two.
void jn_samples_init(struct jn_samples_region *region, unsigned int workers, uint32_t capacity);
// Validate a mapped region of `size` bytes: counts, capacities, offsets. 0, or -EPROTO with a sentence in err.
int jn_samples_check(const struct jn_samples_region *region, size_t size, char err[JN_ERR_MAX]);
