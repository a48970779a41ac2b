// SPDX-License-Identifier: BSD-3-Clause
// The spool in a real directory: what was left there by others, and what befell its files. What is read and what is counted
// as lost is all that was written.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export_spool.h"
#include "lane.h"

static void
change(const char *name, uint64_t offset, int how) {
    char path[128], byte;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (how == 'd') {
        assert_int_equal(unlink(path), 0);
        return;
    }
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    if (how == 'c')
        assert_int_equal(ftruncate(file, (off_t)offset), 0);
    else {
        assert_int_equal(pread(file, &byte, 1, (off_t)offset), 1);
        byte ^= 4;
        assert_int_equal(pwrite(file, &byte, 1, (off_t)offset), 1);
    }
    close(file);
}

#define FRAME   280 // 72 + 200 + 1, in steps of 8
#define SEGMENT "00000000000000000011.spool"
#define LAST    "00000000000000000031.spool"

static void
test_what_is_damaged_is_counted(void **state) {
    (void)state;
    static const struct {
        const char *what, *name;
        uint64_t offset;
        int how; // f: a bit flips; c: cut there; d: deleted
        uint64_t lost_from, lost_to;
    } rows[] = {
        {"nothing", NULL, 0, 0, 0, 0},
        {"a text", SEGMENT, 256 + 3 * FRAME + 100, 'f', 14, 15},
        {"a frame's header", SEGMENT, 256 + 3 * FRAME + 20, 'f', 14, 15},
        {"a frame's magic", SEGMENT, 256 + 3 * FRAME, 'f', 14, 15},
        {"the first frame", SEGMENT, 256 + 100, 'f', 11, 12},
        {"the last frame", SEGMENT, 256 + 9 * FRAME + 100, 'f', 20, 21},
        {"a segment's header", SEGMENT, 40, 'f', 0, 0},
        {"a segment's version", SEGMENT, 8, 'f', 0, 0}, // its checksum is wrong, too
        {"cut in a frame", SEGMENT, 256 + 4 * FRAME + 50, 'c', 15, 21},
        {"cut in the header", SEGMENT, 100, 'c', 11, 21},
        {"empty", SEGMENT, 0, 'c', 11, 21},
        {"deleted", SEGMENT, 0, 'd', 11, 21},
        {"the last one, cut", LAST, 256 + 4 * FRAME + 50, 'c', 35, 41},
        {"the last one, deleted", LAST, 0, 'd', 31, 41},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        fill();
        if (rows[i].name != NULL)
            change(rows[i].name, rows[i].offset, rows[i].how);
        struct spool *spool = open_spool("edge-1", "site", "sink");
        struct found found = read_all(spool);
        uint64_t lost = rows[i].lost_to - rows[i].lost_from, packets = sum(rows[i].lost_from, rows[i].lost_to);
        if (found.read != ALL - lost || found.damaged.records != lost || found.damaged.packets != packets ||
            found.damaged.bytes != 100 * packets)
            fail_msg("%s: %lu read, %lu lost (%lu packets, %lu bytes)", rows[i].what, (unsigned long)found.read,
                     (unsigned long)found.damaged.records, (unsigned long)found.damaged.packets,
                     (unsigned long)found.damaged.bytes);
        spool_close(spool);
        teardown(NULL);
        setup(NULL);
    }
}

// Without the memory that outlives an exporter, what is torn at the end was never said to be written.
static void
test_a_torn_tail_is_cut_off(void **state) {
    (void)state;
    fill();
    view = (struct jn_sink_view){.name = "sink"};
    change(LAST, 256 + 4 * FRAME + 50, 'c');
    struct spool *spool = open_spool("edge-1", "site", "sink");
    struct found found = read_all(spool);
    assert_int_equal(found.read, 34);
    assert_int_equal(found.damaged.records, 0);
    struct block *block = make_block(&spool->end, 1, 200);
    assert_int_equal(block->first, 35);
    append(spool, block);
    assert_int_equal(read_all(spool).read, 1);
    spool_close(spool);
}

static unsigned int
files_that_end(const char *end) {
    unsigned int count = 0;
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        size_t length = strlen(entry->d_name);
        count += length >= strlen(end) && strcmp(entry->d_name + length - strlen(end), end) == 0;
    }
    closedir(entries);
    return count;
}

static void
set_version(const char *name) {
    char path[128];
    struct spool_header header;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int file = open(path, O_RDWR);
    assert_int_equal(pread(file, &header, sizeof(header), 0), sizeof(header));
    header.version++;
    header.crc = spool_header_crc(&header);
    assert_int_equal(pwrite(file, &header, sizeof(header), 0), sizeof(header));
    close(file);
}

static void
test_what_others_left(void **state) {
    (void)state;
    static const struct {
        const char *node, *instance, *sink;
        bool version;
        uint64_t read;
        unsigned int aside;
    } rows[] = {
        {"edge-2", "site", "sink", false, ALL, 0},
        {"edge-1", "other", "sink", false, 0, BLOCKS},
        {"edge-1", "site", "others", false, 0, BLOCKS},
        {"edge-1", "site", "sink", true, ALL - EACH, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        fill();
        view = (struct jn_sink_view){.name = "sink"};
        if (rows[i].version)
            set_version(LAST);
        struct spool *spool = open_spool(rows[i].node, rows[i].instance, rows[i].sink);
        assert_int_equal(read_all(spool).read, rows[i].read);
        assert_int_equal(files_that_end(".aside"), rows[i].aside);
        spool_close(spool);
        teardown(NULL);
        setup(NULL);
    }
}

static void
test_a_position_that_is_torn(void **state) {
    (void)state;
    static const struct jn_sink_amount none[JN_SINK_LOSS_COUNT];
    for (uint64_t slot = 0; slot < 2; slot++) {
        fill();
        struct spool *spool = open_spool("edge-1", "site", "sink");
        for (uint64_t n = 1; n <= 2; n++) { // each into its slot
            struct jn_sink_amount next = {1 + n * EACH, sum(1, 1 + n * EACH), 100 * sum(1, 1 + n * EACH)};
            spool_sent(spool, &next);
            spool_acknowledged(spool, &next, none);
            assert_int_equal(spool_save_position(spool), 0);
        }
        uint64_t latest = spool->position.generation % 2;
        spool_close(spool);
        change("position", slot * 4096 + 20, 'f');
        spool = open_spool("edge-1", "site", "sink");
        // With the older one documents come again, but for those whose segment has gone.
        assert_int_equal(read_all(spool).read, ALL - 2 * EACH);
        assert_true(slot == latest ? spool->position.acknowledged.records < 21
                                   : spool->position.acknowledged.records == 21);
        spool_close(spool);
        teardown(NULL);
        setup(NULL);
    }
}

static void
test_two_exporters(void **state) {
    (void)state;
    char err[JN_ERR_MAX] = "";
    struct spool *first = open_spool("edge-1", "site", "sink");
    const struct spool_options options = first->options;
    assert_null(spool_open(&options, err));
    assert_non_null(strstr(err, "another junction-export uses it"));
    spool_close(first);
    first = open_spool("edge-1", "site", "sink");
    spool_close(first);
}

static void
test_a_directory_that_is_none(void **state) {
    (void)state;
    char err[JN_ERR_MAX] = "", path[96];
    snprintf(path, sizeof(path), "%s/file", directory);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    struct spool_options options = {.directory = path, .node = "n", .instance = "i", .sink = "s", .view = &view};
    assert_null(spool_open(&options, err));
    assert_non_null(strstr(err, "Not a directory"));
}

// Smaller than what it is to hold: the oldest go, and are counted once, also by those who come after.
static void
test_the_bound(void **state) {
    (void)state;
    struct spool *spool = open_spool("edge-1", "site", "sink");
    struct jn_sink_amount next = {1, 0, 0};
    for (unsigned int i = 0; i < 30; i++) {
        struct block *block = make_block(&next, 1, i == 20 ? 3000000 : 200000);
        next = block_behind(block);
        append(spool, block);
    }
    assert_true(spool->total_bytes <= UINT64_C(1) << 20);
    struct jn_sink_amount lost = view.lost[JN_SINK_LOSS_SPOOL_FULL];
    uint64_t read = read_all(spool).read;
    assert_int_equal(read + lost.records, 30);
    assert_int_equal(lost.packets, sum(1, 1 + lost.records));
    spool_close(spool);
    view = (struct jn_sink_view){.name = "sink"};
    spool = open_spool("edge-1", "site", "sink");
    assert_int_equal(view.lost[JN_SINK_LOSS_SPOOL_FULL].records, lost.records);
    assert_int_equal(read_all(spool).read, read);
    spool_close(spool);
}

// What rings still have is made again: of each source what is behind its own number.
static void
test_made_again(void **state) {
    (void)state;
    fill();
    view.let_go[0] = 16; // all are of ring 0
    struct spool *spool = open_spool("edge-1", "site", "sink");
    struct found found = read_all(spool);
    assert_int_equal(found.read, 15);
    assert_int_equal(found.damaged.records, 0);
    spool_close(spool);
    memset(view.let_go, 0, sizeof(view.let_go)); // it is marked, for those who come later
    spool = open_spool("edge-1", "site", "sink");
    found = read_all(spool);
    assert_int_equal(found.read, 15);
    assert_int_equal(found.damaged.records, 0);
    spool_close(spool);
}

// A header that is signed, yet points to where less than a date is.
static void
test_where_a_date_is(void **state) {
    (void)state;
    static const char text[] = "{\"@timestamp\":\"2026-11-27T01:02:03.000000000Z\"}";
    const size_t length = sizeof(text) - 1;
    static const struct {
        size_t behind; // bytes from the date on
        bool sound;
    } rows[] = {{sizeof(text) - 1, true}, {32, true}, {20, true}, {19, false}, {10, false}, {0, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char frame[256];
        struct document document = {.text = text,
                                    .length = length,
                                    .key = "k",
                                    .key_length = 1,
                                    .id = text,
                                    .earlier = i % 2,
                                    .date = text + length - rows[i].behind};
        size_t size = frame_size(length, 1);
        frame_write(frame, &document, 1, &(struct jn_sink_amount){0});
        frame_sign(frame);
        assert_int_equal(frame_check(frame, size), rows[i].sound ? size : 0);
        assert_int_equal(frame_document(frame).earlier, i % 2);
    }
}

static struct {
    struct sink sink;
    unsigned int documents, earlier, secured;
    bool holds_first;
    uint64_t first;
} counting;

static int
count_submitted(struct sink *sink, const struct document *document, uint64_t opaque) {
    counting.documents++;
    counting.earlier += document->earlier;
    if (counting.documents == 1)
        counting.first = opaque;
    if (counting.documents > 1 || !counting.holds_first)
        sink->acknowledge(sink->lane, opaque);
    return 0;
}

static int
count_poll(struct sink *sink) {
    (void)sink;
    return 0;
}

static void
count_close(struct sink *sink) {
    (void)sink;
}

static struct sink *
count_open(const struct jn_config_sink *config, struct jn_sink_view *of, char err[JN_ERR_MAX]) {
    static const struct sink_operations operations = {count_submitted, count_poll, count_close};
    (void)config, (void)err;
    counting.sink = (struct sink){.operations = &operations, .view = of};
    counting.documents = counting.earlier = 0;
    return &counting.sink;
}

// What the life before left may have been sent; what comes behind was not.
static void
test_documents_of_an_earlier_life_say_so(void **state) {
    (void)state;
    static const struct sink_type type = {.open = count_open};
    static const struct jn_config_sink config = {.name = "sink", .spool = {.max_mb = 1}};
    static struct lane lane;
    char err[JN_ERR_MAX] = "";
    fill();
    const struct lane_options options = {.config = &config,
                                         .type = &type,
                                         .node = "edge-1",
                                         .instance = "site",
                                         .spool_directory = directory,
                                         .view = &view,
                                         .secured = on_written,
                                         .context = &counting.secured};
    assert_int_equal(lane_open(&lane, &options, false, err), 0);
    struct block *block = make_block(&lane.spool->end, EACH, 200);
    while (counting.documents < ALL)
        lane_step(&lane, false, UINT64_MAX);
    assert_int_equal(counting.earlier, ALL);
    assert_true(lane_add(&lane, block));
    while (!lane_empty(&lane))
        lane_step(&lane, false, UINT64_MAX);
    assert_int_equal(counting.earlier, ALL);
    block_let_go(block);
    lane_close(&lane);
}

// One document that is not settled holds back what is behind it, in the end, and the sink is told.
static void
test_a_sink_that_is_held_up_is_told(void **state) {
    (void)state;
    static const struct sink_type type = {.open = count_open};
    static struct lane lane;
    static const struct {
        unsigned int blocks;
        bool held_up;
    } rows[] = {{LANE_FLIGHTS - 1, false}, {LANE_FLIGHTS, true}, {LANE_FLIGHTS + 5, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char err[JN_ERR_MAX] = "";
        struct jn_sink_amount next = {1, 0, 0};
        const struct lane_options options = {
            .type = &type, .view = &view, .secured = on_written, .context = &counting.secured};
        counting.holds_first = true;
        assert_int_equal(lane_open(&lane, &options, false, err), 0);
        for (unsigned int n = 0; n < rows[i].blocks; n++) {
            struct block *block = make_block(&next, 1, 200);
            next = block_behind(block);
            assert_true(lane_add(&lane, block));
            block_let_go(block);
        }
        lane_step(&lane, false, 0);
        lane_step(&lane, false, 0);
        assert_int_equal(counting.sink.held_up, rows[i].held_up);
        counting.sink.acknowledge(counting.sink.lane, counting.first);
        lane_step(&lane, false, 0);
        lane_step(&lane, false, 0);
        assert_false(counting.sink.held_up);
        assert_int_equal(counting.documents, rows[i].blocks);
        lane_close(&lane);
        counting.holds_first = false;
    }
}

static struct world_files files;
static int write_error;

static ssize_t
write_fails(int file, const void *bytes, size_t length, uint64_t offset) {
    (void)file;
    (void)bytes;
    (void)length;
    (void)offset;
    return write_error;
}

static int
end_fails(struct world_writer *writer) {
    (void)writer;
    return write_error;
}

// A disk that is full or read-only: it is said, nothing is lost, and it goes on when it can be written again.
static void
test_trouble(void **state) {
    (void)state;
    static const struct {
        int error;
        const char *advice;
    } rows[] = {{-ENOSPC, "make room"}, {-EROFS, "mount"}, {-EIO, "dmesg"}};
    const struct world *before = world;
    struct world failing = *world;
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned int written = 0;
        bool full;
        struct spool *spool = open_spool("edge-1", "site", "sink");
        struct block *block = make_block(&(struct jn_sink_amount){1, 0, 0}, EACH, 200);
        files = *before->files;
        files.write = write_fails;
        files.write_end = end_fails;
        failing.files = &files;
        write_error = rows[i].error;
        assert_true(spool_append(spool, &block, 1, &full));
        spool->doing = SPOOL_APPENDS;
        world = &failing;
        assert_int_equal(spool_step(spool, on_written, &written), rows[i].error);
        assert_int_equal(written, 0);
        assert_int_equal(view.in_trouble, JN_SPOOL_IN_TROUBLE);
        assert_non_null(strstr(view.advice, rows[i].advice));
        world = before;
        while (world->files->write_end(spool->writer) == -EAGAIN)
            ;
        sink_well(&view); // the sink's being well is not the spool's
        assert_int_equal(view.in_trouble, JN_SPOOL_IN_TROUBLE);
        append(spool, block);
        assert_int_equal(view.in_trouble, 0);
        assert_int_equal(read_all(spool).read, EACH);
        spool_close(spool);
        teardown(NULL);
        setup(NULL);
    }
}

int
main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_damaged_is_counted),
        TEST(test_a_torn_tail_is_cut_off),
        TEST(test_what_others_left),
        TEST(test_a_position_that_is_torn),
        TEST(test_two_exporters),
        TEST(test_a_directory_that_is_none),
        TEST(test_the_bound),
        TEST(test_made_again),
        TEST(test_where_a_date_is),
        TEST(test_documents_of_an_earlier_life_say_so),
        TEST(test_a_sink_that_is_held_up_is_told),
        TEST(test_trouble),
    };
    return cmocka_run_group_tests_name("export spool", tests, NULL, NULL);
}
