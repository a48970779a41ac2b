// SPDX-License-Identifier: BSD-3-Clause
// A classifier that was taken over, beside a worker with flows: whatever it writes into its region, and whenever, every frame
// leaves, records and counters agree, and no flow has what cannot be. A step is a byte of what is done, and what that takes.
#include "fuzz.h"
#include "rig/frame.h"
#include "rig/rig_classifier.h"

enum { FLOWS = 8, CAPACITY = 64 };

static struct rig rig;
static struct rig_classifier classifier;
static uint64_t now = UINT64_C(1700000000000000000);

struct input {
    const uint8_t *data;
    size_t left;
};

static uint64_t
take(struct input *in, unsigned int bytes) {
    uint64_t value = 0;
    for (; bytes > 0 && in->left > 0; bytes--, in->left--)
        value = value << 8 | *in->data++;
    return value;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    rig_start_dpdk();
    rig_open(&rig, "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]}]", 1);
    rig.rules->has_application_rules[0] = rig.rules->has_server_names[0] = true;
    rig_classifier_open(&classifier, &rig, CAPACITY);
    return 0;
}

static void
send_frame(struct input *in) {
    uint8_t frame[256];
    uint8_t what = (uint8_t)take(in, 1);
    const struct frame_spec spec = {.source = 0x0a800001 + what % FLOWS,
                                    .destination = 0xc6120001,
                                    .protocol = what & 0x40 ? JN_IP_TCP : JN_IP_UDP,
                                    .tcp_flags = what & 0x20 ? JN_TCP_RST : JN_TCP_ACK,
                                    .source_port = 1,
                                    .destination_port = 2,
                                    .payload = what & 0x80 ? 0 : 9};
    unsigned int before = rig.sent_count;
    rig_frame(&rig, frame, frame_build(&spec, frame), 0, what & 0x10, now);
    demand(rig.sent_count == before + 1);
}

// Anywhere behind the header, which a reader checks once.
static void
scribble(struct input *in) {
    size_t size = jn_classified_size(1), header = sizeof(classifier.classified->header);
    size_t at = header + take(in, 3) % (size - header);
    for (unsigned int n = (unsigned int)take(in, 1) % 16; n > 0 && at < size; n--)
        ((uint8_t *)classifier.classified)[at++] = (uint8_t)take(in, 1);
}

// Nearly right, so that it is looked at.
static void
answer(struct input *in) {
    struct jn_answer made = rig_answer_for(&rig, (uint32_t)take(in, 1) % FLOWS);
    made.flags = (uint8_t)take(in, 1) % 16;
    made.application = (uint16_t)take(in, 2) % 600;
    made.master = (uint16_t)take(in, 1) % 600;
    made.category = (uint8_t)take(in, 1);
    made.risks = take(in, 1);
    made.name_length = (uint8_t)take(in, 1);
    memset(made.name, 'a' + (int)take(in, 1) % 30, made.name_length);
    rig_answer(&classifier, &made);
}

static void
step(struct input *in) {
    uint8_t what = (uint8_t)take(in, 1);
    now += (uint64_t)(what >> 4) * 1000000000u / 4 + 1000;
    switch (what % 8) {
    case 0: scribble(in); break;
    case 1: rig_classifier_goes(&classifier); break;
    case 2: rig_classifier_comes(&classifier); break;
    case 3:
    case 4: answer(in); break;
    case 5: classifier.classified->rings[0].samples_tail = classifier.samples->rings[0].head; break;
    default: send_frame(in);
    }
    rig_idle(&rig, now);
}

static void
check_flows(void) {
    const struct jn_flow_table *table = &rig.worker->flow->table;
    for (uint32_t i = 0; i < table->header->high_water; i++) {
        struct jn_flow_application of = jn_application_of(rig.worker, i);
        demand(table->entries[i].application < JN_APPLICATION_NUMBERS && of.given <= JN_SAMPLES_A_FLOW);
        demand(of.answers <= of.given &&
               (of.name == 0 || jn_server_name_at(rig.worker->flow->sampling.names, of.name)->flows != 0));
    }
}

static void
check_records(void) {
    uint64_t flows = 0, vpgs = 0;
    for (const struct jn_record *r; (r = rig_record(&rig)) != NULL;) {
        if (r->type == JN_RECORD_FLOW)
            flows += r->flow.bytes[0] + r->flow.bytes[1];
        else if (r->type == JN_RECORD_VPG_INTERVAL)
            vpgs += ((const struct jn_vpg_counters *)r->counters)->ip_bytes;
        demand(r->type != JN_RECORD_FLOW || r->flow.application < JN_APPLICATION_NUMBERS);
    }
    demand(flows == vpgs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    now += UINT64_C(1000000000000);
    rig_classifier_comes(&classifier);
    rig_idle(&rig, now);
    while (in.left > 0)
        step(&in);
    check_flows();
    rig_finish(&rig);
    check_records();
    for (uint32_t i = 0; i < FLOWS; i++)
        demand(jn_application_of(rig.worker, i).name == 0);
    return 0;
}
