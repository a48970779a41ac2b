// SPDX-License-Identifier: BSD-3-Clause
// What can be told from the tables of commands and options: help, man page, completion.
#include <stdio.h>
#include <string.h>

#include "commands.h"

static void
print_option(const struct option_entry *option) {
    printf("  %s%s%-*s  %s\n", option->name, option->value != NULL ? " " : "",
           (int)(20 - strlen(option->name) - (option->value != NULL)), option->value != NULL ? option->value : "",
           option->text);
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
    for (size_t i = 0; i < jn_option_count; i++)
        if (jn_options[i].everywhere || (command != NULL && strstr(command->grammar, jn_options[i].name) != NULL))
            print_option(&jn_options[i]);
    puts("\nExit status: 0, 1 when refused or failed, 2 for a mistake on the command line.");
}

// Hyphens of options must be typed as they stand, so roff must not make them typographic.
static void
print_roff(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '-')
            putchar('\\');
        putchar(*text);
    }
}

void
print_man(void) {
    puts(".TH JUNCTIONCTL 1 \"\" \"Junction " JN_VERSION "\"\n.SH NAME\njunctionctl \\- look at Junction and steer it\n"
         ".SH SYNOPSIS\n.B junctionctl\n[OPTION...] COMMAND\n.SH COMMANDS");
    for (size_t i = 0; i < jn_command_count; i++) {
        fputs(".TP\n.B ", stdout);
        print_roff(jn_commands[i].grammar);
        printf("\n%s\n", jn_commands[i].text);
    }
    puts(".SH OPTIONS");
    for (size_t i = 0; i < jn_option_count; i++) {
        fputs(".TP\n.B ", stdout);
        print_roff(jn_options[i].name);
        printf("%s%s\n%s\n", jn_options[i].value != NULL ? " " : "",
               jn_options[i].value != NULL ? jn_options[i].value : "", jn_options[i].text);
    }
    puts(".SH EXIT STATUS\n0, 1 when refused or failed, 2 for a mistake on the command line.\n"
         ".SH SEE ALSO\n.BR junction (1)");
}

static void
print_value_options(void) {
    const char *separator = "";
    for (size_t i = 0; i < jn_option_count; i++) {
        if (jn_options[i].value == NULL)
            continue;
        printf("%s%s", separator, jn_options[i].name);
        separator = "|";
    }
}

int
print_completion(const struct invocation *invocation) {
    (void)invocation;
    puts("# bash completion for junctionctl, made by: junctionctl completion bash\n"
         "_junctionctl() {\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} grammar tokens words=() found= i\n"
         "    COMPREPLY=()\n"
         "    local grammars=(");
    for (size_t i = 0; i < jn_command_count; i++)
        printf("        '%s'\n", jn_commands[i].grammar);
    fputs("    )\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n"
          "        ",
          stdout);
    print_value_options();
    puts(") ((++i < COMP_CWORD)) || return ;;\n"
         "        -*) ;;\n"
         "        *) words+=(\"${COMP_WORDS[i]}\") ;;\n"
         "        esac\n"
         "    done\n"
         "    for grammar in \"${grammars[@]}\"; do\n"
         "        read -ra tokens <<< \"$grammar\"\n"
         "        for ((i = 0; i < ${#words[@]}; i++)); do\n"
         "            [[ ${tokens[i]} == [A-Z]* || \"|${tokens[i]}|\" == *\"|${words[i]}|\"* ]] || continue 2\n"
         "        done\n"
         "        case ${tokens[i]} in\n"
         "        [A-Z]*) ;;\n"
         "        '['*) for i in ${grammar//[\\[\\]]/}; do [[ $i == --* ]] && found+=\" $i\"; done ;;\n"
         "        *) found+=\" ${tokens[i]//|/ }\" ;;\n"
         "        esac\n"
         "    done");
    fputs("    [[ $cur == -* ]] && found+='", stdout);
    for (size_t i = 0; i < jn_option_count; i++)
        if (jn_options[i].everywhere)
            printf(" %s", jn_options[i].name);
    puts("'\n"
         "    COMPREPLY=($(compgen -W \"$found\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _junctionctl junctionctl");
    return COMMAND_DONE;
}
