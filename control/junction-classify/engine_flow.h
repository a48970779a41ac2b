// SPDX-License-Identifier: BSD-3-Clause
// What the engine's files share: its state, and that of a flow whose application is searched for.
#pragma once

#include <ndpi/ndpi_api.h>

#include "flows.h"
#include "host_stream.h"

#define ENGINE_KINDS 32u // more than there are kinds of annotations
#define ENGINE_SLACK 512u
// What nDPI keeps of a flow is 1 KiB as a rule, and 40 KiB of a hello of TLS that does not end. All flows together have this
// much each, or in all what follows.
#define ENGINE_FLOW_MEMORY  4096
#define ENGINE_LEAST_MEMORY (16 << 20)
#define ENGINE_MOST_LOST    (64 << 20) // then the process begins anew

struct engine_output; // engine.h

struct engine {
    struct ndpi_detection_module_struct *ndpi;
    struct flows *flows;
    struct jn_classify_counters *counters;
    int64_t memory, memory_most; // that nDPI has of flows that are held, bytes, and that it may have
    int64_t lost;                // that it kept of flows that are gone: its caches, and what it forgot to free
    // The packet that is looked at, with lengths that are true. nDPI reads a few bytes past the end of some: those are zero.
    uint8_t packet[JN_SAMPLE_BYTES + ENGINE_SLACK];
};

struct flow_search {
    struct ndpi_flow_struct *ndpi;
    struct engine *engine;
    int64_t memory, noted; // that nDPI has of it, bytes, and of that what engine->memory has
    ndpi_protocol found;   // by nDPI, as it said last
    uint8_t protocol;      // of all its samples
    bool settled;          // nDPI is not asked any more
    bool decided;          // was told, and counted
    bool name_from_tls;
    bool ndpi_by_client; // what nDPI has as host came with a packet of the end that began the flow
    // All that was read came with the SYN, which a server may leave aside; the other end has not spoken yet.
    bool on_syn, syn_from_b;
    uint32_t syn_next; // where its payload begins
    bool name_cut;     // or none that rules may compare
    uint8_t name_length;
    uint8_t dns_count; // answers that were told
    uint32_t dns_told[8];
    uint32_t told[ENGINE_KINDS]; // hash of the text that was told, by kind; 0: none
    struct host_stream stream;
    char name[JN_SERVER_NAME_MAX + 1]; // as answers have it
};

// What one sample is worked into.
struct engine_work {
    struct engine *engine;
    struct flow_search *search;
    const struct jn_sample *sample;
    struct packet_payload payload; // bytes NULL: none was found
    struct engine_output *out;
};
