// SPDX-License-Identifier: BSD-3-Clause
// Configuration texts in, policies out.
#include "config/config_compile.h"
#include "config_policy.h"
#include "flow.h"
#include "test.h"

static void
test_settings(void **state) {
    (void)state;
    struct jn_policy *p = compile(TOP("'node':'edge-1','log_level':'warning','inspection':{'interval_seconds':7,"
                                      "'idle_timeout_seconds':9,'tcp_linger_seconds':5,'top_flows':11}"),
                                  NULL);
    assert_string_equal(p->node, "edge-1");
    assert_int_equal(p->interval_ns, 7000000000);
    assert_int_equal(p->idle_timeout_ns, 9000000000);
    assert_int_equal(p->tcp_linger_ns, 5000000000);
    assert_int_equal(p->top_flows, 11);
    assert_int_equal(p->log_level, JN_LOG_WARNING);
    assert_int_equal(p->idle_mode, JN_IDLE_SLEEP);
    assert_int_equal(p->max_sleep_us, 50);
    assert_int_equal(p->vpg_count, 0);
    assert_string_equal(jn_policy_string(p, 0), "");
    free(p);
}

static void
test_vpgs(void **state) {
    (void)state;
    struct jn_policy *p = compile(
        VPGS("{'id':'a','name':'A','vlan':7,'device_subnets':['10.128.0.0/9','fd00::/8'],'rules':[{},{}]},"
             "{'id':'b','inspection':{'enabled':false},'device_subnets':['198.18.0.0/15'],'rules':[{'drop':true}]}"),
        NULL);
    const struct jn_vpg *v = jn_policy_vpgs(p);
    assert_int_equal(p->vpg_count, 2);
    assert_string_equal(v[0].id, "a");
    assert_string_equal(v[0].name, "A");
    assert_int_equal(v[0].vpg_idx, 0);
    assert_int_equal(v[0].vlan_id, 7);
    assert_int_equal(v[0].defaults, JN_VERDICT_INSPECT);
    assert_int_equal(v[0].subnet_first, 0);
    assert_int_equal(v[0].subnet_count, 2);
    assert_int_equal(v[0].rule_count, 2);
    assert_int_equal(v[1].vpg_idx, 1);
    assert_int_equal(v[1].vlan_id, JN_VLAN_ID_NONE);
    assert_int_equal(v[1].defaults, 0);
    assert_int_equal(v[1].subnet_first, 2);
    assert_int_equal(v[1].subnet_count, 1);
    assert_int_equal(v[1].rule_first, 2);
    assert_int_equal(v[1].rule_count, 1);
    assert_int_equal(jn_policy_subnets(p)[1].family, 6);
    assert_int_equal(jn_policy_subnets(p)[2].address[0], 198);
    assert_int_equal(jn_policy_rules(p)[2].drop, 1);
    free(p);
}

// A VLAN of a wire is one VPG's, and a VPG may have it on several wires.
static void
test_wires(void **state) {
    (void)state;
    struct jn_policy *p =
        compile("{'dataplane':{'ports':[{'name':'a','device':'1'},{'name':'b','device':'2'},{'name':'c','device':'3'},"
                "{'name':'d','device':'4'}],'wires':[{'name':'x','access':'a','network':'b'},{'name':'y','access':'c','"
                "network':"
                "'d'}]},'vpgs':[{'id':'u','wire':'y','vlan':7},{'id':'v','wires':['x','y'],'vlan':8},{'id':'w','wires':"
                "['y','x']},"
                "{'id':'z','wire':'x','vlan':7}]}",
                NULL);
    const struct jn_vpg *v = jn_policy_vpgs(p);
    assert_int_equal(p->vpg_count, 4);
    assert_int_equal(v[0].wires, 2);
    assert_int_equal(v[1].wires, 3);
    assert_int_equal(v[2].wires, 3);
    assert_int_equal(v[3].wires, 1);
    free(p);
}

// Without a word about it: where a rule looks at what a missing transport header would have told.
static void
test_headerless_fragments(void **state) {
    (void)state;
    static const struct {
        const char *rest;
        bool drop;
    } rows[] = {
        {"", false},
        {",'rules':[{},{'match':{'remote':'198.18.0.0/15','dscp':46,'direction':'uplink'},'drop':true}]", false},
        {",'rules':[{'match':{'remote_ports':[53]},'drop':true}]", true},
        {",'rules':[{},{'match':{'device_ports':['1-1023']},'inspect':false}]", true},
        {",'rules':[{'match':{'protocol':'tcp'},'mirror':false}]", true},
        {",'fragments':{}", false},
        {",'fragments':{},'rules':[{'match':{'remote_ports':[53]}}]", true},
        {",'fragments':{'headerless':'forward'},'rules':[{'match':{'remote_ports':[53]}}]", false},
        {",'fragments':{'headerless':'drop'}", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), VPGS("{'id':'v'%s}"), rows[i].rest);
        struct jn_policy *p = compile(text, NULL);
        if (jn_policy_vpgs(p)->flags != (rows[i].drop ? JN_VPG_DROP_HEADERLESS : 0))
            fail_msg("%s: flags 0x%x", rows[i].rest, jn_policy_vpgs(p)->flags);
        free(p);
    }
}

static void
test_rules_are_expanded_in_order(void **state) {
    (void)state;
    struct jn_policy *p = compile(
        VPGS("{'id':'v','rules':[{'match':{'protocol':'tcp','device_ports':[1,'2-3'],'remote_ports':[443,'5-6']},"
             "'drop':true},"
             "{'match':{'remote_ports':[53],'dscp':10},'inspect':false},{}]}"),
        NULL);
    static const uint16_t expected[][4] = {{1, 1, 443, 443}, {1, 1, 5, 6},       {2, 3, 443, 443},
                                           {2, 3, 5, 6},     {0, 65535, 53, 53}, {0, 65535, 0, 65535}};
    const struct jn_rule *r = jn_policy_rules(p);
    assert_int_equal(p->rule_count, 6);
    for (unsigned int i = 0; i < 6; i++) {
        assert_int_equal(r[i].device_ports[0], expected[i][0]);
        assert_int_equal(r[i].device_ports[1], expected[i][1]);
        assert_int_equal(r[i].remote_ports[0], expected[i][2]);
        assert_int_equal(r[i].remote_ports[1], expected[i][3]);
        assert_int_equal(r[i].protocol, i < 4 ? 6 : 0);
        assert_int_equal(r[i].drop, i < 4);
        assert_int_equal(r[i].dscp, i == 4 ? 10 : 0xff);
        assert_int_equal(r[i].inspect, i == 4 ? JN_ACTION_OFF : JN_ACTION_DEFAULT);
    }
    free(p);
}

static void
test_devices_are_sorted_and_grouped(void **state) {
    (void)state;
    struct jn_policy *p =
        compile(VPGS("{'id':'a','vlan':1,'devices':[{'address':'fd00::1','name':'x','group':'zebras'},"
                     "{'address':'10.200.0.1','name':'y','group':'ants'},{'address':'10.128.0.9','name':'x'}],"
                     "'rules':[{'match':{'group':'zebras'}},{}]},"
                     "{'id':'b','vlan':2,'devices':[{'address':'10.128.0.9','group':'ants'}],"
                     "'rules':[{'match':{'group':'ants'}}]}"),
                NULL);
    static const struct {
        uint8_t family, address[4];
        const char *name, *group;
        uint32_t number;
    } expected[] = {{4, {10, 128, 0, 9}, "x", "", 0},
                    {4, {10, 200, 0, 1}, "y", "ants", 1},
                    {6, {0xfd, 0, 0, 0}, "x", "zebras", 2},
                    {4, {10, 128, 0, 9}, "", "ants", 1}};
    const struct jn_device *d = jn_policy_devices(p);
    assert_int_equal(p->device_count, 4);
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(d[i].family, expected[i].family);
        assert_memory_equal(d[i].address, expected[i].address, 4);
        assert_string_equal(jn_policy_string(p, d[i].name_offset), expected[i].name);
        assert_string_equal(jn_policy_string(p, d[i].group_name_offset), expected[i].group);
        assert_int_equal(d[i].group, expected[i].number);
    }
    assert_int_equal(d[0].name_offset, d[2].name_offset);
    assert_int_equal(d[0].group_name_offset, 0);
    assert_int_equal(p->string_bytes, sizeof("\0ants\0x\0y\0zebras"));
    assert_int_equal(jn_policy_vpgs(p)[1].device_first, 3);
    const struct jn_rule *r = jn_policy_rules(p);
    assert_int_equal(r[0].group, 2);
    assert_int_equal(r[1].group, 0);
    assert_int_equal(r[2].group, 1);
    free(p);
}

// Each row: VPGs, and the slot that each then has.
static const struct {
    const char *ids;
    unsigned int indexes[4];
} history[] = {
    {"abc", {0, 1, 2}}, {"cb", {2, 1}}, {"cdb", {2, 0, 1}}, // a left a generation ago: its slot is free
    {"dbe", {0, 1, 3}},                                     // c has just left: 2 is not given at once
    {"", {0}},          {"ab", {0, 1}},
};

static void
test_vpg_indexes_are_kept(void **state) {
    (void)state;
    struct jn_policy *previous = NULL;
    for (size_t i = 0; i < sizeof(history) / sizeof(history[0]); i++) {
        char text[1024] = "{" PLANE ",'vpgs':[";
        for (const char *id = history[i].ids; *id != '\0'; id++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s{'id':'%c','vlan':%d}",
                     id == history[i].ids ? "" : ",", *id, *id);
        strcat(text, "]}");
        struct jn_policy *p = compile(text, previous);
        for (size_t j = 0; j < strlen(history[i].ids); j++)
            if (jn_policy_vpgs(p)[j].vpg_idx != history[i].indexes[j])
                fail_msg("row %zu: %s has vpg_idx %u", i, jn_policy_vpgs(p)[j].id, jn_policy_vpgs(p)[j].vpg_idx);
        free(previous);
        previous = p;
    }
    free(previous);
}

// Each row: peers by the last byte of their addresses, and the place that each then has.
static const struct {
    const char *peers;
    unsigned int indexes[2];
} moves[] = {
    {"ab", {0, 1}}, {"ba", {1, 0}}, {"a", {0}},     {"ca", {1, 0}}, // b left a generation ago
    {"dc", {0, 1}}, {"c", {1}},     {"e", {0}},                     // 1 has just been left: it is not given at once
    {"", {0}},      {"ef", {0, 1}}, {"gf", {0, 1}},                 // no other place is free
};

static void
test_peer_indexes_are_kept(void **state) {
    (void)state;
    struct jn_policy *previous = NULL;
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        char text[1024] = "{" TUNNEL ",'vpgs':[{'id':'w','vlan':1},{'id':'v','mirroring':{'peers':[";
        for (const char *peer = moves[i].peers; *peer != '\0'; peer++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s{'address':'198.18.0.%d'}",
                     peer == moves[i].peers ? "" : ",", *peer);
        strcat(text, "]}}]}");
        struct jn_policy *p = compile(text, previous);
        const struct jn_vpg *v = &jn_policy_vpgs(p)[1];
        assert_int_equal(v->peer_count, strlen(moves[i].peers));
        for (size_t j = 0; j < v->peer_count; j++)
            if (jn_policy_peers(p)[v->peer_first + j].peer_idx != moves[i].indexes[j])
                fail_msg("row %zu: peer %zu has peer_idx %u", i, j, jn_policy_peers(p)[v->peer_first + j].peer_idx);
        free(previous);
        previous = p;
    }
    free(previous);
}

static void
test_mirroring(void **state) {
    (void)state;
    static const char text[] =
        TUNNEL_VPGS("{'id':'u','vlan':1},{'id':'v','mirroring':{'peers':[{'address':'198.18.0.9','description':'IDS'},"
                    "{'address':'fd00:18::2','enabled':%s}]},'rules':[{'mirror':true},{'mirror':['fd00:18::2']},"
                    "{'mirror':['198.18.0.9']},{'mirror':false},{}]},"
                    "{'id':'off','vlan':2,'mirroring':{'enabled':false,'peers':[{'address':'198.18.0.9'}]}}");
    static const struct {
        const char *enabled;
        uint16_t defaults;
        uint8_t masks[5];
    } rows[] = {{"true", JN_VERDICT_INSPECT | JN_VERDICT_MIRROR0 | JN_VERDICT_MIRROR1, {3, 2, 1, 0, 0}},
                {"false", JN_VERDICT_INSPECT | JN_VERDICT_MIRROR0, {1, 0, 1, 0, 0}}};
    for (size_t i = 0; i < 2; i++) {
        char whole[2048];
        snprintf(whole, sizeof(whole), text, rows[i].enabled);
        struct jn_policy *p = compile(whole, NULL);
        const struct jn_vpg *v = jn_policy_vpgs(p);
        const struct jn_rule *r = jn_policy_rules(p) + v[1].rule_first;
        const struct jn_peer *peers = jn_policy_peers(p);
        assert_int_equal(p->peer_count, 3);
        assert_int_equal(v[0].peer_count, 0);
        assert_int_equal(v[0].defaults, JN_VERDICT_INSPECT);
        assert_int_equal(v[1].peer_first, 0);
        assert_int_equal(v[1].defaults, rows[i].defaults);
        assert_int_equal(v[2].peer_first, 2);
        assert_int_equal(v[2].defaults, JN_VERDICT_INSPECT);
        for (unsigned int j = 0; j < 5; j++) {
            assert_int_equal(r[j].mirror_peers, rows[i].masks[j]);
            assert_int_equal(r[j].mirror, j < 3 ? JN_ACTION_ON : j == 3 ? JN_ACTION_OFF : JN_ACTION_DEFAULT);
        }
        assert_string_equal(jn_policy_string(p, peers[0].description_offset), "IDS");
        assert_string_equal(jn_policy_string(p, peers[1].description_offset), "");
        assert_int_equal(peers[1].peer_idx, 1);
        assert_int_equal(peers[1].flags, i == 0 ? JN_PEER_ENABLED : 0);
        assert_int_equal(peers[2].flags, 0);
        assert_int_equal(p->address_count, 2);
        assert_int_equal(jn_policy_addresses(p)[1].length, 64);
        assert_int_equal(jn_policy_addresses(p)[1].port, 2);
        assert_int_equal(p->route_count, 1);
        assert_int_equal(jn_policy_routes(p)[0].via[3], 254);
        free(p);
    }
}

static char *
vpgs_from(int first, int count) {
    char *text = malloc(64 * 1024), *at = text;
    at += sprintf(at, "{" PLANE ",'vpgs':[");
    for (int i = 0; i < count; i++)
        at += sprintf(at, "%s{'id':'v%d','vlan':%d}", i > 0 ? "," : "", first + i, i);
    strcpy(at, "]}");
    return text;
}

// With no other slot left, one that was just freed is given again.
static void
test_vpg_indexes_when_all_are_taken(void **state) {
    (void)state;
    enum { ROOM = 256 }; // by default
    char *before = vpgs_from(0, ROOM), *after = vpgs_from(1, ROOM);
    struct jn_policy *full = compile(before, NULL), *p = compile(after, full);
    for (unsigned int i = 0; i < ROOM; i++)
        assert_int_equal(jn_policy_vpgs(p)[i].vpg_idx, (i + 1) % ROOM);
    free(p);
    free(full);
    free(before);
    free(after);
}

static void
test_what_is_too_much(void **state) {
    (void)state;
    static struct jn_prefix subnets[2];
    static struct jn_config_vpg vpgs[2];
    struct jn_config config = {.dataplane.max_vpgs = 2, .vpgs = vpgs, .vpg_count = 2};
    struct jn_config_rule *rules = calloc(JN_MAX_RULES + 1, sizeof(*rules));
    vpgs[0] = (struct jn_config_vpg){.id = "a", .subnets = subnets, .subnet_count = 2};
    vpgs[1] = (struct jn_config_vpg){.id = "b", .rules = rules, .rule_count = JN_MAX_RULES};
    struct jn_policy *p = jn_config_compile(&config, NULL, err);
    assert_non_null(p);
    assert_int_equal(p->rule_count, JN_MAX_RULES);
    free(p);
    vpgs[1].rule_count++;
    assert_null(jn_config_compile(&config, NULL, err));
    assert_string_equal(err, "rules: at most 4096 with their port lists expanded, found 4097");
    free(rules);

    enum { MANY = 600000 };
    struct jn_config_device *devices = calloc(MANY, sizeof(*devices));
    for (unsigned int i = 0; i < MANY; i++)
        snprintf(devices[i].name, sizeof(devices[i].name), "%060u", i);
    vpgs[1] = (struct jn_config_vpg){.id = "b", .devices = devices, .device_count = MANY};
    assert_null(jn_config_compile(&config, NULL, err));
    assert_non_null(strstr(err, "devices: too many: their policy has at most 33554432 bytes, found "));
    free(devices);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_vpgs),
        cmocka_unit_test(test_wires),
        cmocka_unit_test(test_headerless_fragments),
        cmocka_unit_test(test_rules_are_expanded_in_order),
        cmocka_unit_test(test_devices_are_sorted_and_grouped),
        cmocka_unit_test(test_vpg_indexes_are_kept),
        cmocka_unit_test(test_vpg_indexes_when_all_are_taken),
        cmocka_unit_test(test_peer_indexes_are_kept),
        cmocka_unit_test(test_mirroring),
        cmocka_unit_test(test_what_is_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
