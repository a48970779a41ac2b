// SPDX-License-Identifier: BSD-3-Clause
// The shape of the tables in redirect_vectors.h, and a rig that they are played on. Included behind cmocka.h.
#pragma once

#include "capture_file.h"
#include "lists.h"
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"
#include "tunnel/vxlan_vector.h"

#define VECTOR_SECOND       UINT64_C(1000000000)
#define VECTOR_START        (1700000000 * VECTOR_SECOND)
#define VECTOR_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { VECTOR_ACCESS, VECTOR_NETWORK, VECTOR_TUNNEL, VECTOR_STEPS = 6, VECTOR_SENT = 6 };
enum vector_step { VECTOR_UP, VECTOR_DOWN, VECTOR_BACK };
enum { VECTOR_NOTHING_DROPPED = -1, VECTOR_IGNORED = -2 }; // beside enum jn_gate_drop

struct redirect_vector {
    const char *what, *vpgs;
    enum jn_redirect_target target;
    unsigned int peer_idx;
    uint16_t mtu; // of the tunnel port; 0: 1,500
    int drop;
    unsigned int step_count;
    struct {
        enum vector_step by; // from the access side, the network side, a peer
        struct bytes_vector frame;
    } steps[VECTOR_STEPS];
    unsigned int sent_count;
    struct {
        uint16_t port;
        struct bytes_vector frame;
    } sent[VECTOR_SENT];
};

// A VPG with a gate, for tests that build their frames themselves. gate, rest: more keys, each behind a comma.
#define VECTOR_VPG(id, gate, rest)                                                                                     \
    "{\"id\":\"" id "\",\"device_subnets\":[\"10.128.0.0/16\"],\"gate\":{\"address\":\"10.254.0.1/16\","               \
    "\"mac\":\"06:07:00:00:0f:01\",\"peers\":[{\"outer\":\"198.19.0.20\",\"inner\":\"10.254.0.2\"},"                   \
    "{\"outer\":\"198.19.0.21\",\"inner\":\"10.254.0.3\"}]" gate "}" rest "}"
#define VECTOR_THROUGH(keys) ",\"redirection\":{\"gateway\":\"10.254.0.2\"" keys "}"
#define VECTOR_OPEN          "[" VECTOR_VPG("v", "", "") "]"
#define VECTOR_REDIRECTED    "[" VECTOR_VPG("v", "", VECTOR_THROUGH("")) "]"

static const uint8_t vector_gateway[6] = {2, 0, 0, 0, 0x0f, 2};
static const uint8_t vector_own[6] = {6, 7, 0, 0, 0x0f, 1};

// Bytes of the outer frame before the inner frame, and before the inner packet.
enum { VECTOR_OUTER = 14 + 20 + 8 + 8, VECTOR_INNER = VECTOR_OUTER + 14 };

static const struct frame_spec vector_up = {.source = 0x0a800005,
                                            .destination = 0xc6120709,
                                            .source_port = 40000,
                                            .destination_port = 53,
                                            .protocol = 17,
                                            .payload = 30};

// Every test closes its rig: then all buffers are back.
static unsigned int vector_buffers;

static inline int
vector_remember_buffers(void **state) {
    (void)state;
    vector_buffers = rig_buffers_free();
    return 0;
}

static inline int
vector_count_buffers(void **state) {
    (void)state;
    return rig_buffers_free() == vector_buffers ? 0 : -1;
}

#define VECTOR_TEST(name) cmocka_unit_test_setup_teardown(name, vector_remember_buffers, vector_count_buffers)

static inline const struct jn_gate_counters *
vector_counters(const struct rig *rig) {
    return &rig->worker->redirect->counters[0];
}

static inline uint64_t
vector_dropped(const struct rig *rig) {
    uint64_t all = 0;
    for (unsigned int drop = 0; drop < JN_GATE_DROP_COUNT; drop++)
        all += vector_counters(rig)->drops[drop];
    return all;
}

static inline void
vector_send(struct rig *rig, const struct frame_spec *spec, bool down, uint64_t now_ns) {
    uint8_t frame[RIG_FRAME];
    rig_frame(rig, frame, frame_build(spec, frame), 0, down, now_ns);
}

static inline void
vector_sum(uint8_t *ip) {
    jn_put_be16(ip + 10, 0);
    jn_put_be16(ip + 10, jn_checksum(ip, JN_IPV4_BYTES));
}

// The outer frame in which the first peer brings that packet. Returns its length.
static inline uint32_t
vector_input(const struct frame_spec *spec, uint32_t vni, uint8_t *out) {
    static const uint8_t outer[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0x63, 8};
    uint8_t frame[RIG_FRAME];
    struct frame_spec untagged = *spec;
    untagged.vlan = 0;
    uint32_t length = frame_build(&untagged, frame);
    vector_sum(frame + 14);
    memcpy(frame, vector_own, 6);
    memcpy(frame + 6, vector_gateway, 6);
    memcpy(out, outer, 14);
    uint8_t *at = jn_put_be16(jn_put_be16(out + 14, 0x4500), VECTOR_OUTER - 14 + length);
    at = jn_put_be32(jn_put_be32(at, 0), 0x40110000);
    at = jn_put_be32(jn_put_be32(at, 0xc6130014), 0xc6130001);
    vector_sum(out + 14);
    at = jn_put_be16(jn_put_be16(at, 50000), JN_VXLAN_PORT);
    at = jn_put_be16(jn_put_be16(at, 16 + length), 0);
    at = jn_put_be32(jn_put_be32(at, 0x08000000), vni << 8);
    memcpy(at, frame, length);
    return VECTOR_OUTER + length;
}

static inline void
vector_come_back(struct rig *rig, const struct frame_spec *spec, uint64_t now_ns) {
    uint8_t frame[RIG_FRAME];
    rig_arrive(rig, frame, vector_input(spec, 10, frame), now_ns);
}

// The frame sent last but `ago`.
static inline const struct rig_sent *
vector_sent(const struct rig *rig, unsigned int ago) {
    return &rig->sent[(rig->sent_count - 1 - ago) % RIG_SENT];
}

// Next hops answer; the gateway's way is the first peer's.
static inline void
vector_open(struct rig *rig, const char *vpgs) {
    rig_open(rig, vpgs, 0);
    rig_resolve(rig, true);
    if (rig->rules->vnet[0] != NULL && rig->rules->vnet[0]->redirects)
        rig_target(rig, JN_TARGET_PEER, 0, vector_gateway);
}

static inline void
vector_step(struct rig *rig, enum vector_step by, const struct bytes_vector *bytes, uint64_t now_ns) {
    uint8_t *frame = vector_bytes(bytes);
    if (by == VECTOR_BACK)
        rig_arrive(rig, frame, bytes->length, now_ns);
    else
        rig_frame(rig, frame, bytes->length, 0, by == VECTOR_DOWN, now_ns);
    free(frame);
}

// Every frame that a row sends, for other dissectors to judge.
static inline void
vector_check_sent(const struct redirect_vector *row, const struct rig *rig, unsigned int before, FILE *capture) {
    if (rig->sent_count - before != row->sent_count)
        fail_msg("%s: expected %u frames, found %u", row->what, row->sent_count, rig->sent_count - before);
    for (unsigned int i = 0; i < row->sent_count; i++) {
        const struct rig_sent *sent = &rig->sent[(before + i) % RIG_SENT];
        capture_keep(capture, sent->data, sent->length);
        if (sent->port != row->sent[i].port)
            fail_msg("%s: frame %u: expected port %u, found %u", row->what, i, row->sent[i].port, sent->port);
        if (sent->length != row->sent[i].frame.length)
            fail_msg("%s: frame %u: expected %u bytes, found %u", row->what, i, row->sent[i].frame.length,
                     sent->length);
        vector_same(row->what, sent->data, &row->sent[i].frame);
    }
}

static inline void
vector_check_drop(const struct redirect_vector *row, const struct rig *rig) {
    for (int drop = 0; drop < JN_GATE_DROP_COUNT; drop++)
        if (vector_counters(rig)->drops[drop] != (drop == row->drop))
            fail_msg("%s: lost as %s: %lu", row->what, jn_list_word(&jn_gate_drop_list, (unsigned int)drop),
                     (unsigned long)vector_counters(rig)->drops[drop]);
    assert_int_equal(rig->worker->underlay->counters->ignored_tunnel, row->drop == VECTOR_IGNORED);
}

// split, long_way: as of the rig. What the last step makes leave, and nothing is lost on the way but what the row says, not a single buffer.
static inline void
vector_play_by(const struct redirect_vector *row, FILE *capture, uint32_t split, bool long_way) {
    struct rig rig;
    unsigned int free_before = rig_buffers_free(), before = 0;
    vector_open(&rig, row->vpgs);
    rig.split = split;
    rig.long_way = long_way;
    if (row->mtu != 0) {
        rig.ports.mtu[VECTOR_TUNNEL] = row->mtu;
        rig_policy(&rig, row->vpgs, 0);
    }
    if (row->target != JN_TARGET_PEER || row->peer_idx != 0)
        rig_target(&rig, row->target, row->peer_idx, vector_gateway);
    for (unsigned int i = 0; i < row->step_count; i++) {
        before = rig.sent_count;
        vector_step(&rig, row->steps[i].by, &row->steps[i].frame, VECTOR_START + i);
    }
    vector_check_sent(row, &rig, before, capture);
    vector_check_drop(row, &rig);
    rig_close(&rig);
    if (rig_buffers_free() != free_before)
        fail_msg("%s: %u buffers are gone", row->what, free_before - rig_buffers_free());
}

static inline void
vector_play(const struct redirect_vector *row, FILE *capture) {
    vector_play_by(row, capture, 0, false);
}
