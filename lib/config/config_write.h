// SPDX-License-Identifier: BSD-3-Clause
// A configuration file is written back.
#pragma once

#include <jansson.h>
#include <limits.h>

#include "shm.h"

// A file that is about to be replaced. The new one is whole on disk beside it before anything that depends on it is done.
struct jn_config_writing {
    char path[PATH_MAX]; // with symbolic links followed
    char directory[PATH_MAX];
    char temporary[PATH_MAX + 16];
};

// Write `document` into a temporary file beside `path`, with its mode and owner, and fsync it. Whatever can fail for want
// of room or permission fails here, with nothing changed. 0, and commit or abandon has to follow; or a negative errno with
// a sentence in err.
int jn_config_write_begin(struct jn_config_writing *w, const json_t *document, const char *path, char err[JN_ERR_MAX]);

// Put it in place by one rename, and fsync the directory. 0; 1 with a sentence in err: it is in place, but may not outlive
// a loss of power; or a negative errno with a sentence: the old file is in place, the new one is gone.
int jn_config_write_commit(const struct jn_config_writing *w, char err[JN_ERR_MAX]);

// Take the temporary file away: nothing has changed.
void jn_config_write_abandon(const struct jn_config_writing *w);

// All of it, or a negative errno. A signal does not stop it once it has begun.
int jn_write_all(int fd, const char *text, size_t length);

// Have what was made, renamed or removed in the directory outlive a loss of power. Negative, with errno, when it may not.
int jn_sync_directory(const char *directory);
