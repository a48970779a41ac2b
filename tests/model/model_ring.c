// SPDX-License-Identifier: BSD-3-Clause
// The record ring: worker and exporter, each of which may die and be followed by another.
// To see it fail: in jn_ring_commit (lib/record.h) store `head` before `next_sequence`; or `>` for `>=` in jn_ring_reserve.
#include <string.h>

#include "model.h"
#include "record.h"

enum { BOOT = 7 };
enum { CAPACITY = 2, FIRST = 3, SECOND = 2, ROUNDS = 2, RECORDS = FIRST + SECOND };

static struct {
    struct jn_records_region region;
    struct jn_record records[CAPACITY];
    struct jn_consumed consumed; // the exporter's
} memory;
static struct jn_ring *const ring = &memory.region.rings[0];
static struct {
    uint64_t sequence[RECORDS]; // of the record at each position as it was taken, plus one
} seen;

static void
setup(void) {
    memset(&memory, 0, sizeof(memory));
    memset(&seen, 0, sizeof(seen));
    jn_records_init(&memory.region, 1, CAPACITY);
    ring->offset = (uint64_t)((char *)memory.records - (char *)&memory);
    model_share(ring, sizeof(*ring));
    model_share(memory.records, sizeof(memory.records));
    model_share(&seen, sizeof(seen));
    model_watch(ring, sizeof(*ring));
    model_share(&memory.consumed, sizeof(memory.consumed));
    model_watch(&memory.consumed, sizeof(memory.consumed));
    for (unsigned int i = 0; i < CAPACITY; i++) {
        model_watch(&memory.records[i].sequence, sizeof(uint64_t));
        model_watch(&memory.records[i].raw[0], sizeof(uint64_t));
    }
}

static void
write_records(unsigned int count) {
    uint64_t tail = 0;
    for (unsigned int i = 0; i < count; i++) {
        model_require(jn_ring_believe(ring, &memory.consumed, BOOT) == UINT64_MAX);
        struct jn_record *record = jn_ring_reserve(memory.records, CAPACITY, ring, &tail, 0);
        if (record == NULL)
            continue;
        record->sequence = ring->next_sequence;
        record->raw[0] = record->sequence;
        jn_ring_commit(ring);
    }
}

static void
worker(void) {
    write_records(FIRST);
}

static void
next_worker(void) {
    write_records(SECOND);
}

static void
take(uint64_t position) {
    const struct jn_record *record = &memory.records[position % CAPACITY];
    uint64_t sequence = record->sequence;
    model_require(record->raw[0] == sequence);
    model_require(position < RECORDS);
    model_require(seen.sequence[position] == 0 || seen.sequence[position] == sequence + 1); // the same, taken twice
    model_require(position == 0 || seen.sequence[position - 1] < sequence + 1);
    seen.sequence[position] = sequence + 1;
}

// As drain.c: its index moves over what was taken, and no further. One that comes anew goes on there.
static void
exporter(void) {
    uint64_t refused;
    jn_consumed_begin(&memory.consumed, BOOT, jn_ring_taken(ring, &memory.consumed, BOOT, &refused));
    for (unsigned int round = 0; round < ROUNDS; round++) {
        uint64_t tail = memory.consumed.tail, head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
        model_require(head - tail <= CAPACITY);
        for (; tail != head; tail++)
            take(tail);
        __atomic_store_n(&memory.consumed.tail, tail, __ATOMIC_RELEASE);
    }
}

// What a dying worker leaves uncounted is at most the record that it had in hand.
static void
check(void) {
    uint64_t refused;
    for (uint64_t position = jn_ring_taken(ring, &memory.consumed, BOOT, &refused); position != ring->head; position++)
        take(position);
    for (uint64_t position = 0; position < ring->head; position++)
        model_require(seen.sequence[position] != 0);
    uint64_t told = ring->head + ring->lost, slack = model_died("worker");
    model_require(told <= ring->next_sequence + slack && ring->next_sequence <= told + slack);
}

int
main(void) {
    static const struct model ring_model = {.name = "ring",
                                            .setup = setup,
                                            .threads = {{"worker", worker, true, NULL},
                                                        {"next worker", next_worker, false, "worker"},
                                                        {"exporter", exporter, true, NULL},
                                                        {"next exporter", exporter, false, "exporter"}},
                                            .check = check};
    model_run(&ring_model);
    return 0;
}
