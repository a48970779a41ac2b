// SPDX-License-Identifier: BSD-3-Clause
#include "sink.h"

static const struct sink_type *const types[] = {
#define X(id, name, spooled, text) [JN_SINK_##id] = &sink_##name,
    JN_SINKS(X)
#undef X
};

struct sink *
sink_open(enum jn_sink_type type, const struct jn_config_sink *config, char err[JN_ERR_MAX]) {
    return types[type]->open(config, err);
}
