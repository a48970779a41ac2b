// SPDX-License-Identifier: BSD-3-Clause
// Regions that look like those of a dataplane, a classifier and an exporter, with flows whose applications and names are known.
#pragma once

#include "annotations.h"
#include "control_command.h"
#include "flow.h"

#define NAMES_BOOT  UINT64_C(0x1234567890abcdef)
#define NAMES_START UINT64_C(1000000000000000000) // by the workers' time

enum { NAMES_FLOWS = 16, NAMES_CAPACITY = 8, NAMES_RING = 64 };

struct names_flow {
    uint16_t application;
    enum jn_application_phase phase;
    uint32_t packets;
};

static inline struct jn_flow_entry *
names_entry(const struct jn_shm *flows, unsigned int i) {
    struct jn_flow_region *region = flows->base;
    return (struct jn_flow_entry *)((char *)region + region->tables[1].entries_offset) + i;
}

static inline struct jn_flow_identity
names_identity(const struct jn_shm *flows, unsigned int i) {
    const struct jn_flow_entry *e = names_entry(flows, i);
    return (struct jn_flow_identity){.start_ns = e->start_ns, .flow_idx = i, .version = e->version};
}

// Flows of the second of two workers: i is from port 40000 + i, of 100 bytes a packet.
static inline void
make_named_flows(struct jn_shm *shm, const struct names_flow *flows, unsigned int count) {
    static const uint8_t remote[] = {10, 128, 0, 1}, device[] = {198, 18, 0, 2};
    assert_int_equal(
        jn_shm_create(shm, instance, JN_REGION_FLOWS, jn_flow_region_size(2, NAMES_FLOWS), 1, false, false, err), 0);
    jn_flow_region_init(shm->base, 2, NAMES_FLOWS);
    ((struct jn_flow_region *)shm->base)->tables[1].high_water = count;
    for (unsigned int i = 0; i < count; i++) {
        struct jn_flow_entry *e = names_entry(shm, i);
        e->key1 = (40000u + i) | UINT64_C(443) << 16 | UINT64_C(6) << 32 | (uint64_t)JN_FLOW_VLAN_ID_NONE << 40;
        memcpy(e->address[0], remote, 4);
        memcpy(e->address[1], device, 4);
        e->version = 2 + 2 * i;
        e->flags = (uint16_t)(JN_FLOW_DEVICE_B | flows[i].phase << JN_FLOW_APPLICATION_SHIFT);
        e->application = flows[i].application;
        e->packets[0] = flows[i].packets;
        e->bytes[1] = 100 * flows[i].packets;
        e->start_ns = e->last_ns = NAMES_START + i;
        e->vlan_tci = 0xffff;
    }
    jn_shm_ready(shm);
}

static inline void
make_samples(struct jn_shm *shm) {
    assert_int_equal(
        jn_shm_create(shm, instance, JN_REGION_SAMPLES, jn_samples_size(2, NAMES_RING), 1, false, false, err), 0);
    jn_samples_init(shm->base, 2, NAMES_RING);
    ((struct jn_samples_region *)shm->base)->records_boot = NAMES_BOOT;
    jn_shm_ready(shm);
}

static inline void
make_classified(struct jn_shm *shm) {
    assert_int_equal(jn_shm_create(shm, instance, JN_REGION_CLASSIFIED, jn_classified_size(2), 1, false, false, err),
                     0);
    jn_classified_init(shm->base, 2, 2);
    jn_shm_ready(shm);
}

static inline void
make_annotated(struct jn_shm *shm) {
    assert_int_equal(
        jn_shm_create(shm, instance, JN_REGION_ANNOTATED, jn_annotated_size(NAMES_CAPACITY), 1, false, false, err), 0);
    ((struct jn_annotated_region *)shm->base)->capacity = NAMES_CAPACITY;
    jn_shm_ready(shm);
}

// What the exporter keeps of flow i, in one of the ways of its set.
static inline struct jn_annotated_flow *
annotated_of(const struct jn_shm *shm, const struct jn_shm *flows, unsigned int i, unsigned int way) {
    const struct jn_flow_identity identity = names_identity(flows, i);
    struct jn_annotated_region *region = shm->base;
    uint32_t set = jn_annotated_set(NAMES_CAPACITY, NAMES_BOOT, 1, &identity), number = set / JN_ANNOTATED_WAYS;
    struct jn_annotated_flow *kept = (struct jn_annotated_flow *)(region + 1) + set + way;
    region->used[number / 64] |= UINT64_C(1) << number % 64;
    kept->boot = NAMES_BOOT;
    kept->worker = 1;
    kept->flow = identity;
    return kept;
}

static inline void
annotate(struct jn_annotated_flow *kept, unsigned int kind, const char *text, size_t length) {
    kept->texts[kept->length] = (uint8_t)kind;
    kept->texts[kept->length + 1] = (uint8_t)length;
    memcpy(&kept->texts[kept->length + 2], text, length);
    kept->length = (uint16_t)(kept->length + 2 + length);
}
