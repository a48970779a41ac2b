// SPDX-License-Identifier: BSD-3-Clause
// One request, one line of JSON: {"id":N,"method":"...","params":{...}}. lib/config/methods.h lists the methods and what
// they take.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "control.h"

#define REQUEST_MAX_BYTES 65536u

struct peer {
    pid_t pid;
    uid_t uid;
};

// May that process change anything, or only read?
bool request_may_change(const struct peer *peer);

// The answer to one line, never NULL but for want of memory; free() it. close: the line was no request at all, so whatever
// follows it cannot be trusted.
char *request_answer(struct control *control, const struct peer *peer, const char *line, size_t length, bool *close);

// The answer to what never became a request, e.g. too long a line.
char *request_refusal(const char *code, const char *message);
