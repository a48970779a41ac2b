// SPDX-License-Identifier: BSD-3-Clause
// From records through the sums to summaries: exact values, several intervals and workers, restarts, full tables.
#include "export_aggregator.h"
#include "protocols.h"
#include "random.h"
#include "test.h"

enum { CAPACITY = 64 };

static void
attach(unsigned int workers, uint64_t boot) {
    static const uint64_t zero[JN_MAX_WORKERS], far[JN_MAX_WORKERS] = {1000, 1000, 1000};
    assert_true(aggregate_attach(&aggregator, boot, workers, zero, far));
}

static int
setup(void **state) {
    (void)state;
    open_aggregator(CAPACITY);
    attach(2, 1);
    return 0;
}

static struct jn_record
counters_record(unsigned int worker, int interval, const char *vpg, uint64_t step) {
    struct jn_record r = blank_record(JN_RECORD_VPG_INTERVAL, worker, interval);
    memset(r.vpg_id, 0, sizeof(r.vpg_id));
    memcpy(r.vpg_id, vpg, strlen(vpg));
    for (unsigned int i = 0; i < JN_VPG_COUNTER_COUNT; i++)
        r.counters[i] = (i + 1) * step;
    return r;
}

static void
test_whole_summary(void **state) {
    (void)state;
    assert_int_equal(take(udp_record(0, 0, 5, 40000, 53, 2)), 0);
    assert_int_equal(take(udp_record(1, 0, 6, 40001, 9999, 10)), 0);
    assert_int_equal(take(udp_record(0, 0, 5, 40000, 53, 3)), 0); // the same flow again
    assert_int_equal(take(counters_record(0, 0, VPG_ID, 1)), 0);
    assert_int_equal(take(counters_record(1, 0, VPG_ID, 100)), 0);
    assert_int_equal(take(blank_record(JN_RECORD_INTERVAL_END, 0, 0)), 0);
    assert_int_equal(aggregate_complete(&aggregator), -1);
    assert_int_equal(take(blank_record(JN_RECORD_INTERVAL_END, 1, 0)), 0);
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(interval_idx >= 0);
    json_t *d = summary_document(&aggregator, interval_idx, 0, 100);
    char *text = json_dumps(d, JSON_COMPACT);
    assert_string_equal(
        text,
        "{\"@timestamp\":\"2026-01-02T03:01:00.000000000Z\",\"event\":{\"id\":\"edge-1-0123456789abcdef-" VPG_ID "-1\","
        "\"dataset\":\"junction.summary\"},\"vpgId\":\"" VPG_ID "\",\"traffic.statistics\":{"
        "\"ethernet.bytes\":2626,\"discarded.bytes\":404,\"ip.packets\":505,\"total.packets\":101,\"ip.bytes\":606,"
        "\"avg.pkt.size\":1,\"unique.flows\":2,\"tcp.pkts\":808,\"udp.pkts\":909,\"vlan.pkts\":1010,\"mpls.pkts\":1111,"
        "\"pppoe.pkts\":1212,\"fragmented.pkts\":1313,\"max.pkt.size\":2000,\"pkt.len_min64\":1414,\"pkt.len_64_128\":"
        "1515,"
        "\"pkt.len_128_256\":1616,\"pkt.len_256_1024\":1717,\"pkt.len_1024_1500\":1818,\"pkt.len_grt1500\":1919,"
        "\"guessed.flow.protos\":1},\"detected.protos\":[{\"name\":\"Unknown\",\"breed\":\"Unrated\",\"packets\":11,"
        "\"bytes\":1060,\"flows\":1},{\"name\":\"DNS\",\"breed\":\"Acceptable\",\"packets\":7,\"bytes\":620,\"flows\":"
        "1}],"
        "\"known.flows\":[{\"protocol\":\"UDP\",\"host_a.name\":\"10.128.0.6\",\"host_a.port\":40001,"
        "\"host_b.name\":\"198.18.0.1\",\"host_b.port\":9999,\"detected.protocol\":0,\"detected.protocol.name\":"
        "\"Unknown\","
        "\"packets\":11,\"bytes\":1060},{\"protocol\":\"UDP\",\"host_a.name\":\"10.128.0.5\",\"host_a.port\":40000,"
        "\"host_b.name\":\"198.18.0.1\",\"host_b.port\":53,\"detected.protocol\":5,\"detected.protocol.name\":\"DNS\","
        "\"packets\":7,\"bytes\":620}]}");
    free(text);
    json_decref(d);
    aggregate_close_interval(&aggregator, interval_idx);
    assert_int_equal(aggregate_in_use(&aggregator), 0);
}

static void
test_replay_is_one_interval(void **state) {
    (void)state;
    assert_int_equal(take(udp_record(0, -1, 5, 40000, 53, 2)), 0);
    assert_int_equal(take(counters_record(0, -1, VPG_ID, 1)), 0);
    assert_int_equal(take(blank_record(JN_RECORD_INTERVAL_END, 0, -1)), 0);
    assert_int_equal(take(blank_record(JN_RECORD_END_OF_STREAM, 0, -1)), 0);
    assert_false(aggregate_all_ended(&aggregator));
    assert_int_equal(take(blank_record(JN_RECORD_END_OF_STREAM, 1, -1)), 0); // no packet, no INTERVAL_END
    assert_true(aggregate_all_ended(&aggregator));
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(interval_idx >= 0);
    json_t *d = summary_document(&aggregator, interval_idx, 0, 100);
    assert_string_equal(text_at(d, "@timestamp"), "2026-01-02T03:00:01.500000000Z"); // the last packet's
    json_decref(d);
}

// A replay says when each VPG's last packet came: ARP has no flow, and 1970 is a time.
static void
test_last_packet_of_a_replay(void **state) {
    (void)state;
    static const struct {
        uint64_t last_ns;
        const char *timestamp;
    } rows[] = {{0, "1970-01-01T00:00:00.000000000Z"}, {EPOCH + 7, "2026-01-02T03:00:00.000000007Z"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_record last = blank_record(JN_RECORD_VPG_LAST, 0, -1);
        last.last_ns = rows[i].last_ns;
        last.boot += i;
        struct jn_record counters = counters_record(0, -1, VPG_ID, 1),
                         end = blank_record(JN_RECORD_END_OF_STREAM, 0, -1);
        counters.boot = end.boot = last.boot;
        assert_int_equal(take(counters), 0);
        assert_int_equal(take(last), 0);
        assert_int_equal(take(end), 0);
        end.worker = 1;
        assert_int_equal(take(end), 0);
        int interval_idx = aggregate_complete(&aggregator);
        assert_true(interval_idx >= 0);
        json_t *d = summary_document(&aggregator, interval_idx, 0, 100);
        assert_string_equal(text_at(d, "@timestamp"), rows[i].timestamp);
        json_decref(d);
        aggregate_close_interval(&aggregator, (unsigned int)interval_idx);
    }
}

// A worker that is ahead opens later intervals; one that is behind still reaches the earlier ones; a worker's later
// record is its end of an earlier interval.
static void
test_intervals_overlap(void **state) {
    (void)state;
    enum { AHEAD = STATE_INTERVALS - 2 }; // the rest is for those that are behind
    for (int n = 0; n < AHEAD; n++)
        assert_int_equal(take(counters_record(0, n, VPG_ID, 1)), 0);
    assert_int_equal(take(counters_record(0, AHEAD, VPG_ID, 1)), -EAGAIN);
    assert_int_equal(aggregate_complete(&aggregator), -1);
    assert_int_equal(take(counters_record(1, 0, VPG_ID, 1)), 0);
    assert_int_equal(take(counters_record(1, 2, VPG_ID, 1)), 0); // its INTERVAL_ENDs of 0 and 1 were lost
    assert_int_equal(aggregate_complete(&aggregator), -1);       // or may still come
    assert_int_equal(take(counters_record(1, 3, VPG_ID, 1)), 0);
    for (int n = 0; n < 2; n++) {
        int interval_idx = aggregate_complete(&aggregator);
        assert_true(interval_idx >= 0);
        json_t *d = summary_document(&aggregator, interval_idx, 0, 10);
        assert_int_equal(number_at(d, "traffic.statistics/total.packets"), n == 0 ? 2 : 1);
        assert_int_equal(json_array_size(json_object_get(d, "known.flows")), 0);
        json_decref(d);
        aggregate_close_interval(&aggregator, interval_idx);
    }
    assert_int_equal(aggregate_complete(&aggregator), -1);
    assert_int_equal(take(counters_record(0, AHEAD, VPG_ID, 1)), 0);
}

// While a worker closes an interval it already writes records of the next: a flow that ended, or made room.
static void
test_records_of_the_interval_being_closed_follow(void **state) {
    (void)state;
    take(udp_record(0, 0, 5, 1, 2, 3));
    take(udp_record(0, 1, 6, 1, 2, 4));
    take(udp_record(0, 0, 7, 1, 2, 5));
    take(counters_record(0, 0, VPG_ID, 8));
    take(blank_record(JN_RECORD_INTERVAL_END, 1, 0));
    assert_int_equal(aggregate_complete(&aggregator), -1);
    take(blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(interval_idx >= 0);
    json_t *d = summary_document(&aggregator, interval_idx, 0, 10);
    assert_int_equal(number_at(d, "traffic.statistics/unique.flows"), 2);
    assert_int_equal(number_at(d, "traffic.statistics/total.packets"), 8);
    assert_int_equal(aggregator.late, 0);
    json_decref(d);
}

static void
test_late_record_is_in_no_summary(void **state) {
    (void)state;
    take(counters_record(0, 1, VPG_ID, 1));
    take(counters_record(1, 2, VPG_ID, 1));
    take(counters_record(1, 3, VPG_ID, 1));
    take(blank_record(JN_RECORD_INTERVAL_END, 0, 1));
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(interval_idx >= 0);
    take(counters_record(0, 1, VPG_ID, 1)); // while it is being delivered
    assert_int_equal(aggregator.state.tables[interval_idx].vpgs[0].counters[0], 1);
    aggregate_close_interval(&aggregator, interval_idx);
    take(udp_record(0, 1, 5, 1, 2, 3)); // and after
    take(udp_record(0, 0, 5, 1, 2, 3));
    assert_int_equal(aggregator.late, 3);
    assert_int_equal(__builtin_popcount(aggregate_in_use(&aggregator)), 2);
}

// The dataplane was killed and came back in the same minute: two summaries, of two boots, each with its own id.
static void
test_boots_are_kept_apart(void **state) {
    (void)state;
    struct jn_record again = counters_record(0, 0, VPG_ID, 5), end0 = blank_record(JN_RECORD_INTERVAL_END, 0, 0),
                     end1 = blank_record(JN_RECORD_INTERVAL_END, 1, 0);
    again.boot = end0.boot = end1.boot = 99;
    take(counters_record(0, 0, VPG_ID, 1));
    take(again);
    take(counters_record(1, 0, VPG_ID, 1)); // this worker's ring still has records of the first boot
    take(end0);
    assert_int_equal(aggregate_complete(&aggregator), -1);
    take(end1);
    static const char *const ids[] = {"edge-1-0123456789abcdef-" VPG_ID "-1", "edge-1-0000000000000063-" VPG_ID "-1"};
    for (int n = 0; n < 2; n++) {
        int interval_idx = aggregate_complete(&aggregator);
        assert_true(interval_idx >= 0);
        json_t *d = summary_document(&aggregator, interval_idx, 0, 10);
        assert_string_equal(text_at(d, "event/id"), ids[n]);
        assert_int_equal(number_at(d, "traffic.statistics/total.packets"), n == 0 ? 2 : 5);
        json_decref(d);
        aggregate_close_interval(&aggregator, interval_idx);
    }
}

static void
test_full_table_keeps_sums_exact(void **state) {
    (void)state;
    for (uint16_t n = 0; n < CAPACITY + 10; n++)
        assert_int_equal(take(udp_record(0, 0, 5, (uint16_t)(1000 + n), 53, 1)), 0);
    assert_int_equal(take(udp_record(0, 0, 5, 1000, 53, 1)), 0); // known ones go on
    take(counters_record(0, 0, VPG_ID, 1));
    take(blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    take(blank_record(JN_RECORD_INTERVAL_END, 1, 0));
    json_t *d = summary_document(&aggregator, aggregate_complete(&aggregator), 0, 3);
    json_t *dns = json_array_get(json_object_get(d, "detected.protos"), 0);
    assert_int_equal(number_at(dns, "packets"), 2 * (CAPACITY + 11));
    assert_int_equal(number_at(dns, "flows"), CAPACITY);
    assert_int_equal(number_at(d, "traffic.statistics/unique.flows"), CAPACITY);
    assert_int_equal(number_at(d, "junction.flows_beyond_table"), 10);
    json_t *flows = json_object_get(d, "known.flows");
    assert_int_equal(json_array_size(flows), 3);
    assert_int_equal(number_at(json_array_get(flows, 0), "host_a.port"), 1000); // the one with most bytes
    json_decref(d);
}

static void
test_lost_records_are_named(void **state) {
    (void)state;
    take(udp_record(0, 0, 5, 1, 53, 1));
    struct jn_record r = udp_record(0, 0, 5, 2, 53, 1);
    r.sequence = 8; // 1 to 7 found the ring full
    assert_int_equal(aggregate_record(&aggregator, 0, position[0]++, &r), 0);
    take(blank_record(JN_RECORD_END_OF_STREAM, 0, 0));
    take(blank_record(JN_RECORD_END_OF_STREAM, 1, 0));
    json_t *d = summary_document(&aggregator, aggregate_complete(&aggregator), 0, 3);
    assert_int_equal(number_at(d, "junction.records_lost"), 7);
    json_decref(d);
}

static void
test_vpgs_are_kept_apart(void **state) {
    (void)state;
    struct jn_record other = udp_record(0, 0, 5, 40000, 53, 9);
    memcpy(other.vpg_id, OTHER_VPG, sizeof(OTHER_VPG));
    take(udp_record(0, 0, 5, 40000, 53, 2));
    take(other);
    take(blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    take(blank_record(JN_RECORD_INTERVAL_END, 1, 0));
    int interval_idx = aggregate_complete(&aggregator);
    for (unsigned int vpg = 0; vpg < 2; vpg++) {
        json_t *d = summary_document(&aggregator, interval_idx, vpg, 10);
        assert_string_equal(text_at(d, "vpgId"), vpg == 0 ? VPG_ID : OTHER_VPG);
        assert_int_equal(number_at(json_array_get(json_object_get(d, "known.flows"), 0), "packets"), vpg == 0 ? 3 : 10);
        json_decref(d);
    }
}

// Two customers of one address plan, each in a VLAN of its own: two flows, in the sums too.
static void
test_vlans_are_kept_apart(void **state) {
    (void)state;
    static const uint16_t vlan_ids[] = {10, 20, JN_FLOW_VLAN_ID_NONE, 20};
    for (unsigned int i = 0; i < 4; i++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 1 + i);
        r.flow.vlan_id = vlan_ids[i];
        take(r);
    }
    take(blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    take(blank_record(JN_RECORD_INTERVAL_END, 1, 0));
    int interval_idx = aggregate_complete(&aggregator);
    json_t *d = summary_document(&aggregator, interval_idx, 0, 10), *flows = json_object_get(d, "known.flows");
    assert_int_equal(number_at(d, "traffic.statistics/unique.flows"), 3);
    assert_int_equal(json_array_size(flows), 3);
    assert_int_equal(number_at(json_array_get(flows, 0), "packets"), 2 + 1 + 4 + 1);
    assert_int_equal(number_at(json_array_get(flows, 1), "packets"), 3 + 1);
    for (size_t i = 0; i < 3; i++) {
        const char *vlan = json_string_value(json_object_get(json_array_get(flows, i), "vlan.id"));
        assert_string_equal(vlan != NULL ? vlan : "none", i == 0 ? "20" : i == 1 ? "none" : "10");
    }
    assert_int_equal(number_at(json_array_get(json_object_get(d, "detected.protos"), 0), "flows"), 3);
    json_decref(d);
}

// One VPG more than there is room for is counted, and in no summary.
static void
test_as_many_vpgs_as_can_be(void **state) {
    (void)state;
    char id[JN_VPG_ID_MAX];
    for (unsigned int round = 1; round <= 2; round++)
        for (unsigned int vpg = 0; vpg <= JN_MAX_VPGS; vpg++) {
            snprintf(id, sizeof(id), "vpg-%u", vpg);
            assert_int_equal(take(counters_record(0, 0, id, vpg + 1)), 0);
        }
    const struct state_interval *interval = &aggregator.state.region->intervals[0];
    assert_int_equal(interval->vpg_count, JN_MAX_VPGS);
    assert_int_equal(interval->vpgs_beyond, 2);
    for (unsigned int vpg = 0; vpg < JN_MAX_VPGS; vpg++) {
        snprintf(id, sizeof(id), "vpg-%u", vpg);
        assert_string_equal(aggregator.state.tables[0].vpgs[vpg].id, id);
        assert_int_equal(aggregator.state.tables[0].vpgs[vpg].counters[0], 2 * (vpg + 1));
    }
}

static void
test_taken_over_and_left(void **state) {
    (void)state;
    char err[JN_ERR_MAX];
    take(counters_record(0, 0, VPG_ID, 1));
    aggregate_close(&aggregator, false);
    assert_int_equal(aggregate_open(&aggregator, instance, 0, err), 1);
    static const uint64_t zero[2], far[2] = {1000, 1000};
    assert_false(aggregate_attach(&aggregator, 2, 2, zero, far)); // another region: first the old one's summaries
    assert_int_equal(aggregate_complete(&aggregator), -1);
    aggregate_end_all(&aggregator);
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(interval_idx >= 0);
    assert_int_equal(aggregator.state.tables[interval_idx].vpgs[0].counters[0], 1);
    aggregate_close_interval(&aggregator, interval_idx);
    assert_true(aggregate_attach(&aggregator, 2, 2, zero, far));
}

// Random bytes in what was left: made anew, or its sums are nonsense, but never a crash.
static void
test_corrupt_state_is_survived(void **state) {
    (void)state;
    uint64_t seed = RANDOM_SEED;
    for (int round = 0; round < 100; round++) {
        char err[JN_ERR_MAX];
        position[0] = position[1] = 0;
        for (uint16_t n = 0; n < 20; n++)
            take(udp_record(0, n / 10, 5, n, 53, 1));
        for (int i = 0; i < 20; i++) {
            random_next(&seed);
            size_t span = round % 2 ? sizeof(struct state_region) : aggregator.state.shm.size;
            size_t offset = sizeof(struct jn_region_header) + seed % (span - sizeof(struct jn_region_header));
            ((uint8_t *)aggregator.state.region)[offset] = (uint8_t)(seed >> 40);
        }
        aggregate_close(&aggregator, false);
        assert_true(aggregate_open(&aggregator, instance, CAPACITY, err) >= 0);
        aggregate_end_all(&aggregator);
        for (int interval_idx; (interval_idx = aggregate_complete(&aggregator)) >= 0;) {
            struct top_flows top;
            assert_true(top_flows_find(&top, &aggregator.state, (unsigned int)interval_idx, 10, NULL));
            for (unsigned int v = 0; v < aggregator.state.region->intervals[interval_idx].vpg_count; v++) {
                struct summary summary;
                summary_write(&aggregator.state, (unsigned int)interval_idx, v, &top, "edge-1", &summary);
                free(summary.text);
            }
            top_flows_free(&top);
            aggregate_close_interval(&aggregator, interval_idx);
        }
        attach(2, seed);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_summary, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_replay_is_one_interval, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_last_packet_of_a_replay, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_intervals_overlap, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_records_of_the_interval_being_closed_follow, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_late_record_is_in_no_summary, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_boots_are_kept_apart, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_full_table_keeps_sums_exact, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_lost_records_are_named, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_vpgs_are_kept_apart, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_vlans_are_kept_apart, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_as_many_vpgs_as_can_be, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_taken_over_and_left, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_corrupt_state_is_survived, setup, close_aggregator),
    };
    protocols_init();
    return cmocka_run_group_tests_name("export aggregate", tests, make_run_directory, remove_run_directory);
}
