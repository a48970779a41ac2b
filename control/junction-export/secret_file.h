// SPDX-License-Identifier: BSD-3-Clause
// A file that holds one secret.
#pragma once

#include "config/config_reader.h"

enum { SECRET_FILE_MAX = 65536 };

// The file's bytes without one newline at the end, as lib/secret.h keeps them. NULL with a sentence that names neither the
// value nor a part of it, and says what to do. Never waits: a pipe or a device is refused. warning: "" or what of the file's
// mode lets others read or change the secret.
char *secret_file_read(const char *path, char sentence[JN_SENTENCE_MAX], char warning[JN_SENTENCE_MAX]);
