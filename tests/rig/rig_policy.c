// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/config_compile.h"
#include "config/config_load.h"
#include "rig.h"

struct jn_policy *
rig_compile(const struct rig *rig, const char *vpgs, unsigned int interval_s, const struct jn_policy *previous) {
    size_t size = strlen(vpgs) + 1024;
    char *text = malloc(size), err[JN_ERR_MAX];
    struct jn_config_errors errors;
    bool second = strstr(vpgs, "\"wire") != NULL;
    if (text == NULL)
        abort();
    snprintf(
        text, size,
        "{\"dataplane\":{\"worker_cores\":[0],\"max_vpgs\":%u,\"ports\":[{\"name\":\"a\",\"device\":\"net_null0\"},"
        "{\"name\":\"n\",\"device\":\"net_null1\"},{\"name\":\"t\",\"device\":\"net_null2\",\"addresses\":[\"198."
        "19.0.1/24\",\"fd00:0:0:9::1/64\"]},{\"name\":\"u\",\"device\":\"net_null3\",\"vlan\":42,\"addresses\":"
        "[\"198.19.2.1/24\",\"fd00:0:0:a::1/"
        "64\"]},{\"name\":\"b\",\"device\":\"net_null4\"},{\"name\":\"o\",\"device\":"
        "\"net_null5\"}],\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"n\"}%s]},"
        "\"inspection\":{\"interval_seconds\":%u},\"vpgs\":%s}",
        rig->vpgs, second ? ",{\"name\":\"x\",\"access\":\"b\",\"network\":\"o\"}" : "",
        interval_s != 0 ? interval_s : 1, vpgs);
    struct jn_config *config = jn_config_parse(text, strlen(text), "rig", &errors);
    for (size_t i = 0; i < errors.count; i++)
        fprintf(stderr, "%s\n", errors.text[i]);
    struct jn_policy *policy = config != NULL ? jn_config_compile(config, previous, err) : NULL;
    if (policy == NULL)
        abort();
    free(text);
    jn_config_free(config);
    jn_config_errors_free(&errors);
    if (interval_s == 0)
        policy->interval_ns = 0;
    return policy;
}
