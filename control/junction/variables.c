// SPDX-License-Identifier: BSD-3-Clause
#include "variables.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_secret.h"
#include "secret.h"

static bool
known(const struct variables *variables, const char *name) {
    for (size_t i = 0; i < variables->count; i++)
        if (strcmp(variables->name[i], name) == 0)
            return true;
    return false;
}

static void
take(struct variables *variables, const char *name) {
    if (known(variables, name) || getenv(name) == NULL)
        return;
    char *copy = strdup(name), *value = jn_secret_from_environment(name);
    if (copy == NULL || value == NULL || variables->count == VARIABLES_MAX) {
        jn_log(JN_LOG_WARNING, "the variable %s stays in the environment: no room to keep it apart", name);
        jn_secret_forget(value);
        free(copy);
        return;
    }
    jn_secret_no_dumps();
    jn_secret_wipe_environment(name);
    variables->name[variables->count] = copy;
    variables->value[variables->count++] = value;
}

void
variables_take(struct variables *variables, struct jn_config *config) {
    for (unsigned int i = 0; i < config->sink_count; i++) {
        struct jn_secret_list lists[JN_SECRET_LISTS];
        jn_secret_lists(&config->sinks[i], lists);
        for (int j = 0; j < JN_SECRET_LISTS; j++)
            for (size_t k = 0; k < lists[j].count; k++)
                if (lists[j].properties[k].source == JN_SECRET_ENV)
                    take(variables, lists[j].properties[k].reference);
    }
}

void
variables_give(const struct variables *variables) {
    for (size_t i = 0; i < variables->count; i++)
        setenv(variables->name[i], variables->value[i], 1);
}

void
variables_forget(struct variables *variables) {
    while (variables->count > 0) {
        free(variables->name[--variables->count]);
        jn_secret_forget(variables->value[variables->count]);
    }
}
