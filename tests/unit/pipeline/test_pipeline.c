// SPDX-License-Identifier: BSD-3-Clause
// The stages together: frames in; frames, verdicts, counters and records out.
#include "hex.h"
#include "lists.h"
#include "packet/packets.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND  UINT64_C(1000000000)
#define T0      (1700000000 * SECOND)
#define ONE_VPG "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]}]"

enum { DEVICE = 0x0a800005, REMOTE = 0xc6120001, FIN = 1, SYN = 2, RST = 4, ACK = 0x10 };

static const struct frame_spec udp_up = {.source = DEVICE,
                                         .destination = REMOTE,
                                         .source_port = 40000,
                                         .destination_port = 53,
                                         .protocol = 17,
                                         .payload = 18};
static const struct frame_spec tcp_up = {.source = DEVICE,
                                         .destination = REMOTE,
                                         .source_port = 40000,
                                         .destination_port = 80,
                                         .protocol = 6,
                                         .tcp_flags = ACK};

static void
send(struct rig *rig, struct frame_spec spec, bool down, uint64_t now) {
    uint8_t frame[2048];
    if (down) {
        uint32_t address = spec.source;
        uint16_t port = spec.source_port;
        spec.source = spec.destination;
        spec.destination = address;
        spec.source_port = spec.destination_port;
        spec.destination_port = port;
    }
    rig_frame(rig, frame, frame_build(&spec, frame), 0, down, now);
}

static const struct jn_record *
next_flow(struct rig *rig) {
    const struct jn_record *r;
    while ((r = rig_record(rig)) != NULL && r->type != JN_RECORD_FLOW)
        ;
    return r;
}

static void
test_every_frame_leaves_as_it_came(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, ONE_VPG, 0);
    uint64_t now = T0;
    for (size_t i = 0; i < sizeof(packet_rows) / sizeof(packet_rows[0]); i++) {
        uint8_t frame[256];
        uint32_t length = hex_decode(packet_rows[i].hex, frame);
        for (int down = 0; down < 2 && packet_rows[i].link_type == JN_LINKTYPE_ETHERNET; down++) {
            unsigned int before = rig.sent_count;
            rig_frame(&rig, frame, length, 0, down, now++);
            const struct rig_sent *sent = &rig.sent[before % RIG_SENT];
            if (rig.sent_count != before + 1 || sent->port != !down || sent->length != length ||
                memcmp(sent->data, frame, length) != 0)
                fail_msg("%s: changed, or not forwarded", packet_rows[i].what);
            for (unsigned int n = 0; n < JN_EXCEPTION_COUNT; n++)
                if ((packet_rows[i].exceptions >> n & 1) && rig.worker->counters->exceptions[n] == 0)
                    fail_msg("%s: %s not counted", packet_rows[i].what, jn_list_word(&jn_exception_list, n));
        }
    }
    rig_close(&rig);
}

static void
test_both_directions_are_one_flow(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, ONE_VPG, 0);
    for (int i = 0; i < 5; i++)
        send(&rig, udp_up, i % 2, T0 + (uint64_t)i);
    rig_finish(&rig);
    const struct jn_record *r = next_flow(&rig);
    assert_non_null(r);
    assert_int_equal(r->flow.packets[0], 3); // the device's address is the smaller: end a
    assert_int_equal(r->flow.packets[1], 2);
    assert_int_equal(r->flow.bytes[0], 180);
    assert_int_equal(r->flow.port[0], 40000);
    assert_int_equal(r->flow.flags & (JN_FLOW_DEVICE_A | JN_FLOW_DEVICE_B | JN_FLOW_FROM_NETWORK), JN_FLOW_DEVICE_A);
    assert_int_equal(r->flow.start_ns, T0);
    assert_int_equal(r->flow.end_ns, T0 + 4);
    assert_int_equal(r->flow.end_reason, JN_END_FORCED);
    assert_string_equal(r->vpg_id, "v");
    assert_null(next_flow(&rig));
    rig_close(&rig);
}

static void
test_silence_for_the_timeout_ends_a_flow(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, ONE_VPG, 0);
    send(&rig, udp_up, false, T0);
    send(&rig, udp_up, false, T0 + 30 * SECOND - 1);
    assert_null(next_flow(&rig));
    send(&rig, udp_up, false, T0 + 60 * SECOND - 1); // exactly the timeout later: another flow
    const struct jn_record *r = next_flow(&rig);
    assert_non_null(r);
    assert_int_equal(r->flow.packets[0], 2);
    assert_int_equal(r->flow.end_reason, JN_END_IDLE);
    rig_close(&rig);
}

static void
test_tcp_ends_by_fin_and_rst_and_opens_anew(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, ONE_VPG, 0);
    struct frame_spec syn = tcp_up, fin = tcp_up, rst = tcp_up;
    syn.tcp_flags = SYN;
    fin.tcp_flags = FIN | ACK;
    rst.tcp_flags = RST;
    send(&rig, syn, false, T0);
    send(&rig, fin, false, T0 + 1);
    send(&rig, fin, true, T0 + 2);
    send(&rig, tcp_up, false, T0 + 3); // the last acknowledgement belongs to it still
    rig_idle(&rig, T0 + 11 * SECOND);
    const struct jn_record *r = next_flow(&rig);
    assert_non_null(r);
    assert_int_equal(r->flow.packets[0] + r->flow.packets[1], 4);
    assert_int_equal(r->flow.end_reason, JN_END_DETECTED);
    assert_int_equal(r->flow.tcp_flags[0], SYN | FIN | ACK);
    send(&rig, syn, false, T0 + 12 * SECOND);
    send(&rig, rst, true, T0 + 12 * SECOND + 1);
    assert_null(next_flow(&rig));
    send(&rig, syn, false, T0 + 12 * SECOND + 2); // the same ports at once
    r = next_flow(&rig);
    assert_non_null(r);
    assert_int_equal(r->flow.end_reason, JN_END_DETECTED);
    assert_int_equal(r->flow.packets[0] + r->flow.packets[1], 2);
    rig_close(&rig);
}

static void
test_a_change_of_policy_reaches_the_next_packet(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, ONE_VPG, 0);
    send(&rig, udp_up, false, T0);
    rig_policy(&rig,
               "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"],\"rules\":[{\"match\":{\"protocol\":\"udp\","
               "\"remote_ports\":[53]},\"drop\":true}]}]",
               0);
    unsigned int before = rig.sent_count;
    send(&rig, udp_up, false, T0 + 1);
    send(&rig, udp_up, true, T0 + 2);
    send(&rig, tcp_up, false, T0 + 3);
    assert_int_equal(rig.sent_count, before + 1);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_POLICY], 2);
    assert_int_equal(rig.worker->vpg_counters[0].discarded_packets, 2);
    assert_int_equal(rig.worker->counters->generation, 2);
    rig_policy(&rig, ONE_VPG, 0);
    send(&rig, udp_up, false, T0 + 4);
    assert_int_equal(rig.sent_count, before + 2);
    rig_close(&rig);
}

static void
test_rules(void **state) {
    (void)state;
    static const struct {
        const char *match;
        struct frame_spec spec;
        bool down, dropped;
    } rows[] = {
#define UDP(...)                                                                                                       \
    {.source = DEVICE, .destination = REMOTE, .source_port = 40000, .destination_port = 53, .protocol = 17, __VA_ARGS__}
        {"{}", UDP(.id = 0), false, true},
        {"{\"direction\":\"uplink\"}", UDP(.id = 0), false, true},
        {"{\"direction\":\"uplink\"}", UDP(.id = 0), true, false},
        {"{\"direction\":\"downlink\"}", UDP(.id = 0), true, true},
        {"{\"device\":\"10.128.0.0/24\"}", UDP(.id = 0), false, true},
        {"{\"device\":\"10.128.1.0/24\"}", UDP(.id = 0), false, false},
        {"{\"remote\":\"198.18.0.1/32\"}", UDP(.id = 0), true, true},
        {"{\"remote\":\"10.128.0.5/32\"}", UDP(.id = 0), true, false},
        {"{\"remote\":\"fd00::/8\"}", UDP(.id = 0), false, false},
        {"{\"protocol\":\"tcp\"}", UDP(.id = 0), false, false},
        {"{\"protocol\":17}", UDP(.id = 0), false, true},
        {"{\"device_ports\":[\"39000-40000\"]}", UDP(.id = 0), true, true},
        {"{\"device_ports\":[\"40001-65535\"]}", UDP(.id = 0), true, false},
        {"{\"remote_ports\":[1,53,80]}", UDP(.id = 0), false, true},
        {"{\"remote_ports\":[1,80]}", UDP(.id = 0), false, false},
        {"{\"dscp\":46}", UDP(.dscp = 46), false, true},
        {"{\"dscp\":46}", UDP(.dscp = 0), false, false},
        {"{\"group\":\"cameras\"}", UDP(.id = 0), false, true},
        {"{\"group\":\"cameras\"}", {.source = DEVICE + 1, .destination = REMOTE, .protocol = 17}, false, false},
#undef UDP
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char vpgs[1024];
        struct rig rig;
        snprintf(vpgs, sizeof(vpgs),
                 "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"],\"devices\":[{\"address\":\"10.128.0.5\","
                 "\"group\":\"cameras\"}],\"rules\":[{\"match\":%s,\"drop\":true}]}]",
                 rows[i].match);
        rig_open(&rig, vpgs, 0);
        send(&rig, rows[i].spec, rows[i].down, T0);
        if (rig.sent_count != !rows[i].dropped)
            fail_msg("row %zu, %s: expected the packet to be %s", i, rows[i].match,
                     rows[i].dropped ? "dropped" : "forwarded");
        rig_close(&rig);
    }
}

static void
test_vpgs_by_vlan(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec tagged = udp_up, other = udp_up;
    tagged.vlan = 100;
    other.vlan = 200;
    rig_open(&rig, "[{\"id\":\"v100\",\"vlan\":100},{\"id\":\"v7\",\"vlan\":7}]", 0);
    send(&rig, tagged, false, T0);
    send(&rig, udp_up, false, T0);
    send(&rig, other, true, T0);
    assert_int_equal(rig.sent_count, 3);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_NO_VPG], 2);
    rig_finish(&rig);
    const struct jn_record *r = next_flow(&rig);
    assert_non_null(r);
    assert_string_equal(r->vpg_id, "v100");
    assert_int_equal(r->flow.vlan_tci, 100);
    assert_null(next_flow(&rig));
    rig_close(&rig);
}

static void
test_fragments_in_any_order(void **state) {
    (void)state;
    struct rig rig;
    struct frame_spec first = udp_up, later = udp_up, lone = udp_up;
    first.fragment = 0x2000;
    later.fragment = 0x0010;
    first.id = later.id = 7;
    lone.fragment = 0x0020;
    lone.id = 8;
    rig_open(&rig, ONE_VPG, 0);
    send(&rig, later, false, T0);
    send(&rig, later, false, T0 + 1);
    send(&rig, lone, false, T0 + 2);
    send(&rig, first, false, T0 + 3);
    send(&rig, later, false, T0 + 4);
    assert_int_equal(rig.sent_count, 5);
    rig_finish(&rig);
    uint32_t with_ports = 0, without = 0;
    for (const struct jn_record *r; (r = next_flow(&rig)) != NULL;) {
        uint32_t packets = r->flow.packets[0] + r->flow.packets[1];
        if (r->flow.port[0] != 0)
            with_ports += packets;
        else
            without += packets;
    }
    assert_int_equal(with_ports, 4);
    assert_int_equal(without, 1);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_FRAG_ORPHAN], 1);
    rig_close(&rig);
}

static void
test_a_full_queue_delays_then_drops_by_name_and_keeps_order(void **state) {
    (void)state;
    struct rig rig;
    enum { MANY = JN_TX_BACKLOG - 500 };
    rig_open(&rig, ONE_VPG, 0);
    rig.refuse = true;
    for (uint16_t i = 0; i < MANY; i++) {
        struct frame_spec s = udp_up;
        s.id = i;
        send(&rig, s, false, T0 + i);
    }
    assert_int_equal(rig.sent_count, 0);
    rig.refuse = false;
    while (jn_tx_drain(rig.worker, &rig.tx[1]))
        ;
    assert_int_equal(rig.sent_count, MANY);
    for (unsigned int i = MANY - RIG_SENT; i < MANY; i++) {
        const uint8_t *data = rig.sent[i % RIG_SENT].data;
        assert_int_equal(data[18] << 8 | data[19], i);
    }
    rig.port_state = JN_PORT_DOWN;
    send(&rig, udp_up, false, T0 + MANY);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_TX_DOWN], 1);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_frame_leaves_as_it_came),
        cmocka_unit_test(test_both_directions_are_one_flow),
        cmocka_unit_test(test_silence_for_the_timeout_ends_a_flow),
        cmocka_unit_test(test_tcp_ends_by_fin_and_rst_and_opens_anew),
        cmocka_unit_test(test_a_change_of_policy_reaches_the_next_packet),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_vpgs_by_vlan),
        cmocka_unit_test(test_fragments_in_any_order),
        cmocka_unit_test(test_a_full_queue_delays_then_drops_by_name_and_keeps_order),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
