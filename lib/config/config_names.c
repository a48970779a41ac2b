// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_names.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_value.h"

// Comparing takes time, and a suggestion out of very many is none.
enum { MOST_CANDIDATES = 256, LONGEST_WORD = 64 };

static int
by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
jn_names_sort(struct jn_names *names) {
    size_t kept = 0;
    if (names->count == 0)
        return;
    qsort(names->text, names->count, sizeof(*names->text), by_text);
    for (size_t i = 1; i < names->count; i++)
        if (strcmp(names->text[i], names->text[kept]) != 0)
            names->text[++kept] = names->text[i];
    names->count = kept + 1;
}

long
jn_names_find(const struct jn_names *names, const char *name) {
    if (names->count == 0)
        return -1;
    const char **found = bsearch(&name, names->text, names->count, sizeof(*names->text), by_text);
    return found == NULL ? -1 : found - names->text;
}

static unsigned int
smaller(unsigned int a, unsigned int b) {
    return a < b ? a : b;
}

// Optimal string alignment: inserted, left out, wrong or swapped characters.
static unsigned int
distance(const char *a, const char *b) {
    unsigned int row[3][LONGEST_WORD + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST_WORD || m > LONGEST_WORD)
        return UINT32_MAX;
    for (unsigned int j = 0; j <= m; j++)
        row[0][j] = j;
    for (unsigned int i = 1; i <= n; i++) {
        unsigned int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (unsigned int j = 1; j <= m; j++) {
            now[j] = smaller(last[j - 1] + (a[i - 1] != b[j - 1]), smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

const char *
jn_names_nearest(const struct jn_names *names, const char *word) {
    const char *nearest = NULL;
    unsigned int best = 2 + (unsigned int)(strlen(word) / 3); // a third of the word may be wrong
    for (size_t i = 0; i < names->count && names->count <= MOST_CANDIDATES; i++) {
        unsigned int d = distance(word, names->text[i]);
        if (d < best && names->text[i][0] != '\0') {
            best = d;
            nearest = names->text[i];
        }
    }
    return nearest;
}

const char *
jn_did_you_mean(const char *nearest, char out[JN_SHOWN_MAX + 24]) {
    char shown[JN_SHOWN_MAX];
    out[0] = '\0';
    if (nearest != NULL)
        snprintf(out, JN_SHOWN_MAX + 24, "; did you mean %s?", jn_text_shown(nearest, shown));
    return out;
}
