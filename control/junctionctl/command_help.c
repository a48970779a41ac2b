// SPDX-License-Identifier: BSD-3-Clause
// What can be told from the tables of commands and options: help and man page.
#include "command_help.h"

#include <stdio.h>
#include <string.h>

#include "command_options.h"
#include "roff.h"

static void
print_options(const struct command *command) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(command, options);
    for (size_t i = 0; i < count; i++) {
        bool value = options[i].value != NULL;
        printf("  %s%s%-*s  %s\n", options[i].name, value ? " " : "", (int)(22 - strlen(options[i].name) - value),
               value ? options[i].value : "", options[i].text);
    }
}

// A line of the list of commands. Many options are told by the command's own help alone.
static void
print_line(const struct command *command) {
    size_t length = strlen(command->grammar), words = strcspn(command->grammar, "[");
    if (length <= 34)
        printf("  %-34s  %s\n", command->grammar, command->text);
    else if (length <= 60 || words == length)
        printf("  %s\n  %-34s  %s\n", command->grammar, "", command->text);
    else
        printf("  %.*s[OPTION...]\n  %-34s  %s\n", (int)words, command->grammar, "", command->text);
}

void
print_help(const struct command *command) {
    if (command == NULL) {
        puts("usage: junctionctl [OPTION...] COMMAND\n\nCommands:");
        for (size_t i = 0; i < jn_command_count; i++)
            print_line(&jn_commands[i]);
    } else {
        printf("usage: junctionctl [OPTION...] %s\n\n%s\n", command->grammar, command->text);
    }
    puts("\nOptions:");
    if (command != NULL)
        print_options(command);
    print_options(NULL);
    puts("\nExit status: 0, 1 when refused or failed, 2 for an error on the command line.");
}

static void
print_roff_options(const struct command *command) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(command, options);
    for (size_t i = 0; i < count; i++)
        roff_option("", options[i].name, options[i].value, options[i].text);
}

void
print_man(void) {
    puts(".TH JUNCTIONCTL 1 \"\" \"Junction " JN_VERSION "\"\n.SH NAME\njunctionctl \\- look at Junction and steer it\n"
         ".SH SYNOPSIS\n.B junctionctl\n[OPTION...] COMMAND\n.SH COMMANDS");
    for (size_t i = 0; i < jn_command_count; i++) {
        fputs(".TP\n.B ", stdout);
        roff_text(jn_commands[i].grammar);
        printf("\n%s\n.RS\n", jn_commands[i].text);
        print_roff_options(&jn_commands[i]);
        puts(".RE");
    }
    puts(".SH OPTIONS");
    print_roff_options(NULL);
    puts(".SH EXIT STATUS\n0, 1 when refused or failed, 2 for an error on the command line.\n"
         ".SH SEE ALSO\n.BR junction (1)");
}

static json_t *
options_json(const struct command *command) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(command, options);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s?, s:s}", "option", options[i].name, "value", options[i].value,
                                              "text", options[i].text));
    return list;
}

void
print_help_json(void) {
    json_t *commands = json_array();
    for (size_t i = 0; i < jn_command_count; i++)
        json_array_append_new(commands, json_pack("{s:s, s:s, s:o}", "command", jn_commands[i].grammar, "text",
                                                  jn_commands[i].text, "options", options_json(&jn_commands[i])));
    json_t *help = json_pack("{s:o, s:o}", "commands", commands, "options", options_json(NULL));
    json_dumpf(help, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(help);
}
