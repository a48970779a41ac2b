// SPDX-License-Identifier: BSD-3-Clause
// junction-control's way from file to policy in force: with a dataplane, without, with one that refuses or is deaf; after
// errors, after its own death.
#define _GNU_SOURCE
#include "control_process.h"
#include "test.h"

static const struct jn_vpg *
vpg(const struct jn_policy *policy, const char *id) {
    for (uint32_t i = 0; i < policy->vpg_count; i++)
        if (strcmp(jn_policy_vpgs(policy)[i].id, id) == 0)
            return &jn_policy_vpgs(policy)[i];
    fail_msg("no VPG %s", id);
    return NULL;
}

static bool
file_contains(const char *text) {
    char content[4096] = "";
    FILE *file = fopen(config_path, "r");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof(content) - 1, file);
    fclose(file);
    return length > 0 && strstr(content, text) != NULL;
}

static const char switch_off[] =
    "{\"id\":1,\"method\":\"vpg.inspection\",\"params\":{\"vpg\":\"second\",\"enabled\":false}}";

static json_int_t
ask_generation(const char *request, bool in_force) {
    json_t *answer = ask(request);
    json_int_t generation = result_number(answer, "generation");
    assert_int_equal(json_is_true(json_object_get(json_object_get(answer, "result"), "in_force")), in_force);
    json_decref(answer);
    return generation;
}

static void
test_errors_end_the_start(void **state) {
    (void)state;
    write_text(config_path, "{\"vpgs\":[{\"id\":1}],\"nonsense\":true}");
    const char *const arguments[] = {"--instance", instance, "-c", config_path, "--socket", socket_path, NULL};
    struct child control = start_program("junction-control", arguments, STDERR_FILENO);
    expect_line(&control, "nonsense");
    assert_int_equal(end_child(&control, 0), 1);
    assert_int_equal(access(socket_path, F_OK), -1);
    struct jn_shm shm;
    assert_int_equal(jn_shm_attach(&shm, instance, JN_REGION_POLICY, 0, false, err), -ENOENT);
}

static void
test_a_change_is_acknowledged_and_written(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 3, sound_config);
    json_int_t first = ask_generation("{\"id\":1,\"method\":\"status\"}", true);
    assert_int_equal(ask_generation(switch_off, true), first + 1);
    assert_true(file_contains("\"enabled\": false"));
    struct jn_policy *policy = published();
    assert_int_equal(policy->generation, first + 1);
    assert_int_not_equal(vpg(policy, "first")->defaults, vpg(policy, "second")->defaults);
    free(policy);
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"log\",\"params\":{\"level\":\"debug\"}}", true), first + 2);
    assert_false(file_contains("debug"));
    policy = published();
    assert_int_equal(policy->log_level, 3);
    free(policy);
    assert_int_equal(end_child(&control, SIGTERM), 0);
    struct jn_shm shm;
    assert_int_equal(jn_shm_attach(&shm, instance, JN_REGION_POLICY, 0, false, err), -ENOENT);
    assert_int_equal(access(socket_path, F_OK), -1);
    // The generation goes on after the region is gone, since the dataplane remembers it.
    control = start_control();
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"status\"}", true), first + 3);
    stop_both(&control, &fake);
}

// What is said of fragments is shown, is in the policy, and is still in the file when something else was changed there.
static void
test_headerless_fragments_are_shown_and_kept(void **state) {
    (void)state;
    static const char config[] =
        "{\"node\":\"test\",\"dataplane\":{\"ports\":[{\"name\":\"access0\",\"device\":\"net_null0\"},"
        "{\"name\":\"network0\",\"device\":\"net_null1\"}],"
        "\"wires\":[{\"name\":\"wire0\",\"access\":\"access0\",\"network\":\"network0\"}]},\"vpgs\":["
        "{\"id\":\"first\",\"vlan\":1,\"fragments\":{\"headerless\":\"forward\"},"
        "\"rules\":[{\"match\":{\"remote_ports\":[53]},\"drop\":true}]},"
        "{\"id\":\"second\",\"vlan\":2,\"rules\":[{\"match\":{\"remote_ports\":[53]},\"drop\":true}]}]}";
    static const char *const wanted[] = {"forward", "drop"};
    struct fake fake;
    struct child control = start_both(&fake, 3, config);
    ask_generation(switch_off, true);
    assert_true(file_contains("\"headerless\": \"forward\""));
    struct jn_policy *policy = published();
    assert_int_equal(vpg(policy, "first")->flags, 0);
    assert_int_equal(vpg(policy, "second")->flags, JN_VPG_DROP_HEADERLESS);
    free(policy);
    json_t *answer = ask("{\"id\":1,\"method\":\"policy\"}");
    json_t *vpgs = json_object_get(json_object_get(answer, "result"), "vpgs");
    for (size_t i = 0; i < 2; i++) {
        json_t *fragments = json_object_get(json_array_get(vpgs, i), "fragments");
        assert_string_equal(json_string_value(json_object_get(fragments, "headerless")), wanted[i]);
    }
    json_decref(answer);
    stop_both(&control, &fake);
}

static void
test_reload_with_errors_changes_nothing(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 1, sound_config);
    json_int_t before = ask_generation("{\"id\":1,\"method\":\"status\"}", true);
    write_text(config_path, "{\"vpgs\":[{\"id\":1}],\"nonsense\":true}");
    json_t *answer = ask("{\"id\":1,\"method\":\"reload\"}");
    assert_string_equal(error_code(answer), "config_errors");
    assert_true(json_array_size(json_object_get(json_object_get(answer, "error"), "errors")) >= 2);
    json_decref(answer);
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"status\"}", true), before);
    kill(control.pid, SIGHUP);
    expect_line(&control, "reload refused");
    // What waits in the file must not be undone by a change.
    answer = ask(switch_off);
    assert_string_equal(error_code(answer), "file_changed");
    json_decref(answer);
    write_text(config_path, sound_config);
    kill(control.pid, SIGHUP);
    expect_line(&control, "in force after");
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"status\"}", true), before + 1);
    stop_both(&control, &fake);
}

static void
test_slots_and_generation_survive_a_kill(void **state) {
    (void)state;
    static const char without_first[] =
        "{\"node\":\"test\",\"dataplane\":{\"ports\":[{\"name\":\"access0\",\"device\":\"net_null0\"},"
        "{\"name\":\"network0\",\"device\":\"net_null1\"}],"
        "\"wires\":[{\"name\":\"wire0\",\"access\":\"access0\",\"network\":\"network0\"}]},\"sink\":{\"type\":"
        "\"stdout\"},"
        "\"vpgs\":[{\"id\":\"third\",\"wire\":\"wire0\",\"vlan\":3},{\"id\":\"second\",\"wire\":\"wire0\",\"vlan\":2}]"
        "}";
    write_text(config_path, sound_config);
    struct child control = start_control();
    struct jn_policy *before = published();
    assert_int_equal(end_child(&control, SIGKILL), 128 + SIGKILL);
    control = start_control(); // the same file: the same policy
    struct jn_policy *same = published();
    assert_int_equal(same->generation, before->generation);
    assert_int_equal(end_child(&control, SIGKILL), 128 + SIGKILL);
    write_text(config_path, without_first);
    control = start_control();
    struct jn_policy *after = published();
    assert_int_equal(after->generation, before->generation + 1);
    assert_int_equal(vpg(after, "second")->vpg_idx, vpg(before, "second")->vpg_idx);
    assert_int_not_equal(vpg(after, "third")->vpg_idx, vpg(before, "second")->vpg_idx);
    assert_int_equal(end_child(&control, SIGTERM), 0);
    free(before);
    free(same);
    free(after);
}

static void
test_a_refused_policy_gives_way_to_the_old_one(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 2, sound_config);
    json_int_t before = ask_generation("{\"id\":1,\"method\":\"status\"}", true);
    __atomic_store_n(&fake.refuse, (uint64_t)before + 1, __ATOMIC_RELEASE);
    json_t *answer = ask(switch_off);
    assert_string_equal(error_code(answer), "refused");
    assert_non_null(
        strstr(json_string_value(json_object_get(json_object_get(answer, "error"), "message")), "not to my liking"));
    json_decref(answer);
    assert_false(file_contains("\"enabled\": false"));
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"status\"}", true), before + 2);
    stop_both(&control, &fake);
}

static void
test_a_slot_in_use_is_not_written(void **state) {
    (void)state;
    struct fake fake;
    struct child control = start_both(&fake, 2, sound_config);
    json_int_t before = ask_generation("{\"id\":1,\"method\":\"status\"}", true);
    __atomic_store_n(&fake.deaf, true, __ATOMIC_RELEASE);
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"reload\"}", false), before + 1);
    json_t *answer = ask("{\"id\":1,\"method\":\"reload\"}");
    assert_string_equal(error_code(answer), "busy");
    json_decref(answer);
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"status\"}", false), before + 1);
    __atomic_store_n(&fake.deaf, false, __ATOMIC_RELEASE);
    assert_int_equal(ask_generation("{\"id\":1,\"method\":\"reload\"}", true), before + 2);
    stop_both(&control, &fake);
}

static void
test_managed_files_are_left_alone(void **state) {
    (void)state;
    char text[2048];
    snprintf(text, sizeof(text), "{\"managed\":true,%s", sound_config + 1);
    write_text(config_path, text);
    struct child control = start_control();
    json_t *answer = ask(switch_off);
    assert_string_equal(error_code(answer), "managed");
    json_decref(answer);
    assert_int_equal(end_child(&control, SIGTERM), 0);
}

static void
test_wires_of_the_running_dataplane_are_respected(void **state) {
    (void)state;
    char text[2048];
    struct fake fake;
    struct child control = start_both(&fake, 1, sound_config);
    snprintf(text, sizeof(text), "%s", sound_config);
    for (char *name; (name = strstr(text, "wire0")) != NULL;)
        name[4] = '9';
    write_text(config_path, text);
    json_t *answer = ask("{\"id\":1,\"method\":\"reload\"}");
    assert_string_equal(error_code(answer), "restart_needed");
    json_decref(answer);
    stop_both(&control, &fake);
}

// More VPGs than it was started with room for are refused; as many have an index that it has.
static void
test_room_of_the_running_dataplane_is_respected(void **state) {
    (void)state;
    char text[4096];
    struct fake fake;
    fake_start(&fake, 1);
    for (int count = FAKE_VPGS + 1; count >= FAKE_VPGS; count--) {
        int length = snprintf(text, sizeof(text), "%.*s\"vpgs\":[",
                              (int)(strstr(sound_config, "\"vpgs\"") - sound_config), sound_config);
        for (int i = 0; i < count; i++)
            length += snprintf(text + length, sizeof(text) - (size_t)length, "%s{\"id\":\"%d-%d\",\"vlan\":%d}",
                               i == 0 ? "" : ",", count, i, i);
        snprintf(text + length, sizeof(text) - (size_t)length, "]}");
        write_text(config_path, count > FAKE_VPGS ? sound_config : text);
        struct child control = start_control();
        write_text(config_path, text);
        json_t *answer = ask("{\"id\":1,\"method\":\"reload\"}");
        const char *code = error_code(answer);
        assert_string_equal(code == NULL ? "none" : code, count > FAKE_VPGS ? "restart_needed" : "none");
        json_decref(answer);
        struct jn_policy *policy = published();
        assert_true(jn_policy_vpg_idx_end(policy) <= FAKE_VPGS);
        free(policy);
        assert_int_equal(end_child(&control, SIGTERM), 0);
    }
    fake_stop(&fake);
}

// The file of VPGs "a" to "c", without those before `first`.
static void
write_vpgs(char first, unsigned int max_vpgs) {
    char text[2048], *at = text;
    at += sprintf(at, "{\"node\":\"test\",\"dataplane\":{\"max_vpgs\":%u,%.*s\"vpgs\":[", max_vpgs,
                  (int)(strstr(sound_config, "\"vpgs\"") - strstr(sound_config, "\"ports\"")),
                  strstr(sound_config, "\"ports\""));
    for (char id = first; id <= 'c'; id++)
        at += sprintf(at, "%s{\"id\":\"%c\",\"vlan\":%d}", id == first ? "" : ",", id, id - 'a' + 1);
    strcpy(at, "]}");
    write_text(config_path, text);
}

static uint16_t
index_of(const char *id) {
    struct jn_policy *policy = published();
    uint16_t vpg_idx = vpg(policy, id)->vpg_idx;
    free(policy);
    return vpg_idx;
}

// An index that has just become free is not the next one that is given.
static void
test_indexes_age(void **state) {
    (void)state;
    struct fake fake;
    char text[1024];
    fake_start(&fake, 1);
    write_vpgs('a', FAKE_VPGS);
    struct child control = start_control();
    uint16_t freed = index_of("a");
    for (int more = 0; more < 2; more++) { // "a" leaves, then another comes
        write_vpgs('b', FAKE_VPGS);
        FILE *file = fopen(config_path, "r");
        size_t length = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        text[length] = '\0';
        if (more == 1)
            strcpy(text + length - 2, ",{\"id\":\"d\",\"vlan\":9}]}");
        write_text(config_path, text);
        json_decref(ask("{\"id\":1,\"method\":\"reload\"}"));
    }
    assert_int_not_equal(index_of("d"), freed);
    assert_int_equal(index_of("d"), 3);
    assert_int_equal(end_child(&control, SIGTERM), 0);
    fake_stop(&fake);
}

// Less room comes with a restart: no VPG's counters and flows become another's before. Then the indexes fit.
static void
test_less_room_needs_a_restart(void **state) {
    (void)state;
    struct fake fake;
    fake_start(&fake, 1);
    write_vpgs('a', FAKE_VPGS);
    struct child control = start_control();
    uint16_t before = index_of("c");
    assert_int_equal(before, 2);
    write_vpgs('b', 2);
    json_t *answer = ask("{\"id\":1,\"method\":\"reload\"}");
    const char *paths = json_string_value(json_object_get(json_object_get(answer, "result"), "restart_needed"));
    assert_non_null(paths);
    assert_non_null(strstr(paths, "dataplane.max_vpgs"));
    json_decref(answer);
    assert_int_equal(index_of("c"), before);
    fake_stop(&fake);
    fake_start_for(&fake, 1, 2);
    expect_line(&control, "room for 2 VPGs");
    assert_true(index_of("b") < 2 && index_of("c") < 2);
    assert_int_equal(end_child(&control, SIGTERM), 0);
    fake_stop(&fake);
}

static void
test_a_corrupt_region_is_made_anew(void **state) {
    (void)state;
    struct jn_shm shm;
    write_text(config_path, sound_config);
    struct child control = start_control();
    assert_int_equal(end_child(&control, SIGKILL), 128 + SIGKILL);
    assert_int_equal(jn_shm_attach(&shm, instance, JN_REGION_POLICY, 0, true, err), 0);
    memset((char *)shm.base + 4096, 0xa5, 65536);
    memset((char *)shm.base + 4096 + JN_POLICY_SLOT_BYTES, 0xa5, 65536);
    jn_shm_detach(&shm);
    control = start_control();
    free(published());
    assert_int_equal(end_child(&control, SIGTERM), 0);
}

// Whatever the dataplane's counters say, requests are answered, and the process lives.
static void
test_corrupt_counters_do_no_harm(void **state) {
    (void)state;
    static const char *const requests[] = {"{\"id\":1,\"method\":\"status\"}", "{\"id\":1,\"method\":\"vpgs\"}",
                                           "{\"id\":1,\"method\":\"policy\"}"};
    struct fake fake;
    unsigned int seed = 5;
    struct child control = start_both(&fake, 2, sound_config);
    __atomic_store_n(&fake.stop, true, __ATOMIC_RELEASE);
    assert_int_equal(pthread_join(fake.thread, NULL), 0);
    for (int round = 0; round < 3; round++) {
        unsigned char *bytes = fake.shm.base;
        for (size_t i = sizeof(struct jn_region_header); i < fake.shm.size; i++)
            bytes[i] = (unsigned char)rand_r(&seed);
        for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
            json_t *answer = ask(requests[i]);
            assert_non_null(json_object_get(answer, "result"));
            json_decref(answer);
        }
        json_decref(ask("{\"id\":1,\"method\":\"reload\"}"));
    }
    assert_int_equal(ftruncate(fake.shm.fd, 4096), 0);
    json_t *answer = ask(requests[0]);
    assert_true(json_is_false(json_object_get(json_object_get(answer, "result"), "dataplane")));
    json_decref(answer);
    answer = ask(requests[1]);
    assert_non_null(json_object_get(answer, "result"));
    json_decref(answer);
    assert_int_equal(end_child(&control, SIGTERM), 0);
    jn_shm_remove(&fake.shm);
}

// Nothing can be read or written any more by one whose keeper is gone: it ends, and its policy stays.
static void
test_it_does_not_outlive_its_keeper(void **state) {
    (void)state;
    char command[64];
    if (geteuid() != 0)
        skip();
    write_text(config_path, sound_config);
    struct child control = start_control();
    snprintf(command, sizeof(command), "pkill -KILL -P %d", control.pid);
    assert_int_equal(system(command), 0);
    expect_line(&control, "the keeper of");
    assert_int_equal(end_child(&control, 0), 1);
    free(published());
    control = start_control();
    free(published());
    assert_int_equal(end_child(&control, SIGTERM), 0);
}

// The file was edited while it was being read.
static void
test_a_hangup_at_the_start_is_heard(void **state) {
    (void)state;
    const char *const arguments[] = {"--instance", instance, "-c", config_path, "--socket", socket_path, NULL};
    unlink(config_path);
    assert_int_equal(mkfifo(config_path, 0600), 0);
    struct child control = start_program("junction-control", arguments, STDERR_FILENO);
    int fd = open(config_path, O_WRONLY | O_CLOEXEC); // once it is opened by who reads
    assert_true(fd >= 0 && unlink(config_path) == 0);
    write_text(config_path, "{\"nonsense\":true}");
    assert_int_equal(kill(control.pid, SIGHUP), 0);
    assert_int_equal(write(fd, sound_config, strlen(sound_config)), strlen(sound_config));
    close(fd);
    expect_line(&control, "reload refused");
    assert_int_equal(end_child(&control, SIGTERM), 0);
    unlink(config_path);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_end_the_start),
        cmocka_unit_test(test_a_change_is_acknowledged_and_written),
        cmocka_unit_test(test_headerless_fragments_are_shown_and_kept),
        cmocka_unit_test(test_reload_with_errors_changes_nothing),
        cmocka_unit_test(test_slots_and_generation_survive_a_kill),
        cmocka_unit_test(test_a_refused_policy_gives_way_to_the_old_one),
        cmocka_unit_test(test_a_slot_in_use_is_not_written),
        cmocka_unit_test(test_managed_files_are_left_alone),
        cmocka_unit_test(test_wires_of_the_running_dataplane_are_respected),
        cmocka_unit_test(test_room_of_the_running_dataplane_is_respected),
        cmocka_unit_test(test_indexes_age),
        cmocka_unit_test(test_less_room_needs_a_restart),
        cmocka_unit_test(test_a_corrupt_region_is_made_anew),
        cmocka_unit_test(test_corrupt_counters_do_no_harm),
        cmocka_unit_test(test_it_does_not_outlive_its_keeper),
        cmocka_unit_test(test_a_hangup_at_the_start_is_heard),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
