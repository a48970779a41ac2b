// SPDX-License-Identifier: BSD-3-Clause
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "command_help.h"
#include "command_options.h"

enum { MAX_WORDS = 10 };

const struct command jn_commands[] = {
#define X(grammar, handler, text) {grammar, handler, text, NULL},
    COMMANDS(X)
#undef X
#define X(handler, name, grammar, key, text) {grammar, change, text, &jn_methods[JN_METHOD_##handler]},
        JN_CHANGES(X)
#undef X
};
const size_t jn_command_count = sizeof(jn_commands) / sizeof(jn_commands[0]);

struct words {
    const char *word[MAX_WORDS];
    size_t count;
};

static int
usage_error(const char *what, const char *found) {
    fprintf(stderr, "junctionctl: %s%s\nTry: junctionctl --help\n", what, found);
    return COMMAND_USAGE;
}

static void
set_invocation_member(struct invocation *invocation, const struct option *option, const char *value) {
    void *member = (char *)invocation + option->offset;
    if (option->value == NULL)
        *(bool *)member = true;
    else
        *(const char **)member = value;
}

static int
take_option(const struct option *option, const char *value, struct invocation *invocation) {
    if (option->value != NULL && value == NULL)
        return usage_error("a value is missing after ", option->name);
    if (!option->everywhere && invocation->given_count == MAX_OPTIONS)
        return usage_error("too many options: ", option->name);
    if (option->everywhere)
        set_invocation_member(invocation, option, value);
    return 0;
}

static int
split(int argc, char **argv, struct invocation *invocation, struct words *words) {
    struct option option;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (words->count == MAX_WORDS)
                return usage_error("too many words: ", argv[i]);
            words->word[words->count++] = argv[i];
            continue;
        }
        if (!option_find(argv[i], &option))
            return usage_error("unknown option ", argv[i]);
        const char *name = argv[i], *value = option.value != NULL ? argv[++i] : NULL; // argv ends with NULL
        if (take_option(&option, value, invocation) != 0)
            return COMMAND_USAGE;
        if (!option.everywhere)
            invocation->given[invocation->given_count++] = (struct given){name, value};
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

static bool
at_options(const char *token) {
    return *token == '\0' || *token == '[' || strncmp(token, "OPTION...", 9) == 0;
}

// How many of the words the grammar takes; exact: all of them, and none is missing.
static size_t
match(const char *grammar, const struct words *words, struct invocation *invocation, bool *exact) {
    size_t taken = 0, open = 0;
    const char *token = grammar;
    while (!at_options(token) && taken < words->count) {
        size_t length = strcspn(token, " ");
        bool free_word = token[0] >= 'A' && token[0] <= 'Z', choice = memchr(token, '|', length) != NULL;
        if (!free_word && !one_of(token, length, words->word[taken]))
            break;
        if ((free_word || choice) && open < MAX_ARGUMENTS)
            invocation->arguments[open++] = words->word[taken];
        taken++;
        token += length + strspn(token + length, " ");
    }
    *exact = taken == words->count && at_options(token);
    return taken;
}

// Options that were given must be the command's. Those of junctionctl itself are stored.
static int
check_given_options(const struct command *command, struct invocation *invocation) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(command, options);
    for (const struct given *given = invocation->given; given < invocation->given + invocation->given_count; given++) {
        size_t i = 0;
        while (i < count && strcmp(options[i].name, given->name) != 0)
            i++;
        if (i == count) {
            fprintf(stderr, "junctionctl: %s does not take %s\n", command->grammar, given->name);
            return COMMAND_USAGE;
        }
        if (options[i].parameter.name[0] == '\0')
            set_invocation_member(invocation, &options[i], given->value);
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
            *status = check_given_options(&jn_commands[i], invocation);
            invocation->command = &jn_commands[i];
            if (*status == 0 && exact && !invocation->help)
                return invocation->command;
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
    else if (invocation->help && invocation->json)
        print_help_json();
    else if (invocation->help)
        print_help(NULL);
    else
        *status = usage_error("expected a command", "");
    return NULL;
}
