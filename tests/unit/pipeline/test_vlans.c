// SPDX-License-Identifier: BSD-3-Clause
// A VPG that takes several VLANs: one address plan in each of them, and nothing of the one is counted for another.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0      (UINT64_C(1767322800) * 1000000000)
#define SEVERAL "[{\"id\":\"all\"}]"
#define ONE     "[{\"id\":\"ten\",\"vlan\":10},{\"id\":\"zero\",\"vlan\":0},{\"id\":\"rest\"}]"

enum { UNTAGGED = -1, COUNT_OF_FLOWS = 8, QINQ = 0x88a8 };

struct tagging {
    int outer, inner; // TCI of each tag, or UNTAGGED
    uint16_t type;    // of the outer tag; 0: 802.1Q
};

static const struct frame_spec up = {.source = 0x0a800001,
                                     .destination = 0xc6120001,
                                     .protocol = 17,
                                     .source_port = 40000,
                                     .destination_port = 53,
                                     .payload = 8};

static uint32_t
insert_tag(uint8_t *frame, uint32_t length, int tci, uint16_t type) {
    if (tci == UNTAGGED)
        return length;
    memmove(frame + 16, frame + 12, length - 12);
    jn_put_be16(jn_put_be16(frame + 12, type != 0 ? type : JN_ETHER_VLAN), (uint16_t)tci);
    return length + 4;
}

static void
send(struct rig *rig, const struct frame_spec *spec, const struct tagging *tags, bool down) {
    uint8_t frame[256];
    uint32_t length = frame_build(spec, frame);
    length = insert_tag(frame, length, tags->inner, 0);
    length = insert_tag(frame, length, tags->outer, tags->type);
    rig_frame(rig, frame, length, 0, down, T0);
    const struct rig_sent *sent = &rig->sent[(rig->sent_count - 1) % RIG_SENT];
    assert_int_equal(sent->length, length);
    assert_memory_equal(sent->data, frame, length);
}

// The flow records of what was sent: VLAN ID that tells the flow, packets of both directions.
static unsigned int
take_flows(struct rig *rig, struct jn_record_flow flows[COUNT_OF_FLOWS]) {
    unsigned int count = 0;
    rig_finish(rig);
    for (const struct jn_record *r; (r = rig_record(rig)) != NULL;)
        if (r->type == JN_RECORD_FLOW && count < COUNT_OF_FLOWS)
            flows[count++] = r->flow;
    return count;
}

static const struct jn_record_flow *
flow_of(const struct jn_record_flow *flows, unsigned int count, uint16_t vlan_id) {
    const struct jn_record_flow *found = NULL;
    for (unsigned int i = 0; i < count; i++)
        if (flows[i].vlan_id == vlan_id) {
            assert_null(found);
            found = &flows[i];
        }
    if (found == NULL)
        fail_msg("no flow of VLAN ID %u", vlan_id);
    return found;
}

// Each VLAN has its flow, whatever the priority and whichever the kind of tag; both directions are one flow.
static void
test_each_vlan_has_its_flow(void **state) {
    (void)state;
    static const struct {
        struct tagging tags;
        uint16_t vlan_id; // of the flow
    } rows[] = {
        {{UNTAGGED, UNTAGGED, 0}, JN_FLOW_VLAN_ID_NONE},
        {{0x6000, UNTAGGED, 0}, JN_FLOW_VLAN_ID_NONE}, // priority-tagged: 802.1Q counts it to the untagged ones
        {{10, UNTAGGED, 0}, 10},
        {{0xe00a, UNTAGGED, 0}, 10},
        {{20, UNTAGGED, 0}, 20},
        {{20, 10, QINQ}, 20}, // the outer tag decides
        {{20, 30, QINQ}, 20},
        {{4094, UNTAGGED, 0}, 4094},
        {{4095, UNTAGGED, 0}, 0}, // reserved: no VLAN, and not untagged
        {{0xffff, 10, 0}, 0},     // not taken for untagged either
    };
    static const struct {
        uint16_t vlan_id;
        uint32_t packets;
    } expected[] = {{JN_FLOW_VLAN_ID_NONE, 2}, {10, 2}, {20, 3}, {4094, 1}, {0, 2}};
    struct rig rig;
    struct frame_spec answer = frame_answer(&up);
    struct jn_record_flow flows[COUNT_OF_FLOWS];
    rig_open(&rig, SEVERAL, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        send(&rig, &up, &rows[i].tags, false);
        send(&rig, &answer, &rows[i].tags, true);
    }
    unsigned int count = take_flows(&rig, flows);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct jn_record_flow *flow = flow_of(flows, count, expected[i].vlan_id);
        assert_int_equal(flow->packets[0], expected[i].packets);
        assert_int_equal(flow->packets[1], expected[i].packets);
    }
    rig_close(&rig);
}

// All that names a flow may be 0: VPG 0, VLAN 4095, protocol 0 and no ports. It is a flow like any other.
static void
test_a_flow_of_zeros(void **state) {
    (void)state;
    static const struct tagging reserved = {4095, UNTAGGED, 0};
    struct frame_spec zeros = up;
    struct rig rig;
    struct jn_record_flow flows[COUNT_OF_FLOWS];
    zeros.protocol = 0;
    rig_open(&rig, SEVERAL, 0);
    send(&rig, &zeros, &reserved, false);
    assert_int_equal(take_flows(&rig, flows), 1);
    assert_int_equal(flows[0].packets[0], 1);
    assert_int_equal(rig.worker->flow->table.header->active, 0);
    rig_close(&rig);
}

// A VPG of one VLAN tells its flows by nothing else than before, so that a change of its VLAN does not end them.
static void
test_a_vpg_of_one_vlan_is_as_before(void **state) {
    (void)state;
    static const struct tagging ten = {10, UNTAGGED, 0}, zero = {0, UNTAGGED, 0}, none = {UNTAGGED, UNTAGGED, 0},
                                eleven = {11, UNTAGGED, 0};
    struct rig rig;
    struct jn_record_flow flows[COUNT_OF_FLOWS];
    rig_open(&rig, ONE, 0);
    send(&rig, &up, &ten, false);
    send(&rig, &up, &zero, false);
    send(&rig, &up, &none, false);
    assert_int_equal(rig.worker->flow->table.header->active, 3);
    rig_policy(&rig, "[{\"id\":\"ten\",\"vlan\":11},{\"id\":\"zero\",\"vlan\":0},{\"id\":\"rest\"}]", 0);
    send(&rig, &up, &eleven, false);
    assert_int_equal(rig.worker->flow->table.header->active, 3);
    send(&rig, &up, &ten, false); // now of the rest
    unsigned int count = take_flows(&rig, flows), none_count = 0;
    assert_int_equal(count, 4);
    for (unsigned int i = 0; i < count; i++)
        none_count += flows[i].vlan_id == JN_FLOW_VLAN_ID_NONE;
    assert_int_equal(none_count, 3);
    assert_int_equal(flow_of(flows, count, 10)->packets[0], 1);
    rig_close(&rig);
}

// Datagrams of one identification in two VLANs: each later fragment follows its own first one, in whatever order.
static void
test_fragments_follow_their_vlan(void **state) {
    (void)state;
    static const struct tagging ten = {10, UNTAGGED, 0}, twenty = {20, UNTAGGED, 0}, none = {UNTAGGED, UNTAGGED, 0};
    struct frame_spec first = up, later = up, other, orphan;
    struct rig rig;
    struct jn_record_flow flows[COUNT_OF_FLOWS];
    first.id = later.id = 77;
    first.fragment = JN_IPV4_MF;
    later.fragment = 2;
    other = first;
    other.destination_port = 54;
    orphan = later;
    orphan.id = 78;
    rig_open(&rig, SEVERAL, 0);
    send(&rig, &later, &twenty, false); // overtakes
    send(&rig, &first, &ten, false);
    send(&rig, &later, &ten, false);
    send(&rig, &later, &none, false); // its first one never comes
    send(&rig, &other, &twenty, false);
    send(&rig, &orphan, &ten, false);
    send(&rig, &orphan, &twenty, false);
    unsigned int count = take_flows(&rig, flows), without_ports[2] = {0};
    assert_int_equal(count, 5);
    for (unsigned int i = 0; i < count; i++) {
        if (flows[i].port[1] == 53 || flows[i].port[1] == 54) {
            assert_int_equal(flows[i].packets[0], 2);
            assert_int_equal(flows[i].vlan_id, flows[i].port[1] == 53 ? 10 : 20);
            continue;
        }
        assert_int_equal(flows[i].packets[0], 1);
        without_ports[0] += flows[i].vlan_id == 10 || flows[i].vlan_id == 20;
        without_ports[1] += flows[i].vlan_id == JN_FLOW_VLAN_ID_NONE;
    }
    assert_int_equal(without_ports[0], 2);
    assert_int_equal(without_ports[1], 1);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_vlan_has_its_flow),
        cmocka_unit_test(test_a_flow_of_zeros),
        cmocka_unit_test(test_a_vpg_of_one_vlan_is_as_before),
        cmocka_unit_test(test_fragments_follow_their_vlan),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("VLANs", tests, NULL, NULL);
}
