// SPDX-License-Identifier: BSD-3-Clause
// Protocol numbers of IP (IANA): the one list. Those that only the exporter's documents name are in its protocols.c.
#pragma once

enum jn_ip_protocol {
    JN_IP_HOP_BY_HOP = 0,
    JN_IP_ICMP = 1,
    JN_IP_IGMP = 2,
    JN_IP_IPIP = 4,
    JN_IP_TCP = 6,
    JN_IP_UDP = 17,
    JN_IP_IPV6 = 41,
    JN_IP_ROUTING = 43,
    JN_IP_FRAGMENT = 44,
    JN_IP_GRE = 47,
    JN_IP_ESP = 50,
    JN_IP_AH = 51,
    JN_IP_ICMPV6 = 58,
    JN_IP_NO_NEXT = 59,
    JN_IP_DESTINATION = 60,
    JN_IP_SCTP = 132,
    JN_IP_MOBILITY = 135,
    JN_IP_UDP_LITE = 136,
    JN_IP_HIP = 139,
    JN_IP_SHIM6 = 140,
};
