// SPDX-License-Identifier: BSD-3-Clause
// How many flow documents one core writes in a second, Community ID and names included; nothing is sent anywhere.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "flow_document.h"
#include "protocols.h"

enum { RECORDS = 1024, ROUNDS = 500, REPEATS = 5 };

static uint64_t random_state = 88172645463325252;

static uint64_t
random_word(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

// What a gateway of devices sees: TCP and UDP to well-known ports, one flow in eight over IPv6, reported each minute.
static void
make_record(struct jn_record *r, uint64_t sequence) {
    static const uint16_t servers[] = {443, 53, 8883, 1883, 5683, 123, 80, 9000};
    uint64_t now = UINT64_C(1764000000000000000) + sequence * 1000003;
    struct jn_record_flow *f = &r->flow;
    *r = (struct jn_record){.sequence = sequence,
                            .interval_start = now / 60000000000u * 60000000000u,
                            .boot = 0x1234567890abcdef,
                            .type = JN_RECORD_FLOW,
                            .generation = 3,
                            .vpg_id = "a2a493fb-3573-4cdc-9d95-fd9ac96d8305"};
    r->interval_end = r->interval_start + 60000000000u;
    bool v6 = sequence % 8 == 0;
    for (int i = 0; i < 32; i++)
        ((uint8_t *)f->address)[i] = (uint8_t)random_word();
    f->address[0][0] = v6 ? 0xfd : 10;
    f->address[1][0] = v6 ? 0xfd : 198;
    f->port[0] = (uint16_t)(32768 + random_word() % 28000);
    f->port[1] = servers[random_word() % 8];
    f->protocol = random_word() % 3 != 0 ? 6 : 17;
    f->flags = JN_FLOW_DEVICE_A | (v6 ? JN_FLOW_IPV6 : 0) | (random_word() % 2 ? JN_FLOW_REPORTED : 0);
    f->verdict = JN_VERDICT_INSPECT;
    f->vlan_tci = 100;
    f->vlan_id = JN_FLOW_VLAN_ID_NONE;
    f->rule = JN_RULE_DEFAULT;
    f->mac[0][0] = f->mac[1][0] = 2;
    f->tcp_flags[0] = 0x1b;
    f->tcp_flags[1] = 0x1a;
    f->flow_start_ns = now - random_word() % 600000000000u;
    f->start_ns = now - random_word() % 60000000000u;
    f->end_ns = now;
    f->end_reason = sequence % 3 == 0 ? JN_END_ACTIVE : JN_END_DETECTED;
    for (int end = 0; end < 2; end++) {
        f->packets[end] = (uint32_t)(1 + random_word() % 5000);
        f->bytes[end] = f->packets[end] * UINT64_C(700);
    }
}

static double
now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int
main(void) {
    static struct jn_record records[RECORDS];
    static struct flow_document document;
    static struct flow_writer writer;
    struct names names;
    char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0", "network0"};
    protocols_init();
    names_open(&names, "bench");
    flow_writer_open(&writer, "edge-1", &names);
    flow_writer_ports(&writer, ports);
    for (uint64_t i = 0; i < RECORDS; i++)
        make_record(&records[i], i);
    double best = 0;
    uint64_t bytes = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start = now_s();
        bytes = 0;
        for (unsigned int i = 0; i < RECORDS * ROUNDS; i++) {
            flow_document_write(&writer, &records[i % RECORDS], &document);
            bytes += document.length;
        }
        double rate = RECORDS * ROUNDS / (now_s() - start);
        best = rate > best ? rate : best;
    }
    printf("flow documents written: %.2f million a second on one core, %lu bytes each (target: 2 million)\n",
           best / 1e6, (unsigned long)(bytes / (RECORDS * ROUNDS)));
    return 0;
}
