// SPDX-License-Identifier: BSD-3-Clause
// Two workers, one plan of intervals, and a wall clock that somebody sets: every packet is in the sums of one interval, both
// workers' intervals are the same, and none has another length than was configured unless it says why.
#include "flow/interval.h"
#include "flow_words.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)
#define T0     (1700000000 * SECOND + 300 * MS)

enum { WORKERS = 2, INTERVALS = 128, IP_PACKETS = 4, CHANGES = 3 };

// At that time from the start the wall clock is set, or the policy has another interval, or the main thread sleeps.
struct change {
    uint32_t at_ms;
    int64_t set_ms;
    uint32_t length_s, asleep_ms;
};

static const struct row {
    const char *what;
    unsigned int steps; // times that an interval is ended by the clock
    uint32_t marks;     // that must appear
    struct change changes[CHANGES];
} rows[] = {
    {"nothing", 0, 0, {{0}}},
    {"20 s on", 1, JN_INTERVAL_CLOCK_STEP, {{4200, 20000, 0, 0}}},
    {"20 s back", 1, JN_INTERVAL_CLOCK_STEP, {{4200, -20000, 0, 0}}},
    {"an hour on", 1, JN_INTERVAL_CLOCK_STEP, {{4999, 3600000, 0, 0}}},
    {"an hour back", 1, JN_INTERVAL_CLOCK_STEP, {{4690, -3600000, 0, 0}}},
    {"to 1970", 1, JN_INTERVAL_CLOCK_STEP, {{4200, -1699999999000, 0, 0}}},
    {"far on", 1, JN_INTERVAL_CLOCK_STEP, {{4200, 5000000000000, 0, 0}}},
    {"on and back within an interval", 2, JN_INTERVAL_CLOCK_STEP, {{4100, 20000, 0, 0}, {4400, -20000, 0, 0}}},
    {"on and back unseen", 0, 0, {{4101, 20000, 0, 0}, {4110, -20000, 0, 0}}},
    {"back again and again",
     3,
     JN_INTERVAL_CLOCK_STEP,
     {{3000, -5000, 0, 0}, {4000, -5000, 0, 0}, {5000, -5000, 0, 0}}},
    {"half a second on", 0, JN_INTERVAL_CLOCK_ADJUSTED, {{4200, 500, 0, 0}}},
    {"half a second back", 0, JN_INTERVAL_CLOCK_ADJUSTED, {{4200, -500, 0, 0}}},
    {"0.95 s on at the end", 0, JN_INTERVAL_CLOCK_ADJUSTED, {{4600, 950, 0, 0}}},
    {"0.95 s back, twice", 0, JN_INTERVAL_CLOCK_ADJUSTED, {{4200, -950, 0, 0}, {5900, -950, 0, 0}}},
    {"half a second back, then an hour", 1, JN_INTERVAL_CLOCK_ADJUSTED, {{4200, -500, 0, 0}, {4400, -3600000, 0, 0}}},
    {"a millisecond is nothing", 0, 0, {{4200, 1, 0, 0}}},
    {"another length", 0, JN_INTERVAL_LENGTH_CHANGED, {{5200, 0, 5, 0}}},
    {"a length and back", 0, JN_INTERVAL_LENGTH_CHANGED, {{5200, 0, 5, 0}, {9000, 0, 1, 0}}},
    {"a length that is taken back", 0, 0, {{5250, 0, 5, 0}, {5400, 0, 1, 0}}},
    {"another length while the clock is set", 1, JN_INTERVAL_LENGTH_CHANGED, {{4200, -20000, 0, 0}, {4200, 0, 3, 0}}},
    {"another length, then a step", 1, JN_INTERVAL_CLOCK_STEP, {{5200, 0, 5, 0}, {7200, 7777, 0, 0}}},
    {"main thread asleep", 0, 0, {{4200, 0, 0, 3000}}},
    {"set while the main thread sleeps", 1, JN_INTERVAL_CLOCK_STEP, {{4200, 0, 0, 3000}, {5500, -20000, 0, 0}}},
};

static struct interval {
    uint64_t flow_packets, vpg_packets, start, end, marks;
    unsigned int ended;
} intervals[INTERVALS];

static struct jn_interval_clock plan;
static struct rig rigs[WORKERS];
static unsigned int steps;

static void
take_records(const char *what) {
    for (unsigned int w = 0; w < WORKERS; w++)
        for (const struct jn_record *r; (r = rig_record(&rigs[w])) != NULL;) {
            if (r->type == JN_RECORD_END_OF_STREAM)
                continue;
            assert_in_range(r->interval, 1, INTERVALS - 1);
            struct interval *i = &intervals[r->interval];
            if (r->type == JN_RECORD_FLOW) {
                i->flow_packets += r->flow.packets[0] + r->flow.packets[1];
                if (r->flow.start_ns < r->interval_start || r->flow.end_ns >= r->interval_end ||
                    r->flow.start_ns > r->flow.end_ns || r->flow.flow_start_ns > r->flow.start_ns)
                    fail_msg("%s: interval %u, %lu to %lu, has a flow of %lu, from %lu to %lu", what, r->interval,
                             (unsigned long)r->interval_start, (unsigned long)r->interval_end,
                             (unsigned long)r->flow.flow_start_ns, (unsigned long)r->flow.start_ns,
                             (unsigned long)r->flow.end_ns);
            } else if (r->type == JN_RECORD_VPG_INTERVAL) {
                i->vpg_packets += r->counters[IP_PACKETS];
            } else {
                bool same = i->ended == 0 || (i->start == r->interval_start && i->marks == r->marks);
                if (!same || (i->ended != 0 && i->end != r->interval_end && !(r->marks & JN_INTERVAL_LAST)))
                    fail_msg("%s: the workers' intervals %u differ", what, r->interval);
                i->start = r->interval_start;
                i->end = r->interval_end;
                i->marks = r->marks;
                i->ended++;
            }
        }
}

// The wall clock that the main thread sees, and what it does.
static void
main_thread(const struct row *row, uint64_t since_ms, uint64_t *length_s, uint64_t *wakes_ms) {
    int64_t offset_ms = 0;
    for (unsigned int i = 0; i < CHANGES; i++) {
        const struct change *c = &row->changes[i];
        if (since_ms < c->at_ms)
            continue;
        offset_ms += c->set_ms;
        if (c->length_s != 0)
            *length_s = c->length_s;
        if (c->asleep_ms != 0 && since_ms == c->at_ms)
            *wakes_ms = since_ms + c->asleep_ms;
    }
    if (since_ms % 50 != 0 || since_ms < *wakes_ms)
        return;
    uint64_t now = T0 + since_ms * MS;
    steps += jn_interval_clock_run(&plan, now, now + (uint64_t)offset_ms * MS, *length_s * SECOND) != 0;
}

static void
start_worker(struct rig *rig, uint64_t now) {
    rig_open(rig, "[{\"id\":\"v\"}]", 1);
    rig->worker->now_ns = now;
    rig->worker->flow->interval = (struct jn_interval){.clock = &plan};
    jn_interval_set_length(rig->worker, SECOND);
}

// Flows come and stay; the workers look at different times, the second one never at a boundary.
static uint64_t
play(const struct row *row, uint32_t until_ms) {
    uint64_t length_s = 1, wakes_ms = 0, sent = 0;
    uint8_t frame[128];
    for (uint32_t since_ms = 0; since_ms < until_ms; since_ms++) {
        main_thread(row, since_ms, &length_s, &wakes_ms);
        if (since_ms == 0)
            for (unsigned int w = 0; w < WORKERS; w++)
                start_worker(&rigs[w], T0);
        for (unsigned int w = 0; w < WORKERS; w++) {
            if (w == 1 && since_ms % 7 != 0)
                continue;
            struct frame_spec s = {.source = 0x0a800000 + since_ms % 13,
                                   .destination = 0xc6120001,
                                   .protocol = 17,
                                   .source_port = (uint16_t)(1000 + since_ms % 5),
                                   .destination_port = 2000};
            rig_frame(&rigs[w], frame, frame_build(&s, frame), 0, false, T0 + since_ms * MS + w * 12345);
            sent++;
        }
        take_records(row->what);
    }
    return sent;
}

static void
check_intervals(const struct row *row, uint64_t sent) {
    uint64_t packets = 0, marks = 0;
    unsigned int count = 1;
    for (; intervals[count].ended != 0; count++) {
        const struct interval *i = &intervals[count], *before = &intervals[count - 1];
        uint64_t length = i->end - i->start;
        if (i->ended != WORKERS || i->flow_packets != i->vpg_packets)
            fail_msg("%s: interval %u: %lu packets in flows, %lu counted, ended by %u", row->what, count,
                     (unsigned long)i->flow_packets, (unsigned long)i->vpg_packets, i->ended);
        if (i->marks == 0 && length != SECOND && length != 3 * SECOND && length != 5 * SECOND)
            fail_msg("%s: interval %u lasts %lu ns, and does not say why", row->what, count, (unsigned long)length);
        if (!(i->marks & (JN_INTERVAL_LAST | JN_INTERVAL_CLOCK_STEP)) && i->end % SECOND != 0)
            fail_msg("%s: interval %u ends at %lu", row->what, count, (unsigned long)i->end);
        if (count > 1 && i->start != before->end &&
            !(i->marks & before->marks & JN_INTERVAL_CLOCK_STEP || before->marks & JN_INTERVAL_CLOCK_ADJUSTED))
            fail_msg("%s: interval %u does not begin where the one before ends", row->what, count);
        packets += i->vpg_packets;
        marks |= i->marks;
    }
    assert_int_equal(packets, sent);
    assert_int_equal(steps, row->steps);
    if ((marks & ~(uint64_t)(JN_INTERVAL_FIRST | JN_INTERVAL_LAST) & row->marks) != row->marks ||
        (row->marks == 0 && (marks & ~(uint64_t)(JN_INTERVAL_FIRST | JN_INTERVAL_LAST)) != 0))
        fail_msg("%s: marks are %lx", row->what, (unsigned long)marks);
    assert_true(intervals[1].marks == JN_INTERVAL_FIRST && intervals[1].start == T0);
    assert_true(intervals[count - 1].marks & JN_INTERVAL_LAST);
}

static void
test_clock_steps(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
        memset(intervals, 0, sizeof(intervals));
        plan = (struct jn_interval_clock){0};
        steps = 0;
        uint64_t sent = play(&rows[n], 12345);
        for (unsigned int w = 0; w < WORKERS; w++)
            rig_finish(&rigs[w]);
        take_records(rows[n].what);
        check_intervals(&rows[n], sent);
        for (unsigned int w = 0; w < WORKERS; w++)
            rig_close(&rigs[w]);
    }
}

// A worker that hears of a step or another boundary only later, or is held up beyond several: numbers and sums hold.
static void
test_worker_that_is_late(void **state) {
    (void)state;
    static const uint32_t late_ms[] = {30, 300, 900, 2500, 7000};
    for (size_t n = 0; n < sizeof(late_ms) / sizeof(late_ms[0]); n++) {
        uint64_t now = T0, sent = 0, packets = 0;
        uint8_t frame[128];
        uint32_t before = 0;
        plan = (struct jn_interval_clock){0};
        jn_interval_clock_run(&plan, now, now, SECOND);
        start_worker(&rigs[0], now);
        for (uint32_t since_ms = 0; since_ms < 12000; since_ms++, now += MS) {
            if (since_ms % 50 == 0)
                jn_interval_clock_run(&plan, now, now - (since_ms > 4000 ? 20 * SECOND : 0), SECOND);
            if (since_ms > 4000 && since_ms < 4000 + late_ms[n])
                continue;
            struct frame_spec s = {.source = 0x0a800000, .destination = 0xc6120001, .protocol = 17};
            rig_frame(&rigs[0], frame, frame_build(&s, frame), 0, false, now);
            sent++;
        }
        rig_finish(&rigs[0]);
        for (const struct jn_record *r; (r = rig_record(&rigs[0])) != NULL;) {
            if (r->type == JN_RECORD_FLOW)
                packets += r->flow.packets[0];
            if (r->type != JN_RECORD_INTERVAL_END)
                continue;
            assert_true(r->interval > before && r->interval_start < r->interval_end);
            before = r->interval;
        }
        assert_int_equal(packets, sent);
        rig_close(&rigs[0]);
    }
}

// A capture's clock goes from 1970 to 2262: however long nothing comes, its intervals are counted one by one.
static void
test_capture_that_is_silent_for_decades(void **state) {
    (void)state;
    static const uint64_t seconds[] = {
        0, 1, UINT32_MAX - UINT64_C(1), UINT32_MAX + UINT64_C(1), UINT32_MAX + UINT64_C(3), 9000000000};
    struct rig rig;
    uint32_t before = 0;
    unsigned int flows = 0;
    rig_open(&rig, "[{\"id\":\"v\"}]", 1);
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        uint8_t frame[128];
        struct frame_spec s = {.source = 0x0a800000, .destination = 0xc6120001, .protocol = 17};
        do
            rig_idle(&rig, seconds[i] * SECOND);
        while (rig.worker->flow->sweep.part != JN_SWEEP_NONE);
        rig_frame(&rig, frame, frame_build(&s, frame), 0, false, seconds[i] * SECOND);
    }
    rig_finish(&rig);
    for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;) {
        if (r->type != JN_RECORD_FLOW)
            continue;
        assert_int_equal(r->interval_start, seconds[flows++] * SECOND);
        assert_int_equal(r->interval_end - r->interval_start, SECOND);
        assert_int_equal(r->interval, ++before);
    }
    assert_int_equal(flows, sizeof(seconds) / sizeof(seconds[0]));
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_steps),
        cmocka_unit_test(test_worker_that_is_late),
        cmocka_unit_test(test_capture_that_is_silent_for_decades),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("interval clock", tests, NULL, NULL);
}
