// SPDX-License-Identifier: BSD-3-Clause
// Hand-written frames as hexadecimal digits, with what the parser must find: one table for unit test and fuzz corpus.
#pragma once

#include "drop.h"
#include "packet/packet.h"

struct packet_row {
    const char *what;
    const char *hex; // spaces are skipped
    enum jn_link_type link_type;
    uint32_t flags, exceptions;
    uint32_t ip_length;
    uint16_t vlan_tci;
    uint8_t protocol;
    uint16_t source, destination;
};

#define N(name)                         (1u << JN_EXCEPTION_##name)
#define MACS                            "02000000000b 02000000000a "
#define IP4(length, fragment, protocol) "4500" length "0001" fragment "40" protocol "0000 0a800005 c6120001 "
#define IP6(payload, next)                                                                                             \
    "60000000" payload next "40 fd000000000000000000000000000001 fd000000000000000000000000000002 "
#define TCP_HEADER "c0000050 00000001 00000000 5002ffff 00000000 "
#define UDP_HEADER "c0000035 00080000 "
#define PADDING    "000000000000000000000000000000000000000000"
#define TEN_OPTIONS                                                                                                    \
    "3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 "           \
    "3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 "
#define IP    JN_PACKET_IP
#define IPV6  (JN_PACKET_IP | JN_PACKET_IPV6)
#define PORTS JN_PACKET_PORTS
#define E     JN_LINKTYPE_ETHERNET

static const struct packet_row packet_rows[] = {
    {"TCP SYN", MACS "0800" IP4("0028", "0000", "06") TCP_HEADER, E, IP | PORTS | JN_PACKET_TCP, 0, 40, 0xffff, 6,
     49152, 80},
    {"UDP", MACS "0800" IP4("001c", "0000", "11") UDP_HEADER, E, IP | PORTS, 0, 28, 0xffff, 17, 49152, 53},
    {"802.1Q", MACS "8100 0064 0800" IP4("001c", "0000", "11") UDP_HEADER, E, IP | PORTS | JN_PACKET_VLAN, 0, 28, 100,
     17, 49152, 53},
    {"QinQ", MACS "88a8 00c8 8100 0064 0800" IP4("001c", "0000", "11") UDP_HEADER, E, IP | PORTS | JN_PACKET_VLAN, 0,
     28, 200, 17, 49152, 53},
    {"MPLS, two labels", MACS "8847 00010040 00011140" IP4("001c", "0000", "11") UDP_HEADER, E,
     IP | PORTS | JN_PACKET_MPLS, 0, 28, 0xffff, 17, 49152, 53},
    {"MPLS pseudowire", MACS "8847 00011140 00000000", E, JN_PACKET_MPLS, N(MPLS_NOT_IP), 0, 0xffff, 0, 0, 0},
    {"PPPoE session", MACS "8864 1100 0001 001e 0021" IP4("001c", "0000", "11") UDP_HEADER, E,
     IP | PORTS | JN_PACKET_PPPOE, 0, 28, 0xffff, 17, 49152, 53},
    {"PPPoE, compressed protocol", MACS "8864 1100 0001 001d 21" IP4("001c", "0000", "11") UDP_HEADER, E,
     IP | PORTS | JN_PACKET_PPPOE, 0, 28, 0xffff, 17, 49152, 53},
    {"PPPoE, LCP", MACS "8864 1100 0001 0004 c021 0101", E, JN_PACKET_PPPOE, N(NON_IP), 0, 0xffff, 0, 0, 0},
    {"LLC/SNAP", MACS "0024 aaaa03000000 0800" IP4("001c", "0000", "11") UDP_HEADER, E, IP | PORTS, 0, 28, 0xffff, 17,
     49152, 53},
    {"ARP", MACS "0806 0001080006040001", E, 0, N(NON_IP), 0, 0xffff, 0, 0, 0},
    {"five tags", MACS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800", E, JN_PACKET_VLAN, N(TAGS_TOO_DEEP), 0,
     1, 0, 0, 0},
    {"IPv4 with options", MACS "0800 46000020 00010000 40110000 0a800005 c6120001 01010100" UDP_HEADER, E, IP | PORTS,
     0, 32, 0xffff, 17, 49152, 53},
    {"IHL 4", MACS "0800 4400001c 00010000 40110000 0a800005 c6120001", E, 0, N(IP_BAD_IHL), 28, 0xffff, 0, 0, 0},
    {"total length under the header", MACS "0800" IP4("0010", "0000", "11"), E, 0, N(IP_BAD_LENGTH), 16, 0xffff, 0, 0,
     0},
    {"total length beyond the frame", MACS "0800" IP4("05dc", "0000", "11") UDP_HEADER, E, IP | PORTS, N(IP_BAD_LENGTH),
     1500, 0xffff, 17, 49152, 53},
    {"transport only in the padding", MACS "0800" IP4("0014", "0000", "11") UDP_HEADER, E, IP, N(L4_TRUNCATED), 20,
     0xffff, 17, 0, 0},
    {"EtherType and version disagree", MACS "86dd" IP4("001c", "0000", "11") UDP_HEADER, E, 0, N(IP_BAD_VERSION), 0,
     0xffff, 0, 0, 0},
    {"first fragment", MACS "0800" IP4("001c", "2000", "11") UDP_HEADER, E, IP | PORTS | JN_PACKET_FRAGMENT, 0, 28,
     0xffff, 17, 49152, 53},
    {"later fragment", MACS "0800" IP4("001c", "00b9", "11") UDP_HEADER, E,
     IP | JN_PACKET_FRAGMENT | JN_PACKET_LATER_FRAGMENT, 0, 28, 0xffff, 17, 0, 0},
    {"fragment without payload", MACS "0800" IP4("0014", "00b9", "11"), E,
     IP | JN_PACKET_FRAGMENT | JN_PACKET_LATER_FRAGMENT, N(FRAG_ZERO), 20, 0xffff, 17, 0, 0},
    {"echo request", MACS "0800" IP4("001c", "0000", "01") "0800f7ff 00010001", E, IP | PORTS, 0, 28, 0xffff, 1, 8, 0},
    {"echo reply", MACS "0800" IP4("001c", "0000", "01") "0000f7ff 00010001", E, IP | PORTS, 0, 28, 0xffff, 1, 0, 8},
    {"port unreachable", MACS "0800" IP4("001c", "0000", "01") "0303f7ff 00000000", E, IP | PORTS | JN_PACKET_ONE_WAY,
     0, 28, 0xffff, 1, 3, 3},
    {"GRE", MACS "0800" IP4("0018", "0000", "2f") "00000800", E, IP, 0, 24, 0xffff, 47, 0, 0},
    {"SCTP", MACS "0800" IP4("0020", "0000", "84") "c0000050 00000000 00000000", E, IP | PORTS, 0, 32, 0xffff, 132,
     49152, 80},
    {"IPv6 UDP", MACS "86dd" IP6("0008", "11") UDP_HEADER, E, IPV6 | PORTS, 0, 48, 0xffff, 17, 49152, 53},
    {"neighbour solicitation", MACS "86dd" IP6("0008", "3a") "87000000 00000000", E, IPV6 | PORTS, 0, 48, 0xffff, 58,
     135, 136},
    {"hop-by-hop, destination, routing, AH",
     MACS "86dd" IP6(
         "0030",
         "00") "3c00010400000000 2b00010400000000 3300040000000000 1102000000000001 00000001 00000000" UDP_HEADER,
     E, IPV6 | PORTS, 0, 88, 0xffff, 17, 49152, 53},
    {"IPv6 first fragment", MACS "86dd" IP6("0010", "2c") "1100000100000007" UDP_HEADER, E,
     IPV6 | PORTS | JN_PACKET_FRAGMENT, 0, 56, 0xffff, 17, 49152, 53},
    {"IPv6 atomic fragment", MACS "86dd" IP6("0010", "2c") "1100000000000007" UDP_HEADER, E, IPV6 | PORTS, 0, 56,
     0xffff, 17, 49152, 53},
    {"IPv6 later fragment", MACS "86dd" IP6("0010", "2c") "110005c800000007" UDP_HEADER, E,
     IPV6 | JN_PACKET_FRAGMENT | JN_PACKET_LATER_FRAGMENT, 0, 56, 0xffff, 17, 0, 0},
    {"IPv6 first fragment without transport header",
     MACS "86dd" IP6("0010", "2c") "3c00000100000007"
                                   "1100010400000000",
     E, IPV6 | JN_PACKET_FRAGMENT | JN_PACKET_HEADERLESS, N(L4_TRUNCATED), 56, 0xffff, 17, 0, 0},
    {"IPv6 first fragment that ends in its chain",
     MACS "86dd" IP6("0010", "2c") "3c00000100000007"
                                   "1102010400000000",
     E, IPV6 | JN_PACKET_FRAGMENT | JN_PACKET_HEADERLESS, N(EXT_TRUNCATED), 56, 0xffff, 60, 0, 0},
    {"IPv6 first fragment of two bytes of UDP",
     MACS "86dd" IP6("000a", "2c") "1100000100000007"
                                   "c000",
     E, IPV6 | JN_PACKET_FRAGMENT | JN_PACKET_HEADERLESS, N(L4_TRUNCATED), 50, 0xffff, 17, 0, 0},
    {"IPv6 first fragment of eight bytes of TCP",
     MACS "86dd" IP6("0010", "2c") "0600000100000007"
                                   "c000005000000001",
     E, IPV6 | PORTS | JN_PACKET_FRAGMENT, N(L4_TRUNCATED), 56, 0xffff, 6, 49152, 80},
    {"IPv6 first fragment of ESP",
     MACS "86dd" IP6("0010", "2c") "3c00000100000007"
                                   "3200010400000000",
     E, IPV6 | JN_PACKET_FRAGMENT, 0, 56, 0xffff, 50, 0, 0},
    {"IPv6 fragment in a fragment",
     MACS "86dd" IP6("0018", "2c") "2c00000100000007"
                                   "1100000100000008" UDP_HEADER,
     E, IPV6 | JN_PACKET_FRAGMENT | JN_PACKET_HEADERLESS, 0, 64, 0xffff, 44, 0, 0},
    {"IPv6 fragment behind an atomic one",
     MACS "86dd" IP6("0018", "2c") "2c00000000000007"
                                   "1100000100000008" UDP_HEADER,
     E, IPV6 | PORTS | JN_PACKET_FRAGMENT, 0, 64, 0xffff, 17, 49152, 53},
    {"IPv4 first fragment of two bytes", MACS "0800" IP4("0016", "2000", "11") "c000", E,
     IP | JN_PACKET_FRAGMENT | JN_PACKET_HEADERLESS, N(L4_TRUNCATED), 22, 0xffff, 17, 0, 0},
    {"IPv4 first fragment of eight bytes of TCP", MACS "0800" IP4("001c", "2000", "06") "c000005000000001", E,
     IP | PORTS | JN_PACKET_FRAGMENT, N(L4_TRUNCATED), 28, 0xffff, 6, 49152, 80},
    {"twenty extension headers",
     MACS "86dd" IP6("00a8", "3c") TEN_OPTIONS "3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 "
                                               "3c00010400000000 3c00010400000000 3c00010400000000 3c00010400000000 "
                                               "3c00010400000000 1100010400000000" UDP_HEADER,
     E, IPV6 | PORTS, 0, 208, 0xffff, 17, 49152, 53},
    {"extension header beyond the packet", MACS "86dd" IP6("0008", "3c") "1110010400000000", E, IPV6, N(EXT_TRUNCATED),
     48, 0xffff, 60, 0, 0},
    {"jumbogram, as long as its frame", MACS "86dd" IP6("0000", "00") "1100010400000000" UDP_HEADER, E, IPV6 | PORTS, 0,
     56, 0xffff, 17, 49152, 53},
    {"jumbogram cut in its first header", MACS "86dd" IP6("0000", "00"), E, IPV6, N(EXT_TRUNCATED), 40, 0xffff, 0, 0,
     0},
    {"no next header", MACS "86dd" IP6("0000", "3b"), E, IPV6, 0, 40, 0xffff, 59, 0, 0},
    {"raw IPv4", IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_RAW_IP, IP | PORTS, 0, 28, 0xffff, 17, 49152, 53},
    {"raw IPv6", IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_RAW_IP, IPV6 | PORTS, 0, 48, 0xffff, 17, 49152, 53},
    {"cooked v1", "0000 0001 0006 02000000000a 0000 0800" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_COOKED_V1,
     IP | PORTS, 0, 28, 0xffff, 17, 49152, 53},
    {"cooked v2", "0800 0000 00000002 0001 00 06 02000000000a0000" IP4("001c", "0000", "11") UDP_HEADER,
     JN_LINKTYPE_COOKED_V2, IP | PORTS, 0, 28, 0xffff, 17, 49152, 53},
    {"raw IPv4, as 12", "" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_RAW_IP_12, IP | PORTS, 0, 28, 0xffff, 17,
     49152, 53},
    {"raw IPv6, as 14", "" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_RAW_IP_14, IPV6 | PORTS, 0, 48, 0xffff, 17, 49152,
     53},
    {"announced IPv4", "" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_IPV4, IP | PORTS, 0, 28, 0xffff, 17, 49152,
     53},
    {"announced IPv6", "" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_IPV6, IPV6 | PORTS, 0, 48, 0xffff, 17, 49152, 53},
    {"announced IPv4 and is IPv6", IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_IPV4, 0, N(IP_BAD_VERSION), 0, 0xffff, 0,
     0, 0},
    {"loopback, little-endian", "02000000" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_BSD_LOOPBACK, IP | PORTS,
     0, 28, 0xffff, 17, 49152, 53},
    {"loopback, big-endian", "00000002" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_BSD_LOOPBACK, IP | PORTS, 0,
     28, 0xffff, 17, 49152, 53},
    {"loopback, macOS", "1e000000" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_BSD_LOOPBACK, IPV6 | PORTS, 0, 48, 0xffff,
     17, 49152, 53},
    {"loopback, FreeBSD", "1c000000" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_BSD_LOOPBACK, IPV6 | PORTS, 0, 48,
     0xffff, 17, 49152, 53},
    {"loopback, OpenBSD", "00000018" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_OPENBSD_LOOPBACK, IPV6 | PORTS, 0, 48,
     0xffff, 17, 49152, 53},
    {"loopback, Linux", "0a000000" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_BSD_LOOPBACK, IPV6 | PORTS, 0, 48, 0xffff,
     17, 49152, 53},
    {"loopback with an EtherType", "dd860000" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_BSD_LOOPBACK, IPV6 | PORTS, 0,
     48, 0xffff, 17, 49152, 53},
    {"loopback, not IP", "10000000", JN_LINKTYPE_BSD_LOOPBACK, 0, N(NON_IP), 0, 0xffff, 0, 0, 0},
    {"loopback, cut", "020000", JN_LINKTYPE_BSD_LOOPBACK, 0, N(L2_TRUNCATED), 0, 0xffff, 0, 0, 0},
    {"PPP", "0021" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPP, IP | PORTS, 0, 28, 0xffff, 17, 49152, 53},
    {"PPP with address and control", "ff030057" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_PPP, IPV6 | PORTS, 0, 48,
     0xffff, 17, 49152, 53},
    {"PPP, compressed protocol", "21" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPP, IP | PORTS, 0, 28, 0xffff,
     17, 49152, 53},
    {"PPP in HDLC", "ff030021" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPP_HDLC, IP | PORTS, 0, 28, 0xffff,
     17, 49152, 53},
    {"Cisco HDLC as PPP in HDLC", "0f000800" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPP_HDLC, IP | PORTS, 0,
     28, 0xffff, 17, 49152, 53},
    {"MPLS over PPP", "ff03028100010140" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPP,
     IP | PORTS | JN_PACKET_MPLS, 0, 28, 0xffff, 17, 49152, 53},
    {"LCP", "ff03c021 01010004", JN_LINKTYPE_PPP_HDLC, 0, N(NON_IP), 0, 0xffff, 0, 0, 0},
    {"PPP, cut", "ff0300", JN_LINKTYPE_PPP, 0, N(L2_TRUNCATED), 0, 0xffff, 0, 0, 0},
    {"PPP of nothing", "", JN_LINKTYPE_PPP, 0, N(L2_TRUNCATED), 0, 0xffff, 0, 0, 0},
    {"PPPoE without Ethernet", "110000010020 0021" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPPOE,
     IP | PORTS | JN_PACKET_PPPOE, 0, 28, 0xffff, 17, 49152, 53},
    {"Cisco HDLC", "0f000800" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_CISCO_HDLC, IP | PORTS, 0, 28, 0xffff,
     17, 49152, 53},
    {"Cisco HDLC, multicast", "8f0086dd" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_CISCO_HDLC, IPV6 | PORTS, 0, 48,
     0xffff, 17, 49152, 53},
    {"Cisco keepalive", "8f008035 00000002", JN_LINKTYPE_CISCO_HDLC, 0, N(NON_IP), 0, 0xffff, 0, 0, 0},
    {"Cisco HDLC, cut", "0f0008", JN_LINKTYPE_CISCO_HDLC, 0, N(L2_TRUNCATED), 0, 0xffff, 0, 0, 0},
    {"PPP of pppd", "01030021" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPP_PPPD, IP | PORTS, 0, 28, 0xffff,
     17, 49152, 53},
    {"PPP of pppd, direction before all", "00ff030057" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_PPP_PPPD, IPV6 | PORTS,
     0, 48, 0xffff, 17, 49152, 53},
    {"PPP with direction", "00ff030021" IP4("001c", "0000", "11") UDP_HEADER, JN_LINKTYPE_PPP_DIRECTION, IP | PORTS, 0,
     28, 0xffff, 17, 49152, 53},
    {"PPP with direction, short", "0157" IP6("0008", "11") UDP_HEADER, JN_LINKTYPE_PPP_DIRECTION, IPV6 | PORTS, 0, 48,
     0xffff, 17, 49152, 53},
    {"PPP with direction, cut", "00", JN_LINKTYPE_PPP_DIRECTION, 0, N(L2_TRUNCATED), 0, 0xffff, 0, 0, 0},
    // What the short way takes (packet/parse_common.h): long enough for the flags of TCP.
    {"IPv6 of no transport, as long as can be", MACS "86dd" IP6("ffff", "32") PADDING, E, IPV6, N(IP_BAD_LENGTH), 65575,
     0xffff, 50, 0, 0},
    {"common UDP", MACS "0800" IP4("0026", "4000", "11") "c0000035 00120000 00112233445566778899", E, IP | PORTS, 0, 38,
     0xffff, 17, 49152, 53},
    {"common UDP, padded", MACS "0800" IP4("001d", "0000", "11") "c0000035 00090000 00" PADDING, E, IP | PORTS, 0, 29,
     0xffff, 17, 49152, 53},
    {"common TCP, tagged", MACS "8100 e064 0800" IP4("0029", "0000", "06") TCP_HEADER "00", E,
     IP | PORTS | JN_PACKET_TCP | JN_PACKET_VLAN, 0, 41, 0xe064, 6, 49152, 80},
    {"common TCP, tag of all bits", MACS "8100 ffff 0800" IP4("0028", "0000", "06") TCP_HEADER, E,
     IP | PORTS | JN_PACKET_TCP | JN_PACKET_VLAN, 0, 40, 0xefff, 6, 49152, 80},
    {"common IPv6 TCP", MACS "86dd" IP6("0015", "06") TCP_HEADER "00", E, IPV6 | PORTS | JN_PACKET_TCP, 0, 61, 0xffff,
     6, 49152, 80},
    {"common IPv6 UDP, padded", MACS "86dd" IP6("0009", "11") "c0000035 00090000 00" PADDING, E, IPV6 | PORTS, 0, 49,
     0xffff, 17, 49152, 53},
    {"common IPv6 TCP, tagged", MACS "8100 0064 86dd" IP6("0014", "06") TCP_HEADER, E,
     IPV6 | PORTS | JN_PACKET_TCP | JN_PACKET_VLAN, 0, 60, 100, 6, 49152, 80},
    {"nothing", "", E, 0, N(L2_TRUNCATED), 0, 0xffff, 0, 0, 0},
};

#undef N
#undef E
