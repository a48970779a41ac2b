// SPDX-License-Identifier: BSD-3-Clause
// The way out by a port: packets in their order; requests before them, answers behind them, each in room of its own; each
// frame that does not leave is counted under its name. And buffers: no use of them starves another.
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "mirror/mirror_state.h"
#include "redirect/redirect_state.h"
#include "redirect/vnet_timers.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (1700000000 * SECOND)
#define VPG    "[{\"id\":\"v\"}]"
#define GATE                                                                                                           \
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/16\"],\"gate\":{\"address\":\"10.254.0.1/16\",\"peers\":["        \
    "{\"outer\":\"198.19.0.20\",\"inner\":\"10.254.0.2\"}]},\"redirection\":{\"gateway\":\"10.254.0.2\"}}]"

enum { PORT = 1, TUNNEL = 2, MARK_AT = 59, ORIGINAL = 'o', ANSWER = 'a', REQUEST = 'r' };

// A frame whose last byte says what it is.
static struct rte_mbuf *
frame_of(struct rig *rig, char mark) {
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rig->worker->own_frames);
    assert_non_null(mbuf);
    memset(rte_pktmbuf_append(mbuf, MARK_AT + 1), mark, MARK_AT + 1);
    return mbuf;
}

static void
send(struct rig *rig, char mark) {
    struct rte_mbuf *mbuf = frame_of(rig, mark);
    if (mark == ORIGINAL)
        jn_tx_send(rig->worker, &rig->tx[PORT], &mbuf, 1);
    else
        jn_tx_send_own(rig->worker, &rig->tx[PORT], mbuf, mark == REQUEST ? JN_OWN_REQUEST : JN_OWN_ANSWER);
}

// What was sent, by marks, runs of one as mark and count: "r2o3".
static const char *
sent(const struct rig *rig) {
    static char text[64];
    size_t length = 0;
    text[0] = '\0';
    for (unsigned int i = 0, run = 0; i < rig->sent_count; i += run) {
        char mark = (char)rig->sent[i % RIG_SENT].data[MARK_AT];
        for (run = 0; i + run < rig->sent_count && rig->sent[(i + run) % RIG_SENT].data[MARK_AT] == (uint8_t)mark;)
            run++;
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%c%u", mark, run);
    }
    return text;
}

static void
test_who_goes_first(void **state) {
    (void)state;
    static const struct {
        const char *what, *waits, *sent; // marks in the order in which they come while the queue takes nothing
        unsigned int full;
    } rows[] = {
        {"packets alone", "oooo", "o4", 0},
        {"an answer waits behind packets that came later", "aoo", "o2a1", 0},
        {"a request goes before packets", "oor", "r1o2", 0},
        {"all", "oaroar", "r2o2a2", 0},
        {"too many answers", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaao", "o1a32", 4},
        {"too many requests", "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrro", "r32o1", 2},
        {"answers cost no request", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaar", "r1a32", 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rig rig;
        rig_open(&rig, VPG, 0);
        rig.refuse = true;
        for (const char *mark = rows[i].waits; *mark != '\0'; mark++)
            send(&rig, *mark);
        assert_true(jn_tx_drain(rig.worker, &rig.tx[PORT]));
        rig.refuse = false;
        assert_false(jn_tx_drain(rig.worker, &rig.tx[PORT]));
        if (strcmp(sent(&rig), rows[i].sent) != 0 || rig.worker->counters->drops[JN_DROP_OWN_FULL] != rows[i].full)
            fail_msg("%s: expected %s, found %s; %llu without room", rows[i].what, rows[i].sent, sent(&rig),
                     (unsigned long long)rig.worker->counters->drops[JN_DROP_OWN_FULL]);
        assert_int_equal(rig.worker->counters->drops[JN_DROP_TX_FULL], 0);
        rig_close(&rig);
    }
}

// The backlog is the packets' alone: as many wait as without answers.
static void
test_answers_take_no_room_of_packets(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, VPG, 0);
    rig.refuse = true;
    for (unsigned int i = 0; i < 300; i++)
        send(&rig, ANSWER);
    unsigned int packets = 0;
    for (; packets < 600; packets++)
        send(&rig, ORIGINAL);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_TX_FULL], 0);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_OWN_FULL], 300 - JN_TX_ASIDE);
    rig.refuse = false;
    jn_tx_drain(rig.worker, &rig.tx[PORT]);
    assert_int_equal(rig.sent_count, packets + JN_TX_ASIDE);
    rig_close(&rig);
}

static void
test_nobody_waits_for_nothing(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, VPG, 0);
    send(&rig, ANSWER);
    send(&rig, REQUEST);
    assert_string_equal(sent(&rig), "a1r1");
    // Copies leave a request the queue's next place.
    rig.refuse = true;
    send(&rig, REQUEST);
    rig.refuse = false;
    struct rte_mbuf *copy = frame_of(&rig, 'c');
    assert_int_equal(jn_tx_try(rig.worker, &rig.tx[PORT], &copy, 1), 0);
    send(&rig, ORIGINAL);
    assert_string_equal(sent(&rig), "a1r2o1");
    assert_int_equal(jn_tx_try(rig.worker, &rig.tx[PORT], &copy, 1), 1);
    rig.refuse = true;
    send(&rig, ANSWER);
    send(&rig, REQUEST);
    rig.port_state = JN_PORT_DOWN;
    send(&rig, ANSWER);
    assert_false(jn_tx_drain(rig.worker, &rig.tx[PORT]));
    assert_int_equal(rig.worker->counters->drops[JN_DROP_TX_DOWN], 3);
    rig_close(&rig);
}

// The owner of the queue is another worker.
static void
test_handed_over(void **state) {
    (void)state;
    struct rig rig;
    struct rte_mbuf *mbufs[JN_BURST];
    rig_open(&rig, VPG, 0);
    struct rte_ring *ring = rte_ring_create("asides", 128, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    assert_non_null(ring);
    rig.tx[PORT].own = false;
    rig.tx[PORT].asides = ring;
    for (unsigned int i = 0; i < 100; i++)
        send(&rig, ANSWER);
    assert_int_equal(rig.worker->counters->drops[JN_DROP_OWN_FULL], 100 - 127 / 2);
    for (unsigned int i = 0; i < 100; i++)
        send(&rig, REQUEST);
    assert_int_equal(rte_ring_count(ring), 127);
    rig.tx[PORT].own = true;
    for (unsigned int count; (count = rte_ring_sc_dequeue_burst(ring, (void **)mbufs, JN_BURST, NULL)) != 0;)
        jn_tx_send_asides(rig.worker, &rig.tx[PORT], mbufs, count);
    assert_string_equal(sent(&rig), "a63r64");
    rte_ring_free(ring);
    rig_close(&rig);
}

// However few buffers answers, copies and pieces of packets leave each other, a gateway is asked.
static void
test_probes_have_buffers_of_their_own(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, GATE, 0);
    rig_resolve(&rig, true);
    struct rte_mempool *requests = rte_pktmbuf_pool_create("requests", 15, 0, 0, 512, SOCKET_ID_ANY);
    struct rte_mempool *empty = rte_pktmbuf_pool_create("empty", 1, 0, 0, 512, SOCKET_ID_ANY);
    assert_true(requests != NULL && empty != NULL);
    struct rte_mbuf *last = rte_pktmbuf_alloc(empty);
    rig.worker->requests = requests;
    rig.worker->answers = rig.worker->own_frames = rig.worker->mirror->pool = empty;
    for (unsigned int i = 1; i <= 5; i++) {
        rig_idle(&rig, T0 + i * SECOND);
        jn_vnet_run_timers(rig.worker);
        assert_int_equal(rig.sent_count, i);
        assert_int_equal(rig.sent[i - 1].port, TUNNEL);
    }
    const struct jn_gate_counters *counters = &rig.worker->redirect->counters[0];
    assert_int_equal(counters->probes, 5);
    assert_int_equal(counters->own_no_mbuf, 0);
    rig.worker->requests = empty;
    rig_idle(&rig, T0 + 7 * SECOND);
    jn_vnet_run_timers(rig.worker);
    assert_int_equal(counters->own_no_mbuf, 1);
    rte_pktmbuf_free(last);
    rig_close(&rig);
    rte_mempool_free(requests);
    rte_mempool_free(empty);
}

static int
start(void **state) {
    (void)state;
    rig_start_dpdk();
    return 0;
}

// A frame of two buffers, as a port with a larger MTU receives one.
static struct rte_mbuf *
chain_of(struct rig *rig, uint32_t first, uint32_t second) {
    struct rte_mbuf *head = rte_pktmbuf_alloc(rig->worker->own_frames),
                    *tail = rte_pktmbuf_alloc(rig->worker->own_frames);
    assert_true(head != NULL && tail != NULL);
    first = first < rte_pktmbuf_tailroom(head) ? first : rte_pktmbuf_tailroom(head);
    second = second < rte_pktmbuf_tailroom(tail) ? second : rte_pktmbuf_tailroom(tail);
    memset(rte_pktmbuf_append(head, (uint16_t)first), 1, first);
    memset(rte_pktmbuf_append(tail, (uint16_t)second), 2, second);
    assert_int_equal(rte_pktmbuf_chain(head, tail), 0);
    return head;
}

static const struct {
    const char *what;
    uint32_t first, second, longest;
    bool segments, dry;
    uint16_t sent; // buffers of what left; 0: nothing did
    unsigned int too_long, no_mbuf;
} chains[] = {
    {"a port that sends chains", 100, 50, UINT32_MAX, true, false, 2, 0, 0},
    {"a port that does not", 100, 50, UINT32_MAX, false, false, 1, 0, 0},
    {"longer than its driver takes", 100, 50, 149, false, false, 0, 1, 0},
    {"as long as its driver takes", 100, 50, 150, false, false, 1, 0, 0},
    {"longer than any buffer", UINT16_MAX, UINT16_MAX, UINT32_MAX, false, false, 0, 1, 0},
    {"no buffer is free", 100, 50, UINT32_MAX, false, true, 0, 0, 1},
};

static void
test_chains(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(chains); i++) {
        struct rig rig;
        rig_open(&rig, VPG, 0);
        struct rte_mempool *pool = rig.worker->own_frames;
        unsigned int before = rte_mempool_avail_count(pool), taken = 0;
        static struct rte_mbuf *all[1 << 16];
        rig.tx[PORT].segments = chains[i].segments;
        rig.tx[PORT].longest = chains[i].longest;
        struct rte_mbuf *mbuf = chain_of(&rig, chains[i].first, chains[i].second);
        while (chains[i].dry && taken < COUNT(all) && (all[taken] = rte_pktmbuf_alloc(pool)) != NULL)
            taken++;
        jn_tx_send(rig.worker, &rig.tx[PORT], &mbuf, 1);
        const uint64_t *drops = rig.worker->counters->drops;
        if (rig.sent_count != (chains[i].sent != 0) || drops[JN_DROP_TOO_LONG] != chains[i].too_long ||
            drops[JN_DROP_NO_MBUF] != chains[i].no_mbuf)
            fail_msg("%s: %u sent, %lu too long", chains[i].what, rig.sent_count,
                     (unsigned long)drops[JN_DROP_TOO_LONG]);
        if (chains[i].sent != 0) {
            assert_int_equal(rig.sent[0].segments, chains[i].sent);
            assert_int_equal(rig.sent[0].length, chains[i].first + chains[i].second);
            assert_int_equal(rig.sent[0].data[chains[i].first - 1], 1);
            assert_int_equal(rig.sent[0].data[chains[i].first], 2);
        }
        rte_pktmbuf_free_bulk(all, taken);
        assert_int_equal(rte_mempool_avail_count(pool), before);
        rig_close(&rig);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_goes_first),
        cmocka_unit_test(test_answers_take_no_room_of_packets),
        cmocka_unit_test(test_nobody_waits_for_nothing),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_handed_over),
        cmocka_unit_test(test_probes_have_buffers_of_their_own),
    };
    return cmocka_run_group_tests_name("tx", tests, start, NULL);
}
