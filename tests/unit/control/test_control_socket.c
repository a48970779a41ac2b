// SPDX-License-Identifier: BSD-3-Clause
// junction-control's socket against every kind of bad client: refused or cut off, and the others are served meanwhile.
#define _GNU_SOURCE
#include <grp.h>

#include "control_process.h"
#include "test.h"
#include "users.h"

static struct child control;

static int
start(void **state) {
    (void)state;
    write_text(config_path, sound_config);
    control = start_control();
    return 0;
}

static int
stop(void **state) {
    (void)state;
    return end_child(&control, SIGTERM);
}

static void
others_are_served(void) {
    json_t *answer = ask("{\"id\":7,\"method\":\"status\"}");
    assert_int_equal(json_integer_value(json_object_get(answer, "id")), 7);
    assert_true(result_number(answer, "generation") > 0);
    json_decref(answer);
}

static void
assert_ended(int fd) {
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);
    assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
    close(fd);
}

static void
test_requests_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *request, *code;
        bool closed;
    } rows[] = {
        {"{\"id\":1,\"method\":\"status\"}", NULL, false},
        {"{\"id\":1,\"method\":\"vpgs\",\"params\":{}}", NULL, false},
        {"{\"id\":1,\"method\":\"policy\"}", NULL, false},
        {"{\"id\":1}", "bad_request", false},
        {"{\"id\":1,\"method\":3}", "bad_request", false},
        {"{\"id\":1,\"method\":\"nonsense\"}", "unknown_method", false},
        {"{\"id\":1,\"method\":\"status\",\"params\":[]}", "bad_params", false},
        {"{\"id\":1,\"method\":\"status\",\"params\":{\"a\":1}}", "bad_params", false},
        {"{\"id\":1,\"method\":\"vpg.inspection\",\"params\":{\"vpg\":\"first\"}}", "bad_params", false},
        {"{\"id\":1,\"method\":\"vpg.inspection\",\"params\":{\"vpg\":1,\"enabled\":true}}", "bad_params", false},
        {"{\"id\":1,\"method\":\"vpg.inspection\",\"params\":{\"vpg\":\"first\",\"enabled\":1}}", "bad_params", false},
        {"{\"id\":1,\"method\":\"vpg.inspection\",\"params\":{\"vpg\":\"x\",\"enabled\":true}}", "unknown_vpg", false},
        {"{\"id\":1,\"method\":\"log\",\"params\":{\"level\":\"loud\"}}", "bad_params", false},
        {"[1,2]", "bad_request", true},
        {"\"text\"", "bad_request", true},
        {"GET / HTTP/1.1\r", "bad_request", true},
        {"\xff\xfe\x01", "bad_request", true},
        {"{\"id\":1,\"id\":2,\"method\":\"status\"}", "bad_request", true},
        {"", "bad_request", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = connect_client();
        send_text(fd, rows[i].request);
        send_text(fd, "\n");
        json_t *answer = receive_answer(fd);
        const char *code = answer != NULL ? error_code(answer) : "no answer";
        if (rows[i].code == NULL ? code != NULL : code == NULL || strcmp(code, rows[i].code) != 0)
            fail_msg("%s: expected %s, found %s", rows[i].request, rows[i].code, code);
        json_decref(answer);
        if (rows[i].closed) {
            assert_ended(fd);
            continue;
        }
        send_text(fd, "{\"id\":2,\"method\":\"status\"}\n");
        answer = receive_answer(fd);
        assert_int_equal(json_integer_value(json_object_get(answer, "id")), 2);
        json_decref(answer);
        close(fd);
    }
}

static void
test_oversize_is_refused(void **state) {
    (void)state;
    enum { SENT = 70000 };
    char *text = malloc(SENT);
    memset(text, ' ', SENT);
    int fd = connect_client();
    ssize_t sent = send(fd, text, SENT, MSG_NOSIGNAL);
    assert_true(sent > 0);
    json_t *answer = receive_answer(fd);
    assert_string_equal(error_code(answer), "too_large");
    json_decref(answer);
    assert_ended(fd);
    free(text);
    others_are_served();
}

static void
test_many_requests_in_one_write_are_all_answered(void **state) {
    (void)state;
    enum { COUNT = 200 };
    char request[64];
    int fd = connect_client();
    for (int i = 0; i < COUNT; i++) {
        snprintf(request, sizeof(request), "{\"id\":%d,\"method\":\"status\"}\n", i);
        send_text(fd, request);
    }
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    for (int i = 0; i < COUNT; i++) {
        json_t *answer = receive_answer(fd);
        assert_int_equal(json_integer_value(json_object_get(answer, "id")), i);
        json_decref(answer);
    }
    assert_ended(fd);
}

static void
test_half_a_request_times_out(void **state) {
    (void)state;
    int fd = connect_client();
    send_text(fd, "{\"id\":1,\"meth");
    others_are_served();
    json_t *answer = receive_answer(fd);
    assert_string_equal(error_code(answer), "timeout");
    json_decref(answer);
    assert_ended(fd);
    others_are_served();
}

static void
test_a_client_that_never_reads_is_cut_off(void **state) {
    (void)state;
    static const char request[] = "{\"id\":1,\"method\":\"policy\"}\n";
    int fd = connect_client();
    long sent = 0;
    // Ends only because the server closes the connection: the sender blocks while it does not read.
    while (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0)
        if (++sent % 1000 == 0)
            others_are_served();
    assert_true(errno == EPIPE || errno == ECONNRESET);
    close(fd);
    expect_line(&control, "does not read its answers");
    others_are_served();
}

static void
test_too_many_clients_are_refused(void **state) {
    (void)state;
    enum { MOST = 32 };
    int fds[MOST];
    for (int i = 0; i < MOST; i++) {
        fds[i] = connect_client();
        send_text(fds[i], "{\"id\":1,\"method\":\"status\"}\n");
        json_decref(receive_answer(fds[i]));
    }
    int one_more = connect_client();
    json_t *answer = receive_answer(one_more);
    assert_string_equal(error_code(answer), "busy");
    json_decref(answer);
    assert_ended(one_more);
    for (int i = 0; i < MOST; i++)
        close(fds[i]);
    // The server sees the closed ones in its own time; until then it refuses.
    for (bool served = false; !served;) {
        answer = ask("{\"id\":1,\"method\":\"status\"}");
        served = error_code(answer) == NULL;
        json_decref(answer);
    }
}

static void
test_the_socket_is_for_owner_and_group_and_one_server(void **state) {
    (void)state;
    struct stat st;
    assert_int_equal(stat(socket_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    char other[JN_INSTANCE_MAX];
    snprintf(other, sizeof(other), "test-%d-b", getpid());
    const char *const arguments[] = {"--instance", other, "-c", config_path, "--socket", socket_path, NULL};
    struct child second = start_program("junction-control", arguments, STDERR_FILENO);
    expect_line(&second, "another junction-control answers");
    assert_int_equal(end_child(&second, 0), 1);
    others_are_served();
    assert_int_equal(end_child(&control, SIGKILL), 128 + SIGKILL);
    assert_int_equal(stat(socket_path, &st), 0);
    control = start_control();
    others_are_served();
}

// As a member of group `junction` and nobody besides: what a request is answered, as an exit status. 0: a result; 1: the
// error "forbidden"; 2: anything else.
static int
ask_as_reader(const char *request) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (setgroups(0, NULL) < 0 || setgid(jn_readers_gid()) < 0 || setuid(65534) < 0)
            _exit(3);
        json_t *answer = ask(request);
        const char *code = error_code(answer);
        _exit(code == NULL ? 0 : strcmp(code, "forbidden") == 0 ? 1 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_the_group_reads_and_changes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"{\"id\":1,\"method\":\"status\"}", 0},
        {"{\"id\":1,\"method\":\"vpgs\"}", 0},
        {"{\"id\":1,\"method\":\"policy\"}", 0},
        {"{\"id\":1,\"method\":\"reload\"}", 1},
        {"{\"id\":1,\"method\":\"log\",\"params\":{\"level\":\"debug\"}}", 1},
        {"{\"id\":1,\"method\":\"vpg.inspection\",\"params\":{\"vpg\":\"first\",\"enabled\":false}}", 1},
    };
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(directory, 0755), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int answer = ask_as_reader(rows[i].request);
        if (answer != rows[i].status)
            fail_msg("%s: expected %d, found %d", rows[i].request, rows[i].status, answer);
    }
    others_are_served();
}

// As a reader: hold all the connections that there can be, until the other end of `until` is closed. How many were let in.
static void
hold_connections(int said, int until) {
    enum { MOST = 32 };
    int held = 0;
    char byte;
    if (setgroups(0, NULL) < 0 || setgid(jn_readers_gid()) < 0 || setuid(65534) < 0)
        _exit(1);
    for (int i = 0; i < MOST; i++) {
        static const char request[] = "{\"id\":1,\"method\":\"status\"}\n";
        int fd = connect_client();
        bool sent = send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0; // one that is refused may be gone
        json_t *answer = receive_answer(fd);
        held += sent && error_code(answer) == NULL;
        json_decref(answer);
    }
    _exit(write(said, &held, sizeof(held)) == sizeof(held) && read(until, &byte, 1) == 0 ? 0 : 1);
}

static void
test_readers_shut_nobody_out(void **state) {
    (void)state;
    int said[2], until[2], held = 0, status;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(directory, 0755), 0);
    assert_true(pipe2(said, O_CLOEXEC) == 0 && pipe2(until, O_CLOEXEC) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(until[1]);
        hold_connections(said[1], until[0]);
    }
    close(said[1]), close(until[0]);
    assert_int_equal(read(said[0], &held, sizeof(held)), sizeof(held));
    assert_int_equal(held, 24);
    others_are_served();
    json_t *answer = ask("{\"id\":1,\"method\":\"reload\"}");
    assert_null(error_code(answer));
    json_decref(answer);
    close(said[0]), close(until[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

// Where a socket was told to be, another user's may be already.
static void
test_anothers_socket_is_refused(void **state) {
    (void)state;
    char path[128];
    const char *const arguments[] = {"--instance", "elsewhere", "-c", config_path, "--socket", path, NULL};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof(path), "%s/other.sock", directory);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    assert_int_equal(chown(path, 65534, 65534), 0);
    struct child other = start_program("junction-control", arguments, STDERR_FILENO);
    expect_line(&other, "belongs to user nobody");
    assert_int_equal(end_child(&other, 0), 1);
    assert_int_equal(chmod(directory, 0777), 0);
    assert_int_equal(unlink(path), 0);
    other = start_program("junction-control", arguments, STDERR_FILENO);
    expect_line(&other, "may be written by everybody");
    assert_int_equal(end_child(&other, 0), 1);
    assert_int_equal(chmod(directory, 0711), 0);
    close(fd);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_requests_are_checked, start, stop),
        cmocka_unit_test_setup_teardown(test_the_group_reads_and_changes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_readers_shut_nobody_out, start, stop),
        cmocka_unit_test_setup_teardown(test_anothers_socket_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_oversize_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_many_requests_in_one_write_are_all_answered, start, stop),
        cmocka_unit_test_setup_teardown(test_half_a_request_times_out, start, stop),
        cmocka_unit_test_setup_teardown(test_a_client_that_never_reads_is_cut_off, start, stop),
        cmocka_unit_test_setup_teardown(test_too_many_clients_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_the_socket_is_for_owner_and_group_and_one_server, start, stop),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
