// SPDX-License-Identifier: BSD-3-Clause
// Whether a burst's packets are written as it is parsed or where they are asked for, the same frames leave by the same ports,
// originals, copies and what goes to a gateway, and the same is counted: of whole frames and of chains, by wires and by ports of
// tunnels, under policies that change.
#include "hex.h"
#include "packet/packets.h"
#include "path/path.h"
#include "random.h"
#include "redirect/redirect_state.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0 (UINT64_C(1767322800) * 1000000000)

enum { ROWS = sizeof(packet_rows) / sizeof(packet_rows[0]), ROUNDS = 400, ROOM = 2048, MOST = 48, RIGS = 2 };

#define V      "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/16\"]"
#define PEERS  ",\"mirroring\":{\"peers\":[{\"address\":\"198.19.0.10\""
#define AND    "},{\"address\":\"198.19.0.11\""
#define END    "}]}"
#define RULE   ",\"rules\":[{\"match\":{\"remote_ports\":[50]},\"drop\":true}]"
#define OTHERS "},{\"id\":\"w\",\"vlan\":5" PEERS END "},{\"id\":\"x\",\"vlan\":6,\"inspection\":{\"enabled\":false}}]"
#define THROUGH                                                                                                        \
    ",\"gate\":{\"address\":\"10.254.0.1/16\",\"mac\":\"06:07:00:00:0f:01\",\"peers\":[{\"outer\":\"198.19.0.20\","    \
    "\"inner\":\"10.254.0.2\"}]},\"redirection\":{\"gateway\":\"10.254.0.2\",\"on_failure\":\"drop\"}"

static const char *const policies[] = {
    V PEERS ",\"encapsulation\":\"gretap\"" AND ",\"encapsulation\":\"gre\",\"snap_length\":64" END OTHERS,
    V RULE PEERS
    ",\"encapsulation\":\"erspan2\",\"session\":7,\"sample_flows\":2" AND
    ",\"encapsulation\":\"erspan3\",\"session\":8,\"sample_packets\":3,\"direction\":\"uplink\"" END OTHERS,
    V RULE PEERS ",\"encapsulation\":\"gre\",\"rate_mbps\":1" END OTHERS,
    V OTHERS,
    V THROUGH PEERS ",\"encapsulation\":\"gretap\"" END "}]",
    V RULE THROUGH "}]",
};

static uint64_t random_state = RANDOM_SEED;
static uint8_t frames[MOST][ROOM];
static const uint8_t *data[MOST];
static uint32_t length[MOST];
static unsigned int count;

static uint32_t
below(uint32_t limit) {
    random_next(&random_state);
    return (uint32_t)(random_state >> 32) % limit;
}

// Some are fragments, some are like what Junction itself sends to a peer.
static uint32_t
build(uint8_t *frame, bool tagged) {
    static const uint16_t tags[] = {5, 0xa005, 6, 7, 0xffff}, ports[] = {50, 53, JN_VXLAN_PORT},
                          fragments[] = {0, 0, 0, 0, 0x4000, 0x2000, 4};
    struct frame_spec s = {.source = 0x0a800001 + below(3),
                           .destination = below(8) != 0 ? 0xc6120001 : 0xc6130001,
                           .source_port = (uint16_t)(49 + below(2)),
                           .destination_port = ports[below(3)],
                           .protocol = below(2) ? JN_IP_TCP : JN_IP_UDP,
                           .tcp_flags = below(20) ? JN_TCP_ACK : (uint8_t)below(64),
                           .vlan = tagged ? tags[below(5)] : 0,
                           .fragment = fragments[below(7)],
                           .id = (uint16_t)below(3),
                           .payload = (uint16_t)(below(20) ? below(100) : below(1500))};
    if (below(2))
        s = frame_answer(&s);
    return frame_build(&s, frame);
}

static void
fill(void) {
    bool tagged = below(2), others = below(2);
    count = 1 + below(MOST);
    for (unsigned int i = 0; i < count; i++) {
        const struct packet_row *row = &packet_rows[below(ROWS)];
        bool other = others && below(3) == 0 && row->link_type == JN_LINKTYPE_ETHERNET;
        data[i] = frames[i];
        length[i] = other ? hex_decode(row->hex, frames[i]) : build(frames[i], tagged);
    }
}

static void
check_sent(const struct rig rig[RIGS], unsigned int before) {
    assert_int_equal(rig[0].sent_count, rig[1].sent_count);
    assert_true(rig[0].sent_count - before <= RIG_SENT);
    for (unsigned int n = before; n < rig[0].sent_count; n++) {
        const struct rig_sent *a = &rig[0].sent[n % RIG_SENT], *b = &rig[1].sent[n % RIG_SENT];
        assert_true(a->port == b->port && a->segments == b->segments && a->length == b->length);
        assert_memory_equal(a->data, b->data, a->length < RIG_FRAME ? a->length : RIG_FRAME);
    }
}

static void
check_counted(struct rig rig[RIGS]) {
    const struct jn_worker *a = rig[0].worker, *b = rig[1].worker;
    assert_memory_equal(a->counters, b->counters, sizeof(*a->counters));
    assert_memory_equal(a->vpg_counters, b->vpg_counters, RIG_VPGS * sizeof(*a->vpg_counters));
    assert_memory_equal(a->mirror->counters, b->mirror->counters,
                        RIG_VPGS * JN_VPG_PEERS * sizeof(*a->mirror->counters));
    assert_memory_equal(a->redirect->counters, b->redirect->counters, RIG_VPGS * sizeof(*a->redirect->counters));
    for (const struct jn_record *r; (r = rig_record(&rig[0])) != NULL;)
        assert_memory_equal(r, rig_record(&rig[1]), sizeof(*r));
    assert_null(rig_record(&rig[1]));
}

static void
change(struct rig rig[RIGS], unsigned int policy) {
    static const uint8_t gateway[6] = {2, 0, 0, 0, 0x0f, 2};
    bool resolved = below(8) != 0, shared = below(2);
    for (int n = 0; n < RIGS; n++) {
        rig_policy(&rig[n], policies[policy], 1);
        rig_resolve(&rig[n], resolved);
        rig[n].rules->is_tunnel[1] = shared; // the wire's network port carries tunnels as well
        if (rig[n].rules->sources != NULL)
            rig_target(&rig[n], JN_TARGET_PEER, 0, gateway);
    }
}

static void
play(struct rig rig[RIGS], uint64_t now) {
    unsigned int before = rig[0].sent_count;
    uint32_t split = below(8) == 0 ? 14 + below(80) : 0;
    uint16_t port = (uint16_t)(below(16) != 0 ? below(2) : below(6));
    fill();
    for (int n = 0; n < RIGS; n++) {
        rig[n].split = split;
        rig_idle(&rig[n], now);
        rig_load(&rig[n], data, length, count, port);
        rig[n].path->pipeline(rig[n].worker, &rig[n].burst);
    }
    check_sent(rig, before);
    check_counted(rig);
}

// Of all that may become of a packet there was some.
static void
check_all_seen(const struct jn_worker *w) {
    const uint64_t *exceptions = w->counters->exceptions;
    const struct jn_gate_counters *gate = &w->redirect->counters[0];
    for (unsigned int n = 0; n < JN_VPG_PEERS; n++)
        assert_true(w->mirror->counters[n].frames > 100);
    assert_true(exceptions[JN_EXCEPTION_NO_VPG] > 100 && exceptions[JN_EXCEPTION_OWN_TUNNEL] > 0);
    assert_true(w->counters->drops[JN_DROP_POLICY] > 100 && w->counters->drops[JN_DROP_NO_WIRE] > 0);
    assert_true(gate->peers[0].sent_packets > 100 && gate->drops[JN_GATE_DROP_UNREDIRECTABLE] > 0);
}

static void
on_path(const struct jn_path *path) {
    static struct rig rig[RIGS];
    uint64_t now = T0;
    for (int n = 0; n < RIGS; n++) {
        rig_open(&rig[n], policies[0], 1);
        rig[n].path = path;
        rig[n].lazy = n == 0 ? "always" : "never";
    }
    for (unsigned int round = 0; round < ROUNDS; round++) {
        if (round % 20 == 0)
            change(rig, round / 20 % (sizeof(policies) / sizeof(policies[0])));
        now += below(20) != 0 ? below(1000000) : below(3) * UINT64_C(1000000000);
        play(rig, now);
    }
    check_all_seen(rig[0].worker);
    for (int n = 0; n < RIGS; n++)
        rig_close(&rig[n]);
}

static void
test_written_or_not(void **state) {
    (void)state;
    for (unsigned int n = 0; jn_path_at(n, jn_isa_here()) != NULL; n++)
        on_path(jn_path_at(n, jn_isa_here()));
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_written_or_not)};
    rig_start_dpdk();
    return cmocka_run_group_tests_name("lazily", tests, NULL, NULL);
}
