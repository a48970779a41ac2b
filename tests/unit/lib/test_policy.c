// SPDX-License-Identifier: BSD-3-Clause
// Policies through shared memory: published, waited for, copied whole, and never believed unchecked.
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow.h"
#include "policy.h"
#include "test.h"

static char err[JN_ERR_MAX];

// Two VPGs, the first with one subnet, one rule, one device, two peers, and each with a gate with two peers; one underlay
// address, one route, two application matches, two server names, strings.
struct sample {
    struct jn_policy head;
    _Alignas(8) struct jn_vpg vpg;
    struct jn_vpg next;
    _Alignas(8) struct jn_prefix subnet;
    _Alignas(8) struct jn_rule rule;
    _Alignas(8) struct jn_device device;
    _Alignas(8) struct jn_peer peer;
    struct jn_peer other;
    _Alignas(8) struct jn_underlay_address own;
    _Alignas(8) struct jn_route route;
    _Alignas(8) struct jn_gate gate;
    struct jn_gate next_gate;
    _Alignas(8) struct jn_gate_peer gate_peer;
    struct jn_gate_peer standby, next_peers[2];
    _Alignas(8) struct jn_application_match match;
    struct jn_application_match undecided;
    _Alignas(8) struct jn_server_name name;
    struct jn_server_name below;
    _Alignas(8) char strings[24];
};

static struct sample
sample_policy(void) {
    struct sample s;
    const struct jn_gate gate = {.address = {{10, 254, 0, 1}},
                                 .length = {16},
                                 .mac = {2, [5] = 1},
                                 .vni = 10,
                                 .flags = JN_GATE_REDIRECT,
                                 .ttl = 64,
                                 .gateway = 3,
                                 .standby = JN_NO_PEER,
                                 .gateway_family = 4,
                                 .probe_lost = 3,
                                 .probe_answers = 3,
                                 .probe_ms = 100};
    const struct jn_gate_peer gate_peer = {
        .outer = {198, 18, 0, 20}, .inner = {{10, 254, 0, 2}}, .outer_family = 4, .has_inner = {1, 0}, .peer_idx = 3};
    const struct jn_peer peer = {.address = {198, 18, 0, 10},
                                 .family = 4,
                                 .peer_idx = 1,
                                 .flags = JN_PEER_ENABLED,
                                 .ttl = 64,
                                 .sample_packets = 1,
                                 .sample_flows = 1,
                                 .description_offset = 1};
    memset(&s, 0, sizeof(s)); // padding too: bytes are compared
    s = (struct sample){
        .head = {.length = sizeof(s),
                 .interval_ns = 60000000000,
                 .vpg_count = 2,
                 .subnet_count = 1,
                 .rule_count = 1,
                 .device_count = 1,
                 .peer_count = 2,
                 .address_count = 1,
                 .route_count = 1,
                 .gate_count = 2,
                 .gate_peer_count = 4,
                 .application_match_count = 2,
                 .server_name_count = 2,
                 .string_bytes = sizeof(s.strings),
                 .node = "edge-1"},
        .vpg = {.id = "default",
                .wires = 1,
                .vlan_id = JN_VLAN_ID_NONE,
                .defaults = JN_VERDICT_MIRROR1 | JN_VERDICT_REDIRECT,
                .subnet_count = 1,
                .rule_count = 1,
                .device_count = 1,
                .peer_count = 2,
                .gate_count = 1,
                .gate_peer_count = 2},
        .next = {.id = "next",
                 .vpg_idx = 1,
                 .wires = 1,
                 .vlan_id = 5,
                 .gate_first = 1,
                 .gate_count = 1,
                 .gate_peer_first = 2,
                 .gate_peer_count = 2},
        .gate = gate,
        .next_gate = gate,
        .gate_peer = gate_peer,
        .standby = gate_peer,
        .next_peers = {gate_peer, gate_peer},
        .subnet = {.address = {10, 128}, .length = 9, .family = 4},
        .rule = {.device_ports = {0, 65535},
                 .remote_ports = {53, 53},
                 .protocol = 17,
                 .dscp = 0xff,
                 .drop = 1,
                 .mirror = JN_ACTION_ON,
                 .redirect = JN_ACTION_ON,
                 .mirror_peers = 2,
                 .application_match = 2,
                 .new_flows_only = 1},
        .match = {.applications = {1u << 7}, .risks = 2, .server_name_first = 1, .server_name_count = 1},
        .undecided = {.undecided = 1},
        .name = {.string_offset = 10, .length = 11},
        .below = {.string_offset = 10, .length = 11, .wildcard = 1},
        .device = {.address = {10, 128, 0, 5}, .family = 4, .name_offset = 1},
        .peer = peer,
        .other = peer,
        .own = {.address = {198, 18, 0, 1}, .family = 4, .length = 24, .port = 2, .vlan_id = JN_VLAN_ID_NONE},
        .route = {.to = {.address = {198, 19}, .length = 16, .family = 4}, .via = {198, 18, 0, 254}, .port = 2},
        .strings = "\0device-1\0example.org",
    };
    s.head.vpg_offset = offsetof(struct sample, vpg);
    s.head.subnet_offset = offsetof(struct sample, subnet);
    s.head.rule_offset = offsetof(struct sample, rule);
    s.head.device_offset = offsetof(struct sample, device);
    s.other.peer_idx = 0;
    s.other.flags = JN_PEER_KEY;
    s.head.peer_offset = offsetof(struct sample, peer);
    s.head.address_offset = offsetof(struct sample, own);
    s.head.route_offset = offsetof(struct sample, route);
    s.head.gate_offset = offsetof(struct sample, gate);
    s.head.gate_peer_offset = offsetof(struct sample, gate_peer);
    s.standby.peer_idx = s.next_peers[1].peer_idx = 0;
    s.standby.outer[3] = s.next_peers[1].outer[3] = 21;
    s.standby.inner[0][3] = s.next_peers[1].inner[0][3] = 3;
    s.next_gate.vni = 11;
    s.head.application_match_offset = offsetof(struct sample, match);
    s.head.server_name_offset = offsetof(struct sample, name);
    s.head.string_offset = offsetof(struct sample, strings);
    return s;
}

static struct jn_policy_region *
fresh_region(void) {
    struct jn_policy_region *region =
        mmap(NULL, jn_policy_region_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(region != MAP_FAILED);
    jn_policy_region_init(region);
    return region;
}

static int
copy(const struct jn_policy_region *region, struct jn_policy **out) {
    err[0] = '\0';
    return jn_policy_copy(region, jn_policy_region_size(), out, err);
}

static void
test_published_is_what_arrives(void **state) {
    (void)state;
    struct jn_policy_region *region = fresh_region();
    struct jn_policy *got;
    assert_int_equal(copy(region, &got), -ENOENT);
    for (uint64_t generation = 1; generation <= 5; generation++) {
        struct sample s = sample_policy();
        s.rule.remote_ports[1] = (uint16_t)(53 + generation);
        if (jn_policy_publish(region, &s.head, err) != 0)
            fail_msg("%s", err);
        assert_int_equal(copy(region, &got), 0);
        assert_int_equal(got->generation, generation);
        assert_memory_equal(got, &s, sizeof(s));
        free(got);
    }
    munmap(region, jn_policy_region_size());
}

static void
test_a_waiter_is_woken(void **state) {
    (void)state;
    struct jn_policy_region *region = fresh_region();
    pid_t waiter = fork();
    if (waiter == 0)
        _exit(jn_policy_wait(region, 0, 30000) == 1 ? 0 : 1);
    struct sample s = sample_policy();
    int status;
    assert_int_equal(jn_policy_publish(region, &s.head, err), 0);
    assert_int_equal(waitpid(waiter, &status, 0), waiter);
    assert_int_equal(status, 0);
    assert_int_equal(jn_policy_wait(region, 1, 1), 1);
    munmap(region, jn_policy_region_size());
}

static void
test_any_wrong_byte_is_refused(void **state) {
    (void)state;
    struct jn_policy_region *region = fresh_region();
    struct sample s = sample_policy();
    struct jn_policy *got;
    assert_int_equal(jn_policy_publish(region, &s.head, err), 0);
    uint8_t *slot = (uint8_t *)region + 4096 + JN_POLICY_SLOT_BYTES;
    for (size_t i = offsetof(struct jn_policy, length); i < sizeof(s); i++) {
        slot[i] ^= 0x81;
        if (copy(region, &got) == 0 || err[0] == '\0')
            fail_msg("byte %zu changed: accepted", i);
        slot[i] ^= 0x81;
    }
    munmap(region, jn_policy_region_size());
}

static void
test_wrong_fields_are_refused_though_the_checksum_is_right(void **state) {
    (void)state;
#define FIELD(f, v)                                                                                                    \
    { #f, offsetof(struct sample, f), sizeof(((struct sample *)0)->f), v }
    static const struct {
        const char *what;
        size_t offset, width;
        uint64_t value;
    } rows[] = {
        FIELD(head.length, 8),
        FIELD(head.length, UINT32_MAX),
        FIELD(head.vpg_count, JN_MAX_VPGS + 1),
        FIELD(head.vpg_count, 2000000),
        FIELD(head.vpg_offset, 0),
        FIELD(head.vpg_offset, UINT32_MAX - 7),
        FIELD(head.rule_count, JN_MAX_RULES + 1),
        FIELD(head.rule_offset, 4),
        FIELD(head.subnet_count, UINT32_MAX),
        FIELD(head.device_count, UINT32_MAX),
        FIELD(head.device_offset, 12),
        FIELD(head.string_bytes, 5),
        FIELD(head.string_offset, UINT32_MAX),
        FIELD(vpg.vpg_idx, JN_MAX_VPGS),
        FIELD(vpg.wires, 0),
        FIELD(vpg.vlan_id, 4095),
        FIELD(vpg.id[0], 0),
        FIELD(vpg.rule_first, 1),
        FIELD(vpg.rule_count, UINT32_MAX),
        FIELD(vpg.subnet_count, 2),
        FIELD(vpg.device_first, UINT32_MAX),
        FIELD(subnet.length, 33),
        FIELD(subnet.family, 5),
        FIELD(rule.direction, 3),
        FIELD(rule.dscp, 64),
        FIELD(rule.drop, 2),
        FIELD(rule.mirror, 3),
        FIELD(rule.remote_ports[0], 54),
        FIELD(device.family, 0),
        FIELD(device.name_offset, 24),
        FIELD(device.group_name_offset, UINT32_MAX),
        FIELD(head.peer_count, JN_MAX_PEERS + 1),
        FIELD(head.peer_count, 100),
        FIELD(head.peer_offset, 0),
        FIELD(head.peer_offset, 4),
        FIELD(head.peer_offset, UINT32_MAX - 7),
        FIELD(head.address_count, JN_MAX_ADDRESSES + 1),
        FIELD(head.address_count, 50),
        FIELD(head.address_offset, 0),
        FIELD(head.address_offset, UINT32_MAX - 7),
        FIELD(head.route_count, JN_MAX_ROUTES + 1),
        FIELD(head.route_count, 50),
        FIELD(head.route_offset, 0),
        FIELD(head.route_offset, UINT32_MAX - 7),
        FIELD(vpg.peer_first, 1),
        FIELD(vpg.peer_first, UINT32_MAX),
        FIELD(vpg.peer_count, 3),
        FIELD(vpg.peer_count, 0),
        FIELD(vpg.defaults, JN_VERDICT_MIRROR0),
        FIELD(vpg.defaults, 8),
        FIELD(vpg.defaults, 0x8000),
        FIELD(vpg.flags, 4),
        FIELD(vpg.flags, 0x80000000),
        FIELD(rule.mirror_peers, 4),
        FIELD(peer.family, 0),
        FIELD(peer.family, 5),
        FIELD(peer.peer_idx, 2),
        FIELD(peer.peer_idx, 0),
        FIELD(peer.encapsulation, 4),
        FIELD(peer.flags, JN_PEER_KEY),
        FIELD(peer.flags, 17),
        FIELD(peer.too_long, 3),
        FIELD(peer.direction, 3),
        FIELD(peer.ttl, 0),
        FIELD(peer.dscp, 64),
        FIELD(peer.session, 1024),
        FIELD(peer.snap_length, 63),
        FIELD(peer.snap_length, 65536),
        FIELD(peer.sample_packets, 0),
        FIELD(peer.sample_packets, 1000001),
        FIELD(peer.sample_flows, 0),
        FIELD(peer.sample_flows, 1000001),
        FIELD(peer.rate_mbps, 400001),
        FIELD(peer.description_offset, 24),
        FIELD(other.family, 7),
        FIELD(own.family, 0),
        FIELD(own.length, 33),
        FIELD(own.port, JN_MAX_PORTS),
        FIELD(own.vlan_id, 0),
        FIELD(own.vlan_id, 4095),
        FIELD(route.to.family, 0),
        FIELD(route.to.length, 33),
        FIELD(route.port, JN_MAX_PORTS),
        FIELD(head.gate_count, JN_MAX_VPGS + 1),
        FIELD(head.gate_count, 1),
        FIELD(head.gate_count, 100),
        FIELD(head.gate_offset, 0),
        FIELD(head.gate_offset, UINT32_MAX - 7),
        FIELD(head.gate_peer_count, JN_MAX_GATE_PEERS + 1),
        FIELD(head.gate_peer_count, 3),
        FIELD(head.gate_peer_offset, 4),
        FIELD(head.gate_peer_offset, UINT32_MAX - 7),
        FIELD(vpg.gate_first, 2),
        FIELD(vpg.gate_first, UINT32_MAX),
        FIELD(vpg.gate_count, 2),
        FIELD(vpg.gate_count, 0),
        FIELD(vpg.gate_peer_first, 3),
        FIELD(vpg.gate_peer_first, UINT32_MAX),
        FIELD(vpg.gate_peer_count, JN_GATE_PEERS + 1),
        FIELD(vpg.gate_peer_count, 0),
        FIELD(next.gate_count, 0),
        FIELD(next.gate_first, 0),
        FIELD(gate.length[0], 0),
        FIELD(gate.length[0], 33),
        FIELD(gate.length[1], 129),
        FIELD(gate.mac[0], 3),
        FIELD(gate.mac, 0),
        FIELD(gate.vni, 0),
        FIELD(gate.vni, JN_MAX_VNI + 1),
        FIELD(gate.vni, 11), // and the peers of the other VPG
        FIELD(gate.flags, 0),
        FIELD(gate.flags, JN_GATE_REDIRECT | 0x40),
        FIELD(next_gate.flags, 0), // and yet a gateway
        FIELD(gate.ttl, 0),
        FIELD(gate.dscp, 64),
        FIELD(gate.gateway, 1),
        FIELD(gate.gateway, JN_NO_PEER),
        FIELD(gate.gateway_family, 6),
        FIELD(gate.gateway_family, 0),
        FIELD(gate.standby, 3),
        FIELD(gate.standby, 0), // of no family
        FIELD(gate.standby, 1),
        FIELD(gate.on_failure, JN_FAILURE_STANDBY), // and there is none
        FIELD(gate.on_failure, 3),
        FIELD(gate.on_standby_failure, JN_FAILURE_STANDBY),
        FIELD(gate.probe_lost, 0),
        FIELD(gate.probe_answers, 0),
        FIELD(gate.probe_ms, 9),
        FIELD(gate.probe_ms, 10001),
        FIELD(gate.mtu, 575),
        FIELD(gate_peer.outer_family, 0),
        FIELD(gate_peer.outer_family, 5),
        FIELD(gate_peer.has_inner[0], 0),
        FIELD(gate_peer.has_inner[0], 2),
        FIELD(gate_peer.has_inner[1], 1), // the gate has no IPv6 address
        FIELD(gate_peer.peer_idx, 0),
        FIELD(gate_peer.peer_idx, JN_GATE_PEERS),
        FIELD(gate_peer.description_offset, 24),
        FIELD(standby.outer[3], 20), // as the gateway's
        FIELD(vpg.metadata, JN_METADATA_NONE + 1),
        FIELD(rule.application_match, 3),
        FIELD(rule.application_match, UINT32_MAX),
        FIELD(rule.new_flows_only, 2),
        FIELD(head.application_match_count, 1),
        FIELD(head.application_match_count, JN_MAX_RULES + 1),
        FIELD(head.application_match_offset, 0),
        FIELD(head.application_match_offset, UINT32_MAX - 7),
        FIELD(head.server_name_count, 1),
        FIELD(head.server_name_count, JN_MAX_SERVER_NAMES + 1),
        FIELD(head.server_name_offset, 4),
        FIELD(head.server_name_offset, UINT32_MAX - 7),
        FIELD(match.undecided, 1), // and yet it names others
        FIELD(match.undecided, 2),
        FIELD(match.server_name_first, 2),
        FIELD(match.server_name_first, UINT32_MAX),
        FIELD(match.server_name_count, 2),
        FIELD(undecided.undecided, 0), // and names nothing
        FIELD(undecided.applications[7], 1),
        FIELD(undecided.categories[3], 1),
        FIELD(undecided.risks, 1),
        FIELD(undecided.server_name_count, 1),
        FIELD(name.length, 0),
        FIELD(name.length, 8), // "example."
        FIELD(name.length, 15),
        FIELD(name.length, 255),
        FIELD(name.string_offset, 24),
        FIELD(name.string_offset, UINT32_MAX),
        FIELD(name.wildcard, 2),
        FIELD(strings[12], 'A'),
        FIELD(strings[12], ' '),
        FIELD(strings[12], 0xe4),
        FIELD(strings[12], 0x7f),
    };
#undef FIELD
    struct jn_policy_region *region = fresh_region();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sample s = sample_policy();
        memcpy((char *)&s + rows[i].offset, &rows[i].value, rows[i].width);
        err[0] = '\0';
        if (jn_policy_publish(region, &s.head, err) == 0 || err[0] == '\0')
            fail_msg("%s = %llu: accepted", rows[i].what, (unsigned long long)rows[i].value);
        assert_int_equal(region->generation, 0); // refused: nothing changed
    }
    munmap(region, jn_policy_region_size());
}

// Each VPG's rules take memory of their own: a policy must not have 4,096 VPGs of the same 4,096 rules.
static void
test_a_rule_is_of_one_vpg(void **state) {
    (void)state;
    static const struct {
        uint32_t first, count;
        bool accepted;
    } rows[] = {{0, 0, true}, {1, 0, true}, {0, 1, false}}; // of the second VPG; the first one has the only rule
    struct jn_policy_region *region = fresh_region();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sample s = sample_policy();
        s.rule.mirror_peers = 0; // the second VPG has no peers
        s.next.rule_first = rows[i].first;
        s.next.rule_count = rows[i].count;
        if ((jn_policy_publish(region, &s.head, err) == 0) != rows[i].accepted)
            fail_msg("rules %u and %u more: %s", rows[i].first, rows[i].count, rows[i].accepted ? err : "accepted");
    }
    munmap(region, jn_policy_region_size());
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_is_what_arrives),
        cmocka_unit_test(test_a_waiter_is_woken),
        cmocka_unit_test(test_any_wrong_byte_is_refused),
        cmocka_unit_test(test_wrong_fields_are_refused_though_the_checksum_is_right),
        cmocka_unit_test(test_a_rule_is_of_one_vpg),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
