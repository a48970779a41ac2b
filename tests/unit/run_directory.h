// SPDX-License-Identifier: BSD-3-Clause
// A run directory of a test's own, so that it needs no root and meets no other.
#pragma once

#include <unistd.h>

#include "place.h"
#include "test.h"

static char run_dir[64];

static inline int
remove_run_directory(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", run_dir);
    return system(command);
}

static inline int
make_run_directory(void **state) {
    char err[JN_ERR_MAX];
    (void)state;
    strcpy(run_dir, "/tmp/junction-test-XXXXXX");
    return mkdtemp(run_dir) != NULL && jn_run_directory_set(run_dir, err) == 0 ? 0 : -1;
}
