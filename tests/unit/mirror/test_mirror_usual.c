// SPDX-License-Identifier: BSD-3-Clause
// Copies of many frames at once: each is what it is for a frame that comes in two pieces, which takes the long way.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0 UINT64_C(1700000000000000000)

enum { TUNNEL = 2, TAGGED = 3, FRAMES = 40, LONGEST = 2600, PIECE = 58 };

static const char *const peers[] = {
    "{\"address\":\"198.19.0.10\"}",
    "{\"address\":\"198.19.0.10\",\"key\":4294967295}",
    "{\"address\":\"198.19.0.10\",\"sequence\":true}",
    "{\"address\":\"198.19.0.10\",\"key\":7,\"sequence\":true,\"dscp\":46,\"ttl\":3}",
    "{\"address\":\"198.19.2.10\",\"key\":7,\"sequence\":true}", // by the tagged underlay, whose MTU is 9,000
    "{\"address\":\"fd00:0:0:9::a\"}",
    "{\"address\":\"fd00:0:0:9::a\",\"sequence\":true}",
    "{\"address\":\"fd00:0:0:9::a\",\"key\":7,\"sequence\":true}", // a header too long to be made ready
    "{\"address\":\"198.19.0.10\",\"snap_length\":100}",
    "{\"address\":\"198.19.0.10\",\"too_long\":\"drop\"}",
    "{\"address\":\"198.19.0.10\",\"sample_packets\":3}",
    "{\"address\":\"198.19.0.10\",\"encapsulation\":\"gre\"}",
    "{\"address\":\"198.19.0.10\",\"rate_mbps\":1}",
    "{\"address\":\"198.19.0.10\"},{\"address\":\"198.19.2.11\",\"sequence\":true}",
    "{\"address\":\"198.19.0.10\",\"direction\":\"downlink\"},{\"address\":\"fd00:0:0:9::a\"}",
};

static struct played {
    unsigned int count;
    struct bytes {
        uint16_t port;
        uint32_t length;
        uint8_t at[LONGEST + 96];
    } copies[2 * FRAMES];
    struct jn_peer_counters counters[2];
} whole, pieces;

// Lengths around those where a way of copying ends.
static uint32_t
build(unsigned int n, uint8_t *frame) {
    static const uint16_t payloads[] = {0,    1,    18,   21,   22,   23,   86,   200, 1000,
                                        1420, 1421, 1422, 1423, 1460, 1557, 1558, 2500};
    const struct frame_spec spec = {.source = 0x0a800005 + n % 3,
                                    .destination = 0xc6120001,
                                    .source_port = 40000,
                                    .destination_port = 53,
                                    .protocol = n % 5 == 0 ? 6 : 17,
                                    .tcp_flags = 0x10,
                                    .vlan = n % 7 == 0 ? 5 : 0,
                                    .payload = payloads[n % (sizeof(payloads) / sizeof(payloads[0]))]};
    uint32_t length = frame_build(&spec, frame);
    for (uint32_t i = 62; i < length; i++)
        frame[i] = (uint8_t)(i * 7 + n);
    return length;
}

static void
play(const char *peer, uint32_t split, bool at_once, struct played *played) {
    static uint8_t frames[FRAMES][LONGEST];
    const uint8_t *data[FRAMES];
    uint32_t length[FRAMES];
    char vpgs[512];
    struct rig rig;
    snprintf(vpgs, sizeof(vpgs),
             "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"],\"mirroring\":{\"peers\":[%s]}}]", peer);
    rig_open(&rig, vpgs, 0);
    rig_resolve(&rig, true);
    rig.split = split;
    for (unsigned int n = 0; n < FRAMES; n++) {
        data[n] = frames[n];
        length[n] = build(n, frames[n]);
        if (!at_once)
            rig_frames(&rig, &data[n], &length[n], 1, false, T0);
    }
    if (at_once)
        rig_frames(&rig, data, length, FRAMES, false, T0);
    memset(played, 0, sizeof(*played));
    for (unsigned int n = 0; n < rig.sent_count; n++) {
        const struct rig_sent *sent = &rig.sent[n];
        if (sent->port != TUNNEL && sent->port != TAGGED)
            continue;
        struct bytes *copy = &played->copies[played->count++];
        copy->port = sent->port;
        copy->length = sent->length;
        memcpy(copy->at, sent->data, sent->length);
    }
    memcpy(played->counters, rig.worker->mirror->counters, sizeof(played->counters));
    rig_close(&rig);
}

// A burst's copies come peer by peer, those of single frames frame by frame.
static void
test_whole_as_in_pieces(void **state) {
    (void)state;
    for (size_t p = 0; p < sizeof(peers) / sizeof(peers[0]); p++) {
        play(peers[p], 0, true, &whole);
        play(peers[p], PIECE, true, &pieces);
        assert_in_range(whole.count, FRAMES / 4, 2 * FRAMES);
        if (memcmp(&whole, &pieces, sizeof(whole)) != 0)
            fail_msg("%s: not the same copies", peers[p]);
    }
}

static void
test_at_once_as_one_by_one(void **state) {
    (void)state;
    for (size_t p = 0; p + 2 < sizeof(peers) / sizeof(peers[0]); p++) {
        play(peers[p], 0, true, &whole);
        play(peers[p], 0, false, &pieces);
        if (memcmp(&whole, &pieces, sizeof(whole)) != 0)
            fail_msg("%s: not the same copies", peers[p]);
    }
}

// More copies than are queued at once, in their order, each counted once; some find no buffer.
static void
test_buffers_end_within_a_burst(void **state) {
    (void)state;
    static struct rte_mbuf *taken[2048];
    static uint8_t frame[LONGEST];
    const uint8_t *data[FRAMES];
    uint32_t length[FRAMES];
    struct rig rig;
    rig_open(&rig, "[{\"id\":\"v\",\"mirroring\":{\"peers\":[{\"address\":\"198.19.0.10\",\"sequence\":true}]}}]", 0);
    rig_resolve(&rig, true);
    unsigned int buffers = rig_buffers_free(), count = rig_take_buffers(taken, buffers - FRAMES - 7);
    for (unsigned int n = 0; n < FRAMES; n++) {
        data[n] = frame;
        length[n] = build(2, frame);
    }
    rig_frames(&rig, data, length, FRAMES, false, T0);
    rig_give_buffers(taken, count);
    const struct jn_peer_counters *counters = &rig.worker->mirror->counters[0];
    assert_int_equal(counters->frames, 7);
    assert_int_equal(counters->drops[JN_COPY_DROP_NO_MBUF], FRAMES - 7);
    assert_int_equal(counters->bytes, 7 * (length[0] + 42));
    for (unsigned int n = 0; n < 7; n++)
        assert_int_equal(rig.sent[rig.sent_count - 7 + n].data[41], n);
    assert_int_equal(rig_buffers_free(), buffers);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_as_in_pieces),
        cmocka_unit_test(test_at_once_as_one_by_one),
        cmocka_unit_test(test_buffers_end_within_a_burst),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("mirror_usual", tests, NULL, NULL);
}
