// SPDX-License-Identifier: BSD-3-Clause
// A flow entry's version: the worker adds a flow, removes it and adds another in its place, and may die at that, while
// somebody takes snapshots. Steps are the accesses to the version and to one more word of the entry, each in turn; the
// whole of it is compared.
// To see it fail: in change_identity (dataplane/flow/flow_table.c) leave out the first store of the version.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/flow_table.h"
#include "model.h"

enum { CAPACITY = 2, SNAPSHOTS = 2, WORDS = sizeof(struct jn_flow_entry) / sizeof(uint64_t) };

static struct jn_flow_region *region;
static size_t region_size;
static struct jn_flow_entry *entry, images[2];
static const struct jn_packet packets[2] = {
    {.flags = JN_PACKET_IP | JN_PACKET_IPV6,
     .address = {{1, 1, 1, 1, 1, 1, 1, 1, 1}, {1}},
     .port = {1, 1},
     .protocol = 17},
    {.flags = JN_PACKET_IP | JN_PACKET_IPV6,
     .address = {{2, 2, 2, 2, 2, 2, 2, 2, 2}, {2}},
     .port = {2, 2},
     .protocol = 6},
};
static unsigned int word; // that is watched besides

static uint32_t
add(struct jn_flow_table *table, unsigned int which) {
    struct jn_flow_key key;
    jn_flow_key(table, &packets[which], (uint16_t)(which + 1), &key);
    return jn_flow_table_add(table, &key);
}

static void
clear(void) {
    memset(region, 0, region_size);
    jn_flow_region_init(region, 1, CAPACITY);
}

static void
setup(void) {
    clear();
    model_share(entry, sizeof(*entry));
    model_share(&region->tables[0], sizeof(region->tables[0]));
    model_watch(&entry->version, sizeof(entry->version));
    model_watch((uint64_t *)entry + word, sizeof(uint64_t));
}

static void
worker(void) {
    struct jn_flow_table table;
    jn_flow_table_open(&table, region, 0, 42);
    model_require(add(&table, 0) == 0);
    jn_flow_table_remove(&table, 0);
    model_require(add(&table, 1) == 0);
}

static bool
is_image(struct jn_flow_entry seen, unsigned int which) {
    seen.version = 0;
    return memcmp(&seen, &images[which], sizeof(seen)) == 0;
}

static void
reader(void) {
    struct jn_flow_entry seen;
    for (unsigned int i = 0; i < SNAPSHOTS; i++)
        if (jn_flow_snapshot(region, region_size, 0, 0, &seen))
            model_require(is_image(seen, 0) || is_image(seen, 1));
}

static void
check(void) {
    struct jn_flow_entry seen;
    bool there = jn_flow_snapshot(region, region_size, 0, 0, &seen);
    model_require(there || model_died("worker"));
    model_require(!there || is_image(seen, 0) || is_image(seen, 1));
}

// What each flow looks like when it has been added.
static void
make_images(void) {
    for (unsigned int which = 0; which < 2; which++) {
        struct jn_flow_table table;
        clear();
        jn_flow_table_open(&table, region, 0, 42);
        add(&table, which);
        images[which] = *entry;
        images[which].version = 0;
    }
}

int
main(void) {
    region_size = jn_flow_region_size(1, CAPACITY);
    region = aligned_alloc(64, (region_size + 63) / 64 * 64);
    clear();
    entry = (struct jn_flow_entry *)((char *)region + region->tables[0].entries_offset);
    make_images();
    for (word = 0; word < WORDS; word++) {
        char name[32];
        snprintf(name, sizeof(name), "flow entry, word %u", word);
        const struct model flow_model = {.name = name,
                                         .setup = setup,
                                         .threads = {{"worker", worker, true, NULL}, {"reader", reader, false, NULL}},
                                         .check = check};
        model_run(&flow_model);
    }
    free(region);
    return 0;
}
