// SPDX-License-Identifier: BSD-3-Clause
// The mirror stage: frames in; originals untouched and first; copies, and each copy that was not made under its name.
#include "flow/flow_end.h"
#include "hex.h"
#include "packet/packets.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND      UINT64_C(1000000000)
#define T0          (1700000000 * SECOND)
#define VPG(rest)   "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]," rest "}]"
#define PEERS(list) VPG("\"mirroring\":{\"peers\":[" list "]}")
#define PEER(rest)  "{\"address\":\"198.19.0.10\"" rest "}"
#define SECOND_PEER "{\"address\":\"198.19.0.11\"}"

enum { TUNNEL = 2, GRETAP_HEADER = 14 + 20 + 4 };

static const struct frame_spec udp_up = {.source = 0x0a800005,
                                         .destination = 0xc6120001,
                                         .source_port = 40000,
                                         .destination_port = 53,
                                         .protocol = 17,
                                         .payload = 18};

static uint32_t
send(struct rig *rig, const struct frame_spec *spec, bool down, uint64_t now) {
    uint8_t frame[RIG_FRAME];
    uint32_t length = frame_build(spec, frame);
    rig_frame(rig, frame, length, 0, down, now);
    return length;
}

static unsigned int
copies(const struct rig *rig) {
    unsigned int count = 0;
    for (unsigned int i = rig->sent_count > RIG_SENT ? rig->sent_count - RIG_SENT : 0; i < rig->sent_count; i++)
        count += rig->sent[i % RIG_SENT].port == TUNNEL;
    return count;
}

static const struct jn_peer_counters *
peer(const struct rig *rig, unsigned int peer_idx) {
    return &rig->worker->mirror->counters[peer_idx];
}

static void
open_resolved(struct rig *rig, const char *vpgs) {
    rig_open(rig, vpgs, 0);
    rig_resolve(rig, true);
}

static void
test_every_frame_is_copied_after_it_has_left(void **state) {
    (void)state;
    struct rig rig;
    open_resolved(&rig, PEERS(PEER("")));
    for (size_t i = 0; i < sizeof(packet_rows) / sizeof(packet_rows[0]); i++) {
        uint8_t frame[256];
        uint32_t length = hex_decode(packet_rows[i].hex, frame);
        unsigned int before = rig.sent_count;
        if (packet_rows[i].link_type != JN_LINKTYPE_ETHERNET || length == 0)
            continue;
        rig_frame(&rig, frame, length, 0, false, T0 + i);
        const struct rig_sent *original = &rig.sent[before % RIG_SENT], *copy = &rig.sent[(before + 1) % RIG_SENT];
        if (rig.sent_count != before + 2 || original->port != 1 || copy->port != TUNNEL)
            fail_msg("%s: expected the original, then its copy", packet_rows[i].what);
        if (memcmp(original->data, frame, length) != 0 || copy->length != length + GRETAP_HEADER ||
            memcmp(copy->data + GRETAP_HEADER, frame, length) != 0)
            fail_msg("%s: not the same bytes", packet_rows[i].what);
        static const uint8_t macs[12] = {2, 0, 0, 0, 0, 0x63, 2, 0, 0, 0, 0, 2};
        assert_memory_equal(copy->data, macs, sizeof(macs));
    }
    rig_close(&rig);
}

static void
test_two_peers_and_the_flow_s_record(void **state) {
    (void)state;
    struct rig rig;
    open_resolved(&rig, PEERS(PEER("") "," SECOND_PEER));
    for (int i = 0; i < 5; i++)
        send(&rig, &udp_up, false, T0 + (uint64_t)i);
    assert_int_equal(copies(&rig), 10);
    assert_int_equal(peer(&rig, 0)->frames, 5);
    assert_int_equal(peer(&rig, 1)->frames, 5);
    assert_int_equal(peer(&rig, 1)->bytes, 5 * (60 + GRETAP_HEADER));
    rig_finish(&rig);
    const struct jn_record *r = rig_record(&rig);
    assert_non_null(r);
    assert_int_equal(r->flow.mirrored[0], 5);
    assert_int_equal(r->flow.mirrored[1], 5);
    rig_close(&rig);
}

static void
test_a_held_copy_is_in_its_flow_s_record(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint64_t resolved_ns; // after the packet
    } rows[] = {{"at once", 1000}, {"an interval later", 2 * SECOND}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        uint32_t packets = 0, mirrored = 0;
        rig_open(&rig, PEERS(PEER("")), 1);
        rig_resolve(&rig, false);
        send(&rig, &udp_up, false, T0);
        assert_int_equal(copies(&rig), 0);
        rig_resolve(&rig, true);
        rig_idle(&rig, T0 + rows[i].resolved_ns);
        jn_mirror_flush_hold_queues(rig.worker);
        assert_int_equal(copies(&rig), 1);
        rig_finish(&rig);
        for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;) {
            packets += r->type == JN_RECORD_FLOW ? r->flow.packets[0] + r->flow.packets[1] : 0;
            mirrored += r->type == JN_RECORD_FLOW ? r->flow.mirrored[0] : 0;
        }
        if (packets != 1 || mirrored != 1)
            fail_msg("%s: %u packets, %u copies in records", rows[i].what, packets, mirrored);
        rig_close(&rig);
    }
}

// A flow that is not mirrored takes the entry of one that is, within the same round: the copy that waits is of neither.
static void
test_a_held_copy_is_in_no_other_flow_s_record(void **state) {
    (void)state;
    struct frame_spec other = udp_up;
    struct rig rig;
    uint32_t packets = 0, mirrored = 0;
    other.destination_port = 54;
    rig_open(&rig,
             VPG("\"rules\":[{\"match\":{\"remote_ports\":[54]},\"mirror\":false}],\"mirroring\":{\"peers\":[" PEER(
                 "") "]}"),
             0);
    rig_resolve(&rig, false);
    send(&rig, &udp_up, false, T0);
    uint32_t flow = rig.burst.flow[0];
    jn_flow_end(rig.worker, flow, JN_END_RESOURCES);
    send(&rig, &other, false, T0);
    assert_int_equal(rig.burst.flow[0], flow);
    rig_resolve(&rig, true);
    jn_mirror_flush_hold_queues(rig.worker);
    assert_int_equal(copies(&rig), 1);
    rig_finish(&rig);
    for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;) {
        packets += r->type == JN_RECORD_FLOW ? r->flow.packets[0] + r->flow.packets[1] : 0;
        mirrored += r->type == JN_RECORD_FLOW ? r->flow.mirrored[0] : 0;
    }
    assert_int_equal(packets, 2);
    assert_int_equal(mirrored, 0);
    rig_close(&rig); // nothing is left beside the table for the next flow of the entry
}

static void
test_what_is_chosen(void **state) {
    (void)state;
    static const struct {
        const char *what, *vpgs;
        unsigned int up, down;
    } rows[] = {
        {"all", PEERS(PEER("")), 12, 12},
        {"disabled", PEERS(PEER(",\"enabled\":false")), 0, 0},
        {"uplink", PEERS(PEER(",\"direction\":\"uplink\"")), 12, 0},
        {"downlink", PEERS(PEER(",\"direction\":\"downlink\"")), 0, 12},
        {"one packet in four", PEERS(PEER(",\"sample_packets\":4")), 3, 3},
        {"a rule says no",
         VPG("\"mirroring\":{\"peers\":[" PEER(
             "") "]},\"rules\":[{\"match\":{\"protocol\":\"udp\"},\"mirror\":false}]"),
         0, 0},
        {"a rule for others says no",
         VPG("\"mirroring\":{\"peers\":[" PEER(
             "") "]},\"rules\":[{\"match\":{\"protocol\":\"tcp\"},\"mirror\":false}]"),
         12, 12},
        {"a rule chooses the second",
         VPG("\"mirroring\":{\"peers\":[" PEER("") "," SECOND_PEER
                                                   "]},\"rules\":[{\"match\":{},\"mirror\":[\"198.19.0.11\"]}]"),
         12, 12},
        {"dropped, and copied",
         VPG("\"mirroring\":{\"peers\":[" PEER("") "]},\"rules\":[{\"match\":{},\"drop\":true}]"), 12, 12},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned int found[2];
        for (int down = 0; down < 2; down++) {
            struct rig rig;
            open_resolved(&rig, rows[i].vpgs);
            for (uint64_t n = 0; n < 12; n++)
                send(&rig, &udp_up, down, T0 + n);
            found[down] = copies(&rig);
            rig_close(&rig);
        }
        if (found[0] != rows[i].up || found[1] != rows[i].down)
            fail_msg("%s: expected %u and %u copies, found %u and %u", rows[i].what, rows[i].up, rows[i].down, found[0],
                     found[1]);
    }
}

static void
test_flows_are_sampled_wholly(void **state) {
    (void)state;
    struct rig rig;
    unsigned int mirrored = 0;
    open_resolved(&rig, PEERS(PEER(",\"sample_flows\":4")));
    for (uint16_t flow = 0; flow < 200; flow++) {
        struct frame_spec s = udp_up;
        s.source = udp_up.source + flow;
        uint64_t before = peer(&rig, 0)->frames;
        for (int n = 0; n < 3; n++)
            send(&rig, &s, false, T0 + flow);
        uint64_t made = peer(&rig, 0)->frames - before;
        assert_true(made == 0 || made == 3);
        mirrored += made != 0;
    }
    assert_in_range(mirrored, 25, 80);
    rig_close(&rig);
}

static void
test_each_drop_has_its_name(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec large = udp_up;
    large.payload = 1472;
    open_resolved(&rig, PEERS(PEER(",\"too_long\":\"drop\"")));
    send(&rig, &large, false, T0);
    assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_TOO_LONG], 1);
    rig.refuse_tunnel = true;
    send(&rig, &udp_up, false, T0);
    assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_TX_FULL], 1);
    rig.refuse_tunnel = false;
    rig.tx[TUNNEL].state = &(const uint8_t){JN_PORT_DOWN};
    send(&rig, &udp_up, false, T0);
    assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_DOWN], 1);
    assert_int_equal(peer(&rig, 0)->frames, 0);
    assert_int_equal(rig.sent_count, 3);
    rig_close(&rig);
    open_resolved(&rig, PEERS(PEER(",\"encapsulation\":\"gre\"")));
    uint8_t arp[64];
    rig_frame(&rig, arp, hex_decode(MACS "0806 0001080006040001", arp), 0, false, T0);
    assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_NOT_IP], 1);
    rig_close(&rig);
    open_resolved(&rig, PEERS(PEER(",\"rate_mbps\":1"))); // 12,500 bytes at once
    for (int i = 0; i < 200; i++)
        send(&rig, &udp_up, false, T0);
    assert_int_equal(peer(&rig, 0)->frames + peer(&rig, 0)->drops[JN_COPY_DROP_RATE], 200);
    assert_int_equal(peer(&rig, 0)->frames, 12500 / (60 + GRETAP_HEADER));
    rig_close(&rig);
}

static void
test_long_frames_are_cut_or_fragmented(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec large = udp_up;
    large.payload = 1472;
    open_resolved(&rig, PEERS(PEER("") ","
                                       "{\"address\":\"fd00:0:0:9::a\",\"too_long\":\"fragment\"}"));
    send(&rig, &large, false, T0);
    assert_int_equal(peer(&rig, 0)->truncated, 1);
    assert_int_equal(peer(&rig, 1)->fragments, 2);
    assert_int_equal(peer(&rig, 1)->frames, 1);
    assert_int_equal(copies(&rig), 3);
    for (unsigned int i = 0; i < rig.sent_count; i++)
        assert_true(rig.sent[i].length <= 14 + 1500);
    rig_close(&rig);
}

// A frame in two buffers, and no buffer that would hold its copy.
static void
test_copies_longer_than_a_buffer(void **state) {
    (void)state;
    static const struct {
        uint16_t length;
        const char *vpgs;
        unsigned int copies, fragments, truncated, too_long;
    } rows[] = {
        {12000, PEERS(PEER(",\"too_long\":\"fragment\"")), 1, 9, 0, 0},
        {12000, PEERS(PEER(",\"too_long\":\"fragment\",\"snap_length\":11000")), 1, 8, 0, 0},
        {12000, PEERS(PEER(",\"too_long\":\"cut\"")), 1, 0, 1, 0},
        {12000, PEERS(PEER(",\"too_long\":\"drop\"")), 0, 0, 0, 1},
    };
    static uint8_t frame[12000];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        open_resolved(&rig, rows[i].vpgs);
        struct frame_spec large = udp_up;
        large.payload = (uint16_t)(rows[i].length - 14 - 28);
        uint32_t length = frame_build(&large, frame);
        rig.split = RIG_FRAME;
        rig_frame(&rig, frame, length, 0, false, T0);
        assert_int_equal(peer(&rig, 0)->frames, rows[i].copies);
        assert_int_equal(peer(&rig, 0)->fragments, rows[i].fragments);
        assert_int_equal(peer(&rig, 0)->truncated, rows[i].truncated);
        assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_TOO_LONG], rows[i].too_long);
        rig_close(&rig);
    }
}

static void
test_a_few_copies_wait_for_the_next_hop(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, PEERS(PEER("")), 0);
    unsigned int free_before = rig_buffers_free();
    for (uint16_t i = 0; i < 20; i++) {
        struct frame_spec s = udp_up;
        s.id = i;
        send(&rig, &s, false, T0 + i);
    }
    assert_int_equal(rig.sent_count, 20);
    assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_UNRESOLVED], 20 - JN_HOLD_QUEUE_MAX);
    rig_resolve(&rig, true);
    send(&rig, &udp_up, false, T0 + 20);
    assert_int_equal(copies(&rig), JN_HOLD_QUEUE_MAX + 1);
    const struct rig_sent *first = &rig.sent[21];
    assert_int_equal(first->data[5], 0x63);
    assert_int_equal(first->data[GRETAP_HEADER + 19], 0); // the first that waited is the first that leaves
    assert_int_equal(rig_buffers_free(), free_before);
    rig_resolve(&rig, false);
    send(&rig, &udp_up, false, T0 + 21);
    rig_policy(&rig, VPG("\"name\":\"none\""), 0); // the peer is removed: what waited for it is lost under a name
    assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_UNRESOLVED], 20 - JN_HOLD_QUEUE_MAX + 1);
    assert_int_equal(rig_buffers_free(), free_before);
    rig_close(&rig);
}

static void
test_no_buffer_is_no_harm(void **state) {
    (void)state;
    struct rig rig;
    static struct rte_mbuf *taken[2048];
    open_resolved(&rig, PEERS(PEER("")));
    unsigned int count = rig_take_buffers(taken, rig_buffers_free() - 1); // one is left, for the original
    send(&rig, &udp_up, false, T0);
    rig_give_buffers(taken, count);
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(peer(&rig, 0)->drops[JN_COPY_DROP_NO_MBUF], 1);
    send(&rig, &udp_up, false, T0 + 1);
    assert_int_equal(copies(&rig), 1);
    rig_close(&rig);
}

static void
test_own_tunnel_is_not_mirrored_again(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec own = udp_up, others = udp_up;
    own.destination = 0xc6130001; // 198.19.0.1
    own.destination_port = others.destination_port = 4789;
    open_resolved(&rig, PEERS(PEER("")));
    send(&rig, &own, false, T0); // by a wire that is no tunnel's, whoever it names: nobody hides from the peers so
    assert_int_equal(copies(&rig), 1);
    rig.rules->is_tunnel[1] = true; // the wire's network port carries the tunnel as well
    send(&rig, &own, true, T0);
    assert_int_equal(rig.sent_count, 3);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_OWN_TUNNEL], 1);
    send(&rig, &others, true, T0);
    assert_int_equal(copies(&rig), 2);
    rig_close(&rig);
}

static void
test_peers_come_and_go_under_a_running_flow(void **state) {
    (void)state;
    struct rig rig;
    unsigned int free_before = 0;
    rig_open(&rig, VPG("\"name\":\"none\""), 0);
    free_before = rig_buffers_free();
    uint64_t now = T0;
    for (int round = 0; round < 100; round++) {
        rig_policy(&rig, PEERS(PEER("")), 0);
        rig_resolve(&rig, true);
        send(&rig, &udp_up, false, now++);
        assert_int_equal(peer(&rig, 0)->frames, round + 1); // with the very next packet
        rig_policy(&rig, round % 2 ? PEERS(PEER(",\"enabled\":false")) : VPG("\"name\":\"none\""), 0);
        send(&rig, &udp_up, true, now++);
        assert_int_equal(peer(&rig, 0)->frames, round + 1);
    }
    assert_int_equal(rig.sent_count, 300);
    assert_int_equal(rig_buffers_free(), free_before);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_frame_is_copied_after_it_has_left),
        cmocka_unit_test(test_two_peers_and_the_flow_s_record),
        cmocka_unit_test(test_a_held_copy_is_in_its_flow_s_record),
        cmocka_unit_test(test_a_held_copy_is_in_no_other_flow_s_record),
        cmocka_unit_test(test_what_is_chosen),
        cmocka_unit_test(test_flows_are_sampled_wholly),
        cmocka_unit_test(test_each_drop_has_its_name),
        cmocka_unit_test(test_long_frames_are_cut_or_fragmented),
        cmocka_unit_test(test_copies_longer_than_a_buffer),
        cmocka_unit_test(test_a_few_copies_wait_for_the_next_hop),
        cmocka_unit_test(test_no_buffer_is_no_harm),
        cmocka_unit_test(test_own_tunnel_is_not_mirrored_again),
        cmocka_unit_test(test_peers_come_and_go_under_a_running_flow),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("mirror", tests, NULL, NULL);
}
