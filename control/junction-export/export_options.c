// SPDX-License-Identifier: BSD-3-Clause
#include "export_options.h"

#include <argp.h>
#include <string.h>

#include "place.h"

const char *argp_program_version = "junction-export " JN_VERSION;

static const struct argp_option table[] = {
    {"instance", 'i', "NAME", 0, "which Junction of this host (default: default)", 0},
    {"run-dir", 'r', "DIR", 0, "where the instances' directories are (default: /run/junction)", 0},
    {"config", 'c', "FILE", 0, "configuration: node and sink", 0},
    {"sink", 's', "stdout", 0, "write to standard output, whatever the configuration says", 0},
    {"documents", 'd', "KINDS", 0,
     "summary, flow, status, or several with commas (default: summary,flow; for configured sinks as documents.status "
     "says)",
     0},
    {"fields", 'f', "all|lean", 0, "of flow documents; lean also where the configuration says all", 0},
    {"node", 'n', "NAME", 0, "name of this host in documents", 0},
    {"until-end", 'u', NULL, 0, "end when every worker has ended its stream and all is delivered", 0},
    {"check", 'C', NULL, 0, "check the configuration and its sink, connect to nothing, and end: status 0 or 1", 0},
    {0},
};

static void
parse_kinds(struct export_options *options, const char *text, struct argp_state *state) {
    options->summaries = options->flows = options->status = false;
    options->chosen = true;
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        if (length == 7 && strncmp(at, "summary", 7) == 0)
            options->summaries = true;
        else if (length == 4 && strncmp(at, "flow", 4) == 0)
            options->flows = true;
        else if (length == 6 && strncmp(at, "status", 6) == 0)
            options->status = true;
        else
            argp_error(state, "--documents: expected summary, flow or status, found \"%s\"", text);
        at += length;
        if (*at == '\0')
            return;
    }
}

static error_t
parse_options(int key, char *argument, struct argp_state *state) {
    struct export_options *options = state->input;
    char err[JN_ERR_MAX];
    switch (key) {
    case 'i':
        if (!jn_instance_valid(argument))
            argp_error(state, "--instance: expected 1 to %d of A-Z a-z 0-9 _ -, found \"%s\"", JN_INSTANCE_MAX - 1,
                       argument);
        options->instance = argument;
        return 0;
    case 'r':
        if (jn_run_directory_set(argument, err) < 0)
            argp_error(state, "%s", err);
        return 0;
    case 'c': options->config_file = argument; return 0;
    case 's':
        if (strcmp(argument, "stdout") != 0)
            argp_error(state, "--sink: expected stdout, found \"%s\" (other sinks need --config)", argument);
        options->to_stdout = true;
        return 0;
    case 'd': parse_kinds(options, argument, state); return 0;
    case 'f':
        if (strcmp(argument, "all") != 0 && strcmp(argument, "lean") != 0)
            argp_error(state, "--fields: expected all or lean, found \"%s\"", argument);
        options->lean = strcmp(argument, "lean") == 0;
        return 0;
    case 'n':
        if (argument[0] == '\0' || strlen(argument) > 63)
            argp_error(state, "--node: expected 1 to 63 bytes, found \"%s\"", argument);
        options->node = argument;
        return 0;
    case 'u': options->until_end = true; return 0;
    case 'C': options->check = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "expected no argument, found \"%s\"", argument); return 0;
    case ARGP_KEY_END:
        if (options->config_file == NULL && (options->check || !options->to_stdout))
            argp_error(state,
                       options->check ? "--check: expected --config FILE" : "expected --config FILE or --sink stdout");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

void
export_options_parse(struct export_options *options, int argc, char **argv) {
    static const struct argp argp = {
        .options = table,
        .parser = parse_options,
        .doc = "Make JSON documents of Junction's flow records and deliver them to Kafka, a file or standard output.",
    };
    *options = (struct export_options){.instance = "default", .summaries = true, .flows = true};
    argp_err_exit_status = 1;
    argp_parse(&argp, argc, argv, 0, NULL, options);
}
