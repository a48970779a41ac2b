// SPDX-License-Identifier: BSD-3-Clause
// What is shown of gates and gateways, from regions that only look like a dataplane's.
#define _GNU_SOURCE
#include "control_gate.h"
#include "gate.h"
#include "test.h"

#define STANDBY_MAC UINT64_C(0x020000000021)

// Of the second VPG: the gateway is down, and the standby has its place. Two workers.
static void
make_gates(struct jn_shm *shm, unsigned int vpg_idx) {
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 0x21};
    assert_int_equal(jn_shm_create(shm, instance, JN_REGION_GATES, jn_gates_size(2, FAKE_VPGS), 1, false, false, err),
                     0);
    struct jn_gates_region *region = shm->base;
    region->worker_count = 2;
    region->vpg_capacity = region->vpg_used = FAKE_VPGS;
    struct jn_gate_state *gate = &region->gates[vpg_idx];
    *gate = (struct jn_gate_state){.vni = 20, .path_mtu = 1450, .owner_port = 1, .target_changes = 4, .moves = 2};
    memset(gate->next_hop, 0xff, sizeof(gate->next_hop));
    gate->next_hop[0] = REACHABLE_HOP;
    gate->next_hop[1] = LOST_HOP;
    gate->target = jn_target_make(JN_TARGET_PEER, 1, STANDBY_MAC);
    gate->changed_ns = 1;
    gate->moves_refused = 5;
    gate->health[0] = (struct jn_health){.state = JN_HEALTH_DOWN, .lost = 7, .needed = 6, .changes = 3, .since_ns = 1};
    gate->health[1] = (struct jn_health){.state = JN_HEALTH_UP, .peer_idx = 1, .answers = 9, .needed = 3, .changes = 1};
    gate->hosts[2] = (struct jn_gate_host){.peer_idx = 1, .heard_ns = 1};
    gate->hosts[2].neighbour = (struct jn_neighbour){.state_mac = jn_neighbour_state_mac(JN_NEIGHBOUR_REACHABLE, mac),
                                                     .address = {10, 254, 0, 3},
                                                     .family = 4,
                                                     .mac_changes = 1};
    gate->hosts[JN_GATE_NAMED] = (struct jn_gate_host){.peer_idx = JN_NO_PEER};
    gate->hosts[JN_GATE_NAMED].neighbour = (struct jn_neighbour){
        .state_mac = jn_neighbour_state_mac(JN_NEIGHBOUR_INCOMPLETE, mac), .address = {0xfd, [15] = 7}, .family = 6};
    for (unsigned int w = 0; w < 2; w++) {
        struct jn_gate_counters *c = &jn_gate_counters_of(region, w)[vpg_idx];
        c->bypassed_packets = 10;
        c->probes = 1 + w;
        c->drops[JN_GATE_DROP_NEIGHBOUR_SPOOFING] = 2;
        c->drops[JN_GATE_DROP_NO_MBUF] = w;
        c->peers[0] = (struct jn_gate_peer_counters){100, 1000, 90, 900};
        c->peers[1] = (struct jn_gate_peer_counters){5, 50, 6, 60};
    }
    jn_shm_ready(shm);
}

// The fake dataplane, junction-control, and the regions, whose gate is that of the second VPG.
struct rig {
    struct fake fake;
    struct child control;
    struct jn_shm neighbours, gates;
    unsigned int vpg_idx;
};

static void
rig_start(struct rig *rig) {
    fake_start(&rig->fake, 2);
    struct jn_counters_region *counters = rig->fake.shm.base;
    counters->ports[1].present = counters->ports[1].link_up = 1;
    write_text(config_path, config);
    rig->control = start_control();
    make_neighbours(&rig->neighbours);
    struct jn_policy *policy = published();
    rig->vpg_idx = jn_policy_vpgs(policy)[1].vpg_idx;
    free(policy);
    make_gates(&rig->gates, rig->vpg_idx);
}

static void
rig_stop(struct rig *rig) {
    jn_shm_remove(&rig->neighbours);
    jn_shm_remove(&rig->gates);
    assert_int_equal(end_child(&rig->control, SIGTERM), 0);
    fake_stop(&rig->fake);
}

#define TEXTS(row, ...)                                                                                                \
    do {                                                                                                               \
        static const char *const pairs[][2] = {__VA_ARGS__};                                                           \
        expect_texts(row, pairs, sizeof(pairs) / sizeof(pairs[0]));                                                    \
    } while (0)

static void
test_a_gate_is_shown(void **state) {
    (void)state;
    struct rig rig;
    rig_start(&rig);
    json_t *answer = run_json("gate", "gates");
    assert_int_equal(json_array_size(json_object_get(answer, "gates")), 2);
    assert_false(json_is_true(json_object_get(first(answer, "gates"), "open")));
    assert_true(json_is_null(json_object_get(first(answer, "gates"), "path_mtu")));
    json_t *gate = json_array_get(json_object_get(answer, "gates"), 1);
    TEXTS(gate, {"vpg", "second"}, {"mac", "02:00:00:00:00:01"}, {"address", "10.254.0.1/16"},
          {"address_ipv6", "fd00:254::1/64"});
    assert_int_equal(number(gate, "vni"), 20);
    assert_int_equal(number(gate, "path_mtu"), 1450);
    json_t *redirection = json_object_get(gate, "redirection");
    TEXTS(redirection, {"gateway", "10.254.0.2"}, {"standby", "10.254.0.3"}, {"on_failure", "standby"});
    TEXTS(json_object_get(redirection, "target"), {"kind", "peer"}, {"address", "10.254.0.3"}, {"outer", "198.18.0.21"},
          {"mac", "02:00:00:00:00:21"});
    assert_int_equal(number(redirection, "changes"), 4);
    assert_int_equal(number(redirection, "moves"), 2);
    assert_int_equal(number(redirection, "moves_refused"), 5);
    TEXTS(first(redirection, "health"), {"role", "gateway"}, {"address", "10.254.0.2"}, {"outer", "198.18.0.20"},
          {"state", "down"});
    assert_int_equal(number(first(redirection, "health"), "probes_lost"), 7);
    assert_int_equal(number(first(redirection, "health"), "changes"), 3);
    TEXTS(json_array_get(json_object_get(redirection, "health"), 1), {"role", "standby"}, {"state", "up"});
    TEXTS(first(gate, "peers"), {"outer", "198.18.0.20"}, {"inner", "10.254.0.2"}, {"state", "up"},
          {"description", "firewall"});
    assert_int_equal(number(first(gate, "peers"), "sent_packets"), 200);
    assert_int_equal(number(first(gate, "peers"), "returned_bytes"), 1800);
    TEXTS(json_array_get(json_object_get(gate, "peers"), 1), {"state", "unresolved"}, {"inner_ipv6", "fd00:254::3"});
    assert_int_equal(json_array_size(json_object_get(gate, "hosts")), 2);
    TEXTS(first(gate, "hosts"), {"address", "10.254.0.3"}, {"mac", "02:00:00:00:00:21"}, {"outer", "198.18.0.21"},
          {"state", "reachable"});
    json_t *host = json_array_get(json_object_get(gate, "hosts"), 1);
    assert_true(json_is_null(json_object_get(host, "outer")) && json_is_null(json_object_get(host, "heard_seconds")));
    assert_int_equal(number(json_object_get(gate, "counters"), "bypassed_packets"), 20);
    assert_int_equal(number(json_object_get(gate, "counters"), "probes"), 3);
    assert_int_equal(number(json_object_get(gate, "drops"), "neighbour_spoofing"), 4);
    assert_int_equal(number(json_object_get(gate, "drops"), "no_mbuf"), 1);
    assert_int_equal(number(json_object_get(gate, "drops"), "vxlan_vni"), 0);
    json_decref(answer);

    assert_int_equal(RUN("show", "gate"), 0);
    assert_non_null(strstr(output, "standby 10.254.0.3 at 198.18.0.21 (02:00:00:00:00:21)"));
    assert_non_null(strstr(output, "claims the address"));
    assert_null(strstr(output, "vxlan_vni"));
    // The standby has taken the gateway's address over.
    struct jn_gate_state *gate_state = &((struct jn_gates_region *)rig.gates.base)->gates[rig.vpg_idx];
    gate_state->hosts[0].target = gate_state->target;
    assert_int_equal(RUN("show", "gate"), 0);
    assert_non_null(strstr(output, "gateway 10.254.0.2 at 198.18.0.21"));
    gate_state->target = jn_target_make(JN_TARGET_BYPASS, 0, 0);
    assert_int_equal(RUN("show", "gate"), 0);
    assert_non_null(strstr(output, "bypass"));
    assert_int_equal(RUN("show", "gate", "--vpg", "first"), 0);
    assert_null(strstr(output, "second"));
    rig_stop(&rig);
}

static void
test_gateways_are_peers_too(void **state) {
    (void)state;
    struct rig rig;
    rig_start(&rig);
    json_t *answer = run_json("peers", "gateways");
    assert_int_equal(json_array_size(json_object_get(answer, "peers")), 0);
    assert_int_equal(json_array_size(json_object_get(answer, "gateways")), 2);
    TEXTS(first(answer, "gateways"), {"vpg", "second"}, {"kind", "gateway"}, {"address", "10.254.0.2"},
          {"outer", "198.18.0.20"}, {"state", "down"}, {"next_hop", "198.18.0.20"});
    assert_int_equal(number(first(answer, "gateways"), "sent_packets"), 200);
    assert_int_equal(number(first(answer, "gateways"), "returned_packets"), 180);
    assert_int_equal(number(first(answer, "gateways"), "lost"), 20);
    json_t *standby = json_array_get(json_object_get(answer, "gateways"), 1);
    TEXTS(standby, {"kind", "standby"}, {"state", "up"});
    assert_int_equal(number(standby, "lost"), 0); // never below
    json_decref(answer);
    answer = run_json("status", "processes");
    assert_int_equal(number(answer, "gateways_down"), 1);
    json_decref(answer);
    assert_int_equal(RUN("show", "peers"), 0);
    assert_non_null(strstr(output, "standby"));
    answer = run_json("policy", "vpgs");
    json_t *vpg = json_array_get(json_object_get(answer, "vpgs"), 1);
    assert_true(json_is_true(json_object_get(vpg, "redirect")));
    TEXTS(json_object_get(json_object_get(vpg, "gate"), "redirection"), {"gateway", "10.254.0.2"},
          {"standby", "10.254.0.3"}, {"on_failure", "standby"}, {"too_long", "answer"});
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(answer, "vpgs"), 2), "gate")));
    json_decref(answer);
    assert_int_equal(RUN("show", "policy"), 0);
    assert_non_null(strstr(output, "198.18.0.20, 198.18.0.21"));
    // Without the region nothing is known of gateways, and it is said so.
    jn_shm_remove(&rig.gates);
    assert_int_equal(RUN("show", "peers"), 1);
    assert_int_equal(RUN("show", "gate"), 1);
    answer = run_json("status", "processes");
    assert_true(json_is_null(json_object_get(answer, "gateways_down")));
    json_decref(answer);
    make_gates(&rig.gates, rig.vpg_idx);
    rig_stop(&rig);
}

static void
test_a_hostile_region_is_survived(void **state) {
    (void)state;
    static const char *const subjects[] = {"gate", "peers", "status"};
    struct rig rig;
    unsigned int seed = 5;
    rig_start(&rig);
    struct jn_gates_region *region = rig.gates.base;
    uint8_t *bytes = rig.gates.base;
    for (int round = 0; round < 4; round++) {
        for (size_t i = sizeof(struct jn_region_header); i < rig.gates.size; i++)
            bytes[i] = (uint8_t)rand_r(&seed);
        if (round > 0) {
            region->worker_count = 2;
            region->vpg_capacity = region->vpg_used = FAKE_VPGS;
        }
        for (unsigned int i = 0; round > 1 && i < FAKE_VPGS; i++) {
            region->gates[i].vni = i == rig.vpg_idx ? 20 : 0;
            region->gates[i].owner_port = 1;
            region->gates[i].target &= UINT64_C(0x030fffffffffffff);
            region->gates[i].health[0].state %= 3;
            region->gates[i].health[1].state %= 3;
            region->gates[i].health[0].peer_idx = region->gates[i].health[1].peer_idx = JN_NO_PEER;
            for (unsigned int j = 0; j < JN_GATE_PEERS; j++)
                region->gates[i].next_hop[j] %= JN_MAX_NEIGHBOURS;
            for (unsigned int j = 0; j < JN_GATE_HOSTS; j++)
                region->gates[i].hosts[j].neighbour.state_mac = 0;
        }
        for (size_t i = 0; i < 3; i++)
            expect_survival(subjects[i]);
    }
    region->worker_count = JN_MAX_WORKERS; // more than there is room for
    assert_int_equal(RUN("show", "gate"), 1);
    assert_int_equal(ftruncate(rig.gates.fd, 4096), 0);
    assert_int_equal(RUN("show", "gate"), 1);
    rig_stop(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_gate_is_shown),
        cmocka_unit_test(test_gateways_are_peers_too),
        cmocka_unit_test(test_a_hostile_region_is_survived),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
