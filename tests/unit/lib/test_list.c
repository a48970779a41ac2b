// SPDX-License-Identifier: BSD-3-Clause
// The lists of words: fit for shared memory and for readers, and in every region that counts by them.
#include "gate.h"
#include "lists.h"
#include "test.h"

static const struct jn_list *const lists[] = {
    &jn_drop_list,           &jn_exception_list,       &jn_copy_drop_list,
    &jn_gate_drop_list,      &jn_vpg_counter_list,     &jn_port_counter_list,
    &jn_worker_counter_list, &jn_peer_counter_list,    &jn_underlay_counter_list,
    &jn_gate_counter_list,   &jn_neighbour_state_list, &jn_redirect_target_list,
    &jn_health_state_list,   &jn_interval_mark_list,   &jn_port_event_list,
};

static void
test_words_are_words(void **state) {
    (void)state;
    for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
        for (unsigned int i = 0; i < lists[l]->count; i++) {
            const char *word = jn_list_word(lists[l], i), *text = lists[l]->rows[i].text;
            assert_in_range(strlen(word), 1, JN_NAME_MAX - 1);
            assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(word));
            if (text[0] == '\0' || strpbrk(text, "|\n") != NULL)
                fail_msg("%s: \"%s\" is no explanation for a table", word, text);
            for (unsigned int j = 0; j < i; j++)
                assert_string_not_equal(word, jn_list_word(lists[l], j));
        }
        assert_string_equal(jn_list_word(lists[l], lists[l]->count), "unknown");
    }
}

static void
assert_named(const struct jn_list *list, char (*names)[JN_NAME_MAX], size_t room) {
    assert_true(list->count <= room);
    for (unsigned int i = 0; i < room; i++)
        assert_string_equal(names[i], i < list->count ? list->rows[i].word : "");
}
#define ASSERT_NAMED(list, names) assert_named(list, names, sizeof(names) / sizeof((names)[0]))

static void
test_regions_describe_themselves(void **state) {
    (void)state;
    struct jn_counters_region *counters = calloc(1, sizeof(*counters));
    struct jn_neighbours_region *neighbours = calloc(1, sizeof(*neighbours));
    struct jn_gates_region *gates = calloc(1, sizeof(*gates));
    assert_true(counters != NULL && neighbours != NULL && gates != NULL);
    jn_counters_publish_names(counters);
    jn_neighbours_publish_names(neighbours);
    jn_gates_publish_names(gates);
    ASSERT_NAMED(&jn_vpg_counter_list, counters->vpg_counter_names);
    ASSERT_NAMED(&jn_port_counter_list, counters->port_counter_names);
    ASSERT_NAMED(&jn_worker_counter_list, counters->worker_counter_names);
    ASSERT_NAMED(&jn_port_event_list, counters->port_event_names);
    ASSERT_NAMED(&jn_drop_list, counters->drop_names);
    ASSERT_NAMED(&jn_exception_list, counters->exception_names);
    ASSERT_NAMED(&jn_underlay_counter_list, neighbours->underlay_counter_names);
    ASSERT_NAMED(&jn_peer_counter_list, neighbours->peer_counter_names);
    ASSERT_NAMED(&jn_copy_drop_list, neighbours->drop_names);
    ASSERT_NAMED(&jn_gate_counter_list, gates->counter_names);
    ASSERT_NAMED(&jn_gate_drop_list, gates->drop_names);
    free(counters);
    free(neighbours);
    free(gates);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_words),
        cmocka_unit_test(test_regions_describe_themselves),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
