// SPDX-License-Identifier: BSD-3-Clause
// Every command: its grammar gives parsing, --help, bash completion, the man page and the reference. Those that change
// something are in lib/config/methods.h, and their options among the keys of the configuration.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/methods.h"

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2, MAX_ARGUMENTS = 4, MAX_OPTIONS = 32 };

// An option that was given, and its value: NULL when it takes none.
struct given {
    const char *name, *value;
};

// What was asked for, the words that a grammar leaves open in `arguments`, in order.
struct invocation {
    const struct command *command;
    const char *instance, *socket; // socket NULL: the instance's default
    const char *run_dir;           // NULL: the default
    bool json, help, version, man, all;
    const char *vpg, *limit, *application;
    const char *arguments[MAX_ARGUMENTS];
    struct given given[MAX_OPTIONS]; // that are not for every command
    size_t given_count;
};

// X(grammar, handler, what it does). In a grammar: word, a|b one of them, UPPER anything, [--option] or [--option VALUE].
#define COMMANDS(X)                                                                                                    \
    X("show status", show_status, "The processes, the policy in force at each worker, what passes now.")               \
    X("show ports", show_ports, "Ports: device, link, counters, rates. Read from shared memory.")                      \
    X("show workers", show_workers, "Workers: core, how busy, rates, flows, records. Read from shared memory.")        \
    X("show vpgs", show_vpgs, "VPGs and what passed each. Asks junction-control.")                                     \
    X("show flows [--vpg ID] [--application NAME] [--limit N]", show_flows,                                            \
      "Live flows with their applications and host names, most bytes since their last record first, 50 unless told. "  \
      "Read from shared memory.")                                                                                      \
    X("show applications [--vpg ID]", show_applications,                                                               \
      "Applications of the live flows, how many of them are known and how, and what the classifier does. Read from "   \
      "shared memory.")                                                                                                \
    X("show peers [--vpg ID]", show_peers,                                                                             \
      "Mirroring peers: state, next hop, copies sent and drops by reason; gateways of redirection: state, packets "    \
      "sent, returned and lost. Read from shared memory.")                                                             \
    X("show gate [--vpg ID]", show_gate,                                                                               \
      "Virtual networks: where redirected packets go, peers, hosts, what passed and what was refused. Read from "      \
      "shared memory.")                                                                                                \
    X("show neighbours", show_neighbours,                                                                              \
      "The underlay: own addresses, routes, next hops and what came in. Read from shared memory.")                     \
    X("show drops [--all]", show_drops,                                                                                \
      "Packets dropped, or passed without being understood, by reason; --all with those that are zero.")               \
    X("show sinks", show_sinks,                                                                                        \
      "Where documents go: what each sink has, what waits, is spooled or lost, what is wrong and what to do. Read "    \
      "from shared memory.")                                                                                           \
    X("show policy", show_policy, "The policy: every VPG's default and rules. Asks junction-control.")                 \
    X("completion bash", print_completion, "Print bash completion, for /etc/bash_completion.d.")

// X(option, name of its value or NULL, member of struct invocation, everywhere, what it does)
#define OPTIONS(X)                                                                                                     \
    X("--instance", "NAME", instance, true, "Which Junction of this host (default: default).")                         \
    X("--socket", "PATH", socket, true, "Of junction-control (default: /run/junction/NAME/control/socket).")           \
    X("--run-dir", "DIR", run_dir, true, "Where the instances' directories are (default: /run/junction).")             \
    X("--json", NULL, json, true,                                                                                      \
      "Print JSON, of the shape that docs/junctionctl.md gives; with --help the table of all commands.")               \
    X("--help", NULL, help, true, "Print help, of one command when given with it.")                                    \
    X("--version", NULL, version, true, "Print the version.")                                                          \
    X("--man", NULL, man, true, "Print the man page.")                                                                 \
    X("--vpg", "ID", vpg, false, "Only what belongs to this VPG.")                                                     \
    X("--application", "NAME", application, false, "Only flows of this application of nDPI's, in any case.")           \
    X("--limit", "N", limit, false, "At most so many (default 50); 0: all.")                                           \
    X("--all", NULL, all, false, "Also those that are zero.")

#define X(grammar, handler, text) int handler(const struct invocation *invocation);
COMMANDS(X)
#undef X

// Have junction-control do it.
int change(const struct invocation *invocation);

struct command {
    const char *grammar;
    int (*handle)(const struct invocation *invocation);
    const char *text;
    const struct jn_method *method; // of a change
};
extern const struct command jn_commands[];
extern const size_t jn_command_count;

// The command that was asked for. NULL with *status set when there is nothing (more) to run.
const struct command *command_parse(int argc, char **argv, struct invocation *invocation, int *status);
