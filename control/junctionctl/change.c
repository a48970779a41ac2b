// SPDX-License-Identifier: BSD-3-Clause
// Commands that change something: junction-control does it, and says how far it got. Which parameters its method takes,
// lib/config/methods.h says.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command_options.h"

static void
print_result(const struct invocation *invocation, const json_t *result) {
    json_t *warning;
    size_t i;
    const char *message = json_string_value(json_object_get(result, "message"));
    const char *restart = json_string_value(json_object_get(result, "restart_needed"));
    if (invocation->json) {
        json_dumpf(result, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        puts(message != NULL ? message : "done");
        json_array_foreach(json_object_get(result, "warnings"), i, warning) {
            printf("warning: %s\n", json_string_value(warning));
        }
        if (restart != NULL)
            printf("in force only after a restart of the dataplane: %s\n", restart);
    }
}

// "on" of on|off.
static bool
first_of(const char *choice, const char *text) {
    size_t length = strcspn(choice, "|");
    return strlen(text) == length && strncmp(choice, text, length) == 0;
}

// NULL with the error said. name: as it is on the command line.
static json_t *
value(const struct jn_parameter *parameter, const char *name, const char *text) {
    char *end;
    bool number = parameter->type == JSON_INTEGER, word = parameter->word != NULL;
    if (word && parameter->type == JSON_TRUE)
        return json_boolean(first_of(parameter->word, text));
    if ((!word || number) && strcmp(text, "default") == 0)
        return json_null();
    if (parameter->type == JSON_TRUE)
        return json_boolean(strcmp(text, "true") == 0);
    if (!number)
        return json_string(text);
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0)
        return json_integer(integer);
    fprintf(stderr, "junctionctl: %s: expected a number or \"default\", found %s\n", name, text);
    return NULL;
}

// The words of the command, which are the first of the parameters.
static bool
add_words(const struct invocation *invocation, json_t *params) {
    struct jn_parameter parameters[JN_MAX_PARAMETERS];
    size_t count = jn_method_parameters(invocation->command->method, parameters);
    for (size_t i = 0; i < count && parameters[i].word != NULL; i++) {
        json_t *one = value(&parameters[i], parameters[i].name, invocation->arguments[i]);
        if (one == NULL)
            return false;
        json_object_set_new(params, parameters[i].name, one);
    }
    return true;
}

static bool
add_options(const struct invocation *invocation, json_t *params) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(invocation->command, options);
    for (size_t g = 0; g < invocation->given_count; g++) {
        const struct given *given = &invocation->given[g];
        for (size_t i = 0; i < count; i++) {
            const struct option *option = &options[i];
            if (strcmp(option->name, given->name) != 0)
                continue;
            json_t *one = value(&option->parameter, option->name, option->value != NULL ? given->value : option->fixed);
            if (one == NULL)
                return false;
            json_object_set_new(params, option->parameter.name, one);
        }
    }
    return true;
}

int
change(const struct invocation *invocation) {
    json_t *params = json_object();
    if (!add_words(invocation, params) || !add_options(invocation, params)) {
        json_decref(params);
        return COMMAND_USAGE;
    }
    json_t *result = client_result(invocation, invocation->command->method->name, params);
    if (result == NULL)
        return COMMAND_FAILED;
    print_result(invocation, result);
    json_decref(result);
    return COMMAND_DONE;
}
