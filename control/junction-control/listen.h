// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "shm.h"

// A listening Unix socket of mode 0660 at `path`; its directory is made when missing, and a socket whose process is gone
// is replaced. Returns it, or negative errno with a sentence in err.
int listen_at(const char *path, char err[JN_ERR_MAX]);
