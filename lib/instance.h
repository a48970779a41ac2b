// SPDX-License-Identifier: BSD-3-Clause
// Names: of instances, of the run directory that has theirs, and of what stands there. Nothing here looks at a file.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define JN_RUN_DIRECTORY "/run/junction"
#define JN_INSTANCE_MAX  32
#define JN_ERR_MAX       512
#define JN_PATH_MAX      256

// Is the name usable as an instance: 1 to 31 of [A-Za-z0-9_-].
bool jn_instance_valid(const char *instance);

// The same with a sentence in err: 0 or -EINVAL.
int jn_instance_check(const char *instance, char err[JN_ERR_MAX]);

// Use another run directory from now on: an absolute path. For options and tests, before anything else here.
// 0 or -EINVAL with a sentence in err.
int jn_run_directory_set(const char *path, char err[JN_ERR_MAX]);
const char *jn_run_directory(void);

// Where junction-control of the instance listens unless it is told otherwise.
void jn_socket_path(const char *instance, char *path, size_t size);
