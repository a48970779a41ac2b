// SPDX-License-Identifier: BSD-3-Clause
// The underlay and mirroring peers: what is refused, sentence by sentence.
#include "config_errors.h"
#include "test.h"

// The tunnel port's settings from line 3 on.
#define UNDERLAY(text)                                                                                                 \
    PORT_LIST("{'name':'a0','device':'d'},{'name':'n0','device':'e'},{'name':'m0','device':'g',"                       \
              "'addresses':['198.18.8.1/24']},{'name':'t0','device':'f',\n" text "}")
#define OWN            "'addresses':['198.18.0.1/24','fd00:18::1/64'],\n"
#define ROUTE(to, via) UNDERLAY(OWN "'routes':[{'to':'" to "','via':'" via "'}]")
#define AT             "dataplane.ports[3]."
#define HOST           "expected the address of a host, found "

static const struct error underlays[] = {
    {UNDERLAY("'addresses':['198.18.0.1']"), AT "addresses[0]: expected an address with its prefix length such as "
                                                "198.18.0.1/24, found \"198.18.0.1\" (line 3)"},
    {UNDERLAY("'addresses':['198.18.0.0/24',\n'198.18.1.255/24','224.0.0.1/24','127.0.0.1/8','0.0.0.0/0',"
              "'255.255.255.255/32','::1/128','ff02::1/64','::/0','fd00::/64','::ffff:198.18.0.1/128','240.0.0.1/4']"),
     AT "addresses[0]: " HOST "198.18.0.0/24 (network address) (line 3)\n" AT "addresses[1]: " HOST
        "198.18.1.255/24 (broadcast) (line 4)\n" AT "addresses[2]: " HOST "224.0.0.1/24 (multicast) (line 4)\n" AT
        "addresses[3]: " HOST "127.0.0.1/8 (loopback) (line 4)\n" AT "addresses[4]: " HOST
        "0.0.0.0/0 (unspecified) (line 4)\n" AT "addresses[5]: " HOST "255.255.255.255 (broadcast) (line 4)\n" AT
        "addresses[6]: " HOST "::1 (loopback) (line 4)\n" AT "addresses[7]: " HOST
        "ff02::1/64 (multicast) (line 4)\n" AT "addresses[8]: " HOST "::/0 (unspecified) (line 4)\n" AT
        "addresses[9]: " HOST "fd00::/64 (subnet-router anycast) (line 4)\n" AT "addresses[10]: " HOST
        "::ffff:198.18.0.1 (IPv4-mapped) (line 4)\n" AT "addresses[11]: " HOST "240.0.0.1/4 (reserved) (line 4)"},
    {UNDERLAY("'addresses':['198.18.0.1/24',\n'198.18.0.2/24']"),
     AT "addresses[1]: 198.18.0.2/24 overlaps 198.18.0.1/24 of port \"t0\" (line 4)"},
    {UNDERLAY("'addresses':['198.18.1.1/16']"),
     AT "addresses[0]: 198.18.1.1/16 overlaps 198.18.8.1/24 of port \"m0\" (line 3)"},
    {UNDERLAY("'vlan':0"), AT "vlan: expected 1 to 4094, found 0 (line 3)"},
    {UNDERLAY("'vlan':4095"), AT "vlan: expected 1 to 4094, found 4095 (line 3)"},
    {PORT_LIST("{'name':'a0','device':'d',\n'addresses':['198.18.0.1/24']},{'name':'n0','device':'e'}"),
     "dataplane.ports[0].addresses: port \"a0\" is the access port of wire \"w\": the underlay is not on that side "
     "(line 3)"},
    {UNDERLAY("'routes':[{'to':'0.0.0.0/0','via':'gw'},{}]"),
     AT "routes[0].via: expected an IPv4 or IPv6 address, found \"gw\" (line 3)\n" AT
        "routes[1].to: missing (line 3)\n" AT "routes[1].via: missing (line 3)"},
    {ROUTE("198.19.0.1/16", "198.18.0.9"),
     AT "routes[0].to: expected \"198.19.0.0/16\" (host bits zero), found \"198.19.0.1/16\" (line 4)"},
    {ROUTE("198.19.0.0/16", "198.18.1.9"), AT "routes[0].via: 198.18.1.9 is in no subnet of port \"t0\" (line 4)"},
    {ROUTE("198.19.0.0/16", "198.18.8.9"), AT "routes[0].via: 198.18.8.9 is in no subnet of port \"t0\" (line 4)"},
    {ROUTE("fd00:19::/32", "198.18.0.9"),
     AT "routes[0].via: expected an IPv6 address as of \"to\", found IPv4 (line 4)"},
    {ROUTE("0.0.0.0/0", "198.18.0.1"),
     AT "routes[0].via: 198.18.0.1 is Junction's own address on port \"t0\" (line 4)"},
    {ROUTE("0.0.0.0/0", "198.18.0.255"),
     AT "routes[0].via: " HOST "198.18.0.255 (broadcast of 198.18.0.1/24) (line 4)"},
    {ROUTE("::/0", "fd00:18::"),
     AT "routes[0].via: " HOST "fd00:18:: (subnet-router anycast of fd00:18::1/64) (line 4)"},
    {UNDERLAY(OWN "'routes':[{'to':'::/0','via':'fd00:18::9'},\n{'to':'0::/0','via':'fd00:18::8'}]"),
     AT "routes[1].to: ::/0 has a route already, on port \"t0\" (line 5)"},
};

#define PEERS(text)   TUNNEL_VPGS("{'id':'v','mirroring':{'peers':[\n" text "]}}")
#define PEER(text)    PEERS("{'address':'198.18.0.10'," text "}")
#define ADDRESS(text) PEERS("{'address':'" text "'}")
#define P0            "vpgs[0].mirroring.peers[0]."
#define P1            "vpgs[0].mirroring.peers[1]."

static const struct error peers[] = {
    {PEERS("{'address':'198.18.0.2'},{'address':'198.18.0.3'},{}"),
     "vpgs[0].mirroring.peers: at most 2, found 3 (line 2)\nvpgs[0].mirroring.peers[2].address: missing (line 3)"},
    {PEERS("{'address':'fd00:18::2'},\n{'address':'fd00:18:0::2','encapsulation':'vxlan','session':1}"), P1
     "address: fd00:18::2 is already a peer of this VPG (line 4)\n" P1
     "encapsulation: expected \"gretap\", \"gre\", \"erspan2\", \"erspan3\" or \"erspan\", found \"vxlan\" (line 4)"},
    {PEERS("{'address':'198.18.0.2'},\n{'address':'198.18.0.2','enabled':false}"),
     P1 "address: 198.18.0.2 is already a peer of this VPG (line 4)"},
    {PEERS("7"), "vpgs[0].mirroring.peers[0]: expected an object, found 7 (line 3)"},
    {PEER("'colour':1"), "vpgs[0].mirroring.peers[0]: unknown key \"colour\" (line 3)"},
    {ADDRESS("198.18.0.300"), P0 "address: expected an IPv4 or IPv6 address, found \"198.18.0.300\" (line 3)"},
    {ADDRESS("198.18.0.1"), P0 "address: 198.18.0.1 is Junction's own address on port \"t0\" (line 3)"},
    {ADDRESS("fd00:18::1"), P0 "address: fd00:18::1 is Junction's own address on port \"t0\" (line 3)"},
    {ADDRESS("198.18.0.255"), P0 "address: " HOST "198.18.0.255 (broadcast of 198.18.0.1/24) (line 3)"},
    {ADDRESS("198.18.0.0"), P0 "address: " HOST "198.18.0.0 (network address of 198.18.0.1/24) (line 3)"},
    {ADDRESS("fd00:18::"), P0 "address: " HOST "fd00:18:: (subnet-router anycast of fd00:18::1/64) (line 3)"},
    {ADDRESS("239.1.1.1"), P0 "address: " HOST "239.1.1.1 (multicast) (line 3)"},
    {ADDRESS("ff02::1"), P0 "address: " HOST "ff02::1 (multicast) (line 3)"},
    {ADDRESS("255.255.255.255"), P0 "address: " HOST "255.255.255.255 (broadcast) (line 3)"},
    {ADDRESS("0.0.0.0"), P0 "address: " HOST "0.0.0.0 (unspecified) (line 3)"},
    {ADDRESS("::"), P0 "address: " HOST ":: (unspecified) (line 3)"},
    {ADDRESS("127.0.0.1"), P0 "address: " HOST "127.0.0.1 (loopback) (line 3)"},
    {ADDRESS("::ffff:198.18.0.9"), P0 "address: " HOST "::ffff:198.18.0.9 (IPv4-mapped) (line 3)"},
    {ADDRESS("198.20.0.9"), P0 "address: no route to 198.20.0.9: neither a subnet nor a route of dataplane.ports "
                               "leads there (line 3)"},
    {ADDRESS("fd00:19::9"), P0 "address: no route to fd00:19::9: neither a subnet nor a route of dataplane.ports "
                               "leads there (line 3)"},
    {VPGS("{'id':'v','mirroring':{'peers':[{'address':'198.18.0.9','enabled':false}]}}"),
     P0 "address: no route to 198.18.0.9: neither a subnet nor a route of dataplane.ports leads there (line 2)"},
    {PEER("'key':4294967296,\n'sequence':1,'ttl':0,'dscp':64,'snap_length':65536,'sample_packets':0,"
          "'sample_flows':1000001,'rate_mbps':0,'direction':'up','too_long':'wrap'"),
     P0 "key: expected 0 to 4294967295, found 4294967296 (line 3)\n" P0
        "sequence: expected true or false, found 1 (line 4)\n" P0 "ttl: expected 1 to 255, found 0 (line 4)\n" P0
        "dscp: expected 0 to 63, found 64 (line 4)\n" P0 "snap_length: expected 0 to 65535, found 65536 (line 4)\n" P0
        "sample_packets: expected 1 to 1000000, found 0 (line 4)\n" P0
        "sample_flows: expected 1 to 1000000, found 1000001 (line 4)\n" P0
        "rate_mbps: expected 1 to 400000, found 0 (line 4)\n" P0
        "direction: expected \"both\", \"uplink\" or \"downlink\", found \"up\" (line 4)\n" P0
        "too_long: expected \"cut\", \"fragment\" or \"drop\", found \"wrap\" (line 4)"},
    {PEER("'snap_length':63"), P0 "snap_length: expected 0, or 64 to 65535, found 63 (line 3)"},
    {PEER("'rate_mbps':400001"), P0 "rate_mbps: expected 1 to 400000, found 400001 (line 3)"},
    {PEER("'encapsulation':'erspan','session':1024"), P0 "session: expected 0 to 1023, found 1024 (line 3)"},
    {PEER("'session':0"), P0 "session: not an option of gretap: only ERSPAN has sessions (line 3)"},
    {PEER("'encapsulation':'gre','session':5"), P0 "session: not an option of gre: only ERSPAN has sessions (line 3)"},
    {PEER("'encapsulation':'erspan','key':0,\n'sequence':false"),
     P0 "key: not an option of erspan2 (line 3)\n" P0
        "sequence: not an option of erspan2, which always has sequence numbers (line 4)"},
    {PEER("'encapsulation':'erspan3','key':1"), P0 "key: not an option of erspan3 (line 3)"},
    {"{'vpgs':[{'id':'v','mirroring':{'peers':[{'address':'198.18.0.9'}]}}],'dataplane':{'ports':["
     "{'name':'a0','device':'d','addresses':['198.18.0.0/24']},{'name':'n0','device':'e'}],'wires':[]}}",
     "dataplane.ports[0].addresses[0]: " HOST "198.18.0.0/24 (network address) (line 1)\n"
     "dataplane.wires: at least 1, found 0 (line 1)"}, // what is reached is not known, so nothing is said of the peer
};

static void
test_underlay(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(underlays) / sizeof(underlays[0]); i++)
        expect_errors(&underlays[i], false);
}

static void
test_peers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
        expect_errors(&peers[i], false);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_underlay),
        cmocka_unit_test(test_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
