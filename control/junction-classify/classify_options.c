// SPDX-License-Identifier: BSD-3-Clause
#include "classify_options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "classified.h"
#include "config/config_load.h"
#include "log.h"

enum { FLOWS_DEFAULT = 65536, FLOWS_MIN = 64, FLOWS_MAX = 4194304 };

const char *argp_program_version = "junction-classify " JN_VERSION;

static const struct argp_option table[] = {
    {"instance", 'i', "NAME", 0, "which Junction of this host (default: default)", 0},
    {"run-dir", 'r', "DIR", 0, "where the instances' directories are (default: /run/junction)", 0},
    {"config", 'c', "FILE", 0, "configuration: threads and flows of the classifier", 0},
    {"threads", 't', "COUNT", 0, "threads that look at samples (default: 1)", 0},
    {"flows", 'f', "COUNT", 0, "flows that are held at once, all threads together (default: 65536)", 0},
    {"log", 'l', "LEVEL", 0, "error, warning, info or debug", 0},
    {0},
};

static uint32_t
take_count(const char *option, const char *text, uint32_t least, uint32_t most, struct argp_state *state) {
    char *rest;
    unsigned long count = strtoul(text, &rest, 10);
    if (text[0] < '0' || text[0] > '9' || *rest != '\0' || count < least || count > most)
        argp_error(state, "--%s: expected %u to %u, found \"%s\"", option, least, most, text);
    return (uint32_t)count;
}

static error_t
parse_option(int key, char *argument, struct argp_state *state) {
    struct classify_options *options = state->input;
    char err[JN_ERR_MAX];
    switch (key) {
    case 'i':
        if (jn_instance_check(argument, err) < 0)
            argp_error(state, "--instance: %s", err);
        options->instance = argument;
        return 0;
    case 'r':
        if (jn_run_directory_set(argument, err) < 0)
            argp_error(state, "%s", err);
        return 0;
    case 'c': options->config_file = argument; return 0;
    case 't': options->threads = take_count("threads", argument, 1, JN_CLASSIFY_THREADS, state); return 0;
    case 'f': options->flows = take_count("flows", argument, FLOWS_MIN, FLOWS_MAX, state); return 0;
    case 'l':
        if (jn_log_level_from_word(argument) < 0)
            argp_error(state, "--log: expected error, warning, info or debug, found \"%s\"", argument);
        jn_log_set_level((enum jn_log_level)jn_log_level_from_word(argument));
        return 0;
    case ARGP_KEY_ARG: argp_error(state, "expected no argument, found \"%s\"", argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

void
classify_options_parse(struct classify_options *options, int argc, char **argv) {
    static const struct argp argp = {
        .options = table,
        .parser = parse_option,
        .doc = "Tell the applications of flows by their first packets, which junction-dataplane gives it, with nDPI.",
    };
    *options = (struct classify_options){.instance = "default", .threads = 1, .flows = FLOWS_DEFAULT};
    argp_err_exit_status = 1;
    argp_parse(&argp, argc, argv, 0, NULL, options);
}

// What the child says of the file.
struct told {
    uint32_t threads, flows;
    enum jn_log_level log_level;
};

static int
read_file(const char *path, int out) {
    struct jn_config_errors errors = {0};
    struct jn_config *config = jn_config_load(path, &errors);
    jn_config_errors_log(&errors);
    jn_config_errors_free(&errors);
    if (config == NULL)
        return 1;
    const struct told told = {config->classifier.threads, config->classifier.flows, config->log_level};
    jn_config_free(config);
    return write(out, &told, sizeof(told)) == sizeof(told) ? 0 : 1;
}

int
classify_options_load(struct classify_options *options) {
    int ends[2];
    struct told told;
    if (pipe(ends) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0)
        _exit(read_file(options->config_file, ends[1]));
    close(ends[1]);
    bool whole = read(ends[0], &told, sizeof(told)) == sizeof(told);
    close(ends[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    else
        jn_log(JN_LOG_ERROR, "no process can be started that reads %s", options->config_file);
    if (!whole)
        return -1;
    options->threads = told.threads;
    options->flows = told.flows;
    jn_log_set_level(told.log_level);
    return 0;
}
