// SPDX-License-Identifier: BSD-3-Clause
#include "flow.h"

#include <errno.h>
#include <stdio.h>

#include "contract.h"

enum { SNAPSHOT_TRIES = 8 };

uint32_t
jn_flow_bucket_count(uint32_t capacity) {
    return (capacity / JN_FLOWS_A_COUPLE + (capacity % JN_FLOWS_A_COUPLE != 0)) * 2;
}

static size_t
table_size(uint32_t capacity) {
    return jn_flow_bucket_count(capacity) * sizeof(struct jn_flow_bucket) +
           (size_t)capacity * sizeof(struct jn_flow_entry);
}

size_t
jn_flow_region_size(unsigned int workers, uint32_t capacity) {
    return sizeof(struct jn_flow_region) + workers * table_size(capacity);
}

void
jn_flow_region_init(struct jn_flow_region *region, unsigned int workers, uint32_t capacity) {
    jn_require_always(workers >= 1 && workers <= JN_MAX_WORKERS && capacity != 0);
    region->worker_count = workers;
    for (unsigned int w = 0; w < workers; w++) {
        struct jn_flow_table_header *table = &region->tables[w];
        table->bucket_count = jn_flow_bucket_count(capacity);
        table->capacity = capacity;
        table->buckets_offset = jn_flow_region_size(w, capacity);
        table->entries_offset = table->buckets_offset + table->bucket_count * sizeof(struct jn_flow_bucket);
    }
}

static bool
inside(uint64_t offset, uint64_t bytes, size_t size) {
    return offset % 64 == 0 && offset >= sizeof(struct jn_flow_region) && offset <= size && bytes <= size - offset;
}

static bool
table_sound(const struct jn_flow_table_header *t, size_t size) {
    uint64_t buckets = t->bucket_count, capacity = t->capacity;
    return buckets != 0 && buckets % 2 == 0 && capacity != 0 &&
           inside(t->buckets_offset, buckets * sizeof(struct jn_flow_bucket), size) &&
           inside(t->entries_offset, capacity * sizeof(struct jn_flow_entry), size);
}

int
jn_flow_check(const struct jn_flow_region *region, size_t size, char err[JN_ERR_MAX]) {
    if (size < sizeof(*region) || region->worker_count == 0 || region->worker_count > JN_MAX_WORKERS) {
        snprintf(err, JN_ERR_MAX, "flows region: expected 1 to %d workers", JN_MAX_WORKERS);
        return -EPROTO;
    }
    for (unsigned int w = 0; w < region->worker_count && w < JN_MAX_WORKERS; w++) {
        if (!table_sound(&region->tables[w], size)) {
            snprintf(err, JN_ERR_MAX, "flows region: table of worker %u lies outside the region", w);
            return -EPROTO;
        }
    }
    return 0;
}

bool
jn_flow_snapshot(const struct jn_flow_region *region, size_t region_size, unsigned int worker, uint32_t flow_idx,
                 struct jn_flow_entry *out) {
    if (worker >= JN_MAX_WORKERS || worker >= region->worker_count)
        return false;
    // A private copy: a hostile writer must not change what was just checked.
    struct jn_flow_table_header table;
    jn_seq_load(&table, &region->tables[worker], sizeof(table));
    if (!table_sound(&table, region_size) || flow_idx >= table.high_water || flow_idx >= table.capacity)
        return false;
    const struct jn_flow_entry *entry =
        (const struct jn_flow_entry *)((const char *)region + table.entries_offset) + flow_idx;
    for (int i = 0; i < SNAPSHOT_TRIES; i++) {
        uint32_t before = jn_seq_begin(&entry->version);
        jn_seq_load(out, entry, sizeof(*out));
        if (jn_seq_whole(&entry->version, before))
            return !jn_flow_is_free(out);
    }
    return false;
}
