// SPDX-License-Identifier: BSD-3-Clause
// Many packets redirected at once: each leaves as it does alone, whatever stands beside it in the burst. Alone, and the first
// of a burst, a packet takes the long way; the rest of a burst, where it is of the usual kind, takes the short one.
#include "redirect_vector.h"
#include "test.h"

#define T0 VECTOR_START

enum { ACCESS, NETWORK, TUNNEL, ROWS = 14, PORTS = 3, LONGEST = 1600 };

struct row {
    const char *what;
    struct frame_spec spec;
};

// What differs from a device's UDP packet to port 53.
static const struct row rows[ROWS] = {
    {"UDP", {.payload = 30}},
    {"link padding behind a short packet", {.payload = 1, .source_port = 40001}},
    {"an odd length", {.payload = 301, .source_port = 40002}},
    {"TCP", {.protocol = 6, .tcp_flags = 0x10, .payload = 100}},
    {"TCP that begins", {.protocol = 6, .tcp_flags = 0x02, .source_port = 40003}},
    {"a tag", {.vlan = 0x6005, .payload = 30, .source_port = 40004}},
    {"two ends of no fragment, marked", {.dscp = 46, .id = 7, .fragment = 0x4000, .payload = 18}},
    {"a first fragment", {.id = 8, .fragment = 0x2000, .payload = 24}},
    {"a later fragment", {.id = 8, .fragment = 4, .payload = 24}},
    {"to a tunnel's port", {.destination_port = 4789, .payload = 30}},
    {"to a link-local address", {.destination = 0xa9fe0101, .payload = 30}},
    {"too long", {.payload = 1422}},
    {"just fitting", {.payload = 1421}},
    {"another device", {.source = 0x0a800006, .payload = 30}},
};

struct played {
    unsigned int count[PORTS];
    struct bytes {
        uint32_t length;
        uint8_t at[LONGEST];
    } frames[PORTS][4 * ROWS];
};

// As they left, each port's in their order. An outer identification is a counter's.
static void
take(const struct rig *rig, struct played *played) {
    for (unsigned int n = 0; n < rig->sent_count; n++) {
        const struct rig_sent *sent = &rig->sent[n];
        assert_in_range(sent->port, ACCESS, TUNNEL);
        struct bytes *to = &played->frames[sent->port][played->count[sent->port]++];
        to->length = sent->length;
        memcpy(to->at, sent->data, sent->length);
    }
}

static uint32_t
build(unsigned int n, uint8_t *frame) {
    struct frame_spec spec = rows[n % ROWS].spec;
    spec.source = spec.source != 0 ? spec.source : 0x0a800005;
    spec.destination = spec.destination != 0 ? spec.destination : 0xc6120709;
    spec.protocol = spec.protocol != 0 ? spec.protocol : 17;
    spec.destination_port = spec.destination_port != 0 ? spec.destination_port : 53;
    uint32_t length = frame_build(&spec, frame);
    for (uint32_t i = 60; i < length; i++)
        frame[i] = (uint8_t)(i * 7 + n % ROWS);
    if (length < 60) {
        memset(frame + length, 0xee, 60 - length);
        return 60;
    }
    return length;
}

// All rows once and once more, so that each is behind another one.
static void
play(const char *vpgs, bool at_once, bool down, struct played *played) {
    static uint8_t frames[2 * ROWS][LONGEST];
    const uint8_t *data[2 * ROWS];
    uint32_t length[2 * ROWS];
    struct rig rig;
    memset(played, 0, sizeof(*played));
    vector_open(&rig, vpgs);
    for (unsigned int n = 0; n < 2 * ROWS; n++) {
        data[n] = frames[n];
        length[n] = build(n, frames[n]);
        if (!at_once)
            rig_frame(&rig, data[n], length[n], 0, down, T0);
    }
    if (at_once)
        rig_frames(&rig, data, length, 2 * ROWS, down, T0);
    take(&rig, played);
    rig_close(&rig);
}

static void
test_a_burst_leaves_as_its_packets_alone(void **state) {
    (void)state;
    static const char *const policies[] = {
        VECTOR_REDIRECTED,
        "[" VECTOR_VPG("v", ",\"source_port\":\"fixed\"", VECTOR_THROUGH("")) "]",
        "[" VECTOR_VPG("v", "", VECTOR_THROUGH(",\"too_long\":\"fragment_outer\"")) "]",
        "[" VECTOR_VPG("v", ",\"dscp\":46,\"ttl\":9", VECTOR_THROUGH(",\"on_failure\":\"drop\"")) "]",
    };
    static struct played alone, together;
    for (size_t p = 0; p < VECTOR_COUNT(policies); p++)
        for (int down = 0; down < 2; down++) {
            play(policies[p], false, down, &alone);
            play(policies[p], true, down, &together);
            assert_in_range(alone.count[TUNNEL], ROWS, 4 * ROWS);
            for (unsigned int port = 0; port < PORTS; port++) {
                assert_int_equal(together.count[port], alone.count[port]);
                for (unsigned int n = 0; n < alone.count[port]; n++) {
                    assert_int_equal(together.frames[port][n].length, alone.frames[port][n].length);
                    assert_memory_equal(together.frames[port][n].at, alone.frames[port][n].at,
                                        alone.frames[port][n].length);
                }
            }
        }
}

// A group's frame, or one with more than an IP packet needs to be believed, is no usual one; the frames beside it are.
static void
test_what_a_burst_leaves_behind(void **state) {
    (void)state;
    uint8_t frames[4][LONGEST];
    const uint8_t *data[4];
    uint32_t length[4];
    struct rig rig;
    vector_open(&rig, VECTOR_REDIRECTED);
    for (unsigned int n = 0; n < 4; n++) {
        data[n] = frames[n];
        length[n] = build(0, frames[n]);
    }
    frames[2][0] |= 1;
    rig_frames(&rig, data, length, 4, false, T0);
    assert_int_equal(rig.sent_count, 4);
    for (unsigned int n = 0; n < 3; n++)
        assert_int_equal(rig.sent[n].port, TUNNEL);
    assert_int_equal(rig.sent[3].port, NETWORK);
    assert_memory_equal(rig.sent[3].data, frames[2], length[2]);
    assert_int_equal(vector_counters(&rig)->peers[0].sent_packets, 3);
    assert_int_equal(vector_counters(&rig)->peers[0].sent_bytes, 3 * (length[0] - 14));
    rig_close(&rig);
}

// Buffers in pieces take the long way, and the bytes are the same.
static void
test_chains_among_others(void **state) {
    (void)state;
    static struct played pieces, whole;
    for (int split = 0; split < 2; split++) {
        uint8_t frames[6][LONGEST];
        const uint8_t *data[6];
        uint32_t length[6];
        struct rig rig;
        vector_open(&rig, VECTOR_REDIRECTED);
        rig.split = split ? 100 : 0;
        for (unsigned int n = 0; n < 6; n++) {
            data[n] = frames[n];
            length[n] = build(n % 2 == 0 ? 0 : 2, frames[n]);
        }
        rig_frames(&rig, data, length, 6, false, T0);
        memset(split ? &pieces : &whole, 0, sizeof(whole));
        take(&rig, split ? &pieces : &whole);
        rig_close(&rig);
    }
    assert_int_equal(whole.count[TUNNEL], 6);
    assert_memory_equal(&pieces, &whole, sizeof(whole));
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        VECTOR_TEST(test_a_burst_leaves_as_its_packets_alone),
        VECTOR_TEST(test_what_a_burst_leaves_behind),
        VECTOR_TEST(test_chains_among_others),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("redirect_usual", tests, NULL, NULL);
}
