// SPDX-License-Identifier: BSD-3-Clause
// From rings to a sink: what is delivered and when records are released; restarts; rings that cannot be believed.
#include "export_records.h"
#include "protocols.h"
#include "random.h"
#include "test.h"

enum { RING = 64, FLOWS = 1024 };

static char instance[JN_INSTANCE_MAX];
static struct jn_shm records;
static struct jn_records_region *region;
static struct aggregator aggregator;
static struct names names;
static struct memory_sink sink;
static struct delivery delivery;
static struct drain drain;

static void
start_exporter(void) {
    char err[JN_ERR_MAX];
    assert_true(aggregate_open(&aggregator, instance, FLOWS, err) >= 0);
    names_open(&names, instance);
    open_memory_delivery(&delivery, &sink);
    drain_open(&drain, instance, &aggregator, &delivery, "edge-1", &names);
    if (drain_attach(&drain, err) != 0)
        fail_msg("%s", err);
}

static void
stop_exporter(bool remove) {
    drain_close(&drain);
    aggregate_close(&aggregator, remove);
    delivery_close(&delivery);
    names_close(&names);
}

// As the dataplane reads it.
static uint64_t
taken(unsigned int worker) {
    return drain.rings[worker].acknowledged.consumed->tail;
}

static int
setup(void **state) {
    (void)state;
    random_instance(instance);
    region = make_records(&records, instance, 2, RING);
    start_exporter();
    return 0;
}

static int
teardown(void **state) {
    (void)state;
    stop_exporter(true);
    jn_shm_remove(&records);
    return 0;
}

static void
run(void) {
    for (int idle = 0, moved; idle<2; idle = moved> 0 ? 0 : idle + 1) { // acknowledgements are seen one step later
        moved = drain_step(&drain);
        assert_true(moved >= 0);
    }
}

static unsigned int
count_of(const char *dataset) {
    unsigned int count = 0;
    size_t i;
    json_t *document;
    json_array_foreach(sink.documents, i, document) count += strcmp(text_at(document, "event/dataset"), dataset) == 0;
    return count;
}

static struct jn_record
counters_record(unsigned int worker, int interval, uint64_t packets) {
    struct jn_record r = blank_record(JN_RECORD_VPG_INTERVAL, worker, interval);
    r.counters[0] = packets;
    return r;
}

static void
test_records_are_released_in_order_of_delivery(void **state) {
    (void)state;
    sink.hold = true;
    push(region, 0, udp_record(0, 0, 5, 40000, 53, 2));
    push(region, 0, counters_record(0, 0, 3));
    push(region, 0, udp_record(0, 0, 5, 40001, 53, 2));
    run();
    assert_int_equal(count_of("junction.flow"), 2);
    assert_int_equal(taken(0), 0); // read, not delivered
    assert_true(drain_empty(&drain));
    assert_false(drain_released(&drain));
    sink.sink.acknowledge(sink.sink.lane, sink.opaque[1]); // the later one first
    run();
    assert_int_equal(taken(0), 0);
    sink.sink.acknowledge(sink.sink.lane, sink.opaque[0]);
    run();
    assert_int_equal(taken(0), 3);
    assert_true(drain_released(&drain));
    assert_string_equal(text_at(json_array_get(sink.documents, 0), "@key"), VPG_ID "/10.128.0.5");
}

static void
test_interval_end_waits_for_its_summary(void **state) {
    (void)state;
    push(region, 0, counters_record(0, 0, 3));
    push(region, 0, blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    run();
    assert_int_equal(taken(0), 1);
    sink.hold = true;
    push(region, 1, blank_record(JN_RECORD_INTERVAL_END, 1, 0));
    run();
    assert_int_equal(count_of("junction.summary"), 1);
    assert_int_equal(taken(0), 1);
    sink.hold = false;
    run();
    assert_int_equal(taken(0), 2);
    assert_int_equal(taken(1), 1);
    assert_int_equal(aggregate_in_use(&aggregator), 0);
    assert_string_equal(text_at(json_array_get(sink.documents, 0), "@key"), VPG_ID);
}

// What was accepted and not delivered comes again, under the same names, and is counted once.
static void
test_restart_repeats_documents_not_sums(void **state) {
    (void)state;
    sink.hold = true;
    for (uint16_t n = 0; n < 10; n++)
        push(region, n % 2, udp_record(n % 2, 0, 5, n, 53, 2));
    for (unsigned int w = 0; w < 2; w++) {
        push(region, w, counters_record(w, 0, 15));
        push(region, w, blank_record(JN_RECORD_INTERVAL_END, w, 0));
    }
    run();
    assert_int_equal(json_array_size(sink.documents), 11);
    assert_int_equal(sink.earlier, 0);
    json_t *first = json_deep_copy(sink.documents);
    stop_exporter(false);
    start_exporter();
    run();
    assert_int_equal(json_array_size(sink.documents), 11);
    json_t *summary = json_array_get(sink.documents, 0); // complete already: it goes first
    assert_true(json_equal(json_array_get(first, 10), summary));
    assert_int_equal(number_at(summary, "traffic.statistics/total.packets"), 30);
    assert_int_equal(number_at(summary, "traffic.statistics/unique.flows"), 10);
    for (size_t i = 0; i < 10; i++)
        assert_true(json_equal(json_array_get(first, i), json_array_get(sink.documents, i + 1)));
    json_decref(first);
    assert_int_equal(sink.earlier, 11); // and says that it may be there
    push(region, 0, udp_record(0, 1, 5, 11, 53, 2));
    for (unsigned int w = 0; w < 2; w++) {
        push(region, w, counters_record(w, 1, 15));
        push(region, w, blank_record(JN_RECORD_INTERVAL_END, w, 1));
    }
    run();
    assert_int_equal(json_array_size(sink.documents), 13);
    assert_int_equal(sink.earlier, 11);
    assert_true(drain_released(&drain));
}

static void
test_next_sink_is_told_what_the_one_before_had(void **state) {
    (void)state;
    sink.hold = true;
    for (uint16_t n = 0; n < 3; n++)
        push(region, 0, udp_record(0, 0, 5, n, 53, 2));
    run();
    assert_int_equal(sink.earlier, 0);
    sink.broken = true;
    drain_step(&drain);
    assert_null(delivery.lanes[0].sink);
    delivery.lanes[0].reopen_ns = 0;
    run();
    push(region, 0, udp_record(0, 0, 5, 4, 53, 2));
    run();
    assert_int_equal(json_array_size(sink.documents), 4);
    assert_int_equal(sink.earlier, 3);
}

static void
test_full_sink_is_waited_for(void **state) {
    (void)state;
    sink.room = 3;
    for (uint16_t n = 0; n < 50; n++)
        push(region, 0, udp_record(0, 0, 5, n, 53, 2));
    run();
    assert_int_equal(count_of("junction.flow"), 50);
    assert_true(drain_released(&drain));
}

// Both rings always have more than the sink takes: summaries get out all the same, and neither ring waits for the
// other.
static void
test_busy_sink_starves_nobody(void **state) {
    (void)state;
    sink.room = 4;
    push(region, 0, counters_record(0, 0, 3));
    for (unsigned int w = 0; w < 2; w++)
        push(region, w, blank_record(JN_RECORD_INTERVAL_END, w, 0));
    for (uint16_t n = 0; n < 40; n++) {
        for (unsigned int w = 0; w < 2; w++)
            while (push(region, w, udp_record(w, 1, 5, n, 53, 1)))
                ;
        assert_true(drain_step(&drain) > 0);
    }
    assert_int_equal(count_of("junction.summary"), 1);
    assert_true(taken(0) > 40);
    assert_true(taken(1) > 40);
}

static void
test_end_of_stream(void **state) {
    (void)state;
    push(region, 0, udp_record(0, -1, 5, 1, 53, 2));
    push(region, 0, counters_record(0, -1, 3));
    push(region, 0, blank_record(JN_RECORD_INTERVAL_END, 0, -1));
    push(region, 0, blank_record(JN_RECORD_END_OF_STREAM, 0, -1));
    run();
    assert_int_equal(taken(0), 2);
    push(region, 1, blank_record(JN_RECORD_END_OF_STREAM, 1, -1));
    run();
    assert_true(aggregate_all_ended(&aggregator));
    assert_true(drain_released(&drain));
    assert_int_equal(count_of("junction.summary"), 1);
}

static void
test_kinds_that_are_not_wanted(void **state) {
    (void)state;
    drain.flow_documents = false;
    drain.emission.wanted = false;
    push(region, 0, udp_record(0, 0, 5, 1, 53, 2));
    push(region, 0, blank_record(JN_RECORD_INTERVAL_END, 0, 0));
    push(region, 1, blank_record(JN_RECORD_INTERVAL_END, 1, 0));
    run();
    assert_int_equal(json_array_size(sink.documents), 0);
    assert_true(drain_released(&drain));
}

static void
test_full_ring_goes_on(void **state) {
    (void)state;
    unsigned int written = 0;
    for (unsigned int i = 0; i < RING * 5; i++) {
        while (!push(region, 0, udp_record(0, 0, 5, (uint16_t)i, 53, 1)))
            run();
        written++;
    }
    run();
    assert_int_equal(count_of("junction.flow"), written);
    assert_int_equal(taken(0), written);
}

static void
test_unsound_records_are_passed_over(void **state) {
    (void)state;
    struct jn_record bad = udp_record(0, 0, 5, 1, 53, 2);
    bad.flow.end_reason = 77;
    push(region, 0, udp_record(0, 0, 5, 1, 53, 2));
    push(region, 0, bad);
    push(region, 0, udp_record(0, 0, 5, 2, 53, 2));
    run();
    assert_int_equal(count_of("junction.flow"), 2);
    assert_int_equal(drain.unsound, 1);
    assert_true(drain_released(&drain));
    region->rings[0].head += RING + 5; // more than it holds
    run();
    assert_int_equal(count_of("junction.flow"), 2);
    region->rings[0].head = 1; // back
    run();
    assert_int_equal(count_of("junction.flow"), 2);
}

// Random bytes anywhere in the rings and records while they are read.
static void
test_random_bytes_never_crash(void **state) {
    (void)state;
    uint64_t seed = RANDOM_SEED;
    size_t rings_at = offsetof(struct jn_records_region, rings);
    for (int round = 0; round < 20000; round++) {
        for (unsigned int w = 0; w < 2; w++) {
            // The producer's ring is put right again, so that there is something to read.
            region->rings[w].offset = jn_records_size(w, RING);
            region->rings[w].capacity = RING;
            region->rings[w].tail = drain.rings[w].acknowledged.tail;
            region->rings[w].head = drain.rings[w].cursor + (seed >> 20) % 8;
            push(region, w, udp_record(w, round / 4000, (uint8_t)round, 1, 53, 2));
        }
        for (int i = 0; i < 8; i++) {
            random_next(&seed);
            size_t span = i == 0 && round % 16 == 0 ? sizeof(region->rings) : 2 * RING * sizeof(struct jn_record);
            size_t start = span == sizeof(region->rings) ? rings_at : jn_records_size(0, RING);
            ((uint8_t *)region)[start + seed % span] = (uint8_t)(seed >> 40);
        }
        assert_true(drain_step(&drain) >= 0);
        if (json_array_size(sink.documents) > 10000)
            json_array_clear(sink.documents);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_records_are_released_in_order_of_delivery, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interval_end_waits_for_its_summary, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart_repeats_documents_not_sums, setup, teardown),
        cmocka_unit_test_setup_teardown(test_next_sink_is_told_what_the_one_before_had, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_sink_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy_sink_starves_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_of_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kinds_that_are_not_wanted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_ring_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unsound_records_are_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_bytes_never_crash, setup, teardown),
    };
    protocols_init();
    return cmocka_run_group_tests_name("export drain", tests, make_run_directory, remove_run_directory);
}
