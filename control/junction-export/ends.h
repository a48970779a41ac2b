// SPDX-License-Identifier: BSD-3-Clause
// Which end of a flow is which, for documents and summaries alike.
#pragma once

#include "ip_numbers.h"
#include "record.h"

static inline unsigned int
flow_initiator(uint16_t flags) {
    return (flags & JN_FLOW_INITIATOR_B) != 0;
}

// The device when exactly one end is one, else the initiator.
static inline unsigned int
flow_source(uint16_t flags) {
    bool a = flags & JN_FLOW_DEVICE_A, b = flags & JN_FLOW_DEVICE_B;
    return a != b ? b : flow_initiator(flags);
}

static inline bool
flow_is_icmp(uint8_t protocol) {
    return protocol == JN_IP_ICMP || protocol == JN_IP_ICMPV6;
}

// ICMP keeps its type and counterpart type, or one-way its type and code, in place of ports.
static inline bool
flow_has_icmp_type(uint8_t protocol, uint16_t flags) {
    return flow_is_icmp(protocol) && !(flags & JN_FLOW_NO_PORTS);
}

// Community ID v1 hashes ports of these protocols only; UDP-Lite is not among them.
static inline bool
flow_community_ports(uint8_t protocol, uint16_t flags) {
    return (protocol != JN_IP_UDP_LITE && jn_flow_has_ports(protocol, flags)) || flow_has_icmp_type(protocol, flags);
}
