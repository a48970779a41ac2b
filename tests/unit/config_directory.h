// SPDX-License-Identifier: BSD-3-Clause
// A directory for one test, and the name of a configuration file in it.
#pragma once

#include <unistd.h>

#include "test.h"

static char directory[64], file[128];

static inline int
make_directory(void **state) {
    (void)state;
    strcpy(directory, "/tmp/junction-test-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(file, sizeof(file), "%s/junction.json", directory);
    return 0;
}

// The file goes, and a symbolic link to it. Fails when anything else was left, such as a temporary file.
static inline int
remove_directory(void **state) {
    (void)state;
    char link[160];
    snprintf(link, sizeof(link), "%s/link", directory);
    unlink(file);
    unlink(link);
    return rmdir(directory);
}
