// SPDX-License-Identifier: BSD-3-Clause
// Numbers that stand in packets, and the lengths of headers. The one list of each: EtherTypes (IEEE), ICMP types and
// ports (IANA); protocol numbers are in lib/ip_numbers.h.
#pragma once

#include "ip_numbers.h"
#include "vlan.h"

enum jn_ether_type {
    JN_ETHER_FIRST_TYPE = 0x0600, // below, the field is an IEEE 802.3 length
    JN_ETHER_IPV4 = 0x0800,
    JN_ETHER_ARP = 0x0806,
    JN_ETHER_ERSPAN3 = 0x22eb,
    JN_ETHER_BRIDGED = 0x6558, // a whole Ethernet frame inside GRE (RFC 1701)
    JN_ETHER_VLAN = 0x8100,
    JN_ETHER_IPV6 = 0x86dd,
    JN_ETHER_MPLS = 0x8847,
    JN_ETHER_MPLS_MULTICAST = 0x8848,
    JN_ETHER_PPPOE_SESSION = 0x8864,
    JN_ETHER_QINQ = 0x88a8,
    JN_ETHER_ERSPAN2 = 0x88be,
    JN_ETHER_QINQ_OLD = 0x9100,
};

enum jn_icmp_type {
    JN_ICMP_ECHO_REPLY = 0,
    JN_ICMP_UNREACHABLE = 3,
    JN_ICMP_ECHO = 8,
};
#define JN_ICMP_FRAGMENTATION_NEEDED 4 // code of JN_ICMP_UNREACHABLE (RFC 1191)

enum jn_icmp6_type {
    JN_ICMP6_UNREACHABLE = 1,
    JN_ICMP6_TOO_BIG = 2,
    JN_ICMP6_FIRST_INFORMATIONAL = 128,
    JN_ICMP6_ECHO = 128,
    JN_ICMP6_ECHO_REPLY = 129,
    JN_ICMP6_ROUTER_SOLICITATION = 133,
    JN_ICMP6_NEIGHBOUR_SOLICITATION = 135,
    JN_ICMP6_NEIGHBOUR_ADVERTISEMENT = 136,
    JN_ICMP6_REDIRECT = 137,
};

enum jn_tcp_flags { JN_TCP_FIN = 0x01, JN_TCP_SYN = 0x02, JN_TCP_RST = 0x04, JN_TCP_ACK = 0x10 };

// The field of fragment flags and offset in an IPv4 header (RFC 791); the offset counts units of 8 bytes.
enum jn_ipv4_fragment { JN_IPV4_DF = 0x4000, JN_IPV4_MF = 0x2000, JN_IPV4_OFFSET = 0x1fff };
// That of an IPv6 fragment header (RFC 8200 section 4.5); as it stands the offset counts bytes.
enum jn_ipv6_fragment { JN_IPV6_OFFSET = 0xfff8, JN_IPV6_MF = 0x0001 };

// Bytes of headers; IPv4 and TCP without options.
#define JN_ETHERNET_BYTES      14u
#define JN_VLAN_TAG_BYTES      4u
#define JN_IPV4_BYTES          20u
#define JN_IPV6_BYTES          40u
#define JN_IPV6_FRAGMENT_BYTES 8u
#define JN_UDP_BYTES           8u
#define JN_TCP_BYTES           20u
#define JN_ICMP_BYTES          8u

#define JN_VXLAN_PORT        4789u // RFC 7348
#define JN_SHORTEST_FRAME    60u   // bytes of an Ethernet frame without FCS: shorter ones are padded
#define JN_LONGEST_IP_PACKET 65535u
#define JN_LEAST_MTU6        1280u // RFC 8200 section 5
