// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "clock_read.h"
#include "log.h"

void
arguments_add(struct arguments *arguments, const char *format, ...) {
    va_list list;
    va_start(list, format);
    if (arguments->count == ARGUMENTS_MAX || vasprintf(&arguments->word[arguments->count], format, list) < 0) {
        jn_log(JN_LOG_ERROR, "too many arguments for %s, or no memory", arguments->word[0]);
        exit(1);
    }
    va_end(list);
    arguments->word[++arguments->count] = NULL;
}

void
arguments_free(struct arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++)
        free(arguments->word[i]);
    arguments->count = 0;
}

static void
execute(const struct arguments *arguments) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);
    char *slash = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    if (slash != NULL && (size_t)(slash + 1 - path) + strlen(arguments->word[0]) < sizeof(path)) {
        strcpy(slash + 1, arguments->word[0]);
        execv(path, arguments->word);
    }
    execvp(arguments->word[0], arguments->word);
}

pid_t
process_start(const struct arguments *arguments, int output, const struct variables *given) {
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        jn_log(JN_LOG_ERROR, "%s cannot be started: %s", arguments->word[0], strerror(errno));
    if (pid != 0)
        return pid;
    sigset_t hangup; // waits until it is heard: it must not end a process that is just starting
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    setsid(); // nor has it the terminal, whose input a process could write as if it were typed there
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    if (output == PROCESS_NONE)
        output = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (output >= 0)
        dup2(output, STDOUT_FILENO);
    sigprocmask(SIG_SETMASK, &hangup, NULL);
    if (given != NULL)
        variables_give(given);
    execute(arguments);
    jn_log(JN_LOG_ERROR, "%s cannot be started: %s", arguments->word[0], strerror(errno));
    _exit(127);
}

static void
steering_signals(sigset_t *set) {
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(set, numbers[i]);
}

void
signals_block(void) {
    sigset_t set;
    steering_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

int
signal_wait(long milliseconds) {
    sigset_t set;
    struct timespec timeout = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    steering_signals(&set);
    int number = milliseconds < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &timeout);
    return number > 0 ? number : 0;
}

long
milliseconds_now(void) {
    return (long)(jn_clock_read(CLOCK_MONOTONIC) / 1000000);
}
