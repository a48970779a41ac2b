// SPDX-License-Identifier: BSD-3-Clause
// Fragments in every order: each packet ends up in a flow or among the orphans, once.
#include "flow/fragment.h"
#include "test.h"

#define BUCKETS 4u
#define TIMEOUT 1000u

static const struct jn_fragment_origin here = {.port_in = 1};
static struct jn_fragment entries[BUCKETS * JN_FRAGMENT_WAYS];

static struct jn_fragment_table
fresh_table(void) {
    memset(entries, 0, sizeof(entries));
    return (struct jn_fragment_table){
        .entries = entries, .bucket_count = BUCKETS, .timeout_ns = TIMEOUT, .key = jn_hash_key_of(7)};
}

// What is told of a fragment, and what must come of it.
struct step {
    uint16_t offset, length;
    bool more;
    uint16_t port;   // of a first fragment; PORT + 1 is its other port
    uint32_t id;     // 0: 7
    uint8_t next;    // protocol or next header; 0: UDP
    uint16_t vpg;    // 0 or 1
    bool from_other; // end of the pair
    bool to_other;   // host
    bool headerless, one_way;
    uint16_t header_end;
    int expected; // a port, or:
};
enum { PENDING = -1, HEADERLESS = -2 };

static struct jn_packet
packet_of(const struct step *s, bool v6) {
    struct jn_packet p = {.flags = JN_PACKET_IP | JN_PACKET_FRAGMENT | (v6 ? JN_PACKET_IPV6 : 0)};
    p.protocol = s->next != 0 ? s->next : JN_IP_UDP;
    p.address[s->from_other][0] = 10;
    p.address[!s->from_other][0] = s->to_other ? 12 : 11;
    if (s->offset != 0) {
        p.flags |= JN_PACKET_LATER_FRAGMENT;
    } else if (s->headerless) {
        p.flags |= JN_PACKET_HEADERLESS;
    } else {
        p.flags |= JN_PACKET_PORTS | (s->one_way ? JN_PACKET_ONE_WAY : 0);
        p.port[0] = s->port;
        p.port[1] = (uint16_t)(s->port + 1);
    }
    return p;
}

static enum jn_fragment_outcome
track(struct jn_fragment_table *table, const struct step *s, bool v6, uint64_t now, struct jn_packet *p,
      struct jn_fragment *taken) {
    const struct jn_fragment_part part = {s->id != 0 ? s->id : 7, s->offset, s->length, s->header_end, s->more};
    *p = packet_of(s, v6);
    return jn_fragment_track(table, p, &part, s->vpg, 100, now, &here, taken);
}

static unsigned int
live(void) {
    unsigned int count = 0;
    for (unsigned int i = 0; i < BUCKETS * JN_FRAGMENT_WAYS; i++)
        count += entries[i].expires_ns != 0;
    return count;
}

// A first and a later fragment of UDP; a last one.
#define FIRST(bytes, its_port, ...)                                                                                    \
    { .length = bytes, .more = true, .port = its_port, .expected = its_port, __VA_ARGS__ }
#define LATER(at, bytes, want, ...)                                                                                    \
    { .offset = at, .length = bytes, .more = true, .expected = want, __VA_ARGS__ }
#define LAST(at, bytes, want, ...)                                                                                     \
    { .offset = at, .length = bytes, .expected = want, __VA_ARGS__ }
#define HEADLESS(bytes, next_header)                                                                                   \
    { .length = bytes, .more = true, .headerless = true, .next = next_header, .expected = HEADERLESS }

static const struct {
    const char *what;
    bool v6;
    unsigned int live; // datagrams that are still waited for at the end
    struct step steps[14];
} rows[] = {
    {"in order, and forgotten", false, 0, {FIRST(1000, 53), LATER(1000, 1000, 53), LAST(2000, 5, 53)}},
    {"last first, and forgotten", false, 0, {LAST(2000, 5, PENDING), LATER(1000, 1000, PENDING), FIRST(1000, 53)}},
    {"the identification is used again at once",
     false,
     0,
     {FIRST(1000, 53), LAST(1000, 528, 53), LAST(1000, 528, PENDING), FIRST(1000, 123)}},
    {"and again, in order", false, 0, {FIRST(1000, 53), LAST(1000, 528, 53), FIRST(1000, 123), LAST(1000, 528, 123)}},
    {"used again before the former was complete",
     false,
     1,
     {FIRST(1000, 53), LATER(1000, 8, 53), FIRST(1000, 123), LAST(1008, 8, 123)}},
    {"the first one twice does not make it complete", false, 1, {FIRST(1000, 53), FIRST(1000, 53), LAST(2000, 8, 53)}},
    {"a later one twice does not, and its last piece does",
     false,
     0,
     {FIRST(1000, 53), LATER(2000, 1000, 53), LATER(2000, 1000, 53), LAST(3000, 8, 53), LATER(1000, 1000, 53)}},
    {"overlapping ones count once",
     false,
     1,
     {FIRST(1000, 53), LATER(504, 496, 53), LATER(504, 504, 53), LAST(2000, 8, 53)}},
    {"overlapping ones make it complete", false, 0, {FIRST(1000, 53), LATER(504, 1000, 53), LAST(1496, 100, 53)}},
    {"two ends: the farther one counts",
     false,
     1,
     {FIRST(1000, 53), LAST(1008, 8, 53), LAST(2000, 8, 53), LATER(1000, 8, 53)}},
    {"a last one without payload ends nothing", false, 1, {FIRST(1000, 53), LAST(1000, 0, 53)}},
    {"one that does not end on 8 bytes has less", false, 1, {FIRST(1007, 53), LAST(1008, 8, 53)}},
    {"more pieces apart than are kept",
     false,
     1,
     {FIRST(8, 53), LATER(16, 8, 53), LATER(32, 8, 53), LATER(48, 8, 53), LATER(64, 8, 53), LATER(80, 8, 53),
      LATER(96, 8, 53), LATER(112, 8, 53), LATER(128, 8, 53), LATER(144, 8, 53), LAST(160, 8, 53), LATER(8, 8, 53)}},
    {"another protocol, IPv4", false, 2, {FIRST(1000, 53), LAST(1000, 8, PENDING, .next = JN_IP_TCP)}},
    {"another next header, IPv6",
     true,
     0,
     {FIRST(1000, 53), LATER(1000, 1000, 53, .next = JN_IP_DESTINATION), LAST(2000, 8, 53, .next = JN_IP_ROUTING)}},
    {"another next header, IPv6, last first",
     true,
     0,
     {LAST(2000, 8, PENDING, .next = JN_IP_DESTINATION), LATER(1000, 1000, PENDING), FIRST(1000, 53)}},
    {"another VPG, direction, host or identification",
     false,
     5,
     {FIRST(1000, 53), LAST(1000, 8, PENDING, .vpg = 1), LAST(1000, 8, PENDING, .from_other = true),
      LAST(1000, 8, PENDING, .to_other = true), LAST(1000, 8, PENDING, .id = 8)}},
    {"without header: all of it",
     true,
     0,
     {HEADLESS(8, JN_IP_DESTINATION), LATER(8, 8, HEADERLESS), LAST(16, 8, HEADERLESS)}},
    {"without header, IPv4", false, 0, {HEADLESS(8, JN_IP_UDP), LAST(8, 8, HEADERLESS)}},
    {"without header, then with one", true, 0, {HEADLESS(8, JN_IP_UDP), FIRST(1000, 53), LAST(1000, 8, 53)}},
    {"the header overwritten by a later one",
     true,
     1,
     {FIRST(1000, 123, .header_end = 12), LATER(8, 8, HEADERLESS), LATER(1000, 8, HEADERLESS)}},
    {"overwritten before it came",
     true,
     1,
     {LATER(8, 8, PENDING), {.length = 1000, .more = true, .port = 123, .header_end = 12, .expected = HEADERLESS}}},
    {"the header and what follows it", true, 0, {FIRST(16, 123, .header_end = 12), LAST(16, 8, 123)}},
    {"one-way ICMP",
     false,
     0,
     {FIRST(1000, 3, .next = JN_IP_ICMP, .one_way = true), LAST(1000, 8, 3, .next = JN_IP_ICMP, .one_way = true)}},
};

static void
check_step(const char *what, const struct step *s, enum jn_fragment_outcome outcome, const struct jn_packet *p) {
    if (s->expected == PENDING) {
        if (outcome != JN_FRAGMENT_PENDING || (p->flags & JN_PACKET_PORTS))
            fail_msg("%s: offset %u: expected on account", what, s->offset);
    } else if (s->expected == HEADERLESS) {
        if (outcome != JN_FRAGMENT_KNOWN || (p->flags & JN_PACKET_PORTS) || p->protocol != JN_IP_FRAGMENT ||
            (p->port[0] | p->port[1]) != 0)
            fail_msg("%s: offset %u: expected no header", what, s->offset);
    } else {
        uint8_t protocol = s->next == JN_IP_ICMP ? JN_IP_ICMP : JN_IP_UDP;
        if (outcome != JN_FRAGMENT_KNOWN || !(p->flags & JN_PACKET_PORTS) || p->protocol != protocol ||
            p->port[0] != s->expected || p->port[1] != s->expected + 1 ||
            s->one_way != ((p->flags & JN_PACKET_ONE_WAY) != 0))
            fail_msg("%s: offset %u: expected port %d, found %u", what, s->offset, s->expected, p->port[0]);
    }
}

static void
test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_fragment_table table = fresh_table();
        struct jn_fragment taken;
        struct jn_packet p;
        uint64_t now = 1;
        for (const struct step *s = rows[i].steps; s->length != 0 || s->offset != 0; s++)
            check_step(rows[i].what, s, track(&table, s, rows[i].v6, now++, &p, &taken), &p);
        if (live() != rows[i].live)
            fail_msg("%s: expected %u datagrams to wait for, found %u", rows[i].what, rows[i].live, live());
        assert_int_equal(table.forgotten, 0);
    }
}

// As a busy sender has them: identifications of 16 bits come round again, and nobody is told of a full table.
static void
test_complete_datagrams_fill_no_table(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    for (uint32_t n = 0; n < 200000; n++) {
        struct jn_fragment taken;
        struct jn_packet p;
        uint16_t port = (uint16_t)(n % 30000);
        const struct step first = FIRST(1000, port, .id = 1 + n % 65536),
                          last = LAST(1000, 528, port, .id = 1 + n % 65536);
        check_step("first of many", n % 2 == 0 ? &first : &last, JN_FRAGMENT_KNOWN,
                   (track(&table, &first, false, 1 + n / 1000, &p, &taken),
                    track(&table, &last, false, 1 + n / 1000, &p, &taken), &p));
    }
    assert_int_equal(table.forgotten, 0);
    assert_int_equal(live(), 0);
}

static void
test_overtaking_fragments_are_credited(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet p;
    for (int i = 0; i < 3; i++) {
        const struct step later = LATER(1000, 200, PENDING);
        assert_int_equal(track(&table, &later, false, 1, &p, &taken), JN_FRAGMENT_PENDING);
        assert_int_equal(taken.pending_packets, 0);
    }
    const struct step first = FIRST(1000, 1005);
    assert_int_equal(track(&table, &first, false, 2, &p, &taken), JN_FRAGMENT_KNOWN);
    assert_true(taken.first_seen);
    assert_int_equal(taken.pending_packets, 3);
    assert_int_equal(taken.pending_bytes, 300);
    assert_false(jn_fragment_expire(&table, UINT64_MAX, 100, &taken));
}

static void
test_a_flush_takes_off_what_is_on_account_and_no_more(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet p;
    const struct step first = FIRST(1000, 53, .id = 1), known = LATER(1000, 8, 53, .id = 1);
    track(&table, &first, false, 1, &p, &taken);
    for (uint32_t id = 2; id < 5; id++) {
        const struct step later = LATER(1000, 8, PENDING, .id = id);
        track(&table, &later, false, 1, &p, &taken);
    }
    uint32_t packets = 0;
    while (jn_fragment_flush(&table, &taken)) {
        packets += taken.pending_packets;
        assert_false(taken.first_seen);
    }
    assert_int_equal(packets, 3);
    assert_int_equal(table.pending, 0);
    assert_int_equal(track(&table, &known, false, 2, &p, &taken), JN_FRAGMENT_KNOWN);
}

static void
test_identification_used_again_after_the_timeout(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet p;
    const struct step first = FIRST(1000, 53), late = LATER(1000, 8, PENDING);
    track(&table, &first, false, 1, &p, &taken);
    assert_int_equal(track(&table, &late, false, 1 + TIMEOUT, &p, &taken), JN_FRAGMENT_PENDING);
}

static void
test_a_flood_loses_no_packet_from_the_sums(void **state) {
    (void)state;
    enum { FLOOD = 10000 };
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet p;
    uint64_t packets = 0, bytes = 0;
    for (uint32_t id = 0; id < FLOOD; id++) {
        const struct step later = LATER(1000, 8, PENDING, .id = id + 1);
        assert_int_equal(track(&table, &later, false, id + 1, &p, &taken), JN_FRAGMENT_PENDING);
        assert_false(taken.pending_packets != 0 && taken.first_seen);
        packets += taken.pending_packets;
        bytes += taken.pending_packets != 0 ? taken.pending_bytes : 0;
    }
    assert_true(packets > 0);
    while (jn_fragment_expire(&table, UINT64_MAX, BUCKETS * JN_FRAGMENT_WAYS, &taken)) {
        packets += taken.pending_packets;
        bytes += taken.pending_bytes;
    }
    assert_int_equal(packets, FLOOD);
    assert_int_equal(bytes, FLOOD * 100);
}

// The first fragment of another datagram may take the entry: what it evicts is no credit of its own.
static void
test_what_a_first_fragment_evicts_is_orphaned(void **state) {
    (void)state;
    struct jn_fragment_table table = fresh_table();
    struct jn_fragment taken;
    struct jn_packet p;
    unsigned int orphans = 0;
    for (uint32_t id = 1; id <= 64; id++) {
        const struct step later = LATER(1000, 8, PENDING, .id = id), first = FIRST(1000, 53, .id = 1000 + id);
        track(&table, &later, false, id, &p, &taken);
        assert_false(taken.pending_packets != 0 && taken.first_seen);
        orphans += taken.pending_packets;
        track(&table, &first, false, id, &p, &taken);
        assert_false(taken.pending_packets != 0 && taken.first_seen);
        orphans += taken.pending_packets;
    }
    while (jn_fragment_expire(&table, UINT64_MAX, BUCKETS * JN_FRAGMENT_WAYS, &taken))
        orphans += taken.pending_packets;
    assert_int_equal(orphans, 64);
    assert_true(table.forgotten > 0);
}

// Sources and identifications whose difference is always the same: a key that is only added to it does not part them.
static void
test_identifications_that_were_chosen(void **state) {
    (void)state;
    enum { MANY = 256, CHOSEN = 64 };
    static struct jn_fragment many[MANY * JN_FRAGMENT_WAYS];
    struct jn_fragment_table table = {
        .entries = many, .bucket_count = MANY, .timeout_ns = TIMEOUT, .key = jn_hash_key_of(7)};
    struct jn_fragment taken;
    for (uint32_t n = 0; n < CHOSEN; n++) {
        uint32_t source = n ^ 0x12345678u;
        const struct step first = FIRST(1000, 53, .id = n);
        const struct jn_fragment_part part = {n, 0, first.length, 0, true};
        struct jn_packet p = packet_of(&first, false);
        memcpy(p.address[0], &source, sizeof(source));
        assert_int_equal(jn_fragment_track(&table, &p, &part, 0, 100, 1, &here, &taken), JN_FRAGMENT_KNOWN);
    }
    assert_in_range(table.forgotten, 0, 2);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_complete_datagrams_fill_no_table),
        cmocka_unit_test(test_identifications_that_were_chosen),
        cmocka_unit_test(test_overtaking_fragments_are_credited),
        cmocka_unit_test(test_a_flush_takes_off_what_is_on_account_and_no_more),
        cmocka_unit_test(test_identification_used_again_after_the_timeout),
        cmocka_unit_test(test_what_a_first_fragment_evicts_is_orphaned),
        cmocka_unit_test(test_a_flood_loses_no_packet_from_the_sums),
    };
    return cmocka_run_group_tests_name("fragment", tests, NULL, NULL);
}
