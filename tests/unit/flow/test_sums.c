// SPDX-License-Identifier: BSD-3-Clause
// Intervals are exact: whatever comes, in whatever order, with policies changing, the table overflowing and fragments
// astray, the flow records of an interval add up to its VPG counters, and all intervals to what was sent.
#include "random.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (1700000000 * SECOND + 123)

enum { OPERATIONS = 300000, INTERVALS = 512, DISCARDED_BYTES = 3, IP_PACKETS = 4, IP_BYTES = 5, ROOM = 2 };

struct sums {
    uint64_t start, end, flow_packets, flow_bytes, flow_dropped, vpg_packets, vpg_bytes, vpg_dropped;
    bool ended;
};

static struct sums intervals[INTERVALS];
static unsigned int interval_count;
static uint64_t next_sequence;
static uint64_t seed = RANDOM_SEED;

static uint32_t
below(uint32_t limit) {
    random_next(&seed);
    return (uint32_t)(seed >> 32) % limit;
}

static struct sums *
interval_of(const struct jn_record *r) {
    for (unsigned int i = 0; i < interval_count; i++)
        if (intervals[i].start == r->interval_start && intervals[i].end == r->interval_end)
            return &intervals[i];
    assert_true(interval_count < INTERVALS);
    intervals[interval_count] = (struct sums){.start = r->interval_start, .end = r->interval_end};
    return &intervals[interval_count++];
}

static void
take_records(struct rig *rig) {
    for (const struct jn_record *r; (r = rig_record(rig)) != NULL;) {
        assert_int_equal(r->sequence, next_sequence++);
        if (r->type == JN_RECORD_END_OF_STREAM)
            continue;
        struct sums *s = interval_of(r);
        assert_false(s->ended); // nothing of an interval comes after its end
        if (r->type == JN_RECORD_FLOW) {
            s->flow_packets += r->flow.packets[0] + r->flow.packets[1];
            s->flow_bytes += r->flow.bytes[0] + r->flow.bytes[1];
            s->flow_dropped += r->flow.verdict & JN_VERDICT_DROP ? r->flow.bytes[0] + r->flow.bytes[1] : 0;
            assert_true(r->flow.start_ns >= s->start && r->flow.end_ns < s->end);
            assert_true(r->flow.start_ns <= r->flow.end_ns);
        } else if (r->type == JN_RECORD_VPG_INTERVAL) {
            s->vpg_packets += r->counters[IP_PACKETS];
            s->vpg_bytes += r->counters[IP_BYTES];
            s->vpg_dropped += r->counters[DISCARDED_BYTES];
        } else {
            assert_int_equal(r->type, JN_RECORD_INTERVAL_END);
            s->ended = true;
        }
    }
}

// A worker comes round thousands of times before time leaps by seconds.
static void
come_round(struct rig *rig, uint64_t now) {
    while (rig->worker->flow->sweep.part != JN_SWEEP_NONE)
        rig_idle(rig, now);
}

// What the VPGs have counted since the last call: another VPG of an index begins at zero.
static void
add_counted(const struct rig *rig, uint64_t *ip_packets, uint64_t *frames) {
    static struct jn_vpg_counters before[ROOM];
    for (unsigned int vpg_idx = 0; vpg_idx < ROOM; vpg_idx++) {
        const struct jn_vpg_counters *now = &rig->worker->vpg_counters[vpg_idx];
        uint64_t all = now->total_packets + now->uninspected_packets;
        if (all < before[vpg_idx].total_packets + before[vpg_idx].uninspected_packets)
            before[vpg_idx] = (struct jn_vpg_counters){0};
        *ip_packets += now->ip_packets - before[vpg_idx].ip_packets;
        *frames += all - before[vpg_idx].total_packets - before[vpg_idx].uninspected_packets;
        before[vpg_idx] = *now;
    }
}

static const char *const policies[] = {
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]},{\"id\":\"w\",\"vlan\":5}]",
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/"
    "9\"],\"rules\":[{\"match\":{\"protocol\":\"udp\"},\"inspect\":false}]},{\"id\":\"w\",\"vlan\":5}]",
    "[{\"id\":\"v\",\"rules\":[{\"match\":{\"remote_ports\":[\"50-60\"]},\"drop\":true}]},{\"id\":\"w\",\"vlan\":5,"
    "\"inspection\":{\"enabled\":false}}]",
    "[{\"id\":\"x\"}]",
    "[{\"id\":\"v\",\"rules\":[{\"match\":{\"remote_ports\":[\"50-54\"]}},{\"match\":{\"protocol\":\"udp\"},\"drop\":"
    "true}]}]",
};

static void
random_frame(struct rig *rig, uint64_t now) {
    uint8_t frame[256];
    uint32_t port = below(60);
    struct frame_spec s = {.source = 0x0a800000 + below(40),
                           .destination = 0xc6120000 + below(3),
                           .protocol = below(2) ? 6 : 17,
                           .source_port = (uint16_t)(40000 + below(10)),
                           .destination_port = (uint16_t)(50 + port % 20),
                           .vlan = below(4) ? 0 : 5,
                           .id = (uint16_t)below(200),
                           .payload = (uint16_t)below(100)};
    if (s.protocol == 6)
        s.tcp_flags = below(20) ? 0x10 : (uint8_t)below(32);
    if (below(6) == 0) // fragments, many of them astray
        s.fragment = (uint16_t)(below(3) ? 1 + below(20) : 0x2000);
    uint32_t length = frame_build(&s, frame);
    if (below(50) == 0)
        length -= below(length); // cut anywhere
    if (below(50) == 0)
        frame[below(length != 0 ? length : 1)] = (uint8_t)below(256);
    rig_frame(rig, frame, length, 0, below(2), now);
}

static void
test_sums_agree_whatever_comes(void **state) {
    (void)state;
    struct rig rig;
    uint64_t now = T0, counted = 0, frames = 0;
    rig_open_for(&rig, policies[0], 1, ROOM); // the third VPG has to take an index of another
    for (unsigned int i = 0; i < OPERATIONS; i++) {
        bool leap = below(1000) == 0;
        if (leap)
            come_round(&rig, now);
        now += leap ? below(3) * SECOND : below(100000);
        random_frame(&rig, now);
        add_counted(&rig, &counted, &frames);
        if (below(2000) == 0)
            rig_policy(&rig, policies[below(sizeof(policies) / sizeof(policies[0]))], 1 + below(2));
        if (i % 256 == 0)
            take_records(&rig);
    }
    rig_finish(&rig);
    take_records(&rig);
    uint64_t packets = 0, dropped = 0;
    for (unsigned int i = 0; i < interval_count; i++) {
        const struct sums *s = &intervals[i];
        if (!s->ended || s->flow_packets != s->vpg_packets || s->flow_bytes != s->vpg_bytes)
            fail_msg("interval %u of %u: flows %lu packets %lu bytes, VPGs %lu packets %lu bytes, ended %d", i,
                     interval_count, (unsigned long)s->flow_packets, (unsigned long)s->flow_bytes,
                     (unsigned long)s->vpg_packets, (unsigned long)s->vpg_bytes, s->ended);
        if (s->flow_dropped != s->vpg_dropped)
            fail_msg("interval %u of %u: dropped: flows %lu bytes, VPGs %lu bytes", i, interval_count,
                     (unsigned long)s->flow_dropped, (unsigned long)s->vpg_dropped);
        packets += s->vpg_packets;
        dropped += s->vpg_dropped;
    }
    const struct jn_worker_counters *c = rig.worker->counters;
    assert_int_equal(packets, counted);
    assert_int_equal(frames + c->exceptions[JN_EXCEPTION_NO_VPG], OPERATIONS);
    assert_int_equal(rig.sent_count + c->drops[JN_DROP_POLICY] + c->drops[JN_DROP_HEADERLESS], OPERATIONS);
    assert_true(dropped > 0 && interval_count > 50 && packets > OPERATIONS / 2);
    rig_close(&rig);
}

static void
test_more_flows_than_room(void **state) {
    (void)state;
    enum { FLOWS = 20000, BURST = 50 };
    static uint8_t frames[BURST][128];
    const uint8_t *data[BURST];
    uint32_t length[BURST];
    struct rig rig;
    uint64_t packets = 0;
    rig_open(&rig, "[{\"id\":\"v\"}]", 0);
    for (uint32_t round = 0; round < FLOWS / BURST; round++) {
        for (uint32_t i = 0; i < BURST; i++) { // bursts in which flows push each other out
            struct frame_spec s = {.source = 0x0a800000 + below(FLOWS),
                                   .destination = 0xc6120001,
                                   .protocol = 17,
                                   .source_port = 1000,
                                   .destination_port = 2000};
            length[i] = frame_build(&s, frames[i]);
            data[i] = frames[i];
        }
        rig_frames(&rig, data, length, BURST, false, T0 + round);
        for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;)
            packets += r->flow.packets[0] + r->flow.packets[1];
    }
    assert_true(rig.worker->counters->exceptions[JN_EXCEPTION_FLOW_TABLE_FULL] > 100);
    rig_finish(&rig);
    for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;)
        packets += r->type == JN_RECORD_FLOW ? r->flow.packets[0] + r->flow.packets[1] : 0;
    assert_int_equal(packets, FLOWS);
    assert_int_equal(rig.sent_count, FLOWS);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_agree_whatever_comes),
        cmocka_unit_test(test_more_flows_than_room),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
