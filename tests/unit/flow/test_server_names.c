// SPDX-License-Identifier: BSD-3-Clause
// Server names: each once, counted by its flows, forgotten with the last of them; when all numbers are taken a further name has
// none.
#include "flow/server_names.h"
#include "test.h"

static struct jn_server_names *names;

static int
make(void **state) {
    const struct jn_hash_key key = jn_hash_key_of(3);
    (void)state;
    names = jn_server_names_make(&key);
    return names == NULL;
}

static int
unmake(void **state) {
    (void)state;
    free(names);
    return 0;
}

static uint16_t
keep(const char *text) {
    return jn_server_name_keep(names, text, (uint8_t)strlen(text));
}

static void
test_a_name_is_kept_once(void **state) {
    (void)state;
    uint16_t first = keep("example.org"), other = keep("example.com");
    assert_int_not_equal(first, 0);
    assert_int_not_equal(first, other);
    assert_int_equal(keep("example.org"), first);
    assert_int_equal(jn_server_name_at(names, first)->flows, 2);
    jn_server_name_release(names, first);
    assert_int_equal(keep("example.org"), first);
    jn_server_name_release(names, first);
    jn_server_name_release(names, first);
    assert_int_equal(jn_server_name_at(names, first)->flows, 0);
    assert_int_equal(keep("www.example.org"), first); // its number is free again
    jn_server_name_release(names, 0);
}

static void
test_a_name_is_all_its_bytes(void **state) {
    (void)state;
    char longest[JN_SERVER_NAME_MAX];
    memset(longest, 'a', sizeof(longest));
    uint16_t all = jn_server_name_keep(names, longest, JN_SERVER_NAME_MAX),
             shorter = jn_server_name_keep(names, longest, JN_SERVER_NAME_MAX - 1);
    assert_int_not_equal(all, shorter);
    longest[JN_SERVER_NAME_MAX - 1] = 'b';
    assert_int_not_equal(jn_server_name_keep(names, longest, JN_SERVER_NAME_MAX), all);
    assert_int_equal(jn_server_name_at(names, all)->length, JN_SERVER_NAME_MAX);
}

static void
test_full(void **state) {
    (void)state;
    char text[16];
    uint16_t numbers[JN_SERVER_NAMES];
    for (unsigned int i = 0; i < JN_SERVER_NAMES; i++) {
        snprintf(text, sizeof(text), "n%u", i);
        assert_int_not_equal(numbers[i] = keep(text), 0);
    }
    assert_int_equal(keep("further"), 0);
    assert_int_equal(keep("n7"), numbers[7]);
    jn_server_name_release(names, numbers[7]);
    jn_server_name_release(names, numbers[7]);
    assert_int_equal(keep("further"), numbers[7]);
    for (unsigned int i = 0; i < JN_SERVER_NAMES; i++)
        if (i != 7)
            jn_server_name_release(names, numbers[i]);
    assert_int_equal(jn_server_name_at(names, numbers[7])->flows, 1);
    assert_int_equal(keep("further"), numbers[7]);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_name_is_kept_once, make, unmake),
        cmocka_unit_test_setup_teardown(test_a_name_is_all_its_bytes, make, unmake),
        cmocka_unit_test_setup_teardown(test_full, make, unmake),
    };
    return cmocka_run_group_tests_name("server names", tests, NULL, NULL);
}
