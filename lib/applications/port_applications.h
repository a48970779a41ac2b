// SPDX-License-Identifier: BSD-3-Clause
// Applications that can be guessed by protocol and port. Names, numbers and breeds are nDPI's.
#pragma once

// X(ID, name, number, breed, ECS network.protocol)
#define JN_PORT_APPLICATIONS(X)                                                                                        \
    X(UNKNOWN, "Unknown", 0, "Unrated", NULL)                                                                          \
    X(FTP_CONTROL, "FTP_CONTROL", 1, "Unsafe", "ftp")                                                                  \
    X(POP3, "POP3", 2, "Unsafe", "pop3")                                                                               \
    X(SMTP, "SMTP", 3, "Acceptable", "smtp")                                                                           \
    X(IMAP, "IMAP", 4, "Unsafe", "imap")                                                                               \
    X(DNS, "DNS", 5, "Acceptable", "dns")                                                                              \
    X(HTTP, "HTTP", 7, "Acceptable", "http")                                                                           \
    X(MDNS, "MDNS", 8, "Acceptable", "mdns")                                                                           \
    X(NTP, "NTP", 9, "Acceptable", "ntp")                                                                              \
    X(NETBIOS, "NetBIOS", 10, "Acceptable", "netbios")                                                                 \
    X(NFS, "NFS", 11, "Acceptable", "nfs")                                                                             \
    X(SSDP, "SSDP", 12, "Acceptable", "ssdp")                                                                          \
    X(BGP, "BGP", 13, "Acceptable", "bgp")                                                                             \
    X(SNMP, "SNMP", 14, "Acceptable", "snmp")                                                                          \
    X(SYSLOG, "Syslog", 17, "Acceptable", "syslog")                                                                    \
    X(DHCP, "DHCP", 18, "Acceptable", "dhcp")                                                                          \
    X(POSTGRESQL, "PostgreSQL", 19, "Acceptable", "postgresql")                                                        \
    X(MYSQL, "MySQL", 20, "Acceptable", "mysql")                                                                       \
    X(POPS, "POPS", 23, "Safe", "pop3s")                                                                               \
    X(COAP, "COAP", 27, "Safe", "coap")                                                                                \
    X(SMTPS, "SMTPS", 29, "Safe", "smtps")                                                                             \
    X(SMB, "SMBv23", 41, "Acceptable", "smb")                                                                          \
    X(MODBUS, "Modbus", 44, "Acceptable", "modbus")                                                                    \
    X(RTSP, "RTSP", 50, "Fun", "rtsp")                                                                                 \
    X(IMAPS, "IMAPS", 51, "Safe", "imaps")                                                                             \
    X(VXLAN, "VXLAN", 64, "Acceptable", "vxlan")                                                                       \
    X(VRRP, "VRRP", 73, "Acceptable", NULL)                                                                            \
    X(TELNET, "Telnet", 77, "Unsafe", "telnet")                                                                        \
    X(STUN, "STUN", 78, "Acceptable", "stun")                                                                          \
    X(IPSEC, "IPSec", 79, "Safe", "ipsec")                                                                             \
    X(GRE, "GRE", 80, "Acceptable", NULL)                                                                              \
    X(ICMP, "ICMP", 81, "Acceptable", NULL)                                                                            \
    X(IGMP, "IGMP", 82, "Acceptable", NULL)                                                                            \
    X(EGP, "EGP", 83, "Acceptable", NULL)                                                                              \
    X(SCTP, "SCTP", 84, "Acceptable", NULL)                                                                            \
    X(OSPF, "OSPF", 85, "Acceptable", NULL)                                                                            \
    X(IP_IN_IP, "IP_in_IP", 86, "Acceptable", NULL)                                                                    \
    X(RDP, "RDP", 88, "Acceptable", "rdp")                                                                             \
    X(VNC, "VNC", 89, "Acceptable", "vnc")                                                                             \
    X(TLS, "TLS", 91, "Safe", "tls")                                                                                   \
    X(SSH, "SSH", 92, "Acceptable", "ssh")                                                                             \
    X(TFTP, "TFTP", 96, "Acceptable", "tftp")                                                                          \
    X(SIP, "SIP", 100, "Acceptable", "sip")                                                                            \
    X(ICMPV6, "ICMPV6", 102, "Acceptable", NULL)                                                                       \
    X(DHCPV6, "DHCPV6", 103, "Acceptable", "dhcpv6")                                                                   \
    X(KERBEROS, "Kerberos", 111, "Acceptable", "kerberos")                                                             \
    X(LDAP, "LDAP", 112, "Acceptable", "ldap")                                                                         \
    X(HTTP_PROXY, "HTTP_Proxy", 131, "Acceptable", "http")                                                             \
    X(RADIUS, "Radius", 146, "Acceptable", "radius")                                                                   \
    X(GTP, "GTP", 152, "Acceptable", "gtp")                                                                            \
    X(HSRP, "HSRP", 282, "Acceptable", "hsrp")                                                                         \
    X(LLMNR, "LLMNR", 154, "Acceptable", "llmnr")                                                                      \
    X(OPENVPN, "OpenVPN", 159, "Acceptable", "openvpn")                                                                \
    X(QUIC, "QUIC", 188, "Acceptable", "quic")                                                                         \
    X(AMQP, "AMQP", 192, "Acceptable", "amqp")                                                                         \
    X(DOH_DOT, "DoH_DoT", 196, "Acceptable", "dns")                                                                    \
    X(WIREGUARD, "WireGuard", 206, "Acceptable", "wireguard")                                                          \
    X(MQTT, "MQTT", 222, "Acceptable", "mqtt")                                                                         \
    X(DIAMETER, "Diameter", 237, "Acceptable", "diameter")                                                             \
    X(DNP3, "DNP3", 244, "Acceptable", "dnp3")                                                                         \
    X(IEC60870, "IEC60870", 245, "Acceptable", "iec60870")                                                             \
    X(S7COMM, "S7Comm", 249, "Acceptable", "s7comm")                                                                   \
    X(ETHERNET_IP, "EthernetIP", 278, "Acceptable", "enip")                                                            \
    X(IP_PGM, "PGM", 296, "Acceptable", NULL)                                                                          \
    X(IP_PIM, "IP_PIM", 297, "Acceptable", NULL)                                                                       \
    X(BACNET, "BACnet", 334, "Safe", "bacnet")                                                                         \
    X(OPC_UA, "OPC-UA", 360, "Acceptable", "opcua")
