// SPDX-License-Identifier: BSD-3-Clause
// junctionctl: live views from shared memory, changes through junction-control.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "shm.h"

// A region may be cut short while it is being read; nothing can be shown then, but it must be said.
static void
on_bus_error(int number) {
    static const char text[] = "junctionctl: a shared-memory region was truncated while it was read\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written;
    _exit(COMMAND_FAILED);
}

int
main(int argc, char **argv) {
    struct invocation invocation;
    int status;
    const struct command *command = command_parse(argc, argv, &invocation, &status);
    if (command == NULL)
        return status;
    if (!jn_instance_valid(invocation.instance)) {
        fprintf(stderr, "junctionctl: --instance: expected 1 to %d of A-Z a-z 0-9 _ -\n", JN_INSTANCE_MAX - 1);
        return COMMAND_USAGE;
    }
    signal(SIGBUS, on_bus_error);
    status = command->handle(&invocation);
    return fflush(stdout) == 0 ? status : COMMAND_FAILED;
}
