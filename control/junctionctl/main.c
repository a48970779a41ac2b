// SPDX-License-Identifier: BSD-3-Clause
// junctionctl: live views from shared memory, changes through junction-control.
#include <stdio.h>

#include "commands.h"
#include "shm.h"
#include "shm_guard.h"

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
    status = command->handle(&invocation);
    if (jn_shm_was_cut()) {
        fputs("junctionctl: a shared-memory region was truncated while it was read\n", stderr);
        return COMMAND_FAILED;
    }
    return fflush(stdout) == 0 ? status : COMMAND_FAILED;
}
