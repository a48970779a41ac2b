// SPDX-License-Identifier: BSD-3-Clause
// Policies through shared memory: one publishes without waiting for anybody, others wait, copy and check what they got.
// To see it fail: in jn_policy_copy (lib/policy.c) use memcpy in place of jn_seq_load.
#include "threads.h"

#include <sys/mman.h>

#include "policy.h"

enum { GENERATIONS = 300, READERS = 3 };

static struct jn_policy_region *region;

// The names of VPGs are all alike, and tell the generation.
struct sample {
    struct jn_policy head;
    _Alignas(8) struct jn_vpg vpg[4];
    _Alignas(8) char strings[8];
};

static void
publish(unsigned int number) {
    struct sample s;
    char err[JN_ERR_MAX];
    memset(&s, 0, sizeof(s));
    s.head = (struct jn_policy){.length = sizeof(s),
                                .interval_ns = UINT64_C(60000000000),
                                .idle_timeout_ns = 1,
                                .vpg_count = 4,
                                .string_bytes = sizeof(s.strings),
                                .string_offset = offsetof(struct sample, strings)};
    const uint32_t end = offsetof(struct sample, strings);
#define X(part, accessor, type) s.head.part##_offset = end; // without any
    JN_POLICY_PARTS(X)
#undef X
    s.head.vpg_offset = offsetof(struct sample, vpg);
    for (uint16_t i = 0; i < 4; i++) {
        s.vpg[i] = (struct jn_vpg){.vpg_idx = i, .wires = 1, .vlan_id = i};
        snprintf(s.vpg[i].id, sizeof(s.vpg[i].id), "v%u", i);
        snprintf(s.vpg[i].name, sizeof(s.vpg[i].name), "%u", number);
    }
    if (jn_policy_publish(region, &s.head, err) != 0)
        fail_msg("%s", err);
}

static void *
reader(void *argument) {
    uint64_t seen = 0;
    char err[JN_ERR_MAX];
    (void)argument;
    while (seen < GENERATIONS) {
        struct jn_policy *policy;
        uint64_t now = jn_policy_wait(region, seen, 1000);
        must(now >= seen);
        if (now == seen || jn_policy_copy(region, jn_policy_region_size(), &policy, err) != 0)
            continue;
        must(policy->generation >= now);
        seen = policy->generation;
        for (uint32_t i = 0; i < policy->vpg_count; i++)
            must(strtoul(jn_policy_vpgs(policy)[i].name, NULL, 10) == seen);
        free(policy);
    }
    return NULL;
}

static void
test_policy(void **state) {
    (void)state;
    pthread_t readers[READERS];
    region =
        mmap(NULL, jn_policy_region_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(region != MAP_FAILED);
    jn_policy_region_init(region);
    for (unsigned int i = 0; i < READERS; i++)
        readers[i] = begin_thread(reader, NULL);
    for (unsigned int number = 1; number <= GENERATIONS; number++)
        publish(number);
    for (unsigned int i = 0; i < READERS; i++)
        join_thread(readers[i]);
    munmap(region, jn_policy_region_size());
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_policy)};
    return cmocka_run_group_tests_name("policy under ThreadSanitizer", tests, NULL, NULL);
}
