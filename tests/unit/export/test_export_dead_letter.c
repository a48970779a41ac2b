// SPDX-License-Identifier: BSD-3-Clause
// Dead letters: every refused document is in the file, whole and with its reason, or counted as not kept.
#include "dead_letter.h"

#include <jansson.h>

#include "memory_files.h"

static uint64_t wall_ns = UINT64_C(1795741322123456789), steady_ns = 1;

static uint64_t
read_wall(void) {
    return wall_ns;
}

static uint64_t
read_steady(void) {
    return steady_ns;
}

static const struct world_clock memory_clock = {read_steady, read_wall};
static const struct world memory_world = {.clock = &memory_clock, .files = &memory_world_files};
static struct jn_sink_view view;
static struct dead_letter letters;

static int
setup(void **state) {
    (void)state;
    world = &memory_world;
    view = (struct jn_sink_view){.name = "index"};
    dead_letter_open(&letters, 0, &view);
    return 0;
}

static int
teardown(void **state) {
    (void)state;
    dead_letter_close(&letters);
    memory_clear();
    return 0;
}

static uint64_t
unwritten(void) {
    return view.counters[JN_SINK_COUNTER_UNWRITTEN];
}

static void
add(const char *text, const char *reason) {
    const struct document document = {.text = text, .length = strlen(text), .id = "a-1", .id_length = 3};
    dead_letter_add(&letters, &document, reason);
}

static void
test_reasons_are_kept_whole(void **state) {
    static char long_reason[3000], wide_reason[1500];
    (void)state;
    memset(long_reason, 'x', sizeof(long_reason) - 1);
    for (size_t i = 0; i + 4 < sizeof(wide_reason); i += 3)
        memcpy(wide_reason + i, "\xe5\xad\x97", 4);
    const struct {
        const char *reason;
        size_t length; // that is kept
    } rows[] = {{"mapper_parsing_exception: a \"text\" where\na number is", 53},
                {"", 0},
                {long_reason, 1024},
                {wide_reason, 1023},
                {"\xff\xfe", 6}};
    for (size_t i = 0; i < COUNT(rows); i++)
        add("{\"a\":[1,2]}", rows[i].reason);
    const char *line = memory_find(DEAD_LETTER_FILE)->bytes;
    for (size_t i = 0; i < COUNT(rows); i++, line = strchr(line, '\n') + 1) {
        json_t *object = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
        assert_non_null(object);
        assert_string_equal(json_string_value(json_object_get(object, "@timestamp")), "2026-11-27T01:02:02.123456789Z");
        assert_string_equal(json_string_value(json_object_get(object, "sink")), "index");
        assert_int_equal(json_array_size(json_object_get(json_object_get(object, "document"), "a")), 2);
        const char *kept = json_string_value(json_object_get(object, "reason"));
        if (i < 4)
            assert_int_equal(strncmp(kept, rows[i].reason, strlen(kept)), 0);
        assert_in_range(strlen(kept), rows[i].length > 4 ? rows[i].length - 4 : 0, rows[i].length + 3);
        json_decref(object);
    }
    assert_int_equal(*line, '\0');
    assert_int_equal(unwritten(), 0);
}

static void
test_half_a_line_is_cut(void **state) {
    (void)state;
    int file = memory_open(0, DEAD_LETTER_FILE, O_CREAT);
    memory_write(file, "{\"a\":1}\n{\"a\":", 13, 0);
    add("{}", "r");
    assert_memory_equal(memory_files[file].bytes, "{\"a\":1}\n{\"@timestamp\":", 22);
    dead_letter_close(&letters);
}

static void
test_full_disk_is_counted(void **state) {
    (void)state;
    add("{}", "first");
    uint64_t size = memory_find(DEAD_LETTER_FILE)->size;
    memory_room = 10;
    add("{}", "second");
    add("{}", "third");
    assert_int_equal(unwritten(), 2);
    assert_int_equal(memory_find(DEAD_LETTER_FILE)->size, size);
    memory_room = UINT64_MAX;
    add("{}", "fourth");
    assert_int_equal(unwritten(), 2);
    assert_non_null(strstr(memory_find(DEAD_LETTER_FILE)->bytes, "}\n{\"@timestamp\""));
    assert_null(strstr(memory_find(DEAD_LETTER_FILE)->bytes, "second"));
}

static void
test_older_file_is_replaced_and_counted(void **state) {
    (void)state;
    size_t length = DEAD_LETTER_BYTES / 2 + 1000;
    char *text = malloc(length + 1);
    assert_non_null(text);
    memset(text, '1', length);
    text[length] = '\0';
    for (int i = 0; i < 2; i++)
        add(text, "large");
    assert_int_equal(unwritten(), 0);
    assert_non_null(memory_find(DEAD_LETTER_OLD_FILE));
    add("{}", "small");
    memory_rename_error = -EROFS;
    add(text, "large");
    assert_int_equal(unwritten(), 1); // of what cannot be rotated the new one is not kept, and the old ones stay
    memory_rename_error = 0;
    add(text, "large");
    assert_int_equal(unwritten(), 2); // the one in the older file
    add("{}", "last");
    assert_int_equal(unwritten(), 2);
    assert_non_null(strstr(memory_find(DEAD_LETTER_OLD_FILE)->bytes, "small"));
    free(text);
}

static void
test_without_a_directory(void **state) {
    (void)state;
    dead_letter_open(&letters, -1, &view);
    add("{}", "r");
    assert_int_equal(unwritten(), 1);
    assert_null(memory_find(DEAD_LETTER_FILE));
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reasons_are_kept_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_a_line_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_older_file_is_replaced_and_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_a_directory, setup, teardown),
    };
    return cmocka_run_group_tests_name("export dead letter", tests, NULL, NULL);
}
