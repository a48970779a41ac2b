// SPDX-License-Identifier: BSD-3-Clause
// The two slots of the policy region: junction-control publishes without waiting for its readers, may die at any step, and
// is followed by another; a reader waits and copies. Steps are the accesses to generation and futex, and to three words of
// each slot: generation, length with checksum, and one of what follows.
// To see it fail: in jn_policy_copy (lib/policy.c) do not look at the generation again; or in jn_policy_publish wake before
// the generation is stored.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model.h"
#include "policy.h"

enum { POLICIES = 2, COPIES = 2 };

static struct jn_policy_region *region;
static struct {
    uint64_t generation; // that the first publisher is done with
} published;

static struct jn_policy *
slot(unsigned int number) {
    return (struct jn_policy *)((char *)region + 4096 + number * (size_t)JN_POLICY_SLOT_BYTES);
}

static void
setup(void) {
    memset(region, 0, sizeof(*region));
    jn_policy_region_init(region);
    published.generation = 0;
    model_share(&region->generation, 2 * sizeof(uint64_t)); // and `wake`
    model_watch(&region->generation, 2 * sizeof(uint64_t));
    model_share(&published, sizeof(published));
    for (unsigned int i = 0; i < 2; i++) {
        memset(slot(i), 0, sizeof(struct jn_policy));
        model_share(slot(i), sizeof(struct jn_policy));
        model_watch(slot(i), 2 * sizeof(uint64_t));
        model_watch(slot(i)->node, sizeof(uint64_t));
    }
}

// The node's name tells the generation.
static void
publish(void) {
    struct jn_policy policy = {.length = sizeof(policy), .interval_ns = 1, .idle_timeout_ns = 1};
    char err[JN_ERR_MAX];
    const uint32_t end = sizeof(policy);
#define X(part, accessor, type) policy.part##_offset = end;
    JN_POLICY_PARTS(X)
#undef X
    policy.string_offset = end;
    policy.node[0] = policy.node[9] = (char)('a' + region->generation + 1);
    model_require(jn_policy_publish(region, &policy, err) == 0);
}

static void
publisher(void) {
    for (unsigned int i = 0; i < POLICIES; i++) {
        publish();
        published.generation = i + 1;
    }
}

static void
next_publisher(void) {
    publish();
}

static uint64_t
copy(void) {
    struct jn_policy *policy = NULL;
    char err[JN_ERR_MAX];
    if (jn_policy_copy(region, jn_policy_region_size(), &policy, err) != 0)
        return 0;
    uint64_t generation = policy->generation;
    bool whole = policy->node[0] == (char)('a' + generation) && policy->node[9] == policy->node[0];
    free(policy);
    model_require(whole);
    return generation;
}

static void
reader(void) {
    uint64_t seen = 0;
    for (unsigned int i = 0; i < COPIES && seen <= POLICIES; i++) { // until it has the last
        uint64_t now = jn_policy_wait(region, seen, 1000), got = now != seen ? copy() : 0;
        model_require(now >= seen);
        model_require(got == 0 || got >= now);
        seen = got > seen ? got : seen;
    }
}

static void
check(void) {
    model_require(copy() > published.generation);
    model_require(region->wake == region->generation);
}

int
main(void) {
    static const struct model policy_model = {.name = "policy slots",
                                              .setup = setup,
                                              .threads = {{"publisher", publisher, true, NULL},
                                                          {"next publisher", next_publisher, false, "publisher"},
                                                          {"reader", reader, false, NULL}},
                                              .check = check};
    region =
        mmap(NULL, jn_policy_region_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (region == MAP_FAILED)
        return 1;
    model_run(&policy_model);
    return 0;
}
