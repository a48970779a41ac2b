// SPDX-License-Identifier: BSD-3-Clause
// A process that was taken over: loaded into one of Junction's programs by LD_PRELOAD, it does in the thread that gets SIGUSR2
// what the file JUNCTION_TAKEOVER says, and writes behind it what came of that: 0 or an errno. Nothing of it is in the
// programs. One command:
//     read PATH | write PATH | create PATH | unlink PATH | socket FAMILY TYPE | bind | kill PID | fork | execve | ptrace |
//     module | setuid | capset | keeper DOCUMENT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keeper_work.h"

enum { COMMAND_BYTES = 1 << 16, DESCRIPTORS = 64 };

static int commands = -1;
static char command[COMMAND_BYTES];

static int
opened(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static int
result(long rc) {
    return rc < 0 ? errno : 0;
}

static int
make_socket(const char *words) {
    int family = AF_INET, type = SOCK_STREAM;
    sscanf(words, "%d %d", &family, &type);
    int fd = socket(family, type, 0);
    int code = result(fd);
    if (fd >= 0)
        close(fd);
    return code;
}

// Where the process listens for orders: a UDP port.
static int
bind_socket(const char *words) {
    const struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(4711)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)words;
    if (fd < 0)
        return errno;
    int code = result(bind(fd, (const struct sockaddr *)&here, sizeof(here)));
    close(fd);
    return code;
}

static int
regain(const char *words) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct all[2] = {{~0u, ~0u, 0}, {0x1ff, 0x1ff, 0}};
    (void)words;
    return result(syscall(SYS_capset, &header, all));
}

static int
start_program(const char *words) {
    char *const arguments[] = {(char *)"/bin/true", NULL}, *const environment[] = {NULL};
    (void)words;
    return result(execve("/bin/true", arguments, environment));
}

static int
make_process(const char *words) {
    (void)words;
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    return result(pid);
}

// Ask it one thing: its answer's code, and its sentence on standard error.
static int
ask_at(int fd, enum keeper_request request, const char *text) {
    struct keeper_head head = {.request = request, .length = strlen(text)}, answer;
    if (write(fd, &head, sizeof(head)) != sizeof(head) || write(fd, text, head.length) != (ssize_t)head.length ||
        read(fd, &answer, sizeof(answer)) <= 0)
        return EPIPE;
    char *sentence = calloc(1, answer.length + 1);
    if (sentence != NULL && answer.length != 0 && read(fd, sentence, answer.length) >= 0)
        fprintf(stderr, "keeper: %s\n", sentence);
    free(sentence);
    return -answer.code;
}

// The keeper's socket pair is the oldest of the process.
static int
ask_keeper(const char *document) {
    for (int fd = 3; fd < DESCRIPTORS; fd++) {
        int family = 0;
        socklen_t size = sizeof(family);
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0 || family != AF_UNIX)
            continue;
        int code = ask_at(fd, KEEPER_WRITE, document);
        return code == 0 ? ask_at(fd, KEEPER_COMMIT, "") : code;
    }
    return ENOTSOCK;
}

static int
read_file(const char *path) {
    return opened(path, O_RDONLY);
}
static int
write_file(const char *path) {
    return opened(path, O_WRONLY);
}
static int
create_file(const char *path) {
    return opened(path, O_WRONLY | O_CREAT | O_EXCL);
}
static int
remove_file(const char *path) {
    return result(unlink(path));
}
static int
end_process(const char *pid) {
    return result(kill((pid_t)strtol(pid, NULL, 10), SIGKILL));
}
static int
trace(const char *words) {
    (void)words;
    return result(syscall(SYS_ptrace, 0, 0, 0, 0));
}
static int
load_module(const char *words) {
    (void)words;
    return result(syscall(SYS_init_module, "", 0, ""));
}
static int
become_root(const char *words) {
    (void)words;
    return result(syscall(SYS_setresuid, 0, 0, 0));
}

static const struct {
    const char *word;
    int (*run)(const char *words);
} attacks[] = {
    {"read", read_file},       {"write", write_file},  {"create", create_file}, {"unlink", remove_file},
    {"socket", make_socket},   {"bind", bind_socket},  {"kill", end_process},   {"fork", make_process},
    {"execve", start_program}, {"ptrace", trace},      {"module", load_module}, {"setuid", become_root},
    {"capset", regain},        {"keeper", ask_keeper},
};

static void
on_signal(int number) {
    int saved = errno, code = ENOSYS;
    char text[32];
    (void)number;
    ssize_t length = pread(commands, command, sizeof(command) - 1, 0);
    command[length > 0 ? length : 0] = '\0';
    command[strcspn(command, "\n")] = '\0';
    size_t word = strcspn(command, " ");
    const char *rest = command[word] == ' ' ? command + word + 1 : command + word;
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
        if (strlen(attacks[i].word) == word && strncmp(command, attacks[i].word, word) == 0)
            code = attacks[i].run(rest);
    int written = snprintf(text, sizeof(text), "\n%d\n", code);
    if (pwrite(commands, text, (size_t)written, length) != written)
        abort();
    errno = saved;
}

static void __attribute__((constructor)) prepare(void) {
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    const char *path = getenv("JUNCTION_TAKEOVER");
    if (path == NULL)
        return;
    commands = open(path, O_RDWR | O_CLOEXEC);
    sigaction(SIGUSR2, &action, NULL);
}
