// SPDX-License-Identifier: BSD-3-Clause
// Any frame, any option: the first bytes choose the peer's options, the rest are frames, some of which had more on the wire. The original leaves as it came,
// and every copy is sent or lost under a name.
#include <stdio.h>

#include "fuzz.h"
#include "rig/rig.h"

enum { OPTIONS = 9, TUNNEL = 2 };

static struct rig rig;
static uint64_t now = UINT64_C(1700000000000000000);
static uint64_t expected; // copies that are to be sent or lost
static bool whole_frames; // whatever they hold: no header of theirs is looked at

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    rig_start_dpdk();
    rig_open(&rig, "[{\"id\":\"v\"}]", 1);
    return 0;
}

static void
choose(const uint8_t o[OPTIONS]) {
    static const char *const encapsulations[] = {"gretap", "gre", "erspan2", "erspan3"}, *const too_long[] = {
                                                                                             "cut", "fragment", "drop"};
    char text[1024];
    bool erspan = o[0] % 4 >= 2;
    whole_frames = o[0] % 4 == 0;
    snprintf(text, sizeof(text),
             "[{\"id\":\"v\",\"mirroring\":{\"peers\":[{\"address\":\"%s\",\"encapsulation\":\"%s\",\"too_long\":\"%"
             "s\",\"ttl\":%u,"
             "\"dscp\":%u,\"snap_length\":%u%s%s%s}]}}]",
             o[1] & 1 ? "198.19.0.10" : "fd00:0:0:9::a", encapsulations[o[0] % 4], too_long[o[1] / 2 % 3],
             o[2] % 255 + 1, o[3] % 64, o[4] & 1 ? o[5] * 8u + 64 : 0,
             !erspan && (o[6] & 1) ? ",\"key\":4294967295" : "", !erspan && (o[6] & 2) ? ",\"sequence\":true" : "",
             erspan ? ",\"session\":1023" : "");
    rig_policy(&rig, text, 1);
    rig.lazy = o[7] & 8 ? "never" : "always";
    rig_resolve(&rig, (o[7] & 7) != 0);
    rig.refuse_tunnel = (o[7] & 0xf0) == 0xf0;
}

// Plays the frame: the original leaves first, as it came.
static void
play(const uint8_t *frame, uint32_t length, uint32_t wire_length, bool down) {
    const struct rig_sent *sent = &rig.sent[rig.sent_count % RIG_SENT];
    uint64_t own = rig.worker->counters->exceptions[JN_EXCEPTION_OWN_TUNNEL];
    rig_frame(&rig, frame, length, wire_length, down, now);
    if (sent->port == TUNNEL || sent->length != length || memcmp(sent->data, frame, length) != 0)
        abort();
    expected += rig.worker->counters->exceptions[JN_EXCEPTION_OWN_TUNNEL] == own;
}

// In two pieces it takes the long way, and the copies are the same.
static void
play_in_pieces(const uint8_t *frame, uint32_t length, uint32_t wire_length, bool down) {
    static struct rig_sent whole[8];
    bool none_wait = rig.worker->mirror->hold_peers == 0;
    uint32_t sequences[JN_VPG_PEERS];
    memcpy(sequences, rig.worker->mirror->sequence, sizeof(sequences));
    unsigned int before = rig.sent_count;
    play(frame, length, wire_length, down);
    unsigned int count = rig.sent_count - before;
    if (!whole_frames || !none_wait)
        return;
    for (unsigned int n = 0; n < count && n < 8; n++)
        memcpy(&whole[n], &rig.sent[(before + n) % RIG_SENT], offsetof(struct rig_sent, data) + JN_ENCAP_ROOM + 4096);
    memcpy(rig.worker->mirror->sequence, sequences, sizeof(sequences));
    rig.split = length / 2;
    before = rig.sent_count;
    play(frame, length, wire_length, down);
    rig.split = 0;
    if (rig.sent_count - before != count)
        abort();
    bool fragments = count > 2; // their identification is a counter's
    for (unsigned int n = 0; n < count && !fragments; n++) {
        const struct rig_sent *sent = &rig.sent[(before + n) % RIG_SENT];
        if (sent->length != whole[n].length || memcmp(sent->data, whole[n].data, sent->length) != 0)
            abort();
    }
}

static uint64_t
accounted(void) {
    uint64_t all = 0;
    for (unsigned int peer_idx = 0; peer_idx < JN_VPG_PEERS; peer_idx++) {
        const struct jn_peer_counters *counters = &rig.worker->mirror->counters[peer_idx];
        all += counters->frames + rig.worker->mirror->state[peer_idx].hold_count;
        for (unsigned int drop = 0; drop < JN_COPY_DROP_COUNT; drop++)
            all += counters->drops[drop];
    }
    return all;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < OPTIONS)
        return 0;
    choose(data);
    data += OPTIONS;
    size -= OPTIONS;
    while (size >= 2) {
        uint8_t frame[4096] = {0};
        uint32_t given = data[1] < size - 2 ? data[1] : (uint32_t)(size - 2), length = given * (data[0] & 4 ? 16u : 1u);
        memcpy(frame, data + 2, given);
        now += 1000;
        play_in_pieces(frame, length, length + (data[0] >> 4) * 100u, data[0] & 1);
        if (accounted() != expected)
            abort();
        data += 2 + given;
        size -= 2 + given;
    }
    while (rig_record(&rig) != NULL)
        ;
    return 0;
}
