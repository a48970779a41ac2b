// SPDX-License-Identifier: BSD-3-Clause
// Packets that come back, by the short way and by the long one, alone and in bursts, by one worker and by two: whatever byte of
// one is another, all say the same of it.
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "path/path.h"
#include "redirect_vector.h"
#include "vectors/redirect_vectors.h"
#include "worker/app.h"

#define T0 VECTOR_START

// Where the fields of a frame that vector_input builds are: outer, inner, and of either what follows its IP header.
enum {
    TUNNEL = 2,
    OUTER = 14,
    UDP = 34,
    VXLAN = 42,
    ETHERNET = 50,
    INNER = 64,
    PORTS = 84,
    ROOM = 256,
    BYTES = 8,
    SENT = 8
};

enum sums { AS_IT_WAS, OUTER_RIGHT, INNER_RIGHT };

static const struct row {
    const char *what;
    bool usual;
    uint32_t at, count; // bytes that are another, and how many
    uint8_t bytes[BYTES];
    enum sums sum;
    int longer; // bytes that follow, or lack
} rows[] = {
    {"as it should be", true, 0, 0, {0}, AS_IT_WAS, 0},
    {"outer: to another MAC", false, 0, 6, {2, 0, 0, 0, 0, 9}, AS_IT_WAS, 0},
    {"outer: from nobody's MAC", false, 6, 6, {0}, AS_IT_WAS, 0},
    {"outer: from our own MAC", false, 6, 6, {2, 0, 0, 0, 0, 2}, AS_IT_WAS, 0},
    {"outer: from another router", true, 6, 6, {2, 0, 0, 0, 0, 0x64}, AS_IT_WAS, 0},
    {"outer: from a group's MAC", false, 6, 1, {3}, AS_IT_WAS, 0},
    {"outer: version 6", false, OUTER, 1, {0x65}, OUTER_RIGHT, 0},
    {"outer: options", false, OUTER, 1, {0x46}, OUTER_RIGHT, 0},
    {"outer: marked", true, OUTER + 1, 1, {0xb9}, OUTER_RIGHT, 0},
    {"outer: longer than the frame", false, OUTER + 2, 2, {0, 200}, OUTER_RIGHT, 0},
    {"outer: shorter than UDP says", false, OUTER + 2, 2, {0, 60}, OUTER_RIGHT, 0},
    {"outer: no length", false, OUTER + 2, 2, {0, 0}, OUTER_RIGHT, 0},
    {"outer: a first fragment", false, OUTER + 6, 1, {0x20}, OUTER_RIGHT, 0},
    {"outer: a later fragment", false, OUTER + 7, 1, {1}, OUTER_RIGHT, 0},
    {"outer: not to be fragmented", true, OUTER + 6, 1, {0x40}, OUTER_RIGHT, 0},
    {"outer: the last hop", true, OUTER + 8, 1, {1}, OUTER_RIGHT, 0},
    {"outer: TCP", false, OUTER + 9, 1, {6}, OUTER_RIGHT, 0},
    {"outer: a wrong checksum", false, OUTER + 10, 1, {0x77}, AS_IT_WAS, 0},
    {"outer: from nobody we know", false, OUTER + 12, 4, {198, 19, 0, 77}, OUTER_RIGHT, 0},
    {"outer: from the other peer", false, OUTER + 12, 4, {198, 19, 0, 21}, OUTER_RIGHT, 0},
    {"outer: to somebody else", false, OUTER + 16, 4, {198, 19, 0, 9}, OUTER_RIGHT, 0},
    {"UDP: from another port", true, UDP, 2, {1, 2}, AS_IT_WAS, 0},
    {"UDP: to another port", false, UDP + 2, 2, {0x12, 0xb6}, AS_IT_WAS, 0},
    {"UDP: no length", false, UDP + 4, 2, {0, 0}, AS_IT_WAS, 0},
    {"UDP: shorter than its header", false, UDP + 4, 2, {0, 7}, AS_IT_WAS, 0},
    {"UDP: no room for VXLAN", false, UDP + 4, 2, {0, 12}, AS_IT_WAS, 0},
    {"UDP: no room for an inner frame", false, UDP + 4, 2, {0, 29}, AS_IT_WAS, 0},
    {"UDP: no room for an inner header", false, UDP + 4, 2, {0, 49}, AS_IT_WAS, 0},
    {"UDP: shorter than the inner packet", false, UDP + 4, 2, {0, 87}, AS_IT_WAS, 0},
    {"UDP: longer than the outer packet", false, UDP + 4, 2, {0, 89}, AS_IT_WAS, 0},
    {"UDP: a wrong checksum", false, UDP + 6, 2, {0x12, 0x34}, AS_IT_WAS, 0},
    {"VXLAN: no VNI", false, VXLAN, 1, {0}, AS_IT_WAS, 0},
    {"VXLAN: reserved flags and fields", true, VXLAN, 4, {0xff, 1, 2, 3}, AS_IT_WAS, 0},
    {"VXLAN: another VNI", false, VXLAN + 6, 1, {11}, AS_IT_WAS, 0},
    {"inner: to another MAC", false, ETHERNET, 6, {2, 0, 0, 0, 0, 9}, AS_IT_WAS, 0},
    {"inner: to all", false, ETHERNET, 6, {255, 255, 255, 255, 255, 255}, AS_IT_WAS, 0},
    {"inner: from nobody's MAC", false, ETHERNET + 6, 6, {0}, AS_IT_WAS, 0},
    {"inner: from our own MAC", false, ETHERNET + 6, 6, {6, 7, 0, 0, 0x0f, 1}, AS_IT_WAS, 0},
    {"inner: from another host's MAC", true, ETHERNET + 6, 6, {2, 0, 0, 0, 0x0f, 9}, AS_IT_WAS, 0},
    {"inner: from a group's MAC", false, ETHERNET + 6, 1, {3}, AS_IT_WAS, 0},
    {"inner: tagged", false, ETHERNET + 12, 2, {0x81, 0}, AS_IT_WAS, 0},
    {"inner: ARP", false, ETHERNET + 12, 2, {8, 6}, AS_IT_WAS, 0},
    {"inner: IPv6, it says", false, ETHERNET + 12, 2, {0x86, 0xdd}, AS_IT_WAS, 0},
    {"inner: another type", false, ETHERNET + 12, 2, {0x88, 0x47}, AS_IT_WAS, 0},
    {"inner: version 5", false, INNER, 1, {0x55}, INNER_RIGHT, 0},
    {"inner: options", false, INNER, 1, {0x46}, INNER_RIGHT, 0},
    {"inner: half a header", false, INNER, 1, {0x44}, INNER_RIGHT, 0},
    {"inner: marked", true, INNER + 1, 1, {0xb8}, INNER_RIGHT, 0},
    {"inner: no length", false, INNER + 2, 2, {0, 0}, INNER_RIGHT, 0},
    {"inner: shorter than its header", false, INNER + 2, 2, {0, 19}, INNER_RIGHT, 0},
    {"inner: ports, and no more", false, INNER + 2, 2, {0, 27}, INNER_RIGHT, 0},
    {"inner: UDP's header alone, padded", true, INNER + 2, 2, {0, 28}, INNER_RIGHT, 0},
    {"inner: longer than the frame", false, INNER + 2, 2, {0, 59}, INNER_RIGHT, 0},
    {"inner: not to be fragmented", true, INNER + 6, 1, {0x40}, INNER_RIGHT, 0},
    {"inner: a first fragment", false, INNER + 6, 1, {0x20}, INNER_RIGHT, 0},
    {"inner: a later fragment", false, INNER + 7, 1, {2}, INNER_RIGHT, 0},
    {"inner: TCP", true, INNER + 9, 1, {6}, INNER_RIGHT, 0},
    {"inner: TCP cut short", false, INNER + 9, 1, {6}, INNER_RIGHT, -25},
    {"inner: ICMP", false, INNER + 9, 1, {1}, INNER_RIGHT, 0},
    {"inner: SCTP", false, INNER + 9, 1, {132}, INNER_RIGHT, 0},
    {"inner: a wrong checksum", false, INNER + 10, 1, {0x77}, AS_IT_WAS, 0},
    {"inner: from 0.0.0.0", false, INNER + 12, 4, {0}, INNER_RIGHT, 0},
    {"inner: from 127.0.0.1", false, INNER + 12, 4, {127, 0, 0, 1}, INNER_RIGHT, 0},
    {"inner: from 223.0.0.1", true, INNER + 12, 4, {223, 0, 0, 1}, INNER_RIGHT, 0},
    {"inner: from a group", false, INNER + 12, 4, {224, 0, 0, 1}, INNER_RIGHT, 0},
    {"inner: from our own address", false, INNER + 12, 4, {10, 254, 0, 1}, INNER_RIGHT, 0},
    {"inner: from the gateway", true, INNER + 12, 4, {10, 254, 0, 2}, INNER_RIGHT, 0},
    {"inner: to 0.0.0.0", false, INNER + 16, 4, {0}, INNER_RIGHT, 0},
    {"inner: to 127.0.0.1", false, INNER + 16, 4, {127, 0, 0, 1}, INNER_RIGHT, 0},
    {"inner: to our own address", false, INNER + 16, 4, {10, 254, 0, 1}, INNER_RIGHT, 0},
    {"inner: to a group", true, INNER + 16, 4, {239, 1, 2, 3}, INNER_RIGHT, 0},
    {"inner: to all", true, INNER + 16, 4, {255, 255, 255, 255}, INNER_RIGHT, 0},
    {"inner: to another device", true, INNER + 16, 4, {10, 128, 0, 9}, INNER_RIGHT, 0},
    {"inner: of another flow", true, PORTS, 2, {1, 1}, AS_IT_WAS, 0},
    {"padding behind the outer packet", true, 0, 0, {0}, AS_IT_WAS, 9},
    {"cut short", false, 0, 0, {0}, AS_IT_WAS, -1},
};

// id: of the inner packet.
static uint32_t
build(const struct row *row, uint16_t id, uint8_t *frame) {
    struct frame_spec spec = vector_up;
    spec.id = id;
    memset(frame, 0xa5, ROOM);
    uint32_t length = vector_input(&spec, 10, frame);
    memcpy(frame + row->at, row->bytes, row->count);
    if (row->sum != AS_IT_WAS)
        vector_sum(frame + (row->sum == OUTER_RIGHT ? OUTER : INNER));
    if (row->longer < 0 && row->sum == INNER_RIGHT) { // all lengths agree
        uint32_t inner = 58 - (uint32_t)-row->longer;
        jn_put_be16(frame + OUTER + 2, inner + 50);
        jn_put_be16(frame + UDP + 4, inner + 30);
        jn_put_be16(frame + INNER + 2, inner);
        vector_sum(frame + OUTER);
        vector_sum(frame + INNER);
    }
    return (uint32_t)((int)length + row->longer);
}

// What became of what came. Frames of one port are in their order.
struct end {
    struct jn_gate_counters gate;
    uint64_t ignored, drops[JN_DROP_COUNT];
    unsigned int sent, kept, flows;
    struct {
        uint16_t port;
        uint32_t length;
        uint8_t data[ROOM];
    } frames[SENT];
};

static void
note(const struct rig *rig, unsigned int kept, struct end *end) {
    memset(end, 0, sizeof(*end));
    end->gate = *vector_counters(rig);
    end->ignored = rig->worker->underlay->counters->ignored_tunnel;
    memcpy(end->drops, rig->worker->counters->drops, sizeof(end->drops));
    end->sent = rig->sent_count;
    end->kept = kept;
    end->flows = rig->worker->flow->table.header->active;
    unsigned int n = 0;
    for (uint16_t port = 0; port < RIG_PORTS; port++)
        for (unsigned int i = 0; i < rig->sent_count; i++) {
            const struct rig_sent *sent = &rig->sent[i];
            if (sent->port != port)
                continue;
            assert_in_range(n, 0, SENT - 1);
            end->frames[n].port = port;
            end->frames[n].length = sent->length;
            memcpy(end->frames[n++].data, sent->data, sent->length < ROOM ? sent->length : ROOM);
        }
}

static void
open_heard(struct rig *rig) {
    vector_open(rig, VECTOR_REDIRECTED);
    vector_send(rig, &vector_up, false, T0);
}

static void
play_alone(const struct row *row, bool long_way, struct end *end) {
    uint8_t frame[ROOM];
    struct rig rig;
    open_heard(&rig);
    rig.long_way = long_way;
    rig_arrive(&rig, frame, build(row, 7, frame), T0 + 1);
    note(&rig, 0, end);
    rig_close(&rig);
}

static struct jn_app app;
static struct jn_thread threads[2];

static void
open_threads(struct rig *rig, unsigned int workers) {
    memset(&app, 0, sizeof(app));
    memset(threads, 0, sizeof(threads));
    app.options.worker_count = workers;
    jn_owners_keyed(&app.owners, &rig->worker->hash_key, workers);
    for (unsigned int n = 0; n < 2; n++) {
        threads[n].app = &app;
        threads[n].worker = *rig->worker;
        threads[n].worker.index = n;
        app.threads[n] = &threads[n];
    }
}

// By the worker's own hands. Returns how many are left for the pipeline.
static unsigned int
take(struct rig *rig, unsigned int self, const uint8_t *const *data, const uint32_t *length, unsigned int count) {
    rig_load(rig, data, length, count, TUNNEL);
    rig->path->underlay_take(&threads[self], &rig->burst);
    for (unsigned int i = 0; i < rig->burst.count; i++)
        rte_pktmbuf_free(rig->burst.mbuf[i]);
    return rig->burst.count;
}

// Between two usual ones of its flow, twice.
static void
play_among_others(const struct row *row, bool at_once, struct end *end) {
    uint8_t frames[5][ROOM];
    const uint8_t *data[5];
    uint32_t length[5];
    unsigned int kept = 0;
    struct rig rig;
    open_heard(&rig);
    open_threads(&rig, 1);
    for (uint16_t n = 0; n < 5; n++) {
        data[n] = frames[n];
        length[n] = build(n % 2 ? row : &rows[0], n, frames[n]);
        if (!at_once)
            kept += take(&rig, 0, &data[n], &length[n], 1);
    }
    if (at_once)
        kept = take(&rig, 0, data, length, 5);
    note(&rig, kept, end);
    rte_pktmbuf_free(threads[0].spare);
    rig_close(&rig);
}

static void
expect_same(const char *what, const char *how, const struct end *a, const struct end *b) {
    for (unsigned int i = 0; i < a->sent; i++)
        if (memcmp(&a->frames[i], &b->frames[i], sizeof(a->frames[i])) != 0)
            fail_msg("%s: %s: frame %u of %u", what, how, i, a->sent);
    if (memcmp(a, b, sizeof(*a)) != 0)
        fail_msg("%s: %s: %u and %u sent, %u and %u kept, %u and %u flows, counters", what, how, a->sent, b->sent,
                 a->kept, b->kept, a->flows, b->flows);
}

static bool
is_usual(const struct row *row) {
    uint8_t frame[ROOM];
    const uint8_t *data = frame;
    uint32_t length = build(row, 7, frame);
    struct jn_vxlan_usual usual;
    struct rig rig;
    open_heard(&rig);
    rig_load(&rig, &data, &length, 1, TUNNEL);
    jn_vxlan_usual_begin(&usual, NULL);
    bool is = rig.path->usual_find(rig.worker, &rig.burst, 0, &usual) == 0;
    rte_pktmbuf_free(rig.burst.mbuf[0]);
    rig_close(&rig);
    return is;
}

static void
test_the_short_way_says_what_the_long_one_says(void **state) {
    (void)state;
    static struct end one, other;
    for (size_t r = 0; r < VECTOR_COUNT(rows); r++) {
        if (is_usual(&rows[r]) != rows[r].usual)
            fail_msg("%s: %s", rows[r].what, rows[r].usual ? "goes the long way" : "goes the short way");
        play_alone(&rows[r], false, &one);
        play_alone(&rows[r], true, &other);
        expect_same(rows[r].what, "by the long way", &one, &other);
        play_among_others(&rows[r], false, &one);
        play_among_others(&rows[r], true, &other);
        expect_same(rows[r].what, "in one burst", &one, &other);
    }
}

static void
test_rows_by_the_long_way(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(back_vectors); i++)
        vector_play_by(&back_vectors[i], NULL, 0, true);
}

// What comes back in the rows of that policy, as far as a burst has room. Returns how many.
static unsigned int
frames_back(const char *vpgs, const uint8_t *data[JN_BURST], uint32_t length[JN_BURST]) {
    unsigned int count = 0;
    for (size_t i = 0; i < VECTOR_COUNT(back_vectors); i++)
        for (unsigned int step = 0; step < back_vectors[i].step_count && count < JN_BURST; step++)
            if (back_vectors[i].steps[step].by == VECTOR_BACK && strcmp(back_vectors[i].vpgs, vpgs) == 0) {
                length[count] = back_vectors[i].steps[step].frame.length;
                data[count++] = vector_bytes(&back_vectors[i].steps[step].frame);
            }
    return count;
}

// Whose each of them is, if it is a usual one. Returns how many are.
static unsigned int
look_at(struct rig *rig, const uint8_t **data, const uint32_t *length, unsigned int count,
        const struct jn_vnet_source *source[]) {
    struct jn_vxlan_usual usual;
    unsigned int found = 0;
    rig_load(rig, data, length, count, TUNNEL);
    jn_vxlan_usual_begin(&usual, NULL);
    memset(source, 0, count * sizeof(source[0]));
    for (unsigned int n = 0; (n = rig->path->usual_find(rig->worker, &rig->burst, n, &usual)) < count; n++, found++)
        source[n] = usual.source;
    for (unsigned int n = 0; n < count; n++)
        rte_pktmbuf_free(rig->burst.mbuf[n]);
    return found;
}

static unsigned int
check_bursts_of(const char *vpgs) {
    const struct jn_vnet_source *together[JN_BURST], *alone;
    const uint8_t *data[JN_BURST];
    uint32_t length[JN_BURST];
    unsigned int count = frames_back(vpgs, data, length);
    struct rig rig;
    vector_open(&rig, vpgs);
    unsigned int found = look_at(&rig, data, length, count, together);
    for (unsigned int n = 0; n < count; n++) {
        look_at(&rig, &data[n], &length[n], 1, &alone);
        assert_ptr_equal(together[n], alone);
    }
    for (unsigned int n = 0; n < count; n++)
        free((void *)(uintptr_t)data[n]);
    rig_close(&rig);
    return found;
}

// The peer of the packet before is tried first.
static void
test_a_burst_is_looked_at_as_its_packets_alone(void **state) {
    (void)state;
    unsigned int usual = 0;
    for (size_t i = 0; i < VECTOR_COUNT(back_vectors); i++) {
        size_t first = 0;
        while (strcmp(back_vectors[first].vpgs, back_vectors[i].vpgs) != 0)
            first++;
        if (first == i)
            usual += check_bursts_of(back_vectors[i].vpgs);
    }
    assert_true(usual > 10);
}

enum { PACKETS = 60 };

// How many of these frames the other worker got, all of them its own, whole and in their order.
static unsigned int
take_handed(struct rte_ring *ring, unsigned int owner, uint8_t frames[PACKETS][ROOM], const uint32_t *length) {
    unsigned int handed = 0;
    struct rte_mbuf *mbuf;
    for (unsigned int n = 0; rte_ring_sc_dequeue(ring, (void **)&mbuf) == 0; n++, handed++) {
        while (n < PACKETS && memcmp(rte_pktmbuf_mtod(mbuf, void *), frames[n], length[n]) != 0)
            n++;
        assert_in_range(n, 0, PACKETS - 1);
        struct jn_packet inner;
        jn_parse_frame(frames[n] + ETHERNET, length[n] - ETHERNET, length[n] - ETHERNET, JN_LINKTYPE_ETHERNET, &inner);
        assert_int_equal(jn_owner(&app.owners, &inner), owner);
        assert_int_equal(rte_pktmbuf_data_len(mbuf), length[n]);
        rte_pktmbuf_free(mbuf);
    }
    return handed;
}

// Usual packets and others, of many flows: each worker hands over what is the other's, and counts what it keeps.
static void
play_of_two(unsigned int self) {
    static const struct row fragment = {"", false, INNER + 6, 1, {0x20}, INNER_RIGHT, 0},
                            nobodys = {"", false, OUTER + 12, 4, {198, 19, 0, 77}, OUTER_RIGHT, 0};
    unsigned int ignored = 0;
    uint8_t frames[PACKETS][ROOM];
    const uint8_t *data[PACKETS];
    uint32_t length[PACKETS];
    struct rig rig;
    open_heard(&rig);
    open_threads(&rig, 2);
    struct rte_ring *ring = rte_ring_create("handed", 128, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    threads[!self].handover_ring[self] = ring;
    for (uint16_t n = 0; n < PACKETS; n++) {
        data[n] = frames[n];
        length[n] = build(n % 7 == 3 ? &fragment : n % 7 == 0 ? &nobodys : &rows[0], n, frames[n]);
        ignored += n % 7 == 0;
        frames[n][INNER + 15] = (uint8_t)(5 + n / 4); // some packets of a device
        vector_sum(frames[n] + INNER);
    }
    assert_int_equal(take(&rig, self, data, length, PACKETS), 0);
    unsigned int handed = take_handed(ring, !self, frames, length);
    assert_in_range(handed, 8, PACKETS - 8);
    assert_int_equal(rig.worker->underlay->counters->ignored_tunnel, ignored);
    assert_int_equal(rig.sent_count, 1 + PACKETS - ignored - handed);
    assert_int_equal(vector_counters(&rig)->peers[0].returned_packets, PACKETS - ignored - handed);
    rte_ring_free(ring);
    rte_pktmbuf_free(threads[self].spare);
    rig_close(&rig);
}

static void
test_packets_of_two_workers(void **state) {
    (void)state;
    play_of_two(0);
    play_of_two(1);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_the_short_way_says_what_the_long_one_says),
        VECTOR_TEST(test_rows_by_the_long_way),
        VECTOR_TEST(test_a_burst_is_looked_at_as_its_packets_alone),
        VECTOR_TEST(test_packets_of_two_workers),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("returned", tests, NULL, NULL);
}
