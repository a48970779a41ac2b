// SPDX-License-Identifier: BSD-3-Clause
// Answers to each source: so many a second, each kind for itself; others are not made to wait, and what is not answered is
// still learned from and counted.
#include "packet/put_headers.h"
#include "test.h"
#include "underlay/underlay_input.h"
#include "underlay_fixture.h"

#define SECOND UINT64_C(1000000000)
#define T0     (1700000000 * SECOND)

enum { RATE = 100, ROOM = 256 };
enum question { ARP, ND, ECHO4, ECHO6 };

static struct jn_answer_limits limits;

static void
open_limited(struct fixture *x) {
    assert_true(fixture_init(x));
    memset(&limits, 0, sizeof(limits));
    limits.key = jn_hash_key_of(42);
    x->u.limits = &limits;
    x->u.network = JN_NO_NETWORK;
}

static uint8_t *
put_icmp6(uint8_t *at, const uint8_t *from, const uint8_t *to, const uint8_t *message, uint32_t length) {
    uint8_t *icmp = jn_put_ip(at, 6, 0, length, 255, JN_IP_ICMPV6, from, to);
    uint8_t *end = jn_put(icmp, message, length);
    jn_put_be16(icmp + 2, jn_checksum_icmp6(from, to, icmp, length));
    return end;
}

// Asked by the host with that last byte of address and MAC.
static uint32_t
question_of(enum question question, uint8_t host, uint8_t *frame) {
    static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 1}, own4[4] = {198, 18, 0, 1};
    static const uint8_t own6[16] = {0xfd, 0, 0, 0x18, [15] = 1};
    const uint8_t mac[6] = {2, 0, 0, 0, 9, host}, from4[4] = {198, 18, 0, host};
    const uint8_t from6[16] = {0xfd, 0, 0, 0x18, [15] = host};
    uint8_t message[32] = {0};
    bool v6 = question == ND || question == ECHO6;
    uint8_t *at = jn_put_ethernet(frame, own_mac, mac, JN_VLAN_TCI_NONE,
                                  question == ARP ? JN_ETHER_ARP : jn_ether_type_of(jn_family(v6)));
    if (question == ARP) {
        static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};
        at = jn_put(jn_put(jn_put(at, head, 8), mac, 6), from4, 4);
        at = jn_put(jn_put(at, message, 6), own4, 4);
    } else if (question == ND) {
        message[0] = JN_ICMP6_NEIGHBOUR_SOLICITATION;
        memcpy(message + 8, own6, 16);
        message[24] = message[25] = 1;
        memcpy(message + 26, mac, 6);
        at = put_icmp6(at, from6, own6, message, 32);
    } else if (question == ECHO6) {
        message[0] = JN_ICMP6_ECHO;
        at = put_icmp6(at, from6, own6, message, 16);
    } else {
        message[0] = JN_ICMP_ECHO;
        jn_put_be16(message + 2, jn_checksum(message, 16));
        at = jn_put(jn_put_ip(at, 4, 0, 16, 64, JN_IP_ICMP, from4, own4), message, 16);
    }
    return (uint32_t)(at - frame);
}

static bool
answered(struct fixture *x, enum question question, uint8_t host, uint64_t now) {
    uint8_t frame[ROOM], reply[ROOM];
    struct jn_underlay_result result = {.reply = reply, .reply_room = ROOM};
    uint32_t length = question_of(question, host, frame);
    enum jn_underlay_outcome outcome = jn_underlay_input(&x->u, 0, frame, length, NULL, now, &result);
    assert_true(outcome == JN_UNDERLAY_REPLY || outcome == JN_UNDERLAY_CONSUMED);
    return outcome == JN_UNDERLAY_REPLY;
}

static unsigned int
flood(struct fixture *x, enum question question, uint8_t host, unsigned int questions, uint64_t now) {
    unsigned int answers = 0;
    for (unsigned int i = 0; i < questions; i++)
        answers += answered(x, question, host, now);
    return answers;
}

static void
test_each_source_and_kind(void **state) {
    (void)state;
    for (enum question question = ARP; question <= ECHO6; question++) {
        struct fixture x;
        open_limited(&x);
        assert_int_equal(flood(&x, question, 50, 1000, T0), RATE);
        assert_int_equal(x.counters.answers_limited, 1000 - RATE);
        for (enum question other = ARP; other <= ECHO6; other++)
            assert_int_equal(answered(&x, other, 50, T0), other != question);
        assert_true(answered(&x, question, 51, T0));
        assert_int_equal(flood(&x, question, 50, 1000, T0 + SECOND / 2), RATE / 2);
        assert_int_equal(flood(&x, question, 50, 1000, T0 + 3600 * SECOND), RATE);
        assert_int_equal(x.counters.ignored_malformed + x.counters.ignored_foreign + x.counters.ignored_other, 0);
    }
}

// Also of what is not answered any more.
static void
test_a_neighbour_is_learned_all_the_same(void **state) {
    (void)state;
    struct fixture x;
    open_limited(&x);
    flood(&x, ARP, 50, 1000, T0);
    x.u.neighbours[0].address[3] = 50;
    assert_false(answered(&x, ARP, 50, T0));
    assert_int_equal(jn_neighbour_state_of(x.neighbours[0].state_mac), JN_NEIGHBOUR_PROBE);
}

// However many sources are made up: the buckets bound all of it.
static void
test_sources_that_are_made_up(void **state) {
    (void)state;
    unsigned int answers = 0;
    memset(&limits, 0, sizeof(limits));
    limits.key = jn_hash_key_of(7);
    for (uint32_t n = 0; n < 1000000; n++) {
        uint8_t mac[6] = {2}, address[4];
        memcpy(address, &n, sizeof(address));
        const struct jn_answer_source source = {JN_ANSWER_ECHO, JN_NO_NETWORK, 4, address, mac};
        answers += jn_answer_allowed(&limits, &source, RATE, T0);
    }
    assert_int_equal(answers, JN_ANSWER_BUCKETS * RATE);
    const struct jn_answer_source source = {JN_ANSWER_ECHO, JN_NO_NETWORK, 4, (const uint8_t[4]){1},
                                            (const uint8_t[6]){2}};
    assert_true(jn_answer_allowed(NULL, &source, RATE, T0));
}

// Kinds of answers share a bucket, and have their times from clocks that drift apart: that fills no bucket.
static void
test_clocks_that_differ(void **state) {
    (void)state;
    struct jn_rate rate = {0};
    unsigned int taken = 0;
    for (uint64_t i = 0; i < 1000; i++)
        taken += jn_rate_take(&rate, RATE, RATE, i % 2 ? T0 : T0 + SECOND / 10);
    assert_in_range(taken, RATE, RATE + RATE / 10);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_source_and_kind),
        cmocka_unit_test(test_a_neighbour_is_learned_all_the_same),
        cmocka_unit_test(test_sources_that_are_made_up),
        cmocka_unit_test(test_clocks_that_differ),
    };
    return cmocka_run_group_tests_name("answer_limit", tests, NULL, NULL);
}
