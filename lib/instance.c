// SPDX-License-Identifier: BSD-3-Clause
#include "instance.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "users.h"

static char run_directory[JN_PATH_MAX / 2] = JN_RUN_DIRECTORY;

bool
jn_instance_valid(const char *instance) {
    size_t length = strlen(instance);
    return length > 0 && length < JN_INSTANCE_MAX &&
           strspn(instance, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == length;
}

int
jn_instance_check(const char *instance, char err[JN_ERR_MAX]) {
    if (jn_instance_valid(instance))
        return 0;
    snprintf(err, JN_ERR_MAX, "instance: expected 1 to %d of A-Z a-z 0-9 _ -", JN_INSTANCE_MAX - 1);
    return -EINVAL;
}

int
jn_run_directory_set(const char *path, char err[JN_ERR_MAX]) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (path[0] == '/' && length > 1 && length < sizeof(run_directory)) {
        snprintf(run_directory, sizeof(run_directory), "%.*s", (int)length, path);
        return 0;
    }
    snprintf(err, JN_ERR_MAX, "--run-dir: expected an absolute path of up to %zu bytes, found \"%.200s\"",
             sizeof(run_directory) - 1, path);
    return -EINVAL;
}

const char *
jn_run_directory(void) {
    return run_directory;
}

void
jn_socket_path(const char *instance, char *path, size_t size) {
    snprintf(path, size, "%s/%s/%s/socket", run_directory, instance, jn_writer_directory(JN_WRITER_CONTROL));
}
