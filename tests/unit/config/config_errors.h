// SPDX-License-Identifier: BSD-3-Clause
// Configuration texts that are refused, and the exact sentences.
#pragma once

#include "config/config_load.h"
#include "config_text.h"
#include "test.h"

#define PORT_LIST(text) PORTS("'ports':[" text "],\n'wires':[{'name':'w','access':'a0','network':'n0'}]")

struct error {
    const char *text, *sentences; // a line each
};

// quoting: the sentences quote the text, whose " was written '.
static inline void
expect_errors(const struct error *row, bool quoting) {
    struct jn_config_errors errors;
    char all[8192] = "";
    struct jn_config *config = parse_text(row->text, &errors);
    for (size_t j = 0; j < errors.count; j++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", j > 0 ? "\n" : "", errors.text[j]);
    for (char *quote = all; quoting && (quote = strchr(quote, '"')) != NULL;)
        *quote = '\'';
    if (strcmp(all, row->sentences) != 0)
        fail_msg("%s\nexpected:\n%s\nfound:\n%s", row->text, row->sentences, all);
    assert_null(config);
    jn_config_errors_free(&errors);
}
