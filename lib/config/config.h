// SPDX-License-Identifier: BSD-3-Clause
// What the configuration file says, with its defaults. config_load.h gives and frees it.
#pragma once

#include <jansson.h>

#include "config/config_sinks.h"
#include "log.h"
#include "policy.h"

#define JN_MAX_TOP_FLOWS 1000u

struct jn_config_port {
    char name[JN_NAME_MAX];
    char device[128]; // PCI address or DPDK device arguments
    uint16_t mtu;     // 0: as the device has it
    uint16_t vlan_id; // of the underlay there, or JN_VLAN_ID_NONE: untagged
};

enum jn_link_loss_mode { JN_LINK_LOSS_KEEP, JN_LINK_LOSS_PASS }; // "keep", "pass"

struct jn_config_wire {
    char name[JN_NAME_MAX];
    uint16_t access, network; // indexes into ports
    enum jn_link_loss_mode link_loss;
};

enum jn_idle_mode { JN_IDLE_NEVER, JN_IDLE_PAUSE, JN_IDLE_SLEEP }; // "never", "pause", "sleep"

struct jn_config_dataplane {
    unsigned int worker_cores[JN_MAX_WORKERS];
    unsigned int worker_count;
    bool hugepages;
    uint32_t memory_mb;           // of DPDK: buffers and queues; 0: as much as they take
    uint32_t flow_table_entries;  // of all workers together
    uint32_t record_ring_entries; // a worker; power of two
    uint32_t max_vpgs;            // VPG indexes that there are
    uint32_t vpg_devices;         // of a VPG with a gate, whose Ethernet headers are remembered; power of two
    uint32_t mbufs;               // packet buffers a port; 0: as many as it takes
    unsigned int isa;             // number of a word of dataplane.isa
    enum jn_idle_mode idle;
    uint32_t idle_max_sleep_us;
    uint32_t hang_seconds; // 0: never
    struct jn_config_port ports[JN_MAX_PORTS];
    unsigned int port_count;
    struct jn_config_wire wires[JN_MAX_WIRES];
    unsigned int wire_count;
    struct jn_underlay_address addresses[JN_MAX_ADDRESSES]; // of all ports, in the order of ports
    unsigned int address_count;
    struct jn_route routes[JN_MAX_ROUTES];
    unsigned int route_count;
};

struct jn_config_device {
    struct jn_prefix address; // whole length
    char name[64], group[64]; // "" when not given
};

struct jn_config_server_name {
    bool wildcard;                     // every name below it, not itself
    char text[JN_SERVER_NAME_MAX + 1]; // in lower case, without a dot at its end
};

struct jn_config_application {
    struct jn_application_match match; // all but its server names
    struct jn_config_server_name *names;
    unsigned int name_count;
};

struct jn_config_rule {
    struct jn_prefix device, remote;
    uint16_t (*device_ports)[2], (*remote_ports)[2]; // ranges; none: all
    unsigned int device_port_count, remote_port_count;
    uint8_t protocol, direction, dscp; // as in struct jn_rule
    uint8_t inspect, mirror, redirect; // enum jn_rule_action
    uint8_t mirror_peers;              // bit mask by the peers' order in the VPG
    uint8_t drop;
    bool new_flows_only;
    char group[64];                            // "" matches all
    struct jn_config_application *application; // NULL: says nothing of it
};

struct jn_config_peer {
    struct jn_peer
        peer; // peer_idx and description_offset unset; JN_PEER_ENABLED only while the VPG's mirroring is, too
    char description[256];
};

struct jn_config_gate_peer {
    struct jn_gate_peer peer; // peer_idx, group number and description_offset unset
    char group[64];           // "" when not given
    char description[256];
};

struct jn_config_gate {
    bool open;
    bool redirect_default;
    struct jn_gate gate; // gateway and standby by the peers' order here; JN_GATE_REDIRECT once all is right with them
    struct jn_config_gate_peer peers[JN_GATE_PEERS];
    unsigned int peer_count;
};

struct jn_config_vpg {
    char id[JN_VPG_ID_MAX];
    char name[64];
    uint64_t wires;   // bit mask by index; 0: an error was said
    uint16_t vlan_id; // or JN_VLAN_ID_NONE
    bool inspect;
    enum jn_metadata metadata;
    bool drop_headerless;
    bool drop_unclassified; // `classifier_down` is "drop"
    struct jn_config_peer peers[JN_VPG_PEERS];
    unsigned int peer_count;
    struct jn_config_gate gate;
    struct jn_prefix *subnets;
    unsigned int subnet_count;
    struct jn_config_rule *rules;
    unsigned int rule_count;
    struct jn_config_device *devices;
    unsigned int device_count;
};

enum jn_flow_fields { JN_FLOW_FIELDS_ALL, JN_FLOW_FIELDS_LEAN }; // "all", "lean"

// junction-classify.
struct jn_config_classifier {
    bool enabled; // and there is one: built with nDPI
    uint32_t threads;
    uint32_t flows;        // held at once, all threads together
    uint32_t ring_entries; // samples a worker, a power of two
};

struct jn_config {
    char node[64];
    bool managed;
    enum jn_log_level log_level;
    char socket[108]; // of junction-control; "" for the instance's default
    struct jn_config_dataplane dataplane;
    uint32_t interval_s, idle_timeout_s, tcp_linger_s, top_flows;
    enum jn_flow_fields flow_fields;
    struct jn_config_classifier classifier;
    bool status_documents;
    struct jn_config_sink sinks[JN_MAX_SINKS];
    unsigned int sink_count; // at least one
    struct jn_config_vpg *vpgs;
    unsigned int vpg_count;
    uint16_t vpg_idx_hint; // a further VPG looks for a free index from here on
    json_t *document;      // as it was read, key order kept: what is changed and written back
};

// Sentences, in document order, e.g. "vpgs[0].vlan: expected 0 to 4094, found 5000 (line 41)".
struct jn_config_errors {
    char **text;
    size_t count;
    char **warning; // accepted all the same
    size_t warning_count;
};
