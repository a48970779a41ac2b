// SPDX-License-Identifier: BSD-3-Clause
// A records region without a dataplane, the records in it, and a sink that keeps documents in memory.
#pragma once

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "drain.h"
#include "record.h"
#include "run_directory.h"

#define SECOND    UINT64_C(1000000000)
#define INTERVAL  (60 * SECOND)
#define EPOCH     (UINT64_C(1767322800) * SECOND) // 2026-01-02T03:00:00Z
#define VPG_ID    "a2a493fb-3573-4cdc-9d95-fd9ac96d8305"
#define OTHER_VPG "0b5e5c0e-8a2f-4bb5-8a52-0c4c5a5f1d11"
#define TEST_BOOT UINT64_C(0x0123456789abcdef)

static inline void
random_instance(char name[JN_INSTANCE_MAX]) {
    uint64_t word = 0;
    if (getrandom(&word, sizeof(word), 0) != sizeof(word))
        abort();
    snprintf(name, JN_INSTANCE_MAX, "test-%016lx", (unsigned long)word);
}

static inline struct jn_records_region *
make_records(struct jn_shm *shm, const char *instance, unsigned int workers, uint32_t capacity) {
    char err[JN_ERR_MAX] = "";
    int rc = jn_shm_create(shm, instance, JN_REGION_RECORDS, jn_records_size(workers, capacity), capacity, false, false,
                           err);
    if (rc != 0) {
        fprintf(stderr, "%s\n", err);
        abort();
    }
    jn_records_init(shm->base, workers, capacity);
    struct jn_records_region *region = shm->base;
    snprintf(region->ports[0], JN_NAME_MAX, "access0");
    snprintf(region->ports[1], JN_NAME_MAX, "network0");
    jn_shm_ready(shm);
    return region;
}

// Interval n of the test's clock; negative: the one interval of a replay.
static inline struct jn_record
blank_record(enum jn_record_type type, unsigned int worker, int interval) {
    struct jn_record r = {
        .type = (uint8_t)type, .worker = (uint8_t)worker, .interval = 1, .boot = TEST_BOOT, .generation = 7};
    if (type == JN_RECORD_FLOW || type == JN_RECORD_VPG_INTERVAL || type == JN_RECORD_VPG_LAST)
        memcpy(r.vpg_id, VPG_ID, sizeof(VPG_ID));
    if (interval >= 0) {
        r.interval = (uint32_t)interval + 1;
        r.interval_start = EPOCH + (uint64_t)interval * INTERVAL;
        r.interval_end = r.interval_start + INTERVAL;
    }
    return r;
}

// A device at 10.128.0.<host> asks 198.18.0.1 over UDP.
static inline struct jn_record
udp_record(unsigned int worker, int interval, uint8_t host, uint16_t device_port, uint16_t remote_port,
           uint32_t packets) {
    struct jn_record r = blank_record(JN_RECORD_FLOW, worker, interval);
    struct jn_record_flow *f = &r.flow;
    const uint8_t device[4] = {10, 128, 0, host}, remote[4] = {198, 18, 0, 1};
    memcpy(f->address[0], device, 4);
    memcpy(f->address[1], remote, 4);
    f->port[0] = device_port;
    f->port[1] = remote_port;
    f->protocol = 17;
    f->flags = JN_FLOW_DEVICE_A;
    f->verdict = JN_VERDICT_INSPECT;
    f->vlan_tci = 0xffff;
    f->vlan_id = JN_FLOW_VLAN_ID_NONE;
    f->rule = JN_RULE_DEFAULT;
    f->end_reason = JN_END_ACTIVE;
    f->flow_start_ns = f->start_ns = EPOCH + (interval > 0 ? (uint64_t)interval * INTERVAL : 0) + SECOND;
    f->end_ns = f->start_ns + SECOND / 2;
    f->packets[0] = packets;
    f->packets[1] = 1;
    f->bytes[0] = packets * UINT64_C(100);
    f->bytes[1] = 60;
    return r;
}

// What the gateway sent from that address and port, and nothing of the wire yet.
static inline struct jn_record
returned_record(unsigned int worker, int interval, uint8_t host, uint16_t port, uint16_t remote_port,
                uint32_t returned) {
    struct jn_record r = udp_record(worker, interval, host, port, remote_port, 0);
    r.flow.flags = JN_FLOW_RETURNED;
    r.flow.verdict |= JN_VERDICT_REDIRECT;
    r.flow.packets[1] = 0;
    r.flow.bytes[1] = 0;
    r.flow.returned = returned;
    r.flow.returned_bytes = returned * UINT64_C(100);
    return r;
}

// As a worker does.
static inline void
ask_consumer(struct jn_records_region *region, unsigned int worker) {
    struct jn_shm shm;
    char err[JN_ERR_MAX];
    if (jn_shm_attach(&shm, region->header.instance, JN_REGION_CONSUMED, sizeof(struct jn_consumed_region), false,
                      err) < 0)
        return;
    jn_ring_believe(&region->rings[worker], &((const struct jn_consumed_region *)shm.base)->rings[worker],
                    region->header.boot);
    jn_shm_detach(&shm);
}

static inline bool
push(struct jn_records_region *region, unsigned int worker, struct jn_record record) {
    struct jn_ring *ring = &region->rings[worker];
    if (ring->head - ring->tail >= ring->capacity)
        ask_consumer(region, worker);
    uint64_t tail = ring->tail;
    struct jn_record *at = jn_ring_reserve(jn_ring_first(region, ring), ring->capacity, ring, &tail, 0);
    if (at == NULL)
        return false;
    record.sequence = ring->next_sequence;
    *at = record;
    jn_ring_commit(ring);
    return true;
}

struct memory_sink {
    struct sink sink;
    json_t *documents; // array of what was delivered or is held
    uint64_t opaque[65536];
    unsigned int accepted, acknowledged;
    unsigned int room;    // documents it takes before it is full
    unsigned int earlier; // documents that may have been submitted before
    bool hold;            // accept, but do not deliver
    bool broken;          // for good
};

static inline int
memory_submit(struct sink *sink, const struct document *document, uint64_t opaque) {
    struct memory_sink *m = (struct memory_sink *)sink;
    if (m->accepted - m->acknowledged >= m->room)
        return -EAGAIN;
    json_error_t error;
    json_t *parsed = json_loadb(document->text, document->length, JSON_REJECT_DUPLICATES, &error);
    if (parsed == NULL) {
        fprintf(stderr, "not JSON: %s: %.*s\n", error.text, (int)document->length, document->text);
        abort();
    }
    json_object_set_new(parsed, "@key", json_stringn(document->key, document->key_length));
    json_array_append_new(m->documents, parsed);
    m->opaque[m->accepted++ % 65536] = opaque;
    m->earlier += document->earlier;
    return 0;
}

static inline int
memory_poll(struct sink *sink) {
    struct memory_sink *m = (struct memory_sink *)sink;
    while (!m->hold && m->acknowledged < m->accepted)
        sink->acknowledge(sink->lane, m->opaque[m->acknowledged++ % 65536]);
    return m->broken ? -EIO : 0;
}

static inline void
memory_close(struct sink *sink) {
    json_decref(((struct memory_sink *)sink)->documents);
}

// The one sink of a test: `memory` is what a lane opens next.
static struct memory_sink *memory;

static inline struct sink *
memory_open(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    static const struct sink_operations operations = {memory_submit, memory_poll, memory_close};
    (void)config;
    (void)err;
    *memory = (struct memory_sink){
        .sink.operations = &operations, .sink.view = view, .documents = json_array(), .room = 65536};
    return &memory->sink;
}

static const struct sink_type memory_type = {.open = memory_open};

static inline void
open_memory_delivery(struct delivery *delivery, struct memory_sink *sink) {
    static struct jn_sink_view view;
    char err[JN_ERR_MAX];
    view = (struct jn_sink_view){.name = "memory"};
    memory = sink;
    *delivery = (struct delivery){0};
    struct lane_options options = {.type = &memory_type, .node = "edge-1", .instance = "test", .view = &view};
    if (delivery_open(delivery, &options, 1, err) < 0)
        abort();
}

// Value at a path of keys separated by '/', or NULL.
static inline json_t *
at_path(json_t *document, const char *path) {
    char copy[256];
    snprintf(copy, sizeof(copy), "%s", path);
    for (char *key = strtok(copy, "/"); key != NULL && document != NULL; key = strtok(NULL, "/"))
        document = json_object_get(document, key);
    return document;
}

static inline const char *
text_at(json_t *document, const char *path) {
    const char *text = json_string_value(at_path(document, path));
    return text != NULL ? text : "(none)";
}

static inline long long
number_at(json_t *document, const char *path) {
    json_t *value = at_path(document, path);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}
