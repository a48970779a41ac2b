// SPDX-License-Identifier: BSD-3-Clause
// Every reason for which a packet or copy is dropped, or forwarded without being understood, has one name here, X(ID,
// "word", "explanation"). A new one takes a row here, the code that counts it, and its test.
#pragma once

#include <stdint.h>

// A packet of the wire that never leaves the box.
#define JN_DROPS(X)                                                                                                    \
    X(POLICY, "policy", "a rule with the action drop matched the flow")                                                \
    X(HEADERLESS, "headerless", "the first fragment lacks the transport header, or it is out of reach")                \
    X(NO_WIRE, "no_wire", "received on a port that belongs to no wire")                                                \
    X(TX_FULL, "tx_full", "the transmit queue did not take the frame")                                                 \
    X(TOO_LONG, "too_long", "longer than the buffers of the transmit port, or in pieces that it cannot send")          \
    X(TX_DOWN, "tx_down", "the transmit port is down or gone")                                                         \
    X(STOPPED, "stopped", "still on its way through Junction when it was stopped")                                     \
    X(HANDOVER_FULL, "handover_full", "the ring to the worker that owns the flow was full")                            \
    X(GATE, "gate", "to or from a virtual network, for a reason that show gate names")                                 \
    X(OWN_FULL, "own_full", "an answer or request of Junction's own that had to leave the transmit queue to packets")  \
    X(NO_MBUF, "no_mbuf", "in pieces that the transmit port cannot send, and no packet buffer to put them together")

// A packet that is forwarded all the same.
#define JN_EXCEPTIONS(X)                                                                                               \
    X(NO_VPG, "no_vpg", "the frame belongs to no VPG; forwarded uninspected")                                          \
    X(NON_IP, "non_ip", "not IP (ARP, LLDP, ...); forwarded")                                                          \
    X(L2_TRUNCATED, "l2_truncated", "frame ends inside its link-layer headers")                                        \
    X(TAGS_TOO_DEEP, "tags_too_deep", "more VLAN tags or MPLS labels than are looked through")                         \
    X(MPLS_NOT_IP, "mpls_not_ip", "MPLS payload that is neither IPv4 nor IPv6")                                        \
    X(IP_BAD_VERSION, "ip_bad_version", "EtherType and IP version disagree")                                           \
    X(IP_TRUNCATED, "ip_truncated", "frame ends inside the IP header")                                                 \
    X(IP_BAD_IHL, "ip_bad_ihl", "IPv4 header length under 20 or beyond the total length")                              \
    X(IP_BAD_LENGTH, "ip_bad_length", "IP length longer than the frame or shorter than its header")                    \
    X(EXT_TRUNCATED, "ext_truncated", "frame ends inside an IPv6 extension header")                                    \
    X(EXT_TOO_MANY, "ext_too_many", "IPv6 extension headers that reach beyond 64 KB")                                  \
    X(L4_TRUNCATED, "l4_truncated", "frame ends inside the transport header")                                          \
    X(FRAG_ORPHAN, "frag_orphan", "later fragment whose first one was never seen")                                     \
    X(FRAG_ZERO, "frag_zero", "fragment without payload")                                                              \
    X(FRAG_TABLE_FULL, "frag_table_full", "fragment table full: the oldest datagram was evicted")                      \
    X(FLOW_TABLE_FULL, "flow_table_full", "flow table full: the oldest flow of the bucket was evicted")                \
    X(OWN_TUNNEL, "own_tunnel", "Junction's own tunnel traffic on a wire: forwarded, not mirrored again")              \
    X(RECORD_LOST, "record_lost", "record ring full: a flow record was dropped")                                       \
    X(CONSUMER_INDEX, "consumer_index", "junction-export says to have taken what it cannot have: not believed")        \
    X(BYPASSED, "bypassed", "to be redirected, and forwarded directly as on_failure says")                             \
    X(CLASSIFIER_INDEX, "classifier_index",                                                                            \
      "junction-classify says to have taken, or written, what it cannot have: not believed")                           \
    X(ANSWER_FLOW, "answer_flow", "junction-classify answers for an entry that the flow table does not have")          \
    X(ANSWER_APPLICATION, "answer_application", "junction-classify answers with an application that cannot be")        \
    X(ANSWER_FLAGS, "answer_flags", "junction-classify answers with marks that do not exist")                          \
    X(ANSWER_NAME, "answer_name", "junction-classify answers with a server name that cannot be one")                   \
    X(ANSWER_UNASKED, "answer_unasked", "junction-classify answers more often than it was asked")

// A copy that was not made or not sent.
#define JN_COPY_DROPS(X)                                                                                               \
    X(UNRESOLVED, "unresolved", "the next hop's MAC address is not known")                                             \
    X(DOWN, "down", "the tunnel port is down or gone")                                                                 \
    X(NO_MBUF, "no_mbuf", "no packet buffer was free for a copy")                                                      \
    X(TX_FULL, "tx_full", "the tunnel port's queue did not take the copy")                                             \
    X(RATE, "rate", "over rate_mbps")                                                                                  \
    X(NOT_IP, "not_ip", "encapsulation gre carries IP packets only")                                                   \
    X(NOT_ETHERNET, "not_ethernet", "a capture without Ethernet headers: only encapsulation gre can carry it")         \
    X(TOO_LONG, "too_long", "longer than the underlay's MTU, and too_long is drop; or longer than any IP packet")

// Why a packet from a peer of a virtual network is dropped, in the order of the checks.
#define JN_VXLAN_REFUSALS(X)                                                                                           \
    X(OUTER_FRAGMENT, "vxlan_outer_fragment", "fragment of an outer packet that never became whole")                   \
    X(OUTER_HEADER, "vxlan_outer_header", "outer IPv6 fragment whose fragment header is behind another header")        \
    X(OUTER_TOO_LONG, "vxlan_outer_too_long", "outer packet longer than a packet buffer")                              \
    X(OUTER_LENGTH, "vxlan_outer_length", "outer UDP length under its header or beyond the packet")                    \
    X(CHECKSUM, "vxlan_checksum", "outer UDP checksum is wrong")                                                       \
    X(NO_CHECKSUM, "vxlan_no_checksum", "outer IPv6 packet without UDP checksum")                                      \
    X(TRUNCATED, "vxlan_truncated", "outer packet ends inside the VXLAN header")                                       \
    X(FLAGS, "vxlan_flags", "VXLAN header without the I flag")                                                         \
    X(VNI, "vxlan_vni", "VNI of another virtual network")                                                              \
    X(INNER_TRUNCATED, "inner_truncated", "inner frame ends inside its Ethernet header")                               \
    X(INNER_DESTINATION, "inner_destination", "inner destination MAC is neither our own nor a group")                  \
    X(INNER_OWN_SOURCE, "inner_own_source", "inner source MAC is our own: a loop, or a spoofed frame")                 \
    X(INNER_SOURCE, "inner_source", "inner source MAC is a group or zero")                                             \
    X(INNER_TAGGED, "inner_tagged", "inner frame with a VLAN tag")                                                     \
    X(INNER_TYPE, "inner_type", "inner frame is neither IPv4, IPv6 nor ARP")                                           \
    X(INNER_IP, "inner_ip", "inner IP header cannot be believed")                                                      \
    X(INNER_CHECKSUM, "inner_checksum", "inner IPv4 header checksum is wrong")                                         \
    X(INNER_GROUP, "inner_group", "inner IP packet to a group MAC that is no neighbour discovery")

// Why a packet from or to the virtual network ended here. The first ones are the refusals above.
#define JN_GATE_DROPS(X)                                                                                               \
    JN_VXLAN_REFUSALS(X)                                                                                               \
    X(INNER_ADDRESS, "inner_address", "inner source or destination that no host can have, or source of our own")       \
    X(NOT_GATEWAY, "not_gateway", "IP packet of a peer that is not the gateway, while redirection is on")              \
    X(NOT_DEVICE, "not_device", "IP packet of a peer to what is no device, while redirection is off")                  \
    X(SPOOFED, "inner_spoofed", "IP packet of a peer from an address that is not its own, while redirection is off")   \
    X(PRIVACY, "privacy", "device and peer, or two devices, of different groups")                                      \
    X(NEIGHBOUR_SPOOFING, "neighbour_spoofing",                                                                        \
      "ARP or neighbour discovery that claims the address of a device, of another peer, or ours")                      \
    X(NEIGHBOUR, "neighbour_ignored", "ARP or neighbour discovery that is malformed, or none of our business")         \
    X(NO_L2_HEADER, "no_l2_header", "the wire's Ethernet address to send it to is not known yet")                      \
    X(DOWN, "gateway_down", "the gateway is down, and on_failure is drop")                                             \
    X(UNREDIRECTABLE, "unredirectable",                                                                                \
      "no plain Ethernet, tagged in a VPG without VLAN, or of a family that the network lacks; on_failure is drop")    \
    X(UNRESOLVED, "unresolved", "the host's MAC address on the virtual network is not known")                          \
    X(TOO_LONG, "too_long", "longer than the path's MTU, and not to be fragmented")                                    \
    X(NO_MBUF, "no_mbuf", "no packet buffer was free")

enum jn_drop {
#define X(id, word, text) JN_DROP_##id,
    JN_DROPS(X)
#undef X
        JN_DROP_COUNT
};

enum jn_exception {
#define X(id, word, text) JN_EXCEPTION_##id,
    JN_EXCEPTIONS(X)
#undef X
        JN_EXCEPTION_COUNT
};

enum jn_copy_drop {
#define X(id, word, text) JN_COPY_DROP_##id,
    JN_COPY_DROPS(X)
#undef X
        JN_COPY_DROP_COUNT
};

enum jn_gate_drop {
#define X(id, word, text) JN_GATE_DROP_##id,
    JN_GATE_DROPS(X)
#undef X
        JN_GATE_DROP_COUNT
};

// Counters that shared memory has room for: a new reason takes one of the room and moves nothing.
#define JN_DROP_ROOM      16
#define JN_EXCEPTION_ROOM 32
#define JN_COPY_DROP_ROOM 10
#define JN_GATE_DROP_ROOM 32
_Static_assert(JN_DROP_COUNT <= JN_DROP_ROOM && JN_EXCEPTION_COUNT <= JN_EXCEPTION_ROOM &&
                   JN_COPY_DROP_COUNT <= JN_COPY_DROP_ROOM && JN_GATE_DROP_COUNT <= JN_GATE_DROP_ROOM,
               "room for every reason");
