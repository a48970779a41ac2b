// SPDX-License-Identifier: BSD-3-Clause
#include "policy_text.h"

#include <stdio.h>

#include "policy_of.h"

struct jn_policy *
policy_from_text(const char *vpgs, const struct jn_policy *previous) {
    char text[2048];
    snprintf(
        text, sizeof(text),
        "{\"dataplane\":{\"worker_cores\":[0],\"ports\":[{\"name\":\"a\",\"device\":\"net_null0\"},{\"name\":\"n\","
        "\"device\":\"net_null1\"}],\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"n\"}]},\"inspection\":"
        "{\"interval_seconds\":1},\"vpgs\":%s}",
        vpgs);
    return policy_of(text, previous);
}
