// SPDX-License-Identifier: BSD-3-Clause
// Apart, for the configuration and the dataplane's options have words in common.
#include "policy_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_compile.h"
#include "config/config_load.h"

struct jn_policy *
policy_of(const char *configuration, const struct jn_policy *previous) {
    struct jn_config_errors errors;
    char err[JN_ERR_MAX] = "";
    struct jn_config *config = jn_config_parse(configuration, strlen(configuration), "test", &errors);
    struct jn_policy *policy = config != NULL ? jn_config_compile(config, previous, err) : NULL;
    if (policy == NULL) {
        fprintf(stderr, "%s\n", config == NULL ? errors.text[0] : err);
        abort();
    }
    jn_config_free(config);
    jn_config_errors_free(&errors);
    return policy;
}
