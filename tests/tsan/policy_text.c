// SPDX-License-Identifier: BSD-3-Clause
#include "policy_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_compile.h"
#include "config/config_load.h"

struct jn_policy *
policy_from_text(const char *vpgs, const struct jn_policy *previous) {
    char text[2048], err[JN_ERR_MAX];
    struct jn_config_errors errors;
    snprintf(
        text, sizeof(text),
        "{\"dataplane\":{\"worker_cores\":[0],\"ports\":[{\"name\":\"a\",\"device\":\"net_null0\"},{\"name\":\"n\","
        "\"device\":\"net_null1\"}],\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"n\"}]},\"inspection\":"
        "{\"interval_seconds\":1},\"vpgs\":%s}",
        vpgs);
    struct jn_config *config = jn_config_parse(text, strlen(text), "tsan", &errors);
    struct jn_policy *policy = config != NULL ? jn_config_compile(config, previous, err) : NULL;
    if (policy == NULL) {
        fprintf(stderr, "%s\n", config == NULL ? errors.text[0] : err);
        abort();
    }
    jn_config_free(config);
    jn_config_errors_free(&errors);
    return policy;
}
