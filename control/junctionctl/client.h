// SPDX-License-Identifier: BSD-3-Clause
// One question to junction-control.
#pragma once

#include <jansson.h>

#include "commands.h"
#include "shm.h"

// Its result, or NULL: with *error the "error" of its answer, or with *error NULL and a sentence in err, when it could
// not be asked. Takes params, which may be NULL.
json_t *client_ask(const struct invocation *invocation, const char *method, json_t *params, json_t **error,
                   char err[JN_ERR_MAX]);

// The same, and what went wrong is printed.
json_t *client_result(const struct invocation *invocation, const char *method, json_t *params);
