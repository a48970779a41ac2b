// SPDX-License-Identifier: BSD-3-Clause
// The return path: frames of peers in, against what scapy built for the wire, or each refusal under its name.
// test_reinject FILE: writes every frame that leaves into a capture as well.
#include "path/path.h"
#include "test.h"
#include "vectors/redirect_vectors.h"

#define T0 VECTOR_START

enum { ACCESS, NETWORK, TUNNEL };

static FILE *capture;
static void
test_back(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(back_vectors); i++)
        vector_play(&back_vectors[i], capture);
}

static void
test_fragments(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(fragment_vectors); i++)
        vector_play(&fragment_vectors[i], capture);
}

// As a port gives them whose MTU is larger than its buffers.
static void
test_chains(void **state) {
    (void)state;
    for (uint32_t split = 96; split < 128; split += 15) {
        for (size_t i = 0; i < VECTOR_COUNT(back_vectors); i++)
            vector_play_by(&back_vectors[i], NULL, split, false);
        for (size_t i = 0; i < VECTOR_COUNT(fragment_vectors); i++)
            vector_play_by(&fragment_vectors[i], NULL, split, false);
    }
}

static void
expect(const struct rig *rig, unsigned int count, uint16_t port, const uint8_t *macs, uint32_t length) {
    assert_int_equal(rig->sent_count, count);
    assert_int_equal(vector_sent(rig, 0)->port, port);
    assert_memory_equal(vector_sent(rig, 0)->data, macs, 12);
    assert_int_equal(vector_sent(rig, 0)->length, length);
}

static void
test_nothing_is_counted_twice(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec answer = frame_answer(&vector_up);
    vector_open(&rig, VECTOR_REDIRECTED);
    vector_send(&rig, &vector_up, false, T0);
    vector_send(&rig, &answer, true, T0 + 1);
    const struct jn_vpg_counters before = rig.worker->vpg_counters[0];
    vector_come_back(&rig, &vector_up, T0 + 2);
    vector_come_back(&rig, &answer, T0 + 3);
    vector_come_back(&rig, &answer, T0 + 4); // once more: the gateway's doing
    assert_memory_equal(&rig.worker->vpg_counters[0], &before, sizeof(before));
    assert_int_equal(vector_counters(&rig)->peers[0].sent_packets, 2);
    assert_int_equal(vector_counters(&rig)->peers[0].returned_packets, 3);
    assert_int_equal(vector_counters(&rig)->peers[0].returned_bytes, 3 * 58);
    rig_finish(&rig);
    const struct jn_record *r = rig_record(&rig);
    assert_int_equal(r->type, JN_RECORD_FLOW);
    assert_int_equal(r->flow.packets[0] + r->flow.packets[1], 2);
    assert_int_equal(r->flow.redirected, 2);
    assert_int_equal(r->flow.returned, 3);
    assert_int_equal(r->flow.returned_bytes, 3 * 58);
    assert_int_equal(r->flow.verdict & JN_VERDICT_REDIRECT, JN_VERDICT_REDIRECT);
    assert_int_equal(r->flow.flags & JN_FLOW_RETURNED, 0);
    assert_int_equal(r->flow.end_ns, T0 + 4);
    assert_int_equal(rig_record(&rig)->type, JN_RECORD_VPG_INTERVAL);
    rig_close(&rig);
}

// A flow of the gateway's making has a record of its own, in which no packet is counted.
static void
test_the_record_of_what_the_gateway_made(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec masked = vector_up;
    masked.source = 0x0afe0002;
    masked.source_port = 61000;
    vector_open(&rig, VECTOR_REDIRECTED);
    vector_send(&rig, &vector_up, false, T0);
    for (int n = 0; n < 3; n++)
        vector_come_back(&rig, &masked, T0 + 1);
    rig_finish(&rig);
    for (int n = 0; n < 2; n++) {
        const struct jn_record *r = rig_record(&rig);
        bool own = r->flow.flags & JN_FLOW_RETURNED;
        assert_int_equal(r->type, JN_RECORD_FLOW);
        assert_int_equal(r->flow.packets[0] + r->flow.packets[1], own ? 0 : 1);
        assert_int_equal(r->flow.bytes[0] + r->flow.bytes[1], own ? 0 : 72);
        assert_int_equal(r->flow.redirected, own ? 0 : 1);
        assert_int_equal(r->flow.returned, own ? 3 : 0);
    }
    assert_int_equal(rig_record(&rig)->type, JN_RECORD_VPG_INTERVAL);
    rig_close(&rig);
}

// The flow's first packet showed one router; a later one goes to another, by frames with a priority.
static void
test_a_router_that_moved(void **state) {
    (void)state;
    static const uint8_t moved[6] = {2, 0, 0, 0, 0, 0x77};
    uint8_t frame[256], macs[12], first[12];
    struct rig rig;
    struct frame_spec up = vector_up;
    vector_open(&rig, VECTOR_REDIRECTED);
    uint32_t length = frame_build(&up, frame);
    memcpy(first, frame, 12);
    rig_frame(&rig, frame, length, 0, false, T0);
    vector_come_back(&rig, &up, T0 + 1);
    expect(&rig, 2, NETWORK, first, length);
    up.vlan = 0x2000;
    length = frame_build(&up, frame);
    memcpy(frame, moved, 6);
    memcpy(macs, frame, 12);
    rig_frame(&rig, frame, length, 0, false, T0 + 2);
    vector_come_back(&rig, &up, T0 + 3);
    expect(&rig, 4, NETWORK, macs, length);
    // The VPG's last learned header serves the gateway's translation as well.
    struct frame_spec masked = up;
    masked.source = 0x0afe0002;
    vector_come_back(&rig, &masked, T0 + 4);
    expect(&rig, 5, NETWORK, macs, length);
    rig_close(&rig);
}

static void
test_the_gate_is_closed_while_fragments_wait(void **state) {
    (void)state;
    struct rig rig;
    uint8_t frame[256];
    vector_open(&rig, VECTOR_REDIRECTED);
    uint32_t length = vector_input(&vector_up, 10, frame);
    frame[20] = 0x20; // more fragments
    vector_sum(frame + 14);
    rig_arrive(&rig, frame, length, T0);
    rig_policy(&rig, "[{\"id\":\"v\"}]", 0);
    rig_arrive(&rig, frame, length, T0 + 1);
    assert_int_equal(vector_dropped(&rig), 0);
    assert_int_equal(rig.sent_count, 0);
    rig_close(&rig);
}

// First fragments without end: some wait, all others are counted, and buffers are bounded.
static void
test_fragments_that_never_become_whole(void **state) {
    (void)state;
    enum { MANY = 3000, WAITING = 256 };
    struct rig rig;
    uint8_t frame[256];
    vector_open(&rig, VECTOR_REDIRECTED);
    uint32_t length = vector_input(&vector_up, 10, frame);
    for (uint16_t id = 0; id < MANY; id++) {
        jn_put_be16(frame + 18, id);
        frame[20] = 0x20;
        vector_sum(frame + 14);
        rig_arrive(&rig, frame, length, T0 + id);
    }
    uint64_t waiting = vector_buffers - rig_buffers_free();
    assert_in_range(waiting, 1, WAITING);
    assert_int_equal(vector_counters(&rig)->drops[JN_GATE_DROP_OUTER_FRAGMENT], MANY - waiting);
    assert_int_equal(vector_dropped(&rig), MANY - waiting);
    rig_close(&rig);
}

// One burst, to both sides: what the gateway begins towards a device is no flow of the wire's.
static void
test_a_burst_keeps_its_order(void **state) {
    (void)state;
    enum { PACKETS = 100 }; // more than wait at once
    struct rig rig;
    uint8_t frame[256];
    vector_open(&rig, VECTOR_REDIRECTED);
    vector_send(&rig, &vector_up, false, T0);
    for (uint16_t n = 0; n < PACKETS; n++) {
        struct frame_spec s = vector_up;
        s.source_port = (uint16_t)(1000 + n);
        if (n % 2)
            s = frame_answer(&s);
        s.id = n;
        rig_arrive_before(&rig, frame, vector_input(&s, 10, frame), T0 + n);
    }
    jn_reinject_send(rig.worker);
    assert_int_equal(rig.sent_count, 1 + PACKETS);
    unsigned int next[2] = {0, 1};
    for (unsigned int i = 1; i < rig.sent_count; i++) {
        const struct rig_sent *one = &rig.sent[i];
        assert_int_equal(one->data[18] << 8 | one->data[19], next[one->port == ACCESS]);
        next[one->port == ACCESS] += 2;
    }
    assert_int_equal(rig.worker->counters->flows_created, 1 + PACKETS / 2);
    rig_close(&rig);
}

// By source port: what came back as each flow of the gateway's making, and what its records say.
struct ledger {
    uint32_t expected[65536], found[65536];
};

static void
take_records(struct rig *rig, struct ledger *ledger) {
    for (const struct jn_record *r; (r = rig_record(rig)) != NULL;)
        if (r->type == JN_RECORD_FLOW && (r->flow.flags & JN_FLOW_RETURNED))
            ledger->found[r->flow.port[0] == 53 ? r->flow.port[1] : r->flow.port[0]] += r->flow.returned;
}

// More flows than the table holds: within a burst a new one takes the place of one that was found already.
static void
test_flows_make_room_within_a_burst(void **state) {
    (void)state;
    enum { FLOWS = 20000, OLD = 3000 };
    struct rig rig;
    uint8_t frame[256];
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    vector_open(&rig, VECTOR_REDIRECTED);
    vector_send(&rig, &vector_up, false, T0);
    for (uint32_t n = 0; n < FLOWS; n++) {
        struct frame_spec s = vector_up;
        s.source = 0x0afe0002;
        for (unsigned int k = 0; k < 2; k++) {
            s.source_port = (uint16_t)(1000 + (k == 0 ? n : n > OLD ? n - OLD : n));
            ledger->expected[s.source_port]++;
            rig_arrive_before(&rig, frame, vector_input(&s, 10, frame), T0 + n);
        }
        if (n % 32 == 31)
            jn_reinject_send(rig.worker);
        take_records(&rig, ledger);
    }
    jn_reinject_send(rig.worker);
    rig_finish(&rig);
    take_records(&rig, ledger);
    assert_memory_equal(ledger->found, ledger->expected, sizeof(ledger->found));
    assert_int_equal(vector_dropped(&rig), 0);
    free(ledger);
    rig_close(&rig);
}

int
main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_back),
        VECTOR_TEST(test_fragments),
        VECTOR_TEST(test_chains),
        VECTOR_TEST(test_nothing_is_counted_twice),
        VECTOR_TEST(test_the_record_of_what_the_gateway_made),
        VECTOR_TEST(test_a_router_that_moved),
        VECTOR_TEST(test_the_gate_is_closed_while_fragments_wait),
        VECTOR_TEST(test_fragments_that_never_become_whole),
        VECTOR_TEST(test_a_burst_keeps_its_order),
        VECTOR_TEST(test_flows_make_room_within_a_burst),
    };
    capture = capture_open(argc, argv);
    rig_start_dpdk();
    int failed = cmocka_run_group_tests_name("reinject", tests, NULL, NULL);
    return capture != NULL && fclose(capture) != 0 ? 1 : failed;
}
