// SPDX-License-Identifier: BSD-3-Clause
// Sinks: lines whole and once, rotation, acknowledgement only after delivery, errors in words.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink_batch.h"
#include "test.h"

static char directory[32];
static uint64_t acknowledged[8192];
static unsigned int acknowledged_count;
static unsigned int refused_count;
static struct jn_sink_view view;

static void
acknowledge(void *context, uint64_t opaque) {
    (void)context;
    acknowledged[acknowledged_count++ % 8192] = opaque;
}

static void
refuse(void *context, uint64_t opaque, const char *reason) {
    (void)context;
    assert_int_equal(opaque, 7);
    assert_non_null(reason);
    refused_count++;
}

static int
setup(void **state) {
    (void)state;
    strcpy(directory, "/tmp/junction-test-XXXXXX");
    acknowledged_count = refused_count = 0;
    view = (struct jn_sink_view){.name = "sink"};
    return mkdtemp(directory) == NULL;
}

static int
teardown(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}

static struct jn_config_sink
file_config(uint32_t keep) {
    struct jn_config_sink config = {.type = JN_SINK_FILE, .max_mb = 1, .keep = keep};
    snprintf(config.path, sizeof(config.path), "%s/documents", directory);
    return config;
}

static struct sink *
open_file_sink(const struct jn_config_sink *config) {
    char err[JN_ERR_MAX];
    struct sink *sink = sink_file.open(config, &view, err);
    if (sink == NULL)
        fail_msg("%s", err);
    sink->acknowledge = acknowledge;
    return sink;
}

static int
submit(struct sink *sink, const char *text, uint64_t opaque) {
    struct document document = {.text = text, .length = strlen(text), .key = "key", .key_length = 3};
    return sink->operations->submit(sink, &document, opaque);
}

// The file is written beside: until so many are acknowledged.
static void
poll_until(struct sink *sink, unsigned int count) {
    while (acknowledged_count < count)
        assert_int_equal(sink->operations->poll(sink), 0);
}

static void
assert_content(const char *suffix, const char *expected) {
    char path[64], content[256];
    snprintf(path, sizeof(path), "%s/documents%s", directory, suffix);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t length = read(fd, content, sizeof(content) - 1);
    assert_true(length >= 0);
    content[length] = '\0';
    assert_string_equal(content, expected);
    close(fd);
}

static void
test_lines_are_acknowledged_once_written(void **state) {
    (void)state;
    struct jn_config_sink config = file_config(1);
    struct sink *sink = open_file_sink(&config);
    assert_int_equal(submit(sink, "{\"a\":1}", 11), 0);
    assert_int_equal(submit(sink, "{\"a\":2}", 12), 0);
    assert_int_equal(acknowledged_count, 0);
    assert_content("", "");
    poll_until(sink, 2);
    assert_int_equal(acknowledged[1], 12);
    assert_content("", "{\"a\":1}\n{\"a\":2}\n");
    sink->operations->close(sink);
}

static void
test_torn_line_is_cut(void **state) {
    (void)state;
    struct jn_config_sink config = file_config(1);
    FILE *file = fopen(config.path, "w");
    assert_non_null(file);
    fputs("{\"a\":1}\n{\"a\":2", file);
    fclose(file);
    struct sink *sink = open_file_sink(&config);
    submit(sink, "{\"a\":3}", 1);
    poll_until(sink, 1);
    assert_content("", "{\"a\":1}\n{\"a\":3}\n");
    sink->operations->close(sink);
}

static void
test_rotation_keeps_so_many(void **state) {
    (void)state;
    struct jn_config_sink config = file_config(2);
    struct sink *sink = open_file_sink(&config);
    static char large[700000];
    memset(large, 'x', sizeof(large) - 1);
    for (int i = 0; i < 5; i++) {
        large[0] = (char)('0' + i);
        assert_int_equal(submit(sink, large, (uint64_t)i), 0);
        poll_until(sink, (unsigned int)i + 1);
    }
    assert_int_equal(acknowledged_count, 5);
    static const struct {
        const char *suffix;
        char first;
    } rows[] = {{"", '4'}, {".1", '3'}, {".2", '2'}, {".3", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "%s/documents%s", directory, rows[i].suffix);
        FILE *file = fopen(path, "r");
        if (rows[i].first == 0) {
            assert_null(file);
            continue;
        }
        assert_non_null(file);
        assert_int_equal(fgetc(file), rows[i].first);
        fclose(file);
    }
    sink->operations->close(sink);
}

// A full disk, as a limit of file size makes one: nothing is acknowledged, nothing is torn, and it goes on afterwards.
static void
test_full_disk_is_waited_for(void **state) {
    (void)state;
    struct jn_config_sink config = file_config(1);
    struct sink *sink = open_file_sink(&config);
    struct rlimit before, small = {16, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    submit(sink, "{\"a\":1}", 1);
    poll_until(sink, 1);
    setrlimit(RLIMIT_FSIZE, &small);
    submit(sink, "{\"a\":222222}", 2);
    while (view.in_trouble == 0)
        assert_int_equal(sink->operations->poll(sink), 0);
    assert_non_null(strstr(view.trouble, "File too large"));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(acknowledged_count, 1);
    poll_until(sink, 2);
    assert_int_equal(view.in_trouble, 0);
    assert_content("", "{\"a\":1}\n{\"a\":222222}\n");
    sink->operations->close(sink);
}

static void
test_full_batch_says_so(void **state) {
    (void)state;
    struct sink_batch batch;
    assert_true(sink_batch_open(&batch));
    static char larger[BATCH_BYTES + 10];
    memset(larger, 'x', sizeof(larger) - 1);
    struct document document = {.text = "{}", .length = 2}, huge = {.text = larger, .length = sizeof(larger) - 1};
    for (unsigned int i = 0; i < BATCH_DOCUMENTS; i++)
        assert_int_equal(sink_batch_add(&batch, &document, 0), 0);
    assert_int_equal(sink_batch_add(&batch, &document, 0), -EAGAIN);
    struct sink sink = {.acknowledge = acknowledge};
    sink_batch_done(&batch, &sink);
    assert_int_equal(sink_batch_add(&batch, &document, 0), 0);
    assert_int_equal(sink_batch_add(&batch, &huge, 0), -EAGAIN);
    sink_batch_done(&batch, &sink);
    assert_int_equal(sink_batch_add(&batch, &huge, 0), 0); // alone it fits
    assert_int_equal(batch.length, sizeof(larger));
    sink_batch_close(&batch);
}

static void
test_errors_are_named(void **state) {
    (void)state;
    char err[JN_ERR_MAX] = "";
    struct jn_config_property properties[2] = {{.name = "bootstrap.servers", .value = "127.0.0.1:1"},
                                               {.name = "no.such.thing", .value = "1"}};
    struct jn_config_sink config = {
        .type = JN_SINK_KAFKA, .topic_flow = "f", .topic_summary = "s", .properties = properties};
    assert_null(sink_kafka.open(&config, &view, err));
    assert_non_null(strstr(err, "bootstrap.servers"));
    config.property_count = 2;
    assert_null(sink_kafka.open(&config, &view, err));
    assert_non_null(strstr(err, "sink.properties[\"no.such.thing\"]"));
    properties[1] = (struct jn_config_property){.name = "acks", .value = "1"}; // against idempotence
    assert_null(sink_kafka.open(&config, &view, err));
    assert_non_null(strstr(err, "acks"));
    config = file_config(1);
    snprintf(config.path, sizeof(config.path), "%s", directory);
    assert_null(sink_file.open(&config, &view, err));
    assert_non_null(strstr(err, directory));
}

// Without a broker nothing is acknowledged and nothing is lost; what is too large for Kafka is let go, and said.
static void
test_kafka_without_a_broker(void **state) {
    (void)state;
    char err[JN_ERR_MAX] = "";
    struct jn_config_property properties[3] = {{.name = "bootstrap.servers", .value = "127.0.0.1:1"},
                                               {.name = "queue.buffering.max.messages", .value = "2"},
                                               {.name = "message.max.bytes", .value = "2000"}};
    struct jn_config_sink config = {
        .type = JN_SINK_KAFKA, .topic_flow = "f", .topic_summary = "s", .properties = properties, .property_count = 3};
    struct sink *sink = sink_kafka.open(&config, &view, err);
    if (sink == NULL)
        fail_msg("%s", err);
    sink->acknowledge = acknowledge;
    sink->refuse = refuse;
    static char large[4000];
    memset(large, 'x', sizeof(large) - 1);
    assert_int_equal(submit(sink, large, 7), 0);
    assert_int_equal(refused_count, 1);
    assert_int_equal(submit(sink, "{}", 1), 0);
    assert_int_equal(submit(sink, "{}", 2), 0);
    assert_int_equal(submit(sink, "{}", 3), -EAGAIN);
    assert_int_equal(sink->operations->poll(sink), 0);
    sink->operations->close(sink);
    assert_int_equal(acknowledged_count, 0);
}

// Also after one that was killed while it changed them.
static void
test_texts_can_be_read(void **state) {
    (void)state;
    for (uint64_t version = 0; version < 4; version++) {
        char trouble[JN_SINK_TEXT_MAX], advice[JN_SINK_TEXT_MAX];
        view.version = version;
        sink_trouble(&view, version % 2 == 0 ? "wait" : NULL, "it is down %d", (int)version);
        assert_true(jn_sink_texts(&view, trouble, advice));
        assert_true(view.version > version);
        assert_int_equal(trouble[11], '0' + (int)version);
        assert_string_equal(advice, version % 2 == 0 ? "wait" : "");
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_are_acknowledged_once_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_line_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rotation_keeps_so_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_batch_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kafka_without_a_broker, setup, teardown),
        cmocka_unit_test_setup_teardown(test_texts_can_be_read, setup, teardown),
    };
    return cmocka_run_group_tests_name("export sink", tests, NULL, NULL);
}
