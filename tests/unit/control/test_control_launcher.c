// SPDX-License-Identifier: BSD-3-Clause
// junction run: order, restarts, giving up; with scripts beside a copy of the program in place of the processes.
#define _GNU_SOURCE
#include <pwd.h>

#include "applications/applications.h"
#include "control_process.h"
#include "test.h"

static const char long_lived[] = "#!/bin/sh\n"
                                 "exec >&2\n"
                                 "trap 'echo \"${0##*/} stopped\"; exit 0' TERM\n"
                                 "trap 'echo \"${0##*/} hung up\"' HUP\n"
                                 "echo \"${0##*/} started $*\"\n"
                                 "while :; do sleep 0.05; done\n";

static void
script(const char *name, const char *text) {
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    write_text(path, text);
    assert_int_equal(chmod(path, 0755), 0);
}

static struct child
start_launcher(int stream) {
    char command[1024], program[160];
    snprintf(command, sizeof(command), "cp -f %s/junction %s/junction", programs, directory);
    assert_int_equal(system(command), 0);
    snprintf(program, sizeof(program), "%s/junction", directory);
    const char *const arguments[] = {"run", "-c", config_path, "--instance", instance, NULL};
    write_text(config_path, sound_config);
    return start_program(program, arguments, stream);
}

static pid_t
line_pid(struct child *child, const char *text) {
    char line[2048];
    while (fgets(line, sizeof(line), child->log) != NULL) {
        char *pid = strstr(line, "pid ");
        if (strstr(line, text) != NULL && pid != NULL)
            return atoi(pid + 4);
    }
    fail_msg("expected a line with \"%s\" and a pid", text);
    return 0;
}

// The same, and a line with `other`, whichever comes first: what a part says of itself is no order of the launcher's.
static pid_t
line_pid_and(struct child *child, const char *text, const char *other) {
    char line[2048];
    pid_t pid = 0;
    for (bool seen = false; pid == 0 || !seen;) {
        if (fgets(line, sizeof(line), child->log) == NULL)
            fail_msg("expected lines with \"%s\" and a pid, and \"%s\"", text, other);
        const char *found = strstr(line, "pid ");
        if (found != NULL && strstr(line, text) != NULL)
            pid = atoi(found + 4);
        seen |= strstr(line, other) != NULL;
    }
    return pid;
}

// The next line that a part has written; the launcher's own begin with a level.
static const char *
part_line(struct child *child, char line[2048]) {
    do
        assert_non_null(fgets(line, 2048, child->log));
    while (strncmp(line, "info junction:", 14) == 0);
    return line;
}

static void
test_parts_start_and_stop_in_order(void **state) {
    (void)state;
    script("junction-dataplane", long_lived);
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", long_lived);
    struct child run = start_launcher(STDERR_FILENO);
    // The parts come up at the same time, so their lines may come in any order.
    int seen = jn_applications_known() ? 0 : 8;
    char line[2048];
    while (seen != 15) {
        part_line(&run, line);
        seen |= strstr(line, "junction-dataplane started") != NULL ? 1 : 0;
        seen |= strstr(line, "junction-export started") != NULL ? 2 : 0;
        seen |= strstr(line, "junction-control started") != NULL ? 4 : 0;
        seen |= strstr(line, "junction-classify started") != NULL ? 8 : 0;
        if (strstr(line, "junction-classify started") != NULL) {
            assert_non_null(strstr(line, "--threads=1 --flows=65536"));
            assert_null(strstr(line, config_path)); // it may have secrets
        }
        if (strstr(line, "junction-dataplane started") != NULL)
            assert_non_null(
                strstr(line, "--port=access0=net_null0 --port=network0=net_null1 --wire=wire0=access0:network0"));
    }
    kill(run.pid, SIGHUP);
    expect_line(&run, "junction-control hung up");
    kill(run.pid, SIGTERM);
    assert_string_equal(part_line(&run, line), "junction-dataplane stopped\n");
    if (jn_applications_known())
        assert_string_equal(part_line(&run, line), "junction-classify stopped\n");
    assert_string_equal(part_line(&run, line), "junction-export stopped\n");
    assert_string_equal(part_line(&run, line), "junction-control stopped\n");
    assert_int_equal(end_child(&run, 0), 0);
}

// Standard output is where documents may go: whoever else could write there could forge them, or cut a file short.
static void
test_documents_are_the_exporters_alone(void **state) {
    static const char writes[] = "#!/bin/sh\necho \"${0##*/}\"\necho \"${0##*/} wrote\" >&2\n"
                                 "trap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n";
    (void)state;
    char line[64];
    script("junction-dataplane", writes);
    script("junction-export", writes);
    script("junction-classify", writes);
    script("junction-control", writes);
    struct child run = start_launcher(STDOUT_FILENO);
    assert_non_null(fgets(line, sizeof(line), run.log));
    assert_string_equal(line, "junction-export\n");
    assert_int_equal(kill(run.pid, SIGTERM), 0);
    assert_null(fgets(line, sizeof(line), run.log));
    assert_int_equal(end_child(&run, 0), 0);
}

static void
test_a_part_that_dies_is_started_again(void **state) {
    (void)state;
    script("junction-dataplane", long_lived);
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", long_lived);
    struct child run = start_launcher(STDERR_FILENO);
    pid_t first = line_pid(&run, "junction-control started");
    assert_int_equal(kill(first, SIGKILL), 0);
    expect_line(&run, "junction-control was killed by signal 9");
    pid_t second = line_pid(&run, "junction-control started");
    assert_int_not_equal(first, second);
    assert_int_equal(kill(second, 0), 0);
    assert_int_equal(end_child(&run, SIGTERM), 0);
    assert_int_equal(kill(second, 0), -1);
}

// Stopped before it listens to SIGTERM: that is no failure of `run`.
static void
test_a_part_may_end_by_sigterm(void **state) {
    (void)state;
    script("junction-dataplane", long_lived);
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", "#!/bin/sh\nexec sleep 600\n");
    struct child run = start_launcher(STDERR_FILENO);
    pid_t control = line_pid(&run, "junction-control started");
    assert_int_equal(end_child(&run, SIGTERM), 0);
    assert_int_equal(kill(control, 0), -1);
}

static void
test_a_part_that_cannot_start_is_given_up(void **state) {
    (void)state;
    script("junction-dataplane", "#!/bin/sh\necho no such device >&2\nexit 1\n");
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", long_lived);
    struct child run = start_launcher(STDERR_FILENO);
    expect_line(&run, "no such device");
    expect_line(&run, "junction-dataplane exited with status 1 while starting, 5 times in a row: giving up");
    assert_int_equal(end_child(&run, 0), 1);
}

// The line of a process in show status.
static void
read_status(const char *process, char *out, size_t size) {
    char command[1024], line[512];
    out[0] = '\0';
    snprintf(command, sizeof(command), "%s/junctionctl --instance %s --run-dir %s show status", programs, instance,
             run_dir);
    FILE *status = popen(command, "r");
    assert_non_null(status);
    while (fgets(line, sizeof(line), status) != NULL)
        if (strncmp(line, process, strlen(process)) == 0)
            snprintf(out, size, "%s", line);
    pclose(status);
}

// It may just be started again where junctionctl looks: it waits far longer than that.
static void
expect_status(const char *process, const char *text) {
    char line[512];
    for (int i = 0; i < 50; i++) {
        read_status(process, line, sizeof(line));
        if (strstr(line, text) != NULL)
            return;
    }
    fail_msg("expected \"%s\" of %s, found \"%s\"", text, process, line);
}

// Whatever is beside the dataplane may die for ever: the traffic goes on. A hang-up starts it at once.
static void
test_what_is_beside_the_wire_never_ends_it(void **state) {
    static const char *const parts[] = {"junction-export", "junction-control", "junction-classify"};
    (void)state;
    for (size_t i = 0; i < COUNT(parts) - !jn_applications_known(); i++) {
        char died[80], last[80];
        snprintf(died, sizeof(died), "%s exited with status 3: started again in 100 ms", parts[i]);
        snprintf(last, sizeof(last), "%s exited with status 3: started again in 3200 ms", parts[i]);
        script("junction-dataplane", long_lived);
        script("junction-export", long_lived);
        script("junction-classify", long_lived);
        script("junction-control", long_lived);
        script(parts[i], "#!/bin/sh\nexit 3\n");
        struct child run = start_launcher(STDERR_FILENO);
        pid_t dataplane = line_pid(&run, "junction-dataplane started");
        expect_line(&run, last);
        expect_status(parts[i], "times in a row; next start in");
        assert_int_equal(kill(dataplane, 0), 0);
        assert_int_equal(kill(run.pid, SIGHUP), 0);
        expect_line(&run, died);
        assert_int_equal(kill(dataplane, 0), 0);
        assert_int_equal(end_child(&run, SIGTERM), 0);
    }
}

// What is not to be runs not, also when the file says so only at the dataplane's next start; and comes back likewise.
static void
test_a_classifier_is_started_where_it_is_to_be(void **state) {
    (void)state;
    char off[sizeof(sound_config) + 64], line[512];
    if (!jn_applications_known())
        skip();
    snprintf(off, sizeof(off), "{\"classifier\":{\"enabled\":false},%s", sound_config + 1);
    script("junction-dataplane", long_lived);
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", long_lived);
    struct child run = start_launcher(STDERR_FILENO);
    pid_t dataplane = line_pid(&run, "junction-dataplane started");
    // Its own line: before it, it does not listen to SIGTERM.
    pid_t first = line_pid_and(&run, "junction-classify started", "junction-classify started --");
    write_text(config_path, off);
    assert_int_equal(kill(dataplane, SIGKILL), 0);
    dataplane = line_pid_and(&run, "junction-dataplane started", "junction-classify stopped");
    do
        read_status("junction-classify", line, sizeof(line));
    while (line[0] != '\0'); // until the launcher has seen its end
    write_text(config_path, sound_config);
    assert_int_equal(kill(dataplane, SIGKILL), 0);
    pid_t second = line_pid(&run, "junction-classify started");
    assert_int_not_equal(first, second);
    expect_status("junction-classify", "not running");
    assert_int_equal(end_child(&run, SIGTERM), 0);
}

static off_t
size_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : 0;
}

// What becomes of who reads the log is nothing to the traffic.
static void
test_the_logs_reader_may_end(void **state) {
    (void)state;
    char text[512], path[160];
    int status;
    snprintf(path, sizeof(path), "%s/starts", directory);
    snprintf(text, sizeof(text), "#!/bin/sh\necho x >>%s\nexit 1\n", path);
    script("junction-dataplane", long_lived);
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", text);
    struct child run = start_launcher(STDERR_FILENO);
    expect_line(&run, "junction-control started");
    fclose(run.log);
    while (size_of(path) < 6) // three starts, of which each death is said
        assert_int_equal(waitpid(run.pid, &status, WNOHANG), 0);
    assert_int_equal(kill(run.pid, SIGTERM), 0);
    assert_int_equal(waitpid(run.pid, &status, 0), run.pid);
    assert_true(WIFEXITED(status));
}

// The second of an instance would start everything twice.
static void
test_one_launcher_an_instance(void **state) {
    (void)state;
    script("junction-dataplane", long_lived);
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", long_lived);
    struct child run = start_launcher(STDERR_FILENO);
    line_pid(&run, "junction-control started");
    struct child second = start_launcher(STDERR_FILENO);
    expect_line(&second, "launch");
    assert_int_equal(end_child(&second, 0), 1);
    assert_int_equal(end_child(&run, SIGTERM), 0);
}

static void
test_errors_start_nothing(void **state) {
    (void)state;
    const char *const check[] = {"check", "-c", config_path, NULL}, *const go[] = {"run", "-c", config_path, NULL};
    write_text(config_path, "{\"vpgs\":[{\"id\":1}],\"nonsense\":true}");
    struct child child = start_program("junction", check, STDERR_FILENO);
    expect_line(&child, "nonsense");
    assert_int_equal(end_child(&child, 0), 1);
    child = start_program("junction", go, STDERR_FILENO);
    expect_line(&child, "nonsense");
    assert_int_equal(end_child(&child, 0), 1);
    write_text(config_path, sound_config);
    child = start_program("junction", check, STDOUT_FILENO);
    expect_line(&child, ": ok");
    assert_int_equal(end_child(&child, 0), 0);
    const char *const none[] = {"run", NULL};
    child = start_program("junction", none, STDERR_FILENO);
    expect_line(&child, "usage");
    assert_int_equal(end_child(&child, 0), 2);
}

// Whoever can write the file could have root open what he likes, after a restart of the dataplane or of the host.
static void
test_devices_come_from_who_may_say_so(void **state) {
    (void)state;
    static const char other_device[] =
        "{\"node\":\"test\",\"dataplane\":{\"ports\":[{\"name\":\"access0\",\"device\":\"net_pcap0,tx_pcap=/x\"},"
        "{\"name\":\"network0\",\"device\":\"net_null1\"}],"
        "\"wires\":[{\"name\":\"wire0\",\"access\":\"access0\",\"network\":\"network0\"}]},\"sink\":{\"type\":"
        "\"stdout\"},"
        "\"vpgs\":[]}";
    static const struct {
        mode_t mode;
        const char *at_start, *after_restart; // at_start: NULL, nothing is said
    } cases[] = {
        {0640, NULL, "net_pcap0"},
        {0666, "only by a new `junction run`", "net_null0"},
    };
    script("junction-dataplane",
           "#!/bin/sh\ntrap 'exit 0' TERM\necho \"pid $$ ports $*\" >&2\nwhile :; do sleep 0.05; done\n");
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", long_lived);
    for (size_t i = 0; i < COUNT(cases); i++) {
        unlink(config_path);
        write_text(config_path, sound_config);
        assert_int_equal(chmod(config_path, cases[i].mode), 0);
        struct child run = start_launcher(STDERR_FILENO);
        if (cases[i].at_start != NULL)
            expect_line(&run, cases[i].at_start);
        pid_t dataplane = line_pid(&run, "net_null0"); // its own line, which may come before the launcher's
        write_text(config_path, other_device);
        assert_int_equal(kill(dataplane, SIGKILL), 0);
        expect_line(&run, cases[i].after_restart);
        assert_int_equal(end_child(&run, SIGTERM), 0);
    }
    unlink(config_path);
}

// What one of Junction's own users may write is nothing that root acts on.
static void
test_a_file_of_junctions_own_users_is_refused(void **state) {
    (void)state;
    const char *const go[] = {"run", "-c", config_path, NULL};
    const struct passwd *user = getpwnam("junction-control");
    if (geteuid() != 0 || user == NULL)
        skip();
    write_text(config_path, sound_config);
    assert_int_equal(chown(config_path, user->pw_uid, 0), 0);
    struct child child = start_program("junction", go, STDERR_FILENO);
    expect_line(&child, "it has to be root's");
    assert_int_equal(end_child(&child, 0), 1);
    unlink(config_path);
}

// root's own file, by a name that others can have mean another: one with a link of theirs, and one with a link that is in a
// directory of theirs. What a directory of root's has is root's.
static void
test_a_name_that_others_can_change(void **state) {
    (void)state;
    static const struct {
        const char *link; // below `directory`
        uid_t owner;      // of the directory `links`
        const char *said, *never;
    } cases[] = {
        {"links/through.json", 65534, "links: belongs to user nobody", NULL},
        {"links/through.json", 0, NULL, "only by a new `junction run`"},
        {"links/../links/./inner/junction.json", 65534, "links: belongs to user nobody", NULL},
        {"links/round.json", 0, "cannot be", NULL},
    };
    char command[1024], program[160], path[256];
    if (geteuid() != 0)
        skip();
    script("junction-dataplane",
           "#!/bin/sh\ntrap 'exit 0' TERM\necho \"pid $$ ports $*\" >&2\nwhile :; do sleep 0.05; done\n");
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    script("junction-control", long_lived);
    write_text(config_path, sound_config);
    assert_int_equal(chmod(config_path, 0640), 0);
    snprintf(command, sizeof(command),
             "cp -f %s/junction %s/junction && cd %s && mkdir links && ln -s ../junction.json links/through.json && "
             "ln -s %s links/inner && ln -s round.json links/round.json",
             programs, directory, directory, directory);
    assert_int_equal(system(command), 0);
    snprintf(program, sizeof(program), "%s/junction", directory);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char line[2048];
        snprintf(path, sizeof(path), "%s/links", directory);
        assert_int_equal(chown(path, cases[i].owner, cases[i].owner), 0);
        snprintf(path, sizeof(path), "%s/%s", directory, cases[i].link);
        const char *const arguments[] = {"run", "-c", path, "--instance", instance, NULL};
        struct child run = start_program(program, arguments, STDERR_FILENO);
        if (cases[i].said != NULL)
            expect_line(&run, cases[i].said);
        bool started = false;
        while (!started && fgets(line, sizeof(line), run.log) != NULL) {
            started = strstr(line, "ports --") != NULL;
            assert_true(cases[i].never == NULL || strstr(line, cases[i].never) == NULL);
        }
        assert_int_equal(end_child(&run, started ? SIGTERM : 0), started ? 0 : 1);
    }
    unlink(config_path);
}

// A replay of which a part fails ends, with 1, and leaves no region.
static void
test_a_failed_replay_leaves_nothing(void **state) {
    (void)state;
    char command[1024], program[160], line[256];
    script("junction-dataplane", "#!/bin/sh\necho \"instance $1\" >&2\necho bad capture >&2\nexit 1\n");
    script("junction-export", long_lived);
    script("junction-classify", long_lived);
    snprintf(command, sizeof(command), "cp -f %s/junction %s/junction", programs, directory);
    assert_int_equal(system(command), 0);
    snprintf(program, sizeof(program), "%s/junction", directory);
    const char *const arguments[] = {"replay", "none.pcap", "--device-subnet", "10.128.0.0/9", NULL};
    struct child child = start_program(program, arguments, STDERR_FILENO);
    do
        assert_non_null(fgets(line, sizeof(line), child.log));
    while (strncmp(line, "instance ", 9) != 0);
    char *name = strstr(line, "replay-");
    assert_non_null(name);
    name[strcspn(name, "\n")] = '\0';
    expect_line(&child, "bad capture");
    assert_int_equal(end_child(&child, 0), 1);
    struct jn_shm shm;
    assert_int_equal(jn_shm_attach(&shm, name, JN_REGION_POLICY, 0, false, err), -ENOENT);
    const char *const wrong[] = {"replay", "none.pcap", "--device-subnet", "10.128.0.0/99", NULL};
    child = start_program(program, wrong, STDERR_FILENO);
    expect_line(&child, "device_subnets");
    assert_int_equal(end_child(&child, 0), 1);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_start_and_stop_in_order),
        cmocka_unit_test(test_documents_are_the_exporters_alone),
        cmocka_unit_test(test_a_part_that_dies_is_started_again),
        cmocka_unit_test(test_a_part_may_end_by_sigterm),
        cmocka_unit_test(test_a_part_that_cannot_start_is_given_up),
        cmocka_unit_test(test_what_is_beside_the_wire_never_ends_it),
        cmocka_unit_test(test_a_classifier_is_started_where_it_is_to_be),
        cmocka_unit_test(test_the_logs_reader_may_end),
        cmocka_unit_test(test_one_launcher_an_instance),
        cmocka_unit_test(test_errors_start_nothing),
        cmocka_unit_test(test_a_failed_replay_leaves_nothing),
        cmocka_unit_test(test_devices_come_from_who_may_say_so),
        cmocka_unit_test(test_a_file_of_junctions_own_users_is_refused),
        cmocka_unit_test(test_a_name_that_others_can_change),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
