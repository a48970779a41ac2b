// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>

#include "sink.h"

static struct sink *
open_elasticsearch(const struct jn_config_sink *config, struct jn_sink_view *view, char err[JN_ERR_MAX]) {
    (void)view;
    snprintf(err, JN_ERR_MAX, "sink %s: \"elasticsearch\" is not in this build", config->name);
    return NULL;
}

const struct sink_type sink_elasticsearch = {.open = open_elasticsearch, .network = true};
