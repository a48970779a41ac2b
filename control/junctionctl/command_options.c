// SPDX-License-Identifier: BSD-3-Clause
// Options: those of junctionctl itself, and those of a method, which are keys of the configuration.
#include "command_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *value;
    size_t offset;
    bool everywhere;
    const char *text;
} own[] = {
#define X(name, value, member, everywhere, text) {name, value, offsetof(struct invocation, member), everywhere, text},
    OPTIONS(X)
#undef X
};

static size_t
own_options(const struct command *command, struct option *out) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (command == NULL ? !own[i].everywhere : own[i].everywhere || strstr(command->grammar, own[i].name) == NULL)
            continue;
        struct option *option = &out[count++];
        *option = (struct option){.value = own[i].value, .offset = own[i].offset, .everywhere = own[i].everywhere};
        snprintf(option->name, sizeof(option->name), "%s", own[i].name);
        snprintf(option->text, sizeof(option->text), "%s", own[i].text);
    }
    return count;
}

static const char *
value_word(const struct jn_config_key *key) {
    switch (key->kind) {
    case JN_KIND_INTEGER:
    case JN_KIND_POWER: return "N";
    case JN_KIND_WORD: return "WORD";
    case JN_KIND_ADDRESS: return "ADDRESS";
    default: return "TEXT";
    }
}

// "TTL or hop limit of the outer header (1 to 255; default: 64)."
static void
value_text(const struct jn_config_key *key, char *out, size_t size) {
    char range[128] = "";
    size_t used = 0;
    if (key->kind == JN_KIND_INTEGER)
        snprintf(range, sizeof(range), "%" PRId64 " to %" PRId64, key->minimum, key->maximum);
    for (const char *word = key->words; word != NULL; word = strchr(word, '|') == NULL ? NULL : strchr(word, '|') + 1)
        used += (size_t)snprintf(range + used, sizeof(range) - used, "%s%.*s", used > 0 ? ", " : "",
                                 (int)strcspn(word, "|"), word);
    const char *normal = key->fallback == NULL ? "" : key->fallback + (key->fallback[0] == '(');
    size_t length = strcspn(normal, ")");
    bool both = range[0] != '\0' && length > 0, any = range[0] != '\0' || length > 0;
    snprintf(out, size, "%s%s%s%s%s%.*s%s.", key->help, any ? " (" : "", range, both ? "; " : "",
             length > 0 ? "default: " : "", (int)length, normal, any ? ")" : "");
}

static struct option *
add_option(struct option *option, const struct jn_parameter *parameter, const char *before, const char *name) {
    *option = (struct option){.parameter = *parameter};
    snprintf(option->name, sizeof(option->name), "--%.3s%.26s", before, name);
    for (char *c = option->name; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    return option;
}

// A boolean: the option that makes it what it is not by default, and, where something is changed, the one that takes this
// back.
static size_t
switch_options(const struct jn_parameter *parameter, bool changes, struct option *out) {
    const struct jn_config_key *key = &jn_config_keys[parameter->key];
    bool on = key->fallback != NULL && strcmp(key->fallback, "true") == 0;
    size_t count = 0;
    if (strcmp(parameter->name, "enabled") == 0) { // commands of their own switch what is there
        if (changes)
            return 0;
        add_option(out, parameter, "", "disabled")->fixed = "false";
        snprintf(out->text, sizeof(out->text), "Not in use until it is enabled.");
        return 1;
    }
    if (!on || changes) {
        struct option *option = add_option(&out[count++], parameter, "", parameter->name);
        option->fixed = on ? "default" : "true";
        snprintf(option->text, sizeof(option->text), on ? "As it is by default: %s." : "%s.", key->help);
    }
    if (on || changes) {
        struct option *option = add_option(&out[count++], parameter, "no-", parameter->name);
        option->fixed = on ? "false" : "default";
        snprintf(option->text, sizeof(option->text), on ? "Not: %s." : "Not, as it is by default: %s.", key->help);
    }
    return count;
}

size_t
command_options(const struct command *command, struct option options[MAX_OPTIONS]) {
    struct jn_parameter parameters[JN_MAX_PARAMETERS];
    size_t count = own_options(command, options);
    if (command == NULL || command->method == NULL)
        return count;
    size_t parameter_count = jn_method_parameters(command->method, parameters);
    bool changes = strstr(command->grammar, " OPTION...") != NULL;
    for (const struct jn_parameter *p = parameters; p < parameters + parameter_count; p++) {
        if (p->word != NULL)
            continue;
        if (p->type == JSON_TRUE) {
            count += switch_options(p, changes, &options[count]);
            continue;
        }
        struct option *option = add_option(&options[count++], p, "", p->name);
        option->value = value_word(&jn_config_keys[p->key]);
        value_text(&jn_config_keys[p->key], option->text, sizeof(option->text));
    }
    return count;
}

static bool
find_in(const struct command *command, const char *name, struct option *found) {
    struct option options[MAX_OPTIONS];
    size_t count = command_options(command, options);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].name, name) != 0)
            continue;
        *found = options[i];
        return true;
    }
    return false;
}

bool
option_find(const char *name, struct option *option) {
    if (find_in(NULL, strcmp(name, "-h") == 0 ? "--help" : name, option))
        return true;
    for (size_t i = 0; i < jn_command_count; i++)
        if (find_in(&jn_commands[i], name, option))
            return true;
    return false;
}
