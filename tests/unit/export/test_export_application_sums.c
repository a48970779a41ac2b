// SPDX-License-Identifier: BSD-3-Clause
// Applications and texts in summaries: by nDPI's numbers, seen or guessed.
#include <sys/stat.h>

#include "export_applications.h"
#include "random.h"

static json_t *
summary_of_all(void) {
    take(blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    struct top_flows top;
    struct summary summary;
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(top_flows_find(&top, &aggregator.state, (unsigned int)interval_idx, 10, &kept));
    assert_true(summary_write(&aggregator.state, (unsigned int)interval_idx, 0, &top, "edge-1", &summary));
    json_t *d = json_loadb(summary.text, summary.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(d);
    free(summary.text);
    top_flows_free(&top);
    return d;
}

// A row of detected.protos as "packets/bytes/flows", "" when there is none.
static const char *
detected(json_t *summary, const char *name) {
    static char text[64];
    json_t *row;
    size_t i;
    text[0] = '\0';
    json_array_foreach(json_object_get(summary, "detected.protos"), i, row) {
        if (strcmp(text_at(row, "name"), name) == 0)
            snprintf(text, sizeof(text), "%lld/%lld/%lld", number_at(row, "packets"), number_at(row, "bytes"),
                     number_at(row, "flows"));
    }
    return text;
}

static struct jn_record
record_of(uint32_t flow_idx, enum jn_application_phase phase, uint16_t number, uint8_t confidence, uint32_t packets) {
    struct jn_record r = seen_record(0, flow_idx, number, 0);
    r.flow.flags = (uint16_t)(JN_FLOW_DEVICE_A | phase << JN_FLOW_APPLICATION_SHIFT);
    r.flow.application_confidence = confidence;
    r.flow.packets[0] = packets;
    r.flow.bytes[0] = packets * 100;
    return r;
}

// Whose record: of one flow, of later ones with the same ends, or of one in another worker's table; SALVAGED is a bit.
enum { ONE, TWO, THREE, AWAY, SALVAGED };

// Each record has a packet and 60 bytes of the other end, too.
static const struct move_row {
    const char *what;
    struct {
        uint8_t phase, confidence;
        uint16_t number;
        uint32_t packets;
        uint8_t whose;
    } records[4];
    const char *unknown, *dns, *tls;
    int guessed, guessed_without;
} move_rows[] = {
    {"guessed, then seen", {{1, 0, DNS, 2, ONE}, {3, 4, TLS, 3, ONE}}, "", "", "7/620/1", 0, 0},
    {"unknown, then seen", {{1, 0, 0, 2, ONE}, {3, 4, TLS, 3, ONE}}, "", "", "7/620/1", 0, 0},
    {"seen, then guessed", {{3, 4, TLS, 2, ONE}, {1, 0, DNS, 3, ONE}}, "", "", "7/620/1", 0, 0},
    {"seen, then not found", {{3, 4, TLS, 2, ONE}, {2, 0, 0, 3, ONE}}, "", "", "7/620/1", 0, 0},
    {"seen, then seen otherwise", {{3, 4, TLS, 2, ONE}, {3, 4, DNS, 3, ONE}}, "", "7/620/1", "", 0, 0},
    {"guessed by the classifier, by port", {{3, BY_PORT, TLS, 2, ONE}}, "", "", "3/260/1", 1, 0},
    {"guessed thrice", {{1, 0, DNS, 1, ONE}, {1, 0, TLS, 1, ONE}, {1, 0, DNS, 1, ONE}}, "", "6/480/1", "", 1, 1},
    {"never known", {{2, 0, 0, 1, ONE}, {2, 0, 0, 1, ONE}}, "4/320/1", "", "", 0, 0},
    {"guessed, then salvaged", {{1, 0, DNS, 2, ONE}, {3, 0, TLS, 3, SALVAGED}}, "", "", "7/620/1", 0, 0},
    {"then another flow of the same ends", {{3, 4, TLS, 2, ONE}, {3, 4, DNS, 3, TWO}}, "", "4/360/1", "3/260/0", 0, 0},
    {"another worker's", {{3, 4, TLS, 2, ONE}, {3, 4, DNS, 3, AWAY}}, "", "4/360/1", "3/260/0", 0, 0},
    {"another flow, salvaged", {{3, 4, TLS, 2, ONE}, {3, 0, DNS, 3, TWO | SALVAGED}}, "", "4/360/1", "3/260/0", 0, 0},
    {"a third flow", {{3, 4, TLS, 2, ONE}, {3, 4, DNS, 3, TWO}, {3, 4, TLS, 1, THREE}}, "", "4/360/0", "5/420/1", 0, 0},
    {"seen, then another flow guessed", {{3, 4, TLS, 2, ONE}, {1, 0, DNS, 3, TWO}}, "", "4/360/0", "3/260/1", 0, 0},
    {"seen, then another flow not found", {{3, 4, TLS, 2, ONE}, {2, 0, 0, 3, TWO}}, "4/360/0", "", "3/260/1", 0, 0},
    {"guessed, and another flow guessed, then seen",
     {{1, 0, DNS, 2, ONE}, {1, 0, DNS, 3, TWO}, {3, 4, TLS, 1, TWO}},
     "",
     "3/260/0",
     "6/520/1",
     0,
     0},
    {"one seen, and another flow guessed, then seen",
     {{3, 4, TLS, 2, ONE}, {2, 0, 0, 3, TWO}, {3, 4, DNS, 1, TWO}, {1, 0, TLS, 1, TWO}},
     "",
     "8/680/1",
     "3/260/0",
     0,
     0},
};

static struct jn_record
record_of_row(const struct move_row *row, size_t n) {
    struct jn_record r = record_of(7, row->records[n].phase, row->records[n].number, row->records[n].confidence,
                                   row->records[n].packets);
    uint8_t whose = row->records[n].whose % SALVAGED;
    r.worker = whose == AWAY;
    r.flow.version += whose == AWAY ? 0 : 2 * whose;
    r.marks = row->records[n].whose >= SALVAGED ? JN_INTERVAL_SALVAGED : 0;
    return r;
}

static void
assert_row(const struct move_row *row, json_t *d) {
    if (strcmp(detected(d, "Unknown"), row->unknown) != 0 || strcmp(detected(d, "DNS"), row->dns) != 0 ||
        strcmp(detected(d, "TLS"), row->tls) != 0)
        fail_msg("%s: found %s", row->what, json_dumps(json_object_get(d, "detected.protos"), JSON_COMPACT));
    assert_int_equal(number_at(d, "traffic.statistics/guessed.flow.protos"),
                     jn_applications_known() ? row->guessed : row->guessed_without);
    assert_int_equal(number_at(d, "traffic.statistics/unique.flows"), 1);
}

static void
test_a_flow_counts_for_what_it_turned_out_to_be(void **state) {
    for (size_t i = 0; i < COUNT(move_rows); i++) {
        const struct move_row *row = &move_rows[i];
        for (size_t n = 0; n < COUNT(row->records) && row->records[n].packets != 0; n++)
            assert_int_equal(take(record_of_row(row, n)), 0);
        json_t *d = summary_of_all();
        assert_row(row, d);
        json_decref(d);
        teardown(state);
        setup(state);
    }
}

// Whatever changes to what: the applications' sums are those of the records, and each flow is in one.
static void
test_sums_hold_whatever_changes(void **state) {
    (void)state;
    uint64_t seed = RANDOM_SEED, packets = 0, bytes = 0;
    long long sum[3] = {0};
    size_t i;
    json_t *row;
    for (unsigned int n = 0; n < 2000; n++) {
        random_next(&seed);
        struct jn_record r = record_of(seed % 40, seed >> 8 & 3, (seed >> 16) % 5 == 0 ? 0 : (seed >> 24) % 300,
                                       (seed >> 40) % 5, seed >> 48 & 3);
        r.flow.version += seed >> 52 & 2; // another flow of the same ends
        packets += r.flow.packets[0] + r.flow.packets[1];
        bytes += r.flow.bytes[0] + r.flow.bytes[1];
        take(r);
    }
    json_t *d = summary_of_all();
    json_array_foreach(json_object_get(d, "detected.protos"), i, row) {
        sum[0] += number_at(row, "packets");
        sum[1] += number_at(row, "bytes");
        sum[2] += number_at(row, "flows");
    }
    assert_int_equal(sum[0], packets);
    assert_int_equal(sum[1], bytes);
    assert_int_equal(sum[2], number_at(d, "traffic.statistics/unique.flows"));
    assert_in_range(number_at(d, "traffic.statistics/guessed.flow.protos"), 0, 40);
    json_decref(d);
}

// As nDPI's report has them.
static void
test_known_flows(void **state) {
    (void)state;
    struct jn_record web = record_of(1, JN_APPLICATION_DECIDED_PHASE, MQTT, BY_DPI, 9),
                     dns = record_of(2, JN_APPLICATION_DECIDED_PHASE, DNS, BY_DPI, 5),
                     dhcp = record_of(4, JN_APPLICATION_DECIDED_PHASE, DHCP, BY_DPI, 3),
                     ssh = record_of(5, JN_APPLICATION_DECIDED_PHASE, SSH, BY_DPI, 2),
                     none = record_of(3, JN_APPLICATION_DECIDED_PHASE, TLS, BY_DPI, 1);
    web.flow.application_master = TLS;
    take(web);
    take(dns);
    take(dhcp);
    take(ssh);
    take(none);
    keep(&web, JN_ANNOTATION_SERVER_NAME, "www.example.org");
    keep(&web, JN_ANNOTATION_CERTIFICATE_SUBJECT, "CN=\"example\"");
    keep(&dns, JN_ANNOTATION_DNS_QUESTION, "a.example.org");
    keep(&dhcp, JN_ANNOTATION_DHCP_FINGERPRINT, "1,3,6");
    keep(&dhcp, JN_ANNOTATION_DHCP_HOSTNAME, "printer");
    keep(&ssh, JN_ANNOTATION_SSH_SERVER, "SSH-2.0-b");
    keep(&ssh, JN_ANNOTATION_SSH_CLIENT, "SSH-2.0-a");
    json_t *d = summary_of_all(), *flows = json_object_get(d, "known.flows"), *row = json_array_get(flows, 0);
    assert_int_equal(number_at(row, "detected.masterprotocol"), TLS);
    assert_int_equal(number_at(row, "detected.protocol"), MQTT);
    assert_string_equal(text_at(row, "detected.protocol.name"), "TLS.MQTT");
    assert_string_equal(text_at(row, "host.server.name"), "www.example.org");
    assert_part(row, "ssl", "{\"client\":\"www.example.org\",\"server\":\"CN=\\\"example\\\"\"}");
    row = json_array_get(flows, 1);
    assert_string_equal(text_at(row, "host.server.name"), "a.example.org");
    assert_part(row, "ssl", NULL);
    row = json_array_get(flows, 2);
    assert_string_equal(text_at(row, "host.server.name"), "printer");
    assert_part(row, "ssl", NULL);
    assert_string_equal(text_at(json_array_get(flows, 3), "host.server.name"), "SSH-2.0-a");
    row = json_array_get(flows, 4);
    assert_part(row, "host.server.name", NULL);
    assert_part(row, "detected.masterprotocol", NULL);
    assert_string_equal(text_at(row, "detected.protocol.name"), "TLS");
    json_decref(d);
}

// What a killed dataplane had counted of a flow comes without what carried the application, or how it was found.
static void
test_a_salvaged_record_takes_nothing_away(void **state) {
    (void)state;
    struct jn_record carried = record_of(1, JN_APPLICATION_DECIDED_PHASE, MQTT, BY_DPI, 9),
                     guessed = record_of(2, JN_APPLICATION_DECIDED_PHASE, TLS, BY_PORT, 5);
    carried.flow.application_master = TLS;
    take(carried);
    take(guessed);
    carried.flow.application_master = 0;
    carried.flow.application_confidence = guessed.flow.application_confidence = 0;
    carried.marks = guessed.marks = JN_INTERVAL_SALVAGED;
    take(carried);
    take(guessed);
    json_t *d = summary_of_all(), *row = json_array_get(json_object_get(d, "known.flows"), 0);
    assert_int_equal(number_at(row, "packets"), 20);
    assert_string_equal(text_at(row, "detected.protocol.name"), "TLS.MQTT");
    assert_int_equal(number_at(d, "traffic.statistics/guessed.flow.protos"), jn_applications_known());
    json_decref(d);
}

// Room for every number in every VPG, and memory for those that are there.
static void
test_memory_of_sums(void **state) {
    (void)state;
    enum { VPGS = 500 };
    struct stat before, after;
    struct jn_record r = record_of(1, JN_APPLICATION_DECIDED_PHASE, TLS, BY_DPI, 1);
    take(r);
    assert_int_equal(fstat(aggregator.state.shm.fd, &before), 0);
    for (unsigned int n = 1; n < VPGS; n++) {
        snprintf(r.vpg_id, sizeof(r.vpg_id), "vpg-%u", n);
        take(r);
    }
    json_decref(summary_of_all()); // which looks at no more than that
    assert_int_equal(fstat(aggregator.state.shm.fd, &after), 0);
    print_message("%ld bytes a VPG with one application\n", (after.st_blocks - before.st_blocks) * 512L / VPGS);
    assert_true((after.st_blocks - before.st_blocks) * 512L / VPGS <= 8192 + 512);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_flow_counts_for_what_it_turned_out_to_be),
        TEST(test_sums_hold_whatever_changes),
        TEST(test_known_flows),
        TEST(test_a_salvaged_record_takes_nothing_away),
        TEST(test_memory_of_sums),
    };
    protocols_init();
    return cmocka_run_group_tests_name("application sums", tests, make_run_directory, remove_run_directory);
}
