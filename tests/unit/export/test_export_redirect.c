// SPDX-License-Identifier: BSD-3-Clause
// What redirection did with a flow: in its documents by value, and in no sum of the summary.
#include "export_records.h"
#include "export_summary.h"
#include "protocols.h"
#include "record_check.h"
#include "test.h"

static struct names names;
static struct flow_writer writer;
static struct aggregator aggregator;

static json_t *
write_document(const struct jn_record *record) {
    static struct flow_document document;
    assert_null(record_error(record, record->worker));
    flow_document_write(&writer, record, &document);
    json_t *parsed = json_loadb(document.text, document.length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    return parsed;
}

static void
test_redirect(void **state) {
    (void)state;
    static const struct {
        uint16_t verdict, flags;
        uint32_t redirected, returned;
        uint64_t returned_bytes;
        const char *words;
    } rows[] = {
        {JN_VERDICT_INSPECT, 0, 0, 0, 0, "{}"},
        {JN_VERDICT_REDIRECT, 0, 3, 2, 2900,
         "{\"redirected\":true,\"redirect\":{\"packets\":3,\"returned_packets\":2,\"returned_bytes\":2900}}"},
        {JN_VERDICT_INSPECT | JN_VERDICT_REDIRECT, 0, 0, 0, 0, // the gateway was down
         "{\"redirected\":true,\"redirect\":{\"packets\":0,\"returned_packets\":0,\"returned_bytes\":0}}"},
        {JN_VERDICT_INSPECT, 0, 1, 0, 0, // switched off since
         "{\"redirect\":{\"packets\":1,\"returned_packets\":0,\"returned_bytes\":0}}"},
        {JN_VERDICT_INSPECT, 0, 0, 1, 40,
         "{\"redirect\":{\"packets\":0,\"returned_packets\":1,\"returned_bytes\":40}}"},
        {JN_VERDICT_INSPECT | JN_VERDICT_REDIRECT, JN_FLOW_RETURNED, UINT32_MAX, UINT32_MAX, UINT64_MAX >> 2,
         "{\"redirected\":true,\"redirect\":{\"packets\":4294967295,\"returned_packets\":4294967295,"
         "\"returned_bytes\":4611686018427387903},\"returned_flow\":true}"},
        {JN_VERDICT_GATE | JN_VERDICT_INSPECT, 0, 0, 0, 0, "{\"gate\":true}"},
        {JN_VERDICT_INSPECT, JN_FLOW_RETURNED, 0, 0, 0, "{\"returned_flow\":true}"},
    };
    static const char *const keys[] = {"redirected", "redirect", "gate", "returned_flow"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_record r = udp_record(0, 0, 5, 40000, 53, 2);
        r.flow.verdict = rows[i].verdict;
        r.flow.flags |= rows[i].flags;
        r.flow.redirected = rows[i].redirected;
        r.flow.returned = rows[i].returned;
        r.flow.returned_bytes = rows[i].returned_bytes;
        json_t *d = write_document(&r), *found = json_object(), *junction = json_object_get(d, "junction");
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            if (json_object_get(junction, keys[k]) != NULL)
                json_object_set(found, keys[k], json_object_get(junction, keys[k]));
        char *words = json_dumps(found, JSON_COMPACT);
        assert_string_equal(words, rows[i].words);
        assert_int_equal(number_at(d, "network/packets"), 3); // counted once, whatever came back
        free(words);
        json_decref(found);
        json_decref(d);
    }
}

static void
test_flow_that_only_returned(void **state) {
    (void)state;
    struct jn_record r = returned_record(0, 0, 5, 40000, 53, 4);
    json_t *d = write_document(&r);
    static const char *const zeros[] = {"source/bytes",        "source/packets", "destination/bytes",
                                        "destination/packets", "network/bytes",  "network/packets"};
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
        assert_int_equal(number_at(d, zeros[i]), 0);
    assert_int_equal(number_at(d, "event/duration"), SECOND / 2);
    assert_int_equal(number_at(d, "junction/redirect/packets"), 0);
    assert_int_equal(number_at(d, "junction/redirect/returned_packets"), 4);
    assert_int_equal(number_at(d, "junction/redirect/returned_bytes"), 400);
    assert_string_equal(text_at(d, "network/direction"), "unknown");
    json_decref(d);
}

static void
take(unsigned int worker, uint64_t sequence, struct jn_record record) {
    const struct state_ring *ring = &aggregator.state.region->rings[worker];
    record.sequence = sequence;
    assert_int_equal(aggregate_record(&aggregator, worker, ring->aggregated, &record), 0);
}

// No flow, no protocol, and no summary of a VPG that has nothing else; but its sequence tells of lost records.
static void
test_what_only_returned_is_in_no_sum(void **state) {
    (void)state;
    struct jn_record other = returned_record(0, 0, 9, 7, 53, 1);
    memcpy(other.vpg_id, OTHER_VPG, sizeof(OTHER_VPG));
    take(0, 0, other);
    take(0, 1, returned_record(0, 0, 5, 40000, 53, 4));
    take(0, 2, udp_record(0, 0, 5, 40000, 53, 2)); // the same flow, answered
    take(0, 3, returned_record(0, 0, 5, 40000, 53, 4));
    take(0, 4, returned_record(0, 0, 6, 40001, 443, 4));
    take(0, 8, returned_record(0, 0, 6, 40001, 443, 4)); // 5 to 7 found the ring full
    take(0, 9, blank_record(JN_RECORD_END_OF_STREAM, 0, 0));
    int interval_idx = aggregate_complete(&aggregator);
    assert_true(interval_idx >= 0);
    unsigned int wanted = 0, of = 0;
    for (unsigned int v = 0; v < aggregator.state.region->intervals[interval_idx].vpg_count; v++)
        if (summary_wanted(&aggregator.state.tables[interval_idx].vpgs[v])) {
            of = v;
            wanted++;
        }
    assert_int_equal(wanted, 1);
    json_t *d = summary_document(&aggregator, interval_idx, of, 10);
    json_t *protocol = json_array_get(json_object_get(d, "detected.protos"), 0);
    assert_string_equal(text_at(d, "vpgId"), VPG_ID);
    assert_int_equal(number_at(d, "traffic.statistics/unique.flows"), 1);
    assert_int_equal(number_at(d, "traffic.statistics/guessed.flow.protos"), 1);
    assert_int_equal(number_at(d, "junction.records_lost"), 3);
    assert_int_equal(json_array_size(json_object_get(d, "known.flows")), 1);
    assert_int_equal(json_array_size(json_object_get(d, "detected.protos")), 1);
    assert_int_equal(number_at(protocol, "flows"), 1);
    assert_int_equal(number_at(protocol, "packets"), 3);
    assert_int_equal(number_at(protocol, "bytes"), 260);
    json_decref(d);
}

static int
setup(void **state) {
    (void)state;
    static const uint64_t tails[1], heads[1] = {1000};
    char instance[JN_INSTANCE_MAX], err[JN_ERR_MAX];
    random_instance(instance);
    assert_int_equal(aggregate_open(&aggregator, instance, 64, err), 0);
    assert_true(aggregate_attach(&aggregator, 1, 1, tails, heads));
    return 0;
}

static int
teardown(void **state) {
    (void)state;
    aggregate_close(&aggregator, true);
    return 0;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_flow_that_only_returned),
        cmocka_unit_test_setup_teardown(test_what_only_returned_is_in_no_sum, setup, teardown),
    };
    protocols_init();
    names_open(&names, "test");
    flow_writer_open(&writer, "edge-1", &names);
    int failed = cmocka_run_group_tests_name("export redirect", tests, make_run_directory, remove_run_directory);
    names_close(&names);
    return failed;
}
