// SPDX-License-Identifier: BSD-3-Clause
// Frames through the whole pipeline: each begins with a byte of side and time step, one of length, and one of what it had on
// the wire beyond. Those of one side and time are a burst. Whatever they are, every one leaves as it came, the records add up to
// the counters, and each copy of the packet path that the CPU has sends and reports the same, lazily parsed or not.
#include "fuzz.h"
#include "path/path.h"
#include "rig/rig.h"

enum { PATHS = 3, BURST = JN_BURST };

// For all inputs one rig a path, and one that parses nothing lazily: each begins long after the last has ended and been
// reported.
static struct rig rigs[PATHS + 1];
static unsigned int rig_count;
static uint64_t now = UINT64_C(1700000000000000000);

struct frames {
    const uint8_t *data[BURST];
    uint32_t length[BURST], wire;
    unsigned int count;
    bool from_network;
};

static void
open_rig(const struct jn_path *path, const char *lazy) {
    struct rig *rig = &rigs[rig_count++];
    rig_open(rig,
             "[{\"id\":\"v\",\"fragments\":{\"headerless\":\"forward\"},\"device_subnets\":[\"10.128.0.0/9\",\"fd00::/"
             "64\"],\"rules\":[{\"match\":{\"remote_ports\":[53]},"
             "\"inspect\":true}]},{\"id\":\"w\",\"vlan\":5}]",
             1);
    rig->path = path;
    rig->lazy = lazy;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    rig_start_dpdk();
    for (unsigned int n = 0; n < PATHS && jn_path_at(n, jn_isa_here()) != NULL; n++)
        open_rig(jn_path_at(n, jn_isa_here()), "always");
    open_rig(jn_path_at(0, jn_isa_here()), "never");
    return 0;
}

static void
check_sums(void) {
    uint64_t flows = 0, vpgs = 0;
    for (const struct jn_record *r; (r = rig_record(&rigs[0])) != NULL;) {
        if (r->type == JN_RECORD_FLOW)
            flows += r->flow.bytes[0] + r->flow.bytes[1];
        else if (r->type == JN_RECORD_VPG_INTERVAL)
            vpgs += ((const struct jn_vpg_counters *)r->counters)->ip_bytes;
        for (unsigned int n = 1; n < rig_count; n++) {
            const struct jn_record *same = rig_record(&rigs[n]);
            demand(same != NULL && memcmp(same, r, sizeof(*r)) == 0);
        }
    }
    for (unsigned int n = 1; n < rig_count; n++)
        demand(rig_record(&rigs[n]) == NULL);
    demand(flows == vpgs);
}

static void
play(struct rig *rig, const struct frames *frames) {
    unsigned int before = rig->sent_count;
    if (frames->count == 1)
        rig_frame(rig, frames->data[0], frames->length[0], frames->wire, frames->from_network, now);
    else
        rig_frames(rig, frames->data, frames->length, frames->count, frames->from_network, now);
    demand(rig->sent_count == before + frames->count);
    for (unsigned int i = 0; i < frames->count; i++) {
        const struct rig_sent *sent = &rig->sent[(before + i) % RIG_SENT];
        demand(sent->length == frames->length[i] && memcmp(sent->data, frames->data[i], sent->length) == 0);
    }
}

static void
play_all(struct frames *frames) {
    for (unsigned int n = 0; n < rig_count && frames->count != 0; n++)
        play(&rigs[n], frames);
    frames->count = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct frames frames = {.count = 0};
    now += UINT64_C(1000000000000);
    while (size >= 3) {
        uint32_t length = data[1] < size - 3 ? data[1] : (uint32_t)(size - 3);
        uint64_t step = (uint64_t)(data[0] >> 1) * (data[0] & 0x80 ? 1000000000u : 1000u);
        if (step != 0 || frames.count == BURST || frames.from_network != (data[0] & 1))
            play_all(&frames);
        now += step;
        frames.from_network = data[0] & 1;
        frames.data[frames.count] = data + 3;
        frames.length[frames.count++] = length;
        frames.wire = length + data[2] * 257u;
        data += 3 + length;
        size -= 3 + length;
    }
    play_all(&frames);
    for (unsigned int n = 0; n < rig_count; n++)
        rig_finish(&rigs[n]);
    check_sums();
    return 0;
}
