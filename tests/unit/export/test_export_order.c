// SPDX-License-Identifier: BSD-3-Clause
// Lives of the dataplane, and numbers of intervals: whatever the wall clock says, whoever is killed, and whichever ring is
// ahead, flow records and summaries agree, and no ring waits for ever.
#include "export_aggregator.h"
#include "lists.h"
#include "protocols.h"
#include "test.h"

enum { CAPACITY = 1024, TAKEN = 256 };

static int
setup(void **state) {
    (void)state;
    static const uint64_t zero[JN_MAX_WORKERS], far[JN_MAX_WORKERS] = {1000000, 1000000, 1000000};
    open_aggregator(CAPACITY);
    assert_true(aggregate_attach(&aggregator, 1, 2, zero, far));
    return 0;
}

// A record of the n-th life's interval `number`, which begins at that second by the wall clock.
static struct jn_record
of_life(struct jn_record record, uint64_t life, uint32_t number, uint64_t wall_s) {
    record.boot = life;
    record.interval = number;
    record.interval_start = wall_s * SECOND;
    record.interval_end = (wall_s + 1) * SECOND;
    return record;
}

static struct jn_record
counters(unsigned int worker, uint64_t ip_packets) {
    struct jn_record r = blank_record(JN_RECORD_VPG_INTERVAL, worker, 0);
    r.counters[0] = r.counters[4] = ip_packets; // total_packets, ip_packets
    return r;
}

// The next summary, which must be of that life and number, and be closed by this.
static json_t *
next_summary(uint64_t life, uint64_t number) {
    int interval_idx = aggregate_complete(&aggregator);
    if (interval_idx < 0)
        fail_msg("no summary of life %lu, interval %lu", (unsigned long)life, (unsigned long)number);
    char id[128];
    snprintf(id, sizeof(id), "edge-1-%016lx-" VPG_ID "-%lu", (unsigned long)life, (unsigned long)number);
    json_t *d = summary_document(&aggregator, interval_idx, 0, 10);
    assert_string_equal(text_at(d, "event/id"), id);
    aggregate_close_interval(&aggregator, (unsigned int)interval_idx);
    return d;
}

// In one life, and over a restart: by how much the clock was set between two intervals.
static void
test_the_wall_clock_orders_nothing(void **state) {
    (void)state;
    static const int64_t steps_s[] = {0, 20, -20, 3600, -3600, -1, -1700000000, 1700000000};
    uint64_t wall_s = 1767322800, life = 1;
    for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
        uint64_t after_s = (uint64_t)((int64_t)wall_s + steps_s[i]);
        for (uint32_t number = 1; number <= 3; number++) {
            if (number == 3 || (number == 1 && i % 2)) // in the life, or before it
                wall_s = after_s;
            for (unsigned int w = 0; w < 2; w++) {
                assert_int_equal(take(of_life(udp_record(w, 0, 5, 40000, 53, number), life, number, wall_s)), 0);
                assert_int_equal(take(of_life(counters(w, number + 1), life, number, wall_s)), 0);
                assert_int_equal(take(of_life(blank_record(JN_RECORD_INTERVAL_END, w, 0), life, number, wall_s)), 0);
            }
            json_t *d = next_summary(life, number);
            assert_int_equal(number_at(d, "traffic.statistics/ip.packets"), 2 * (number + 1));
            assert_null(json_object_get(d, "junction.interval.irregular"));
            json_decref(d);
        }
        life++;
    }
    assert_int_equal(aggregator.late, 0);
}

// A life that ended orderly, and the next within the same second: two summaries, whole.
static void
test_stopped_and_started_within_an_interval(void **state) {
    (void)state;
    for (uint64_t life = 1; life <= 2; life++)
        for (unsigned int w = 0; w < 2; w++) {
            take(of_life(udp_record(w, 0, 5, 40000, 53, 2), life, 1, 100));
            take(of_life(counters(w, 3), life, 1, 100));
            take(of_life(blank_record(JN_RECORD_INTERVAL_END, w, 0), life, 1, 100));
            take(of_life(blank_record(JN_RECORD_END_OF_STREAM, w, 0), life, 1, 100));
        }
    for (uint64_t life = 1; life <= 2; life++) {
        json_t *d = next_summary(life, 1);
        assert_int_equal(number_at(d, "traffic.statistics/ip.packets"), 6);
        assert_null(json_object_get(d, "junction.interval.irregular"));
        json_decref(d);
    }
    assert_int_equal(aggregator.late, 0);
}

static const char *
mark_of(json_t *d) {
    const char *mark = json_string_value(json_array_get(json_object_get(d, "junction.interval.irregular"), 0));
    return mark != NULL ? mark : "(none)";
}

// Killed with flow records in the rings whose counters never came: the summary counts what the flow documents say, and says
// that it was cut. known: what the other worker's counters still said.
static void
test_killed_in_an_interval(void **state) {
    (void)state;
    take(of_life(udp_record(0, 0, 5, 40000, 53, 9), 1, 7, 100)); // and killed: 10 packets of worker 0
    take(of_life(udp_record(1, 0, 6, 40000, 53, 4), 1, 7, 100));
    take(of_life(counters(1, 5), 1, 7, 100));
    take(of_life(blank_record(JN_RECORD_INTERVAL_END, 1, 0), 1, 7, 100));
    assert_int_equal(aggregate_complete(&aggregator), -1);
    take(of_life(counters(0, 1), 2, 1, 101)); // the next life
    json_t *d = next_summary(1, 7);
    assert_int_equal(number_at(d, "traffic.statistics/ip.packets"), 15);
    assert_int_equal(number_at(d, "traffic.statistics/total.packets"), 15);
    assert_int_equal(number_at(d, "traffic.statistics/udp.pkts"), 15);
    assert_int_equal(number_at(d, "traffic.statistics/ip.bytes"), 13 * 100 + 2 * 60);
    assert_string_equal(mark_of(d), "cut");
    assert_string_equal(text_at(d, "junction.interval.start"), "1970-01-01T00:01:40.000000000Z");
    json_decref(d);
    take(of_life(blank_record(JN_RECORD_INTERVAL_END, 1, 0), 2, 1, 101));
    take(of_life(blank_record(JN_RECORD_INTERVAL_END, 0, 0), 2, 1, 101));
    d = next_summary(2, 1);
    assert_string_equal(mark_of(d), "(none)");
    json_decref(d);
}

// The ring was full when the interval's counters and its end were to be written: the summary of the interval that lacks them
// says so, not only that of the next.
static void
test_ring_that_lost_an_end(void **state) {
    (void)state;
    take(of_life(udp_record(0, 0, 5, 40000, 53, 9), 1, 7, 100));
    for (uint32_t number = 7; number <= 11; number++)
        take(of_life(blank_record(JN_RECORD_INTERVAL_END, 1, 0), 1, number, 93 + number));
    for (uint32_t number = 10; number <= 11; number++) {
        struct jn_record r = of_life(blank_record(JN_RECORD_INTERVAL_END, 0, 0), 1, number, 93 + number);
        r.sequence = 50 + number;
        assert_int_equal(aggregate_record(&aggregator, 0, position[0]++, &r), 0);
    }
    json_t *d = next_summary(1, 7);
    assert_int_equal(number_at(d, "traffic.statistics/ip.packets"), 10);
    assert_int_equal(number_at(d, "junction.records_lost"), 59);
    json_decref(d);
}

// Killed, and nobody starts it again: what came is complete when the exporter sees that the writer has gone.
static void
test_killed_for_good(void **state) {
    (void)state;
    take(of_life(udp_record(0, 0, 5, 40000, 53, 9), 1, 7, 100));
    aggregate_end_all(&aggregator);
    json_t *d = next_summary(1, 7);
    assert_int_equal(number_at(d, "traffic.statistics/ip.packets"), 10);
    assert_string_equal(mark_of(d), "cut");
    json_decref(d);
}

// An end as it came to be replaces the one that was planned.
static void
test_end_and_marks_of_the_last_record(void **state) {
    (void)state;
    take(of_life(counters(0, 1), 1, 3, 100));
    struct jn_record end = of_life(blank_record(JN_RECORD_INTERVAL_END, 0, 0), 1, 3, 100);
    end.interval_end = 100 * SECOND + SECOND / 4;
    end.marks = JN_INTERVAL_CLOCK_STEP | JN_INTERVAL_LAST;
    take(end);
    end.worker = 1;
    take(end);
    json_t *d = next_summary(1, 3), *words = json_object_get(d, "junction.interval.irregular");
    assert_string_equal(text_at(d, "@timestamp"), "1970-01-01T00:01:40.250000000Z");
    assert_int_equal(json_array_size(words), 2);
    assert_string_equal(mark_of(d), "last");
    json_decref(d);
}

// Every interval that is complete is closed, as the exporter does between reading the rings.
static void
deliver(void) {
    for (int interval_idx; (interval_idx = aggregate_complete(&aggregator)) >= 0;)
        aggregate_close_interval(&aggregator, (unsigned int)interval_idx);
}

// Both rings are read in turn, each as far as it goes. Fails when neither moves.
static void
read_both(const struct jn_record (*rings)[TAKEN], const unsigned int counts[2]) {
    unsigned int at[2] = {0, 0};
    while (at[0] < counts[0] || at[1] < counts[1]) {
        unsigned int before = at[0] + at[1];
        for (unsigned int w = 0; w < 2; w++) {
            deliver();
            while (at[w] < counts[w] && take(rings[w][at[w]]) == 0)
                at[w]++;
        }
        if (at[0] + at[1] == before)
            fail_msg("both rings wait: at %u of %u and %u of %u", at[0], counts[0], at[1], counts[1]);
    }
    deliver();
}

// The exporter was away. Worker 0's ring was full from interval 4 to 100, ends of intervals and all; worker 1's has every end.
static void
test_ring_that_lost_intervals(void **state) {
    (void)state;
    static struct jn_record rings[2][TAKEN];
    unsigned int counts[2] = {0, 0};
    for (uint32_t number = 1; number <= 110; number++)
        for (unsigned int w = 0; w < 2; w++)
            if (w == 1 || number < 4 || number >= 100)
                rings[w][counts[w]++] = of_life(blank_record(JN_RECORD_INTERVAL_END, w, 0), 1, number, 100 + number);
    read_both(rings, counts);
    assert_int_equal(aggregate_in_use(&aggregator), 0);
    assert_int_equal(aggregator.late, 0);
}

// Killed while only worker 1 had written of its last two intervals; in the next life worker 0 is far ahead.
static void
test_worker_that_is_behind_by_a_life(void **state) {
    (void)state;
    static struct jn_record rings[2][TAKEN];
    unsigned int counts[2] = {0, 0};
    rings[0][counts[0]++] = of_life(blank_record(JN_RECORD_INTERVAL_END, 0, 0), 1, 1, 100);
    for (uint32_t number = 1; number <= 9; number++) {
        rings[1][counts[1]++] = of_life(udp_record(1, 0, 5, 40000, 53, 1), 1, number, 100 + number);
        rings[1][counts[1]++] = of_life(udp_record(1, 0, 5, 40000, 53, 1), 1, number + 1, 101 + number);
        rings[1][counts[1]++] = of_life(blank_record(JN_RECORD_INTERVAL_END, 1, 0), 1, number, 100 + number);
    }
    for (uint32_t number = 1; number <= 50; number++)
        for (unsigned int w = 0; w < 2; w++)
            rings[w][counts[w]++] = of_life(blank_record(JN_RECORD_INTERVAL_END, w, 0), 2, number, 100 + number);
    read_both(rings, counts);
    assert_int_equal(aggregate_in_use(&aggregator), 0);
    assert_int_equal(aggregator.late, 0);
}

// In interval 2 nothing was written, for no flow ended and the first had its end already. In interval 3 a flow begins and ends
// before what is of interval 2 is closed: that still comes, and is in its summary.
static void
test_interval_of_which_all_comes_late(void **state) {
    (void)state;
    for (unsigned int w = 0; w < 2; w++) {
        take(of_life(udp_record(w, 0, 5, 40000, 53, 1), 1, 1, 100));
        take(of_life(blank_record(JN_RECORD_INTERVAL_END, w, 0), 1, 1, 100));
    }
    json_decref(next_summary(1, 1));
    for (unsigned int w = 0; w < 2; w++)
        assert_int_equal(take(of_life(udp_record(w, 0, 7, 40000, 53, 3), 1, 3, 102)), 0);
    for (unsigned int w = 0; w < 2; w++) {
        for (uint8_t host = 5; host <= 6; host++) {
            assert_int_equal(take(of_life(udp_record(w, 0, host, 40000, 53, 1), 1, 2, 101)), 0);
            assert_int_equal(aggregate_complete(&aggregator), -1);
        }
        assert_int_equal(take(of_life(counters(w, 4), 1, 2, 101)), 0);
        assert_int_equal(take(of_life(blank_record(JN_RECORD_INTERVAL_END, w, 0), 1, 2, 101)), 0);
    }
    json_t *d = next_summary(1, 2);
    assert_int_equal(number_at(d, "traffic.statistics/ip.packets"), 8);
    assert_int_equal(number_at(d, "traffic.statistics/unique.flows"), 2);
    json_decref(d);
    assert_int_equal(aggregator.late, 0);
}

// A worker as it writes: of the interval that it is in, and of the one that it closes meanwhile. Some are passed over.
struct writer {
    uint32_t current, closing; // closing: 0 when it has ended
};

enum { WRITERS = 2, NUMBERS = 512, ROUNDS = 20000 };

static struct jn_record
write_next(struct writer *writer, unsigned int w, uint32_t word, uint64_t written[NUMBERS]) {
    bool ends = word % 3 == 0;
    if (writer->closing == 0 && ends) {
        writer->closing = writer->current;
        writer->current += word / 3 % 8 == 0 ? 1 + word / 32 % 3 : 1;
        ends = false;
    }
    bool former = writer->closing != 0 && (ends || word / 128 % 2 != 0);
    uint32_t number = former ? writer->closing : writer->current;
    if (ends) {
        writer->closing = 0;
        return of_life(blank_record(JN_RECORD_INTERVAL_END, w, 0), 1, number, 100 + number);
    }
    written[number] += 2;
    return of_life(udp_record(w, 0, (uint8_t)(1 + word / 256 % 9), 40000, 53, 1), 1, number, 100 + number);
}

static void
deliver_into(uint64_t delivered[NUMBERS]) {
    for (int interval_idx; (interval_idx = aggregate_complete(&aggregator)) >= 0;) {
        const struct state_tables *t = &aggregator.state.tables[interval_idx];
        const struct state_interval *i = &aggregator.state.region->intervals[interval_idx];
        for (uint64_t n = 0; n < i->flow_count; n++)
            delivered[i->key.number] += t->flows[n].packets;
        aggregate_close_interval(&aggregator, (unsigned int)interval_idx);
    }
}

// Whatever a worker writes first of its two intervals, and wherever the other one is: each record is in the sums of its own.
static void
test_every_order_of_two_intervals(void **state) {
    (void)state;
    uint32_t seed = 1;
    uint64_t written[NUMBERS] = {0}, delivered[NUMBERS] = {0};
    struct writer writers[WRITERS] = {{.current = 1}, {.current = 1}};
    for (unsigned int round = 0; round < ROUNDS && writers[0].current < NUMBERS - 8; round++) {
        unsigned int w = writers[0].current + 1 < writers[1].current   ? 0
                         : writers[1].current + 1 < writers[0].current ? 1
                                                                       : (seed >> 13) % WRITERS;
        seed = seed * 1664525u + 1013904223u;
        assert_int_equal(take(write_next(&writers[w], w, seed >> 8, written)), 0);
        deliver_into(delivered);
    }
    assert_true(writers[0].current > NUMBERS / 2);
    for (unsigned int w = 0; w < WRITERS; w++)
        take(of_life(blank_record(JN_RECORD_END_OF_STREAM, w, 0), 1, writers[w].current, 100));
    deliver_into(delivered);
    for (unsigned int number = 0; number < NUMBERS; number++)
        assert_int_equal(delivered[number], written[number]);
    assert_int_equal(aggregator.late, 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_wall_clock_orders_nothing, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_stopped_and_started_within_an_interval, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_killed_in_an_interval, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_ring_that_lost_an_end, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_killed_for_good, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_end_and_marks_of_the_last_record, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_ring_that_lost_intervals, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_worker_that_is_behind_by_a_life, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_interval_of_which_all_comes_late, setup, close_aggregator),
        cmocka_unit_test_setup_teardown(test_every_order_of_two_intervals, setup, close_aggregator),
    };
    protocols_init();
    return cmocka_run_group_tests_name("export order", tests, NULL, NULL);
}
