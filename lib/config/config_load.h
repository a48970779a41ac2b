// SPDX-License-Identifier: BSD-3-Clause
// The configuration file: parsed with defaults, checked whole. All errors are found at once, each with the path in
// the document and the line. Memory is owned by struct jn_config and freed by jn_config_free. Not thread-safe.
#pragma once

#include "config/config_reader.h"

// Parse `length` bytes of JSON text. NULL when there is any error; `errors` is filled either way (free it always).
// file: named in the sentences that have no path, e.g. of a syntax error.
struct jn_config *jn_config_parse(const char *text, size_t length, const char *file, struct jn_config_errors *errors);

enum { JN_CONFIG_MAX_BYTES = 64 << 20 };

// What a file holds, or why that is not known.
struct jn_config_text {
    char *text; // to be freed; NULL: it could not be read
    size_t length;
    int error;   // errno, when there is no text
    bool opened; // when there is no text: the file was opened, and could not be read
};
struct jn_config_text jn_config_read(const char *path);

// jn_config_parse of what a file holds. The text is freed.
struct jn_config *jn_config_from_text(struct jn_config_text *text, const char *path, struct jn_config_errors *errors);

// Both for a file.
struct jn_config *jn_config_load(const char *path, struct jn_config_errors *errors);

// jn_config_load, with the sink's settings shown to a check of the caller's.
struct jn_config *jn_config_load_checked(const char *path, jn_sink_check *check_sink, struct jn_config_errors *errors);

void jn_config_free(struct jn_config *config);
void jn_config_errors_free(struct jn_config_errors *errors);

// Every error and warning, a line each: in the log, or as it is on standard error.
void jn_config_errors_log(const struct jn_config_errors *errors);
void jn_config_errors_print(const struct jn_config_errors *errors);
