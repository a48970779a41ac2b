// SPDX-License-Identifier: BSD-3-Clause
// The path MTU to a peer: which ICMP errors lower it and which, forged or stale, change nothing; what follows for packets;
// how long it holds.
#include "mirror/mirror_state.h"
#include "packet/put_headers.h"
#include "policy/mirror_peer.h"
#include "redirect/redirect_state.h"
#include "redirect/vnet_timers.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (1700000000 * SECOND)

#define MIRROR(keys) "[{\"id\":\"v\",\"mirroring\":{\"peers\":[{" keys "}]}}]"
#define LEARN        ",\"path_mtu\":\"learn\""
#define KEYED        "\"address\":\"198.19.0.10\",\"key\":7"
#define GATE(outer, keys, redirection)                                                                                 \
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/16\"],\"gate\":{\"address\":\"10.254.0.1/16\",\"peers\":["        \
    "{\"outer\":\"" outer "\",\"inner\":\"10.254.0.2\"}]" keys                                                         \
    "},\"redirection\":{\"gateway\":\"10.254.0.2\"" redirection "}}]"
#define OUTER4 "198.19.0.20"
#define OUTER6 "fd00:0:0:9::20"

enum { ACCESS, TUNNEL = 2, DF = 0x4000, INNER_BYTES = 1400, VXLAN4 = 50, LONGEST_QUOTE = 1400 };

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 2}, router_mac[6] = {2, 0, 0, 0, 0, 0x99};
static const uint8_t inner_gateway[6] = {2, 0, 0, 0, 0x0f, 2};
static const uint8_t own4[16] = {198, 19, 0, 1}, router4[16] = {203, 0, 113, 9};
static const uint8_t own6[16] = {0xfd, [7] = 9, [15] = 1}, router6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 9};

enum { V4 = 1, V6 = 2, GRE = 4, KEY = 8, VXLAN = 16 };

static const struct world {
    const char *what, *vpgs;
    unsigned int kind; // what rows it takes
} worlds[] = {
    {"gretap with a key", MIRROR(KEYED LEARN), V4 | GRE | KEY},
    {"erspan", MIRROR("\"address\":\"198.19.0.10\",\"encapsulation\":\"erspan2\"" LEARN), V4 | GRE},
    {"gre over IPv6", MIRROR("\"address\":\"fd00:0:0:9::10\",\"encapsulation\":\"gre\"" LEARN), V6 | GRE},
    {"vxlan", GATE(OUTER4, LEARN, ""), V4 | VXLAN},
    {"vxlan with a fixed port", GATE(OUTER4, LEARN ",\"source_port\":\"fixed\"", ""), V4 | VXLAN},
    {"vxlan over IPv6", GATE(OUTER6, LEARN, ""), V6 | VXLAN},
};

// A packet of `bytes` from a device; what it becomes is the last that was sent.
static const struct rig_sent *
send(struct rig *rig, uint16_t bytes, uint16_t fragment, uint64_t now) {
    uint8_t frame[RIG_FRAME];
    const struct frame_spec spec = {.source = 0x0a800005,
                                    .destination = 0xc6120709,
                                    .source_port = 40000,
                                    .destination_port = 53,
                                    .protocol = JN_IP_UDP,
                                    .fragment = fragment,
                                    .payload = (uint16_t)(bytes - 28)};
    uint32_t length = frame_build(&spec, frame);
    rig_frame(rig, frame, length, 0, false, now);
    return &rig->sent[(rig->sent_count - 1) % RIG_SENT];
}

static void
open_world(struct rig *rig, const char *vpgs) {
    rig_open(rig, vpgs, 0);
    rig_resolve(rig, true);
    if (rig->rules->vnet[0] != NULL)
        rig_target(rig, JN_TARGET_PEER, 0, inner_gateway);
}

// A router says "too big" and quotes `held` bytes.
static void
arrive_error(struct rig *rig, uint8_t family, uint32_t said, const uint8_t *quote, uint32_t held, uint64_t now) {
    uint8_t frame[LONGEST_QUOTE + 100];
    const uint8_t *from = family == 6 ? router6 : router4, *to = family == 6 ? own6 : own4;
    uint8_t *at = jn_put_ethernet(frame, own_mac, router_mac, JN_VLAN_TCI_NONE, jn_ether_type_of(family));
    uint8_t *icmp = jn_put_ip(at, family, 0, JN_ICMP_BYTES + held, 64, jn_icmp_protocol(family), from, to);
    jn_put_be32(jn_put_be32(icmp, family == 6 ? 0x02000000 : 0x03040000), said);
    memcpy(icmp + JN_ICMP_BYTES, quote, held);
    jn_put_be16(icmp + 2, jn_checksum_icmp(family, from, to, icmp, JN_ICMP_BYTES + held));
    rig_arrive(rig, frame, (uint32_t)(icmp - frame) + JN_ICMP_BYTES + held, now);
}

static uint16_t
learned(const struct rig *rig, unsigned int kind) {
    return (uint16_t)(kind & GRE ? jn_path_mtus(rig->neighbours)[0] : rig->gates->gates[0].learned_mtu[0]);
}

#define LOWERED    (-1)
#define FOREIGN    COUNTER(ignored_foreign)
#define COUNTER(c) ((int)(offsetof(struct jn_underlay_counters, c) / 8))
#define UNQUOTED   COUNTER(path_mtu_unquoted)
#define TOO_SMALL  COUNTER(path_mtu_too_small)
#define NOT_LOWER  COUNTER(path_mtu_not_lower)

// What an error says, and what differs in its quote from the packet that was sent.
static const struct row {
    const char *what;
    unsigned int kind; // worlds with all of these bits
    uint32_t said, held;
    uint32_t at, width, value; // of the quote, from the IP header on
    bool sum;                  // the quote's IP checksum is made right again
    int outcome;
    uint16_t mtu;
} rows[] = {
    {"fragmentation needed", V4, 1400, 100, 0, 0, 0, false, LOWERED, 1400},
    {"packet too big", V6, 1400, 1000, 0, 0, 0, false, LOWERED, 1400},
    {"the least of IPv4", V4, 576, 100, 0, 0, 0, false, LOWERED, 576},
    {"the least of IPv6", V6, 1280, 100, 0, 0, 0, false, LOWERED, 1280},
    {"by an old router", V4, 0, 28, 0, 0, 0, false, LOWERED, 1006},
    {"8 bytes quoted", V4, 1400, 28, 0, 0, 0, false, LOWERED, 1400},
    {"8 bytes quoted of IPv6", V6, 1400, 48, 0, 0, 0, false, LOWERED, 1400},
    {"TTL counted down, and the sum", V4, 1400, 100, 8, 1, 7, true, LOWERED, 1400},
    {"TTL counted down, the sum as sent", V4, 1400, 100, 8, 1, 7, false, LOWERED, 1400},
    {"DSCP written anew", V4, 1400, 100, 1, 1, 0xb8, true, LOWERED, 1400},

    {"too small", V4, 575, 100, 0, 0, 0, false, TOO_SMALL, 0},
    {"the least that IP has", V4, 68, 100, 0, 0, 0, false, TOO_SMALL, 0},
    {"1", V4, 1, 100, 0, 0, 0, false, TOO_SMALL, 0},
    {"too small for IPv6", V6, 1279, 100, 0, 0, 0, false, TOO_SMALL, 0},
    {"0 by IPv6", V6, 0, 100, 0, 0, 0, false, TOO_SMALL, 0},
    {"old router, tiny packet", V4, 0, 100, 2, 2, 500, true, -2, 0},
    {"as the port has it", V4, 1500, 100, 0, 0, 0, false, NOT_LOWER, 0},
    {"more than the port has", V4, 65535, 100, 0, 0, 0, false, NOT_LOWER, 0},
    {"more than 32 bits of it fit", V6, 65536 + 1400, 100, 0, 0, 0, false, NOT_LOWER, 0},
    {"all ones", V6, UINT32_MAX, 100, 0, 0, 0, false, NOT_LOWER, 0},
    {"the quoted packet had fitted", V4, 1400, 100, 2, 2, 1400, true, -2, 0},

    {"quote of 27 bytes", V4, 1400, 27, 0, 0, 0, false, -2, 0},
    {"quote of 47 bytes of IPv6", V6, 1400, 47, 0, 0, 0, false, -2, 0},
    {"to another of the subnet", V4, 1400, 100, 19, 1, 77, true, UNQUOTED, 0},
    {"to another of the subnet by IPv6", V6, 1400, 100, 39, 1, 77, false, UNQUOTED, 0},
    {"from another", V4, 1400, 100, 15, 1, 77, true, FOREIGN, 0},
    {"from another by IPv6", V6, 1400, 100, 23, 1, 77, false, FOREIGN, 0},
    {"wrong checksum", V4, 1400, 100, 10, 2, 0x1234, false, UNQUOTED, 0},
    {"may be fragmented", V4, 1400, 100, 6, 2, 0, true, UNQUOTED, 0},
    {"a later fragment", V4 | GRE, 1400, 100, 6, 2, DF | 100, true, UNQUOTED, 0},
    {"a later fragment of UDP", V4 | VXLAN, 1400, 100, 6, 2, DF | 100, true, FOREIGN, 0},
    {"with options", V4, 1400, 100, 0, 1, 0x46, true, -2, 0},
    {"another protocol", V4, 1400, 100, 9, 1, JN_IP_TCP, true, FOREIGN, 0},
    {"the other tunnel's protocol", V4 | VXLAN, 1400, 100, 9, 1, JN_IP_GRE, true, UNQUOTED, 0},

    {"other GRE flags", V4 | GRE, 1400, 100, 20, 2, 0x8000, false, UNQUOTED, 0},
    {"other GRE protocol", V4 | GRE, 1400, 100, 22, 2, 0x8847, false, UNQUOTED, 0},
    {"other GRE protocol by IPv6", V6 | GRE, 1400, 100, 42, 2, 0x6558, false, UNQUOTED, 0},
    {"other key", V4 | KEY, 1400, 100, 24, 4, 8, false, UNQUOTED, 0},
    {"other key, 8 bytes quoted", V4 | KEY, 1400, 28, 24, 4, 8, false, UNQUOTED, 0},

    {"to another port", V4 | VXLAN, 1400, 100, 22, 2, 4790, false, FOREIGN, 0},
    {"from a port that no tunnel has", V4 | VXLAN, 1400, 100, 20, 2, 53, false, UNQUOTED, 0},
    {"from a port that no tunnel has by IPv6", V6 | VXLAN, 1400, 100, 40, 2, 53, false, UNQUOTED, 0},
    {"other UDP length", V4 | VXLAN, 1400, 100, 24, 2, 1000, false, UNQUOTED, 0},
    {"with a UDP checksum", V4 | VXLAN, 1400, 100, 26, 2, 1, false, UNQUOTED, 0},
    {"without a UDP checksum by IPv6", V6 | VXLAN, 1400, 100, 46, 2, 0, false, UNQUOTED, 0},
    {"without the I flag", V4 | VXLAN, 1400, 100, 28, 1, 0, false, UNQUOTED, 0},
    {"other VNI", V4 | VXLAN, 1400, 100, 32, 4, 11 << 8, false, UNQUOTED, 0},
    {"other VNI by IPv6", V6 | VXLAN, 1400, 100, 52, 4, 11 << 8, false, UNQUOTED, 0},
    {"first bytes of another VNI", V4 | VXLAN, 1400, 33, 32, 1, 1, false, UNQUOTED, 0},
};

static void
change(const struct row *row, uint8_t *quote) {
    for (uint32_t i = 0; i < row->width; i++)
        quote[row->at + i] = (uint8_t)(row->value >> 8 * (row->width - 1 - i));
    if (!row->sum)
        return;
    jn_put_be16(quote + 10, 0);
    jn_put_be16(quote + 10, frame_checksum(quote, (quote[0] & 15u) * 4u));
}

// Of the counters that name why nothing was learned, and the one of errors that are not ours: which went up; LOWERED: none.
static int
counted(const struct rig *rig) {
    uint64_t words[sizeof(struct jn_underlay_counters) / 8];
    int found = LOWERED;
    memcpy(words, rig->worker->underlay->counters, sizeof(words));
    for (int i = 0; i < (int)COUNT(words); i++) {
        if (words[i] == 0 || i == COUNTER(icmp_errors))
            continue;
        assert_int_equal(found, LOWERED);
        assert_int_equal(words[i], 1);
        found = i;
    }
    return found;
}

static void
run_row(const struct world *world, const struct row *row) {
    struct rig rig;
    uint8_t quote[RIG_FRAME];
    open_world(&rig, world->vpgs);
    const struct rig_sent *outer = send(&rig, INNER_BYTES, DF, T0);
    assert_int_equal(outer->port, TUNNEL);
    memcpy(quote, outer->data + 14, outer->length - 14);
    change(row, quote);
    arrive_error(&rig, world->kind & V6 ? 6 : 4, row->said, quote, row->held, T0);
    int outcome = counted(&rig);
    uint64_t lowered = world->kind & GRE ? rig.worker->mirror->counters[0].path_mtu_lowered
                                         : rig.worker->redirect->counters[0].path_mtu_lowered;
    if (learned(&rig, world->kind) != row->mtu)
        fail_msg("%s: %s: learned %u", world->what, row->what, learned(&rig, world->kind));
    // -2: for whatever reason, but for one.
    if (row->outcome == -2 ? outcome == LOWERED : outcome != row->outcome)
        fail_msg("%s: %s: expected counter %d, found %d", world->what, row->what, row->outcome, outcome);
    if (lowered != (row->outcome == LOWERED))
        fail_msg("%s: %s: lowered %llu times", world->what, row->what, (unsigned long long)lowered);
    rig_close(&rig);
}

static void
test_only_errors_about_our_packets_are_believed(void **state) {
    (void)state;
    for (size_t w = 0; w < COUNT(worlds); w++)
        for (size_t i = 0; i < COUNT(rows); i++)
            if ((rows[i].kind & ~worlds[w].kind) == 0)
                run_row(&worlds[w], &rows[i]);
}

// The error that a router with a link of `said` bytes sends about the last packet.
static void
complain(struct rig *rig, uint32_t said, uint64_t now) {
    uint8_t quote[128];
    memcpy(quote, rig->sent[(rig->sent_count - 1) % RIG_SENT].data + 14, sizeof(quote));
    arrive_error(rig, 4, said, quote, sizeof(quote), now);
}

static void
test_copies_fit_what_was_learned(void **state) {
    (void)state;
    static const struct {
        const char *keys;
        unsigned int copies, longest; // bytes of the outer packets
        uint64_t truncated, fragments, dropped;
    } ways[] = {
        {"", 1, 1300, 1, 0, 0},
        {",\"too_long\":\"fragment\"", 2, 1300, 0, 2, 0},
        {",\"too_long\":\"drop\"", 0, 0, 0, 0, 1},
    };
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct rig rig;
        char vpgs[256];
        snprintf(vpgs, sizeof(vpgs), MIRROR(KEYED LEARN "%s"), ways[i].keys);
        open_world(&rig, vpgs);
        send(&rig, INNER_BYTES, DF, T0);
        complain(&rig, 1300, T0);
        unsigned int before = rig.sent_count, copies = 0, longest = 0;
        send(&rig, INNER_BYTES, DF, T0 + 1);
        for (unsigned int n = before; n < rig.sent_count; n++) {
            const struct rig_sent *sent = &rig.sent[n % RIG_SENT];
            unsigned int bytes = sent->port == TUNNEL ? jn_be16(sent->data + 16) : 0;
            copies += sent->port == TUNNEL;
            longest = bytes > longest ? bytes : longest;
        }
        const struct jn_peer_counters *peer = &rig.worker->mirror->counters[0];
        assert_int_equal(copies, ways[i].copies);
        assert_in_range(longest, ways[i].longest == 0 ? 0 : ways[i].longest - 8, ways[i].longest);
        assert_int_equal(peer->truncated, ways[i].truncated);
        assert_int_equal(peer->fragments, ways[i].fragments);
        assert_int_equal(peer->drops[JN_COPY_DROP_TOO_LONG], ways[i].dropped);
        rig_close(&rig);
    }
}

static void
test_redirected_packets_fit_what_was_learned(void **state) {
    (void)state;
    struct rig rig;
    open_world(&rig, GATE(OUTER4, LEARN, ""));
    send(&rig, INNER_BYTES, DF, T0);
    complain(&rig, 1300, T0);
    assert_int_equal(rig.gates->gates[0].path_mtu, 1300 - VXLAN4);
    const struct rig_sent *sent = send(&rig, 1300 - VXLAN4, DF, T0 + 1);
    assert_int_equal(sent->port, TUNNEL);
    assert_int_equal(jn_be16(sent->data + 16), 1300);
    // One byte more is answered with what was learned.
    sent = send(&rig, 1300 - VXLAN4 + 1, DF, T0 + 2);
    assert_int_equal(sent->port, ACCESS);
    assert_int_equal(jn_be32(sent->data + 14 + 20), jn_be16(sent->data + 14 + 22) | 0x03040000u);
    assert_int_equal(jn_be32(sent->data + 14 + 24), 1300 - VXLAN4);
    // Without DF it is fragmented inside.
    send(&rig, INNER_BYTES, 0, T0 + 3);
    assert_int_equal(rig.worker->redirect->counters[0].inner_fragments, 2);
    rig_policy(&rig, GATE(OUTER4, LEARN, ",\"too_long\":\"fragment_outer\""), 0);
    rig_resolve(&rig, true);
    sent = send(&rig, INNER_BYTES, DF, T0 + 4);
    assert_int_equal(rig.worker->redirect->counters[0].outer_fragments, 2);
    assert_in_range(jn_be16(rig.sent[(rig.sent_count - 2) % RIG_SENT].data + 16), 1293, 1300);
    rig_close(&rig);
}

static void
test_the_mss_is_clamped_to_what_was_learned(void **state) {
    (void)state;
    struct rig rig;
    uint8_t frame[256];
    const struct frame_spec syn = {.source = 0x0a800005,
                                   .destination = 0xc6120709,
                                   .source_port = 40000,
                                   .destination_port = 80,
                                   .protocol = JN_IP_TCP,
                                   .tcp_flags = JN_TCP_SYN,
                                   .payload = 4};
    uint32_t length = frame_build(&syn, frame);
    frame[14 + 20 + 12] = 0x60;
    jn_put_be32(frame + 14 + 40, 0x020405b4); // MSS 1460
    open_world(&rig, GATE(OUTER4, LEARN, ""));
    send(&rig, INNER_BYTES, DF, T0);
    complain(&rig, 1300, T0);
    rig_frame(&rig, frame, length, 0, false, T0 + 1);
    const struct rig_sent *sent = &rig.sent[(rig.sent_count - 1) % RIG_SENT];
    assert_int_equal(jn_be16(sent->data + 14 + VXLAN4 + 42), 1300 - VXLAN4 - 40);
    rig_close(&rig);
}

// A round of the worker without packets.
static void
rest(struct rig *rig, uint64_t now) {
    rig_idle(rig, now);
    jn_vnet_run_timers(rig->worker);
}

// It falls, and falls again; it never rises before it is forgotten.
static void
test_it_is_lowered_and_forgotten(void **state) {
    (void)state;
    static const struct world both[] = {{"mirror", MIRROR(KEYED LEARN), GRE}, {"gate", GATE(OUTER4, LEARN, ""), VXLAN}};
    for (size_t i = 0; i < COUNT(both); i++) {
        struct rig rig;
        const uint64_t hold = 600 * SECOND;
        open_world(&rig, both[i].vpgs);
        send(&rig, 1440, 0, T0);
        complain(&rig, 1400, T0);
        assert_int_equal(learned(&rig, both[i].kind), 1400);
        uint8_t quote[128];
        const struct rig_sent *outer = send(&rig, 1300, DF, T0 + 1);
        memcpy(quote, outer->data + 14, sizeof(quote));
        arrive_error(&rig, 4, 1390, quote, sizeof(quote), T0 + 2); // fitted
        arrive_error(&rig, 4, 1450, quote, sizeof(quote), T0 + 3);
        assert_int_equal(learned(&rig, both[i].kind), 1400);
        arrive_error(&rig, 4, 1200, quote, sizeof(quote), T0 + 4 * SECOND);
        arrive_error(&rig, 4, 1250, quote, sizeof(quote), T0 + 5 * SECOND); // of another path, or late
        assert_int_equal(learned(&rig, both[i].kind), 1200);
        for (uint64_t s = 5; s < 604; s++) {
            rest(&rig, T0 + s * SECOND);
            assert_int_equal(learned(&rig, both[i].kind), 1200);
        }
        for (unsigned int n = 0; n < 4; n++)
            rest(&rig, T0 + hold + (4 + n) * SECOND);
        assert_int_equal(learned(&rig, both[i].kind), 0);
        rig_target(&rig, JN_TARGET_PEER, 0, inner_gateway);
        const struct rig_sent *sent = send(&rig, 1440, DF, T0 + hold + 60 * SECOND);
        assert_int_equal(sent->port, TUNNEL);
        assert_true(jn_be16(sent->data + 16) >= 1440);
        rig_close(&rig);
    }
}

static void
test_a_policy_keeps_it_for_a_peer_that_stays(void **state) {
    (void)state;
    static const struct {
        const char *what, *first, *next;
        unsigned int kind;
        bool kept;
    } changes[] = {
        {"mirror", MIRROR(KEYED LEARN), MIRROR(KEYED LEARN ",\"snap_length\":9000"), GRE, true},
        {"mirror, fixed", MIRROR(KEYED LEARN), MIRROR(KEYED), GRE, false},
        {"another mirror", MIRROR(KEYED LEARN), MIRROR("\"address\":\"198.19.0.11\",\"key\":7" LEARN), GRE, false},
        {"gate", GATE(OUTER4, LEARN, ""), GATE(OUTER4, LEARN, ",\"mtu\":1449"), VXLAN, true},
        {"gate, fixed", GATE(OUTER4, LEARN, ""), GATE(OUTER4, "", ""), VXLAN, false},
        {"another gateway", GATE(OUTER4, LEARN, ""), GATE("198.19.0.21", LEARN, ""), VXLAN, false},
    };
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct rig rig;
        open_world(&rig, changes[i].first);
        send(&rig, INNER_BYTES, DF, T0);
        complain(&rig, 1300, T0);
        assert_int_equal(learned(&rig, changes[i].kind), 1300);
        rig_policy(&rig, changes[i].next, 0);
        rig_resolve(&rig, true);
        if (changes[i].kind & VXLAN)
            rig_target(&rig, JN_TARGET_PEER, rig.rules->vnet[0]->engine.gate->gateway, inner_gateway);
        const struct rig_sent *sent = send(&rig, INNER_BYTES, DF, T0 + 1);
        bool whole = sent->port == TUNNEL && jn_be16(sent->data + 16) > 1300;
        if (whole == changes[i].kept)
            fail_msg("%s: %s", changes[i].what, whole ? "forgotten" : "kept");
        rig_close(&rig);
    }
}

static void
test_a_fixed_one_is_counted_alone(void **state) {
    (void)state;
    struct rig rig;
    open_world(&rig, MIRROR(KEYED));
    const struct rig_sent *sent = send(&rig, INNER_BYTES, DF, T0);
    uint16_t length = jn_be16(sent->data + 16);
    complain(&rig, 1300, T0);
    assert_int_equal(rig.worker->mirror->counters[0].icmp_too_big, 1);
    assert_int_equal(counted(&rig), COUNTER(path_mtu_fixed));
    assert_int_equal(jn_be16(send(&rig, INNER_BYTES, DF, T0 + 1)->data + 16), length);
    rig_close(&rig);
}

// Anyone can send errors: so many a second are looked at, and all are counted.
static void
test_a_flood_of_errors(void **state) {
    (void)state;
    struct rig rig;
    uint8_t quote[128];
    open_world(&rig, MIRROR(KEYED LEARN));
    memcpy(quote, send(&rig, INNER_BYTES, DF, T0)->data + 14, sizeof(quote));
    for (unsigned int i = 0; i < 1000; i++)
        arrive_error(&rig, 4, 300, quote, sizeof(quote), T0);
    const struct jn_underlay_counters *counters = rig.worker->underlay->counters;
    assert_int_equal(counters->path_mtu_too_small, 8);
    assert_int_equal(counters->icmp_errors_limited, 992);
    assert_int_equal(rig.worker->mirror->counters[0].icmp_too_big, 8);
    arrive_error(&rig, 4, 1300, quote, sizeof(quote), T0 + SECOND / 100);
    assert_int_equal(learned(&rig, GRE), 1300);
    rig_close(&rig);
}

static int
start(void **state) {
    (void)state;
    rig_start_dpdk();
    return 0;
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_errors_about_our_packets_are_believed),
        cmocka_unit_test(test_copies_fit_what_was_learned),
        cmocka_unit_test(test_redirected_packets_fit_what_was_learned),
        cmocka_unit_test(test_the_mss_is_clamped_to_what_was_learned),
        cmocka_unit_test(test_it_is_lowered_and_forgotten),
        cmocka_unit_test(test_a_policy_keeps_it_for_a_peer_that_stays),
        cmocka_unit_test(test_a_fixed_one_is_counted_alone),
        cmocka_unit_test(test_a_flood_of_errors),
    };
    return cmocka_run_group_tests_name("path_mtu", tests, start, NULL);
}
