// SPDX-License-Identifier: BSD-3-Clause
// Every key of the configuration file: type, range, default, and whether a change needs a restart. The parser, the
// restart check, the options of junctionctl and of junction-control's methods, docs/junction.schema.json and
// docs/configuration.md (make docs) all come from this list.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

#define JN_MAX_VPG_DEVICES 100000
#define JN_MAX_VPG_SUBNETS 256
#define JN_MAX_RULE_PORTS  64
#define JN_MAX_RULE_NAMES  256
#define JN_MAX_PROPERTIES  256

// X(kind, word in the documentation). What the range means: of INTEGER and POWER the value, of ARRAY, NAMES, PROPERTIES
// and HEADERS the number of items, of TEXT, NAME and SECRET the bytes.
#define JN_CONFIG_KINDS(X)                                                                                             \
    X(OBJECT, "object")                                                                                                \
    X(ARRAY, "array")                                                                                                  \
    X(BOOL, "true or false")                                                                                           \
    X(INTEGER, "whole number")                                                                                         \
    X(POWER, "power of two")                                                                                           \
    X(WORD, "one of")                                                                                                  \
    X(TEXT, "text")                                                                                                    \
    X(NAME, "name")                                                                                                    \
    X(ADDRESS, "address")                                                                                              \
    X(PREFIX, "prefix")                                                                                                \
    X(INTERFACE, "address/length")                                                                                     \
    X(MAC, "MAC address")                                                                                              \
    X(PORTS, "port or range")                                                                                          \
    X(PROTOCOL, "protocol")                                                                                            \
    X(PEERS, "true, false or peers")                                                                                   \
    X(NAMES, "text or list")                                                                                           \
    X(PROPERTIES, "object of properties")                                                                              \
    X(HEADERS, "object of header fields")                                                                              \
    X(SECRET, "text or where it is")

enum jn_config_kind {
#define X(kind, word) JN_KIND_##kind,
    JN_CONFIG_KINDS(X)
#undef X
};

enum jn_config_change { JN_CHANGE_LIVE, JN_CHANGE_RESTART };
enum jn_config_need { JN_NEED_OPTIONAL, JN_NEED_REQUIRED };

// X(id, path, kind, need, change, minimum, maximum, default, words, help). A parent stands before its children and all
// of them before its next sibling; "[]" is an array's item. A default in parentheses is worked out elsewhere.
// clang-format off
#define JN_CONFIG_KEYS_TOP(X)                                                                                          \
    X(ROOT, "", OBJECT, REQUIRED, LIVE, 0, 0, NULL, NULL, "The configuration file of Junction")                        \
    X(SCHEMA, "$schema", TEXT, OPTIONAL, LIVE, 0, 255, NULL, NULL,                                                     \
      "Where an editor finds the schema of this file; Junction does not read it")                                      \
    X(NODE, "node", TEXT, OPTIONAL, RESTART, 1, 63, "(the host's name)", NULL,                                         \
      "Name of this Junction in documents and event identifiers")                                                      \
    X(MANAGED, "managed", BOOL, OPTIONAL, LIVE, 0, 0, "false", NULL,                                                   \
      "The file is kept by something else: read-only to junctionctl and the API")                                      \
    X(LOG_LEVEL, "log_level", WORD, OPTIONAL, LIVE, 0, 0, "info", "error|warning|info|debug",                          \
      "The least important messages that are still logged")                                                            \
    X(CONTROL, "control", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "How Junction is steered")                      \
    X(CONTROL_SOCKET, "control.socket", TEXT, OPTIONAL, RESTART, 1, 107, "(/run/junction/INSTANCE/control/socket)",     \
      NULL, \
      "Unix socket that junctionctl talks to")

#define JN_CONFIG_KEYS_DATAPLANE(X)                                                                                    \
    X(DATAPLANE, "dataplane", OBJECT, REQUIRED, RESTART, 0, 0, NULL, NULL, "Ports, wires, cores and sizes")            \
    X(WORKER_CORES, "dataplane.worker_cores", ARRAY, OPTIONAL, RESTART, 1, JN_MAX_WORKERS,                             \
      "(the highest CPU that the process may use)", NULL, "One worker for each of these CPUs")                         \
    X(WORKER_CORE, "dataplane.worker_cores[]", INTEGER, OPTIONAL, RESTART, 0, 1023, NULL, NULL, "Number of a CPU")     \
    X(HUGEPAGES, "dataplane.hugepages", BOOL, OPTIONAL, RESTART, 0, 0, "true", NULL,                                   \
      "Use huge pages where there are enough of them")                                                                 \
    X(MEMORY_MB, "dataplane.memory_mb", INTEGER, OPTIONAL, RESTART, 64, 1048576, "(what they take)", NULL,             \
      "Memory for packet buffers and queues, in MiB; less than all of them take makes fewer buffers")                  \
    X(FLOW_ENTRIES, "dataplane.flow_table_entries", INTEGER, OPTIONAL, RESTART, 1024, 33554432, "1000000", NULL,       \
      "Flows that all workers together can hold")                                                                      \
    X(RECORD_ENTRIES, "dataplane.record_ring_entries", POWER, OPTIONAL, RESTART, 1024, 4194304, "65536", NULL,         \
      "Records a worker can hold until the sink has taken them")                                                       \
    X(MAX_VPGS, "dataplane.max_vpgs", INTEGER, OPTIONAL, RESTART, 1, JN_MAX_VPGS, "256", NULL,                         \
      "VPGs that there is room for; memory is taken for those in use alone")                                           \
    X(VPG_DEVICES, "dataplane.vpg_devices", POWER, OPTIONAL, RESTART, 64, 1048576, "8192", NULL,                       \
      "Devices of each VPG with a gate whose Ethernet headers are remembered; memory is taken as they come")           \
    X(MBUFS, "dataplane.mbufs", INTEGER, OPTIONAL, RESTART, 0, 67108864, "0", NULL,                                    \
      "Packet buffers a port: its queues, what waits to be sent, and what workers hold; 0: as many as that takes")     \
    X(ISA, "dataplane.isa", WORD, OPTIONAL, RESTART, 0, 0, "auto", "auto|sse4.2|avx2|avx512",                          \
      "Instructions that workers use; auto: the most that the CPU has")                                                \
    X(IDLE, "dataplane.idle", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "What a worker without packets does")       \
    X(IDLE_MODE, "dataplane.idle.mode", WORD, OPTIONAL, RESTART, 0, 0, "sleep", "never|pause|sleep",                   \
      "Poll without rest, poll with the CPU's pause instruction, or sleep")                                            \
    X(IDLE_SLEEP, "dataplane.idle.max_sleep_us", INTEGER, OPTIONAL, RESTART, 1, 10000, "50", NULL,                     \
      "Longest sleep, in microseconds")                                                                                \
    X(HANG_SECONDS, "dataplane.hang_seconds", INTEGER, OPTIONAL, RESTART, 0, 3600, "10", NULL,                         \
      "The dataplane is started again when a worker has not come round for so long; 0: never")                         \
    X(PORTS, "dataplane.ports", ARRAY, REQUIRED, RESTART, 2, JN_MAX_PORTS, NULL, NULL, "The ports")                    \
    X(PORT, "dataplane.ports[]", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "A port")                                \
    X(PORT_NAME, "dataplane.ports[].name", NAME, REQUIRED, RESTART, 1, JN_NAME_MAX - 1, NULL, NULL,                    \
      "Name that wires, counters and documents use")                                                                   \
    X(PORT_DEVICE, "dataplane.ports[].device", TEXT, REQUIRED, RESTART, 1, 127, NULL, NULL,                            \
      "PCI address, or DPDK's own device arguments")                                                                   \
    X(PORT_MTU, "dataplane.ports[].mtu", INTEGER, OPTIONAL, RESTART, 68, 65535, "(as the device has it)", NULL,        \
      "Largest IP packet, in bytes")                                                                                   \
    X(PORT_VLAN, "dataplane.ports[].vlan", INTEGER, OPTIONAL, LIVE, 1, 4094, "(untagged)", NULL,                       \
      "VLAN ID of the underlay on this port")                                                                          \
    X(PORT_ADDRESSES, "dataplane.ports[].addresses", ARRAY, OPTIONAL, LIVE, 0, 16, NULL, NULL,                         \
      "Junction's own addresses on this tunnel port, in subnets that do not overlap")                                  \
    X(PORT_ADDRESS, "dataplane.ports[].addresses[]", INTERFACE, OPTIONAL, LIVE, 0, 0, NULL, NULL,                      \
      "An address with the length of its subnet's prefix")                                                             \
    X(PORT_ROUTES, "dataplane.ports[].routes", ARRAY, OPTIONAL, LIVE, 0, 64, NULL, NULL,                               \
      "Routes to peers outside the port's subnets; the longest prefix decides")                                        \
    X(PORT_ROUTE, "dataplane.ports[].routes[]", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "A route")                   \
    X(ROUTE_TO, "dataplane.ports[].routes[].to", PREFIX, REQUIRED, LIVE, 0, 0, NULL, NULL, "Destination")              \
    X(ROUTE_VIA, "dataplane.ports[].routes[].via", ADDRESS, REQUIRED, LIVE, 0, 0, NULL, NULL,                          \
      "Gateway, in one of the port's subnets")                                                                         \
    X(WIRES, "dataplane.wires", ARRAY, REQUIRED, RESTART, 1, JN_MAX_WIRES, NULL, NULL, "The wires")                    \
    X(WIRE, "dataplane.wires[]", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "An access port and a network port")     \
    X(WIRE_NAME, "dataplane.wires[].name", NAME, REQUIRED, RESTART, 1, JN_NAME_MAX - 1, NULL, NULL,                    \
      "Name that VPGs use")                                                                                            \
    X(WIRE_ACCESS, "dataplane.wires[].access", NAME, REQUIRED, RESTART, 1, JN_NAME_MAX - 1, NULL, NULL,                \
      "Name of the port on the device side")                                                                           \
    X(WIRE_NETWORK, "dataplane.wires[].network", NAME, REQUIRED, RESTART, 1, JN_NAME_MAX - 1, NULL, NULL,              \
      "Name of the port on the network side")                                                                          \
    X(WIRE_LINK_LOSS, "dataplane.wires[].link_loss", WORD, OPTIONAL, RESTART, 0, 0, "keep", "keep|pass",               \
      "A port that loses its link: the other one keeps its own, or is taken down until it is back")

#define JN_CONFIG_KEYS_INSPECTION(X)                                                                                   \
    X(INSPECTION, "inspection", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "Reports on what passes")                    \
    X(INTERVAL, "inspection.interval_seconds", INTEGER, OPTIONAL, LIVE, 1, 3600, "60", NULL,                           \
      "Every so often there is a summary, and a record of each active flow")                                           \
    X(IDLE_TIMEOUT, "inspection.idle_timeout_seconds", INTEGER, OPTIONAL, LIVE, 1, 3600, "30", NULL,                   \
      "A flow without packets for so long has ended")                                                                  \
    X(TCP_LINGER, "inspection.tcp_linger_seconds", INTEGER, OPTIONAL, LIVE, 0, 600, "10", NULL,                        \
      "A TCP flow seen to end stays for so long after its last packet, for what is sent again; shorter in a crowded table") \
    X(TOP_FLOWS, "inspection.top_flows", INTEGER, OPTIONAL, LIVE, 0, JN_MAX_TOP_FLOWS, "100", NULL,                    \
      "Largest flows that a summary names")                                                                            \
    X(CLASSIFIER, "classifier", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL,                                           \
      "What applications flows are of, seen in their first packets")                                                   \
    X(CLASSIFIER_ENABLED, "classifier.enabled", BOOL, OPTIONAL, RESTART, 0, 0, "true", NULL,                           \
      "Look for applications; a Junction that was built without nDPI guesses them by port")                            \
    X(CLASSIFIER_THREADS, "classifier.threads", INTEGER, OPTIONAL, RESTART, 1, JN_CLASSIFY_THREADS, "1", NULL,         \
      "Threads that look at packets; each serves workers of its own")                                                  \
    X(CLASSIFIER_FLOWS, "classifier.flows", INTEGER, OPTIONAL, RESTART, 1024, 16777216, "65536", NULL,                 \
      "Flows that are looked at at the same time, by all threads together")                                            \
    X(CLASSIFIER_RING, "classifier.ring_entries", POWER, OPTIONAL, RESTART, 64, 65536, "2048", NULL,                   \
      "Packets a worker can hold for the classifier; with more waiting, flows are looked at later")

#define JN_CONFIG_KEYS_SINK(X)                                                                                         \
    X(DOCUMENTS, "documents", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "What documents hold")                      \
    X(DOCUMENTS_FLOW, "documents.flow", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "Those of flow records")          \
    X(FLOW_FIELDS, "documents.flow.fields", WORD, OPTIONAL, RESTART, 0, 0, "all", "all|lean",                          \
      "All fields, or without those that never change and empty names")                                                \
    X(STATUS_DOCUMENTS, "documents.status", BOOL, OPTIONAL, RESTART, 0, 0, "true", NULL,                               \
      "Status documents beside the summaries: losses, sinks, rings, ports, peers and gates of each interval")          \
    X(SINK, "sink", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "Where documents go: short for one of sinks")         \
    JN_SINK_KEYS(X, SINK, "sink")                                                                                      \
    X(SINKS, "sinks", ARRAY, OPTIONAL, RESTART, 1, JN_MAX_SINKS, NULL, NULL,                                           \
      "Where documents go: to each of these, none waits for another")                                                  \
    X(SINKS_ITEM, "sinks[]", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "A sink")                                    \
    JN_SINK_KEYS(X, SINKS, "sinks[]")

#define JN_CONFIG_KEYS_VPG(X)                                                                                          \
    X(VPGS, "vpgs", ARRAY, OPTIONAL, LIVE, 0, JN_MAX_VPGS, NULL, NULL, "The virtual private gateways")                 \
    X(VPG, "vpgs[]", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "A virtual private gateway")                            \
    X(VPG_ID, "vpgs[].id", NAME, REQUIRED, LIVE, 1, JN_VPG_ID_MAX - 1, NULL, NULL, "Identifier, never changed")        \
    X(VPG_NAME, "vpgs[].name", TEXT, OPTIONAL, LIVE, 0, 63, "", NULL, "Name for people")                               \
    X(VPG_WIRE, "vpgs[].wire", NAME, OPTIONAL, LIVE, 1, JN_NAME_MAX - 1, "(the only wire)", NULL, "Name of its wire")  \
    X(VPG_WIRES, "vpgs[].wires", ARRAY, OPTIONAL, LIVE, 1, JN_MAX_WIRES, NULL, NULL,                                   \
      "Instead of wire: names of its wires, by any of which a flow's packets may go")                                  \
    X(VPG_WIRES_ITEM, "vpgs[].wires[]", NAME, OPTIONAL, LIVE, 1, JN_NAME_MAX - 1, NULL, NULL, "Name of a wire")        \
    X(VPG_VLAN, "vpgs[].vlan", INTEGER, OPTIONAL, LIVE, 0, 4094, "(what no other VPG of the wire names)", NULL,        \
      "Outer VLAN ID; without: untagged frames and those of every VLAN that no other VPG of the wire names")           \
    X(VPG_SUBNETS, "vpgs[].device_subnets", ARRAY, OPTIONAL, LIVE, 0, JN_MAX_VPG_SUBNETS, NULL, NULL,                  \
      "Prefixes of the devices; none may overlap another")                                                             \
    X(VPG_SUBNET, "vpgs[].device_subnets[]", PREFIX, OPTIONAL, LIVE, 0, 0, NULL, NULL, "An IPv4 or IPv6 prefix")       \
    X(VPG_INSPECTION, "vpgs[].inspection", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "Inspection")                     \
    X(VPG_INSPECT, "vpgs[].inspection.enabled", BOOL, OPTIONAL, LIVE, 0, 0, "true", NULL,                              \
      "Inspect what no rule says otherwise about")                                                                     \
    X(VPG_METADATA, "vpgs[].inspection.metadata", WORD, OPTIONAL, LIVE, 0, 0, "all", "all|names|none",                 \
      "What may be said of flows in text: all that is found, host names alone, or nothing; with none no payload is looked at") \
    X(VPG_CLASSIFIER_DOWN, "vpgs[].classifier_down", WORD, OPTIONAL, LIVE, 0, 0, "allow", "allow|drop",                \
      "Without a classifier, flows that a rule by application may be for: taken as undecided, or dropped")             \
    X(FRAGMENTS, "vpgs[].fragments", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "Fragments that rules cannot judge")    \
    X(FRAGMENTS_HEADERLESS, "vpgs[].fragments.headerless", WORD, OPTIONAL, LIVE, 0, 0,                                 \
      "(drop where a rule names ports, a protocol or an application, else forward)", "drop|forward",                                   \
      "All fragments of a datagram whose first one lacks the transport header (RFC 7112)")                             \
    X(MIRRORING, "vpgs[].mirroring", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "Copies of the packets to peers")       \
    X(MIRROR_ENABLED, "vpgs[].mirroring.enabled", BOOL, OPTIONAL, LIVE, 0, 0, "true", NULL,                            \
      "Copies are sent to the peers that are enabled")                                                                 \
    X(PEERS, "vpgs[].mirroring.peers", ARRAY, OPTIONAL, LIVE, 0, JN_VPG_PEERS, NULL, NULL, "Who receives copies")      \
    X(PEER, "vpgs[].mirroring.peers[]", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "A mirroring peer")                  \
    X(PEER_ADDRESS, "vpgs[].mirroring.peers[].address", ADDRESS, REQUIRED, LIVE, 0, 0, NULL, NULL,                     \
      "Outer address of the peer, that a subnet or a route of a port leads to")                                        \
    X(PEER_DESCRIPTION, "vpgs[].mirroring.peers[].description", TEXT, OPTIONAL, LIVE, 0, 255, "", NULL,                \
      "Words for people")                                                                                              \
    X(PEER_ENCAPSULATION, "vpgs[].mirroring.peers[].encapsulation", WORD, OPTIONAL, LIVE, 0, 0, "gretap",              \
      "gretap|gre|erspan2|erspan3|erspan",                                                                             \
      "How a copy is wrapped: GRE with the frame, GRE with the IP packet, ERSPAN type II or III; erspan is type II")   \
    X(PEER_KEY, "vpgs[].mirroring.peers[].key", INTEGER, OPTIONAL, LIVE, 0, UINT32_MAX, "(no key)", NULL,              \
      "Key in the GRE header (RFC 2890); not with ERSPAN")                                                             \
    X(PEER_SEQUENCE, "vpgs[].mirroring.peers[].sequence", BOOL, OPTIONAL, LIVE, 0, 0, "false", NULL,                   \
      "Sequence numbers in the GRE header (RFC 2890); ERSPAN always has them")                                         \
    X(PEER_SESSION, "vpgs[].mirroring.peers[].session", INTEGER, OPTIONAL, LIVE, 0, JN_MAX_SESSION, "0", NULL,         \
      "ERSPAN session ID")                                                                                             \
    X(PEER_TTL, "vpgs[].mirroring.peers[].ttl", INTEGER, OPTIONAL, LIVE, 1, 255, "64", NULL,                           \
      "TTL or hop limit of the outer header")                                                                          \
    X(PEER_DSCP, "vpgs[].mirroring.peers[].dscp", INTEGER, OPTIONAL, LIVE, 0, 63, "0", NULL,                           \
      "DSCP of the outer header")                                                                                      \
    X(PEER_SNAP_LENGTH, "vpgs[].mirroring.peers[].snap_length", INTEGER, OPTIONAL, LIVE, 0, JN_MAX_SNAP_LENGTH, "0",   \
      NULL, "Bytes of a frame that are copied, at least 64; 0: all")                                                   \
    X(PEER_SAMPLE_PACKETS, "vpgs[].mirroring.peers[].sample_packets", INTEGER, OPTIONAL, LIVE, 1, JN_MAX_SAMPLE, "1",  \
      NULL, "Copy one in so many packets")                                                                             \
    X(PEER_SAMPLE_FLOWS, "vpgs[].mirroring.peers[].sample_flows", INTEGER, OPTIONAL, LIVE, 1, JN_MAX_SAMPLE, "1",      \
      NULL, "Copy one in so many flows, each wholly or not at all")                                                    \
    X(PEER_RATE, "vpgs[].mirroring.peers[].rate_mbps", INTEGER, OPTIONAL, LIVE, 1, JN_MAX_RATE_MBPS, "(no limit)",     \
      NULL, "Most that is sent, in Mbit/s of outer frames")                                                            \
    X(PEER_DIRECTION, "vpgs[].mirroring.peers[].direction", WORD, OPTIONAL, LIVE, 0, 0, "both",                        \
      "both|uplink|downlink", "Which packets are copied")                                                              \
    X(PEER_TOO_LONG, "vpgs[].mirroring.peers[].too_long", WORD, OPTIONAL, LIVE, 0, 0, "cut", "cut|fragment|drop",      \
      "What becomes of a copy that is longer than the underlay's MTU")                                                 \
    X(PEER_PATH_MTU, "vpgs[].mirroring.peers[].path_mtu", WORD, OPTIONAL, LIVE, 0, 0, "fixed", "fixed|learn",          \
      "Is the path MTU that of the port, or also learned from ICMP errors, which can be forged")                       \
    X(PEER_ENABLED, "vpgs[].mirroring.peers[].enabled", BOOL, OPTIONAL, LIVE, 0, 0, "true", NULL, "Copies are sent")   \
    X(GATE, "vpgs[].gate", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "The virtual L2 network, by VXLAN")               \
    X(GATE_ENABLED, "vpgs[].gate.enabled", BOOL, OPTIONAL, LIVE, 0, 0, "true", NULL,                                   \
      "The gate is open; closed, there is no virtual network")                                                         \
    X(GATE_VNI, "vpgs[].gate.vni", INTEGER, OPTIONAL, LIVE, 1, JN_MAX_VNI, "10", NULL, "VXLAN network identifier")     \
    X(GATE_ADDRESS, "vpgs[].gate.address", INTERFACE, REQUIRED, LIVE, 0, 0, NULL, NULL,                                \
      "Junction's address on the virtual network, with the length of its subnet's prefix")                             \
    X(GATE_ADDRESS_IPV6, "vpgs[].gate.address_ipv6", INTERFACE, OPTIONAL, LIVE, 0, 0, NULL, NULL,                      \
      "A second address there, of IPv6, where address is of IPv4")                                                     \
    X(GATE_MAC, "vpgs[].gate.mac", MAC, OPTIONAL, LIVE, 0, 0, "(made from the node's name and the VPG's id)", NULL,    \
      "Junction's MAC address on the virtual network")                                                                 \
    X(GATE_PRIVACY, "vpgs[].gate.privacy_separator", BOOL, OPTIONAL, LIVE, 0, 0, "false", NULL,                        \
      "Devices and peers of different groups do not reach each other")                                                 \
    X(GATE_SOURCE_PORT, "vpgs[].gate.source_port", WORD, OPTIONAL, LIVE, 0, 0, "flow", "flow|fixed",                   \
      "Outer UDP source port: 49152 to 65535 by flow, or 4789 always")                                                 \
    X(GATE_TTL, "vpgs[].gate.ttl", INTEGER, OPTIONAL, LIVE, 1, 255, "64", NULL,                                        \
      "TTL or hop limit of the outer header")                                                                          \
    X(GATE_DSCP, "vpgs[].gate.dscp", INTEGER, OPTIONAL, LIVE, 0, 63, "0", NULL, "DSCP of the outer header")            \
    X(GATE_ZERO_CHECKSUM, "vpgs[].gate.udp_zero_checksum_ipv6", BOOL, OPTIONAL, LIVE, 0, 0, "false", NULL,             \
      "Take outer IPv6 packets without a UDP checksum, too (RFC 6935)")                                                \
    X(GATE_PATH_MTU, "vpgs[].gate.path_mtu", WORD, OPTIONAL, LIVE, 0, 0, "fixed", "fixed|learn",                       \
      "Is the path MTU that of the port and redirection.mtu, or also learned from ICMP errors, which can be forged")   \
    X(GATE_PEERS, "vpgs[].gate.peers", ARRAY, OPTIONAL, LIVE, 0, JN_GATE_PEERS, NULL, NULL,                            \
      "Who is on the virtual network")                                                                                 \
    X(GATE_PEER, "vpgs[].gate.peers[]", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "A peer of the gate")                \
    X(GATE_OUTER, "vpgs[].gate.peers[].outer", ADDRESS, REQUIRED, LIVE, 0, 0, NULL, NULL,                              \
      "Address of its VXLAN tunnel endpoint, that a subnet or a route of a port leads to")                             \
    X(GATE_INNER, "vpgs[].gate.peers[].inner", ADDRESS, REQUIRED, LIVE, 0, 0, NULL, NULL,                              \
      "Its address on the virtual network, in the subnet of the gate")                                                 \
    X(GATE_INNER_IPV6, "vpgs[].gate.peers[].inner_ipv6", ADDRESS, OPTIONAL, LIVE, 0, 0, NULL, NULL,                    \
      "A second address there, of IPv6, where inner is of IPv4")                                                       \
    X(GATE_GROUP, "vpgs[].gate.peers[].group", TEXT, OPTIONAL, LIVE, 1, 63, NULL, NULL,                                \
      "Its group, for privacy_separator")                                                                              \
    X(GATE_DESCRIPTION, "vpgs[].gate.peers[].description", TEXT, OPTIONAL, LIVE, 0, 255, "", NULL, "Words for people") \
    X(REDIRECTION, "vpgs[].redirection", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL,                                     \
      "Packets go through a gateway peer and come back")                                                               \
    X(REDIRECTION_ENABLED, "vpgs[].redirection.enabled", BOOL, OPTIONAL, LIVE, 0, 0, "true", NULL,                     \
      "Packets are redirected; needs an open gate and a gateway")                                                      \
    X(REDIRECTION_GATEWAY, "vpgs[].redirection.gateway", ADDRESS, OPTIONAL, LIVE, 0, 0, NULL, NULL,                    \
      "Inner address of the peer that is the gateway")                                                                 \
    X(REDIRECTION_STANDBY, "vpgs[].redirection.standby", ADDRESS, OPTIONAL, LIVE, 0, 0, NULL, NULL,                    \
      "Inner address of the peer that may replace the gateway")                                                        \
    X(REDIRECTION_FAILURE, "vpgs[].redirection.on_failure", WORD, OPTIONAL, LIVE, 0, 0, "bypass",                      \
      "bypass|drop|standby",                                                                                           \
      "While the gateway is down packets are forwarded directly, dropped, or go through the standby")                  \
    X(REDIRECTION_STANDBY_FAILURE, "vpgs[].redirection.on_standby_failure", WORD, OPTIONAL, LIVE, 0, 0, "bypass",      \
      "bypass|drop", "The same while the standby is down as well, where on_failure is standby")                        \
    X(REDIRECTION_DEFAULT, "vpgs[].redirection.default", BOOL, OPTIONAL, LIVE, 0, 0, "true", NULL,                     \
      "Redirect what no rule says otherwise about")                                                                    \
    X(REDIRECTION_MTU, "vpgs[].redirection.mtu", INTEGER, OPTIONAL, LIVE, JN_MIN_PATH_MTU, 65535,                      \
      "(what the tunnel port leaves)", NULL,                                                                           \
      "Longest packet to the gateway, in bytes of the inner IP packet; with IPv6 at least 1280")                       \
    X(REDIRECTION_TOO_LONG, "vpgs[].redirection.too_long", WORD, OPTIONAL, LIVE, 0, 0, "answer",                       \
      "answer|fragment_outer",                                                                                         \
      "A longer packet: fragmented, or its sender told by ICMP where it must not be; or its outer packet fragmented")  \
    X(REDIRECTION_ICMP, "vpgs[].redirection.icmp_source", ADDRESS, OPTIONAL, LIVE, 0, 0,                               \
      "(the gate's IPv4 address)", NULL, "IPv4 address that tells senders of packets too long")                        \
    X(REDIRECTION_ICMP_IPV6, "vpgs[].redirection.icmp_source_ipv6", ADDRESS, OPTIONAL, LIVE, 0, 0,                     \
      "(the gate's IPv6 address)", NULL, "IPv6 address that tells senders of packets too long")                        \
    X(PROBE, "vpgs[].redirection.probe", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL,                                     \
      "How gateway and standby are asked whether they are there")                                                      \
    X(PROBE_INTERVAL, "vpgs[].redirection.probe.interval_ms", INTEGER, OPTIONAL, LIVE, 10, 10000, "100", NULL,         \
      "Time between two probes, in milliseconds")                                                                      \
    X(PROBE_LOST, "vpgs[].redirection.probe.lost", INTEGER, OPTIONAL, LIVE, 1, 50, "3", NULL,                          \
      "So many unanswered in a row: down")                                                                             \
    X(PROBE_ANSWERS, "vpgs[].redirection.probe.answers", INTEGER, OPTIONAL, LIVE, 1, 50, "3", NULL,                    \
      "So many answered in a row: up; more while it flaps")                                                            \
    X(DEVICES, "vpgs[].devices", ARRAY, OPTIONAL, LIVE, 0, JN_MAX_VPG_DEVICES, NULL, NULL, "Names of devices")         \
    X(DEVICE, "vpgs[].devices[]", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "A device")                                \
    X(DEVICE_ADDRESS, "vpgs[].devices[].address", ADDRESS, REQUIRED, LIVE, 0, 0, NULL, NULL,                           \
      "Its address, inside the device_subnets when there are any")                                                     \
    X(DEVICE_NAME, "vpgs[].devices[].name", TEXT, OPTIONAL, LIVE, 1, 63, NULL, NULL,                                   \
      "Its name, such as an IMSI; its IPv4 and its IPv6 address may have the same")                                    \
    X(DEVICE_GROUP, "vpgs[].devices[].group", TEXT, OPTIONAL, LIVE, 1, 63, NULL, NULL, "A group that rules can match")

#define JN_CONFIG_KEYS_RULE(X)                                                                                         \
    X(RULES, "vpgs[].rules", ARRAY, OPTIONAL, LIVE, 0, JN_MAX_RULES, NULL, NULL,                                       \
      "The first rule that matches a flow decides; with port lists expanded at most 4096 in the whole file")           \
    X(RULE, "vpgs[].rules[]", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL, "A rule")                                      \
    X(MATCH, "vpgs[].rules[].match", OBJECT, OPTIONAL, LIVE, 0, 0, NULL, NULL,                                         \
      "What must be true of the flow; what is not named matches all")                                                  \
    X(MATCH_DIRECTION, "vpgs[].rules[].match.direction", WORD, OPTIONAL, LIVE, 0, 0, "any", "any|uplink|downlink",     \
      "Direction of the flow's first packet")                                                                          \
    X(MATCH_DEVICE, "vpgs[].rules[].match.device", PREFIX, OPTIONAL, LIVE, 0, 0, NULL, NULL, "The device's address")   \
    X(MATCH_REMOTE, "vpgs[].rules[].match.remote", PREFIX, OPTIONAL, LIVE, 0, 0, NULL, NULL, "The remote's address")   \
    X(MATCH_PROTOCOL, "vpgs[].rules[].match.protocol", PROTOCOL, OPTIONAL, LIVE, 1, 255, NULL, NULL,                   \
      "IP protocol: tcp, udp, icmp, icmpv6, sctp or its number")                                                       \
    X(MATCH_DEVICE_PORTS, "vpgs[].rules[].match.device_ports", ARRAY, OPTIONAL, LIVE, 1, JN_MAX_RULE_PORTS, NULL,      \
      NULL, "The device's port is one of these; ICMP, and packets without ports, do not match")                                                                       \
    X(MATCH_DEVICE_PORT, "vpgs[].rules[].match.device_ports[]", PORTS, OPTIONAL, LIVE, 0, 65535, NULL, NULL,           \
      "A port, or a range such as \"8000-8080\"")                                                                      \
    X(MATCH_REMOTE_PORTS, "vpgs[].rules[].match.remote_ports", ARRAY, OPTIONAL, LIVE, 1, JN_MAX_RULE_PORTS, NULL,      \
      NULL, "The remote's port is one of these; ICMP, and packets without ports, do not match")                                                                       \
    X(MATCH_REMOTE_PORT, "vpgs[].rules[].match.remote_ports[]", PORTS, OPTIONAL, LIVE, 0, 65535, NULL, NULL,           \
      "A port, or a range such as \"8000-8080\"")                                                                      \
    X(MATCH_DSCP, "vpgs[].rules[].match.dscp", INTEGER, OPTIONAL, LIVE, 0, 63, NULL, NULL,                             \
      "DSCP of the flow's first packet")                                                                               \
    X(MATCH_GROUP, "vpgs[].rules[].match.group", TEXT, OPTIONAL, LIVE, 1, 63, NULL, NULL, "The device's group")        \
    X(MATCH_APPLICATION, "vpgs[].rules[].match.application", NAMES, OPTIONAL, LIVE, 1, JN_MAX_RULE_NAMES, NULL, NULL,  \
      "One of these applications, or carried by one, by nDPI's names; or \"undecided\": as long as it is looked for")  \
    X(MATCH_CATEGORY, "vpgs[].rules[].match.category", NAMES, OPTIONAL, LIVE, 1, JN_MAX_RULE_NAMES, NULL, NULL,        \
      "Its application is of one of these categories, by nDPI's names")                                                \
    X(MATCH_SERVER_NAME, "vpgs[].rules[].match.server_name", NAMES, OPTIONAL, LIVE, 1, JN_MAX_RULE_NAMES, NULL, NULL,  \
      "The server's name in TLS, QUIC or HTTP is one of these; \"*.example.org\" is every name below example.org")     \
    X(MATCH_RISK, "vpgs[].rules[].match.risk", NAMES, OPTIONAL, LIVE, 1, JN_MAX_RULE_NAMES, NULL, NULL,                \
      "One of these risks was found in the flow, by nDPI's names")                                                     \
    X(RULE_NEW_FLOWS, "vpgs[].rules[].new_flows_only", BOOL, OPTIONAL, LIVE, 0, 0, "false", NULL,                      \
      "Flows that go on already, another way than the rule says, stay as they are")                                    \
    X(RULE_INSPECT, "vpgs[].rules[].inspect", BOOL, OPTIONAL, LIVE, 0, 0, "(as the VPG)", NULL,                        \
      "Inspect the flow, or leave it out of counters and records")                                                     \
    X(RULE_MIRROR, "vpgs[].rules[].mirror", PEERS, OPTIONAL, LIVE, 0, 2, "(as the VPG)", NULL,                         \
      "Mirror the flow to all peers, to none, or to those listed by address")                                          \
    X(RULE_REDIRECT, "vpgs[].rules[].redirect", BOOL, OPTIONAL, LIVE, 0, 0, "(as the VPG)", NULL,                      \
      "Redirect the flow, or not; without redirection in force it means nothing")                                                                   \
    X(RULE_DROP, "vpgs[].rules[].drop", BOOL, OPTIONAL, LIVE, 0, 0, "false", NULL, "Drop the flow's packets")
// clang-format on

#define JN_CONFIG_KEYS(X)                                                                                              \
    JN_CONFIG_KEYS_TOP(X)                                                                                              \
    JN_CONFIG_KEYS_DATAPLANE(X)                                                                                        \
    JN_CONFIG_KEYS_INSPECTION(X)                                                                                       \
    JN_CONFIG_KEYS_SINK(X)                                                                                             \
    JN_CONFIG_KEYS_VPG(X)                                                                                              \
    JN_CONFIG_KEYS_RULE(X)

enum jn_key {
#define X(id, ...) JN_KEY_##id,
    JN_CONFIG_KEYS(X)
#undef X
        JN_KEY_COUNT
};

#define JN_KEY_WORD_MAX 32u

struct jn_config_key {
    const char *path;
    enum jn_config_kind kind;
    enum jn_config_need need;
    enum jn_config_change change;
    int64_t minimum, maximum;
    const char *fallback; // the default as plain text; NULL: none; in parentheses: worked out elsewhere
    const char *words;    // of WORD, separated by |; an enum of the same order holds the value
    const char *help;
};
extern const struct jn_config_key jn_config_keys[JN_KEY_COUNT];

// The last part of the key's path: the name of the member.
const char *jn_key_name(enum jn_key key);

// The next direct child of `parent` after `after` (at first: parent itself), or JN_KEY_COUNT.
enum jn_key jn_key_next_child(enum jn_key parent, enum jn_key after);

// The child of that name, or JN_KEY_COUNT.
enum jn_key jn_key_child(enum jn_key parent, const char *name);

// The key of an array's items.
enum jn_key jn_key_item(enum jn_key array);

// The word of a key of that kind at a position, in `word`: "unknown" beyond the last. Returns `word`.
const char *jn_key_word_at(enum jn_key key, unsigned int position, char word[JN_KEY_WORD_MAX]);

// Position of the word in the |-separated list, or -1.
int jn_key_word(const char *words, const char *word);
