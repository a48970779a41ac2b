// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic_host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

#define LOCK "/run/junction-nic.lock"

extern char **environ;

static int
write_file(const struct nic_host *host, const char *path, const char *text) {
    (void)host;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

// No shell: the word is an argument, and never an option. What modprobe has to say of a module that is not there is said
// better by who asked.
static void
run_modprobe(const struct nic_host *host, const char *module) {
    char *const arguments[] = {"modprobe", "-q", "--", (char *)(uintptr_t)module, NULL};
    pid_t pid;
    int status;
    (void)host;
    // What starts programs at boot may have no such directory in its PATH.
    if (posix_spawn(&pid, "/sbin/modprobe", NULL, NULL, arguments, environ) != 0 &&
        posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ) != 0)
        return;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
}

const struct nic_host nic_this_host = {.root = "", .write = write_file, .load = run_modprobe};

static bool
make_path(char path[PATH_MAX], const struct nic_host *host, const char *format, va_list list) {
    int length = snprintf(path, PATH_MAX, "%s", host->root);
    return vsnprintf(path + length, PATH_MAX - (size_t)length, format, list) < PATH_MAX - length;
}

int
nic_host_write(const struct nic_host *host, const char *text, const char *format, ...) {
    char path[PATH_MAX];
    va_list list;
    va_start(list, format);
    bool fits = make_path(path, host, format, list);
    va_end(list);
    return fits ? host->write(host, path, text) : -ENAMETOOLONG;
}

bool
nic_host_has(const struct nic_host *host, const char *format, ...) {
    char path[PATH_MAX];
    va_list list;
    va_start(list, format);
    bool fits = make_path(path, host, format, list);
    va_end(list);
    return fits && access(path, F_OK) == 0;
}

void
nic_host_read(const struct nic_host *host, char *text, size_t size, const char *format, ...) {
    char path[PATH_MAX];
    va_list list;
    va_start(list, format);
    FILE *file = make_path(path, host, format, list) ? fopen(path, "re") : NULL;
    va_end(list);
    if (file == NULL || fgets(text, (int)size, file) == NULL)
        text[0] = '\0';
    if (file != NULL)
        fclose(file);
    text[strcspn(text, "\n")] = '\0';
}

// In /run, where root alone makes names.
int
nic_host_lock(const struct nic_host *host, char err[JN_ERR_MAX]) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s" LOCK, host->root);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        jn_log(JN_LOG_INFO, "another junction nic is at work: waiting for it");
        while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
            ;
    }
    if (fd >= 0)
        return fd;
    snprintf(err, JN_ERR_MAX, "%.300s: %s%s", path, strerror(errno), errno == EACCES ? ": only root can do this" : "");
    return -errno;
}
