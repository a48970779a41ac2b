// SPDX-License-Identifier: BSD-3-Clause
// One request, one line of JSON: {"id":N,"method":"...","params":{...}}. One table lists the methods and what they take.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "control.h"

#define REQUEST_MAX_BYTES 65536u

struct peer {
    pid_t pid;
    uid_t uid;
};

// X(method, handler, changes something, parameters), each parameter P(name, JSON type); all must be given.
#define METHODS(X, P)                                                                                                  \
    X("status", method_status, false, )                                                                                \
    X("policy", method_policy, false, )                                                                                \
    X("vpgs", method_vpgs, false, )                                                                                    \
    X("reload", method_reload, true, )                                                                                 \
    X("vpg.inspection", method_vpg_inspection, true, P("vpg", JSON_STRING) P("enabled", JSON_TRUE))                    \
    X("log", method_log, true, P("level", JSON_STRING))

// A handler gives the result, or NULL with `failure` filled. Its parameters are there and of the right types.
#define NO_PARAMETER(name, type)
#define X(word, handler, changes, parameters)                                                                          \
    json_t *handler(struct control *control, const json_t *params, struct failure *failure);
METHODS(X, NO_PARAMETER)
#undef X

// The answer to one line, never NULL but for want of memory; free() it. close: the line was no request at all, so whatever
// follows it cannot be trusted.
char *request_answer(struct control *control, const struct peer *peer, const char *line, size_t length, bool *close);

// The answer to what never became a request, e.g. too long a line.
char *request_refusal(const char *code, const char *message);
