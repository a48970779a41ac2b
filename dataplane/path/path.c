// SPDX-License-Identifier: BSD-3-Clause
#include "path/path.h"

#include <stdio.h>
#include <string.h>

extern const struct jn_path jn_path_base, jn_path_avx2, jn_path_avx512;

// From the plain one up: a CPU that has one has those before it.
static const struct {
    const struct jn_path *path;
    enum jn_isa isa;
} paths[] = {
    {&jn_path_base, JN_ISA_BASE},
#ifdef JN_WIDE_PATHS
    {&jn_path_avx2, JN_ISA_AVX2},
    {&jn_path_avx512, JN_ISA_AVX512},
#endif
};
enum { PATHS = sizeof(paths) / sizeof(paths[0]) };

const struct jn_path *
jn_path_at(unsigned int n, enum jn_isa isa) {
    return n < PATHS && paths[n].isa <= isa ? paths[n].path : NULL;
}

static const struct jn_path *
refuse(const char *wanted, const char *why, enum jn_isa isa, char err[JN_ERR_MAX]) {
    int length = snprintf(err, JN_ERR_MAX, "dataplane.isa: \"%s\" %s; there are auto", wanted, why);
    for (unsigned int n = 0; length > 0 && length < JN_ERR_MAX && jn_path_at(n, isa) != NULL; n++)
        length += snprintf(err + length, (size_t)(JN_ERR_MAX - length), ", %s", jn_path_at(n, isa)->name);
    return NULL;
}

const struct jn_path *
jn_path_choose(const char *wanted, enum jn_isa isa, char err[JN_ERR_MAX]) {
    const struct jn_path *best = NULL;
    bool any = wanted == NULL || strcmp(wanted, "auto") == 0;
    for (unsigned int n = 0; n < PATHS; n++) {
        bool named = any || strcmp(wanted, paths[n].path->name) == 0;
        if (named && paths[n].isa <= isa)
            best = paths[n].path;
        else if (named && !any)
            return refuse(wanted, "needs what this CPU, or its operating system, does not have", isa, err);
    }
    return best != NULL ? best : refuse(wanted, "is not in this build", isa, err);
}
