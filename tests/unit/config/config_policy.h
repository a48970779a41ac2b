// SPDX-License-Identifier: BSD-3-Clause
// From configuration texts to policies.
#pragma once

#include <sys/mman.h>

#include "config/config_compile.h"
#include "config/config_load.h"
#include "config_text.h"
#include "test.h"

static char err[JN_ERR_MAX];

// Compiled, and found sound by those who publish and take it.
static inline struct jn_policy *
compile(const char *text, const struct jn_policy *previous) {
    struct jn_config_errors errors;
    struct jn_config *config = parse_text(text, &errors);
    if (config == NULL)
        fail_msg("%s", errors.text[0]);
    struct jn_policy *policy = jn_config_compile(config, previous, err);
    if (policy == NULL)
        fail_msg("%s", err);
    assert_int_equal(policy->generation, 0);
    jn_config_free(config);
    jn_config_errors_free(&errors);

    struct jn_policy_region *region =
        mmap(NULL, jn_policy_region_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct jn_policy *copy = NULL;
    assert_true(region != MAP_FAILED);
    jn_policy_region_init(region);
    if (jn_policy_publish(region, policy, err) != 0 || jn_policy_copy(region, jn_policy_region_size(), &copy, err) != 0)
        fail_msg("%s", err);
    munmap(region, jn_policy_region_size());
    free(copy);
    return policy;
}
