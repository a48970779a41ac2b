// SPDX-License-Identifier: BSD-3-Clause
// junctionctl: its command line, its JSON, and what it does with regions that are corrupt: refuse them or show nothing
// wrong, never crash.
#define _GNU_SOURCE
#include "applications/applications.h"
#include "control_command.h"
#include "flow.h"
#include "test.h"

#include <time.h>

#define FLOW_START UINT64_C(1000000000000000000) // by the workers' time

// One flow of IPv4 between a device (end b) and a remote, in the slot.
static void
make_flows(struct jn_shm *shm, uint16_t vpg_idx) {
    static const uint8_t remote[] = {10, 128, 0, 1}, device[] = {198, 18, 0, 2};
    assert_int_equal(jn_shm_create(shm, instance, JN_REGION_FLOWS, jn_flow_region_size(2, 100), 1, false, false, err),
                     0);
    jn_flow_region_init(shm->base, 2, 100);
    struct jn_flow_region *region = shm->base;
    struct jn_flow_entry *entries = (void *)((char *)shm->base + region->tables[1].entries_offset);
    region->tables[1].high_water = 3; // the first two are free
    struct jn_flow_entry *e = &entries[2];
    e->key1 = 40000u | UINT64_C(443) << 16 | UINT64_C(6) << 32 | (uint64_t)JN_FLOW_VLAN_ID_NONE << 40 |
              (uint64_t)vpg_idx << 52;
    memcpy(e->address[0], remote, 4);
    memcpy(e->address[1], device, 4);
    e->flags = JN_FLOW_DEVICE_B;
    e->packets[0] = 3;
    e->packets[1] = 5;
    e->bytes[0] = 300;
    e->bytes[1] = 500;
    e->start_ns = e->last_ns = FLOW_START;
    e->verdict = JN_VERDICT_INSPECT;
    e->vlan_tci = 0xffff;
    jn_shm_ready(shm);
}

static void
test_usage(void **state) {
    (void)state;
    static const struct {
        const char *words[8];
        int status;
    } rows[] = {
        {{"--help"}, 0},
        {{"--version"}, 0},
        {{"--man"}, 0},
        {{"show", "flows", "--help"}, 0},
        {{"completion", "bash"}, 0},
        {{NULL}, 2},
        {{"nonsense"}, 2},
        {{"show"}, 2},
        {{"show", "nonsense"}, 2},
        {{"show", "status", "more"}, 2},
        {{"show", "status", "--nonsense"}, 2},
        {{"show", "status", "--vpg", "a"}, 2},
        {{"show", "flows", "--limit"}, 2},
        {{"show", "flows", "--limit", "-1"}, 2},
        {{"show", "flows", "--limit", "many"}, 2},
        {{"vpg", "a", "inspection", "maybe"}, 2},
        {{"log", "loud"}, 2},
        {{"completion", "fish"}, 2},
        {{"reload"}, 1}, // nobody there
        {{"show", "vpgs"}, 1},
        {{"show", "ports"}, 1},
        {{"show", "flows"}, 1},
        {{"show", "applications"}, 1},
        {{"show", "flows", "--application", "tls"}, 1},
        {{"show", "flows", "--application", "nonsense"}, 2},
        {{"show", "drops"}, 1},
        {{"show", "workers"}, 1},
        {{"show", "peers"}, 1},
        {{"show", "neighbours"}, 1},
        {{"vpg", "a", "mirror"}, 2},
        {{"vpg", "a", "mirror", "add"}, 2},
        {{"vpg", "a", "mirror", "add", "198.18.0.9", "--no-sequence"}, 2},
        {{"vpg", "a", "mirror", "add", "198.18.0.9", "--key"}, 2},
        {{"vpg", "a", "mirror", "add", "198.18.0.9", "--key", "-1"}, 2},
        {{"vpg", "a", "mirror", "add", "198.18.0.9", "--ttl", "64s"}, 2},
        {{"vpg", "a", "mirror", "set", "198.18.0.9", "--disabled"}, 2},
        {{"vpg", "a", "mirror", "remove", "198.18.0.9", "--key", "1"}, 2},
        {{"vpg", "a", "mirror", "toggle", "198.18.0.9"}, 2},
        {{"vpg", "a", "mirror", "add", "198.18.0.9"}, 1},
        {{"show", "gate"}, 1},
        {{"vpg", "a", "gate", "ajar"}, 2},
        {{"vpg", "a", "gate", "set-vni"}, 2},
        {{"vpg", "a", "gate", "set-vni", "10.5"}, 2},
        {{"vpg", "a", "gate", "set-vni", "10"}, 1},
        {{"vpg", "a", "gate", "peer", "add", "198.18.0.9"}, 2},
        {{"vpg", "a", "gate", "peer", "remove"}, 2},
        {{"vpg", "a", "redirect", "set"}, 2},
        {{"vpg", "a", "redirect", "set", "10.254.0.2", "--ttl", "1"}, 2},
        {{"vpg", "a", "redirect", "unset", "10.254.0.2"}, 2},
        {{"vpg", "a", "redirect", "unset"}, 1},
        {{"show", "status"}, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int status = run(rows[i].words);
        if (status != rows[i].status)
            fail_msg("%s %s: expected %d, found %d", rows[i].words[0] != NULL ? rows[i].words[0] : "(none)",
                     rows[i].words[1] != NULL ? rows[i].words[1] : "", rows[i].status, status);
    }
    const char *const other[] = {"--instance", "a/b", "show", "status", NULL};
    struct child child = start_program("junctionctl", other, STDOUT_FILENO);
    assert_int_equal(end_child(&child, 0), 2);
}

// What the driver said of both ways, and nothing where it said nothing.
static void
test_bursts_are_shown(void **state) {
    (void)state;
    struct fake fake;
    fake_start(&fake, 1);
    struct jn_counters_region *region = fake.shm.base;
    strcpy(region->ports[1].rx_burst, "Vector AVX2");
    strcpy(region->ports[1].tx_burst, "Scalar");
    region->ports[1].rx_descriptors = 1024;
    region->ports[1].tx_descriptors = 512;
    json_t *answer = run_json("ports", "ports"), *named = json_array_get(json_object_get(answer, "ports"), 1);
    assert_true(json_is_null(json_object_get(first(answer, "ports"), "rx_burst")));
    assert_true(json_is_null(json_object_get(first(answer, "ports"), "tx_burst")));
    assert_string_equal(json_string_value(json_object_get(named, "rx_burst")), "Vector AVX2");
    assert_string_equal(json_string_value(json_object_get(named, "tx_burst")), "Scalar");
    assert_int_equal(json_integer_value(json_object_get(named, "rx_descriptors")), 1024);
    assert_int_equal(json_integer_value(json_object_get(named, "tx_descriptors")), 512);
    json_decref(answer);
    fake_stop(&fake);
}

static void
test_everything_is_shown(void **state) {
    (void)state;
    struct fake fake;
    struct jn_shm flows;
    fake_start(&fake, 2);
    struct jn_counters_region *region = fake.shm.base;
    write_text(config_path, sound_config);
    struct child control = start_control();
    json_t *answer = run_json("vpgs", "vpgs");
    json_int_t vpg_idx = json_integer_value(json_object_get(first(answer, "vpgs"), "vpg_idx"));
    json_decref(answer);
    make_flows(&flows, (uint16_t)vpg_idx);
    jn_counters_of_vpgs(region, region->worker_count, 0, region->vpg_capacity)[vpg_idx].total_packets = 40;
    jn_counters_of_vpgs(region, region->worker_count, 1, region->vpg_capacity)[vpg_idx].total_packets = 2;
    jn_counters_of_vpgs(region, region->worker_count, 0, region->vpg_capacity)[vpg_idx].size_max = 1500;
    jn_counters_of_vpgs(region, region->worker_count, 1, region->vpg_capacity)[vpg_idx].size_max = 60;
    region->workers[1].ports[1].rx_packets = 9;
    region->workers[0].drops[JN_DROP_TX_FULL] = 4;
    region->workers[1].drops[JN_DROP_TX_FULL] = 3;
    region->workers[1].flows_active = 1;
    region->workers[0].work[jn_work_bucket(0)] = 7;
    region->workers[1].work[jn_work_bucket(99)] = 2;
    region->workers[0].work[jn_work_bucket(99)] = 1;
    region->workers[1].work[jn_work_bucket(UINT64_MAX)] = 1;
    region->workers[1].longest_work_cycles = 5000;
    region->workers[1].longest_work_interval_cycles = 400;
    region->workers[1].rounds = 3;
    region->silent_ms[1] = 3100;
    region->tsc_hz = 1000000;
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    region->clock_offset_ns = (uint64_t)now.tv_sec * 1000000000u - FLOW_START - UINT64_C(5000000000);
    region->ports[1].present = region->ports[1].link_up = 1;

    answer = run_json("vpgs", "vpgs");
    json_t *counters = json_object_get(first(answer, "vpgs"), "counters");
    assert_int_equal(json_integer_value(json_object_get(counters, "total_packets")), 42);
    assert_int_equal(json_integer_value(json_object_get(counters, "size_max")), 1500);
    json_decref(answer);
    answer = run_json("ports", "ports");
    json_t *port = json_array_get(json_object_get(answer, "ports"), 1);
    assert_int_equal(json_integer_value(json_object_get(port, "rx_packets")), 9);
    assert_string_equal(json_string_value(json_object_get(port, "link")), "up");
    assert_string_equal(json_string_value(json_object_get(first(answer, "ports"), "link")), "gone");
    json_decref(answer);
    answer = run_json("drops", "drops");
    assert_int_equal(json_array_size(json_object_get(answer, "drops")), 1);
    assert_string_equal(json_string_value(json_object_get(first(answer, "drops"), "reason")), "tx_full");
    assert_int_equal(json_integer_value(json_object_get(first(answer, "drops"), "packets")), 7);
    json_decref(answer);
    answer = run_json("workers", "workers");
    assert_int_equal(json_array_size(json_object_get(answer, "workers")), 2);
    json_t *second = json_array_get(json_object_get(answer, "workers"), 1), *work = json_object_get(answer, "work");
    assert_int_equal(json_integer_value(json_object_get(second, "longest_work_us")), 5000);
    assert_int_equal(json_integer_value(json_object_get(second, "longest_work_interval_us")), 400);
    assert_int_equal(json_integer_value(json_object_get(second, "work_p50_below_us")), 128);
    assert_true(json_is_null(json_object_get(second, "work_p99_9_below_us"))); // one of three took longest
    const json_t *other = first(answer, "workers");
    assert_int_equal(json_integer_value(json_object_get(other, "work_p50_below_us")), 1);
    assert_int_equal(json_integer_value(json_object_get(other, "work_p99_below_us")), 128); // one of eight
    assert_int_equal(json_integer_value(json_object_get(second, "rounds")), 3);
    assert_int_equal(json_array_size(json_object_get(second, "work")), JN_WORK_BUCKETS);
    static const json_int_t expected[][2] = {{1, 7}, {128, 3}, {0, 1}}; // 0: null, no bound
    assert_int_equal(json_array_size(work), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *bucket = json_array_get(work, i);
        assert_int_equal(json_integer_value(json_object_get(bucket, "below_us")), expected[i][0]);
        assert_int_equal(json_integer_value(json_object_get(bucket, "rounds")), expected[i][1]);
    }
    assert_true(json_is_null(json_object_get(json_array_get(work, 2), "below_us")));
    json_decref(answer);
    answer = run_json("flows", "flows");
    json_t *flow = first(answer, "flows");
    assert_string_equal(json_string_value(json_object_get(flow, "vpg")), "first");
    assert_string_equal(json_string_value(json_object_get(flow, "device")), "198.18.0.2");
    assert_int_equal(json_integer_value(json_object_get(flow, "device_port")), 443);
    assert_int_equal(json_integer_value(json_object_get(flow, "uplink_packets")), 5);
    assert_int_equal(json_integer_value(json_object_get(flow, "downlink_bytes")), 300);
    double age = json_number_value(json_object_get(flow, "age_seconds")); // whatever the wall clock was set to since
    assert_true(age >= 5 && age < 3600);
    json_decref(answer);
    assert_int_equal(RUN("show", "flows", "--vpg", "second"), 0);
    assert_null(strstr(output, "198.18.0.2"));
    assert_int_equal(RUN("show", "flows", "--vpg", "first", "--limit", "0"), 0);
    assert_non_null(strstr(output, "198.18.0.2:443"));
    answer = run_json("policy", "vpgs");
    assert_int_equal(json_array_size(json_object_get(answer, "vpgs")), 2);
    json_decref(answer);
    answer = run_json("status", "processes");
    assert_string_equal(json_string_value(json_object_get(first(answer, "processes"), "state")), "hung");
    assert_string_equal(json_string_value(json_object_get(first(answer, "processes"), "detail")),
                        "worker 1 hangs for 3.1 s");
    assert_true(json_real_value(json_object_get(first(answer, "workers"), "silent_seconds")) == 0);
    assert_true(json_is_true(json_object_get(first(answer, "workers"), "in_force")));
    json_decref(answer);
    assert_int_equal(RUN("vpg", "first", "inspection", "off"), 0);
    assert_non_null(strstr(output, "in force after"));
    assert_int_equal(RUN("vpg", "nobody", "inspection", "off"), 1);
    assert_int_equal(RUN("log", "debug"), 0);
    assert_int_equal(RUN("reload"), 0);
    assert_int_equal(end_child(&control, SIGKILL), 128 + SIGKILL);
    // Shared memory is there without junction-control.
    assert_int_equal(RUN("show", "flows"), 0);
    assert_non_null(strstr(output, "first"));
    assert_int_equal(RUN("show", "ports"), 0);
    control = start_control();
    assert_int_equal(end_child(&control, SIGTERM), 0);
    jn_shm_remove(&flows);
    fake_stop(&fake);
}

// Of access and network: g gone, u up, d down, p taken down since the other one has lost its link.
static const struct wire_row {
    const char *ports;
    bool starting, begun;
    const char *process, *process_detail, *wire, *wire_detail, *links[2];
} wire_rows[] = {
    {"gg",
     true,
     false,
     "starting",
     "waiting for link of port access0, network0",
     "waiting",
     "waiting for link of port access0, network0",
     {"gone", "gone"}},
    {"ud",
     true,
     false,
     "starting",
     "waiting for link of port network0",
     "waiting",
     "waiting for link of port network0",
     {"up", "down"}},
    {"uu", true, false, "starting", "opening its ports", "waiting", "", {"up", "up"}},
    {"uu", false, true, "up", NULL, "forwarding", "", {"up", "up"}},
    {"du", false, true, "up", NULL, "waiting", "waiting for link of port access0", {"down", "up"}},
    {"dp", false, true, "up", NULL, "waiting", "waiting for link of port access0", {"down", "down (passed on)"}},
    {"ug", false, false, "up", NULL, "waiting", "waiting for link of port network0", {"up", "gone"}},
};

static void
expect_wire(const struct wire_row *row) {
    json_t *answer = run_json("status", "wires"), *process = first(answer, "processes"), *wire = first(answer, "wires");
    assert_string_equal(json_string_value(json_object_get(process, "state")), row->process);
    if (row->process_detail != NULL)
        assert_string_equal(json_string_value(json_object_get(process, "detail")), row->process_detail);
    assert_string_equal(json_string_value(json_object_get(wire, "state")), row->wire);
    assert_string_equal(json_string_value(json_object_get(wire, "detail")), row->wire_detail);
    assert_string_equal(json_string_value(json_object_get(wire, "network")), "network0");
    json_decref(answer);
    answer = run_json("ports", "ports");
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(
            json_string_value(json_object_get(json_array_get(json_object_get(answer, "ports"), i), "link")),
            row->links[i]);
    json_decref(answer);
}

static void
test_wires_are_shown(void **state) {
    (void)state;
    struct fake fake;
    fake_start(&fake, 1);
    struct jn_counters_region *region = fake.shm.base;
    region->wire_states[0] = (struct jn_wire_state){.access = 0, .network = 1};
    for (size_t i = 0; i < sizeof(wire_rows) / sizeof(wire_rows[0]); i++) {
        const struct wire_row *row = &wire_rows[i];
        print_message("%s\n", row->ports);
        region->starting = row->starting;
        region->wire_states[0].begun = row->begun;
        for (size_t port = 0; port < 2; port++) {
            region->ports[port].present = row->ports[port] != 'g';
            region->ports[port].link_up = row->ports[port] == 'u';
            region->ports[port].link_passed = row->ports[port] == 'p';
        }
        expect_wire(row);
    }
    fake_stop(&fake);
}

// Every command that reads memory ends by itself, showing or refusing, and what it calls JSON is JSON.
static void
all_survive(void) {
    static const char *const subjects[] = {"status", "ports", "workers", "flows", "applications", "drops"};
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        int status = RUN("show", subjects[i], "--json");
        if (status != 0 && status != 1)
            fail_msg("show %s: ended with %d", subjects[i], status);
        if (status == 0) {
            json_t *answer = json_loads(output, 0, NULL);
            if (answer == NULL)
                fail_msg("show %s: not JSON: %s", subjects[i], output);
            json_decref(answer);
        }
        assert_in_range(RUN("show", subjects[i]), 0, 1);
    }
}

static void
scramble(struct jn_shm *shm, unsigned int *seed, size_t from) {
    unsigned char *bytes = shm->base;
    for (size_t i = from; i < shm->size; i++)
        bytes[i] = (unsigned char)rand_r(seed);
}

static void
test_random_bytes_in_any_field(void **state) {
    (void)state;
    struct jn_shm counters, flows;
    unsigned int seed = 3;
    assert_int_equal(
        jn_shm_create(&counters, instance, JN_REGION_COUNTERS, jn_counters_size(2, FAKE_VPGS), 1, false, false, err),
        0);
    struct jn_counters_region *region = counters.base;
    jn_shm_ready(&counters);
    make_flows(&flows, 0);
    for (int round = 0; round < 6; round++) {
        scramble(&counters, &seed, sizeof(struct jn_region_header));
        scramble(&flows, &seed, sizeof(struct jn_flow_region));
        if (round > 0) { // else even the counts are random
            region->worker_count = 2;
            region->vpg_capacity = FAKE_VPGS;
            region->port_count = JN_MAX_PORTS;
            region->wire_count = JN_MAX_WIRES;
        }
        ((struct jn_flow_region *)flows.base)->tables[1].high_water = 100;
        all_survive();
    }
    scramble(&flows, &seed, sizeof(struct jn_region_header));
    all_survive();
    for (size_t field = 0; field < sizeof(struct jn_region_header); field += 4) {
        uint32_t *word = (uint32_t *)((char *)counters.base + field), kept = *word;
        *word ^= 0x5a5a5a5a;
        int status = RUN("show", "ports");
        *word = kept;
        if (status != 0 && status != 1)
            fail_msg("header word at %zu: ended with %d", field, status);
    }
    assert_int_equal(ftruncate(counters.fd, 4096), 0);
    assert_int_equal(ftruncate(flows.fd, 4096), 0);
    assert_int_equal(RUN("show", "ports"), 1);
    assert_int_equal(RUN("show", "flows"), 1);
    assert_int_equal(ftruncate(counters.fd, 0), 0);
    assert_int_equal(RUN("show", "ports"), 1);
    jn_shm_remove(&counters);
    jn_shm_remove(&flows);
}

// What a rule says of the application, in the words that a configuration has for it.
static void
test_rules_by_application_are_shown(void **state) {
    (void)state;
    static const char rules[] =
        "\"vpgs\":[{\"id\":\"first\",\"classifier_down\":\"drop\",\"inspection\":{\"metadata\":\"names\"},\"rules\":["
        "{\"match\":{\"application\":[\"dns\",\"NTP\"]},\"new_flows_only\":true},{\"match\":{\"application\":"
        "\"undecided\"}},"
        "{\"match\":{\"category\":\"vpn\",\"server_name\":[\"*.Example.org\",\"a.b\"],\"risk\":\"xss attack\"}},{}]}]}";
    static const char expected[] =
        "[[[\"DNS\",\"NTP\"],null,null,null,true],[[\"undecided\"],null,null,null,false],"
        "[null,[\"VPN\"],[\"*.example.org\",\"a.b\"],[\"XSS Attack\"],false],[null,null,null,null,false]]";
    char text[2048];
    if (!jn_applications_known())
        skip();
    snprintf(text, sizeof(text), "%.*s%s", (int)(strstr(sound_config, "\"vpgs\"") - sound_config), sound_config, rules);
    write_text(config_path, text);
    struct child control = start_control();
    json_t *answer = run_json("policy", "vpgs"), *vpg = first(answer, "vpgs"), *rule, *found = json_array();
    size_t i;
    json_array_foreach(json_object_get(vpg, "rules"), i, rule) {
        json_array_append_new(found, json_pack("[O, O, O, O, O]", json_object_get(rule, "application"),
                                               json_object_get(rule, "category"), json_object_get(rule, "server_name"),
                                               json_object_get(rule, "risk"), json_object_get(rule, "new_flows_only")));
    }
    char *is = json_dumps(found, JSON_COMPACT);
    assert_string_equal(is, expected);
    assert_string_equal(json_string_value(json_object_get(vpg, "metadata")), "names");
    assert_string_equal(json_string_value(json_object_get(vpg, "classifier_down")), "drop");
    expect_documented(answer, project_file("docs/junctionctl.md"));
    free(is);
    json_decref(found);
    json_decref(answer);
    assert_int_equal(RUN("show", "policy"), 0);
    assert_non_null(strstr(output, "DNS, NTP"));
    assert_non_null(strstr(output, "category VPN, server *.example.org, server a.b, risk XSS Attack"));
    assert_int_equal(end_child(&control, SIGTERM), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_bursts_are_shown),
        cmocka_unit_test(test_everything_is_shown),
        cmocka_unit_test(test_wires_are_shown),
        cmocka_unit_test(test_rules_by_application_are_shown),
        cmocka_unit_test(test_random_bytes_in_any_field),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
