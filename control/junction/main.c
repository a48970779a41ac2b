// SPDX-License-Identifier: BSD-3-Clause
// junction: runs the processes together.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "launcher.h"

static const struct {
    const char *word;
    int (*run)(int argc, char **argv);
    const char *usage, *text;
} subcommands[] = {
#define X(word, function, usage, text) {word, function, usage, text},
    SUBCOMMANDS(X)
#undef X
};
enum { SUBCOMMAND_COUNT = sizeof(subcommands) / sizeof(subcommands[0]) };

static void
print_usage(FILE *stream) {
    fputs("usage:\n", stream);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        fprintf(stream, "  junction %s %s\n      %s\n", subcommands[i].word, subcommands[i].usage, subcommands[i].text);
}

// Help on a subcommand, when that is what was asked for.
static bool
wants_help(int argc, char **argv, size_t number) {
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0)
            continue;
        printf("usage: junction %s %s\n\n%s\n", subcommands[number].word, subcommands[number].usage,
               subcommands[number].text);
        return true;
    }
    return false;
}

int
launcher_usage(const char *word) {
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        if (strcmp(subcommands[i].word, word) == 0)
            fprintf(stderr, "usage: junction %s %s\n", word, subcommands[i].usage);
    return 2;
}

void
launcher_print_mistakes(const struct jn_mistakes *mistakes) {
    for (size_t i = 0; i < mistakes->count; i++)
        fprintf(stderr, "%s\n", mistakes->text[i]);
    for (size_t i = 0; i < mistakes->warning_count; i++)
        fprintf(stderr, "warning: %s\n", mistakes->warning[i]);
}

struct jn_config *
launcher_load(const char *path) {
    struct jn_mistakes mistakes = {0};
    struct jn_config *config = jn_config_load(path, &mistakes);
    launcher_print_mistakes(&mistakes);
    jn_mistakes_free(&mistakes);
    return config;
}

int
main(int argc, char **argv) {
    jn_log_open("junction");
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("junction " JN_VERSION);
        return 0;
    }
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        if (strcmp(argv[1], subcommands[i].word) == 0)
            return wants_help(argc, argv, i) ? 0 : subcommands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "junction: unknown: %s\n", argv[1]);
    print_usage(stderr);
    return 2;
}
