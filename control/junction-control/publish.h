// SPDX-License-Identifier: BSD-3-Clause
// The policy region as its writer: publish a policy, and see it acknowledged by every worker of a live dataplane.
#pragma once

#include "counters_view.h"
#include "policy.h"

// How a generation came into force, at a run of the dataplane.
struct policy_force {
    uint64_t generation, boot; // 0: none has been seen in force
    uint64_t microseconds;     // from publishing until every worker had it; 0: not known, or no dataplane was there
    uint64_t since_ns;         // CLOCK_REALTIME; 0: it was in force before this process looked
};

struct publisher {
    const char *instance;
    struct jn_shm region;
    struct jn_counters_view counters;
    struct jn_policy *policy; // the last one published, also of a process before this one; NULL: none yet
    bool said_refused;        // the dataplane's refusal of the current generation was logged
    bool looked;              // whether a policy is in force was known once, so it is known when that changes
    uint64_t published_us;    // CLOCK_MONOTONIC, to a dataplane that was there; 0: otherwise, or by a process before
    struct policy_force force;
};

struct publication {
    uint64_t generation;
    bool dataplane; // one is running
    bool in_force;
    struct policy_force force; // when it is in force
};

// Create the region, or take over what a process that is gone left there.
int publisher_open(struct publisher *publisher, const char *instance, char err[JN_ERR_MAX]);

// Publish, and wait until it is in force, at most two seconds. Takes `policy` when it returns 0, also when the workers
// have not all acknowledged yet. -EBUSY: the one before is not in force yet, nothing was published; -EREMOTEIO: the
// dataplane refused it, and the one before was published again.
int publisher_publish(struct publisher *publisher, struct jn_policy *policy, struct publication *publication,
                      char err[JN_ERR_MAX]);

// Would publishing change anything but the generation?
bool publisher_same(const struct publisher *publisher, const struct jn_policy *policy);

// Attach to the dataplane that is there now. Is one alive?
bool publisher_dataplane(struct publisher *publisher);

// How the current generation stands: nothing is waited for.
void publisher_look(struct publisher *publisher, struct publication *publication);

// The dataplane's sentence when it refused the current generation, else NULL.
const char *publisher_refusal(struct publisher *publisher, char *text, size_t size);

void publisher_close(struct publisher *publisher, bool remove);
