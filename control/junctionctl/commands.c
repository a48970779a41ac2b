// SPDX-License-Identifier: BSD-3-Clause
#include "commands.h"

#include <stdio.h>
#include <string.h>

enum { MAX_WORDS = 10, MAX_OPTIONS = 24 };

const struct command jn_commands[] = {
#define X(grammar, handler, text) {grammar, handler, text},
    COMMANDS(X)
#undef X
};
const size_t jn_command_count = sizeof(jn_commands) / sizeof(jn_commands[0]);

const struct option_entry jn_options[] = {
#define X(name, value, member, everywhere, text) {name, value, offsetof(struct invocation, member), everywhere, text},
    OPTIONS(X)
#undef X
};
const size_t jn_option_count = sizeof(jn_options) / sizeof(jn_options[0]);

struct words {
    const char *word[MAX_WORDS];
    size_t count;
    const struct option_entry *options[MAX_OPTIONS]; // that are not for every command
    size_t option_count;
};

static int
mistake(const char *what, const char *found) {
    fprintf(stderr, "junctionctl: %s%s\nTry: junctionctl --help\n", what, found);
    return COMMAND_USAGE;
}

static const struct option_entry *
find_option(const char *name) {
    if (strcmp(name, "-h") == 0)
        name = "--help";
    for (size_t i = 0; i < jn_option_count; i++)
        if (strcmp(jn_options[i].name, name) == 0)
            return &jn_options[i];
    return NULL;
}

static int
take_option(const struct option_entry *option, const char *value, struct invocation *invocation, struct words *words) {
    void *member = (char *)invocation + option->offset;
    if (option->value == NULL)
        *(bool *)member = true;
    else if (value == NULL)
        return mistake("a value is missing after ", option->name);
    else
        *(const char **)member = value;
    if (!option->everywhere && words->option_count == MAX_OPTIONS)
        return mistake("too many options: ", option->name);
    if (!option->everywhere)
        words->options[words->option_count++] = option;
    return 0;
}

static int
split(int argc, char **argv, struct invocation *invocation, struct words *words) {
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            const struct option_entry *option = find_option(argv[i]);
            if (option == NULL)
                return mistake("unknown option ", argv[i]);
            if (take_option(option, i + 1 < argc ? argv[i + 1] : NULL, invocation, words) != 0)
                return COMMAND_USAGE;
            i += option->value != NULL;
        } else if (words->count == MAX_WORDS) {
            return mistake("too many words: ", argv[i]);
        } else {
            words->word[words->count++] = argv[i];
        }
    }
    return 0;
}

static bool
one_of(const char *token, size_t length, const char *word) {
    size_t n = strlen(word);
    for (const char *end = token + length; token < end; token += strcspn(token, "| ") + 1)
        if (strcspn(token, "| ") == n && strncmp(token, word, n) == 0)
            return true;
    return false;
}

// How many of the words the grammar takes; exact: all of them, and none is missing.
static size_t
match(const char *grammar, const struct words *words, struct invocation *invocation, bool *exact) {
    size_t taken = 0, open = 0;
    const char *token = grammar;
    while (*token != '\0' && *token != '[' && taken < words->count) {
        size_t length = strcspn(token, " ");
        bool free_word = token[0] >= 'A' && token[0] <= 'Z', choice = memchr(token, '|', length) != NULL;
        if (!free_word && !one_of(token, length, words->word[taken]))
            break;
        if ((free_word || choice) && open < MAX_ARGUMENTS)
            invocation->arguments[open++] = words->word[taken];
        taken++;
        token += length + strspn(token + length, " ");
    }
    *exact = taken == words->count && (*token == '\0' || *token == '[');
    return taken;
}

static int
check_options(const struct command *command, const struct words *words) {
    for (size_t i = 0; i < words->option_count; i++) {
        const char *found = strstr(command->grammar, words->options[i]->name);
        if (found == NULL) {
            fprintf(stderr, "junctionctl: %s does not take %s\n", command->grammar, words->options[i]->name);
            return COMMAND_USAGE;
        }
    }
    return 0;
}

static int
not_a_command(const struct words *words, size_t best) {
    bool exact;
    struct invocation unused;
    fprintf(stderr, best < words->count ? "junctionctl: unknown: %s\n" : "junctionctl: incomplete%s\n",
            best < words->count ? words->word[best] : "");
    for (size_t i = 0; i < jn_command_count; i++)
        if (match(jn_commands[i].grammar, words, &unused, &exact) == best)
            fprintf(stderr, "  junctionctl %s\n", jn_commands[i].grammar);
    return COMMAND_USAGE;
}

const struct command *
command_parse(int argc, char **argv, struct invocation *invocation, int *status) {
    struct words words = {0};
    size_t best = 0;
    *invocation = (struct invocation){.instance = "default"};
    *status = split(argc, argv, invocation, &words);
    if (*status != 0)
        return NULL;
    for (size_t i = 0; i < jn_command_count; i++) {
        bool exact;
        size_t taken = match(jn_commands[i].grammar, &words, invocation, &exact);
        if (exact || (invocation->help && taken == words.count && words.count > 0)) {
            *status = check_options(&jn_commands[i], &words);
            if (*status == 0 && exact && !invocation->help)
                return &jn_commands[i];
            if (*status == 0)
                print_help(&jn_commands[i]);
            return NULL;
        }
        best = taken > best ? taken : best;
    }
    if (words.count > 0)
        *status = not_a_command(&words, best);
    else if (invocation->version)
        puts("junctionctl " JN_VERSION);
    else if (invocation->man)
        print_man();
    else if (invocation->help)
        print_help(NULL);
    else
        *status = mistake("expected a command", "");
    return NULL;
}
