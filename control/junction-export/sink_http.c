// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>

#include "sink.h"

static struct sink *
open_http(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    (void)view;
    snprintf(err, JN_ERR_MAX, "sink %s: \"http\" is not in this build", config->name);
    return NULL;
}

const struct sink_type sink_http = {.open = open_http, .network = true};
