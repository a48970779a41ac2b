// SPDX-License-Identifier: BSD-3-Clause
// For tests of the control processes: the real programs of this build, in a directory of their own, and a dataplane that
// only creates its counters region and acknowledges.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy.h"
#include "test.h"

static char directory[64], instance[JN_INSTANCE_MAX], config_path[96], socket_path[96], programs[512], run_dir[96];
static char err[JN_ERR_MAX];

static const char sound_config[] =
    "{\"node\":\"test\",\"dataplane\":{\"ports\":[{\"name\":\"access0\",\"device\":\"net_null0\"},"
    "{\"name\":\"network0\",\"device\":\"net_null1\"}],"
    "\"wires\":[{\"name\":\"wire0\",\"access\":\"access0\",\"network\":\"network0\"}]},\"sink\":{\"type\":\"stdout\"},"
    "\"vpgs\":[{\"id\":\"first\",\"wire\":\"wire0\",\"vlan\":1},{\"id\":\"second\",\"wire\":\"wire0\",\"vlan\":2}]}";

static inline void
write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline int
make_place(void **state) {
    (void)state;
    ssize_t length = readlink("/proc/self/exe", programs, sizeof(programs) - 1);
    if (length <= 0)
        return -1;
    programs[length] = '\0';
    for (int i = 0; i < 3; i++) // BUILD/tests/unit/test_x
        *strrchr(programs, '/') = '\0';
    strcpy(directory, "/tmp/junction-test-XXXXXX");
    // Programs that root starts become users who pass through it.
    if (mkdtemp(directory) == NULL || chmod(directory, 0711) < 0)
        return -1;
    snprintf(instance, sizeof(instance), "test-%d", getpid());
    snprintf(config_path, sizeof(config_path), "%s/junction.json", directory);
    snprintf(socket_path, sizeof(socket_path), "%s/control.sock", directory);
    snprintf(run_dir, sizeof(run_dir), "%s/run", directory);
    if (jn_run_directory_set(run_dir, err) < 0)
        return -1;
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static inline int
remove_place(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command);
}

struct child {
    pid_t pid;
    FILE *log; // its standard error, or output
};

// Start a program of this build with the arguments; its standard error (or with `output` its standard output) is read.
static inline struct child
start_program(const char *program, const char *const *arguments, int stream) {
    int ends[2];
    char path[1024], *words[48] = {path};
    snprintf(path, sizeof(path), "%s/%s", program[0] == '/' ? "" : programs, program);
    size_t count = 1;
    for (int i = 0; arguments[i] != NULL && i < 45; i++)
        words[count++] = (char *)arguments[i];
    if (strcmp(program + strlen(program) - strlen("junction"), "junction") != 0 || strcmp(arguments[0], "run") == 0) {
        words[count++] = "--run-dir";
        words[count] = run_dir;
    }
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails leaves nothing running
        signal(SIGPIPE, SIG_DFL);
        dup2(ends[1], stream);
        execv(path, words);
        _exit(127);
    }
    close(ends[1]);
    assert_true(pid > 0);
    return (struct child){pid, fdopen(ends[0], "r")};
}

// Read its lines until one contains the text; fails at the end of them.
static inline void
expect_line(struct child *child, const char *text) {
    char line[2048];
    while (fgets(line, sizeof(line), child->log) != NULL)
        if (strstr(line, text) != NULL)
            return;
    fail_msg("expected a line with \"%s\"", text);
}

static inline int
end_child(struct child *child, int signal_number) {
    int status;
    if (signal_number != 0)
        kill(child->pid, signal_number);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    fclose(child->log);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline struct child
start_control(void) {
    const char *const arguments[] = {"--instance", instance, "-c", config_path, "--socket", socket_path, NULL};
    struct child control = start_program("junction-control", arguments, STDERR_FILENO);
    expect_line(&control, "ready on");
    return control;
}

static inline int
connect_client(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline void
send_text(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

// One line of JSON from the server; NULL at its end.
static inline json_t *
receive_answer(int fd) {
    size_t length = 0, room = 1 << 20;
    char *line = malloc(room);
    assert_non_null(line);
    while (length < room && recv(fd, line + length, 1, 0) == 1 && line[length] != '\n')
        length++;
    json_t *answer = length > 0 ? json_loadb(line, length, 0, NULL) : NULL;
    free(line);
    return answer;
}

// Ask over a connection of its own.
static inline json_t *
ask(const char *request) {
    int fd = connect_client();
    send_text(fd, request);
    send_text(fd, "\n");
    json_t *answer = receive_answer(fd);
    assert_non_null(answer);
    close(fd);
    return answer;
}

static inline const char *
error_code(const json_t *answer) {
    return json_string_value(json_object_get(json_object_get(answer, "error"), "code"));
}

static inline json_int_t
result_number(const json_t *answer, const char *key) {
    json_t *result = json_object_get(answer, "result");
    if (result == NULL)
        fail_msg("refused: %s", json_string_value(json_object_get(json_object_get(answer, "error"), "message")));
    return json_integer_value(json_object_get(result, key));
}

// The dataplane that only acknowledges.
struct fake {
    struct jn_shm shm;
    pthread_t thread;
    bool stop, deaf; // deaf: sees nothing
    uint64_t refuse; // this generation
};

static inline bool
fake_has_room(const struct jn_shm *shm, uint32_t vpgs) {
    struct jn_policy *policy;
    char text[JN_ERR_MAX];
    if (jn_policy_copy(shm->base, shm->size, &policy, text) < 0)
        return true;
    uint32_t end = jn_policy_vpg_idx_end(policy);
    free(policy);
    return end <= vpgs;
}

static inline void *
fake_run(void *argument) {
    struct fake *fake = argument;
    struct jn_counters_region *region = fake->shm.base;
    struct jn_shm policy = {.fd = -1};
    char text[JN_ERR_MAX];
    uint64_t seen = 0;
    while (!__atomic_load_n(&fake->stop, __ATOMIC_ACQUIRE)) {
        if (policy.base != NULL && jn_shm_replaced(&policy, instance, JN_REGION_POLICY))
            jn_shm_detach(&policy);
        if (policy.base == NULL &&
            jn_shm_attach(&policy, instance, JN_REGION_POLICY, jn_policy_region_size(), false, text) < 0) {
            poll(NULL, 0, 1);
            continue;
        }
        uint64_t now = jn_policy_wait(policy.base, seen, 10);
        if (now == 0 || __atomic_load_n(&fake->deaf, __ATOMIC_ACQUIRE)) { // 0: none yet
            poll(NULL, 0, 1);
            continue;
        }
        seen = now;
        bool fits = fake_has_room(&policy, region->vpg_capacity);
        if (!fits || seen == __atomic_load_n(&fake->refuse, __ATOMIC_ACQUIRE)) {
            strcpy(region->policy_error_text, fits ? "not to my liking" : "too many VPGs");
            __atomic_store_n(&region->policy_error, seen, __ATOMIC_RELEASE);
            continue;
        }
        for (unsigned int w = 0; w < region->worker_count; w++)
            __atomic_store_n(&region->workers[w].generation, seen, __ATOMIC_RELEASE);
    }
    jn_shm_detach(&policy);
    return NULL;
}

enum { FAKE_VPGS = 16 };

static inline void
fake_start_for(struct fake *fake, unsigned int workers, uint32_t vpgs) {
    *fake = (struct fake){0};
    assert_int_equal(jn_shm_create(&fake->shm, instance, JN_REGION_COUNTERS, jn_counters_size(workers, FAKE_VPGS), 1,
                                   false, false, err),
                     0);
    struct jn_counters_region *region = fake->shm.base;
    region->worker_count = workers;
    region->vpg_capacity = region->vpg_used = vpgs;
    region->wire_count = 1;
    region->port_count = 2;
    strcpy(region->wires[0], "wire0");
    strcpy(region->ports[0].name, "access0");
    strcpy(region->ports[1].name, "network0");
    region->pid = (uint32_t)getpid();
    jn_shm_ready(&fake->shm);
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
}

static inline void
fake_start(struct fake *fake, unsigned int workers) {
    fake_start_for(fake, workers, FAKE_VPGS);
}

static inline void
fake_stop(struct fake *fake) {
    __atomic_store_n(&fake->stop, true, __ATOMIC_RELEASE);
    assert_int_equal(pthread_join(fake->thread, NULL), 0);
    jn_shm_remove(&fake->shm);
}

// junction-control with that configuration, and a dataplane that acknowledges what it publishes.
static inline struct child
start_both(struct fake *fake, unsigned int workers, const char *config) {
    fake_start(fake, workers);
    write_text(config_path, config);
    return start_control();
}

static inline void
stop_both(struct child *control, struct fake *fake) {
    assert_int_equal(end_child(control, SIGTERM), 0);
    fake_stop(fake);
}

static inline struct jn_policy *
published(void) {
    struct jn_shm shm;
    struct jn_policy *policy;
    assert_int_equal(jn_shm_attach(&shm, instance, JN_REGION_POLICY, jn_policy_region_size(), false, err), 0);
    assert_int_equal(jn_policy_copy(shm.base, shm.size, &policy, err), 0);
    jn_shm_detach(&shm);
    return policy;
}
