// SPDX-License-Identifier: BSD-3-Clause
// A spool in a directory of the test's own, documents for it, and what is read back.
#pragma once

#include "spool_open.h"
#include "spool_read.h"
#include "spool_segment.h"
#include "test.h"

enum { BLOCKS = 4, EACH = 10, ALL = BLOCKS * EACH };

static char directory[64];
static struct jn_sink_view view;

static inline int
setup(void **state) {
    (void)state;
    strcpy(directory, "/tmp/junction-test-XXXXXX");
    view = (struct jn_sink_view){.name = "sink"};
    return mkdtemp(directory) == NULL;
}

static inline int
teardown(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command);
}

static inline struct spool *
open_spool(const char *node, const char *instance, const char *sink) {
    char err[JN_ERR_MAX] = "";
    struct spool *spool = spool_open(&(struct spool_options){.directory = directory,
                                                             .node = node,
                                                             .instance = instance,
                                                             .sink = sink,
                                                             .max_bytes = UINT64_C(1) << 20,
                                                             .view = &view},
                                     err);
    if (spool == NULL)
        fail_msg("%s", err);
    spool->released = UINT64_MAX;
    return spool;
}

static inline void
on_written(void *context, struct block *block) {
    (void)block;
    ++*(unsigned int *)context;
}

// Document n: n packets, 100 n bytes.
static inline struct block *
make_block(const struct jn_sink_amount *before, uint32_t count, size_t length) {
    struct block *block = block_make(before->records, before, 1);
    char *text = malloc(length);
    memset(text, ' ', length);
    memcpy(text, "{\"@timestamp\":\"2026-11-27T01:02:03.000000000Z\"", 46);
    text[length - 1] = '}';
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = before->records + i;
        struct document document = {.text = text,
                                    .length = length,
                                    .key = "k",
                                    .key_length = 1,
                                    .id = text + 2,
                                    .id_length = 10,
                                    .date = text + 15,
                                    .packets = number,
                                    .bytes = 100 * number};
        assert_true(block_add(block, &document, number));
    }
    free(text);
    return block;
}

static inline void
append(struct spool *spool, struct block *block) {
    unsigned int written = 0;
    bool full;
    while (!spool_append(spool, &block, 1, &full))
        spool_step(spool, on_written, &written);
    while (written == 0)
        assert_int_equal(spool_step(spool, on_written, &written), 0);
    block_let_go(block);
}

// Blocks of documents 1 to ALL, each block in a segment of its own.
static inline void
fill(void) {
    struct spool *spool = open_spool("edge-1", "site", "sink");
    struct jn_sink_amount next = {1, 0, 0};
    spool->segment_bytes = 1;
    for (unsigned int i = 0; i < BLOCKS; i++) {
        struct block *block = make_block(&next, EACH, 200);
        next = block_behind(block);
        append(spool, block);
    }
    spool_close(spool);
}

struct found {
    uint64_t read;
    struct jn_sink_amount damaged;
};

static inline struct found
read_all(struct spool *spool) {
    struct found found = {0};
    while (spool_unread(spool)) {
        struct block *block = spool_read(spool);
        assert_non_null(block);
        found.read += block->count;
        for (uint32_t i = 0; i < block->count; i++)
            assert_int_equal(block_document(block, i).packets, block_sequence(block, i));
        found.damaged.records += block->damaged.records;
        found.damaged.packets += block->damaged.packets;
        found.damaged.bytes += block->damaged.bytes;
        block_let_go(block);
    }
    return found;
}

static inline uint64_t
sum(uint64_t from, uint64_t to) {
    return from < to ? (to - 1) * to / 2 - (from - 1) * from / 2 : 0;
}
