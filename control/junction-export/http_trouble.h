// SPDX-License-Identifier: BSD-3-Clause
// What goes wrong with a server, in plain words, and what to do about it.
#pragma once

#include "sinks.h"
#include "world_http.h"

// An exchange that was not answered, or answered by a redirection: says it of the sink by sink_trouble. url: that was asked.
void http_trouble(struct jn_sink_view *view, const char *url, const struct http_answer *answer);
