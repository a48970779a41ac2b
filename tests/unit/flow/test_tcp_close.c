// SPDX-License-Identifier: BSD-3-Clause
// The end of TCP flows: what is sent again belongs to the flow that ended, a SYN begins another, and a table that fills up
// gives the room of ended flows to live ones.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (UINT64_C(1767322800) * SECOND)
#define VPG    "[{\"id\":\"v\"}]"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, MOST = 10, CONNECTIONS = 200000, LIVE = 500 };

static void
play(struct rig *rig, uint32_t device, uint16_t port, bool down, uint8_t flags, uint64_t now_ns) {
    uint8_t frame[128];
    struct frame_spec s = {.source = down ? 0xc6120001 : device,
                           .destination = down ? device : 0xc6120001,
                           .source_port = down ? 80 : port,
                           .destination_port = down ? port : 80,
                           .protocol = 6,
                           .tcp_flags = flags};
    rig_frame(rig, frame, frame_build(&s, frame), 0, down, now_ns);
}

struct step {
    unsigned int tenths; // of a second, since the first packet
    bool down;
    uint8_t flags; // 0: time passes, without a packet
};

static void
test_what_belongs_to_the_flow_that_ended(void **state) {
    (void)state;
    static const struct {
        const char *what;
        unsigned int linger_s;
        struct step steps[MOST];
        unsigned int flows, left; // flows begun, and still in the table afterwards
    } rows[] = {
        {"FIN and ACK are sent again",
         10,
         {{0, 0, SYN},
          {1, 1, FIN | ACK},
          {2, 0, FIN | ACK},
          {3, 1, ACK},
          {23, 0, FIN | ACK},
          {24, 1, ACK},
          {90, 0, FIN | ACK}},
         1,
         1},
        {"it ends ten seconds after the last of them",
         10,
         {{0, 0, SYN}, {1, 1, FIN | ACK}, {2, 0, FIN | ACK}, {90, 1, ACK}, {150, 0, 0}, {189, 0, 0}, {191, 0, 0}},
         1,
         0},
        {"not earlier", 10, {{0, 0, FIN}, {1, 1, FIN}, {90, 1, ACK}, {102, 0, 0}, {189, 0, 0}}, 1, 1},
        {"RST is sent again", 10, {{0, 0, SYN}, {1, 1, RST | ACK}, {40, 1, RST | ACK}, {80, 0, ACK}}, 1, 1},
        {"a SYN opens another", 10, {{0, 0, SYN}, {1, 1, FIN}, {2, 0, FIN}, {3, 0, SYN}, {4, 1, SYN | ACK}}, 2, 1},
        {"a SYN after RST", 10, {{0, 0, SYN}, {1, 1, RST | ACK}, {2, 0, SYN}, {3, 1, RST | ACK}, {4, 0, SYN}}, 3, 1},
        {"of the end that had closed, the other's FIN unseen", 10, {{0, 0, SYN}, {1, 0, FIN}, {2, 0, SYN}}, 2, 1},
        {"of the end that had not closed", 10, {{0, 0, SYN}, {1, 0, FIN}, {2, 1, SYN}}, 1, 1},
        {"an old SYN and ACK", 10, {{0, 0, SYN}, {1, 0, RST}, {2, 1, SYN | ACK}}, 1, 1},
        {"one second, as configured", 1, {{0, 0, FIN}, {1, 1, FIN}, {13, 0, FIN}, {14, 1, ACK}}, 2, 1},
        {"none", 0, {{0, 0, FIN}, {1, 1, FIN}, {2, 0, 0}}, 1, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_open(&rig, VPG, 0);
        rig.worker->flow->linger.linger_ns = rows[i].linger_s * SECOND;
        for (unsigned int k = 0; k < MOST && (k == 0 || rows[i].steps[k].tenths != 0); k++) {
            const struct step *step = &rows[i].steps[k];
            if (step->flags != 0)
                play(&rig, 0x0a800001, 40000, step->down, step->flags, T0 + step->tenths * SECOND / 10);
            else
                rig_idle(&rig, T0 + step->tenths * SECOND / 10);
        }
        uint64_t begun = rig.worker->counters->flows_created, left = rig.worker->flow->table.header->active;
        if (begun != rows[i].flows || left != rows[i].left)
            fail_msg("%s: %lu flows, %lu left", rows[i].what, (unsigned long)begun, (unsigned long)left);
        rig_close(&rig);
    }
}

static const struct jn_record *
next_flow_record(struct rig *rig) {
    const struct jn_record *r;
    while ((r = rig_record(rig)) != NULL && r->type != JN_RECORD_FLOW)
        continue;
    return r;
}

// Rounds at that time, until what ended there is closed.
static void
idle_until_closed(struct rig *rig, uint64_t now_ns) {
    do
        rig_idle(rig, now_ns);
    while (rig->worker->flow->sweep.part != JN_SWEEP_NONE || now_ns >= rig->worker->flow->interval.current.end);
}

// The record of the interval in which it ended says so, though it lingers; what came late is no new flow.
static void
test_the_end_over_an_interval(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, VPG, 60);
    rig.worker->flow->linger.linger_ns = 10 * SECOND;
    play(&rig, 0x0a800001, 40000, false, FIN, T0 + 58 * SECOND);
    play(&rig, 0x0a800001, 40000, true, FIN, T0 + 59 * SECOND);
    idle_until_closed(&rig, T0 + 61 * SECOND);
    const struct jn_record *r = next_flow_record(&rig);
    assert_non_null(r);
    assert_int_equal(r->flow.end_reason, JN_END_DETECTED);
    assert_false(r->flow.flags & JN_FLOW_REPORTED);
    play(&rig, 0x0a800001, 40000, true, FIN, T0 + 62 * SECOND);
    idle_until_closed(&rig, T0 + 73 * SECOND);
    r = next_flow_record(&rig);
    assert_non_null(r);
    assert_int_equal(r->flow.end_reason, JN_END_DETECTED);
    assert_true(r->flow.flags & JN_FLOW_REPORTED);
    assert_int_equal(r->flow.packets[0] + r->flow.packets[1], 1);
    assert_int_equal(r->flow.flow_start_ns, T0 + 58 * SECOND);
    assert_null(next_flow_record(&rig));
    rig_close(&rig);
}

// Fifty times as many short connections as the table has room for, within their linger time, beside live flows: none of
// these is pushed out, and every packet is in a record.
static void
test_many_short_connections(void **state) {
    (void)state;
    struct rig rig;
    uint64_t packets = 0, played = 0;
    const struct jn_record *r;
    rig_open(&rig, VPG, 0);
    rig.worker->flow->linger.linger_ns = 10 * SECOND;
    for (unsigned int i = 0; i < LIVE; i++, played++)
        play(&rig, 0x0a000001 + i, 5, false, ACK, T0);
    for (unsigned int i = 0; i < CONNECTIONS; i++) {
        static const uint8_t flags[] = {SYN, SYN | ACK, FIN | ACK, FIN | ACK, ACK};
        for (unsigned int k = 0; k < sizeof(flags); k++, played++)
            play(&rig, 0x0a800000 + i, 40000, k & 1, flags[k], T0 + i * UINT64_C(5000) + k);
        while ((r = next_flow_record(&rig)) != NULL)
            packets += r->flow.packets[0] + r->flow.packets[1];
    }
    assert_int_equal(rig.worker->counters->flows_created, CONNECTIONS + LIVE);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_FLOW_TABLE_FULL], 0);
    assert_true(rig.worker->flow->table.header->active > RIG_FLOWS / 2); // they linger as long as there is room
    rig_finish(&rig);
    while ((r = next_flow_record(&rig)) != NULL)
        packets += r->flow.packets[0] + r->flow.packets[1];
    assert_int_equal(packets, played);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_RECORD_LOST], 0);
    rig_close(&rig);
}

// So many ends of one connection within its linger time as the ring has room for, with so many flows in between that the next
// end finds the first one's version in the entry again: the flow that ends there is still counted.
static void
test_one_connection_again_and_again(void **state) {
    (void)state;
    enum { VERSIONS = 1 << 16, OF_A_FLOW = 4, FLOWS_AN_END = VERSIONS / OF_A_FLOW / RIG_FLOWS };
    struct rig rig;
    uint64_t packets = 0, played = 0;
    const struct jn_record *r;
    rig_open(&rig, VPG, 0);
    rig.worker->flow->linger.linger_ns = 10 * SECOND;
    for (unsigned int i = 0; i <= RIG_FLOWS; i++) {
        for (unsigned int k = 1; k <= FLOWS_AN_END; k++, played += 2) {
            play(&rig, 0x0a800001, 40000, false, SYN, T0);
            play(&rig, 0x0a800001, 40000, false, k < FLOWS_AN_END ? FIN : RST, T0);
            assert_int_equal(rig.worker->flow->table.header->active, 1);
            assert_true(rig.burst.verdict[0] & JN_VERDICT_INSPECT);
        }
        while ((r = next_flow_record(&rig)) != NULL)
            packets += r->flow.packets[0] + r->flow.packets[1];
    }
    rig_finish(&rig);
    while ((r = next_flow_record(&rig)) != NULL)
        packets += r->flow.packets[0] + r->flow.packets[1];
    assert_int_equal(packets, played);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_belongs_to_the_flow_that_ended),
        cmocka_unit_test(test_the_end_over_an_interval),
        cmocka_unit_test(test_many_short_connections),
        cmocka_unit_test(test_one_connection_again_and_again),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("tcp_close", tests, NULL, NULL);
}
