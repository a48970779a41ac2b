// SPDX-License-Identifier: BSD-3-Clause
#include "protocols.h"

#include <string.h>

#include "applications/applications.h"
#include "applications/port_applications.h"
#include "ends.h"

// Those that can be guessed.
enum {
#define X(e, name, number, breed, ecs) APPLICATION_##e,
    JN_PORT_APPLICATIONS(X)
#undef X
        COUNT
};

static const struct jn_application by_port[COUNT] = {
#define X(e, name, number, breed, ecs) {name, breed, ecs, number},
    JN_PORT_APPLICATIONS(X)
#undef X
};

static const struct jn_application *known[JN_APPLICATION_NUMBERS]; // by number; NULL: nobody has named it
static uint16_t numbers[COUNT];                                    // of those that can be guessed
static bool guesses[256];                                          // by nDPI's confidence: was it by port or address?

struct port_row {
    uint16_t port;
    uint8_t application;
};

static const struct port_row tcp_ports[] = {
    {21, APPLICATION_FTP_CONTROL},  {22, APPLICATION_SSH},        {23, APPLICATION_TELNET},
    {25, APPLICATION_SMTP},         {53, APPLICATION_DNS},        {80, APPLICATION_HTTP},
    {88, APPLICATION_KERBEROS},     {102, APPLICATION_S7COMM},    {110, APPLICATION_POP3},
    {139, APPLICATION_NETBIOS},     {143, APPLICATION_IMAP},      {179, APPLICATION_BGP},
    {389, APPLICATION_LDAP},        {443, APPLICATION_TLS},       {445, APPLICATION_SMB},
    {465, APPLICATION_SMTPS},       {502, APPLICATION_MODBUS},    {514, APPLICATION_SYSLOG},
    {554, APPLICATION_RTSP},        {587, APPLICATION_SMTP},      {601, APPLICATION_SYSLOG},
    {853, APPLICATION_DOH_DOT},     {993, APPLICATION_IMAPS},     {995, APPLICATION_POPS},
    {1194, APPLICATION_OPENVPN},    {1812, APPLICATION_RADIUS},   {1813, APPLICATION_RADIUS},
    {1883, APPLICATION_MQTT},       {2049, APPLICATION_NFS},      {2404, APPLICATION_IEC60870},
    {3128, APPLICATION_HTTP_PROXY}, {3306, APPLICATION_MYSQL},    {3389, APPLICATION_RDP},
    {3478, APPLICATION_STUN},       {3868, APPLICATION_DIAMETER}, {4840, APPLICATION_OPC_UA},
    {5060, APPLICATION_SIP},        {5061, APPLICATION_SIP},      {5355, APPLICATION_LLMNR},
    {5432, APPLICATION_POSTGRESQL}, {5671, APPLICATION_AMQP},     {5672, APPLICATION_AMQP},
    {5683, APPLICATION_COAP},       {5684, APPLICATION_COAP},     {5900, APPLICATION_VNC},
    {5901, APPLICATION_VNC},        {6514, APPLICATION_SYSLOG},   {8080, APPLICATION_HTTP_PROXY},
    {8883, APPLICATION_MQTT},       {20000, APPLICATION_DNP3},    {44818, APPLICATION_ETHERNET_IP},
};

static const struct port_row udp_ports[] = {
    {53, APPLICATION_DNS},          {67, APPLICATION_DHCP},           {68, APPLICATION_DHCP},
    {69, APPLICATION_TFTP},         {88, APPLICATION_KERBEROS},       {123, APPLICATION_NTP},
    {137, APPLICATION_NETBIOS},     {138, APPLICATION_NETBIOS},       {161, APPLICATION_SNMP},
    {162, APPLICATION_SNMP},        {389, APPLICATION_LDAP},          {443, APPLICATION_QUIC},
    {500, APPLICATION_IPSEC},       {514, APPLICATION_SYSLOG},        {546, APPLICATION_DHCPV6},
    {547, APPLICATION_DHCPV6},      {554, APPLICATION_RTSP},          {784, APPLICATION_DOH_DOT},
    {853, APPLICATION_DOH_DOT},     {1194, APPLICATION_OPENVPN},      {1812, APPLICATION_RADIUS},
    {1813, APPLICATION_RADIUS},     {1900, APPLICATION_SSDP},         {1985, APPLICATION_HSRP},
    {2029, APPLICATION_HSRP},       {2049, APPLICATION_NFS},          {2123, APPLICATION_GTP},
    {2152, APPLICATION_GTP},        {3386, APPLICATION_GTP},          {3389, APPLICATION_RDP},
    {3478, APPLICATION_STUN},       {4500, APPLICATION_IPSEC},        {4789, APPLICATION_VXLAN},
    {5060, APPLICATION_SIP},        {5061, APPLICATION_SIP},          {5353, APPLICATION_MDNS},
    {5355, APPLICATION_LLMNR},      {5683, APPLICATION_COAP},         {5684, APPLICATION_COAP},
    {20000, APPLICATION_DNP3},      {44818, APPLICATION_ETHERNET_IP}, {47808, APPLICATION_BACNET},
    {51820, APPLICATION_WIREGUARD},
};

// What an IP protocol is called, and which application it is by itself.
static const struct {
    const char *name, *transport;
    uint8_t application;
} ip_protocols[256] = {
    [JN_IP_ICMP] = {"ICMP", "icmp", APPLICATION_ICMP},
    [JN_IP_IGMP] = {"IGMP", "igmp", APPLICATION_IGMP},
    [JN_IP_IPIP] = {"IPIP", "ipv4", APPLICATION_IP_IN_IP},
    [JN_IP_TCP] = {"TCP", "tcp", APPLICATION_UNKNOWN},
    [8] = {"EGP", "egp", APPLICATION_EGP},
    [JN_IP_UDP] = {"UDP", "udp", APPLICATION_UNKNOWN},
    [JN_IP_IPV6] = {"IPV6", "ipv6", APPLICATION_UNKNOWN},
    [46] = {"RSVP", "rsvp", APPLICATION_UNKNOWN},
    [47] = {"GRE", "gre", APPLICATION_GRE},
    [50] = {"ESP", "esp", APPLICATION_IPSEC},
    [51] = {"AH", "ah", APPLICATION_IPSEC},
    [JN_IP_ICMPV6] = {"ICMPV6", "ipv6-icmp", APPLICATION_ICMPV6},
    [88] = {"EIGRP", "eigrp", APPLICATION_UNKNOWN},
    [89] = {"OSPF", "ospfigp", APPLICATION_OSPF},
    [103] = {"PIM", "pim", APPLICATION_IP_PIM},
    [112] = {"VRRP", "vrrp", APPLICATION_VRRP},
    [113] = {"PGM", "pgm", APPLICATION_IP_PGM},
    [115] = {"L2TP", "l2tp", APPLICATION_UNKNOWN},
    [JN_IP_SCTP] = {"SCTP", "sctp", APPLICATION_SCTP},
    [JN_IP_UDP_LITE] = {"UDPLITE", "udplite", APPLICATION_UNKNOWN},
    [137] = {"MPLS-in-IP", "mpls-in-ip", APPLICATION_UNKNOWN},
};

static uint8_t by_tcp_port[65536], by_udp_port[65536];

// What can be guessed has its number in this nDPI, whose name may be written otherwise, or one that this nDPI has for nothing.
static void
name_applications(void) {
    for (unsigned int i = 0; i < jn_application_count(); i++) {
        const struct jn_application *application = jn_application_at(i);
        if (application->number < JN_APPLICATION_NUMBERS)
            known[application->number] = application;
    }
    for (unsigned int i = 0; i < COUNT; i++) {
        int number = jn_application_find(by_port[i].name);
        numbers[i] = number >= 0 && number < (int)JN_APPLICATION_NUMBERS ? (uint16_t)number : by_port[i].number;
        if (number < 0)
            known[numbers[i]] = &by_port[i];
    }
}

void
protocols_init(void) {
    static const char by_port_or_address[] = "Match by ";
    name_applications();
    for (unsigned int i = 0; i < 256; i++) {
        const char *confidence = jn_confidence_name(i);
        guesses[i] = confidence != NULL && strncmp(confidence, by_port_or_address, sizeof(by_port_or_address) - 1) == 0;
    }
    for (size_t i = 0; i < sizeof(tcp_ports) / sizeof(tcp_ports[0]); i++)
        by_tcp_port[tcp_ports[i].port] = tcp_ports[i].application;
    for (size_t i = 0; i < sizeof(udp_ports) / sizeof(udp_ports[0]); i++)
        by_udp_port[udp_ports[i].port] = udp_ports[i].application;
}

uint16_t
protocols_guess(uint8_t protocol, uint16_t responder_port, uint16_t initiator_port) {
    if (protocol != JN_IP_TCP && protocol != JN_IP_UDP)
        return numbers[ip_protocols[protocol].application];
    const uint8_t *ports = protocol == JN_IP_TCP ? by_tcp_port : by_udp_port;
    // The first packet seen may be an answer, when the flow is older than our knowledge of it.
    unsigned int guess = ports[responder_port];
    return numbers[guess != APPLICATION_UNKNOWN ? guess : ports[initiator_port]];
}

struct application
protocols_application(const struct jn_record_flow *flow) {
    enum jn_application_phase phase = jn_application_phase(flow->flags);
    struct application a = {flow->application, flow->application_master, false};
    // What was looked for, and not found, is Unknown, whatever the port is for.
    if (a.number == JN_APPLICATION_NONE && phase < JN_APPLICATION_UNKNOWN_PHASE) {
        unsigned int initiator = flow_initiator(flow->flags);
        a = (struct application){protocols_guess(flow->protocol, flow->port[!initiator], flow->port[initiator]), 0,
                                 false};
    }
    a.number = a.number < JN_APPLICATION_NUMBERS ? a.number : 0;
    a.master = a.master < JN_APPLICATION_NUMBERS ? a.master : 0;
    a.guessed = a.number != 0 && (phase != JN_APPLICATION_DECIDED_PHASE || guesses[flow->application_confidence]);
    return a;
}

const char *
protocols_name(uint16_t number) {
    return known[number] != NULL ? known[number]->name : known[0]->name;
}

const char *
protocols_breed(uint16_t number) {
    return known[number] != NULL ? known[number]->breed : known[0]->breed;
}

const char *
protocols_word(uint16_t number, uint8_t protocol) {
    bool has_ports = protocol == JN_IP_TCP || protocol == JN_IP_UDP;
    if (number == 0 || known[number] == NULL || (!has_ports && number == numbers[ip_protocols[protocol].application]))
        return NULL;
    return known[number]->protocol;
}

const char *
protocols_ip_name(uint8_t protocol) {
    return ip_protocols[protocol].name;
}

const char *
protocols_transport(uint8_t protocol) {
    return ip_protocols[protocol].transport;
}
