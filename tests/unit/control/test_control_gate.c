// SPDX-License-Identifier: BSD-3-Clause
// Gate and redirection by command: changed, in force, written down, refused.
#define _GNU_SOURCE
#include "control_gate.h"
#include "flow.h"
#include "test.h"

// A part of the first VPG as the file has it, on one line.
static void
expect_file(const char *part, const char *expected) {
    json_t *document = json_load_file(config_path, 0, NULL);
    assert_non_null(document);
    json_t *vpg = json_array_get(json_object_get(document, "vpgs"), 0);
    char *text = json_dumps(json_object_get(vpg, part), JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text != NULL ? text : "none", expected);
    free(text);
    json_decref(document);
}

// The first VPG's gate as it is published; NULL: closed.
static const struct jn_gate *
gate_of(const struct jn_policy *policy) {
    const struct jn_vpg *vpg = jn_policy_vpgs(policy);
    return vpg->gate_count > 0 ? &jn_policy_gates(policy)[vpg->gate_first] : NULL;
}

#define FIRST(...) RUN("vpg", "first", __VA_ARGS__)
#define OWN                                                                                                            \
    "\"address\":\"10.254.0.1/16\",\"address_ipv6\":\"fd00:254::1/64\",\"mac\":\"02:00:00:00:00:01\",\"peers\":["
#define FIREWALL "{\"outer\":\"198.18.0.20\",\"inner\":\"10.254.0.2\",\"description\":\"firewall\"}"

static void
test_redirection_is_switched(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 2, config);
    assert_int_equal(FIRST("redirect", "set", "10.254.0.2"), 0);
    assert_non_null(strstr(output, "in force after"));
    expect_file("redirection", "{\"gateway\":\"10.254.0.2\",\"enabled\":true}");
    struct jn_policy *policy = published();
    assert_int_equal(jn_policy_vpgs(policy)[0].defaults, JN_VERDICT_INSPECT | JN_VERDICT_REDIRECT);
    assert_int_equal(gate_of(policy)->gateway, 0);
    assert_int_equal(gate_of(policy)->standby, JN_NO_PEER);
    free(policy);
    assert_int_equal(FIRST("redirect", "set", "10.254.0.3", "--standby", "10.254.0.2", "--on-failure", "drop"), 0);
    expect_file("redirection", "{\"gateway\":\"10.254.0.3\",\"enabled\":true,\"standby\":\"10.254.0.2\","
                               "\"on_failure\":\"drop\"}");
    assert_int_equal(FIRST("redirect", "set", "fd00:254::3", "--standby", "default", "--on-failure", "default"), 0);
    expect_file("redirection", "{\"gateway\":\"fd00:254::3\",\"enabled\":true}");
    policy = published();
    assert_int_equal(gate_of(policy)->gateway, 1);
    assert_int_equal(gate_of(policy)->gateway_family, 6);
    free(policy);
    assert_int_equal(FIRST("redirect", "unset"), 0);
    expect_file("redirection", "{\"gateway\":\"fd00:254::3\",\"enabled\":false}");
    policy = published();
    assert_int_equal(jn_policy_vpgs(policy)[0].defaults, JN_VERDICT_INSPECT);
    assert_int_equal(gate_of(policy)->gateway, JN_NO_PEER);
    free(policy);
    assert_int_equal(RUN("vpg", "third", "redirect", "unset"), 0); // nothing to do
    stop_both(&control, &fake);
}

static void
test_gates_are_changed(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 1, config);
    assert_int_equal(FIRST("gate", "close"), 0);
    struct jn_policy *policy = published();
    assert_null(gate_of(policy));
    free(policy);
    assert_int_equal(FIRST("gate", "open"), 0);
    assert_int_equal(FIRST("gate", "set-vni", "16777215"), 0);
    policy = published();
    assert_int_equal(gate_of(policy)->vni, 16777215);
    free(policy);
    assert_int_equal(FIRST("gate", "peer", "add", "fd00:18::30", "10.254.0.30", "--inner-ipv6", "fd00:254::30",
                           "--group", "cameras", "--description", "recorder"),
                     0);
    assert_int_equal(FIRST("gate", "peer", "remove", "198.18.0.21"), 0);
    assert_int_equal(FIRST("gate", "peer", "add", "198.18.0.22", "fd00:254::22"), 0);
    expect_file("gate", "{\"vni\":16777215," OWN FIREWALL
                        ",{\"outer\":\"fd00:18::30\",\"inner\":\"10.254.0.30\",\"inner_ipv6\":\"fd00:254::30\","
                        "\"group\":\"cameras\",\"description\":\"recorder\"},"
                        "{\"outer\":\"198.18.0.22\",\"inner\":\"fd00:254::22\"}],\"enabled\":true}");
    policy = published();
    const struct jn_gate_peer *peers = jn_policy_gate_peers(policy) + jn_policy_vpgs(policy)[0].gate_peer_first;
    assert_int_equal(peers[0].peer_idx, 0);
    assert_int_equal(peers[1].peer_idx, 2);
    assert_int_equal(peers[1].group, 1);
    assert_int_equal(peers[2].peer_idx, 1); // whose peer left a generation ago
    assert_string_equal(jn_policy_string(policy, peers[1].description_offset), "recorder");
    free(policy);
    assert_int_equal(FIRST("gate", "peer", "remove", "fd00:18:0::30"), 0); // the same address
    assert_int_equal(FIRST("gate", "set-vni", "ten"), 2);
    stop_both(&control, &fake);
}

static void
test_what_is_refused_changes_nothing(void **state) {
    (void)state;
#define REQUEST(vpg, method, rest) "{\"id\":1,\"method\":\"vpg." method "\",\"params\":{\"vpg\":\"" vpg "\"" rest "}}"
#define P(name, text)              ",\"" name "\":\"" text "\""
    static const struct refusal rows[] = {
        {REQUEST("second", "gate", ",\"enabled\":false"), "config_errors", "redirection needs an open gate"},
        {REQUEST("second", "gate.peer.remove", P("outer", "198.18.0.20")), "config_errors",
         "vpgs[1].redirection.gateway: no peer of the gate has the inner address 10.254.0.2"},
        {REQUEST("second", "gate.vni", ",\"vni\":10"), "config_errors",
         "vpgs[1].gate.peers[0].outer: already a peer of vpgs[0] with the same VNI, 10"},
        {REQUEST("first", "gate.vni", ",\"vni\":0"), "config_errors", "expected 1 to 16777215, found 0"},
        {REQUEST("first", "gate.vni", ",\"vni\":16777216"), "config_errors", "expected 1 to 16777215, found 16777216"},
        {REQUEST("first", "gate.vni", P("vni", "10")), "bad_params", NULL},
        {REQUEST("first", "gate.peer.add", P("outer", "198.18.0.20") P("inner", "10.254.0.9")), "config_errors",
         "198.18.0.20 is already a peer of this gate"},
        {REQUEST("first", "gate.peer.add", P("outer", "198.18.0.1") P("inner", "10.254.0.9")), "config_errors",
         "Junction's own address"},
        {REQUEST("first", "gate.peer.add", P("outer", "198.20.0.1") P("inner", "10.254.0.9")), "config_errors",
         "no route to 198.20.0.1"},
        {REQUEST("first", "gate.peer.add", P("outer", "198.18.0.9") P("inner", "10.254.0.1")), "config_errors",
         "Junction's own address on the virtual network"},
        {REQUEST("first", "gate.peer.add", P("outer", "198.18.0.9") P("inner", "10.253.0.9")), "config_errors",
         "outside the gate's subnet"},
        {REQUEST("first", "gate.peer.add", P("outer", "198.18.0.9")), "bad_params", NULL},
        {REQUEST("first", "gate.peer.remove", P("outer", "198.18.0.9")), "unknown_peer", NULL},
        {REQUEST("first", "gate.peer.remove", P("outer", "peer")), "bad_params", NULL},
        {REQUEST("first", "redirect.set", P("gateway", "10.254.0.9")), "config_errors",
         "no peer of the gate has the inner address 10.254.0.9"},
        {REQUEST("first", "redirect.set", P("gateway", "10.254.0.1")), "config_errors",
         "Junction's own address on the virtual network"},
        {REQUEST("first", "redirect.set", P("gateway", "10.254.0.2") P("standby", "10.254.0.2")), "config_errors",
         "expected another peer than the gateway"},
        {REQUEST("first", "redirect.set", P("gateway", "10.254.0.2") P("on_failure", "standby")), "config_errors",
         "vpgs[0].redirection.standby: missing"},
        {REQUEST("first", "redirect.set", ""), "bad_params", NULL},
        {REQUEST("third", "redirect.set", P("gateway", "10.254.0.2")), "config_errors",
         "redirection needs an open gate"},
        {REQUEST("third", "gate", ",\"enabled\":true"), "no_gate", NULL},
        {REQUEST("third", "gate.peer.add", P("outer", "198.18.0.9") P("inner", "10.254.0.9")), "no_gate", NULL},
        {REQUEST("fourth", "gate", ",\"enabled\":true"), "unknown_vpg", NULL},
        {REQUEST("fourth", "redirect.unset", ""), "unknown_vpg", NULL},
    };
    struct fake fake;
    struct child control = start_both(&fake, 1, config);
    struct jn_policy *before = published();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refusal(&rows[i]);
    struct jn_policy *after = published();
    assert_int_equal(after->generation, before->generation);
    expect_file("redirection", "none");
    free(before);
    free(after);
    stop_both(&control, &fake);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redirection_is_switched),
        cmocka_unit_test(test_gates_are_changed),
        cmocka_unit_test(test_what_is_refused_changes_nothing),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
