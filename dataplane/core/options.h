// SPDX-License-Identifier: BSD-3-Clause
// The dataplane's command line: start-up settings only. All else reaches it as policy.
#pragma once

#include <stdbool.h>

#include "counters.h"
#include "sizes.h"

enum jn_idle { JN_IDLE_NEVER, JN_IDLE_PAUSE, JN_IDLE_SLEEP };

struct jn_port_option {
    char name[JN_NAME_MAX];
    char device[128];
    uint16_t mtu;     // 0: the device's own
    uint16_t own_mtu; // that, where it is known before the device is opened
    uint32_t mbufs;   // 0: as --mbufs
    bool tunnel;      // carries tunnels, though it has a wire
};

struct jn_wire_option {
    char name[JN_NAME_MAX];
    uint16_t access, network; // numbers of ports
    bool passes_link_loss;    // a port that loses its link takes the other one's down
};

struct jn_options {
    const char *instance;
    struct jn_port_option ports[JN_MAX_PORTS];
    unsigned int port_count;
    struct jn_wire_option wires[JN_MAX_WIRES];
    unsigned int wire_count;
    unsigned int worker_cores[JN_MAX_WORKERS];
    unsigned int worker_count;
    bool huge;
    unsigned int memory_mb;  // 0: as much as the buffers take
    uint32_t flow_entries;   // of all workers together
    uint32_t record_entries; // a worker
    uint32_t classify;       // samples that a worker's ring to junction-classify holds; 0: there is none
    uint32_t vpgs;           // VPG indexes that there is room for
    uint32_t vpg_devices;    // whose Ethernet headers are remembered, of each VPG with a gate; power of two
    uint32_t mbufs;          // a port; 0: as many as it takes
    const char *isa;         // by which workers run (path/path.h)
    enum jn_idle idle;
    unsigned int idle_max_us;
    unsigned int hang_seconds; // 0: a worker may hang for ever
    const char *xdp_directory; // NULL: beside the program, or where it was installed
    const char *replay;        // capture to play, or NULL
    uint16_t tunnel_mtu;       // of a replay
    bool reflect_gateway;      // of a replay
    const char *write[3];      // captures of what leaves by access, network, tunnel; NULL
};

// The wire that the port is an end of, or NULL.
static inline const struct jn_wire_option *
jn_wire_of_port(const struct jn_options *options, unsigned int port_idx) {
    for (unsigned int i = 0; i < options->wire_count; i++)
        if (options->wires[i].access == port_idx || options->wires[i].network == port_idx)
            return &options->wires[i];
    return NULL;
}

// Fill from the command line; prints help or what is wrong and exits (2).
void jn_options_parse(struct jn_options *options, int argc, char **argv);
