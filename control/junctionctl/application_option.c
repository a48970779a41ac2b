// SPDX-License-Identifier: BSD-3-Clause
#include "application_option.h"

#include <stdio.h>

#include "applications/applications.h"
#include "config/config_value.h"

enum { NEAREST = 3 };

// The nearest first, of those of one distance the first in nDPI's order.
static void
find_nearest(const char *name, const char *nearest[NEAREST]) {
    unsigned int far[NEAREST + 1] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    for (unsigned int i = 0; i < jn_application_count(); i++) {
        const char *candidate = jn_application_at(i)->name;
        unsigned int d = jn_word_distance(name, candidate), place = NEAREST;
        for (; place > 0 && d < far[place - 1]; place--) {
            if (place == NEAREST)
                continue;
            far[place] = far[place - 1];
            nearest[place] = nearest[place - 1];
        }
        if (place == NEAREST)
            continue;
        far[place] = d;
        nearest[place] = candidate;
    }
}

bool
application_option(const char *name, int *number) {
    const char *nearest[NEAREST] = {"", "", ""};
    *number = name != NULL ? jn_application_find(name) : -1;
    if (name == NULL || *number >= 0)
        return true;
    char shortened[JN_WORD_LONGEST + 1];
    snprintf(shortened, sizeof(shortened), "%s", name);
    find_nearest(shortened, nearest);
    fprintf(stderr, "junctionctl: --application: there is no %s; the nearest: %s, %s, %s\n", shortened, nearest[0],
            nearest[1], nearest[2]);
    return false;
}
