// SPDX-License-Identifier: BSD-3-Clause
// The virtual L2 network and redirection: what is accepted, and what is refused, sentence by sentence.
#include "config/config_load.h"
#include "config_errors.h"
#include "test.h"

#define HOST       "expected the address of a host, found "
#define G          "vpgs[0].gate."
#define R          "vpgs[0].redirection."
#define DEVICES    "'device_subnets':['10.128.0.0/10','fd00:10::/32']"
#define OWN        "'address':'10.254.0.1/16','address_ipv6':'fd00:254::1/64'"
#define VPG(text)  TUNNEL_VPGS("{'id':'v'," DEVICES ",\n" text "}")
#define GATE(text) VPG("'gate':{" text "}")

// A gate's addresses on line 3, its peers from line 4 on.
#define PEERS(text) GATE(OWN ",'peers':[\n" text "]")
#define PEER(text)  PEERS("{'outer':'198.18.0.20'," text "}")
#define INNER(text) PEER("'inner':'" text "'")
#define OUTER(text) PEERS("{'outer':'" text "','inner':'10.254.0.2'}")
#define P0          G "peers[0]."
#define P1          G "peers[1]."
#define TWO                                                                                                            \
    "{'outer':'198.18.0.20','inner':'10.254.0.2','inner_ipv6':'fd00:254::2'},{'outer':'198.18.0.21','inner':'10.254."  \
    "0.3'}"
#define REDIRECT(text) VPG("'gate':{" OWN ",'peers':[" TWO "]},'redirection':{\n" text "}")

static const struct error gates[] = {
    {GATE("'vni':7"), G "address: missing (line 3)"},
    {GATE("'address':'10.254.0.1/16','vni':0"), G "vni: expected 1 to 16777215, found 0 (line 3)"},
    {GATE("'address':'10.254.0.1/16','vni':16777216"), G "vni: expected 1 to 16777215, found 16777216 (line 3)"},
    {GATE("'address':'10.254.0.0/16'"), G "address: " HOST "10.254.0.0/16 (network address) (line 3)"},
    {GATE("'address':'10.254.255.255/16'"), G "address: " HOST "10.254.255.255/16 (broadcast) (line 3)"},
    {GATE("'address':'224.0.0.1/16'"), G "address: " HOST "224.0.0.1/16 (multicast) (line 3)"},
    {GATE("'address':'127.0.0.1/8'"), G "address: " HOST "127.0.0.1/8 (loopback) (line 3)"},
    {GATE("'address':'fd00:254::/64'"), G "address: " HOST "fd00:254::/64 (subnet-router anycast) (line 3)"},
    {GATE("'address':'10.254.0.1/32'"),
     G "address: expected a subnet of length 1 to 31 that peers can be in, found /32 (line 3)"},
    {GATE("'address':'10.254.0.1/0'"),
     G "address: expected a subnet of length 1 to 31 that peers can be in, found /0 (line 3)"},
    {GATE("'address':'fd00:254::1/128'"),
     G "address: expected a subnet of length 1 to 127 that peers can be in, found /128 (line 3)"},
    {GATE("'address':'10.129.0.1/10'"),
     G "address: 10.129.0.1/10 holds 10.128.0.0/10 (vpgs[0].device_subnets[0]): an address is a device's or on the "
       "virtual network (line 3)"},
    {GATE("'address':'10.254.0.1/8'"),
     G "address: 10.254.0.1/8 holds 10.128.0.0/10 (vpgs[0].device_subnets[0]): an address is a device's or on the "
       "virtual network (line 3)"},
    {GATE("'address':'10.254.0.1/16',\n'address_ipv6':'fd00:10::1/31'"),
     G "address_ipv6: fd00:10::1/31 holds fd00:10::/32 (vpgs[0].device_subnets[1]): an address is a device's or on "
       "the virtual network (line 4)"},
    {GATE("'address':'10.254.0.1/16',\n'address_ipv6':'10.253.0.1/16'"),
     G "address_ipv6: expected an IPv6 address, found IPv4 (line 4)"},
    {GATE("'address':'fd00:254::1/64',\n'address_ipv6':'fd00:253::1/64'"),
     G "address_ipv6: \"address\" is of IPv6 already (line 4)"},
    {GATE(OWN ",\n'mac':'02-00-00-00-00-01'"),
     G "mac: expected the MAC address of a host such as 02:00:5e:10:00:01, found \"02-00-00-00-00-01\" (line 4)"},
    {GATE(OWN ",'mac':'03:00:00:00:00:01'"),
     G "mac: expected the MAC address of a host such as 02:00:5e:10:00:01, found \"03:00:00:00:00:01\" (line 3)"},
    {GATE(OWN ",'mac':'00:00:00:00:00:00'"),
     G "mac: expected the MAC address of a host such as 02:00:5e:10:00:01, found \"00:00:00:00:00:00\" (line 3)"},
    {GATE(OWN ",'mac':'02:00:00:00:00:01:02'"),
     G "mac: expected the MAC address of a host such as 02:00:5e:10:00:01, found \"02:00:00:00:00:01:02\" (line 3)"},
    {GATE(OWN ",'mac':1"), G "mac: expected the MAC address of a host such as 02:00:5e:10:00:01, found 1 (line 3)"},
    {GATE(OWN ",'source_port':4789,\n'ttl':0,'dscp':64,'privacy_separator':1"),
     G "source_port: expected \"flow\" or \"fixed\", found 4789 (line 3)\n" G
       "ttl: expected 1 to 255, found 0 (line 4)\n" G "dscp: expected 0 to 63, found 64 (line 4)\n" G
       "privacy_separator: expected true or false, found 1 (line 4)"},
    {TUNNEL_VPGS("{'id':'v',\n'gate':{'address':'10.254.0.1/16'}}"),
     "vpgs[0].gate: an open gate needs the VPG's device_subnets: what comes from the virtual network leaves by the "
     "side "
     "of its destination (line 3)"},
};

static const struct error peers[] = {
    {PEERS("{'inner':'10.254.0.2'},{'outer':'198.18.0.21'}"),
     P0 "outer: missing (line 4)\n" P1 "inner: missing (line 4)"},
    {OUTER("198.18.0.1"), P0 "outer: 198.18.0.1 is Junction's own address on port \"t0\" (line 4)"},
    {OUTER("198.18.0.255"), P0 "outer: " HOST "198.18.0.255 (broadcast of 198.18.0.1/24) (line 4)"},
    {OUTER("239.1.1.1"), P0 "outer: " HOST "239.1.1.1 (multicast) (line 4)"},
    {OUTER("198.20.0.9"), P0 "outer: no route to 198.20.0.9: neither a subnet nor a route of dataplane.ports leads "
                             "there (line 4)"},
    {PEERS("{'outer':'fd00:18::9','inner':'10.254.0.2'},\n{'outer':'fd00:18:0::9','inner':'10.254.0.3'}"),
     P1 "outer: fd00:18::9 is already a peer of this gate (line 5)"},
    {INNER("10.254.0.1"), P0 "inner: 10.254.0.1 is Junction's own address on the virtual network (line 4)"},
    {INNER("fd00:254::1"), P0 "inner: fd00:254::1 is Junction's own address on the virtual network (line 4)"},
    {INNER("10.254.255.255"), P0 "inner: " HOST "10.254.255.255 (broadcast) (line 4)"},
    {INNER("10.254.0.0"), P0 "inner: " HOST "10.254.0.0 (network address) (line 4)"},
    {INNER("fd00:254::"), P0 "inner: " HOST "fd00:254:: (subnet-router anycast) (line 4)"},
    {INNER("224.0.0.1"), P0 "inner: " HOST "224.0.0.1 (multicast) (line 4)"},
    {INNER("10.253.0.2"), P0 "inner: 10.253.0.2 is outside the gate's subnet, that of 10.254.0.1/16 (line 4)"},
    {INNER("fd00:253::2"), P0 "inner: fd00:253::2 is outside the gate's subnet, that of fd00:254::1/64 (line 4)"},
    {GATE("'address':'10.254.0.1/16','peers':[{'outer':'198.18.0.20',\n'inner':'fd00:254::2'}]"),
     P0 "inner: fd00:254::2: the gate has no IPv6 address (line 4)"},
    {PEER("'inner':'10.254.0.2',\n'inner_ipv6':'10.254.0.3'"),
     P0 "inner_ipv6: expected an IPv6 address, found IPv4 (line 5)"},
    {PEER("'inner':'fd00:254::2',\n'inner_ipv6':'fd00:254::3'"),
     P0 "inner_ipv6: \"inner\" is of IPv6 already (line 5)"},
    {PEERS("{'outer':'198.18.0.20','inner':'10.254.0.2'},\n{'outer':'198.18.0.21','inner':'10.254.0.2'}"),
     P1 "inner: 10.254.0.2 is already the inner address of gate.peers[0] (line 5)"},
    {PEER("'inner':'10.254.0.2','colour':1"), G "peers[0]: unknown key \"colour\" (line 4)"},
    // The own address is an error: what is in its subnet is not known.
    {GATE("'address':'10.254.0.0/16','peers':[{'outer':'198.18.0.20','inner':'10.253.0.2'}]"),
     G "address: " HOST "10.254.0.0/16 (network address) (line 3)"},
};

#define OTHER(id, vlan, outer)                                                                                         \
    "{'id':'" id "','vlan':" vlan "," DEVICES ",'gate':{'enabled':%s,'vni':%d,'address':'10.254.0.1/16','peers':["     \
    "{'outer':'" outer "','inner':'10.254.0.2'},{'outer':'198.18.0.20','inner':'10.254.0.3'}]}}"

static const struct error redirections[] = {
    {VPG("'redirection':{'gateway':'10.254.0.2'}"),
     "vpgs[0].redirection: redirection needs an open gate, and the gate of this VPG is closed (line 3)"},
    {VPG("'gate':{'enabled':false," OWN ",'peers':[" TWO "]},\n'redirection':{'gateway':'10.254.0.2'}"),
     "vpgs[0].redirection: redirection needs an open gate, and the gate of this VPG is closed (line 4)"},
    {REDIRECT(""), R "gateway: missing: redirection needs a gateway (line 3)"},
    {REDIRECT("'gateway':'10.254.0.1'"),
     R "gateway: 10.254.0.1 is Junction's own address on the virtual network (line 4)"},
    {REDIRECT("'gateway':'10.254.0.9'"), R "gateway: no peer of the gate has the inner address 10.254.0.9 (line 4)"},
    {REDIRECT("'gateway':'10.253.0.9'"), R "gateway: no peer of the gate has the inner address 10.253.0.9 (line 4)"},
    {REDIRECT("'gateway':'gw'"), R "gateway: expected an IPv4 or IPv6 address, found \"gw\" (line 4)"},
    {REDIRECT("'gateway':'10.254.0.2',\n'standby':'10.254.0.9'"),
     R "standby: no peer of the gate has the inner address 10.254.0.9 (line 5)"},
    {REDIRECT("'gateway':'10.254.0.2',\n'standby':'10.254.0.2'"),
     R "standby: expected another peer than the gateway, found gate.peers[0] (line 5)"},
    {REDIRECT("'gateway':'10.254.0.2',\n'standby':'fd00:254::2'"),
     R "standby: expected another peer than the gateway, found gate.peers[0] (line 5)"},
    {REDIRECT("'gateway':'10.254.0.2','on_failure':'standby'"),
     R "standby: missing: on_failure is \"standby\" (line 3)"},
    {REDIRECT("'gateway':'10.254.0.2','on_standby_failure':'standby'"),
     R "on_standby_failure: expected \"bypass\" or \"drop\", found \"standby\" (line 4)"},
    {REDIRECT("'gateway':'10.254.0.2','mtu':575"), R "mtu: expected 576 to 65535, found 575 (line 4)"},
    {REDIRECT("'gateway':'10.254.0.2','mtu':1279"),
     R "mtu: expected at least 1280 with IPv6 on the virtual network, found 1279 (line 4)"},
    {REDIRECT("'gateway':'10.254.0.2','too_long':'cut'"),
     R "too_long: expected \"answer\" or \"fragment_outer\", found \"cut\" (line 4)"},
    {REDIRECT("'gateway':'10.254.0.2','icmp_source':'fd00::1',\n'icmp_source_ipv6':'10.1.1.1'"),
     R "icmp_source: expected an IPv4 address, found IPv6 (line 4)\n" R
       "icmp_source_ipv6: expected an IPv6 address, found IPv4 (line 5)"},
    {REDIRECT("'gateway':'10.254.0.2','icmp_source':'224.0.0.1'"),
     R "icmp_source: " HOST "224.0.0.1 (multicast) (line 4)"},
    {REDIRECT("'gateway':'10.254.0.2','probe':{'interval_ms':9,'lost':0,\n'answers':51}"),
     R "probe.interval_ms: expected 10 to 10000, found 9 (line 4)\n" R
       "probe.lost: expected 1 to 50, found 0 (line 4)\n" R "probe.answers: expected 1 to 50, found 51 (line 5)"},
};

static void
test_gates(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
        expect_errors(&gates[i], false);
}

static void
test_peers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
        expect_errors(&peers[i], false);
}

static void
test_redirections(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(redirections) / sizeof(redirections[0]); i++)
        expect_errors(&redirections[i], false);
}

static struct jn_config *
accept(const char *text) {
    struct jn_config_errors errors;
    struct jn_config *config = parse_text(text, &errors);
    if (config == NULL)
        fail_msg("%s: %s", text, errors.text[0]);
    assert_int_equal(errors.warning_count, 0);
    jn_config_errors_free(&errors);
    return config;
}

static void
test_peers_are_at_most_sixteen(void **state) {
    (void)state;
    char list[4096] = "", text[8192], expected[] = "vpgs[0].gate.peers: at most 16, found 17 (line 3)";
    for (int i = 0; i < 17; i++) {
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s{'outer':'198.18.0.%d','inner':'10.254.0.%d'}",
                 i > 0 ? "," : "", 20 + i, 2 + i);
        snprintf(text, sizeof(text), GATE(OWN ",'peers':[%s]"), list);
        if (i < 16)
            jn_config_free(accept(text));
    }
    expect_errors(&(struct error){text, expected}, false);
}

// One VNI and one peer in two VPGs: only while both gates are open.
static void
test_two_gates_with_one_peer(void **state) {
    (void)state;
    static const char text[] = TUNNEL_VPGS(OTHER("a", "1", "198.18.0.22") ",\n" OTHER("b", "2", "198.18.0.23"));
    static const struct {
        const char *first, *second;
        int vni;
        bool refused;
    } rows[] = {{"true", "true", 10, true},
                {"true", "true", 11, false},
                {"true", "false", 10, false},
                {"false", "true", 10, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char whole[4096];
        snprintf(whole, sizeof(whole), text, rows[i].first, 10, rows[i].second, rows[i].vni);
        if (!rows[i].refused)
            jn_config_free(accept(whole));
        else
            expect_errors(&(struct error){whole, "vpgs[1].gate.peers[1].outer: already a peer of vpgs[0] with the "
                                                 "same VNI, 10: what comes from it could be of both (line 3)"},
                          false);
    }
}

static void
test_defaults(void **state) {
    (void)state;
    struct jn_config *c = accept(PEERS(TWO));
    const struct jn_config_gate *gate = &c->vpgs[0].gate;
    assert_true(gate->open);
    assert_int_equal(gate->gate.vni, 10);
    assert_int_equal(gate->gate.ttl, 64);
    assert_int_equal(gate->gate.flags, 0);
    assert_int_equal(gate->gate.probe_ms, 100);
    assert_int_equal(gate->gate.probe_lost, 3);
    assert_int_equal(gate->gate.probe_answers, 3);
    assert_int_equal(gate->gate.mtu, 0);
    assert_int_equal(gate->gate.gateway, JN_NO_PEER);
    assert_int_equal(gate->gate.standby, JN_NO_PEER);
    assert_int_equal(gate->gate.mac[0] & 3, 2);
    assert_memory_equal(gate->gate.icmp_source[0], gate->gate.address[0], 16);
    assert_memory_equal(gate->gate.icmp_source[1], gate->gate.address[1], 16);
    jn_config_free(c);
    // A gate that is closed, and redirection that is off, may name what is not there.
    c = accept(VPG("'gate':{'enabled':false," OWN "},'redirection':{'enabled':false,'gateway':'10.1.1.1'}"));
    assert_false(c->vpgs[0].gate.open);
    jn_config_free(c);
}

// Made of the node's name and the VPG's id, so that it is the same after every start and another's elsewhere.
static void
test_made_macs(void **state) {
    (void)state;
    static const char text[] = "{'node':'%s'," TUNNEL ",'vpgs':[{'id':'%s'," DEVICES ",'gate':{" OWN "}}]}";
    static const char *const names[][2] = {{"n", "v"}, {"n", "v"}, {"n", "w"}, {"m", "v"}, {"nv", "x"}, {"n", "vx"}};
    uint8_t macs[6][6];
    char whole[2048];
    for (size_t i = 0; i < 6; i++) {
        snprintf(whole, sizeof(whole), text, names[i][0], names[i][1]);
        struct jn_config *c = accept(whole);
        memcpy(macs[i], c->vpgs[0].gate.gate.mac, 6);
        jn_config_free(c);
    }
    assert_memory_equal(macs[0], macs[1], 6);
    for (size_t i = 1; i < 6; i++)
        for (size_t j = i + 1; j < 6; j++)
            assert_memory_not_equal(macs[i], macs[j], 6);
}

static void
test_values(void **state) {
    (void)state;
    static const uint8_t mac[] = {2, 0, 0x5e, 0xab, 0xcd, 0xef}, source[] = {198, 18, 5, 5};
    struct jn_config *c = accept(VPG(
        "'gate':{" OWN ",'vni':16777215,'mac':'02:00:5e:AB:cd:ef','privacy_separator':true,'source_port':'fixed',"
        "'ttl':255,'dscp':63,'udp_zero_checksum_ipv6':true,'peers':[" TWO ",{'outer':'fd00:18::9','inner':"
        "'fd00:254::9','group':'g','description':'d'}]},'redirection':{'gateway':'fd00:254::9','standby':'10.254.0.3',"
        "'on_failure':'standby','on_standby_failure':'drop','default':false,'mtu':1280,'too_long':'fragment_outer',"
        "'icmp_source':'198.18.5.5','probe':{'interval_ms':10,'lost':50,'answers':1}}"));
    const struct jn_config_gate *g = &c->vpgs[0].gate;
    assert_int_equal(g->gate.vni, 16777215);
    assert_memory_equal(g->gate.mac, mac, 6);
    assert_int_equal(g->gate.flags, JN_GATE_PRIVACY | JN_GATE_FIXED_PORT | JN_GATE_REDIRECT | JN_GATE_OUTER_FRAGMENT |
                                        JN_GATE_ZERO_CHECKSUM);
    assert_int_equal(g->gate.ttl, 255);
    assert_int_equal(g->gate.dscp, 63);
    assert_int_equal(g->gate.length[0], 16);
    assert_int_equal(g->gate.length[1], 64);
    assert_int_equal(g->gate.gateway, 2);
    assert_int_equal(g->gate.gateway_family, 6);
    assert_int_equal(g->gate.standby, 1);
    assert_int_equal(g->gate.standby_family, 4);
    assert_int_equal(g->gate.on_failure, JN_FAILURE_STANDBY);
    assert_int_equal(g->gate.on_standby_failure, JN_FAILURE_DROP);
    assert_false(g->redirect_default);
    assert_int_equal(g->gate.mtu, 1280);
    assert_memory_equal(g->gate.icmp_source[0], source, 4);
    assert_memory_equal(g->gate.icmp_source[1], g->gate.address[1], 16);
    assert_int_equal(g->gate.probe_ms, 10);
    assert_int_equal(g->gate.probe_lost, 50);
    assert_int_equal(g->gate.probe_answers, 1);
    assert_int_equal(g->peer_count, 3);
    assert_int_equal(g->peers[0].peer.has_inner[0] + g->peers[0].peer.has_inner[1], 2);
    assert_int_equal(g->peers[2].peer.outer_family, 6);
    assert_string_equal(g->peers[2].group, "g");
    assert_string_equal(g->peers[2].description, "d");
    jn_config_free(c);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gates),
        cmocka_unit_test(test_peers),
        cmocka_unit_test(test_peers_are_at_most_sixteen),
        cmocka_unit_test(test_two_gates_with_one_peer),
        cmocka_unit_test(test_redirections),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_made_macs),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
