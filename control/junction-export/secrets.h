// SPDX-License-Identifier: BSD-3-Clause
// Secrets that the configuration names the place of: read as who started this process, kept out of core dumps, and taken
// out of every sentence of the log. Main thread only, before there are others; secrets_hide is any thread's.
#pragma once

#include <stdbool.h>

#include "config/config_reader.h"

enum secrets_use {
    SECRETS_START, // a variable that is not set is an error
    SECRETS_CHECK, // a warning: it has to be set where Junction is started, which may be elsewhere
};

// Fill in the value of every property of every sink that stands elsewhere, and overwrite the variables that were read. What
// is wrong, or open to others, is said with its path in the document. With any value to hide the process leaves no core
// dump from here on, and jn_log is told to hide it.
void secrets_resolve(struct jn_reader *reader, enum secrets_use use);

// secrets_resolve as jn_config_load_checked takes it, to start with.
void secrets_resolve_at_start(struct jn_reader *reader, const struct jn_config_sink *sink,
                              const struct jn_json_step *at);

// Replace each hidden value in the sentence, also one that its end cuts short.
void secrets_hide(char *sentence);

// JSON that is freed is overwritten from here on: a document may hold secrets. Before any is made.
void secrets_wipe_json(void);

// Nothing is hidden any more.
void secrets_forget(void);
