// SPDX-License-Identifier: BSD-3-Clause
// Mirroring peers by command: changed, in force, written down, refused; and what is shown of them from a region that
// only looks like a dataplane's.
#define _GNU_SOURCE
#include "control_underlay.h"
#include "test.h"

static const char config[] =
    "{\"node\":\"test\",\"dataplane\":{\"ports\":[{\"name\":\"access0\",\"device\":\"net_null0\"},"
    "{\"name\":\"network0\",\"device\":\"net_null1\",\"vlan\":7,\"addresses\":[\"198.18.0.1/24\",\"fd00:18::1/64\"],"
    "\"routes\":[{\"to\":\"198.19.0.0/16\",\"via\":\"198.18.0.254\"}]}],"
    "\"wires\":[{\"name\":\"wire0\",\"access\":\"access0\",\"network\":\"network0\"}]},\"sink\":{\"type\":\"stdout\"},"
    "\"vpgs\":[{\"id\":\"first\",\"vlan\":1},{\"id\":\"second\",\"vlan\":2,\"mirroring\":{\"peers\":[{\"address\":"
    "\"198.18.0.20\"},{\"address\":\"198.18.0.21\"}]},\"rules\":[{\"mirror\":[\"198.18.0.21\"]}]}]}";

// The peers of the first VPG as the file has them, on one line.
static void
expect_file(const char *peers) {
    json_t *document = json_load_file(config_path, 0, NULL);
    assert_non_null(document);
    json_t *mirroring = json_object_get(json_array_get(json_object_get(document, "vpgs"), 0), "mirroring");
    char *text = json_dumps(json_object_get(mirroring, "peers"), JSON_COMPACT | JSON_ENCODE_ANY);
    assert_string_equal(text != NULL ? text : "none", peers);
    free(text);
    json_decref(document);
}

#define MIRROR(...) RUN("vpg", "first", "mirror", __VA_ARGS__)

static void
test_commands_change_policy_and_file(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 2, config);
    assert_int_equal(MIRROR("add", "198.18.0.10", "--description", "IDS", "--encapsulation", "gre", "--key", "7",
                            "--sequence", "--ttl", "9", "--dscp", "8", "--snap-length", "128", "--sample-packets", "2",
                            "--sample-flows", "3", "--rate-mbps", "500", "--direction", "uplink", "--too-long", "drop",
                            "--disabled"),
                     0);
    assert_non_null(strstr(output, "in force after"));
    expect_file("[{\"address\":\"198.18.0.10\",\"description\":\"IDS\",\"encapsulation\":\"gre\",\"key\":7,"
                "\"sequence\":true,\"ttl\":9,\"dscp\":8,\"snap_length\":128,\"sample_packets\":2,\"sample_flows\":3,"
                "\"rate_mbps\":500,\"direction\":\"uplink\",\"too_long\":\"drop\",\"enabled\":false}]");
    struct jn_policy *before = published();
    const struct jn_peer *peer = &jn_policy_peers(before)[jn_policy_vpgs(before)[0].peer_first];
    assert_int_equal(peer->flags, JN_PEER_KEY | JN_PEER_SEQUENCE);
    assert_int_equal(peer->rate_mbps, 500);
    assert_int_equal(peer->direction, 1);
    assert_int_equal(jn_policy_vpgs(before)[0].defaults, 2); // inspected, not mirrored
    assert_int_equal(MIRROR("enable", "198.18.0.10"), 0);
    assert_int_equal(MIRROR("add", "fd00:18::2", "--encapsulation", "erspan2", "--session", "5"), 0);
    struct jn_policy *after = published();
    assert_int_equal(after->generation, before->generation + 2);
    assert_int_equal(jn_policy_vpgs(after)[0].defaults, 2 | 0x10 | 0x20);
    // An option is taken back, and what it was is forgotten.
    assert_int_equal(MIRROR("set", "198.18.0.10", "--rate-mbps", "default", "--no-sequence", "--ttl", "10"), 0);
    assert_int_equal(MIRROR("disable", "fd00:18:0::2"), 0); // the same address
    expect_file("[{\"address\":\"198.18.0.10\",\"description\":\"IDS\",\"encapsulation\":\"gre\",\"key\":7,"
                "\"ttl\":10,\"dscp\":8,\"snap_length\":128,\"sample_packets\":2,\"sample_flows\":3,"
                "\"direction\":\"uplink\",\"too_long\":\"drop\",\"enabled\":true},"
                "{\"address\":\"fd00:18::2\",\"encapsulation\":\"erspan2\",\"session\":5,\"enabled\":false}]");
    assert_int_equal(MIRROR("remove", "198.18.0.10"), 0);
    assert_int_equal(MIRROR("add", "198.19.3.4"), 0); // by the route
    free(before);
    before = published();
    peer = &jn_policy_peers(before)[jn_policy_vpgs(before)[0].peer_first];
    assert_int_equal(peer[0].peer_idx, 1); // kept
    assert_int_equal(peer[1].peer_idx, 0);
    free(before);
    free(after);
    stop_both(&control, &fake);
}

static void
test_what_is_refused_changes_nothing(void **state) {
    (void)state;
#define REQUEST(vpg, method, rest)                                                                                     \
    "{\"id\":1,\"method\":\"vpg.mirror." method "\",\"params\":{\"vpg\":\"" vpg "\"" rest "}}"
#define A(address) ",\"address\":\"" address "\""
    static const struct refusal rows[] = {
        {REQUEST("second", "add", A("198.18.0.22")), "config_errors", "vpgs[1].mirroring.peers: at most 2, found 3"},
        {REQUEST("second", "remove", A("198.18.0.21")), "config_errors",
         "vpgs[1].rules[0].mirror[0]: no mirroring peer of this VPG has the address 198.18.0.21"},
        {REQUEST("second", "add", A("198.18.0.20")), "config_errors", "at most 2"},
        {REQUEST("first", "add", A("198.18.0.1")), "config_errors", "Junction's own address"},
        {REQUEST("first", "add", A("198.18.0.255")), "config_errors", "(broadcast of 198.18.0.1/24)"},
        {REQUEST("first", "add", A("224.0.0.5")), "config_errors", "(multicast)"},
        {REQUEST("first", "add", A("0.0.0.0")), "config_errors", "(unspecified)"},
        {REQUEST("first", "add", A("198.20.0.1")), "config_errors", "no route to 198.20.0.1"},
        {REQUEST("first", "add", A("198.18.0.9") ",\"snap_length\":10"), "config_errors",
         "vpgs[0].mirroring.peers[0].snap_length: expected 0, or 64 to 65535, found 10"},
        {REQUEST("first", "add", A("198.18.0.9") ",\"rate_mbps\":0"), "config_errors", "expected 1 to 400000, found 0"},
        {REQUEST("first", "add", A("198.18.0.9") ",\"session\":1"), "config_errors", "not an option of gretap"},
        {REQUEST("second", "set", A("198.18.0.20") ",\"encapsulation\":\"vxlan\""), "config_errors", "found \"vxlan\""},
        {REQUEST("first", "add", A("gateway")), "bad_params", NULL},
        {REQUEST("first", "add", ""), "bad_params", NULL},
        {REQUEST("first", "add", A("198.18.0.9") ",\"ttl\":\"64\""), "bad_params", NULL},
        {REQUEST("first", "add", A("198.18.0.9") ",\"colour\":1"), "bad_params", NULL},
        {REQUEST("first", "add", A("198.18.0.9") ",\"key\":1.5"), "bad_params", NULL},
        {REQUEST("second", "set", A("198.18.0.20")), "bad_params", NULL},
        {REQUEST("first", "remove", A("198.18.0.9")), "unknown_peer", NULL},
        {REQUEST("second", "enable", A("198.18.0.9")), "unknown_peer", NULL},
        {REQUEST("second", "enable", A("198.18.0.20") ",\"ttl\":1"), "bad_params", NULL},
        {REQUEST("third", "add", A("198.18.0.9")), "unknown_vpg", NULL},
    };
    struct fake fake;
    struct child control = start_both(&fake, 1, config);
    struct jn_policy *before = published();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_refusal(&rows[i]);
    }
    struct jn_policy *after = published();
    assert_int_equal(after->generation, before->generation);
    expect_file("none");
    // The running dataplane's ports are the ones it was started with.
    strcpy(((struct jn_counters_region *)fake.shm.base)->ports[1].name, "other");
    json_t *answer = ask(REQUEST("first", "add", A("198.18.0.9")));
    assert_string_equal(error_code(answer), "restart_needed");
    json_decref(answer);
    free(before);
    free(after);
    stop_both(&control, &fake);
}

static const char *
state_of(unsigned int peer) {
    static char word[32];
    json_t *answer = run_json("peers", "peers");
    const char *text =
        json_string_value(json_object_get(json_array_get(json_object_get(answer, "peers"), peer), "state"));
    assert_non_null(text);
    snprintf(word, sizeof(word), "%s", text);
    json_decref(answer);
    return word;
}

static void
test_peers_and_neighbours_are_shown(void **state) {
    (void)state;
    struct fake fake;
    struct jn_shm shm;
    fake_start(&fake, 2);
    struct jn_counters_region *counters = fake.shm.base;
    counters->ports[1].present = counters->ports[1].link_up = 1;
    write_text(config_path, config);
    struct child control = start_control();
    make_neighbours(&shm);
    struct jn_neighbours_region *region = shm.base;
    assert_string_equal(state_of(0), "unresolved"); // no next hop yet
    struct jn_policy *policy = published();
    unsigned int peer = jn_policy_vpgs(policy)[1].vpg_idx * JN_VPG_PEERS;
    free(policy);
    jn_next_hops(region)[peer] = REACHABLE_HOP;
    jn_next_hops(region)[peer + 1] = LOST_HOP;
    for (unsigned int w = 0; w < 2; w++) {
        struct jn_peer_counters *c = &jn_peers_of_worker(region, w)[peer];
        *c = (struct jn_peer_counters){.frames = 40, .bytes = 4000, .truncated = 1, .fragments = 2, .icmp_too_big = 3};
        c->drops[JN_COPY_DROP_RATE] = 10;
        c->drops[JN_COPY_DROP_TX_FULL] = w;
    }
    json_t *answer = run_json("peers", "peers"), *row = first(answer, "peers");
    static const char *const peer_texts[][2] = {
        {"vpg", "second"},           {"address", "198.18.0.20"},   {"encapsulation", "gretap"}, {"state", "up"},
        {"next_hop", "198.18.0.20"}, {"mac", "02:00:00:00:00:09"}, {"port", "network0"},        {"description", ""}};
    expect_texts(row, peer_texts, sizeof(peer_texts) / sizeof(peer_texts[0]));
    assert_int_equal(number(row, "vlan"), 7);
    assert_int_equal(number(row, "frames"), 80);
    assert_int_equal(number(row, "bytes"), 8000);
    assert_int_equal(number(row, "truncated"), 2);
    assert_int_equal(number(row, "fragments"), 4);
    assert_int_equal(number(row, "icmp_too_big"), 6);
    assert_int_equal(number(row, "drops_total"), 21);
    assert_int_equal(number(json_object_get(row, "drops"), "rate"), 20);
    assert_int_equal(number(json_object_get(row, "drops"), "unresolved"), 0);
    row = json_array_get(json_object_get(answer, "peers"), 1);
    static const char *const drops_texts[][2] = {{"state", "unresolved"}, {"next_hop", "fd00::9"}};
    expect_texts(row, drops_texts, 2);
    assert_true(json_is_null(json_object_get(row, "mac")));
    json_decref(answer);
    assert_int_equal(RUN("show", "peers"), 0);
    assert_non_null(strstr(output, "tx_full 1, rate 20"));
    assert_int_equal(RUN("show", "peers", "--vpg", "first"), 0);
    assert_null(strstr(output, "second"));
    counters->ports[1].link_up = 0;
    assert_string_equal(state_of(0), "down");
    assert_int_equal(RUN("vpg", "second", "mirror", "disable", "198.18.0.20"), 0);
    assert_string_equal(state_of(0), "disabled");

    answer = run_json("neighbours", "neighbours");
    assert_int_equal(number(answer, "arp_requests"), 11);
    assert_int_equal(json_array_size(json_object_get(answer, "neighbours")), 2);
    row = first(answer, "neighbours");
    static const char *const hop_texts[][2] = {
        {"address", "198.18.0.20"}, {"mac", "02:00:00:00:00:09"}, {"state", "probe"}, {"port", "network0"}};
    expect_texts(row, hop_texts, 4);
    assert_int_equal(number(row, "mac_changes"), 3);
    assert_true(json_real_value(json_object_get(row, "confirmed_seconds")) > 1);
    row = json_array_get(json_object_get(answer, "neighbours"), 1);
    assert_int_equal(number(row, "unanswered"), 4);
    assert_true(json_is_null(json_object_get(row, "confirmed_seconds")));
    static const char *const own_texts[][2] = {{"address", "198.18.0.1/24"}, {"port", "network0"}};
    expect_texts(first(answer, "addresses"), own_texts, 2);
    static const char *const route_texts[][2] = {{"to", "198.19.0.0/16"}, {"via", "198.18.0.254"}};
    expect_texts(first(answer, "routes"), route_texts, 2);
    json_decref(answer);
    assert_int_equal(RUN("show", "neighbours"), 0);
    assert_non_null(strstr(output, "incomplete"));

    answer = run_json("policy", "vpgs");
    row = json_array_get(json_object_get(answer, "vpgs"), 1);
    assert_string_equal(json_string_value(first(row, "mirror_peers")), "198.18.0.21");
    assert_string_equal(json_string_value(first(first(row, "rules"), "mirror_peers")), "198.18.0.21");
    json_decref(answer);
    assert_int_equal(RUN("show", "policy"), 0);
    assert_non_null(strstr(output, "headerless"));
    assert_int_equal(RUN("show", "vpgs"), 0);
    assert_non_null(strstr(output, "198.18.0.21"));
    jn_shm_remove(&shm);
    assert_int_equal(RUN("show", "peers"), 1);
    stop_both(&control, &fake);
}

static void
test_a_hostile_region_is_survived(void **state) {
    (void)state;
    struct fake fake;
    struct jn_shm shm;
    unsigned int seed = 7;
    struct child control = start_both(&fake, 1, config);
    make_neighbours(&shm);
    struct jn_neighbours_region *region = shm.base;
    uint8_t *bytes = shm.base;
    for (int round = 0; round < 8; round++) {
        for (size_t i = sizeof(struct jn_region_header); i < shm.size; i++)
            bytes[i] = (uint8_t)rand_r(&seed);
        if (round > 0) {
            region->worker_count = 2;
            region->vpg_capacity = region->vpg_used = FAKE_VPGS;
        }
        for (unsigned int i = 0; round > 1 && i < JN_VPG_PEERS * FAKE_VPGS; i++)
            jn_next_hops(region)[i] %= JN_MAX_NEIGHBOURS;
        for (unsigned int i = 0; round > 2 && i < JN_MAX_NEIGHBOURS; i++) {
            region->neighbours[i].state_mac &= UINT64_C(3) << 48 | 0xffff;
            region->neighbours[i].family = 4 + 2 * (region->neighbours[i].family & 1);
            region->neighbours[i].port %= JN_MAX_PORTS;
            region->neighbours[i].vlan_id = JN_VLAN_ID_NONE;
        }
        expect_survival("peers");
        expect_survival("neighbours");
        if (round > 2)
            assert_int_equal(RUN("show", "neighbours"), 0);
    }
    region->worker_count = JN_MAX_WORKERS; // more than there is room for
    assert_int_equal(RUN("show", "peers"), 1);
    assert_int_equal(ftruncate(shm.fd, 4096), 0);
    assert_int_equal(RUN("show", "peers"), 1);
    jn_shm_remove(&shm);
    stop_both(&control, &fake);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_change_policy_and_file),
        cmocka_unit_test(test_what_is_refused_changes_nothing),
        cmocka_unit_test(test_peers_and_neighbours_are_shown),
        cmocka_unit_test(test_a_hostile_region_is_survived),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
