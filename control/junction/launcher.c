// SPDX-License-Identifier: BSD-3-Clause
// What the tables of subcommands and options give: the options' parsing, usage, help and man page. And the
// configuration, as subcommands load it.
#include "launcher.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config/config_load.h"
#include "roff.h"

static const struct subcommand subcommands[] = {
#define X(word, function, arguments, text) {word, function, arguments, text},
    SUBCOMMANDS(X)
#undef X
};
enum { SUBCOMMAND_COUNT = sizeof(subcommands) / sizeof(subcommands[0]) };

static const struct {
    const char *subcommand;
    int letter;
    const char *name, *value, *text;
} options[] = {
#define X(subcommand, letter, name, value, text) {subcommand, letter, name, value, text},
    LAUNCHER_OPTIONS(X)
#undef X
};
enum { OPTION_COUNT = sizeof(options) / sizeof(options[0]) };

const struct subcommand *
launcher_subcommand(const char *word) {
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        if (strcmp(subcommands[i].word, word) == 0)
            return &subcommands[i];
    return NULL;
}

int
launcher_option(int argc, char **argv) {
    struct option table[OPTION_COUNT + 1] = {0};
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(options[i].subcommand, argv[0]) == 0)
            table[count++] = (struct option){
                options[i].name, options[i].value != NULL ? required_argument : no_argument, NULL, options[i].letter};
    return getopt_long(argc, argv, "c:", table, NULL);
}

void
launcher_print_usage(FILE *stream) {
    fputs("usage:\n", stream);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        fprintf(stream, "  junction %s %s\n      %s\n", subcommands[i].word, subcommands[i].arguments,
                subcommands[i].text);
    fputs("  junction SUBCOMMAND --help\n      Its options.\n", stream);
}

void
launcher_print_help(const struct subcommand *subcommand) {
    printf("usage: junction %s %s\n\n%s\n\nOptions:\n", subcommand->word, subcommand->arguments, subcommand->text);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(options[i].subcommand, subcommand->word) == 0)
            printf("  --%s %-*s  %s\n", options[i].name, (int)(27 - strlen(options[i].name)),
                   options[i].value != NULL ? options[i].value : "", options[i].text);
}

int
launcher_usage(const char *word) {
    fprintf(stderr, "usage: junction %s %s\n", word, launcher_subcommand(word)->arguments);
    return 2;
}

void
launcher_print_man(void) {
    puts(".TH JUNCTION 1 \"\" \"Junction " JN_VERSION "\" \"User Commands\"\n.SH NAME\n"
         "junction \\- run, check and try Junction\n.SH SYNOPSIS");
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        printf("%s.B junction %s\n", i == 0 ? "" : ".br\n", subcommands[i].word);
        roff_text(subcommands[i].arguments);
        putchar('\n');
    }
    puts(".SH DESCRIPTION");
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        printf(".TP\n.B %s\n%s\n.RS\n", subcommands[i].word, subcommands[i].text);
        for (size_t j = 0; j < OPTION_COUNT; j++)
            if (strcmp(options[j].subcommand, subcommands[i].word) == 0)
                roff_option("--", options[j].name, options[j].value, options[j].text);
        puts(".RE");
    }
    puts(".SH EXIT STATUS\n0, or 1 when something failed, or 2 for a wrong command line.\n"
         ".SH SEE ALSO\n.BR junctionctl (1)");
}

struct jn_config *
launcher_load(const char *path) {
    struct jn_config_errors errors = {0};
    struct jn_config *config = jn_config_load(path, &errors);
    jn_config_errors_print(&errors);
    jn_config_errors_free(&errors);
    return config;
}
