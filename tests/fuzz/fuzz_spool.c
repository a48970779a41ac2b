// SPDX-License-Identifier: BSD-3-Clause
// A spool's directory with anything in it: positions, segments and frames of any numbers, with checksums that are right where
// the bytes say so. Reading comes to an end, and what is delivered has right checksums; what is appended comes back.
#include "fuzz.h"
#include "log.h"
#include "sim/sim.h"
#include "sink.h"
#include "spool_open.h"
#include "spool_read.h"
#include "spool_segment.h"

enum { FRAMES = 12, ROUNDS = 5000 };

static struct {
    const uint8_t *at;
    size_t left;
} bytes;

static uint64_t
take(size_t width) {
    uint64_t value = 0;
    for (size_t i = 0; i < width && bytes.left > 0; i++, bytes.left--)
        value = value << 8 | *bytes.at++;
    return value;
}

// Small ones, and some of any size.
static uint64_t
take_number(void) {
    uint64_t value = take(1);
    return value < 224 ? value : take(8) % (FRAME_NUMBERS / 4);
}

static void
put(int directory, const char *name, const void *content, size_t size, uint64_t offset) {
    int file = world->files->open(directory, name, 0100); // O_CREAT
    demand(file >= 0 && world->files->write(file, content, size, offset) == (ssize_t)size);
    world->files->close(file);
}

static void
put_positions(int directory) {
    for (uint64_t slot = 0; slot < 2; slot++) {
        struct spool_position p = {.generation = take_number()};
        p.acknowledged = (struct jn_sink_amount){take_number(), take_number(), take_number()};
        for (unsigned int i = 0; i < 3; i++)
            p.gaps[i] = (struct spool_gap){take_number(), take_number()};
        p.crc = take(1) % 4 != 0 ? spool_position_crc(&p) : 0;
        put(directory, "position", &p, sizeof(p), slot * 4096);
    }
}

static size_t
make_frame(char *to, uint64_t first) {
    struct frame header = {.sequence = take(1) % 8 != 0 ? first + take(1) % 16 : take_number()};
    char text[300];
    size_t length = take(1);
    memset(text, 'x', sizeof(text));
    struct document document = {.text = text,
                                .length = length,
                                .key = text,
                                .key_length = take(1) % 40,
                                .id = text + take(1),
                                .id_length = take(1),
                                .date = text + take(1),
                                .packets = take_number(),
                                .bytes = take_number(),
                                .kind = (enum document_kind)(take(1) % 3),
                                .source = (uint8_t)take(1)};
    frame_write(to, &document, header.sequence, &(struct jn_sink_amount){0, take_number(), take_number()});
    uint64_t how = take(1);
    if (how % 4 == 0) { // says that it is longer, or shorter
        memcpy(&header, to, sizeof(header));
        header.length = (uint32_t)take_number();
        memcpy(to, &header, sizeof(header));
    }
    if (how % 4 != 1 && header.length < 256)
        frame_sign(to);
    if (how % 16 == 2)
        to[take(1)] ^= 1;
    return frame_size(length, document.key_length);
}

static void
put_segment(int directory) {
    char name[SPOOL_NAME_ROOM], content[FRAMES * 512] = {0};
    uint64_t first = take_number();
    struct spool_header h = {.magic = SPOOL_MAGIC, .version = SPOOL_VERSION, .first = {first, take_number(), 0}};
    h.previous = (struct jn_sink_amount){take_number(), take_number(), take_number()};
    strcpy(h.node, "n");
    strcpy(h.instance, "i");
    strcpy(h.sink, take(1) % 8 != 0 ? "s" : "other");
    h.crc = take(1) % 4 != 0 ? spool_header_crc(&h) : 0;
    size_t size = 0;
    for (uint64_t count = take(1) % FRAMES; count > 0; count--)
        size += make_frame(content + size, first);
    size -= size > 0 ? take(1) % (size < 64 ? size : 64) : 0;
    spool_segment_name(first, name);
    put(directory, name, &h, sizeof(h), 0);
    put(directory, name, content, size, sizeof(h));
}

static void
on_written(void *context, struct block *block) {
    (void)block;
    *(bool *)context = true;
}

// Everything, acknowledged as it comes.
static uint64_t
read_all(struct spool *spool) {
    static const struct jn_sink_amount none[JN_SINK_LOSS_COUNT];
    uint64_t documents = 0;
    bool written;
    for (unsigned int round = 0; spool_unread(spool); round++) {
        demand(round < ROUNDS);
        struct block *block = spool_read(spool);
        if (block == NULL) {
            sim_pass(UINT64_C(61000000000)); // what cannot be read is given up then
            continue;
        }
        for (uint32_t i = 0; i < block->count; i++)
            demand(frame_check(block->bytes + block->at[i].from, block->size - block->at[i].from) > 0);
        documents += block->count;
        struct jn_sink_amount behind = block_behind(block);
        spool_acknowledged(spool, &behind, none);
        spool_step(spool, on_written, &written);
        block_let_go(block);
    }
    return documents;
}

static void
append_one(struct spool *spool) {
    static const char text[] = "{\"@timestamp\":\"2026-11-27T01:02:03.000000000Z\"}";
    struct document document = {
        .text = text, .length = sizeof(text) - 1, .key = "", .id = text, .date = text + 15, .packets = 1};
    struct block *block = block_make(spool->end.records, &spool->end, 0);
    bool written = false, full;
    demand(block != NULL && block_add(block, &document, 0));
    for (unsigned int round = 0; !written; round++) {
        demand(round < ROUNDS);
        if (spool->doing == SPOOL_IDLE)
            spool_append(spool, &block, 1, &full);
        spool_step(spool, on_written, &written);
    }
    block_let_go(block);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    world = &sim_world;
    jn_log_set_level(JN_LOG_ERROR);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct jn_sink_view view = {.name = "s"};
    char err[JN_ERR_MAX];
    bytes.at = data;
    bytes.left = size;
    sim_seed(1);
    sim_disk_new();
    int directory = world->files->directory("/spool");
    put_positions(directory);
    view.let_go[0] = take_number();
    view.on_disk = (struct jn_sink_amount){take_number() % FRAME_NUMBERS, take_number(), take_number()};
    for (uint64_t count = take(1) % 6; count > 0; count--)
        put_segment(directory);
    world->files->close(directory);
    for (unsigned int life = 0; life < 2; life++) {
        struct spool *spool = spool_open(
            &(struct spool_options){
                .directory = "/spool", .node = "n", .instance = "i", .sink = "s", .max_bytes = 1 << 20, .view = &view},
            err);
        demand(spool != NULL);
        spool->released = UINT64_MAX;
        read_all(spool);
        append_one(spool);
        demand(read_all(spool) == 1);
        spool_close(spool);
        view.let_go[0] = 0;
    }
    return 0;
}
