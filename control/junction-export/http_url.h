// SPDX-License-Identifier: BSD-3-Clause
// What is demanded of a URL before it is used.
#pragma once

#include <stdbool.h>

#include "shm.h"

// Is it http or https with a host, and neither user nor password (which logs would show), query nor fragment where
// `plain` is set? Else a sentence in err, which begins with `key`.
bool http_url_sound(const char *key, const char *url, bool plain, char err[JN_ERR_MAX]);
