// SPDX-License-Identifier: BSD-3-Clause
// What the stages do to a burst, lazily, is what they do to its packets one by one: VPGs, verdicts, flows, samples, counters and
// records. Frames of the parser's table among those of flows that go both ways, of several VLANs and of none, in whole and in
// chains, at times at which flows are idle, under policies that change, and of more flows than there is room for.
#include "hex.h"
#include "packet/packets.h"
#include "path/path.h"
#include "random.h"
#include "rig/frame.h"
#include "rig/rig_classifier.h"
#include "test.h"

#define T0     (UINT64_C(1767322800) * 1000000000)
#define SECOND UINT64_C(1000000000)

enum { ROWS = sizeof(packet_rows) / sizeof(packet_rows[0]), ROUNDS = 600, ROOM = 2048, SAMPLES = 256 };

static const char *const policies[] = {
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]},{\"id\":\"w\",\"vlan\":5}]",
    "[{\"id\":\"v\",\"rules\":[{\"match\":{\"remote_ports\":[\"50-52\"]},\"drop\":true},{\"match\":{\"protocol\":"
    "\"udp\"},"
    "\"inspect\":false}]},{\"id\":\"w\",\"vlan\":5,\"inspection\":{\"enabled\":false}}]",
    "[{\"id\":\"w\",\"vlan\":5},{\"id\":\"x\",\"vlan\":6}]",
};

static uint64_t random_state = RANDOM_SEED;
static uint8_t frames[JN_BURST][ROOM];
static const uint8_t *data[JN_BURST];
static uint32_t length[JN_BURST];
static unsigned int count;

static uint32_t
below(uint32_t limit) {
    random_next(&random_state);
    return (uint32_t)(random_state >> 32) % limit;
}

// Of few ends, so that both may be one address; of the VLAN tags one has all bits set, as has none at all.
static uint32_t
of_a_flow(uint8_t *frame, bool tagged, uint32_t hosts) {
    static const uint16_t tags[] = {5, 0xa005, 6, 7, 0x2000, 0xffff, 0xefff};
    struct frame_spec s = {.source = 0x0a800001 + below(hosts),
                           .destination = below(4) ? 0xc6120001 : 0x0a800001 + below(3),
                           .source_port = (uint16_t)(49 + below(2)),
                           .destination_port = (uint16_t)(49 + below(5)),
                           .protocol = below(2) ? JN_IP_TCP : JN_IP_UDP,
                           .tcp_flags = below(20) ? JN_TCP_ACK : (uint8_t)below(64),
                           .vlan = tagged ? tags[below(sizeof(tags) / sizeof(tags[0]))] : 0,
                           .payload = (uint16_t)below(60)};
    if (below(2))
        s = frame_answer(&s);
    return frame_build(&s, frame);
}

static bool
is_fragment(const uint8_t *frame, uint32_t bytes) {
    struct jn_packet packet;
    jn_parse_frame(frame, bytes, bytes, JN_LINKTYPE_ETHERNET, &packet);
    return packet.flags & JN_PACKET_FRAGMENT;
}

// Without fragments: they come to their flows after all others of a burst.
static void
fill(void) {
    bool crowd = below(2), tagged = !crowd && below(2), others = !crowd && below(2);
    uint32_t hosts = crowd ? 10 * RIG_FLOWS : 3;
    count = crowd ? JN_BURST : 1 + below(JN_BURST);
    for (unsigned int i = 0; i < count; i++) {
        const struct packet_row *row = &packet_rows[below(ROWS)];
        data[i] = frames[i];
        length[i] = others && below(3) == 0 && row->link_type == JN_LINKTYPE_ETHERNET
                        ? hex_decode(row->hex, frames[i])
                        : of_a_flow(frames[i], tagged, hosts);
        if (is_fragment(frames[i], length[i]))
            length[i] = of_a_flow(frames[i], tagged, hosts);
    }
}

static void
play(struct rig *rig, unsigned int from, unsigned int packets, uint16_t port) {
    rig_load(rig, data + from, length + from, packets, port);
    rig->path->pipeline(rig->worker, &rig->burst);
}

// Where flows made room for later ones of the burst, it is not told of those.
static uint32_t
if_still_there(const struct rig *burst, const struct rig *alone) {
    const struct jn_flow_table *table = &burst->worker->flow->table;
    uint32_t flow_idx = alone->burst.flow[0];
    struct jn_flow_key key;
    if (flow_idx == JN_FLOW_NONE)
        return JN_FLOW_NONE;
    jn_flow_key(table, &alone->burst.parsed[0], alone->burst.vpg_idx[0], &key);
    return jn_flow_table_holds(table, flow_idx, &key) ? flow_idx : JN_FLOW_NONE;
}

static void
check_alike(struct rig *burst, struct rig *alone, uint16_t port) {
    play(burst, 0, count, port);
    for (unsigned int i = 0; i < count; i++) {
        const struct jn_burst *all = &burst->burst, *one = &alone->burst;
        play(alone, i, 1, port);
        assert_int_equal(all->vpg_idx[i], one->vpg_idx[0]);
        assert_int_equal(all->verdict[i], one->verdict[0]);
        assert_int_equal(all->flow[i], if_still_there(burst, alone));
        if (!(all->columns.unwritten >> i & 1))
            assert_memory_equal(&all->parsed[i], &one->parsed[0], sizeof(one->parsed[0]));
    }
    const struct jn_worker *a = burst->worker, *b = alone->worker;
    assert_memory_equal(a->flow->table.entries, b->flow->table.entries, RIG_FLOWS * sizeof(struct jn_flow_entry));
    assert_memory_equal(a->vpg_counters, b->vpg_counters, RIG_VPGS * sizeof(*a->vpg_counters));
    assert_memory_equal(a->counters, b->counters, sizeof(*a->counters));
}

static unsigned int
check_what_is_told(struct rig rig[2], struct rig_classifier classifier[2]) {
    unsigned int samples = 0;
    for (const struct jn_record *r; (r = rig_record(&rig[0])) != NULL;) {
        const struct jn_record *same = rig_record(&rig[1]);
        assert_non_null(same);
        assert_memory_equal(r, same, sizeof(*r));
    }
    assert_null(rig_record(&rig[1]));
    for (const struct jn_sample *s; (s = rig_sample(&classifier[0])) != NULL; samples++) {
        const struct jn_sample *same = rig_sample(&classifier[1]);
        assert_non_null(same);
        assert_memory_equal(s, same, offsetof(struct jn_sample, bytes) + s->length);
    }
    assert_null(rig_sample(&classifier[1]));
    return samples;
}

static void
on_path(const struct jn_path *path) {
    static struct rig rig[2];
    struct rig_classifier classifier[2];
    unsigned int samples = 0;
    uint64_t now = T0;
    for (int n = 0; n < 2; n++) {
        rig_open(&rig[n], policies[0], 1);
        rig[n].path = path;
        rig[n].lazy = n == 0 ? "always" : "never"; // and whether packets are written says nothing
        rig_classifier_open(&classifier[n], &rig[n], SAMPLES);
        rig_classifier_comes(&classifier[n]);
    }
    for (unsigned int round = 0; round < ROUNDS; round++) {
        const char *policy = below(100) == 0 ? policies[below(sizeof(policies) / sizeof(policies[0]))] : NULL;
        uint32_t split = below(8) == 0 ? 14 + below(80) : 0;
        now += below(20) != 0 ? below(1000000) : below(15) != 0 ? below(3) * SECOND : 1000 * SECOND;
        fill();
        for (int n = 0; n < 2; n++) {
            if (policy != NULL)
                rig_policy(&rig[n], policy, 1);
            rig[n].split = split;
            rig_idle(&rig[n], now);
        }
        check_alike(&rig[0], &rig[1], (uint16_t)(below(16) != 0 ? below(2) : 2)); // by a tunnel port there is no VPG
        samples += check_what_is_told(rig, classifier);
    }
    const struct jn_worker_counters *c = rig[0].worker->counters;
    assert_true(samples > 100 && c->exceptions[JN_EXCEPTION_NO_VPG] > 100 && c->flows_created > 100);
    assert_true(c->exceptions[JN_EXCEPTION_FLOW_TABLE_FULL] > 100);
    for (int n = 0; n < 2; n++) {
        rig_classifier_close(&classifier[n]);
        rig_close(&rig[n]);
    }
}

static void
test_burst_is_its_packets(void **state) {
    (void)state;
    for (unsigned int n = 0; jn_path_at(n, jn_isa_here()) != NULL; n++)
        on_path(jn_path_at(n, jn_isa_here()));
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_burst_is_its_packets)};
    rig_start_dpdk();
    return cmocka_run_group_tests_name("flow one by one", tests, NULL, NULL);
}
