// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "bench_policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config_compile.h"
#include "config/config_load.h"

struct jn_policy *
bench_policy(const char *vpgs, unsigned int room, unsigned int interval_s, unsigned int idle_s,
             const struct jn_policy *previous) {
    char *text, err[JN_ERR_MAX];
    struct jn_config_errors errors = {0};
    int length = asprintf(
        &text,
        "{\"node\":\"bench\",\"dataplane\":{\"max_vpgs\":%u,\"worker_cores\":[0],\"ports\":[{\"name\":\"a\","
        "\"device\":\"net_null0\"},{\"name\":\"n\",\"device\":\"net_null1\"},{\"name\":\"t\",\"device\":"
        "\"net_null2\",\"addresses\":[\"198.18.0.1/24\"]}],\"wires\":[{\"name\":\"w\",\"access\":\"a\","
        "\"network\":\"n\"}]},\"inspection\":{\"interval_seconds\":%u,\"idle_timeout_seconds\":%u},\"vpgs\":[%s]}",
        room, interval_s, idle_s, vpgs);
    if (length < 0)
        exit(1);
    struct jn_config *config = jn_config_parse(text, (size_t)length, "bench", &errors);
    struct jn_policy *policy = config != NULL ? jn_config_compile(config, previous, err) : NULL;
    if (policy == NULL) {
        fprintf(stderr, "%s\n", config == NULL ? errors.text[0] : err);
        exit(1);
    }
    jn_config_free(config);
    free(text);
    jn_config_errors_free(&errors);
    return policy;
}
