// SPDX-License-Identifier: BSD-3-Clause
// junctionctl: live views from shared memory, changes through junction-control.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "shm.h"
#include "shm_guard.h"

// Otherwise each part would be said to be missing. An instance that is not there is said by what was asked for.
static bool
may_be_read(const struct invocation *invocation, char err[JN_ERR_MAX]) {
    char path[JN_PATH_MAX];
    int at = jn_place_open(invocation->instance, JN_WRITER_CONTROL, false, path, err);
    if (at >= 0)
        close(at);
    return at >= 0 || at == -ENOENT;
}

int
main(int argc, char **argv) {
    struct invocation invocation;
    char err[JN_ERR_MAX];
    int status;
    const struct command *command = command_parse(argc, argv, &invocation, &status);
    if (command == NULL)
        return status;
    if (!jn_instance_valid(invocation.instance)) {
        fprintf(stderr, "junctionctl: --instance: expected 1 to %d of A-Z a-z 0-9 _ -\n", JN_INSTANCE_MAX - 1);
        return COMMAND_USAGE;
    }
    if (invocation.run_dir != NULL && jn_run_directory_set(invocation.run_dir, err) < 0) {
        fprintf(stderr, "junctionctl: %s\n", err);
        return COMMAND_USAGE;
    }
    if (strncmp(command->grammar, "show", strlen("show")) == 0 && !may_be_read(&invocation, err)) {
        fprintf(stderr, "junctionctl: %s\n", err);
        return COMMAND_FAILED;
    }
    status = command->handle(&invocation);
    if (jn_shm_was_cut()) {
        fputs("junctionctl: a shared-memory region was truncated while it was read\n", stderr);
        return COMMAND_FAILED;
    }
    return fflush(stdout) == 0 ? status : COMMAND_FAILED;
}
