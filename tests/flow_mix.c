// SPDX-License-Identifier: BSD-3-Clause
#include "flow_mix.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIX_VPG "a2a493fb-3573-4cdc-9d95-fd9ac96d8305"

enum { NAME_ROOM = 16 }; // 15 digits, as an IMSI has

static uint64_t random_state;

static uint64_t
random_word(void) {
    return random_next(&random_state);
}

static void
make_record(struct jn_record *r, uint64_t sequence) {
    static const uint16_t servers[] = {443, 53, 8883, 1883, 5683, 123, 80, 9000};
    uint64_t now = UINT64_C(1764000000000000000) + sequence * 1000003;
    struct jn_record_flow *f = &r->flow;
    *r = (struct jn_record){.sequence = sequence,
                            .interval_start = now / 60000000000u * 60000000000u,
                            .interval = 1440,
                            .boot = 0x1234567890abcdef,
                            .type = JN_RECORD_FLOW,
                            .generation = 3,
                            .vpg_id = MIX_VPG};
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

void
mix_records(struct jn_record records[MIX_RECORDS]) {
    random_state = RANDOM_SEED;
    for (uint64_t i = 0; i < MIX_RECORDS; i++)
        make_record(&records[i], i);
}

struct jn_policy *
mix_policy(const struct jn_record records[MIX_RECORDS]) {
    size_t vpg_at = (sizeof(struct jn_policy) + 7) / 8 * 8, device_at = vpg_at + sizeof(struct jn_vpg);
    size_t string_at = device_at + MIX_RECORDS * sizeof(struct jn_device);
    size_t size = string_at + 1 + MIX_RECORDS * (size_t)NAME_ROOM;
    struct jn_policy *p = calloc(1, size);
    if (p == NULL)
        abort();
    *p = (struct jn_policy){.length = (uint32_t)size,
                            .vpg_count = 1,
                            .vpg_offset = (uint32_t)vpg_at,
                            .device_count = MIX_RECORDS,
                            .device_offset = (uint32_t)device_at,
                            .string_bytes = 1 + MIX_RECORDS * NAME_ROOM,
                            .string_offset = (uint32_t)string_at};
    struct jn_vpg *vpg = (struct jn_vpg *)jn_policy_vpgs(p);
    *vpg = (struct jn_vpg){.id = MIX_VPG, .name = "Cameras Tokyo", .device_count = MIX_RECORDS};
    struct jn_device *devices = (struct jn_device *)jn_policy_devices(p);
    char *names = (char *)p + string_at + 1; // before them the empty string
    for (unsigned int i = 0; i < MIX_RECORDS; i++) {
        devices[i].family = records[i].flow.flags & JN_FLOW_IPV6 ? 6 : 4;
        devices[i].name_offset = 1 + i * NAME_ROOM;
        memcpy(devices[i].address, records[i].flow.address[0], devices[i].family == 6 ? 16 : 4);
        snprintf(names + i * (size_t)NAME_ROOM, NAME_ROOM, "44010%010u", i);
    }
    return p;
}
