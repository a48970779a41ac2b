// SPDX-License-Identifier: BSD-3-Clause
// A configuration file is written back.
#pragma once

#include <jansson.h>

#include "shm.h"

// Write `document` to `path` atomically: temporary file in the same directory, fsync, rename; mode and owner kept.
// 0 or negative errno with a sentence in err.
int jn_config_write(const json_t *document, const char *path, char err[JN_ERR_MAX]);

// All of it, or a negative errno. A signal does not stop it once it has begun.
int jn_write_all(int fd, const char *text, size_t length);

// Have what was made, renamed or removed in the directory outlive a loss of power. Negative, with errno, when it may not.
int jn_sync_directory(const char *directory);
