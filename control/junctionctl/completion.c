// SPDX-License-Identifier: BSD-3-Clause
// Completion for bash: the grammars, and a function that reads them.
#include <stdio.h>
#include <string.h>

#include "command_options.h"
#include "commands.h"

// With all the options that the command takes.
static void
print_grammar(const struct command *command) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(command, options);
    const char *end = strstr(command->grammar, " OPTION...");
    end = end == NULL ? strstr(command->grammar, " [") : end;
    printf("        '%.*s", (int)(end == NULL ? strlen(command->grammar) : (size_t)(end - command->grammar)),
           command->grammar);
    for (size_t i = 0; i < count; i++)
        printf(" [%s%s%s]", options[i].name, options[i].value != NULL ? " " : "",
               options[i].value != NULL ? options[i].value : "");
    puts("'");
}

// Those that take a value: "--vpg|--limit".
static void
print_value_options(void) {
    struct option options[MAX_OPTIONS];
    char text[2048] = "|";
    for (size_t c = 0; c <= jn_command_count; c++) {
        size_t count = command_options(c == 0 ? NULL : &jn_commands[c - 1], options);
        for (size_t i = 0; i < count; i++) {
            char name[40];
            snprintf(name, sizeof(name), "|%.31s|", options[i].name);
            if (options[i].value != NULL && strstr(text, name) == NULL) // else another command has it, too
                strncat(text, name + 1, sizeof(text) - strlen(text) - 1);
        }
    }
    printf("%.*s", (int)strlen(text) - 2, text + 1);
}

static void
print_everywhere(void) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(NULL, options);
    for (size_t i = 0; i < count; i++)
        printf(" %s", options[i].name);
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
        print_grammar(&jn_commands[i]);
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
    print_everywhere();
    puts("'\n"
         "    COMPREPLY=($(compgen -W \"$found\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _junctionctl junctionctl");
    return COMMAND_DONE;
}
