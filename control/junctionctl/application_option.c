// SPDX-License-Identifier: BSD-3-Clause
#include "application_option.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "applications/applications.h"

enum { LONGEST = 64, NEAREST = 3 };

static bool
same_letter(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned int
least(unsigned int a, unsigned int b, unsigned int c) {
    unsigned int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

// How many letters must be put in, taken out or changed to make one of the other. Neither is longer than LONGEST.
static unsigned int
distance(const char *a, const char *b) {
    unsigned int row[LONGEST + 1], length = (unsigned int)strlen(b);
    for (unsigned int j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned int i = 1; a[i - 1] != '\0'; i++) {
        unsigned int corner = row[0];
        row[0] = i;
        for (unsigned int j = 1; j <= length; j++) {
            unsigned int above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, corner + !same_letter(a[i - 1], b[j - 1]));
            corner = above;
        }
    }
    return row[length];
}

// The nearest first, of those of one distance the first in nDPI's order.
static void
find_nearest(const char *name, const char *nearest[NEAREST]) {
    unsigned int far[NEAREST + 1] = {2 * LONGEST, 2 * LONGEST, 2 * LONGEST};
    for (unsigned int i = 0; i < jn_application_count(); i++) {
        const char *candidate = jn_application_at(i)->name;
        unsigned int d = strlen(candidate) > LONGEST ? 2 * LONGEST : distance(name, candidate);
        unsigned int place = NEAREST;
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
    char shortened[LONGEST + 1];
    snprintf(shortened, sizeof(shortened), "%s", name);
    find_nearest(shortened, nearest);
    fprintf(stderr, "junctionctl: --application: there is no %s; the nearest: %s, %s, %s\n", shortened, nearest[0],
            nearest[1], nearest[2]);
    return false;
}
