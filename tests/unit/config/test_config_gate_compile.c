// SPDX-License-Identifier: BSD-3-Clause
// Gates and redirection: configuration texts in, policies out.
#include "config_policy.h"
#include "flow.h"
#include "test.h"

#define GATE(settings) "'device_subnets':['10.128.0.0/10'],'gate':{'address':'10.254.0.1/16'," settings "}"
#define TWO_PEERS                                                                                                      \
    "'peers':[{'outer':'198.18.0.20','inner':'10.254.0.2','group':'g','description':'firewall'},"                      \
    "{'outer':'fd00:18::21','inner':'10.254.0.3'}]"
#define GATEWAY "'gateway':'10.254.0.3','standby':'10.254.0.2'"

static void
test_gates(void **state) {
    (void)state;
    struct jn_policy *p = compile(
        TUNNEL_VPGS(
            "{'id':'none','vlan':1,'rules':[{'redirect':true},{'redirect':false}]},"
            "{'id':'on','vlan':2," GATE(
                TWO_PEERS) ",'redirection':{" GATEWAY "},"
                           "'devices':[{'address':'10.128.0.1','group':'a'}],'rules':[{'redirect':true},{'redirect':"
                           "false},{}]},"
                           "{'id':'some','vlan':3," GATE(
                               "'vni':11," TWO_PEERS) ",'redirection':{" GATEWAY ",'default':false}},"
                                                      "{'id':'off','vlan':4," GATE(
                                                          "'vni':12," TWO_PEERS) ",'redirection':{'enabled':"
                                                                                 "false," GATEWAY "},"
                                                                                 "'rules':[{'redirect':true}]},"
                                                                                 "{'id':'closed','vlan':5," GATE(
                                                                                     "'enabled':false," TWO_PEERS) "}"),
        NULL);
    static const struct {
        uint16_t defaults;
        uint32_t gate_count, gate_peer_count;
        uint8_t gateway, standby;
    } expected[] = {{JN_VERDICT_INSPECT, 0, 0, 0, 0},
                    {JN_VERDICT_INSPECT | JN_VERDICT_REDIRECT, 1, 2, 1, 0},
                    {JN_VERDICT_INSPECT, 1, 2, 1, 0},
                    {JN_VERDICT_INSPECT, 1, 2, JN_NO_PEER, JN_NO_PEER},
                    {JN_VERDICT_INSPECT, 0, 0, 0, 0}};
    static const uint8_t redirect[] = {JN_ACTION_DEFAULT, JN_ACTION_DEFAULT, JN_ACTION_ON,
                                       JN_ACTION_OFF,     JN_ACTION_DEFAULT, JN_ACTION_DEFAULT};
    assert_int_equal(p->gate_count, 3);
    assert_int_equal(p->gate_peer_count, 6);
    for (unsigned int i = 0; i < 5; i++) {
        const struct jn_vpg *v = &jn_policy_vpgs(p)[i];
        assert_int_equal(v->defaults, expected[i].defaults);
        assert_int_equal(v->gate_count, expected[i].gate_count);
        assert_int_equal(v->gate_peer_count, expected[i].gate_peer_count);
        if (v->gate_count == 0)
            continue;
        const struct jn_gate *gate = &jn_policy_gates(p)[v->gate_first];
        const struct jn_gate_peer *peers = &jn_policy_gate_peers(p)[v->gate_peer_first];
        assert_int_equal(gate->vni, 9 + i);
        assert_int_equal(gate->gateway, expected[i].gateway);
        assert_int_equal(gate->standby, expected[i].standby);
        assert_int_equal(peers[1].outer_family, 6);
        assert_int_equal(peers[1].peer_idx, 1);
        assert_string_equal(jn_policy_string(p, peers[0].description_offset), "firewall");
        assert_int_equal(peers[0].group, 2); // of devices and peers together
        assert_int_equal(peers[1].group, 0);
    }
    assert_int_equal(p->rule_count, 6);
    for (unsigned int i = 0; i < 6; i++)
        assert_int_equal(jn_policy_rules(p)[i].redirect, redirect[i]);
    free(p);
}

// As moves, of a gate's peers.
static const struct {
    const char *peers;
    unsigned int indexes[3];
} gate_moves[] = {
    {"abc", {0, 1, 2}}, {"ca", {2, 0}}, {"cda", {2, 1, 0}}, {"dc", {1, 2}}, {"edc", {0, 1, 2}}, {"fa", {3, 4}},
};

static void
test_gate_peer_indexes_are_kept(void **state) {
    (void)state;
    struct jn_policy *previous = NULL;
    for (size_t i = 0; i < sizeof(gate_moves) / sizeof(gate_moves[0]); i++) {
        char text[2048] =
            "{" TUNNEL ",'vpgs':[{'id':'w','vlan':1},{'id':'v','device_subnets':['10.128.0.0/10'],'gate':{"
            "'address':'10.254.0.1/16','peers':[";
        const char *last = gate_moves[i].peers + strlen(gate_moves[i].peers) - 1;
        for (const char *peer = gate_moves[i].peers; *peer != '\0'; peer++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text),
                     "%s{'outer':'198.18.0.%d','inner':'10.254.0.%d'}", peer == gate_moves[i].peers ? "" : ",", *peer,
                     *peer);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "]},'redirection':{'gateway':'10.254.0.%d'}}]}",
                 *last);
        struct jn_policy *p = compile(text, previous);
        const struct jn_vpg *v = &jn_policy_vpgs(p)[1];
        assert_int_equal(v->gate_peer_count, strlen(gate_moves[i].peers));
        for (size_t j = 0; j < v->gate_peer_count; j++)
            if (jn_policy_gate_peers(p)[v->gate_peer_first + j].peer_idx != gate_moves[i].indexes[j])
                fail_msg("row %zu: peer %zu has peer_idx %u", i, j,
                         jn_policy_gate_peers(p)[v->gate_peer_first + j].peer_idx);
        assert_int_equal(jn_policy_gates(p)[v->gate_first].gateway, gate_moves[i].indexes[v->gate_peer_count - 1]);
        free(previous);
        previous = p;
    }
    free(previous);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gates),
        cmocka_unit_test(test_gate_peer_indexes_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
