// SPDX-License-Identifier: BSD-3-Clause
// A worker's flow table while somebody reads it: flows begin, count, change their verdict and end under the reader's eyes.
// To see it fail: in change_identity (dataplane/flow/flow_table.c) write `*entry = *next;` in place of jn_seq_store.
#include "threads.h"

#include "rig/frame.h"
#include "rig/rig.h"

#define SECOND UINT64_C(1000000000)
#define T0     (1700000000 * SECOND)
#define VPG    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/9\"]}]"
#define RULES                                                                                                          \
    "[{\"id\":\"v\",\"device_subnets\":[\"10.128.0.0/"                                                                 \
    "9\"],\"rules\":[{\"match\":{\"protocol\":\"tcp\"},\"drop\":true}]}]"

enum { ROUNDS = 3000, FLOWS = 64, READERS = 2, FIN = 1, SYN = 2, RST = 4, ACK = 0x10 };

static struct jn_flow_region *region;
static int done;

// What a flow's entry says of its identity must be of one flow: device and port go together.
static void
look_at(const struct jn_flow_entry *entry) {
    uint32_t device = (uint32_t)entry->address[0][0] << 24 | (uint32_t)entry->address[0][1] << 16 |
                      (uint32_t)entry->address[0][2] << 8 | entry->address[0][3];
    must(device == (uint32_t)(entry->key0 >> 32));
    must(jn_flow_port(entry, 0) == 40000 + (device & 0xff));
    must(jn_flow_protocol(entry) == (device & 1 ? 6 : 17));
}

static void *
reader(void *argument) {
    const size_t size = jn_flow_region_size(1, RIG_FLOWS);
    struct jn_flow_entry entry;
    (void)argument;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        for (uint32_t flow_idx = 0; flow_idx < 2 * FLOWS; flow_idx++)
            if (jn_flow_snapshot(region, size, 0, flow_idx, &entry))
                look_at(&entry);
    return NULL;
}

static void
play(struct rig *rig, uint32_t round, uint64_t now_ns) {
    static const uint8_t tcp_flags[] = {SYN, ACK, FIN | ACK, ACK, RST};
    uint32_t device = 0x0a800000 + round * 7 % FLOWS;
    bool tcp = device & 1, down = round % 3 == 0;
    struct frame_spec spec = {.source = device,
                              .destination = 0xc6120001,
                              .source_port = (uint16_t)(40000 + (device & 0xff)),
                              .destination_port = 80,
                              .protocol = tcp ? 6 : 17,
                              .tcp_flags = tcp ? tcp_flags[round % 5] : 0,
                              .payload = 18};
    if (down) {
        spec.destination = device;
        spec.destination_port = spec.source_port;
        spec.source = 0xc6120001;
        spec.source_port = 80;
    }
    uint8_t frame[128];
    rig_frame(rig, frame, frame_build(&spec, frame), 0, down, now_ns);
}

static void
test_flows(void **state) {
    (void)state;
    struct rig rig;
    rig_open(&rig, VPG, 1);
    region = (void *)((char *)rig.worker->flow->table.header - offsetof(struct jn_flow_region, tables));
    region->worker_count = 1;
    pthread_t readers[READERS];
    for (unsigned int i = 0; i < READERS; i++)
        readers[i] = begin_thread(reader, NULL);
    uint64_t now_ns = T0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        play(&rig, round, now_ns += SECOND / 200);
        if (round % 500 == 499) {
            rig_policy(&rig, round % 1000 == 499 ? RULES : VPG, 1);
            rig_idle(&rig, now_ns += 300 * SECOND); // all have been silent for too long
            for (unsigned int i = 0; i < 64; i++)
                rig_idle(&rig, now_ns += SECOND / 10);
        }
    }
    rig_finish(&rig);
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < READERS; i++)
        join_thread(readers[i]);
    assert_true(rig.worker->counters->flows_ended > FLOWS);
    assert_int_equal(rig.worker->counters->flows_ended, rig.worker->counters->flows_created);
    rig_close(&rig);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_flows)};
    rig_start_dpdk();
    return cmocka_run_group_tests_name("flow table under ThreadSanitizer", tests, NULL, NULL);
}
