// SPDX-License-Identifier: BSD-3-Clause
// A configuration file is written back.
#pragma once

#include <jansson.h>

#include "shm.h"

// Write `document` to `path` atomically: temporary file in the same directory, fsync, rename; mode and owner kept.
// 0 or negative errno with a sentence in err.
int jn_config_write(const json_t *document, const char *path, char err[JN_ERR_MAX]);
