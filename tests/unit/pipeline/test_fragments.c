// SPDX-License-Identifier: BSD-3-Clause
// Fragments against rules: which leave, under which name the others do not, and that documents add up to the counters.
#include "hex.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (1700000000 * SECOND)

#define VPG(rest)        "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\",\"fd00::/64\"]" rest "}]"
#define RULE(match)      ",\"rules\":[{\"match\":{" match "},\"drop\":true}]"
#define NO_DNS           RULE("\"protocol\":\"udp\",\"remote_ports\":[53]")
#define HEADERLESS(what) ",\"fragments\":{\"headerless\":\"" what "\"}"

// Extension headers of 8 bytes, and what follows them.
#define OPTIONS(next) next "00010400000000"
#define ROUTING(next) next "00040000000000"
#define DNS           "0fa0003500481234"
#define NTP           "0fa0007b00481234"
#define TCP_80        "0fa0005000000001"
#define EIGHT         "7171717171717171"

// A fragment; IPv4 without `before`.
struct piece {
    bool v4;
    uint8_t next; // protocol, or the Next Header of the fragment header
    uint16_t offset;
    bool more;
    const char *content;
    uint8_t before_next; // of the IPv6 header, when there is something before the fragment header
    const char *before;
    uint16_t id; // 0: 7
    bool down;
};

static uint32_t
build(const struct piece *s, uint8_t *out) {
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a};
    static const uint8_t ends[2][16] = {{0xfd, [15] = 5}, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    uint8_t before[256], content[2048];
    uint32_t before_length = s->before != NULL ? hex_decode(s->before, before) : 0;
    uint32_t length = hex_decode(s->content, content), id = s->id != 0 ? s->id : 7;
    uint8_t *at = jn_put(out, macs, 12);
    if (s->v4) {
        uint8_t *ip = at = jn_put_be16(at, JN_ETHER_IPV4);
        at = jn_put_be16(jn_put_be16(at, 0x4500), JN_IPV4_BYTES + length);
        at = jn_put_be16(jn_put_be16(at, id), s->offset / 8u | (s->more ? JN_IPV4_MF : 0));
        at = jn_put_be16(jn_put_be16(at, 0x4000u | s->next), 0);
        at = jn_put_be32(jn_put_be32(at, s->down ? 0xc6120001 : 0x0a800005), s->down ? 0x0a800005 : 0xc6120001);
        jn_put_be16(ip + 10, frame_checksum(ip, JN_IPV4_BYTES));
    } else {
        at = jn_put_be32(jn_put_be16(at, JN_ETHER_IPV6), 0x60000000);
        at = jn_put_be16(at, before_length + JN_IPV6_FRAGMENT_BYTES + length);
        at = jn_put_be16(at, (uint32_t)(s->before != NULL ? s->before_next : JN_IP_FRAGMENT) << 8 | 64);
        at = jn_put(jn_put(jn_put(at, ends[s->down], 16), ends[!s->down], 16), before, before_length);
        at = jn_put_be16(jn_put_be16(at, (uint32_t)s->next << 8), s->offset | (s->more ? JN_IPV6_MF : 0));
        at = jn_put_be32(at, id);
    }
    return (uint32_t)(jn_put(at, content, length) - out);
}

static const struct {
    const char *what;
    const char *vpgs;
    const char *leaves; // for each fragment: + it leaves, p a rule drops it, h it is dropped as headerless
    struct piece pieces[8];
} rows[] = {
    // README's kinds: what only the first fragment says holds for all.
    {"destination options first, IPv6",
     VPG(NO_DNS),
     "pppp",
     {{.next = 60, .more = true, .content = OPTIONS("11") DNS EIGHT},
      {.next = 60, .offset = 24, .more = true, .content = EIGHT},
      {.next = 60, .offset = 32, .more = true, .content = EIGHT},
      {.next = 60, .offset = 40, .content = EIGHT}}},
    {"each with another Next Header",
     VPG(NO_DNS),
     "ppp",
     {{.next = 60, .more = true, .content = OPTIONS("11") DNS EIGHT},
      {.next = 17, .offset = 24, .more = true, .content = EIGHT},
      {.next = 43, .offset = 32, .content = EIGHT}}},
    {"headers before and behind the fragment header",
     VPG(NO_DNS),
     "pp",
     {{.before_next = 0,
       .before = OPTIONS("2b") ROUTING("3c") OPTIONS("2c"),
       .next = 60,
       .more = true,
       .content = OPTIONS("3c") OPTIONS("11") DNS},
      {.before_next = 0,
       .before = OPTIONS("2b") ROUTING("3c") OPTIONS("2c"),
       .next = 60,
       .offset = 24,
       .content = EIGHT}}},
    {"the same to another port",
     VPG(NO_DNS),
     "++",
     {{.before_next = 0, .before = OPTIONS("2c"), .next = 60, .more = true, .content = OPTIONS("11") NTP},
      {.before_next = 0, .before = OPTIONS("2c"), .next = 60, .offset = 16, .content = EIGHT}}},
    {"eight bytes of UDP, IPv4",
     VPG(NO_DNS),
     "pp",
     {{.v4 = true, .next = 17, .more = true, .content = DNS}, {.v4 = true, .next = 17, .offset = 8, .content = EIGHT}}},
    {"eight bytes of TCP, IPv4",
     VPG(RULE("\"remote_ports\":[80]")),
     "pp",
     {{.v4 = true, .next = 6, .more = true, .content = TCP_80},
      {.v4 = true, .next = 6, .offset = 8, .content = EIGHT}}},
    {"eight bytes of TCP, IPv6",
     VPG(RULE("\"remote_ports\":[80]")),
     "pp",
     {{.next = 6, .more = true, .content = TCP_80}, {.next = 6, .offset = 8, .content = EIGHT}}},
    // No header in the first fragment.
    {"options alone, and the transport behind",
     VPG(NO_DNS),
     "hh",
     {{.next = 60, .more = true, .content = OPTIONS("11")}, {.next = 60, .offset = 8, .content = DNS EIGHT}}},
    {"the chain ends in its middle",
     VPG(NO_DNS),
     "hh",
     {{.next = 60, .more = true, .content = "1102010400000000"},
      {.next = 60, .offset = 8, .content = EIGHT EIGHT DNS}}},
    {"nothing in it",
     VPG(NO_DNS),
     "hh",
     {{.next = 17, .more = true, .content = ""}, {.next = 17, .offset = 8, .content = DNS}}},
    {"nothing in it, IPv4",
     VPG(NO_DNS),
     "hh",
     {{.v4 = true, .next = 17, .more = true, .content = "0fa0"},
      {.v4 = true, .next = 17, .offset = 8, .content = EIGHT}}},
    {"a fragment of a fragment",
     VPG(NO_DNS),
     "hh",
     {{.next = 44, .more = true, .content = "1100000100000009" DNS}, {.next = 44, .offset = 16, .content = EIGHT}}},
    {"a rule on the protocol alone",
     VPG(RULE("\"protocol\":\"udp\"")),
     "hh",
     {{.next = 60, .more = true, .content = OPTIONS("11")}, {.next = 60, .offset = 8, .content = DNS EIGHT}}},
    {"no rule looks at it",
     VPG(RULE("\"remote\":\"198.18.0.0/24\"")),
     "++",
     {{.next = 60, .more = true, .content = OPTIONS("11")}, {.next = 60, .offset = 8, .content = DNS EIGHT}}},
    {"a rule on the address drops it",
     VPG(RULE("\"remote\":\"2001:db8::/32\"") HEADERLESS("forward")),
     "pp",
     {{.next = 60, .more = true, .content = OPTIONS("11")}, {.next = 60, .offset = 8, .content = DNS EIGHT}}},
    {"forwarded on request",
     VPG(NO_DNS HEADERLESS("forward")),
     "++",
     {{.next = 60, .more = true, .content = OPTIONS("11")}, {.next = 60, .offset = 8, .content = DNS EIGHT}}},
    {"dropped on request",
     VPG(HEADERLESS("drop")),
     "hh",
     {{.next = 60, .more = true, .content = OPTIONS("11")}, {.next = 60, .offset = 8, .content = DNS EIGHT}}},
    {"later one first: the first is dropped all the same",
     VPG(NO_DNS),
     "+h",
     {{.next = 60, .offset = 8, .content = DNS EIGHT}, {.next = 60, .more = true, .content = OPTIONS("11")}}},
    {"a later one overwrites the header",
     VPG(NO_DNS),
     "+hh",
     {{.next = 60, .more = true, .content = OPTIONS("11") NTP EIGHT},
      {.next = 60, .offset = 8, .more = true, .content = DNS},
      {.next = 60, .offset = 24, .content = EIGHT}}},
    {"a protocol without ports lacks nothing",
     VPG(NO_DNS),
     "++",
     {{.next = 60, .more = true, .content = OPTIONS("32")}, {.next = 60, .offset = 8, .content = EIGHT}}},
    {"an atomic fragment is a packet (RFC 6946)",
     VPG(NO_DNS),
     "p+",
     {{.next = 17, .content = DNS}, {.next = 17, .content = NTP}}},
    // Identifications.
    {"used again at once, last first",
     VPG(NO_DNS),
     "pp++",
     {{.v4 = true, .next = 17, .more = true, .content = DNS},
      {.v4 = true, .next = 17, .offset = 8, .content = EIGHT},
      {.v4 = true, .next = 17, .offset = 8, .content = EIGHT},
      {.v4 = true, .next = 17, .more = true, .content = NTP}}},
    {"used again before it was complete",
     VPG(NO_DNS),
     "p++",
     {{.v4 = true, .next = 17, .more = true, .content = DNS},
      {.v4 = true, .next = 17, .more = true, .content = NTP},
      {.v4 = true, .next = 17, .offset = 8, .content = EIGHT}}},
    {"the other way",
     VPG(NO_DNS),
     "p+",
     {{.next = 17, .more = true, .content = DNS}, {.next = 17, .offset = 8, .content = EIGHT, .down = true}}},
    {"every one twice",
     VPG(NO_DNS),
     "pppp",
     {{.next = 17, .more = true, .content = DNS},
      {.next = 17, .more = true, .content = DNS},
      {.next = 17, .offset = 8, .more = true, .content = EIGHT},
      {.next = 17, .offset = 8, .more = true, .content = EIGHT}}},
    {"later ones first: forwarded, and none is counted as dropped",
     VPG(NO_DNS),
     "++p",
     {{.next = 17, .offset = 16, .content = EIGHT},
      {.next = 17, .offset = 8, .more = true, .content = EIGHT},
      {.next = 17, .more = true, .content = DNS}}},
    {"a rule without ports drops the later one that comes first",
     VPG(RULE("\"protocol\":\"udp\"")),
     "pp",
     {{.next = 17, .offset = 8, .content = EIGHT}, {.next = 17, .more = true, .content = NTP}}},
};

// What flow records say of packets and bytes, all together, is what the counters say; what they say was dropped, too.
static void
check_sums(struct rig *rig, const char *what) {
    uint64_t bytes = 0, packets = 0, dropped = 0;
    const struct jn_vpg_counters *c = &rig->worker->vpg_counters[0];
    for (const struct jn_record *r; (r = rig_record(rig)) != NULL;) {
        if (r->type != JN_RECORD_FLOW)
            continue;
        bytes += r->flow.bytes[0] + r->flow.bytes[1];
        packets += r->flow.packets[0] + r->flow.packets[1];
        if (r->flow.verdict & JN_VERDICT_DROP)
            dropped += r->flow.bytes[0] + r->flow.bytes[1];
    }
    if (packets != c->ip_packets || bytes != c->ip_bytes || dropped != c->discarded_bytes)
        fail_msg("%s: records have %lu packets, %lu bytes, %lu dropped; counters %lu, %lu, %lu", what, packets, bytes,
                 dropped, c->ip_packets, c->ip_bytes, c->discarded_bytes);
}

static void
test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_open(&rig, rows[i].vpgs, 0);
        for (unsigned int k = 0; rows[i].leaves[k] != '\0'; k++) {
            uint8_t frame[2048];
            uint32_t length = build(&rows[i].pieces[k], frame);
            const uint64_t *drops = rig.worker->counters->drops;
            const struct jn_vpg_counters *c = &rig.worker->vpg_counters[0];
            uint64_t named = c->tcp_packets + c->udp_packets;
            uint64_t policy = drops[JN_DROP_POLICY], headerless = drops[JN_DROP_HEADERLESS];
            unsigned int sent = rig.sent_count;
            rig_frame(&rig, frame, length, 0, rows[i].pieces[k].down, T0 + k);
            char found = rig.sent_count == sent + 1                    ? '+'
                         : drops[JN_DROP_POLICY] == policy + 1         ? 'p'
                         : drops[JN_DROP_HEADERLESS] == headerless + 1 ? 'h'
                                                                       : '?';
            if (found != rows[i].leaves[k])
                fail_msg("%s: fragment %u: expected %c, found %c", rows[i].what, k, rows[i].leaves[k], found);
            if (found == 'h' && !rows[i].pieces[k].v4 && c->tcp_packets + c->udp_packets != named)
                fail_msg("%s: fragment %u: counted as of a transport that nobody knows", rows[i].what, k);
        }
        rig_finish(&rig);
        check_sums(&rig, rows[i].what);
        rig_close(&rig);
    }
}

// A captured frame that was cut short is no headerless one: what a rule needs was on the wire.
static void
test_a_cut_capture_is_not_headerless(void **state) {
    (void)state;
    static const struct piece first = {.next = 60, .more = true, .content = OPTIONS("11") NTP EIGHT};
    uint8_t frame[256];
    uint32_t length = build(&first, frame);
    struct rig rig;
    rig_open(&rig, VPG(NO_DNS), 0);
    for (uint32_t cut = 54; cut < length; cut++)
        rig_frame(&rig, frame, cut, length, false, T0);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_HEADERLESS], 8); // inside the fragment header
    assert_int_equal(rig.sent_count, length - 54 - 8);
    rig_close(&rig);
}

// A frame in two buffers: what is beyond the first is not looked at, and gets past no rule.
static void
test_headers_beyond_the_first_buffer(void **state) {
    (void)state;
    static const struct {
        const char *vpgs;
        char later;
    } policies[] = {{VPG(NO_DNS), 'h'}, {VPG(""), '+'}, {VPG(NO_DNS HEADERLESS("forward")), '+'}};
    static const char chain[] =
        "86dd60000000 0020 3c40 fd000000000000000000000000000005 20010db8000000000000000000000001" OPTIONS("3c")
            OPTIONS("11") NTP EIGHT;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        uint8_t frame[256] = {2, 0, 0, 0, 0, 0x0b, 2, 0, 0, 0, 0, 0x0a};
        uint32_t length = 12 + hex_decode(chain, frame + 12), transport = 14 + 40 + 16;
        struct rig rig;
        rig_open(&rig, policies[i].vpgs, 0);
        for (rig.split = 54; rig.split < length; rig.split++) {
            unsigned int sent = rig.sent_count;
            uint64_t dropped = rig.worker->counters->drops[JN_DROP_HEADERLESS];
            uint64_t udp = rig.worker->vpg_counters[0].udp_packets;
            rig_frame(&rig, frame, length, 0, false, T0);
            bool in_reach = rig.split >= transport + 4, leaves = in_reach || policies[i].later == '+';
            assert_int_equal(rig.worker->vpg_counters[0].udp_packets - udp, in_reach); // of others nobody knows
            assert_int_equal(rig.sent_count - sent, leaves);
            assert_int_equal(rig.worker->counters->drops[JN_DROP_HEADERLESS] - dropped, !leaves);
        }
        rig_finish(&rig);
        check_sums(&rig, "two buffers");
        rig_close(&rig);
    }
}

// A thousand datagrams a second for a minute, in fragments, between one pair: identifications come round.
static void
test_a_flood_of_datagrams_fills_no_table(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, VPG(NO_DNS), 0);
    for (unsigned int n = 0; n < 70000; n++) {
        const struct piece first = {
            .v4 = true, .next = 17, .more = true, .content = NTP, .id = (uint16_t)(n % 65535 + 1)};
        const struct piece last = {.v4 = true, .next = 17, .offset = 8, .content = EIGHT, .id = first.id};
        uint8_t frame[256];
        rig_frame(&rig, frame, build(&first, frame), 0, false, T0 + n * SECOND / 1000);
        rig_frame(&rig, frame, build(&last, frame), 0, false, T0 + n * SECOND / 1000);
    }
    assert_int_equal(rig.sent_count, 140000);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_FRAG_TABLE_FULL], 0);
    assert_int_equal(rig.worker->counters->exceptions[JN_EXCEPTION_FRAG_ORPHAN], 0);
    assert_int_equal(rig.worker->counters->flows_created, 1);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_a_cut_capture_is_not_headerless),
        cmocka_unit_test(test_headers_beyond_the_first_buffer),
        cmocka_unit_test(test_a_flood_of_datagrams_fills_no_table),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("fragments", tests, NULL, NULL);
}
