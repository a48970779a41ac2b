// SPDX-License-Identifier: BSD-3-Clause
// The Unix socket: many clients, one line a request, and limits that keep a bad client from harming the others.
#pragma once

#include <event2/event.h>

#include "control.h"

struct server;

// Listen at `path`, in place of a socket whose process is gone. NULL with a sentence in err.
struct server *server_open(struct event_base *base, const char *path, struct control *control, char err[JN_ERR_MAX]);

// Cut every client, stop listening, remove the socket.
void server_close(struct server *server);
