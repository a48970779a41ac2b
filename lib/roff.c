// SPDX-License-Identifier: BSD-3-Clause
#include "roff.h"

#include <stdio.h>

void
roff_text(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '-')
            putchar('\\');
        putchar(*text);
    }
}

void
roff_option(const char *dashes, const char *name, const char *value, const char *text) {
    fputs(".TP\n.B ", stdout);
    roff_text(dashes);
    roff_text(name);
    printf("%s%s\n%s\n", value != NULL ? " " : "", value != NULL ? value : "", text);
}
