// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/wait.h>

#include "config/config_load.h"
#include "launcher.h"
#include "process.h"

// librdkafka knows best what it takes, and reads the files that properties name: so the exporter asks it, as its own user.
static int
check_sink(const char *path) {
    struct arguments arguments = {0};
    int status;
    arguments_add(&arguments, "junction-export");
    arguments_add(&arguments, "--check");
    arguments_add(&arguments, "--config=%s", path);
    pid_t pid = process_start(&arguments, PROCESS_OURS, NULL);
    arguments_free(&arguments);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 1;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

int
launcher_check(int argc, char **argv) {
    const char *path = NULL;
    for (int c; (c = launcher_option(argc, argv)) != -1;) {
        if (c != 'c')
            return launcher_usage("check");
        path = optarg;
    }
    if (path == NULL || optind != argc)
        return launcher_usage("check");
    struct jn_config_errors errors = {0};
    struct jn_config *config = jn_config_load(path, &errors);
    bool sound = config != NULL;
    if (!sound) // else the exporter says what there is to warn of, with more of its own
        jn_config_errors_print(&errors);
    jn_config_errors_free(&errors);
    jn_config_free(config);
    if (!sound)
        return 1;
    int status = check_sink(path);
    if (status == 0)
        printf("%s: ok\n", path);
    return status;
}
