// SPDX-License-Identifier: BSD-3-Clause
// The list of keys is in order, and the examples are right.
#include "applications/applications.h"
#include "config/config_keys.h"
#include "config/config_load.h"
#include "test.h"

#define DOCS JN_SOURCE_ROOT "/docs/"

static void
test_the_list_is_in_order(void **state) {
    (void)state;
    for (int i = 1; i < JN_KEY_COUNT; i++) {
        const char *path = jn_config_keys[i].path;
        char parent[128];
        size_t length = strlen(path);
        size_t cut = length > 2 && path[length - 1] == ']' ? length - 2 : (size_t)(jn_key_name((enum jn_key)i) - path);
        snprintf(parent, sizeof(parent), "%.*s", (int)(path[cut] == '[' || cut == 0 ? cut : cut - 1), path);
        // Its parent is the nearest earlier key that is not itself below that parent.
        int above = i - 1;
        while (strcmp(jn_config_keys[above].path, parent) != 0) {
            if (above == 0 || strncmp(jn_config_keys[above].path, parent, strlen(parent)) != 0)
                fail_msg("%s does not follow %s", path, parent);
            above--;
        }
        if (jn_config_keys[above].kind == JN_KIND_ARRAY)
            assert_int_equal(jn_key_item((enum jn_key)above), i);
        else
            assert_int_equal(jn_key_child((enum jn_key)above, jn_key_name((enum jn_key)i)), i);
    }
}

static void
test_examples_are_right(void **state) {
    (void)state;
    static const struct {
        const char *path;
        size_t warnings;
        bool by_application;
    } examples[] = {{DOCS "examples/minimal.json", 0, false},
                    {DOCS "examples/full.json", 0, false},
                    {DOCS "examples/sinks.json", 0, false},
                    {DOCS "examples/private-garden.json", 0, true}};
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct jn_config_errors errors;
        if (examples[i].by_application && !jn_applications_known())
            continue;
        struct jn_config *config = jn_config_load(examples[i].path, &errors);
        if (config == NULL)
            fail_msg("%s", errors.text[0]);
        assert_int_equal(errors.warning_count, examples[i].warnings);
        jn_config_free(config);
        jn_config_errors_free(&errors);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_list_is_in_order),
        cmocka_unit_test(test_examples_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
