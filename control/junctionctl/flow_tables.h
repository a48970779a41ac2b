// SPDX-License-Identifier: BSD-3-Clause
// Live flows, from the workers' tables, and what is shown of their applications.
#pragma once

#include "applications/applications.h"
#include "flow.h"
#include "policy.h"

// A copy of an entry, made while its worker may have been changing it: the fields are those of one flow.
struct live_flow {
    struct jn_flow_entry entry;
    uint32_t worker, flow_idx;
};

// How well a flow's application is known. X(ID, "word")
#define FLOW_KNOWN(X)                                                                                                  \
    X(DECIDED, "decided")                                                                                              \
    X(GUESSED, "guessed")                                                                                              \
    X(UNKNOWN, "unknown")                                                                                              \
    X(UNDECIDED, "undecided")

enum flow_known {
#define X(id, word) FLOW_##id,
    FLOW_KNOWN(X)
#undef X
        FLOW_KNOWN_COUNT
};
extern const char *const flow_known_words[FLOW_KNOWN_COUNT];

enum flow_known flow_known(const struct jn_flow_entry *entry);

// What the entry says that the flow is, or Unknown: also for a number that no application has.
const struct jn_application *flow_application(const struct jn_flow_entry *entry);

// The id of its VPG, or "-". policy: may be NULL.
const char *flow_vpg(const struct jn_flow_entry *entry, const struct jn_policy *policy);

// Have all live flows of the instance looked at, until `look` returns false. 0, or negative with a sentence in err:
// -ENOENT the dataplane has not run yet.
int flow_tables_walk(const char *instance, bool (*look)(const struct live_flow *flow, void *with), void *with,
                     char err[JN_ERR_MAX]);
