// SPDX-License-Identifier: BSD-3-Clause
// Frames through the whole pipeline: each begins with a byte of side and time step, one of length, and one of what it had on
// the wire beyond. Whatever they are, every one leaves as it came, and the records add up to the counters.
#include "fuzz.h"
#include "rig/rig.h"

// One rig for all inputs: each begins long after the last has ended and been reported.
static struct rig rig;
static uint64_t now = UINT64_C(1700000000000000000);

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    rig_start_dpdk();
    rig_open(&rig,
             "[{\"id\":\"v\",\"fragments\":{\"headerless\":\"forward\"},\"device_subnets\":[\"10.128.0.0/9\",\"fd00::/"
             "64\"],\"rules\":[{\"match\":{\"remote_ports\":[53]},"
             "\"inspect\":true}]},{\"id\":\"w\",\"vlan\":5}]",
             1);
    return 0;
}

static void
check_sums(void) {
    uint64_t flows = 0, vpgs = 0;
    for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;) {
        if (r->type == JN_RECORD_FLOW)
            flows += r->flow.bytes[0] + r->flow.bytes[1];
        else if (r->type == JN_RECORD_VPG_INTERVAL)
            vpgs += ((const struct jn_vpg_counters *)r->counters)->ip_bytes;
    }
    if (flows != vpgs)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned int before = rig.sent_count;
    now += UINT64_C(1000000000000);
    while (size >= 3) {
        uint32_t length = data[1] < size - 3 ? data[1] : (uint32_t)(size - 3), wire = length + data[2] * 257u;
        now += (uint64_t)(data[0] >> 1) * (data[0] & 0x80 ? 1000000000u : 1000u);
        const struct rig_sent *sent = &rig.sent[rig.sent_count % RIG_SENT];
        rig_frame(&rig, data + 3, length, wire, data[0] & 1, now);
        if (rig.sent_count != ++before || sent->length != length || memcmp(sent->data, data + 3, length) != 0)
            abort();
        data += 3 + length;
        size -= 3 + length;
    }
    rig_finish(&rig);
    check_sums();
    return 0;
}
